"""What the gate makes of a signal or a proposal: entries with their evidence, reductions without asking."""

from decimal import Decimal

import pytest

from interlock.core.state import State
from interlock.messages import commands as c
from interlock.messages import events as e
from interlock.messages.policy import Limits, Policy, Sizing
from interlock.messages.words import Intent, LatchLevel, Mode, OrderType, Purpose, TimeInForce
from interlock.units.sides import Side
from tests.builders import (
    OTHER_OWNER,
    OTHER_SYMBOL,
    SYMBOL,
    Core,
    approved_in,
    changed,
    filled,
    founded,
    proposed,
    raised,
    terms,
    view,
)

HALF = "0.020"


def unsettle(state: State) -> None:
    """Take away all that an entry needs."""
    state.mode, state.latch, state.is_armed = Mode.EMERGENCY, LatchLevel.SILENT, False
    state.gapped_symbols, state.unknown_symbols = {SYMBOL: 1}, {SYMBOL: 3}
    state.orders_open = 10_000
    for account in state.accounts.values():
        account.balance = Decimal(-1)


def test_an_entry_takes_at_once_and_never_beyond_its_collar() -> None:
    (buy,) = approved_in(founded().tell(raised()))
    assert (buy.order_type, buy.time_in_force, buy.limit_price) == (OrderType.LIMIT, TimeInForce.IOC, Decimal(50_500))
    (sell,) = approved_in(founded().tell(raised(Intent.ENTER_SHORT)))
    assert (sell.side, sell.limit_price, sell.reference_price) == (Side.SELL, Decimal(49_500), Decimal(50_000))


def test_an_entry_stops_one_tick_short_of_an_own_order() -> None:
    """Here its own target, that rests at 51,000."""
    core = founded(Policy(limits=changed(Limits(), collar_bps_max=Decimal(300))))
    (held,) = approved_in(core.tell(proposed(terms())))
    core.tell(filled(held))
    (entry,) = approved_in(core.tell(raised()))
    assert entry.limit_price == Decimal("50999.9")


def test_an_approved_entry_carries_its_evidence() -> None:
    events = founded().tell(raised())
    (approved,) = [event for event in events if isinstance(event, e.OrderApproved)]
    assert approved.sizing is not None and approved.costs is not None and approved.exits is not None
    assert approved.sizing.quantity == approved.order.quantity
    assert all(check.passed for check in approved.checks)


def test_a_signal_counts_even_when_it_is_refused() -> None:
    core = founded()
    core.tell(raised(seen=changed(view(), is_quote_sane=False)))
    assert len(core.state.owners["breakout-btc"].signals_at_ns) == 1


@pytest.mark.parametrize("is_seen", [True, False])
@pytest.mark.parametrize("quantity", [HALF, "0.039", "0.0005"])
def test_a_reduction_passes_whatever_is_wrong(quantity: str, is_seen: bool) -> None:
    core = founded()
    core.enter()
    unsettle(core.state)
    seen = changed(view(), age_ms=10**9, is_quote_sane=False) if is_seen else None
    asked = c.ProposeOrder(owner="breakout-btc", terms=terms(Side.SELL, quantity), view=seen)
    (order,) = approved_in(core.tell(asked))
    assert (order.reduce_only, order.quantity, order.purpose) == (True, Decimal(quantity), Purpose.REDUCE)
    assert core.held().close_id == "", "what its owner asks for does not close for us"


def test_a_reduction_keeps_the_form_it_was_asked_in_and_never_exceeds_what_is_held() -> None:
    core = founded()
    core.enter()
    own_stop = changed(
        terms(Side.SELL, "9"), order_type=OrderType.STOP_MARKET, trigger_price=Decimal(49_800), reduce_only=True
    )
    (stop,) = approved_in(core.tell(proposed(own_stop)))
    assert (stop.order_type, stop.trigger_price) == (OrderType.STOP_MARKET, Decimal(49_800))
    assert stop.quantity == Decimal("0.039")


@pytest.mark.parametrize("force", TimeInForce)
@pytest.mark.parametrize(("side", "limit"), [(Side.BUY, "50500.0"), (Side.SELL, "49500.0")])
def test_a_bots_entry_at_market_takes_at_once_and_never_beyond_its_collar(
    side: Side, limit: str, force: TimeInForce
) -> None:
    (order,) = approved_in(founded().tell(proposed(changed(terms(side), time_in_force=force))))
    assert (order.order_type, order.time_in_force, order.purpose) == (
        OrderType.LIMIT,
        TimeInForce.IOC,
        Purpose.ENTRY,
    )
    assert (order.limit_price, order.reference_price) == (Decimal(limit), Decimal(50_000))


