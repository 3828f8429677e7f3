"""The lease epoch in the table, in the head and in the records: a changed one is found, a start cut short is none."""

from pathlib import Path

import pytest

from interlock.journal.faults import JournalDamaged, JournalFault
from interlock.journal.head import SLOT_BYTES, HeadFile, HeadSlots, read_head
from interlock.journal.record_store import Journal
from interlock.journal.verify import VerifyReport, verify
from tests.unit.journal.samples import edit, write_log


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


def set_epoch(log: Path, lease_epoch: int) -> None:
    edit(log, "UPDATE meta SET value = ? WHERE key = 'lease_epoch'", bindings=[lease_epoch])


def of_epoch(seq: int, lease_epoch: int) -> bytes:
    return b'{"seq":%d,"at_ns":%d,"lease_epoch":%d}' % (seq, seq + 1, lease_epoch)


@pytest.mark.parametrize("lease_epoch", [0, 2, 99])
def test_a_changed_lease_epoch_of_a_closed_log_is_found_and_puts_no_record_in_doubt(
    log: Path, lease_epoch: int
) -> None:
    set_epoch(log, lease_epoch)
    report = found(log, f"the lease epoch is {lease_epoch}, the head file was written under 1")
    assert (report.trustworthy_until, report.findings[0].where) == (12, "journal.db")
    with pytest.raises(JournalFault):
        Journal.open(log, 1)
    with pytest.raises(JournalDamaged, match="its head was written under 1"):
        Journal.open(log, 99)
    found(log, f"the lease epoch is {lease_epoch}")
    set_epoch(log, 1)
    assert verify(log).ok


@pytest.mark.parametrize("lease_epoch", [0, 1, 3])
def test_a_changed_lease_epoch_of_a_log_that_crashed_is_found(tmp_path: Path, lease_epoch: int) -> None:
    Journal.create(tmp_path, "interlock/test", 1).close()
    journal = Journal.open(tmp_path, 2)
    journal.append([of_epoch(0, 2)])
    journal.abandon()
    assert verify(tmp_path).ok
    set_epoch(tmp_path, lease_epoch)
    report = found(tmp_path, f"the lease epoch is {lease_epoch}, the head file was written under 2")
    of_records = [each for each in report.findings if "record 0 was written under 2" in each.what]
    assert bool(of_records) is (lease_epoch < 2)


def test_a_head_and_a_table_set_below_the_epoch_of_the_records_are_found(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, "interlock/test", 3)
    journal.append([of_epoch(0, 2), of_epoch(1, 3)])
    journal.close()
    assert verify(tmp_path).ok
    set_epoch(tmp_path, 2)
    lowered = HeadFile(tmp_path / "head.jsonl", read_head(tmp_path / "head.jsonl"), 2)
    lowered.seal(journal.head)
    lowered.close()
    found(tmp_path, "the lease epoch is 2, record 1 was written under 3")
    found(tmp_path, "The head file was written under lease epoch 2, record 1 under 3")


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_start_under_a_new_epoch_that_is_cut_short_anywhere_is_no_finding(log: Path, steps: int) -> None:
    head_file = HeadFile(log / "head.jsonl", read_head(log / "head.jsonl"), 2)
    head = read_head(log / "head.jsonl").heads[0]
    if steps == 1:  # one slot only: a loss of power between the two
        before = (log / "head.jsonl").read_bytes()
        head_file.unseal(head)
        (log / "head.jsonl").write_bytes((log / "head.jsonl").read_bytes()[:SLOT_BYTES] + before[SLOT_BYTES:])
    else:
        head_file.unseal(head)
    if steps == 3:
        set_epoch(log, 2)
    head_file.close()
    report = verify(log)
    assert (report.ok, report.findings) == (True, [])
    Journal.open(log, 3).close()
    assert verify(log).ok
    set_epoch(log, 2)
    found(log, "the lease epoch is 2, the head file was written under 3")


@pytest.mark.parametrize("verb", ["_take_epoch", "seal"])
def test_a_start_under_a_new_epoch_that_fails_is_no_finding(
    log: Path, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(HeadFile if verb == "seal" else Journal, verb, fail)
        with pytest.raises(JournalFault):
            Journal.open(log, 2)
    assert verify(log).findings == []
    Journal.open(log, 2).close()
    assert verify(log).findings == []


@pytest.mark.parametrize("is_before", [True, False])
def test_a_holder_that_takes_over_while_the_log_is_verified_is_not_taken_for_a_forger(
    log: Path, is_before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Journal] = []

    def read_then_start(path: Path) -> HeadSlots:
        before = read_head(path)
        asked.append(path)
        if len(asked) != 2:
            return before
        started.append(Journal.open(log, 7))
        started[0].append([of_epoch(12, 7).replace(b'"at_ns":13', b'"at_ns":5000')])
        return before if is_before else read_head(path)

    asked: list[Path] = []
    monkeypatch.setattr("interlock.journal.verify.read_head", read_then_start)
    report = verify(log)
    assert started, "the head was read again"
    assert (report.ok, report.findings) == (True, [])
    started[0].close()
