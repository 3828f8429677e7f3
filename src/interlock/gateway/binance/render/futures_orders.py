"""Futures orders as the venue answers them, plain and conditional."""

from decimal import Decimal

from msgspec import UNSET, Struct, UnsetType

from interlock.gateway.binance.render.figures import brief, fixed, milliseconds, ratio
from interlock.gateway.binance.requests.spot_orders import Reply
from interlock.gateway.binance.requests.words import SIDE_WORDS
from interlock.gateway.binance.symbols import Digits
from interlock.ports.exchange.rows import AlgoRow, OrderRow
from interlock.ports.exchange.words import OrderKind, OrderState
from interlock.units.money import ZERO


class OrderShown(Struct, rename="camel"):
    """An order. The answer to a new or cancelled one has `cumQty` and no `time`; a query's has it the other way."""

    order_id: int
    symbol: str
    status: str
    client_order_id: str
    price: str
    avg_price: str
    orig_qty: str
    executed_qty: str
    cum_qty: str | UnsetType
    cum_quote: str
    time_in_force: str
    type: str
    reduce_only: bool
    close_position: bool
    side: str
    position_side: str
    stop_price: str
    working_type: str
    price_protect: bool
    orig_type: str
    price_match: str
    self_trade_prevention_mode: str
    good_till_date: int
    time: int | UnsetType
    update_time: int


class AlgoShown(Struct, rename="camel"):
    """A conditional order. The answer to a new one lacks what it became; trailing ones alone have the last two."""

    algo_id: int
    client_algo_id: str
    algo_type: str
    order_type: str
    symbol: str
    side: str
    position_side: str
    time_in_force: str
    quantity: str
    algo_status: str
    actual_order_id: str | UnsetType
    actual_price: str | UnsetType
    actual_qty: str | UnsetType
    trigger_price: str
    price: str
    iceberg_quantity: str | None
    self_trade_prevention_mode: str
    working_type: str
    price_match: str
    close_position: bool
    price_protect: bool
    reduce_only: bool
    create_time: int
    update_time: int
    trigger_time: int
    good_till_date: int
    activate_price: str | UnsetType = UNSET
    callback_rate: str | UnsetType = UNSET


def _order(row: OrderRow, digits: Digits, filled: Decimal, state: OrderState, *, is_query: bool) -> OrderShown:
    return OrderShown(
        order_id=row.order_id,
        symbol=row.symbol,
        status=state.value,
        client_order_id=row.client_order_id,
        price=fixed(row.price, digits.price),
        avg_price=fixed(ratio(row.filled_quote, row.filled) if filled else ZERO, digits.quote),
        orig_qty=fixed(row.quantity, digits.quantity),
        executed_qty=fixed(filled, digits.quantity),
        cum_qty=UNSET if is_query else fixed(filled, digits.quantity),
        cum_quote=fixed(row.filled_quote if filled else ZERO, digits.quote),
        time_in_force=row.time_in_force.value,
        type=row.kind.value,
        reduce_only=row.reduce_only,
        close_position=row.close_position,
        side=SIDE_WORDS[row.side],
        position_side="BOTH",
        stop_price=fixed(row.trigger_price, digits.price),
        working_type=row.working_price.value,
        price_protect=row.price_protect,
        orig_type=row.asked_kind.value,
        price_match="NONE",
        self_trade_prevention_mode=row.self_trade.value,
        good_till_date=row.good_till_ms,
        time=milliseconds(row.created_at_ns) if is_query else UNSET,
        update_time=milliseconds(row.updated_at_ns),
    )


def new_order(row: OrderRow, digits: Digits, reply: Reply) -> OrderShown:
    """Return the answer to a new order: an ACK tells of it as it was taken in, before it met the market."""
    if reply is Reply.ACK:
        return _order(row, digits, ZERO, OrderState.NEW, is_query=False)
    return _order(row, digits, row.filled, row.state, is_query=False)


def changed(row: OrderRow, digits: Digits) -> OrderShown:
    """Return the answer to a cancellation or an amendment."""
    return _order(row, digits, row.filled, row.state, is_query=False)


def order(row: OrderRow, digits: Digits) -> OrderShown:
    """Return an order as a query tells it."""
    return _order(row, digits, row.filled, row.state, is_query=True)


def algo(row: AlgoRow, digits: Digits, *, is_query: bool) -> AlgoShown:
    """Return a conditional order, as a query or as the answer to a new one tells it."""
    trails = row.kind is OrderKind.TRAILING_STOP_MARKET
    shown = AlgoShown(
        algo_id=row.algo_id,
        client_algo_id=row.client_algo_id,
        algo_type="CONDITIONAL",
        order_type=row.kind.value,
        symbol=row.symbol,
        side=SIDE_WORDS[row.side],
        position_side="BOTH",
        time_in_force=row.time_in_force.value,
        quantity=fixed(row.quantity, digits.quantity),
        algo_status=row.state.value,
        actual_order_id=(str(row.order_id) if row.order_id else "") if is_query else UNSET,
        actual_price=fixed(ratio(row.filled_quote, row.filled), digits.quote) if is_query else UNSET,
        actual_qty=fixed(row.filled, digits.quantity) if is_query else UNSET,
        trigger_price=fixed(row.trigger_price, digits.price),
        price=fixed(row.price, digits.price),
        iceberg_quantity=None,
        self_trade_prevention_mode=row.self_trade.value,
        working_type=row.working_price.value,
        price_match="NONE",
        close_position=row.close_position,
        price_protect=row.price_protect,
        reduce_only=row.reduce_only,
        create_time=milliseconds(row.created_at_ns),
        update_time=milliseconds(row.updated_at_ns),
        trigger_time=milliseconds(row.triggered_at_ns),
        good_till_date=row.good_till_ms,
    )
    if trails:
        shown.activate_price = fixed(row.activation_price, digits.price)
        shown.callback_rate = brief(row.callback_rate)
    return shown


def algo_cancelled(row: AlgoRow) -> dict[str, object]:
    """Return the answer to the cancellation of a conditional order."""
    return {"algoId": row.algo_id, "clientAlgoId": row.client_algo_id, "code": "200", "msg": "success"}
