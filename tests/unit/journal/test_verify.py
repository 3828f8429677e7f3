"""The verifier finds every kind of change, says where, and how far the log can still be trusted."""

from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import apsw
import pytest

from interlock.journal.faults import JournalFault, JournalForeign, JournalMissing, JournalNewer
from interlock.journal.head import SLOT_BYTES, HeadSlots, read_head
from interlock.journal.record_store import Journal
from interlock.journal.schema import GUARDS
from interlock.journal.tree import leaf_hash
from interlock.journal.verify import VerifyReport, verify
from tests.unit.journal.samples import BLOB, BLOB_DIGEST, body_of, edit, flip, write_log

DELETE_BOTH = ("DELETE FROM body WHERE seq = ?", "DELETE FROM leaf WHERE seq = ?")
WRITE_BOTH = ("UPDATE body SET bytes = ? WHERE seq = 5", "UPDATE leaf SET hash = ? WHERE seq = 5")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    write_log(tmp_path / "log")
    return tmp_path / "log"


def found(log: Path, words: str) -> VerifyReport:
    """Verify a log that was changed, and require one finding that has the words."""
    report = verify(log)
    assert not report.ok
    assert [finding for finding in report.findings if words in finding.what], report.findings
    return report


def test_a_log_as_it_was_written_is_sound_to_its_end(log: Path) -> None:
    report = verify(log)
    assert (report.ok, report.size, report.trustworthy_until, report.findings) == (True, 12, 12, [])


def test_a_log_is_verified_beside_its_writer(log: Path) -> None:
    journal = Journal.open(log, 1)
    head = journal.append([body_of(12), body_of(13)])
    report = verify(log)
    assert (report.ok, report.size, report.root) == (True, 14, head.root.hex())
    journal.close()


def test_a_changed_body_is_found(log: Path) -> None:
    edit(log, "UPDATE body SET bytes = ? WHERE seq = 5", bindings=[body_of(5, "tack")])
    assert found(log, "body of record 5 does not match its leaf").trustworthy_until == 5


def test_a_changed_leaf_is_found(log: Path) -> None:
    edit(log, "UPDATE leaf SET hash = ? WHERE seq = 5", bindings=[leaf_hash(b"other")])
    assert found(log, "body of record 5 does not match its leaf").trustworthy_until == 5


def test_a_body_changed_together_with_its_leaf_is_found_by_the_head(log: Path) -> None:
    edit(log, WRITE_BOTH[0], bindings=[body_of(5, "tack")])
    edit(log, WRITE_BOTH[1], bindings=[leaf_hash(body_of(5, "tack"))])
    assert found(log, "do not have the root that the head file says").trustworthy_until == 0


def test_a_deleted_record_is_found(log: Path) -> None:
    edit(log, *DELETE_BOTH, bindings=[5])
    report = found(log, "1 record(s) are missing before record 6")
    assert (report.trustworthy_until, report.findings[0].since) == (5, "after 1040 ns")


def test_a_deleted_record_is_found_when_the_rest_moves_up(log: Path) -> None:
    edit(log, *DELETE_BOTH, bindings=[5])
    edit(log, "UPDATE body SET seq = seq - 1 WHERE seq > 5", "UPDATE leaf SET seq = seq - 1 WHERE seq > 5")
    found(log, "cut off its end")
    assert found(log, "stored as number 5 says it is number 6").trustworthy_until == 5


def test_swapped_records_are_found(log: Path) -> None:
    for table in ("body", "leaf"):
        edit(log, *(f"UPDATE {table} SET seq = {to} WHERE seq = {at}" for at, to in ((5, 99), (6, 5), (99, 6))))
    found(log, "stored as number 6 says it is number 5")
    assert found(log, "is at 1050 ns, not after").trustworthy_until == 5


def test_an_inserted_record_is_found(log: Path) -> None:
    for table in ("body", "leaf"):
        edit(log, *(f"UPDATE {table} SET seq = {at + 1} WHERE seq = {at}" for at in range(11, 4, -1)))
    edit(log, "INSERT INTO body VALUES (5, ?)", bindings=[body_of(5, "mine")])
    edit(log, "INSERT INTO leaf VALUES (5, ?)", bindings=[leaf_hash(body_of(5, "mine"))])
    assert found(log, "stored as number 6 says it is number 5").trustworthy_until == 5
    assert verify(log).size == 13


def test_a_record_before_the_first_is_found(log: Path) -> None:
    edit(log, "INSERT INTO body VALUES (-3, ?)", bindings=[body_of(0)])
    assert found(log, "a record with the number -3").trustworthy_until == 0


@pytest.mark.parametrize("cut", [1, 5, 12])
def test_a_cut_tail_is_found(log: Path, cut: int) -> None:
    edit(log, f"DELETE FROM body WHERE seq >= {12 - cut}", f"DELETE FROM leaf WHERE seq >= {12 - cut}")
    assert found(log, f"{cut} record(s) are cut off its end").trustworthy_until == 12 - cut


