"""What follows when an order ends unfilled, a timer is due, or everything is to be closed."""

from decimal import Decimal

import pytest

from interlock.messages import commands as c
from interlock.messages import events as e
from interlock.messages import observations as o
from interlock.messages.orders import ApprovedOrder
from interlock.messages.record import Input
from interlock.messages.words import Intent, KillWay, LatchLevel, Mode, OrderStatus, OrderType, Purpose, TimeInForce
from interlock.units.sides import Side
from interlock.units.time import NS_PER_S
from tests.builders import (
    START_NS,
    Core,
    accepted,
    approved_in,
    cancelled,
    expired,
    filled,
    fired,
    founded,
    proposed,
    raised,
    rejected,
    terms,
    view,
)

HOLD = "hold|paper-main|BTCUSDT|breakout-btc"
RETRY = "close|paper-main|BTCUSDT|breakout-btc"
FOUR_HOURS_NS = 4 * 3_600 * NS_PER_S


def held() -> Core:
    """Return a core that holds a long position with its exits."""
    core = founded()
    core.enter()
    return core


def held_a_little() -> Core:
    """Return a core that holds so little that more may be asked for."""
    core = founded()
    (entry,) = approved_in(core.tell(proposed(terms())))
    core.tell(filled(entry))
    return core


def close_at_work(core: Core) -> ApprovedOrder:
    return core.order(core.held().close_id).approved


def kill(way: KillWay) -> c.EngageKill:
    return c.EngageKill(way=way, reason="any")


def test_an_end_that_is_told_twice_counts_once() -> None:
    core = founded()
    (entry,) = approved_in(core.tell(raised()))
    assert core.tell(expired(entry.order_id))
    assert core.tell(expired(entry.order_id)) == core.tell(cancelled(entry.order_id)) == ()
    assert core.order(entry.order_id).status is OrderStatus.EXPIRED


def test_a_late_cancel_of_a_filled_order_changes_nothing() -> None:
    core = founded()
    entry = core.enter()
    assert core.tell(cancelled(entry)) == ()
    assert core.order(entry).status is OrderStatus.FILLED


def test_an_ended_entry_reserves_nothing_any_more() -> None:
    core = founded()
    (entry,) = approved_in(core.tell(raised()))
    assert core.state.accounts["paper-main"].reserved > 0
    core.tell(rejected(entry.order_id))
    assert core.state.accounts["paper-main"].reserved == 0


def test_a_position_whose_stop_the_venue_rejects_is_closed_at_market_at_once() -> None:
    core = held()
    (close,) = approved_in(core.tell(rejected(core.held().stop_id)))
    assert (close.purpose, close.order_type, close.quantity) == (Purpose.CLOSE, OrderType.MARKET, Decimal("0.039"))


def test_a_close_at_work_is_not_doubled_when_the_stop_ends() -> None:
    core = held()
    core.tell(raised(Intent.EXIT))
    assert approved_in(core.tell(rejected(core.held().stop_id))) == []


def test_a_rejected_target_leaves_the_position_to_its_stop() -> None:
    core = held()
    assert approved_in(core.tell(rejected(core.held().target_id))) == []


