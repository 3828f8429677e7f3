"""Spot orders as the venue answers them: new, replaced, cancelled and asked for."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import UNSET, Struct, UnsetType

from interlock.gateway.binance.render.figures import eight, milliseconds
from interlock.gateway.binance.requests.spot_orders import Reply
from interlock.gateway.binance.requests.words import SIDE_WORDS
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.rows import OrderRow, TradeRow
from interlock.ports.exchange.words import OPEN
from interlock.units.money import ZERO

_ORDER_LIST_NONE = -1


class _Fill(Struct, rename="camel"):
    price: str
    qty: str
    commission: str
    commission_asset: str
    trade_id: int


class NewOrderShown(Struct, rename="camel"):
    """The answer to a new order; what an ACK leaves out is unset."""

    symbol: str
    order_id: int
    order_list_id: int
    client_order_id: str
    transact_time: int
    price: str | UnsetType = UNSET
    orig_qty: str | UnsetType = UNSET
    executed_qty: str | UnsetType = UNSET
    orig_quote_order_qty: str | UnsetType = UNSET
    cummulative_quote_qty: str | UnsetType = UNSET
    status: str | UnsetType = UNSET
    time_in_force: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    side: str | UnsetType = UNSET
    stop_price: str | UnsetType = UNSET
    working_time: int | UnsetType = UNSET
    fills: list[_Fill] | UnsetType = UNSET
    self_trade_prevention_mode: str | UnsetType = UNSET


class CancelledShown(Struct, rename="camel"):
    """The answer to a cancellation."""

    symbol: str
    orig_client_order_id: str
    order_id: int
    order_list_id: int
    client_order_id: str
    transact_time: int
    price: str
    orig_qty: str
    executed_qty: str
    orig_quote_order_qty: str
    cummulative_quote_qty: str
    status: str
    time_in_force: str
    type: str
    side: str
    stop_price: str | UnsetType
    self_trade_prevention_mode: str


class OrderShown(Struct, rename="camel"):
    """An order as a query tells it."""

    symbol: str
    order_id: int
    order_list_id: int
    client_order_id: str
    price: str
    orig_qty: str
    executed_qty: str
    cummulative_quote_qty: str
    status: str
    time_in_force: str
    type: str
    side: str
    stop_price: str
    iceberg_qty: str
    time: int
    update_time: int
    is_working: bool
    working_time: int
    orig_quote_order_qty: str
    self_trade_prevention_mode: str


def new_order(row: OrderRow, trades: Sequence[TradeRow], reply: Reply) -> NewOrderShown:
    """Return the answer to a new order, as much of it as was asked for."""
    shown = NewOrderShown(
        symbol=row.symbol,
        order_id=row.order_id,
        order_list_id=_ORDER_LIST_NONE,
        client_order_id=row.client_order_id,
        transact_time=milliseconds(row.updated_at_ns),
    )
    if reply is Reply.ACK:
        return shown
    shown.price = eight(row.price)
    shown.orig_qty = eight(row.quantity)
    shown.executed_qty = eight(row.filled)
    shown.orig_quote_order_qty = eight(row.quote_quantity)
    shown.cummulative_quote_qty = eight(row.filled_quote)
    shown.status = row.state.value
    shown.time_in_force = row.time_in_force.value
    shown.type = row.kind.value
    shown.side = SIDE_WORDS[row.side]
    shown.stop_price = _stop(row.trigger_price)
    shown.working_time = milliseconds(row.working_at_ns)
    shown.self_trade_prevention_mode = row.self_trade.value
    if reply is Reply.FULL:
        shown.fills = [
            _Fill(eight(each.price), eight(each.quantity), eight(each.commission), each.commission_asset, each.trade_id)
            for each in trades
        ]
    return shown


def cancelled(row: OrderRow, cancel_client_id: str) -> CancelledShown:
    """Return the answer to a cancellation, which came under a client's id of its own."""
    return CancelledShown(
        symbol=row.symbol,
        orig_client_order_id=row.client_order_id,
        order_id=row.order_id,
        order_list_id=_ORDER_LIST_NONE,
        client_order_id=cancel_client_id,
        transact_time=milliseconds(row.updated_at_ns),
        price=eight(row.price),
        orig_qty=eight(row.quantity),
        executed_qty=eight(row.filled),
        orig_quote_order_qty=eight(row.quote_quantity),
        cummulative_quote_qty=eight(row.filled_quote),
        status=row.state.value,
        time_in_force=row.time_in_force.value,
        type=row.kind.value,
        side=SIDE_WORDS[row.side],
        stop_price=_stop(row.trigger_price),
        self_trade_prevention_mode=row.self_trade.value,
    )


def order(row: OrderRow) -> OrderShown:
    """Return an order as a query tells it."""
    is_working = row.working_at_ns >= 0
    return OrderShown(
        symbol=row.symbol,
        order_id=row.order_id,
        order_list_id=_ORDER_LIST_NONE,
        client_order_id=row.client_order_id,
        price=eight(row.price),
        orig_qty=eight(row.quantity),
        executed_qty=eight(row.filled),
        cummulative_quote_qty=eight(row.filled_quote),
        status=row.state.value,
        time_in_force=row.time_in_force.value,
        type=row.kind.value,
        side=SIDE_WORDS[row.side],
        stop_price=eight(row.trigger_price),
        iceberg_qty=eight(ZERO),
        time=milliseconds(row.created_at_ns),
        update_time=milliseconds(row.updated_at_ns),
        is_working=is_working or row.state not in OPEN,
        working_time=milliseconds(row.working_at_ns),
        orig_quote_order_qty=eight(row.quote_quantity),
        self_trade_prevention_mode=row.self_trade.value,
    )


def _stop(price: Decimal) -> str | UnsetType:
    return eight(price) if price else UNSET


# --- Cancel-replace ------------------------------------------------------------------------------------------------


def replaced(
    cancelled_half: OrderRow | ExchangeError,
    placed_half: tuple[OrderRow, Sequence[TradeRow]] | ExchangeError | None,
    cancel_as: str,
    reply: Reply,
) -> dict[str, object]:
    """Return both halves of a cancel-replace and how each went; a half that was not tried is null."""
    cancel: object
    if isinstance(cancelled_half, ExchangeError):
        cancel_result, cancel = "FAILURE", refusal(cancelled_half)
    else:
        cancel_result, cancel = "SUCCESS", cancelled(cancelled_half, cancel_as)
    placed_result, placed = _placed_half(placed_half, reply)
    return {
        "cancelResult": cancel_result,
        "newOrderResult": placed_result,
        "cancelResponse": cancel,
        "newOrderResponse": placed,
    }


def _placed_half(half: tuple[OrderRow, Sequence[TradeRow]] | ExchangeError | None, reply: Reply) -> tuple[str, object]:
    if half is None:
        return "NOT_ATTEMPTED", None
    if isinstance(half, ExchangeError):
        return "FAILURE", refusal(half)
    row, trades = half
    return "SUCCESS", new_order(row, trades, reply)


def refusal(error: ExchangeError) -> dict[str, object]:
    """Return a refusal as a part of an answer."""
    return {"code": error.code, "msg": error.text}