def test_a_bots_own_limit_and_force_are_kept() -> None:
    (order,) = approved_in(founded().tell(proposed(terms(limit="49990"))))
    assert (order.limit_price, order.time_in_force) == (Decimal(49_990), TimeInForce.GTC)


@pytest.mark.parametrize("limit", [None, "49600", "50000"])
@pytest.mark.parametrize("side", Side)
def test_caps_are_judged_by_the_worst_price_the_collar_allows(side: Side, limit: str | None) -> None:
    """Whatever it asks for: a price on the tape may run to the collar before the order is filled."""
    asked = terms(side, limit=limit)
    events = founded().tell(proposed(asked))
    (approved,) = [event for event in events if isinstance(event, e.OrderApproved)]
    values = {check.rule: check.value for check in approved.checks}
    assert values["RISK-021"] == values["RISK-022"] == values["RISK-023"] == asked.quantity * 50_500


@pytest.mark.parametrize("quantity", ["0", "-0.010"])
def test_an_order_of_nothing_or_less_is_no_reduction(quantity: str) -> None:
    core = founded()
    core.enter()
    assert approved_in(core.tell(proposed(terms(Side.SELL, quantity)))) == []


def test_an_exit_signal_closes_whatever_is_wrong() -> None:
    core = founded()
    core.enter()
    unsettle(core.state)
    (close,) = approved_in(core.tell(changed(raised(Intent.EXIT), view=None)))
    assert (close.order_type, close.quantity) == (OrderType.MARKET, Decimal("0.039"))


def test_an_exit_signal_closes_within_the_first_step_of_the_collar() -> None:
    core = founded()
    core.enter()
    (close,) = approved_in(core.tell(raised(Intent.EXIT, view("50100"))))
    assert (close.order_type, close.limit_price) == (OrderType.LIMIT, Decimal("49849.5"))


def test_a_second_exit_signal_waits_for_the_close_at_work() -> None:
    core = founded()
    core.enter()
    core.tell(raised(Intent.EXIT))
    assert core.tell(raised(Intent.EXIT)) == (e.SignalTaken(owner="breakout-btc"),)


def test_an_order_through_zero_is_refused() -> None:
    core = founded()
    core.enter()
    events = core.tell(proposed(terms(Side.SELL, "0.040")))
    assert approved_in(events) == []
    assert isinstance(events[0], e.OrderRefused) and "RISK-034" in events[0].refusals


def test_a_reduce_only_order_without_a_position_is_refused() -> None:
    events = founded().tell(proposed(changed(terms(Side.SELL), reduce_only=True)))
    assert isinstance(events[0], e.OrderRefused) and events[0].refusals == ("RISK-037",)


def test_owners_do_not_close_each_others_positions() -> None:
    core = founded()
    core.enter()
    assert approved_in(core.tell(raised(Intent.EXIT, owner=OTHER_OWNER))) == []
    assert approved_in(core.tell(proposed(terms(Side.SELL, HALF), owner=OTHER_OWNER))) == []


def test_what_is_asked_for_counts_until_it_ends() -> None:
    """Two entries that have not filled yet share the caps."""
    core = founded()
    first, second = (approved_in(core.tell(raised(symbol=symbol)))[0] for symbol in (SYMBOL, OTHER_SYMBOL))
    account = core.state.accounts["paper-main"]
    assert account.reserved == first.quantity * 50_500 + second.quantity * 50_500
    events = core.tell(raised())
    assert approved_in(events) == []


def test_what_is_asked_for_leaves_less_room_under_the_cap_of_all() -> None:
    core = founded(Policy(sizing=changed(Sizing(), position_bps_max=Decimal(4_000))))
    first, second = (approved_in(core.tell(raised(symbol=symbol)))[0] for symbol in (SYMBOL, OTHER_SYMBOL))
    assert (first.quantity, second.quantity) == (Decimal("0.079"), Decimal("0.020"))
    assert core.state.accounts["paper-main"].reserved <= Decimal(5_000)


def test_order_ids_come_from_the_log_and_differ() -> None:
    core: Core = founded()
    core.enter()
    assert [order.approved.order_id for order in core.state.orders.values()] == ["il1-9-0", "il1-a-0", "il1-a-1"]
