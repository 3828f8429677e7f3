"""A whole backtest: how it begins and ends, and what it does when the disk runs low."""

from collections.abc import Sequence

from interlock.core.replay import replay
from interlock.messages import events as e
from interlock.messages.record import Record
from interlock.messages.words import Mode, Purpose
from interlock.ports.journal import Head
from interlock.runtime.gate_loop import LOW_WATER_BYTES
from tests.fakes import MemoryJournal, busy_plan, events_of, played


class FillingUp(MemoryJournal):
    """A journal on a disk that is below its low water from the n-th commit (from 0) on."""

    def __init__(self, low_at: int) -> None:
        super().__init__()
        self._low_at = low_at

    def free_bytes(self) -> int:
        return LOW_WATER_BYTES - (len(self.commits) >= self._low_at)


def entries(records: Sequence[Record]) -> list[int]:
    """Return the records that approve an entry."""
    return [
        record.seq
        for record in records
        for each in record.events
        if isinstance(each, e.OrderApproved) and each.order.purpose is Purpose.ENTRY
    ]


def test_a_run_whose_disk_runs_low_enters_nothing_more_and_manages_what_it_holds() -> None:
    whole = played(busy_plan(3, 120, every=40))[1]
    outcome, journal = played(busy_plan(3, 120, every=40), FillingUp(len(whole.commits) // 2))
    (disarmed,) = [record for record in journal.records if any(isinstance(each, e.Disarmed) for each in record.events)]
    before, after = journal.records[: disarmed.seq], journal.records[disarmed.seq :]
    assert disarmed.actor == "gate"
    assert (before, len(entries(before)) > 3) == (whole.records[: disarmed.seq], True), "until then nothing changed"
    assert entries(after) == []
    assert len(entries(whole.records)) > len(entries(before))
    refused = [each for each in events_of(after, e.OrderRefused) if isinstance(each, e.OrderRefused)]
    assert refused
    assert [each.refusals for each in refused if each.side is not None and "RISK-002" not in each.refusals] == []
    assert not outcome.state.is_armed
    started = journal.records[0].events[0]
    assert isinstance(started, e.RunStarted)
    again = replay(zip(journal.records, journal.bodies, strict=True), started.run.build)
    assert (again.difference, again.decided) == (None, len(journal.records))


def test_a_run_ends_disarmed_with_what_was_heard_on_its_last_record() -> None:
    outcome, journal = played(busy_plan(2, 30))
    (ended,) = journal.records[-1].events
    assert isinstance(ended, e.RunEnded)
    assert (ended.ticks, ended.gaps) == (outcome.counts.ticks, outcome.counts.gaps)
    assert (outcome.state.is_ended, outcome.state.is_armed, outcome.state.mode) == (True, False, Mode.NORMAL)
    assert outcome.head == Head(len(journal.records), journal.head.root)
