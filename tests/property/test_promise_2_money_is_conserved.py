"""Promise 2, what the fold adds up to: money, inventory, exposure and reservations, over any script."""

from collections import defaultdict
from decimal import Decimal

import pytest
from hypothesis import given, settings

from interlock.core.state import State
from interlock.messages import events as e
from interlock.messages.events import Event
from interlock.messages.record import Input
from interlock.messages.words import TERMINAL, OrderStatus
from interlock.units.money import ZERO
from interlock.units.sides import SIGN
from tests.builders import ACCOUNT, BALANCE, Core
from tests.property.strategies import Move, play, scripts

pytestmark = pytest.mark.slow


@given(scripts)
@settings(max_examples=100)
def test_the_balance_is_the_start_and_all_profits_less_all_fees(script: list[Move]) -> None:
    core = play(script)
    told = [event for record in core.records for event in record.events]
    profits = sum((event.profit for event in told if isinstance(event, e.PositionReduced | e.PositionClosed)), ZERO)
    fees = sum((event.fee for event in told if isinstance(event, e.OrderFilled)), ZERO)
    assert core.state.accounts[ACCOUNT].balance == BALANCE + profits - fees


@given(scripts)
@settings(max_examples=100)
def test_what_is_held_is_what_was_filled(script: list[Move]) -> None:
    core = play(script)
    traded: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for event in (event for record in core.records for event in record.events):
        if isinstance(event, e.OrderFilled):
            order = core.order(event.order_id).approved
            traded[order.account, order.symbol, order.owner] += event.quantity * SIGN[order.side]
    held = {key: position.quantity * SIGN[position.side] for key, position in core.state.positions.items()}
    assert {key: total for key, total in traded.items() if total} == held


@given(scripts)
@settings(max_examples=100)
def test_profit_of_all_trades_is_cash_in_less_cash_out(script: list[Move]) -> None:
    core = play(script)
    cash = BALANCE
    for event in (event for record in core.records for event in record.events):
        if isinstance(event, e.OrderFilled):
            cash -= event.price * event.quantity * SIGN[core.order(event.order_id).approved.side] + event.fee
    tied_up = sum((held.cost * SIGN[held.side] for held in core.state.positions.values()), ZERO)
    assert core.state.accounts[ACCOUNT].balance == cash + tied_up


@given(scripts)
@settings(max_examples=100)
def test_an_account_is_the_sum_of_its_parts_at_every_moment(script: list[Move]) -> None:
    def look(core: Core, asked: Input, events: tuple[Event, ...]) -> None:
        assert_adds_up(core.state)

    assert_adds_up(play(script, after=look).state)


def assert_adds_up(state: State) -> None:
    account, held = state.accounts[ACCOUNT], state.positions.values()
    assert account.exposure == sum((position.value for position in held), ZERO)
    assert account.unrealised == sum((position.unrealised for position in held), ZERO)
    assert account.reserved == sum((order.reserved for order in state.orders.values()), ZERO)
    is_open = {order_id for order_id, order in state.orders.items() if order.status not in TERMINAL}
    assert {order_id for orders in state.open_orders.values() for order_id in orders} == is_open
    assert state.orders_open == len(is_open)
    unknown = [order for order in state.orders.values() if order.is_unknown]
    assert sum(state.unknown_symbols.values()) == len(unknown)
    assert {order.status for order in unknown} <= {OrderStatus.UNKNOWN, OrderStatus.CANCEL_REQUESTED}
    for order in state.orders.values():
        assert len(set(order.trade_ids)) == len(order.trade_ids)
        assert ZERO <= order.quantity_filled <= order.approved.quantity
        assert order.reserved == ZERO or (order.is_open and not order.approved.reduce_only)
