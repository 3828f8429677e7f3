"""The record store: one writer, append only, and nothing acknowledged that is not on disk."""

import os
from pathlib import Path

import apsw
import pytest

from interlock.journal.database import require_fit_sqlite
from interlock.journal.faults import (
    DiskFull,
    JournalDamaged,
    JournalExists,
    JournalLocked,
    JournalMissing,
    SqliteUnfit,
    StaleEpoch,
    StorageFailed,
    SyncFailed,
)
from interlock.journal.head import SLOT_BYTES, HeadFile, read_head
from interlock.journal.reader import JournalReader
from interlock.journal.record_store import Journal
from interlock.journal.verify import verify
from interlock.ports.journal import Head
from tests.unit.journal.failing import failing
from tests.unit.journal.samples import BLOB, BLOB_DIGEST, COMMITMENT, ORIGIN, body_of, edit, flip, write_log


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def test_a_folder_that_holds_a_log_is_refused_for_a_new_one_and_left_as_it_is(log: Path) -> None:
    head = write_log(log)
    with pytest.raises(JournalExists):
        Journal.create(log, ORIGIN, 1)
    assert verify(log).root == head.root.hex()


def test_a_new_log_is_not_made_over_what_is_left_of_one(log: Path) -> None:
    write_log(log)
    (log / "journal.db").unlink()
    with pytest.raises(JournalExists, match=r"head\.jsonl"):
        Journal.create(log, ORIGIN, 1)


def test_a_new_log_is_not_made_over_a_wal_that_may_hold_records(log: Path) -> None:
    journal = Journal.create(log, ORIGIN, 1)
    journal.append([body_of(0)])
    (log / "journal.db").rename(log / "elsewhere.db")
    (log / "head.jsonl").unlink()
    journal._connection.close()
    os.close(journal._lock)
    with pytest.raises(JournalExists, match=r"journal\.db-wal"):
        Journal.create(log, ORIGIN, 1)


def test_a_making_that_was_cut_short_can_be_repeated(log: Path) -> None:
    Journal.create(log, ORIGIN, 1).close()
    for name in ("journal.db", "journal.db-shm"):
        (log / name).unlink()
    (log / "journal.db-wal").write_bytes(bytes(10_000))
    (log / "journal.partial").write_bytes(b"half a database")
    journal = Journal.create(log, ORIGIN, 1)
    assert journal.append([body_of(0)]).size == 1
    journal.close()
    assert verify(log).ok


def test_a_missing_log_is_named_and_nothing_is_made(log: Path) -> None:
    log.mkdir()
    with pytest.raises(JournalMissing):
        Journal.open(log, 1)
    with pytest.raises(JournalMissing):
        JournalReader(log)
    assert list(log.iterdir()) == []


def test_a_second_writer_is_refused_by_name(log: Path) -> None:
    journal = Journal.create(log, ORIGIN, 1)
    with pytest.raises(JournalLocked, match=r"process [0-9]+"):
        Journal.open(log, 2)
    with pytest.raises((JournalLocked, JournalExists)):
        Journal.create(log, ORIGIN, 2)
    journal.append([body_of(0)])
    journal.close()
    Journal.open(log, 2).close()


def test_a_writer_that_is_locked_out_tries_three_times_and_writes_nothing(log: Path) -> None:
    journal = Journal.create(log, ORIGIN, 1)
    other = apsw.Connection(str(log / "journal.db"))
    other.execute("BEGIN IMMEDIATE")
    journal._connection.set_busy_timeout(1)
    watched = failing(journal, "BEGIN IMMEDIATE", apsw.BusyError(), apsw.SQLITE_BUSY, 0)
    with pytest.raises(JournalLocked, match="3 tries"):
        journal.append([body_of(0)])
    assert watched.calls == 3
    other.execute("ROLLBACK")
    assert journal.append([body_of(0)]).size == 1
    other.close()
    journal.close()


def take_over(log: Path, head: Head, lease_epoch: int) -> None:
    """Do what a newer holder does before its first append, on a machine where the lock does not hold it off."""
    head_file = HeadFile(log / "head.jsonl", read_head(log / "head.jsonl"), lease_epoch)
    head_file.unseal(head)
    head_file.close()
    other = apsw.Connection(str(log / "journal.db"))
    other.execute("UPDATE meta SET value = ? WHERE key = 'lease_epoch'", (lease_epoch,))
    other.close()


def test_an_old_lease_epoch_can_neither_open_nor_append(log: Path) -> None:
    journal = Journal.create(log, ORIGIN, 5)
    journal.append([body_of(0)])
    take_over(log, journal.head, 6)
    with pytest.raises(StaleEpoch, match="epoch 6"):
        journal.append([body_of(1)])
    journal.close()
    assert read_head(log / "head.jsonl").sealed_size is None, "the end is the new holder's to seal"
    assert verify(log).ok
    with pytest.raises(StaleEpoch):
        Journal.open(log, 5)
    journal = Journal.open(log, 6)
    assert journal.size == 1
    journal.close()