def add_record(log: Path, seq: int) -> None:
    edit(log, f"INSERT INTO body VALUES ({seq}, ?)", bindings=[body_of(seq)])
    edit(log, f"INSERT INTO leaf VALUES ({seq}, ?)", bindings=[leaf_hash(body_of(seq))])


def test_records_added_after_a_clean_close_are_found_however_whole_they_are(log: Path) -> None:
    for seq in (12, 13):
        add_record(log, seq)
        report = found(log, f"{seq - 11} record(s) after the end that was sealed at 12")
        assert (report.trustworthy_until, [each.where for each in report.findings]) == (12, ["record 12"])


def test_records_added_after_a_start_that_wrote_nothing_are_found(log: Path) -> None:
    Journal.open(log, 1).abandon()
    add_record(log, 12)
    assert found(log, "1 record(s) after the end that was sealed at 12").trustworthy_until == 12


def test_records_after_the_head_of_a_log_that_is_written_are_counted_and_are_no_damage(log: Path) -> None:
    journal = Journal.open(log, 1)
    sealed = (log / "head.jsonl").read_bytes()
    journal.append([body_of(12)])
    unsealed = (log / "head.jsonl").read_bytes()
    assert verify(log).uncovered == 0
    assert verify(log).is_being_written
    journal.append([body_of(13), body_of(14)], [BLOB])
    newest = (log / "head.jsonl").read_bytes()
    (log / "head.jsonl").write_bytes(unsealed)
    report = verify(log)
    assert (report.ok, report.uncovered, report.trustworthy_until) == (True, 2, 13)
    (log / "head.jsonl").write_bytes(sealed)
    found(log, "3 record(s) after the end that was sealed at 12")
    (log / "head.jsonl").write_bytes(newest)
    journal.close()
    report = verify(log)
    assert (report.ok, report.uncovered, report.trustworthy_until, report.is_being_written) == (True, 0, 15, False)


def test_a_writer_that_starts_after_the_head_was_read_is_not_taken_for_a_forger(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Journal] = []

    def read_then_start(path: Path) -> HeadSlots:
        slots = read_head(path)
        if not started:
            started.append(Journal.open(log, 1))
            started[0].append([body_of(12)])
        return slots

    monkeypatch.setattr("interlock.journal.verify.read_head", read_then_start)
    report = verify(log)
    assert (report.ok, report.size, report.uncovered) == (True, 13, 1)
    started[0].close()


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("INSERT INTO meta VALUES ('note', 'mine')", "meta holds note, which is no key"),
        ("DELETE FROM meta WHERE key = 'origin'", "meta has no origin"),
        ("DELETE FROM meta WHERE key = 'lease_epoch'", "meta has no lease_epoch"),
        ("UPDATE meta SET value = 'other/log' WHERE key = 'origin'", "is the log other/log, the head file"),
        ("UPDATE meta SET value = x'00' WHERE key = 'origin'", "is the log"),
        ("UPDATE meta SET value = -1 WHERE key = 'lease_epoch'", "lease epoch is -1"),
        ("UPDATE meta SET value = 'one' WHERE key = 'lease_epoch'", "lease epoch is one"),
        ("INSERT INTO blob VALUES (x'00', x'00')", "blob 00 does not match its digest"),
        ("INSERT INTO opening VALUES ('decaf', x'00')", "opening of decaf has no commitment"),
        ("CREATE TABLE mine(x)", "The table mine of the database schema is foreign"),
        ("CREATE INDEX mine ON body(bytes)", "The index mine of the database schema is foreign"),
        ("CREATE VIEW mine AS SELECT 1", "The view mine of the database schema is foreign"),
        (
            "CREATE TRIGGER leaf AFTER INSERT ON leaf BEGIN SELECT 1; END",
            "The trigger leaf of the database schema is foreign",
        ),
        ("DROP TABLE opening", "The table opening of the database schema is missing"),
        ("ALTER TABLE leaf ADD COLUMN mine ANY", "The table leaf of the database schema is altered"),
    ],
)
def test_a_change_beside_the_records_is_found_and_puts_no_record_in_doubt(
    log: Path, statement: str, words: str
) -> None:
    connection = apsw.Connection(str(log / "journal.db"))
    for guard in () if statement.startswith(("CREATE", "ALTER")) else GUARDS:
        connection.execute(f"DROP TRIGGER {guard}")
    connection.execute(statement)
    for name, guard_statement in GUARDS.items():
        if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (name,)).fetchall():
            with suppress(apsw.SQLError):  # the table that it guarded is gone
                connection.execute(guard_statement)
    connection.close()
    assert found(log, words).trustworthy_until == 12


def test_a_blob_that_no_record_names_is_found(log: Path) -> None:
    edit(log, "INSERT INTO blob VALUES (?, ?)", bindings=[sha256(b"mine").digest(), b"mine"])
    report = found(log, f"blob {sha256(b'mine').hexdigest()} is named by no record")
    assert (len(report.findings), report.trustworthy_until) == (1, 12)


def test_a_missing_or_changed_blob_is_found_with_the_record_that_names_it(log: Path) -> None:
    edit(log, "UPDATE blob SET bytes = x'00'")
    assert found(log, "does not match its digest").trustworthy_until == 4
    edit(log, "DELETE FROM blob")
    assert found(log, f"blob {BLOB_DIGEST} that record 4 names is missing").trustworthy_until == 4


