"""The gate's loop: what becomes a record, when, and what leaves a turn."""

from decimal import Decimal

import pytest

from interlock.core.replay import replay
from interlock.core.state import State
from interlock.messages import commands as c
from interlock.messages import events as e
from interlock.messages import observations as o
from interlock.messages.effects import SendOrder, WakeAt
from interlock.messages.record import BODY_BYTES_MAX
from interlock.messages.words import Intent
from interlock.runtime.gate_loop import LOW_WATER_BYTES, MIB, REPEAT_WINDOW_NS, GateLoop
from interlock.units.faults import Fault
from interlock.units.time import NS_PER_MS
from tests.builders import (
    AUTHORITY,
    BUILD,
    OTHER_OWNER,
    OTHER_SYMBOL,
    OWNER,
    START_NS,
    SYMBOL,
    changed,
    filled,
    founding,
    instrument,
    proposed,
    raised,
    terms,
    view,
    wide_policy,
)
from tests.fakes import FailingJournal, MemoryJournal

WIDE = view()
REFUSED_BY_SPREAD = changed(WIDE, spread_bps=Decimal(900))
REFUSED_BY_AGE = changed(WIDE, age_ms=60_000)


def founded(journal: MemoryJournal | None = None) -> tuple[GateLoop, MemoryJournal]:
    """Return a loop that may trade, with what it was founded by committed."""
    kept = MemoryJournal() if journal is None else journal
    loop = GateLoop(kept, State(lease_epoch=1), AUTHORITY, LOW_WATER_BYTES)
    for command in founding(wide_policy()):
        loop.offer(START_NS, "test", command)
    loop.commit()
    return loop, kept


def repeated(journal: MemoryJournal) -> list[e.RefusalRepeated]:
    return [each for record in journal.records for each in record.events if isinstance(each, e.RefusalRepeated)]


def refused(journal: MemoryJournal) -> list[e.OrderRefused]:
    return [each for record in journal.records for each in record.events if isinstance(each, e.OrderRefused)]


def assert_decides_again(journal: MemoryJournal) -> None:
    """Promise 2 for what the loop wrote: every record comes out again."""
    found = replay(zip(journal.records, journal.bodies, strict=True), BUILD)
    assert found.difference is None, found.difference
    assert found.decided == len(journal.bodies)


def test_time_always_increases_whatever_the_clock_says() -> None:
    loop, journal = founded()
    for at_ns in (START_NS, START_NS - 5, START_NS + NS_PER_MS, START_NS + NS_PER_MS, 0):
        loop.offer(at_ns, "test", c.Disarm(reason="a test"))
    loop.commit()
    times = [record.at_ns for record in journal.records]
    assert times == sorted(set(times))
    assert times[-2:] == [START_NS + NS_PER_MS + 1, START_NS + NS_PER_MS + 2]


def test_what_decides_nothing_is_not_recorded_and_changes_nothing() -> None:
    loop, journal = founded()
    before = loop.state.at_ns
    assert loop.offer(START_NS + NS_PER_MS, "market", o.MarkHeard(view=view())) == ()
    assert (loop.uncommitted, loop.state.at_ns) == (0, before)
    commits = len(journal.commits)
    assert loop.commit() == []
    assert len(journal.commits) == commits


def test_identical_refusals_within_a_second_are_one_record_and_one_count() -> None:
    loop, journal = founded()
    for place in range(10):
        loop.offer(START_NS + NS_PER_MS * (1 + place), OWNER, raised(seen=REFUSED_BY_SPREAD))
    loop.commit()
    (refusal,) = refused(journal)
    assert repeated(journal) == []
    loop.offer(START_NS + NS_PER_MS + REPEAT_WINDOW_NS, OWNER, raised(seen=REFUSED_BY_SPREAD))
    loop.commit()
    (counted,) = repeated(journal)
    assert (counted.owner, counted.count) == (refusal.owner, 9)
    assert journal.records[counted.seq].events[-1] == refusal
    assert len(refused(journal)) == 2
    assert_decides_again(journal)


def test_a_count_is_told_when_the_second_is_over_whoever_speaks_next() -> None:
    loop, journal = founded()
    for place in range(3):
        loop.offer(START_NS + NS_PER_MS * (1 + place), OWNER, raised(seen=REFUSED_BY_SPREAD))
    loop.offer(START_NS + NS_PER_MS + REPEAT_WINDOW_NS - 1, "market", o.MarkHeard(view=view()))
    assert loop.uncommitted == 1
    loop.offer(START_NS + NS_PER_MS + REPEAT_WINDOW_NS, "market", o.MarkHeard(view=view()))
    loop.commit()
    assert [each.count for each in repeated(journal)] == [2]


