"""Storage faults through the command line: what happened, what to do, and no acknowledged record lost."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from interlock.apps import assembly
from interlock.journal.reader import JournalReader
from interlock.journal.verify import verify
from interlock.market.simulated import simulate
from interlock.runtime.configuration.policy_file import read_policy
from interlock.runtime.configuration.settings import read_settings
from tests.command_line import REPOSITORY, SHORT_TAPE, Done, command, environment, interlock
from tests.fakes import played

# Two automations that ask for something at almost every bar of 1 s, so that the simulated hour fills some megabytes.
SETTINGS = """
[journal]
low_water_mib = 1
[[automations]]
name = "reversion"
strategy = "mean_reversion"
symbol = "first"
settings = { window_bars = 5, deviations_min = 0.5 }
[[automations]]
name = "breakout"
strategy = "breakout"
symbol = "second"
settings = { lookback_bars = 2 }
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "settings.toml"
    path.write_text(SETTINGS)
    return path


def on_small_disk(home: Path, steps: str, *commands: list[str]) -> list[Done]:
    """Run shell steps on a disk of 9 MiB at `$MOUNT`; `run N` among them is the N-th command. Return how those end."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("needs mount: there is no unshare command")
    mount = home / "mount"
    mount.mkdir()
    script = home / "steps.sh"
    quoted = [" ".join("'" + word.replace("'", "'\\''") + "'" for word in each) for each in commands]
    cases = "".join(f"{n}) {line} ;;\n" for n, line in enumerate(quoted))
    script.write_text(
        f'run() {{ case "$1" in\n{cases}esac > "$HOME/$1.out" 2> "$HOME/$1.err"; echo $? > "$HOME/$1.code"; }}\n'
        f'MOUNT="$HOME/mount"\nmount -t tmpfs -o size=9m tmpfs "$MOUNT" 2>/dev/null || exit 99\n{steps}\n'
    )
    spaces = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
    done = subprocess.run(
        [unshare, *spaces, "sh", str(script)], env=environment(home), capture_output=True, text=True, check=False
    )
    if done.returncode == 99 or "unshare failed" in done.stderr:
        pytest.skip("needs mount: this system lets nobody mount a small disk here")
    assert done.returncode == 0, done.stderr
    ended = [
        Done(int((home / f"{n}.code").read_text()), (home / f"{n}.out").read_text(), (home / f"{n}.err").read_text())
        for n in range(len(commands))
    ]
    for each in ended:
        assert "Traceback" not in each.err, each.err
    return ended


def trade(state: Path, settings: Path) -> list[str]:
    return command("--state", state, "backtest", "--settings", settings, "--policy", SHORT_TAPE)


@pytest.mark.slow
def test_a_disk_that_fills_up_ends_the_run_with_a_word_and_a_whole_log(tmp_path: Path, settings: Path) -> None:
    state = tmp_path / "mount" / "state"
    check = command("--state", state, "verify", "--json")
    ended, verified, read_only, again = on_small_disk(
        tmp_path,
        'run 0; run 1; mount -o remount,ro "$MOUNT"; run 2; run 3',
        trade(state, settings),
        check,
        check,
        trade(state, settings),
    )
    assert ended.code == 4
    assert "is full" in ended.err
    assert "records of this append were not written" in ended.err
    assert "hint: Free space" in ended.err
    assert ended.out == "", "a run that did not end has no summary"
    for each in (verified, read_only):
        assert (each.code, each.json()["ok"], each.json()["findings"]) == (0, True, [])
        assert int(str(each.json()["size"])) > 1_000
    assert again.code == 3
    assert "holds a log already" in again.err


@pytest.mark.slow
def test_a_disk_below_its_low_water_mark_is_refused_before_anything_is_made(tmp_path: Path, settings: Path) -> None:
    state = tmp_path / "mount" / "state"
    refused, listed, ran = on_small_disk(
        tmp_path,
        "run 0; run 1; run 2",
        command("--state", state, "backtest"),
        ["ls", str(tmp_path / "mount")],
        command("--state", state, "backtest", "--settings", settings),
    )
    assert refused.code == 4
    assert "has 9 MiB free; below 256 MiB" in refused.err
    assert "Nothing was run" in refused.err
    assert "hint: Free some space" in refused.err
    assert listed.out == ""
    assert ran.code == 0, ran.err


@pytest.mark.slow
def test_a_disk_that_may_not_be_written_is_named(tmp_path: Path, settings: Path) -> None:
    (ended,) = on_small_disk(
        tmp_path, 'mount -o remount,ro "$MOUNT"; run 0', trade(tmp_path / "mount" / "state", settings)
    )
    assert ended.code == 4
    assert "/mount/state/journal cannot be made or used: Read-only file system." in ended.err
    assert "/mount may not be written" in ended.err
    assert "nothing was run" in ended.err
    assert "free" not in ended.err, "room is not what is missing"
    assert "hint: Give the user that runs Interlock write permission" in ended.err


@pytest.mark.parametrize("place", ["state", "state/journal"])
def test_a_file_where_the_state_directory_should_be_is_named(place: str, tmp_path: Path) -> None:
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    path.write_text("no folder")
    done = interlock(tmp_path, "--state", tmp_path / "state", "backtest")
    assert done.code == 4
    reason = "File exists" if place == "state/journal" else "Not a directory"
    what, hint = done.err.splitlines()
    assert what == (
        f"The folder {tmp_path / 'state' / 'journal'} cannot be made or used: {reason}. {path} is in the way, and is "
        "no folder: nothing was run."
    )
    assert hint == "hint: Name another folder with --state, or move away what is in the way."
    assert path.read_text() == "no folder"


VERBS = (["backtest"], ["verify"], ["log", "show"], ["log", "explain", "1"], ["replay"])


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_a_state_directory_that_cannot_be_is_named_with_the_reason_by_every_verb(
    verb: list[str], tmp_path: Path
) -> None:
    named = tmp_path / ("x" * 300)
    done = interlock(tmp_path, "--state", named, *verb)
    assert done.code == 4
    assert f"The folder {named / 'journal'} cannot be made or used: File name too long: nothing was" in done.err
    assert "hint: Name another folder" in done.err


@pytest.mark.parametrize("verb", VERBS[1:], ids=" ".join)
def test_a_verb_that_reads_says_that_there_is_no_log_where_no_folder_can_be(verb: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    done = interlock(tmp_path, "--state", tmp_path / "file" / "state", *verb)
    assert done.code == 3
    assert "(part of that path is a file, not a folder): nothing was read" in done.err


def test_a_folder_that_the_system_lets_nobody_make_is_not_taken_for_a_disk_without_room(tmp_path: Path) -> None:
    done = interlock(tmp_path, "--state", "/proc/nobody/state", "backtest")
    assert done.code == 4
    assert "The folder /proc/nobody/state/journal cannot be made or used: No such file or directory" in done.err
    assert "free" not in done.err


def test_a_run_that_is_refused_after_its_folder_was_tried_leaves_no_folder(tmp_path: Path) -> None:
    done = interlock(tmp_path, "--state", tmp_path / "a" / "b", "backtest", "--feed", tmp_path / "no-feed")
    assert done.code == 3
    assert not (tmp_path / "a").exists()


def test_a_state_directory_that_holds_a_log_is_refused_and_the_log_stays(tmp_path: Path, settings: Path) -> None:
    state = tmp_path / "state"
    assert interlock(tmp_path, "--state", state, "backtest").code == 0
    before = verify(state / "journal")
    done = interlock(tmp_path, "--state", state, "backtest", "--seed", "2")
    assert done.code == 3
    assert "holds a log already" in done.err
    assert "hint: Name an empty directory" in done.err
    assert verify(state / "journal") == before


# Says each size on its output once the commit is acknowledged; the rest is the command line as it is.
TELLING = """
import sys
from interlock.journal.record_store import Journal
append = Journal.append
def told(journal, *parts):
    head = append(journal, *parts)
    sys.stdout.write(f"{head.size}\\n")
    sys.stdout.flush()
    return head