def test_a_record_that_another_program_wrote_in_between_is_never_written_over(log: Path) -> None:
    journal = Journal.create(log, ORIGIN, 1)
    other = apsw.Connection(str(log / "journal.db"))
    other.execute("INSERT INTO body VALUES (0, x'00')")
    with pytest.raises(JournalLocked, match="there already"):
        journal.append([body_of(0)])
    assert other.execute("SELECT bytes FROM body").fetchall() == [(b"\x00",)]
    other.close()
    journal.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE body SET bytes = x'00'",
        "DELETE FROM body",
        "REPLACE INTO body VALUES (0, x'00')",
        "UPDATE leaf SET hash = x'00'",
        "DELETE FROM leaf",
        "UPDATE blob SET bytes = x'00'",
        "DELETE FROM blob",
        "UPDATE opening SET plaintext = x'00'",
        "DELETE FROM opening",
        "UPDATE meta SET value = 'other' WHERE key = 'origin'",
        "UPDATE meta SET value = 0 WHERE key = 'lease_epoch'",
        "UPDATE meta SET key = 'epoch', value = 9 WHERE key = 'lease_epoch'",
        "DELETE FROM meta",
    ],
)
def test_nothing_that_was_written_can_be_changed_or_deleted(log: Path, statement: str) -> None:
    write_log(log)
    journal = Journal.open(log, 1)
    with pytest.raises(apsw.ConstraintError, match="append only"):
        journal._connection.execute(statement)
    journal.close()
    assert verify(log).ok


def test_a_failed_sync_is_not_tried_again_and_ends_all_writing(log: Path) -> None:
    journal = Journal.create(log, ORIGIN, 1)
    journal.append([body_of(0)])
    disk = failing(journal, "COMMIT", apsw.IOError("disk I/O error"), apsw.SQLITE_IOERR_FSYNC, 1)
    with pytest.raises(SyncFailed, match="unknown"):
        journal.append([body_of(1)])
    assert disk.calls == 1
    with pytest.raises(SyncFailed, match="no more records"):
        journal.append([body_of(1)])
    assert disk.calls == 1
    journal.close()
    journal = Journal.open(log, 1)
    assert journal.size == 1
    journal.close()
    assert verify(log).ok


@pytest.mark.parametrize("times", [2, 3])
def test_a_write_that_fails_before_the_sync_is_tried_three_times(log: Path, times: int) -> None:
    journal = Journal.create(log, ORIGIN, 1)
    disk = failing(journal, "COMMIT", apsw.IOError("disk I/O error"), apsw.SQLITE_IOERR_WRITE, times)
    if times < 3:
        assert journal.append([body_of(0)]).size == 1
    else:
        with pytest.raises(StorageFailed):
            journal.append([body_of(0)])
        assert journal.append([body_of(0)]).size == 1
    assert disk.calls >= 3
    journal.close()
    assert verify(log).size == 1


def test_a_full_disk_is_named_and_the_append_can_be_repeated_when_there_is_room(log: Path) -> None:
    journal = Journal.create(log, ORIGIN, 1)
    failing(journal, "COMMIT", apsw.FullError("full"), apsw.SQLITE_FULL, 1)
    with pytest.raises(DiskFull):
        journal.append([body_of(0)], [BLOB])
    assert journal.append([body_of(0)], [BLOB]).size == 1
    journal.close()


def test_blobs_and_openings_are_kept_once_and_given_back(log: Path) -> None:
    write_log(log)
    reader = JournalReader(log)
    assert reader.blob(BLOB_DIGEST) == BLOB
    assert reader.blob("00" * 32) is None
    assert reader._rows("SELECT * FROM opening") == [(COMMITMENT, b'{"key":1}')]
    reader.close()


def test_a_blob_that_does_not_match_its_digest_is_not_given_out(log: Path) -> None:
    write_log(log)
    edit(log, "UPDATE blob SET bytes = x'00'")
    reader = JournalReader(log)
    with pytest.raises(JournalDamaged):
        reader.blob(BLOB_DIGEST)
    reader.close()


@pytest.mark.parametrize(
    "statements",
    [
        ("DELETE FROM body WHERE seq = 11", "DELETE FROM leaf WHERE seq = 11"),
        ("DELETE FROM body WHERE seq = 11",),
        ("DELETE FROM leaf WHERE seq = 3",),
        ("UPDATE leaf SET hash = zeroblob(32) WHERE seq = 3",),
        ("UPDATE leaf SET hash = x'00' WHERE seq = 3",),
        ("DELETE FROM meta WHERE key = 'lease_epoch'",),
    ],
)
def test_a_log_that_does_not_fit_its_head_is_not_opened_for_writing(log: Path, statements: tuple[str, ...]) -> None:
    write_log(log)
    edit(log, *statements)
    with pytest.raises(JournalDamaged, match="verify"):
        Journal.open(log, 1)


def test_without_its_head_a_log_is_not_opened_for_writing(log: Path) -> None:
    write_log(log)
    flip(log / "head.jsonl", 5)
    Journal.open(log, 1).close()
    flip(log / "head.jsonl", 5)
    flip(log / "head.jsonl", SLOT_BYTES + 5)
    with pytest.raises(JournalDamaged):
        Journal.open(log, 1)
    (log / "head.jsonl").unlink()
    with pytest.raises(JournalDamaged, match="missing"):
        Journal.open(log, 1)


def test_the_wal_starts_over_instead_of_growing_with_the_log(log: Path) -> None:
    journal = Journal.create(log, ORIGIN, 1)
    reserved_bytes = (log / "journal.db-wal").stat().st_size
    for number in range(60):
        journal.append([b"%d" % number + b"x" * 60_000] * 4)
    assert (log / "journal.db-wal").stat().st_size <= 2 * reserved_bytes
    journal.close()
    assert (log / "journal.db-wal").stat().st_size == 0  # kept: without it a read-only folder could not be read


def test_a_closed_journal_takes_no_more_records(log: Path) -> None:
    journal = Journal.create(log, ORIGIN, 1)
    assert journal.free_bytes() > 0
    journal.close()
    with pytest.raises(AssertionError, match="closed"):
        journal.append([body_of(0)])


def test_a_sqlite_with_the_wal_reset_bug_is_refused() -> None:
    require_fit_sqlite("3.51.3")
    for version in ("3.51.2", "3.40.1"):
        with pytest.raises(SqliteUnfit, match=version):
            require_fit_sqlite(version)
