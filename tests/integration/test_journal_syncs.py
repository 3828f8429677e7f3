"""An append is acknowledged only after the disk was asked to keep it: seen in the system calls of a real writer."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from interlock.journal.record_store import Journal
from tests.unit.journal.samples import ORIGIN

WRITER = """
import os, sys
from pathlib import Path
from interlock.journal.record_store import Journal
from tests.unit.journal.samples import ORIGIN, body_of
journal = Journal.create(Path(sys.argv[1]), ORIGIN, 1)
for seq in range(6):
    journal.append([body_of(seq)])
    os.write(1, b"acknowledged\\n")
"""
REPOSITORY = Path(__file__).resolve().parents[2]
FULL = 2  # as SQLite numbers it
SYNC_OF_WAL = re.compile(r"(fsync|fdatasync)\(\d+<[^>]*journal\.db-wal>\)\s+= 0")


def test_no_append_is_acknowledged_before_its_sync(tmp_path: Path) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("needs strace: the system calls of a writer cannot be seen")
    traced = tmp_path / "calls"
    command = [strace, "-f", "-y", "-e", "trace=fsync,fdatasync,write", "-o", str(traced)]
    command += [sys.executable, "-c", WRITER, str(tmp_path / "log")]
    subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE)
    parts = traced.read_text().split('"acknowledged\\n"')
    assert len(parts) == 7
    assert [bool(SYNC_OF_WAL.search(part)) for part in parts[:-1]] == [True] * 6


def test_a_writer_that_starts_again_syncs_each_commit_too(tmp_path: Path) -> None:
    Journal.create(tmp_path / "log", ORIGIN, 1).close()
    journal = Journal.open(tmp_path / "log", 1)
    assert journal._connection.pragma("synchronous") == FULL
    journal.close()
