"""The latch's file: what is not exactly open is not open, and who stops always wins."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from interlock.ports.latch import NO_NEW_RISK, OPEN, SILENT
from interlock.runtime import latch
from interlock.runtime.latch import LatchView, engage, line_of, read_level, release


def opened(folder: Path) -> str:
    """Return the path of an open latch."""
    path = str(folder / latch.FILE_NAME)
    assert release(path, engage(path, NO_NEW_RISK))
    return path


def test_a_missing_latch_is_engaged(tmp_path: Path) -> None:
    path = str(tmp_path / "latch")
    assert read_level(path) == (NO_NEW_RISK, 0, "it is missing")
    view = LatchView(path)
    assert view.cell[0] == NO_NEW_RISK
    assert view.is_whole() == "it is missing"


@pytest.mark.parametrize("cut", [0, 1, 20, latch.SIZE_BYTES - 1])
def test_a_short_latch_is_engaged(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "latch"
    path.write_bytes(line_of(OPEN, 7, 7)[:cut])
    assert read_level(str(path))[0] == NO_NEW_RISK
    assert LatchView(str(path)).cell[0] == NO_NEW_RISK


def test_a_latch_with_any_other_byte_is_not_open(tmp_path: Path) -> None:
    path, whole = tmp_path / "latch", line_of(OPEN, 1_700_000_000_000_000_000, 1_700_000_000_000_000_000)
    for place in range(len(whole)):
        for changed in (0, 0x20, whole[place] ^ 1, 0xFF):
            damaged = whole[:place] + bytes((changed,)) + whole[place + 1 :]
            if damaged == whole or (place == 0 and changed == NO_NEW_RISK):
                continue  # another latch, not a damaged one
            path.write_bytes(damaged)
            level, _, why = read_level(str(path))
            assert level != OPEN, (place, changed)
            assert why, (place, changed)


def test_what_another_process_engages_is_seen_at_the_next_look(tmp_path: Path) -> None:
    path = opened(tmp_path)
    view = LatchView(path)
    assert view.cell[0] == OPEN
    subprocess.run(
        [sys.executable, "-c", f"from interlock.runtime.latch import engage; engage({path!r}, {NO_NEW_RISK})"],
        check=True,
    )
    assert view.cell[0] == NO_NEW_RISK
    assert view.is_whole() == ""


def test_engaging_never_makes_it_looser(tmp_path: Path) -> None:
    path = opened(tmp_path)
    engage(path, SILENT)
    engage(path, NO_NEW_RISK)
    assert read_level(path)[0] == SILENT


def test_a_release_opens_only_the_engagement_it_was_decided_for(tmp_path: Path) -> None:
    path = opened(tmp_path)
    decided_for = engage(path, NO_NEW_RISK)
    again = engage(path, NO_NEW_RISK)
    assert not release(path, decided_for)
    assert read_level(path) == (NO_NEW_RISK, again, "")
    assert release(path, again)
    assert read_level(path) == (OPEN, again, "")


def test_an_engagement_in_the_middle_of_a_release_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each system call of a release is tried as the place where another process engages."""
    real = {"pread": os.pread, "pwrite": os.pwrite, "fsync": os.fsync}
    calls = 0
    for stop_at in range(8):
        path = str(tmp_path / f"latch-{stop_at}")
        token = engage(path, NO_NEW_RISK)
        calls = 0

        def interrupted(name: str, *arguments: int, at: int = stop_at, path: str = path) -> object:
            nonlocal calls
            calls += 1
            if calls == at + 1:
                for each, function in real.items():
                    monkeypatch.setattr(os, each, function)
                engage(path, NO_NEW_RISK)  # the release holds the lock, so this one goes ahead without it
            return real[name](*arguments)  # type: ignore[operator]  # one of three functions, by its own name

        for each in real:
            monkeypatch.setattr(os, each, lambda *arguments, each=each: interrupted(each, *arguments))
        release(path, token)
        for each, function in real.items():
            monkeypatch.setattr(os, each, function)
        if calls > stop_at:
            assert read_level(path)[0] == NO_NEW_RISK, f"engaged before call {stop_at + 1}, and it opened"
            assert Path(path).read_bytes()[0] == NO_NEW_RISK, f"a look saw it open, call {stop_at + 1}"
    assert calls >= 1


def test_a_release_that_fails_on_the_way_leaves_it_engaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "latch")
    token = engage(path, NO_NEW_RISK)

    def broken(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        release(path, token)
    assert read_level(path)[0] == NO_NEW_RISK


def test_a_kill_holds_when_the_one_who_releases_dies_right_after_it_wrote(tmp_path: Path) -> None:
    """What such a release leaves behind: an `O` beside an engagement that it was not for."""
    path = tmp_path / "latch"
    path.write_bytes(line_of(OPEN, 9, 7))
    level, engaged_at_ns, why = read_level(str(path))
    assert (level, engaged_at_ns) == (NO_NEW_RISK, 9)
    assert "engaged after the release" in why
    view = LatchView(str(path))
    assert view.cell[0] == NO_NEW_RISK


def test_silent_stays_silent_when_a_kill_and_a_release_come_between(tmp_path: Path) -> None:
    path = str(tmp_path / "latch")
    token = engage(path, NO_NEW_RISK)
    engage(path, SILENT)
    assert not release(path, token)
    engage(path, NO_NEW_RISK)
    assert read_level(path)[0] == SILENT


def test_stopping_waits_for_nobody_who_holds_the_lock(tmp_path: Path) -> None:
    path = opened(tmp_path)
    with Path(path).open("r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        token = engage(path, NO_NEW_RISK)
        assert read_level(path)[0] == NO_NEW_RISK
        assert not release(path, token), "opening can wait"


def test_a_latch_that_was_taken_away_or_replaced_stays_shut(tmp_path: Path) -> None:
    path = opened(tmp_path)
    view = LatchView(path)
    assert view.is_whole() == ""
    Path(path).unlink()
    assert view.is_whole().startswith("it is gone")
    assert view.cell[0] == NO_NEW_RISK

    assert release(path, engage(path, NO_NEW_RISK))
    assert view.cell[0] == NO_NEW_RISK, "it opened by itself"
    assert view.look_again() == ""
    other = tmp_path / "other"
    other.write_bytes(line_of(OPEN, 7, 7))
    other.rename(path)
    assert view.is_whole() == "another file was put in its place"
    assert view.cell[0] == NO_NEW_RISK


def test_a_latch_damaged_behind_its_first_byte_is_shut(tmp_path: Path) -> None:
    path = opened(tmp_path)
    view = LatchView(path)
    with Path(path).open("r+b") as file:
        file.seek(5)
        file.write(b"x")
    assert view.cell[0] == OPEN, "the first byte says so still"
    assert view.is_whole() == "it is damaged"
    assert view.cell[0] == NO_NEW_RISK


def test_only_the_owner_may_write_the_latch(tmp_path: Path) -> None:
    path = opened(tmp_path)
    assert Path(path).stat().st_mode & 0o777 == 0o600


def test_the_kill_path_imports_next_to_nothing() -> None:
    """The modules that setting the latch needs: none that is slow to import."""
    script = "import interlock.runtime.latch, sys; print(' '.join(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"asyncio", "decimal", "json", "logging", "msgspec", "numpy", "apsw", "pathlib", "socket"}
