"""Which parameters each kind of order takes, before any filter is asked."""

import re
from decimal import Decimal

from interlock.ports.exchange.requests import NewOrder
from interlock.ports.exchange.words import OrderForce, OrderKind
from interlock.units.money import ZERO
from interlock.venues.paper import rejections
from interlock.venues.paper.bourse.orders import refuse
from interlock.venues.paper.bourse.orders.refuse import refuse as raise_refusal

_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
_WITH_PRICE = frozenset(
    {
        OrderKind.LIMIT,
        OrderKind.LIMIT_MAKER,
        OrderKind.STOP_LOSS_LIMIT,
        OrderKind.TAKE_PROFIT_LIMIT,
        OrderKind.STOP,
    }
)
_WITH_TRIGGER_SPOT = frozenset(
    {OrderKind.STOP_LOSS, OrderKind.STOP_LOSS_LIMIT, OrderKind.TAKE_PROFIT, OrderKind.TAKE_PROFIT_LIMIT}
)
_WITH_FORCE_SPOT = frozenset({OrderKind.LIMIT, OrderKind.STOP_LOSS_LIMIT, OrderKind.TAKE_PROFIT_LIMIT})
SPOT_KINDS = frozenset({OrderKind.LIMIT, OrderKind.LIMIT_MAKER, OrderKind.MARKET}) | _WITH_TRIGGER_SPOT
ALGO_LIMIT_KINDS = frozenset({OrderKind.STOP, OrderKind.TAKE_PROFIT})
ALGO_KINDS = ALGO_LIMIT_KINDS | {
    OrderKind.STOP_MARKET,
    OrderKind.TAKE_PROFIT_MARKET,
    OrderKind.TRAILING_STOP_MARKET,
}
_GTD_LEAST_MS = 600_000
_GTD_MOST_MS = 253_402_300_799_000
_CALLBACK_MIN = Decimal("0.1")
_CALLBACK_MAX = Decimal(10)


def check_spot_shape(order: NewOrder) -> None:
    """Refuse a spot order whose parameters do not suit its kind."""
    _check_id(order)
    kind = order.kind
    if kind not in SPOT_KINDS:
        raise_refusal(refuse.ORDER_TYPE_INVALID)
    _need("price", order.price, kind in _WITH_PRICE)
    _need("stopPrice", order.trigger_price, kind in _WITH_TRIGGER_SPOT)
    _need("timeInForce", order.time_in_force, kind in _WITH_FORCE_SPOT)
    if order.time_in_force in (OrderForce.GTX, OrderForce.GTD):
        raise_refusal(refuse.FORCE_INVALID)
    by_value = kind is OrderKind.MARKET and order.quote_quantity is not None
    _need("quoteOrderQty", order.quote_quantity, by_value)
    _need("quantity", order.quantity, not by_value)


def check_futures_shape(order: NewOrder, at_ms: int) -> None:
    """Refuse a plain futures order whose parameters do not suit its kind."""
    _check_id(order)
    if order.kind in ALGO_KINDS:
        raise_refusal(refuse.ALGO_ENDPOINT)
    if order.kind not in (OrderKind.LIMIT, OrderKind.MARKET):
        raise_refusal(refuse.ORDER_TYPE_INVALID)
    is_limit = order.kind is OrderKind.LIMIT
    _need("price", order.price, is_limit)
    if is_limit:
        _need("timeInForce", order.time_in_force, True)
    _need("quantity", order.quantity, True)
    _need("triggerPrice", order.trigger_price, False)
    if order.close_position:
        raise_refusal(rejections.parameter_superfluous("closePosition"))
    _check_gtd(order, at_ms)


def check_algo_shape(order: NewOrder, at_ms: int) -> None:
    """Refuse a conditional futures order whose parameters do not suit its kind."""
    _check_id(order)
    kind = order.kind
    if kind not in ALGO_KINDS:
        raise_refusal(refuse.ORDER_TYPE_INVALID)
    trails = kind is OrderKind.TRAILING_STOP_MARKET
    _need("price", order.price, kind in ALGO_LIMIT_KINDS)
    _need("triggerPrice", order.trigger_price, not trails)
    if trails:
        rate = order.callback_rate
        if rate is None:
            raise_refusal(rejections.parameter_missing("callbackRate"))
        if not rate.is_finite() or not _CALLBACK_MIN <= rate <= _CALLBACK_MAX or rate * 10 % 1:
            raise_refusal(refuse.CALLBACK_INVALID)
    elif order.callback_rate is not None or order.activation_price is not None:
        raise_refusal(rejections.parameter_superfluous("callbackRate"))
    if order.close_position:
        if kind not in (OrderKind.STOP_MARKET, OrderKind.TAKE_PROFIT_MARKET):
            raise_refusal(rejections.parameter_superfluous("closePosition"))
        if order.quantity:
            raise_refusal(refuse.CLOSE_WITH_QUANTITY)
    else:
        _need("quantity", order.quantity, True)
    _check_gtd(order, at_ms)


def _check_id(order: NewOrder) -> None:
    if not _ID.fullmatch(order.client_order_id):
        raise_refusal(refuse.CLIENT_ID_INVALID)


def _check_gtd(order: NewOrder, at_ms: int) -> None:
    if order.time_in_force is not OrderForce.GTD:
        return
    until_ms = order.good_till_ms
    if until_ms is None:
        raise_refusal(rejections.parameter_missing("goodTillDate"))
    if not at_ms + _GTD_LEAST_MS < until_ms < _GTD_MOST_MS:
        raise_refusal(refuse.GTD_INVALID)


def _need(name: str, value: object, is_needed: bool) -> None:
    """Refuse a parameter that is missing, or that is there and not needed; an amount of zero is none."""
    is_there = value is not None and not (isinstance(value, Decimal) and value == ZERO and not is_needed)
    if is_needed and not is_there:
        raise_refusal(rejections.parameter_missing(name))
    if is_there and not is_needed:
        raise_refusal(rejections.parameter_superfluous(name))
