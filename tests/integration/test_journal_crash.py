"""A writer that is killed at any moment loses nothing that it has acknowledged."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from interlock.journal.reader import JournalReader
from interlock.journal.record_store import Journal
from interlock.journal.verify import verify
from tests.unit.journal.samples import ORIGIN, body_of

# Appends for ever, one to four records a commit, and says each size on its output once the commit is acknowledged.
WRITER = """
import sys
from pathlib import Path
from interlock.journal.record_store import Journal
from tests.unit.journal.samples import BLOB, body_of
journal = Journal.open(Path(sys.argv[1]), 1)
while True:
    count = 1 + journal.size % 4
    bodies = [body_of(journal.size + place, "x" * 3000) for place in range(count)]
    journal.append(bodies, [BLOB] if any(b'"blob"' in body for body in bodies) else [])
    sys.stdout.write(f"{journal.size}\\n")
    sys.stdout.flush()
"""
REPOSITORY = Path(__file__).resolve().parents[2]


def run_and_kill(log: Path, acknowledgements: int) -> int:
    """Let a writer work until it has acknowledged so often, kill it, and return the last size it acknowledged."""
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(log)], stdout=subprocess.PIPE, cwd=REPOSITORY)
    assert child.stdout is not None
    with child.stdout as acknowledged:
        size = 0
        for _ in range(acknowledgements):
            size = int(acknowledged.readline())
        child.send_signal(signal.SIGKILL)
        rest = acknowledged.read().split()
    assert child.wait() == -signal.SIGKILL
    # The last line may be cut by the kill; a whole one ends with its newline, and sizes only grow.
    return max([size, *(int(line) for line in rest[:-1])])


@pytest.mark.slow
def test_every_acknowledged_record_is_there_after_a_kill_at_any_moment(tmp_path: Path) -> None:
    log = tmp_path / "log"
    Journal.create(log, ORIGIN, 1).close()
    chance = random.Random(7)
    for _ in range(8):
        acknowledged = run_and_kill(log, chance.choice([1, 2, 7, 40, 300, 700]))
        report = verify(log)
        assert report.ok, report.findings
        assert report.size >= acknowledged
        assert report.uncovered <= 4, "a kill leaves at most one append after the head"
        journal = Journal.open(log, 1)
        assert journal.size == report.size
        journal.close()
        reader = JournalReader(log)
        assert [body for _, body in reader.bodies(0, report.size)] == [
            body_of(seq, "x" * 3000) for seq in range(report.size)
        ]
        reader.close()


def test_a_killed_writer_lets_go_of_its_lock(tmp_path: Path) -> None:
    log = tmp_path / "log"
    Journal.create(log, ORIGIN, 1).close()
    acknowledged = run_and_kill(log, 1)
    journal = Journal.open(log, 2)
    assert journal.size >= acknowledged
    journal.close()
