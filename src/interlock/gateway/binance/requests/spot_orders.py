"""A spot order's parameters: what each type needs, what it may have, and what it must not."""

from enum import Enum

from interlock.gateway.binance import refusals
from interlock.gateway.binance.client_ids import ClientIds
from interlock.gateway.binance.requests import words
from interlock.gateway.binance.requests.parameters import Parameters
from interlock.gateway.binance.requests.values import client_id, decimal, integer, word
from interlock.gateway.binance.symbols import SPOT_DIGITS, Symbols
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import NewOrder, OrderKey, Replacement
from interlock.ports.exchange.words import OrderKind, StopMode

_KINDS = {
    each.value: each
    for each in (
        OrderKind.LIMIT,
        OrderKind.MARKET,
        OrderKind.STOP_LOSS,
        OrderKind.STOP_LOSS_LIMIT,
        OrderKind.TAKE_PROFIT,
        OrderKind.TAKE_PROFIT_LIMIT,
        OrderKind.LIMIT_MAKER,
    )
}
_TERMS = ("timeInForce", "quantity", "quoteOrderQty", "price", "stopPrice", "icebergQty", "trailingDelta")
_NEEDED = {
    OrderKind.LIMIT: ("timeInForce", "quantity", "price"),
    OrderKind.MARKET: (),
    OrderKind.STOP_LOSS: ("quantity", "stopPrice"),
    OrderKind.TAKE_PROFIT: ("quantity", "stopPrice"),
    OrderKind.STOP_LOSS_LIMIT: ("timeInForce", "quantity", "price", "stopPrice"),
    OrderKind.TAKE_PROFIT_LIMIT: ("timeInForce", "quantity", "price", "stopPrice"),
    OrderKind.LIMIT_MAKER: ("quantity", "price"),
}
_ALSO = {
    OrderKind.LIMIT: ("icebergQty",),
    OrderKind.MARKET: ("quantity", "quoteOrderQty"),
    OrderKind.STOP_LOSS: ("trailingDelta",),
    OrderKind.TAKE_PROFIT: ("trailingDelta",),
    OrderKind.STOP_LOSS_LIMIT: ("icebergQty", "trailingDelta"),
    OrderKind.TAKE_PROFIT_LIMIT: ("icebergQty", "trailingDelta"),
    OrderKind.LIMIT_MAKER: ("icebergQty",),
}
_STRATEGY_TYPE_MIN = 1_000_000


class Reply(Enum):
    """How much the answer to a new order tells."""

    ACK = "ACK"
    RESULT = "RESULT"
    FULL = "FULL"


_REPLIES = {each.value: each for each in Reply}
_MODES = {each.value: each for each in StopMode}


def new_order(given: Parameters, symbols: Symbols, client_ids: ClientIds) -> tuple[NewOrder, Reply]:
    """Return the order that is asked for, and how its answer is to look.

    Errors: -1100, -1102, -1105, -1106, -1111, -1115, -1116, -1117, -1121, -1128, -1130, and -2010 for what is not
    done here (icebergs, trailing).
    """
    listed = words.instrument(given, symbols)
    side = words.side(given)
    kind = words.kind(given, _KINDS)
    _check_terms(given, kind)
    order = NewOrder(
        symbol=listed.symbol,
        side=side,
        kind=kind,
        client_order_id=client_id(given, "newClientOrderId", is_spot=True) or client_ids.draw(),
        quantity=decimal(given, "quantity", SPOT_DIGITS, is_spot=True),
        quote_quantity=decimal(given, "quoteOrderQty", SPOT_DIGITS, is_spot=True),
        price=decimal(given, "price", SPOT_DIGITS, is_spot=True),
        time_in_force=words.force(given, is_spot=True),
        trigger_price=decimal(given, "stopPrice", SPOT_DIGITS, is_spot=True),
        self_trade=words.self_trade(given),
    )
    _check_strategy(given)
    return order, _reply(given, kind)


def _check_terms(given: Parameters, kind: OrderKind) -> None:
    needed, also = _NEEDED[kind], _ALSO[kind]
    for name in needed:
        if not given.has(name) and not (name == "stopPrice" and given.has("trailingDelta")):
            raise refusals.missing(name)
    for name in _TERMS:
        if given.has(name) and name not in needed and name not in also:
            raise refusals.not_required(name)
    if kind is OrderKind.MARKET:
        if given.has("quantity") and given.has("quoteOrderQty"):
            raise refusals.bad_combination()
        if not given.has("quantity") and not given.has("quoteOrderQty"):
            raise refusals.missing_both("quantity", "quoteOrderQty")
    if integer(given, "trailingDelta"):
        raise ExchangeError(-2010, "Trailing stop orders are not supported for this symbol.")
    if decimal(given, "icebergQty", SPOT_DIGITS, is_spot=True):
        raise ExchangeError(-2010, "Iceberg orders are not supported for this symbol.")


def _check_strategy(given: Parameters) -> None:
    integer(given, "strategyId")
    strategy_type = integer(given, "strategyType")
    if strategy_type is not None and strategy_type < _STRATEGY_TYPE_MIN:
        raise refusals.not_valid("strategyType")


def _reply(given: Parameters, kind: OrderKind) -> Reply:
    text = given.get("newOrderRespType")
    if text is None:
        return Reply.FULL if kind in (OrderKind.MARKET, OrderKind.LIMIT) else Reply.ACK
    return word(text, _REPLIES, lambda: refusals.not_valid("newOrderRespType"))


def replacement(given: Parameters, symbols: Symbols, client_ids: ClientIds) -> tuple[Replacement, Reply]:
    """Return the cancel-replace that is asked for, and how its new order is to be answered. Errors: as `new_order`."""
    order, reply = new_order(given, symbols, client_ids)
    mode = word(given.need("cancelReplaceMode"), _MODES, lambda: refusals.not_valid("cancelReplaceMode"))
    order_id = integer(given, "cancelOrderId")
    client_order_id = client_id(given, "cancelOrigClientOrderId", is_spot=True)
    if order_id is None and client_order_id is None:
        raise refusals.missing_both("cancelOrigClientOrderId", "cancelOrderId")
    cancel_as = client_id(given, "cancelNewClientOrderId", is_spot=True) or client_ids.draw()
    key = OrderKey(symbol=order.symbol, order_id=order_id, client_order_id=client_order_id)
    return Replacement(mode=mode, cancel=key, cancel_as=cancel_as, order=order), reply
