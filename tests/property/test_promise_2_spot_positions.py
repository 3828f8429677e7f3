"""Promise 2 on spot: whatever is told, the books are a wallet's. No coin is for sale twice, and none is forgotten."""

from collections import defaultdict
from decimal import Decimal

import pytest
from hypothesis import given, settings

from interlock.core.machine import decide
from interlock.core.replay import rebuild, replay
from interlock.core.spot.selling import sales
from interlock.core.state import Dust, Position, PositionKey, State, digest
from interlock.core.trading.timers import cover_timer, retry_timer
from interlock.messages import events as e
from interlock.messages import observations as o
from interlock.messages.effects import SendOrder
from interlock.messages.events import Event
from interlock.messages.record import Input, decode, encode
from interlock.messages.words import Intent, OrderStatus, Purpose
from interlock.units.money import ZERO
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS
from tests.builders import ACCOUNT, BALANCE, BUILD, Core, changed, founded_on_spot, view, wide_policy
from tests.property.strategies import Answer, Answers, Look, Move, Proposes, Signals, Tells, look_away, play, scripts
from tests.property.test_promise_2_a_start_forgets_nothing import moments

pytestmark = pytest.mark.slow

OF_ORDER = (o.FillReported, o.CancelReported, o.ExpireReported, o.RejectReported, o.CancelRejectReported)


def spot_core() -> Core:
    return founded_on_spot(wide_policy())


def play_honestly(script: list[Move], after: Look = look_away) -> Core:
    """Tell a script of a venue that says nothing of an order that it has said the end of."""
    core = spot_core()
    for move in script:
        for asked in move.inputs(core):
            if isinstance(asked, OF_ORDER):
                order = core.state.orders.get(asked.order_id)
                if order is None or not order.is_open:
                    continue
                if isinstance(asked, o.CancelRejectReported) and order.status is not OrderStatus.CANCEL_REQUESTED:
                    continue
            after(core, asked, core.tell(asked, NS_PER_MS))
    return core


def told(core: Core) -> list[Event]:
    return [event for record in core.records for event in record.events]


@given(scripts)
@settings(max_examples=100)
def test_the_books_are_those_of_a_wallet(script: list[Move]) -> None:
    """Its quote is the balance less the cost of all that is held; its coins are what is held, dust included."""
    core = play(script, spot_core())
    quote = BALANCE
    coins: defaultdict[str, Decimal] = defaultdict(Decimal)
    for event in told(core):
        if isinstance(event, e.OrderFilled):
            order = core.order(event.order_id).approved
            value = event.price * event.quantity
            if order.side is Side.BUY:
                quote -= value
                coins[order.symbol] += event.quantity - event.fee_base
            else:
                quote += value - event.fee
                coins[order.symbol] -= event.quantity
    parts: list[tuple[PositionKey, Position | Dust]] = [*core.state.positions.items(), *core.state.dust.items()]
    held: defaultdict[str, Decimal] = defaultdict(Decimal)
    for (_, symbol, _), part in parts:
        held[symbol] += part.quantity
    assert {symbol: total for symbol, total in coins.items() if total} == dict(held)
    assert core.state.accounts[ACCOUNT].balance - sum((part.cost for _, part in parts), ZERO) == quote


@given(scripts)
@settings(max_examples=100)
def test_an_account_is_the_sum_of_its_parts_with_the_dust_at_cost(script: list[Move]) -> None:
    def look(core: Core, asked: Input, events: tuple[Event, ...]) -> None:
        state = core.state
        account, held = state.accounts[ACCOUNT], state.positions.values()
        dust = sum((each.cost for each in state.dust.values()), ZERO)
        assert account.exposure == sum((each.value for each in held), ZERO) + dust
        assert account.unrealised == sum((each.unrealised for each in held), ZERO)
        assert not state.dust.keys() & state.positions.keys()
        assert all(each.side is Side.BUY and each.quantity > ZERO for each in held)

    play(script, spot_core(), after=look)


