"""A fill changes position, order, profit and exits in one record, whatever came before or comes after it."""

from decimal import Decimal

import pytest

from interlock.messages import commands as c
from interlock.messages import events as e
from interlock.messages.words import Intent, OrderStatus, Purpose
from interlock.units.sides import Side
from tests.builders import (
    ACCOUNT,
    BALANCE,
    OTHER_SYMBOL,
    Core,
    accepted,
    approved_in,
    cancelled,
    changed,
    filled,
    fired,
    founded,
    proposed,
    raised,
    terms,
)

CANCEL, OPENED = OrderStatus.CANCEL_REQUESTED, "PositionOpened"
UNOWNED = ["UnownedFillFound", "Disarmed"]


def kinds(events: tuple[e.Event, ...]) -> list[str]:
    return [type(event).__name__ for event in events]


def entered(quantity: str | None = None) -> tuple[Core, str]:
    """Return a core with an entry of 0.039, filled so far, and the entry's id."""
    core = founded()
    (entry,) = approved_in(core.tell(raised()))
    core.tell(filled(entry, quantity))
    return core, entry.order_id


def test_an_entrys_fill_opens_the_position_and_protects_it_in_one_record() -> None:
    core = founded()
    (entry,) = approved_in(core.tell(raised()))
    events = core.tell(filled(entry))
    assert kinds(events) == ["OrderFilled", OPENED, "OrderApproved", "OrderApproved", "TimerSet"]
    stop, target = approved_in(events)
    assert (stop.purpose, stop.trigger_price, stop.quantity) == (Purpose.STOP, Decimal(49_500), Decimal("0.039"))
    assert (target.purpose, target.limit_price, target.quantity) == (Purpose.TARGET, Decimal(51_000), Decimal("0.039"))
    assert (core.held().stop_id, core.held().target_id) == (stop.order_id, target.order_id)


def test_each_partial_fill_of_an_entry_moves_the_exits_to_the_size_held() -> None:
    core, entry = entered("0.010")
    assert core.order(entry).status is OrderStatus.PARTLY_FILLED
    first = [core.held().stop_id, core.held().target_id]
    core.tell(filled(core.order(entry).approved, "0.029", "50010", "t2"))
    assert core.order(entry).status is OrderStatus.FILLED
    assert core.held().quantity == Decimal("0.039")
    assert [core.order(old).status for old in first] == [CANCEL, CANCEL]
    assert core.order(core.held().stop_id).approved.quantity == Decimal("0.039")
    assert core.order(core.held().target_id).approved.quantity == Decimal("0.039")


def test_what_its_owner_asked_for_stays_when_the_exits_follow_the_size() -> None:
    core, entry = entered("0.010")
    (own,) = approved_in(core.tell(proposed(terms(Side.SELL, "0.005", "50900"))))
    ours = [core.held().stop_id, core.held().target_id]
    core.tell(filled(core.order(entry).approved, "0.029", "50010", "t2"))
    assert [core.order(old).status for old in ours] == [CANCEL, CANCEL]
    assert core.order(own.order_id).status is OrderStatus.INTENDED
    core.tell(filled(core.order(core.held().stop_id).approved, price="49500", trade_id="t3"))
    assert core.order(own.order_id).status is CANCEL, "with the position it ends"


def test_exits_stand_around_the_average_price() -> None:
    core, entry = entered("0.013")
    core.tell(filled(core.order(entry).approved, "0.026", "50030", "t2"))
    assert core.held().cost == Decimal("0.013") * 50_000 + Decimal("0.026") * 50_030
    assert core.order(core.held().stop_id).approved.trigger_price == Decimal(49_520)