def test_another_refusal_within_the_second_is_recorded_after_the_count_of_the_one_before() -> None:
    loop, journal = founded()
    for seen in (REFUSED_BY_SPREAD, REFUSED_BY_SPREAD, REFUSED_BY_SPREAD, REFUSED_BY_AGE, REFUSED_BY_SPREAD):
        loop.offer(START_NS + NS_PER_MS, OWNER, raised(seen=seen))
    loop.finish_repeats(START_NS + NS_PER_MS)
    loop.commit()
    told = [each for record in journal.records for each in record.events]
    kinds = [type(each).__name__ for each in told if isinstance(each, e.OrderRefused | e.RefusalRepeated)]
    assert kinds == ["OrderRefused", "RefusalRepeated", "OrderRefused", "OrderRefused"]
    assert [each.refusals for each in refused(journal)] == [("RISK-010",), ("RISK-007",), ("RISK-010",)]
    assert [each.count for each in repeated(journal)] == [2]
    assert_decides_again(journal)


def test_what_was_counted_counts_for_the_decision_that_follows_it() -> None:
    loop, journal = founded()
    for seen in (*[REFUSED_BY_SPREAD] * 7, REFUSED_BY_AGE):
        loop.offer(START_NS + NS_PER_MS, OWNER, raised(seen=seen))
    loop.commit()
    (signals,) = [check.value for check in refused(journal)[-1].checks if check.rule == "RISK-028"]
    assert signals == 8
    assert_decides_again(journal)


@pytest.mark.parametrize(
    "other",
    [
        raised(Intent.ENTER_SHORT, seen=REFUSED_BY_SPREAD),
        raised(seen=REFUSED_BY_SPREAD, owner=OTHER_OWNER),
        raised(seen=changed(REFUSED_BY_SPREAD, age_ms=60_000)),
    ],
)
def test_a_refusal_that_differs_in_side_owner_or_rules_is_recorded(other: c.RaiseSignal) -> None:
    loop, journal = founded()
    loop.offer(START_NS + NS_PER_MS, OWNER, raised(seen=REFUSED_BY_SPREAD))
    loop.offer(START_NS + NS_PER_MS, other.owner, other)
    loop.finish_repeats(START_NS + NS_PER_MS)
    loop.commit()
    assert len(refused(journal)) == 2
    assert repeated(journal) == []


def test_open_counts_are_told_at_the_end() -> None:
    loop, journal = founded()
    for owner in (OWNER, OTHER_OWNER):
        for _ in range(4):
            loop.offer(START_NS + NS_PER_MS, owner, raised(seen=REFUSED_BY_SPREAD, owner=owner))
    loop.finish_repeats(START_NS + 2 * NS_PER_MS)
    loop.commit()
    assert [(each.owner, each.count) for each in repeated(journal)] == [(OWNER, 3), (OTHER_OWNER, 3)]
    loop.finish_repeats(START_NS + 3 * NS_PER_MS)
    assert loop.uncommitted == 0


def test_an_approval_is_never_taken_for_a_repeat() -> None:
    loop, journal = founded()
    for seen in (REFUSED_BY_SPREAD, REFUSED_BY_SPREAD, WIDE):
        loop.offer(START_NS + NS_PER_MS, OWNER, raised(seen=seen))
    assert len(loop.commit()) == 1
    assert isinstance(journal.records[-1].events[-1], e.OrderApproved)


def test_a_record_that_fits_no_leaf_is_refused_and_nothing_of_it_happens() -> None:
    loop, journal = founded()
    instruments = tuple(instrument(f"COIN{number}USDT") for number in range(400))
    seq, known = loop.state.seq, dict(loop.state.instruments)
    with pytest.raises(Fault, match=str(BODY_BYTES_MAX)) as fault:
        loop.offer(START_NS + NS_PER_MS, "test", c.ListInstruments(instruments=instruments))
    assert "not written" in fault.value.what
    assert (loop.state.seq, loop.state.instruments, loop.uncommitted) == (seq, known, 0)
    assert loop.commit() == []
    assert len(journal.bodies) == seq