def assert_no_coin_is_sold_twice(state: State) -> None:
    keys = {
        (order.approved.account, order.approved.symbol, order.approved.owner)
        for orders in state.open_orders.values()
        for order in orders.values()
        if order.approved.reduce_only
    }
    for key in sorted(keys):
        asked = sum((order.quantity_left for order in sales(state, key)), ZERO)
        held = state.positions.get(key)
        taken_back = all(order.status is OrderStatus.CANCEL_REQUESTED for order in sales(state, key))
        assert held is not None or taken_back, f"{key} holds nothing and sells {asked}"
        assert held is None or asked <= held.quantity or has_newer_position(state, key), f"{key} sells twice"


def has_newer_position(state: State, key: tuple[str, str, str]) -> bool:
    """Tell whether a sale of a former position, being taken back, is still open beside those of a newer one."""
    return any(
        order.status is OrderStatus.CANCEL_REQUESTED and order.at_ns < state.positions[key].opened_at_ns
        for order in sales(state, key)
    )


@given(scripts)
@settings(max_examples=150)
def test_the_sales_at_work_are_never_more_than_is_held(script: list[Move]) -> None:
    play_honestly(script, lambda core, asked, events: assert_no_coin_is_sold_twice(core.state))


@given(scripts)
@settings(max_examples=150)
def test_what_is_held_has_a_sale_at_work_or_a_moment_at_which_it_is_looked_at_again(script: list[Move]) -> None:
    def look(core: Core, asked: Input, events: tuple[Event, ...]) -> None:
        state = core.state
        for key, held in state.positions.items():
            is_bought_on = any(
                not order.approved.reduce_only and order.approved.owner == held.owner
                for order in state.open_orders.get(held.symbol, {}).values()
            )
            timers = {cover_timer(key), retry_timer(key)} & state.timers.keys()
            assert sales(state, key) or timers or is_bought_on, f"nothing protects {key}"

    play_honestly(script, look)


@given(scripts)
@settings(max_examples=60)
def test_a_spot_log_folds_and_replays_to_the_same(script: list[Move]) -> None:
    def look(core: Core, asked: Input, events: tuple[Event, ...]) -> None:
        before = digest(core.state)
        decide(core.state, core.at_ns + 1, asked)
        assert digest(core.state) == before

    core = play(script, spot_core(), before=look)
    assert digest(rebuild(decode(body) for body in core.bodies)) == digest(core.state)
    assert replay([(decode(body), body) for body in core.bodies], BUILD).difference is None
    assert all(encode(decode(body)) == body for body in core.bodies)


@given(scripts)
@settings(max_examples=60)
def test_a_start_on_spot_forgets_nothing_and_sends_no_order_again(script: list[Move]) -> None:
    for due, outstanding in moments(script, spot_core()):
        assert due - set(outstanding) == set()
        assert [effect for effect in outstanding if isinstance(effect, SendOrder)] == []


def test_such_scripts_come_to_all_that_is_particular_to_spot() -> None:
    """Else what holds above would hold of nothing."""
    owner, symbol = "breakout-btc", "BTCUSDT"
    enter: list[Move] = [Signals(owner, symbol, Intent.ENTER_LONG, 49_130, True), Answers(0, Answer.FILL, 4, 49_130)]
    back: list[Move] = [Answers(0, Answer.CANCEL, 4, 0)]
    script: list[Move] = [
        *enter,
        Proposes(owner, Side.SELL, 5, None, True),
        *back,
        Answers(1, Answer.FILL, 4, 50_100),
        Tells(o.MarkHeard(view=changed(view(52_000), symbol=symbol))),
        *back,
        Answers(0, Answer.FILL, 4, 51_990),
        *enter,
        Answers(0, Answer.FILL, 4, 49_400),
    ]
    core = play_honestly(script)
    kinds = {type(event).__name__ for event in told(core)}
    assert kinds >= {"ReductionWaits", "ExitDecided", "DustKept", "DustJoined", "PositionReduced", "PositionClosed"}
    assert {event.purpose for event in told(core) if isinstance(event, e.PositionClosed)} >= {
        Purpose.TARGET,
        Purpose.STOP,
    }