def test_a_blob_of_another_size_than_its_record_says_is_found(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, "interlock/test", 1)
    mention = b'{"blob":"%s","size":7}' % BLOB_DIGEST.encode()
    journal.append([b'{"seq":0,"at_ns":1}', b'{"seq":1,"at_ns":2,"b":[%s]}' % mention], [BLOB])
    journal.close()
    assert found(tmp_path, f"has {len(BLOB)} bytes; record 1 says 7").trustworthy_until == 1


def test_a_missing_head_is_found_and_nothing_is_vouched_for(log: Path) -> None:
    (log / "head.jsonl").unlink()
    assert found(log, "head file is missing").trustworthy_until == 0


def test_any_changed_byte_of_the_head_of_a_closed_log_is_found(log: Path) -> None:
    for offset in (0, 12, 30, 60, 140, 400, SLOT_BYTES - 1, SLOT_BYTES, SLOT_BYTES + 60):
        flip(log / "head.jsonl", offset)
        assert found(log, "slots of the head file").trustworthy_until == 12
        flip(log / "head.jsonl", offset)
    (log / "head.jsonl").write_bytes(b"")
    found(log, "head file")


def test_a_head_torn_by_a_power_cut_is_not_taken_for_damage_of_the_log(log: Path) -> None:
    journal = Journal.open(log, 1)
    journal.append([body_of(12)])
    before = (log / "head.jsonl").read_bytes()
    journal.append([body_of(13)])
    after = (log / "head.jsonl").read_bytes()
    start = 0 if before[:SLOT_BYTES] != after[:SLOT_BYTES] else SLOT_BYTES
    journal.abandon()  # as a process that is gone: neither checkpoint nor seal
    torn = bytearray(before)
    torn[start : start + 70] = after[start : start + 70]
    (log / "head.jsonl").write_bytes(torn)
    assert verify(log).ok


def test_a_head_that_lags_behind_the_log_after_a_crash_is_no_finding_and_is_brought_up_at_the_next_start(
    log: Path,
) -> None:
    journal = Journal.open(log, 1)
    journal.append([body_of(12)])
    old = (log / "head.jsonl").read_bytes()
    head = journal.append([body_of(13), body_of(14, "tock")], [BLOB])
    journal.abandon()
    (log / "head.jsonl").write_bytes(old)
    report = verify(log)
    assert (report.ok, report.size, report.uncovered, report.trustworthy_until) == (True, 15, 2, 13)
    journal = Journal.open(log, 1)
    assert (log / "head.jsonl").read_text().count(head.root.hex()) == 2
    journal.close()


def test_a_removed_guard_is_found(log: Path) -> None:
    edit(log)
    assert verify(log).ok
    connection = apsw.Connection(str(log / "journal.db"))
    connection.execute("DROP TRIGGER body_delete_refused")
    connection.close()
    found(log, "body_delete_refused of the database schema is missing")


@pytest.mark.parametrize("keep_bytes", [0, 50, 4096, 8192, 20_000])
def test_a_truncated_database_file_is_found(log: Path, keep_bytes: int) -> None:
    data = (log / "journal.db").read_bytes()
    assert keep_bytes < len(data)
    (log / "journal.db").write_bytes(data[:keep_bytes])
    assert not verify(log).ok


def test_a_missing_database_beside_a_head_is_a_finding_and_alone_a_fault(log: Path) -> None:
    (log / "journal.db").unlink()
    assert found(log, "There is no journal").size == 0
    (log / "head.jsonl").unlink()
    with pytest.raises(JournalMissing):
        verify(log)


def test_a_folder_that_was_never_ours_is_a_fault_and_no_verdict(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_bytes(b"just some text, long enough to look at " * 40)
    with pytest.raises(JournalForeign, match="not a database"):
        verify(tmp_path)


def test_a_log_of_a_newer_schema_is_not_judged(log: Path) -> None:
    edit(log, "PRAGMA user_version = 2")
    with pytest.raises(JournalNewer, match="schema 2"):
        verify(log)


def test_a_byte_changed_anywhere_in_the_file_changes_no_record_unnoticed(log: Path) -> None:
    sound = verify(log)
    data = (log / "journal.db").read_bytes()
    noticed = 0
    for offset in range(0, len(data), 97):
        damaged = bytearray(data)
        damaged[offset] ^= 0x41
        (log / "journal.db").write_bytes(damaged)
        try:
            report = verify(log)
        except JournalFault:
            noticed += 1
            continue
        noticed += not report.ok
        # What no finding names is space that holds no record: the records are those that were written.
        assert not report.ok or report.root == sound.root, f"byte {offset}"
    assert noticed > 0


def test_a_flood_of_findings_is_counted_and_not_listed(tmp_path: Path) -> None:
    write_log(tmp_path / "log", [300])
    edit(tmp_path / "log", "UPDATE body SET bytes = x'00'")
    report = verify(tmp_path / "log")
    assert len(report.findings) <= 102
    assert "more finding(s) are not listed" in report.findings[-1].what
