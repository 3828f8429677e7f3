"""The end of a log is sealed when it is closed well, and never when it may be wrong."""

import fcntl
import os
from pathlib import Path

import apsw
import pytest

from interlock.journal.faults import DiskFull, JournalDamaged, StorageFailed, SyncFailed
from interlock.journal.head import read_head
from interlock.journal.lock import is_held
from interlock.journal.reader import JournalReader
from interlock.journal.record_store import Journal
from interlock.journal.tree import leaf_hash
from interlock.journal.verify import verify
from interlock.ports.journal import Head
from tests.unit.journal.failing import failing
from tests.unit.journal.samples import ORIGIN, body_of, edit, write_log


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def test_records_after_a_sealed_end_are_not_taken_over(log: Path) -> None:
    write_log(log)
    sealed = (log / "head.jsonl").read_bytes()
    edit(log, "INSERT INTO body VALUES (12, ?)", bindings=[body_of(12)])
    edit(log, "INSERT INTO leaf VALUES (12, ?)", bindings=[leaf_hash(body_of(12))])
    with pytest.raises(JournalDamaged, match="after its end, which was sealed at 12 records"):
        Journal.open(log, 1)
    assert (log / "head.jsonl").read_bytes() == sealed


def test_records_of_a_run_that_crashed_are_taken_over_and_sealed(log: Path) -> None:
    journal = Journal.create(log, ORIGIN, 1)
    journal.append([body_of(0)])
    before = (log / "head.jsonl").read_bytes()
    head = journal.append([body_of(1)])
    journal.abandon()
    (log / "head.jsonl").write_bytes(before)
    journal = Journal.open(log, 1)
    assert journal.head == head
    assert read_head(log / "head.jsonl").sealed_size == 2
    journal.append([body_of(2)])
    assert read_head(log / "head.jsonl").sealed_size is None
    journal.close()
    assert read_head(log / "head.jsonl").sealed_size == 3


def test_after_an_interrupted_append_no_end_is_sealed_that_may_be_wrong(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.create(log, ORIGIN, 1)
    journal.append([body_of(0)])

    def interrupt(line: bytes) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(journal._head_file, "write", interrupt)
    with pytest.raises(KeyboardInterrupt):
        journal.append([body_of(1)])
    journal.close()
    report = verify(log)
    assert (report.ok, report.size, report.uncovered) == (True, 2, 1)
    Journal.open(log, 1).close()
    assert verify(log).trustworthy_until == 2


def test_an_append_that_was_refused_leaves_an_end_that_is_sealed(log: Path) -> None:
    journal = Journal.create(log, ORIGIN, 1)
    journal.append([body_of(0)])
    failing(journal, "COMMIT", apsw.FullError("full"), apsw.SQLITE_FULL, 1)
    with pytest.raises(DiskFull):
        journal.append([body_of(1)])
    journal.close()
    assert read_head(log / "head.jsonl").sealed_size == 1


def test_a_head_that_cannot_be_unsealed_takes_no_record(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal.create(log, ORIGIN, 1)

    def fail(head: Head) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(journal._head_file, "unseal", fail)
    with pytest.raises(StorageFailed, match=r"head\.jsonl"):
        journal.append([body_of(0)])
    with pytest.raises(SyncFailed, match="no more records"):
        journal.append([body_of(0)])
    journal.close()
    report = verify(log)
    assert (report.ok, report.size) == (True, 0)


def test_a_journal_that_is_abandoned_raises_nothing_seals_nothing_and_keeps_what_was_acknowledged(log: Path) -> None:
    journal = Journal.create(log, ORIGIN, 1)
    journal.append([body_of(0)])
    os.close(journal._head_file._descriptor)  # so that letting go fails, too
    journal.abandon()
    assert read_head(log / "head.jsonl").sealed_size is None
    assert not is_held(log / "journal.lock")
    report = verify(log)
    assert (report.ok, report.size, report.uncovered) == (True, 1, 0)


def test_asking_whether_a_writer_is_at_work_keeps_none_away(log: Path) -> None:
    assert not is_held(log / "journal.lock")
    journal = Journal.create(log, ORIGIN, 1)
    reader = JournalReader(log)
    assert reader.is_being_written()
    journal.close()
    assert not reader.is_being_written()
    reader.close()
    lock = os.open(log / "journal.lock", os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_SH)  # held by one who asks
    released: list[int] = []

    def release(seconds: float) -> None:
        os.close(lock)
        released.append(lock)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("interlock.journal.lock.time.sleep", release)
        Journal.open(log, 1).close()
    assert released