def test_a_close_widens_by_its_schedule_then_goes_at_market_then_pauses_longer_and_longer() -> None:
    core = held()
    limits = [approved_in(core.tell(raised(Intent.EXIT)))[0].limit_price]
    for _ in range(3):
        limits.append(approved_in(core.tell(expired(core.held().close_id)))[0].limit_price)
    assert limits == [Decimal("49750.0"), Decimal("49500.0"), Decimal("49000.0"), None]
    pauses_s = []
    for _ in range(9):
        core.tell(expired(core.held().close_id))
        pauses_s.append((core.state.timers[RETRY] - core.at_ns) // NS_PER_S)
        (again,) = approved_in(core.tell(fired(RETRY), core.state.timers[RETRY] - core.at_ns))
        assert again.order_type is OrderType.MARKET
    assert pauses_s == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_close_that_went_at_market_never_becomes_more_careful() -> None:
    core = held()
    core.tell(kill(KillWay.IMMEDIATE))
    assert [approved_in(core.tell(rejected(core.held().close_id)))[0].order_type for _ in range(3)] == (
        [OrderType.MARKET] * 3
    )


def test_what_a_close_leaves_over_is_closed_too() -> None:
    core = held()
    (close,) = approved_in(core.tell(raised(Intent.EXIT)))
    core.tell(filled(close, "0.010", trade_id="t2"))
    (again,) = approved_in(core.tell(expired(close.order_id)))
    assert again.quantity == Decimal("0.029")


def test_a_close_that_its_owner_takes_back_is_not_sent_again() -> None:
    core = held()
    (close,) = approved_in(core.tell(raised(Intent.EXIT)))
    core.tell(c.RequestCancel(order_id=close.order_id, reason="any"))
    assert approved_in(core.tell(cancelled(close.order_id))) == []
    assert len(approved_in(core.tell(raised(Intent.EXIT)))) == 1


def test_a_position_is_closed_when_its_time_is_over() -> None:
    core = held()
    assert core.tell(fired(HOLD, view(50_100))) == ()
    (close,) = approved_in(core.tell(fired(HOLD, view(50_100)), FOUR_HOURS_NS))
    assert (close.purpose, close.limit_price) == (Purpose.CLOSE, Decimal("49849.5"))
    assert HOLD not in core.state.timers


def test_a_time_exit_without_a_quote_goes_at_market() -> None:
    core = held()
    (close,) = approved_in(core.tell(fired(HOLD), FOUR_HOURS_NS))
    assert close.order_type is OrderType.MARKET


def test_a_timer_that_nobody_set_means_nothing() -> None:
    assert founded().tell(fired(HOLD)) == ()


def test_a_kill_at_once_closes_all_and_takes_entries_back() -> None:
    core = held_a_little()
    (entry,) = approved_in(core.tell(proposed(terms(quantity="0.001", limit="49990"))))
    core.tell(kill(KillWay.IMMEDIATE))
    assert (core.state.latch, core.state.mode, core.state.is_armed) == (LatchLevel.NO_NEW_RISK, Mode.EMERGENCY, False)
    assert close_at_work(core).order_type is OrderType.MARKET
    assert core.order(entry.order_id).status is OrderStatus.CANCEL_REQUESTED
    assert core.order(core.held().stop_id).status is OrderStatus.INTENDED


def test_a_fill_that_overtakes_a_kill_is_closed_too() -> None:
    core = held_a_little()
    (entry,) = approved_in(core.tell(proposed(terms(quantity="0.001", limit="49990"))))
    core.tell(kill(KillWay.IMMEDIATE))
    core.tell(filled(entry, price="49990", trade_id="t2"))
    (rest,) = approved_in(core.tell(filled(close_at_work(core), price="49950", trade_id="t3")))
    core.tell(filled(rest, price="49950", trade_id="t4"))
    assert core.state.positions == {}


EMERGENCIES = pytest.mark.parametrize(
    "by", [kill(KillWay.IMMEDIATE), c.SetMode(mode=Mode.EMERGENCY, reason="any")], ids=["kill", "mode"]
)


@EMERGENCIES
def test_an_entry_that_fills_in_an_emergency_is_protected_and_closed_in_one_record(by: Input) -> None:
    core = founded()
    (entry,) = approved_in(core.tell(raised()))
    core.tell(by)
    stop, target, close = approved_in(core.tell(filled(entry, "0.010")))
    assert [each.purpose for each in (stop, target, close)] == [Purpose.STOP, Purpose.TARGET, Purpose.CLOSE]
    assert (close.order_type, close.quantity) == (OrderType.MARKET, Decimal("0.010"))
    assert len({stop.order_id, target.order_id, close.order_id}) == 3
    assert core.held().close_id == close.order_id


@EMERGENCIES
def test_what_grows_in_an_emergency_waits_for_the_close_at_work_and_is_closed_to_the_end(by: Input) -> None:
    core = founded()
    (entry,) = approved_in(core.tell(raised()))
    core.tell(by)
    close = approved_in(core.tell(filled(entry, "0.010")), Purpose.CLOSE)[0]
    events = core.tell(filled(entry, "0.004", trade_id="t2"))
    assert approved_in(events, Purpose.CLOSE) == []
    assert core.order(core.held().stop_id).approved.quantity == Decimal("0.014")
    (rest,) = approved_in(core.tell(filled(close, trade_id="t3")))
    assert (rest.purpose, rest.quantity) == (Purpose.CLOSE, Decimal("0.004"))
    assert rest.order_type is OrderType.MARKET, "a close never becomes more careful than it was"
    core.tell(filled(rest, trade_id="t4"))
    assert core.state.positions == {}


@EMERGENCIES
def test_what_grows_in_an_emergency_without_a_close_at_work_is_closed(by: Input) -> None:
    """Its close has ended and the next one waits for its pause."""
    core = founded()
    (entry,) = approved_in(core.tell(raised()))
    core.tell(by)
    core.tell(filled(entry, "0.010"))
    while core.held().close_id:
        core.tell(expired(core.held().close_id))
    events = core.tell(filled(entry, "0.004", trade_id="t2"))
    assert [order.quantity for order in approved_in(events, Purpose.CLOSE)] == [Decimal("0.014")]


def test_a_kill_that_is_repeated_at_its_deadline_does_not_double_a_close() -> None:
    core = held()
    core.tell(kill(KillWay.GRACEFUL))
    core.tell(c.SetMode(mode=Mode.EMERGENCY, reason="any"))
    close = close_at_work(core)
    events = core.tell(fired("kill_deadline"), 30 * 60 * NS_PER_S)
    assert approved_in(events) == []
    assert [each for each in events if isinstance(each, e.ModeChanged)] == []
    assert close_at_work(core) == close


def test_an_owners_own_reduction_that_expires_is_not_sent_again() -> None:
    core = held()
    (own,) = approved_in(core.tell(proposed(terms(Side.SELL, "0.039"))))
    assert (own.purpose, own.time_in_force, core.held().close_id) == (Purpose.REDUCE, TimeInForce.IOC, "")
    events = core.tell(expired(own.order_id))
    assert [type(each).__name__ for each in events] == ["OrderExpired"]
    assert core.held().close_attempts == 0
    assert RETRY not in core.state.timers


def test_an_owners_own_reduction_does_not_keep_an_exit_from_closing() -> None:
    core = held()
    core.tell(proposed(terms(Side.SELL, "0.039")))
    (close,) = approved_in(core.tell(raised(Intent.EXIT)))
    assert (close.purpose, core.held().close_id) == (Purpose.CLOSE, close.order_id)


@pytest.mark.parametrize(
    "by", [kill(KillWay.IMMEDIATE), raised(Intent.EXIT), fired(HOLD)], ids=["kill", "exit", "time"]
)
def test_no_close_waits_for_an_order_of_the_owner_that_may_rest_for_ever(by: Input) -> None:
    core = held()
    core.tell(proposed(terms(Side.SELL, "0.039", "50900")))
    (close,) = approved_in(core.tell(by, FOUR_HOURS_NS))
    assert (close.time_in_force, close.quantity) == (TimeInForce.IOC, Decimal("0.039"))


def test_a_kill_at_leisure_waits_for_the_targets_until_its_deadline() -> None:
    core = held()
    core.tell(kill(KillWay.GRACEFUL))
    assert (core.state.mode, core.held().close_id) == (Mode.REDUCE, "")
    assert core.tell(fired("kill_deadline")) == ()
    core.tell(fired("kill_deadline"), 30 * 60 * NS_PER_S)
    assert close_at_work(core).order_type is OrderType.MARKET
    assert core.state.mode is Mode.EMERGENCY


def test_the_deadline_of_a_kill_takes_entries_back_and_closes_what_fills_meanwhile() -> None:
    core = held_a_little()
    (entry,) = approved_in(core.tell(proposed(terms(quantity="0.001", limit="49990"))))
    core.tell(kill(KillWay.GRACEFUL))
    (_, over, *_) = core.tell(fired("kill_deadline"), 30 * 60 * NS_PER_S)
    assert over == e.ModeChanged(
        before=Mode.REDUCE, after=Mode.EMERGENCY, reason="the deadline of the graceful kill is over"
    )
    first = close_at_work(core)
    core.tell(filled(first, price="49950", trade_id="t2"))
    events = core.tell(filled(entry, price="49990", trade_id="t3"))
    assert [order.purpose for order in approved_in(events)] == [Purpose.STOP, Purpose.TARGET, Purpose.CLOSE]


def test_a_release_calls_the_deadline_of_a_kill_off() -> None:
    core = held()
    core.tell(kill(KillWay.GRACEFUL))
    core.tell(c.Release(reason="any"))
    assert core.tell(fired("kill_deadline"), 30 * 60 * NS_PER_S) == ()


def test_a_kill_to_pause_leaves_positions_to_their_exits() -> None:
    core = held()
    core.tell(kill(KillWay.PAUSE))
    assert (core.state.mode, core.held().close_id, core.state.latch) == (Mode.PAUSE, "", LatchLevel.NO_NEW_RISK)


def test_mode_emergency_closes_all_without_latching() -> None:
    core = held()
    core.tell(c.SetMode(mode=Mode.EMERGENCY, reason="any"))
    assert close_at_work(core).order_type is OrderType.MARKET
    assert core.state.latch is LatchLevel.OPEN


def test_a_kill_closes_what_is_no_longer_listed() -> None:
    core = held()
    core.tell(c.ListInstruments(instruments=()))
    core.tell(kill(KillWay.IMMEDIATE))
    assert close_at_work(core).quantity == Decimal("0.039")


def test_a_cancel_that_overtook_its_order_is_asked_for_again() -> None:
    core = founded()
    (entry,) = approved_in(core.tell(raised()))
    core.tell(c.RequestCancel(order_id=entry.order_id, reason="any"))
    core.tell(o.CancelRejectReported(order_id=entry.order_id, code=-2011, text="unknown", venue_at_ns=START_NS))
    assert core.order(entry.order_id).status is OrderStatus.CANCEL_REQUESTED
    events = core.tell(accepted(entry.order_id))
    assert isinstance(events[-1], e.OrderCancelRequested)


def test_a_cancel_that_came_too_late_leaves_the_order_as_it_was() -> None:
    core = founded()
    (entry,) = approved_in(core.tell(raised()))
    core.tell(accepted(entry.order_id))
    core.tell(c.RequestCancel(order_id=entry.order_id, reason="any"))
    core.tell(o.CancelRejectReported(order_id=entry.order_id, code=-2011, text="unknown", venue_at_ns=START_NS))
    assert core.order(entry.order_id).status is OrderStatus.ACKNOWLEDGED


def test_silence_makes_an_order_unknown_until_the_venue_tells_of_it() -> None:
    core = founded()
    (entry,) = approved_in(core.tell(raised()))
    core.tell(o.SilenceReported(order_id=entry.order_id, text="no answer"))
    assert core.order(entry.order_id).status is OrderStatus.UNKNOWN
    assert core.state.accounts["paper-main"].reserved > 0
    assert core.tell(o.SilenceReported(order_id=entry.order_id, text="no answer")) == ()
    core.tell(c.RequestCancel(order_id=entry.order_id, reason="any"))
    assert core.order(entry.order_id).is_unknown, "to ask for its end is not to know its fate"
    assert core.state.unknown_symbols == {"BTCUSDT": 1}
    core.tell(o.CancelRejectReported(order_id=entry.order_id, code=-2011, text="unknown", venue_at_ns=START_NS))
    assert core.order(entry.order_id).status is OrderStatus.UNKNOWN
    core.tell(accepted(entry.order_id))
    assert core.order(entry.order_id).status is OrderStatus.ACKNOWLEDGED
    assert not core.order(entry.order_id).is_unknown
    assert core.state.unknown_symbols == {}
    assert core.tell(o.SilenceReported(order_id=entry.order_id, text="no answer")) == ()