def test_effects_come_out_once_after_their_commit_and_in_the_order_of_their_decisions() -> None:
    loop, journal = founded()
    committed = len(journal.bodies)
    for place, side in enumerate((Intent.ENTER_LONG, Intent.ENTER_LONG)):
        owner, symbol = ((OWNER, SYMBOL), (OTHER_OWNER, OTHER_SYMBOL))[place]
        loop.offer(START_NS + NS_PER_MS * (1 + place), owner, raised(side, owner=owner, symbol=symbol))
    assert (loop.uncommitted, loop.effects_waiting, len(journal.bodies)) == (2, 2, committed)
    effects = loop.commit()
    assert len(journal.bodies) == committed + 2
    approved = [record.events[-1] for record in journal.records[-2:]]
    sent = [each.effect for each in effects]
    assert sent == [SendOrder(each.order) for each in approved if isinstance(each, e.OrderApproved)]
    assert [each.at_ns for each in effects] == [record.at_ns for record in journal.records[-2:]]
    assert (loop.commit(), loop.uncommitted, loop.effects_waiting) == ([], 0, 0)


def test_a_commit_that_fails_lets_no_effect_out() -> None:
    loop, journal = founded(FailingJournal(fails_at=1))
    loop.offer(START_NS + NS_PER_MS, OWNER, raised())
    for _ in range(2):
        with pytest.raises(Fault):
            loop.commit()
    assert loop.effects_waiting == 1
    assert len(journal.commits) == 1


def test_a_turn_is_one_append_with_the_blobs_that_its_records_name() -> None:
    loop, journal = founded()
    loop.attach(b"settings")
    loop.offer(START_NS + NS_PER_MS, "bot", proposed(terms()))
    loop.offer(START_NS + NS_PER_MS, OWNER, raised(symbol=SYMBOL, seen=REFUSED_BY_AGE))
    loop.commit()
    assert [len(commit) for commit in journal.commits] == [len(founding()), 2]
    assert journal.blobs == [b"settings"]
    loop.offer(START_NS + NS_PER_MS, "test", c.Disarm(reason="a test"))
    loop.commit()
    assert journal.blobs == [b"settings"]


def test_a_disk_at_its_low_water_disarms_before_it_is_full() -> None:
    """The word of it is in the commit that found it, and nothing more is entered; what is held is still managed."""
    loop, journal = founded()
    loop.offer(START_NS + NS_PER_MS, OWNER, raised())
    (sent,) = loop.commit()
    assert isinstance(sent.effect, SendOrder)
    journal.free = LOW_WATER_BYTES - 1
    loop.offer(START_NS + 2 * NS_PER_MS, "venue", filled(sent.effect.order))
    effects = loop.commit()
    assert [type(each.effect) for each in effects] == [SendOrder, SendOrder, WakeAt], (
        "stop, target and time exit go out"
    )
    filling, disarming = journal.records[-2:]
    assert [filling.seq, disarming.seq] == [loop.state.seq - 2, loop.state.seq - 1]
    assert len(journal.commits[-1]) == 2
    assert disarming.actor == "gate"
    (told,) = disarming.events
    assert isinstance(told, e.Disarmed)
    assert told.reason == f"the disk has 255 MiB free; below {LOW_WATER_BYTES // MIB} MiB nothing is entered"
    assert not loop.state.is_armed
    loop.offer(START_NS + 3 * NS_PER_MS, OTHER_OWNER, raised(owner=OTHER_OWNER, symbol=OTHER_SYMBOL))
    loop.commit()
    assert "RISK-002" in refused(journal)[-1].refusals
    loop.offer(START_NS + 4 * NS_PER_MS, OWNER, raised(Intent.EXIT))
    assert [type(each.effect) for each in loop.commit()] == [SendOrder]
    told_of = [each for record in journal.records for each in record.events if isinstance(each, e.Disarmed)]
    assert told_of == [told], "what is disarmed is not disarmed again"
    assert_decides_again(journal)


@pytest.mark.parametrize("free", [LOW_WATER_BYTES, LOW_WATER_BYTES + 1])
def test_a_disk_with_enough_room_disarms_nothing(free: int) -> None:
    loop, journal = founded()
    journal.free = free
    loop.offer(START_NS + NS_PER_MS, OWNER, raised())
    assert len(loop.commit()) == 1
    assert loop.state.is_armed


def test_a_turn_without_records_asks_nothing_of_the_disk() -> None:
    loop, journal = founded()
    journal.free = 0
    assert loop.commit() == []
    assert loop.state.is_armed
