"""Founding, marks and counts: the inputs that are neither orders nor switches."""

from decimal import Decimal

import pytest

from interlock.core.machine import decide, fold
from interlock.core.state import State
from interlock.messages import commands as c
from interlock.messages import events as e
from interlock.messages import observations as o
from interlock.messages.words import Intent
from interlock.units.time import NS_PER_MS, NS_PER_S
from tests.builders import ACCOUNT, OWNER, START_NS, Core, approved_in, filled, founded, founding, raised, view


def mark(mid: str) -> o.MarkHeard:
    return o.MarkHeard(view=view(mid))


def test_a_log_takes_one_seed_only() -> None:
    core = founded()
    (refused,) = core.tell(founding()[1])
    assert isinstance(refused, e.CommandRefused) and refused.rule == "RISK-039"


def test_an_owner_needs_an_account() -> None:
    (refused,) = Core().tell(founding()[-1])
    assert isinstance(refused, e.CommandRefused) and refused.rule == "RISK-004"


def test_a_run_ends_with_its_counts() -> None:
    core = founded()
    end = c.EndRun(ticks=9, gaps=1, bad_ticks={"crossed": 2}, reason="over")
    assert core.tell(end) == (e.RunEnded(ticks=9, gaps=1, bad_ticks={"crossed": 2}, reason="over"),)
    assert core.state.is_ended
    assert not core.state.is_armed, "nothing is entered after the end"
    assert approved_in(core.tell(raised())) == []


def test_a_mark_values_what_is_held_and_moves_equity_and_exposure() -> None:
    core = founded()
    core.enter()
    (marked,) = core.tell(mark("50100"))
    assert isinstance(marked, e.MarkTaken)
    account = core.state.accounts[ACCOUNT]
    assert marked.unrealised == core.held().unrealised == account.unrealised == Decimal("3.9")
    assert marked.exposure == account.exposure == Decimal("1953.9")
    assert marked.equity == account.equity == Decimal("10003.4")


def test_a_mark_of_a_short_position_gains_when_the_price_falls() -> None:
    core = founded()
    core.enter(Intent.ENTER_SHORT)
    core.tell(mark("49900"))
    assert core.held().unrealised == Decimal("3.9")


def test_a_mark_becomes_a_record_once_a_second_only() -> None:
    core = founded()
    core.enter()
    assert core.tell(mark("50100"))
    assert core.tell(mark("50200"), 998 * NS_PER_MS) == ()
    assert core.tell(mark("50200"), NS_PER_MS - 1) == ()
    assert core.tell(mark("50200"), 1), "a mark that comes a millisecond early is the second's mark"


def test_a_mark_of_what_nobody_holds_is_no_record() -> None:
    assert founded().tell(mark("50100")) == ()


def test_repeated_refusals_count_as_signals_of_their_owner() -> None:
    core = founded()
    core.tell(o.RefusalsCounted(seq=3, owner=OWNER, count=4))
    assert len(core.state.owners[OWNER].signals_at_ns) == 4


def test_signals_are_forgotten_after_an_hour() -> None:
    core = founded()
    core.tell(o.RefusalsCounted(seq=3, owner=OWNER, count=4))
    core.tell(raised(Intent.EXIT), 3_600 * NS_PER_S)
    assert len(core.state.owners[OWNER].signals_at_ns) == 1


def test_records_fold_in_sequence_and_forward_in_time_only() -> None:
    state = State()
    fold(state, 0, START_NS, ())
    with pytest.raises(AssertionError, match="does not follow"):
        fold(state, 0, START_NS + 1, ())
    with pytest.raises(AssertionError, match="does not lie after"):
        fold(state, 1, START_NS, ())


def test_an_input_that_decides_nothing_is_no_record() -> None:
    core = founded()
    before = len(core.records)
    assert core.tell(o.SilenceReported(order_id="nobody's", text="any")) == ()
    assert (len(core.records), core.state.seq) == (before, before)


def test_deciding_twice_decides_the_same() -> None:
    core = founded()
    at_ns = core.at_ns + NS_PER_MS
    assert decide(core.state, at_ns, raised()) == decide(core.state, at_ns, raised())
    (entry,) = approved_in(core.tell(raised()))
    assert decide(core.state, at_ns + 9, filled(entry)) == decide(core.state, at_ns + 9, filled(entry))
