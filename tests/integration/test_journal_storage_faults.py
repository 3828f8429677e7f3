"""Each fault of the storage is named, says what to do, and costs no acknowledged record."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from interlock.apps.verbs.backtest import _closed as closed
from interlock.journal.faults import (
    DiskFull,
    JournalDamaged,
    JournalFault,
    JournalForeign,
    JournalLocked,
    JournalNewer,
    fault_of,
    fault_of_os,
)
from interlock.journal.head import read_head
from interlock.journal.lock import is_held
from interlock.journal.reader import JournalReader
from interlock.journal.record_store import Journal
from interlock.journal.verify import verify
from interlock.ports.journal import Head
from tests.unit.journal.samples import BLOB, ORIGIN, body_of, edit, write_log

REPOSITORY = Path(__file__).resolve().parents[2]

FILL = """
from interlock.journal.faults import DiskFull
log = Path(sys.argv[1]) / "log"
journal = Journal.create(log, ORIGIN, 1)
try:
    while True:
        journal.append([body_of(journal.size, "x" * 30_000)], [BLOB])
except DiskFull as fault:
    assert "is full" in fault.what and fault.hint, fault
acknowledged = journal.size
assert acknowledged > 100, acknowledged
(Path(sys.argv[1]) / "ballast").unlink()
assert journal.append([body_of(acknowledged)]).size == acknowledged + 1
journal.close()
report = verify(log)
assert report.ok and report.size == acknowledged + 1, report
"""

FULL_FROM_THE_START = """
from interlock.journal.faults import DiskFull
try:
    Journal.create(Path(sys.argv[1]) / "log", ORIGIN, 1)
    raise SystemExit("a journal was made on a full disk")
except DiskFull as fault:
    assert "no journal was made" in fault.what, fault
(Path(sys.argv[1]) / "ballast").unlink()
journal = Journal.create(Path(sys.argv[1]) / "log", ORIGIN, 1)
journal.append([body_of(0)])
journal.close()
assert verify(Path(sys.argv[1]) / "log").ok
"""

READ_ONLY = """
from interlock.journal.faults import JournalReadOnly
from interlock.journal.reader import JournalReader
for log in sorted(Path(sys.argv[1]).iterdir()):
    if not (log / "journal.db").exists():
        continue
    reader = JournalReader(log)
    assert reader.size() == 12
    assert not reader.is_being_written()
    assert [body for _, body in reader.bodies(0, 12)] == [body_of(seq) for seq in range(12)]
    reader.close()
    report = verify(log)
    assert report.ok and report.size == 12, report
    try:
        Journal.open(log, 1)
        raise SystemExit("opened for writing")
    except JournalReadOnly as fault:
        assert "may not be written" in fault.what and "not opened" in fault.what, fault
try:
    Journal.create(Path(sys.argv[1]) / "new", ORIGIN, 1)
    raise SystemExit("made")
except JournalReadOnly as fault:
    assert "no journal was made" in fault.what, fault