Journal.append = told
from interlock.apps.cli import main
sys.exit(main())
"""


def run_and_kill(home: Path, state: Path, settings: Path, commits: int) -> int:
    """Let a backtest commit so often, kill it, and return the last size that it acknowledged."""
    words = trade(state, settings)[3:]
    child = subprocess.Popen(
        [sys.executable, "-c", TELLING, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(home),
        cwd=REPOSITORY,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    with child.stdout as acknowledged, child.stderr:
        size = 0
        for _ in range(commits):
            size = int(acknowledged.readline())
        child.send_signal(signal.SIGKILL)
        rest = acknowledged.read().split(b"\n")[:-1]
    assert child.wait() == -signal.SIGKILL
    return max([size, *map(int, rest)])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The records of the same run, unhindered, in memory."""
    path = tmp_path_factory.mktemp("whole") / "settings.toml"
    path.write_text(SETTINGS)
    settings, feed = read_settings(path), simulate(1)
    in_force = assembly.settings_in_force(settings, None, tuple(feed.recordings))
    instruments = assembly.instruments_for(feed, settings)
    return played(assembly.plan_backtest("simulated", 1, feed, read_policy(SHORT_TAPE), in_force, instruments))[
        1
    ].bodies


@pytest.mark.slow
@pytest.mark.parametrize("commits", [1, 2, 200])
def test_a_run_that_is_killed_loses_no_record_that_it_acknowledged(
    commits: int, tmp_path: Path, settings: Path, whole: list[bytes]
) -> None:
    state = tmp_path / "state"
    acknowledged = run_and_kill(tmp_path, state, settings, commits)
    verified = interlock(tmp_path, "--state", state, "verify", "--json")
    assert (verified.code, verified.json()["ok"], verified.json()["findings"]) == (0, True, [])
    stored = bodies_of(state)
    assert verified.json()["size"] == len(stored) >= acknowledged
    assert stored == whole[: len(stored)], "what is there is what an unhindered run writes"


def bodies_of(state: Path) -> list[bytes]:
    reader = JournalReader(state / "journal")
    bodies = [body for _, body in reader.bodies(0, reader.size())]
    reader.close()
    return bodies