def test_a_partial_close_changes_position_order_profit_and_exits_in_one_record() -> None:
    core, _ = entered()
    old = core.held().stop_id
    (part,) = approved_in(core.tell(proposed(terms(Side.SELL, "0.013"))))
    assert part.purpose is Purpose.REDUCE
    events = core.tell(filled(part, price="50300", trade_id="t2", fee="0.3"))
    told, reduced = events[0], events[1]
    assert isinstance(told, e.OrderFilled) and told.is_complete
    assert isinstance(reduced, e.PositionReduced)
    assert (reduced.profit, reduced.quantity, reduced.cost) == (Decimal("3.9"), Decimal("0.026"), Decimal(1_300))
    assert [order.quantity for order in approved_in(events)] == [Decimal("0.026"), Decimal("0.026")]
    assert core.order(old).status is CANCEL
    assert core.state.accounts[ACCOUNT].balance == BALANCE - Decimal("0.5") + Decimal("3.9") - Decimal("0.3")


def test_a_target_filled_in_part_stays_and_the_stop_follows_the_rest() -> None:
    core, _ = entered()
    stop, target = core.held().stop_id, core.held().target_id
    core.tell(filled(core.order(target).approved, "0.015", "51000", "t2"))
    assert core.held().target_id == target
    assert core.order(target).status is OrderStatus.PARTLY_FILLED
    assert core.order(stop).status is CANCEL
    assert core.order(core.held().stop_id).approved.quantity == Decimal("0.024")


def test_a_stop_filled_in_part_stays_at_work() -> None:
    core, _ = entered()
    stop = core.held().stop_id
    events = core.tell(filled(core.order(stop).approved, "0.015", "49490", "t2"))
    assert kinds(events) == ["OrderFilled", "PositionReduced"]
    assert core.order(stop).is_open


def test_the_last_fill_closes_the_position_and_takes_its_exits_and_timers_back() -> None:
    core, _ = entered()
    stop, target = core.held().stop_id, core.held().target_id
    events = core.tell(filled(core.order(stop).approved, price="49500", trade_id="t2", fee="0.6"))
    closed = events[1]
    assert isinstance(closed, e.PositionClosed)
    assert (closed.profit, closed.profit_total, closed.fees_total) == (
        Decimal("-19.5"),
        Decimal("-19.5"),
        Decimal("1.1"),
    )
    assert (core.state.positions, core.state.timers) == ({}, {})
    assert core.order(target).status is CANCEL
    account = core.state.accounts[ACCOUNT]
    assert account.exposure == account.reserved == account.unrealised == 0


def test_a_short_position_gains_when_the_price_falls() -> None:
    core = founded()
    core.enter(Intent.ENTER_SHORT)
    target = core.order(core.held().target_id).approved
    assert (target.side, target.limit_price) == (Side.BUY, Decimal(49_000))
    closed = core.tell(filled(target, price="49000", trade_id="t2"))[1]
    assert isinstance(closed, e.PositionClosed) and closed.profit == Decimal(39)


def test_slippage_is_what_the_fill_cost_against_the_mid() -> None:
    core = founded()
    (entry,) = approved_in(core.tell(raised()))
    told = core.tell(filled(entry, price="50002"))[0]
    assert isinstance(told, e.OrderFilled) and told.slippage == Decimal("0.078")


def test_a_fill_may_come_before_the_acknowledgement() -> None:
    core, entry = entered("0.010")
    core.tell(accepted(entry))
    assert core.order(entry).status is OrderStatus.PARTLY_FILLED
    assert core.order(entry).venue_order_id == "v1"


def test_an_acknowledgement_after_the_last_fill_changes_nothing() -> None:
    core, entry = entered()
    assert core.tell(accepted(entry)) == ()
    assert core.order(entry).status is OrderStatus.FILLED


def test_a_fill_after_a_cancel_request_counts() -> None:
    core, entry = entered("0.010")
    core.tell(c.RequestCancel(order_id=entry, reason="any"))
    core.tell(filled(core.order(entry).approved, "0.009", trade_id="t2"))
    assert core.held().quantity == Decimal("0.019")
    assert core.order(entry).status is CANCEL