"""

PREAMBLE = """
import sys
from pathlib import Path
from interlock.journal.record_store import Journal
from interlock.journal.verify import verify
from tests.unit.journal.samples import BLOB, ORIGIN, body_of
"""


def in_mount(script: str, mount: Path, size: str, prepare: str) -> str:
    """Run a script on a small disk of its own, where this process may mount one; return its complaint, if any."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("needs mount: there is no unshare command")
    shell = f'set -e; mount -t tmpfs -o size={size} tmpfs "$1" 2>/dev/null || exit 99; {prepare} exec "$2" -c "$3" "$1"'
    spaces = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
    done = subprocess.run(
        [unshare, *spaces, "sh", "-c", shell, "sh", str(mount), sys.executable, PREAMBLE + script],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 99 or "unshare failed" in done.stderr:
        pytest.skip("needs mount: this system lets nobody mount a small disk here")
    return done.stderr if done.returncode else ""


def test_a_disk_that_fills_up_costs_no_acknowledged_record(tmp_path: Path) -> None:
    assert in_mount(FILL, tmp_path, "24m", 'head -c 8000000 /dev/zero > "$1/ballast";') == ""


@pytest.mark.parametrize("ballast_kib", [16_384, 16_350, 16_280, 16_000, 12_000])
def test_a_disk_that_is_full_from_the_start_leaves_nothing_half_made(tmp_path: Path, ballast_kib: int) -> None:
    prepare = f'head -c {ballast_kib * 1024} /dev/zero > "$1/ballast" 2>/dev/null || true;'
    assert in_mount(FULL_FROM_THE_START, tmp_path, "16m", prepare) == ""


def test_a_read_only_disk_is_read_and_not_written(tmp_path: Path) -> None:
    source, mount = tmp_path / "source", tmp_path / "mount"
    mount.mkdir()
    write_log(source / "closed")
    write_log(source / "unindexed")
    (source / "unindexed" / "journal.db-shm").unlink()
    write_log(source / "alone", [12])
    for name in ("journal.db-shm", "journal.db-wal", "journal.lock"):
        (source / "alone" / name).unlink()
    write_log(source / "crashed", [5])
    journal = Journal.open(source / "crashed", 1)
    journal.append([body_of(seq) for seq in range(5, 12)], [BLOB])
    shutil.copytree(source / "crashed", source / "copied while written")
    (source / "copied while written" / "journal.db-shm").unlink()
    journal.close()
    shutil.rmtree(source / "crashed")
    assert in_mount(READ_ONLY, mount, "64m", f'cp -r "{source}"/* "$1/"; mount -o remount,ro "$1";') == ""


def test_a_writer_elsewhere_is_named(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, ORIGIN, 1)
    script = PREAMBLE + (
        "from interlock.journal.faults import JournalLocked\n"
        "try:\n    Journal.open(Path(sys.argv[1]), 2)\n"
        "except JournalLocked as fault:\n    sys.stdout.write(str(fault))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert f"process {os.getpid()}" in done.stdout
    journal.append([b'{"seq":0,"at_ns":1}'])
    journal.close()
    assert verify(tmp_path).ok


def test_the_fault_that_ended_a_run_is_told_and_none_that_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.create(tmp_path, ORIGIN, 1)
    journal.append([body_of(0)])

    def seal(head: Head) -> None:
        raise OSError(5, "the second fault")

    monkeypatch.setattr(journal._head_file, "seal", seal)
    monkeypatch.setattr(journal, "_checkpoint", lambda mode, undone: pytest.fail("a page was written after a fault"))
    with pytest.raises(DiskFull, match="the first fault"), closed(journal):
        raise DiskFull("the first fault", "another --state")
    assert not is_held(tmp_path / "journal.lock")
    report = verify(tmp_path)
    assert (report.ok, report.size) == (True, 1)


def test_an_interrupted_run_seals_what_it_wrote(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, ORIGIN, 1)
    with pytest.raises(KeyboardInterrupt), closed(journal):
        journal.append([body_of(0)])
        raise KeyboardInterrupt
    assert read_head(tmp_path / "head.jsonl").sealed_size == 1


def test_every_hint_to_run_again_is_true_for_a_backtest_whose_directory_is_used() -> None:
    path = Path("journal.db")
    errors = (apsw.FullError("full"), fail_of(apsw.IOError("bad disk"), apsw.SQLITE_IOERR_WRITE))
    hints = [fault_of(error, path, "nothing was written").hint for error in errors]
    hints += [fault_of_os(OSError(code, "bad"), path, "nothing was written").hint for code in (5, 28)]
    for hint in hints:
        assert "a backtest that had begun its log needs another --state" in hint


def fail_of(error: apsw.Error, code: int) -> apsw.Error:
    error.extendedresult = code  # type: ignore[attr-defined]  # apsw sets it, its stubs leave it out
    return error


def damage_pages(log: Path) -> None:
    data = bytearray((log / "journal.db").read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    (log / "journal.db").write_bytes(data)


def write_text(log: Path) -> None:
    (log / "journal.db").write_text("this is no database, however long it is " * 500)


def empty(log: Path) -> None:
    (log / "journal.db").write_bytes(b"")


def make_newer(log: Path) -> None:
    edit(log, "PRAGMA user_version = 9")


def make_foreign(log: Path) -> None:
    edit(log, "PRAGMA application_id = 7")


def make_unversioned(log: Path) -> None:
    edit(log, "PRAGMA user_version = 0")


@pytest.mark.parametrize(
    ("harm", "kind"),
    [
        (damage_pages, JournalDamaged),
        (write_text, JournalForeign),
        (empty, JournalForeign),
        (make_newer, JournalNewer),
        (make_foreign, JournalForeign),
        (make_unversioned, JournalDamaged),
    ],
)
def test_a_file_that_is_not_the_journal_it_was_is_named_and_not_written(
    tmp_path: Path, harm: Callable[[Path], None], kind: type[JournalFault]
) -> None:
    log = tmp_path / "log"
    write_log(log)
    harm(log)
    before = (log / "journal.db").read_bytes()
    with pytest.raises(kind) as writing:
        Journal.open(log, 1)
    assert str(log) in writing.value.what
    assert writing.value.hint
    with pytest.raises(kind):
        reader = JournalReader(log)
        try:
            list(reader.bodies(0, 12))
        finally:
            reader.close()
    assert (log / "journal.db").read_bytes() == before


def test_a_journal_locked_by_another_program_is_named(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, ORIGIN, 1)
    script = (
        "import sys, apsw\nother = apsw.Connection(sys.argv[1])\nother.execute('BEGIN IMMEDIATE')\n"
        "print('locked', flush=True)\ninput()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "journal.db")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stdout is not None
    with child.stdin as release, child.stdout as ready:
        ready.readline()
        with pytest.raises(JournalLocked, match="3 tries"):
            journal.append([b'{"seq":0,"at_ns":1}'])
        release.write(b"\n")
        release.flush()
        assert child.wait() == 0
    assert journal.append([b'{"seq":0,"at_ns":1}']).size == 1
    journal.close()
    assert verify(tmp_path).ok