def test_a_fill_that_comes_after_the_cancel_was_confirmed_counts() -> None:
    core, entry = entered("0.010")
    core.tell(cancelled(entry))
    core.tell(filled(core.order(entry).approved, "0.009", trade_id="t2"))
    assert core.held().quantity == Decimal("0.019")
    assert core.order(entry).status is OrderStatus.CANCELLED
    assert core.state.orders_open == 2 * 2


def test_the_same_fill_twice_counts_once() -> None:
    core, entry = entered("0.010")
    assert core.tell(filled(core.order(entry).approved, "0.010")) == ()
    assert core.held().quantity == Decimal("0.010")


@pytest.mark.parametrize(
    ("quantity", "price"), [("0.040", "50000"), ("0", "50000"), ("-0.001", "50000"), ("0.001", "0"), ("0.001", "-5")]
)
def test_a_fill_that_no_order_explains_is_named_and_nothing_is_invented(quantity: str, price: str) -> None:
    core = founded()
    (entry,) = approved_in(core.tell(raised()))
    events = core.tell(filled(entry, quantity, price))
    assert kinds(events) == UNOWNED
    assert not core.state.is_armed
    assert core.state.positions == {}
    assert core.order(entry.order_id).quantity_filled == 0


def test_a_stop_that_fills_after_the_position_is_gone_is_named() -> None:
    core, _ = entered()
    stop, target = (core.order(order_id).approved for order_id in (core.held().stop_id, core.held().target_id))
    core.tell(filled(target, price="51000", trade_id="t2"))
    assert kinds(core.tell(filled(stop, price="49500", trade_id="t3"))) == UNOWNED
    assert core.state.positions == {}


def test_a_fill_that_nothing_explains_disarms_once() -> None:
    core, _ = entered()
    nobodys = changed(core.order(core.held().stop_id).approved, order_id="nobody's")
    assert kinds(core.tell(filled(nobodys, trade_id="t2"))) == UNOWNED
    assert kinds(core.tell(filled(nobodys, trade_id="t3"))) == ["UnownedFillFound"]
    assert approved_in(core.tell(raised(symbol=OTHER_SYMBOL))) == []


@pytest.mark.parametrize("intent", [Intent.ENTER_LONG, Intent.ENTER_SHORT])
def test_a_reducing_order_never_adds_to_a_position(intent: Intent) -> None:
    """A late fill of an old stop, when its owner has turned: it stands on the side of what is held now."""
    core, turned = founded(), Intent.ENTER_SHORT if intent is Intent.ENTER_LONG else Intent.ENTER_LONG
    core.enter(intent)
    stop, target = (core.order(order_id).approved for order_id in (core.held().stop_id, core.held().target_id))
    core.tell(filled(target, price=str(target.limit_price), trade_id="t2"))
    core.tell(cancelled(stop.order_id))
    core.enter(turned)
    before = core.held().quantity
    assert kinds(core.tell(filled(stop, trade_id="t3"))) == UNOWNED
    assert core.held().quantity == before
    assert not core.state.is_armed


def test_a_position_that_grew_while_it_was_closed_is_closed_to_the_end() -> None:
    core, entry = entered("0.030")
    (close,) = approved_in(core.tell(raised(Intent.EXIT)))
    core.tell(filled(core.order(entry).approved, "0.009", trade_id="t2"))
    (rest,) = approved_in(core.tell(filled(close, price="49990", trade_id="t3")))
    assert (rest.purpose, rest.quantity) == (Purpose.CLOSE, Decimal("0.009"))
    assert core.held().close_id == rest.order_id


def test_a_new_position_is_not_closed_by_the_timer_of_an_older_one() -> None:
    core, _ = entered()
    (timer,) = core.state.timers
    due_ns = core.state.timers[timer]
    core.tell(filled(core.order(core.held().target_id).approved, price="51000", trade_id="t2"), due_ns - core.at_ns - 9)
    core.enter()
    assert core.tell(fired(timer)) == ()
    assert core.state.timers[timer] > due_ns
