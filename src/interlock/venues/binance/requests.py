"""What is asked of Binance, as bytes: orders, cancellations and queries of both markets, signed at the last moment.

A `Wanted` is all of a request that does not change while it waits. Its timestamp and signature are put on by `signed`,
right before the write.
"""

from decimal import Decimal
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from interlock.messages.orders import ApprovedOrder
from interlock.messages.words import OrderType, TimeInForce
from interlock.ports.exchange.words import Market
from interlock.units.money import plain
from interlock.units.sides import Side
from interlock.venues.binance.signing import Signer

RECV_WINDOW_MS: Final = 5_000
ORDER_PATHS: Final = {Market.SPOT: b"/api/v3/order", Market.USDM: b"/fapi/v1/order"}
ALGO_PATH: Final = b"/fapi/v1/algoOrder"
_SIDES: Final = {Side.BUY: b"BUY", Side.SELL: b"SELL"}
_FORCES: Final = {
    TimeInForce.GTC: b"GTC",
    TimeInForce.IOC: b"IOC",
    TimeInForce.FOK: b"FOK",
    TimeInForce.GTX: b"GTX",
}
_CONDITIONAL: Final = frozenset({OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET})
_KINDS: Final = {
    OrderType.MARKET: b"MARKET",
    OrderType.LIMIT: b"LIMIT",
    OrderType.STOP_MARKET: b"STOP_MARKET",
    OrderType.TAKE_PROFIT_MARKET: b"TAKE_PROFIT_MARKET",
}
_SPOT_KINDS: Final = {
    OrderType.MARKET: b"MARKET",
    OrderType.LIMIT: b"LIMIT",
    OrderType.STOP_MARKET: b"STOP_LOSS",
    OrderType.TAKE_PROFIT_MARKET: b"TAKE_PROFIT",
}


class Inexpressible(Exception):
    """An order that lacks what its type needs: it cannot be said in the venue's words."""


class Wanted(Struct, frozen=True):
    """A request without its time and signature: the start of its head, and its query as it is sent."""

    method: bytes
    path: bytes
    query: bytes = b""


def is_algo(market: Market, order_type: OrderType) -> bool:
    """Tell whether an order is kept apart by the venue, as a futures conditional ("algo") order."""
    return market is Market.USDM and order_type in _CONDITIONAL


def placing(market: Market, order: ApprovedOrder) -> Wanted:
    """Return the request that places an order under our id. Errors: Inexpressible."""
    common = b"symbol=%s&side=%s&type=" % (_text(order.symbol), _SIDES[order.side])
    quantity = b"&quantity=" + _number(order.quantity)
    if market is Market.SPOT:
        return Wanted(b"POST", ORDER_PATHS[market], common + _spot_terms(order) + quantity + _named(order))
    reducing = b"&reduceOnly=true" if order.reduce_only else b""
    if order.order_type in _CONDITIONAL:
        if order.trigger_price is None:
            raise Inexpressible(f"{order.order_id} has no trigger price")
        terms = b"%s%s&triggerPrice=%s%s&algoType=CONDITIONAL&clientAlgoId=%s&newOrderRespType=RESULT" % (
            _KINDS[order.order_type],
            quantity,
            _number(order.trigger_price),
            reducing,
            _text(order.order_id),
        )
        return Wanted(b"POST", ALGO_PATH, common + terms)
    terms = _KINDS[order.order_type] + quantity
    if order.order_type is OrderType.LIMIT:
        if order.limit_price is None:
            raise Inexpressible(f"{order.order_id} has no limit price")
        terms += b"&price=%s&timeInForce=%s" % (_number(order.limit_price), _FORCES[order.time_in_force])
    return Wanted(b"POST", ORDER_PATHS[market], common + terms + reducing + _named(order))


def _spot_terms(order: ApprovedOrder) -> bytes:
    """Return a spot order's type with what goes with it. Spot knows no reduce-only: there is nothing below zero."""
    if order.order_type is OrderType.MARKET:
        return b"MARKET"
    if order.order_type in _CONDITIONAL:
        if order.trigger_price is None:
            raise Inexpressible(f"{order.order_id} has no trigger price")
        return b"%s&stopPrice=%s" % (_SPOT_KINDS[order.order_type], _number(order.trigger_price))
    if order.limit_price is None:
        raise Inexpressible(f"{order.order_id} has no limit price")
    if order.time_in_force is TimeInForce.GTX:
        return b"LIMIT_MAKER&price=" + _number(order.limit_price)
    return b"LIMIT&price=%s&timeInForce=%s" % (_number(order.limit_price), _FORCES[order.time_in_force])


def _named(order: ApprovedOrder) -> bytes:
    return b"&newClientOrderId=%s&newOrderRespType=RESULT" % _text(order.order_id)


def cancelling(market: Market, symbol: str, order_id: str) -> Wanted:
    """Return the request that takes an order back."""
    return Wanted(b"DELETE", ORDER_PATHS[market], _plain_key(symbol, order_id))


def cancelling_algo(order_id: str) -> Wanted:
    """Return the request that takes a futures conditional order back."""
    return Wanted(b"DELETE", ALGO_PATH, b"clientAlgoId=" + _text(order_id))


def asking(market: Market, symbol: str, order_id: str) -> Wanted:
    """Return the request that asks what became of an order."""
    return Wanted(b"GET", ORDER_PATHS[market], _plain_key(symbol, order_id))


def asking_algo(order_id: str) -> Wanted:
    """Return the request that asks what became of a futures conditional order."""
    return Wanted(b"GET", ALGO_PATH, b"clientAlgoId=" + _text(order_id))


def reading(path: str, **parameters: str | int | None) -> Wanted:
    """Return a read with its parameters in the order given; those that are None are left out."""
    given = [b"%s=%s" % (name.encode(), _text(str(value))) for name, value in parameters.items() if value is not None]
    return Wanted(b"GET", path.encode(), b"&".join(given))


def tail_of(authority: str, api_key: bytes | None) -> bytes:
    """Return the end of every head that goes to a place: the version, the host, who asks, and that no body follows."""
    asker = b"X-MBX-APIKEY: %s\r\n" % api_key if api_key is not None else b""
    return b" HTTP/1.1\r\nHost: %s\r\n%sContent-Length: 0\r\n\r\n" % (authority.encode("ascii"), asker)


def signed(wanted: Wanted, signer: Signer, at_ms: int, recv_window_ms: int, tail: bytes) -> bytes:
    """Return the whole request with this time, good for so many milliseconds from it, signed over its query."""
    separator = b"&" if wanted.query else b""
    query = b"%s%srecvWindow=%d&timestamp=%d" % (wanted.query, separator, recv_window_ms, at_ms)
    return b"%s %s?%s&signature=%s%s" % (wanted.method, wanted.path, query, signer.sign(query), tail)


def unsigned(wanted: Wanted, tail: bytes) -> bytes:
    """Return the whole request as it is: market data, and what takes the API key alone."""
    return b"%s %s%s%s%s" % (wanted.method, wanted.path, b"?" if wanted.query else b"", wanted.query, tail)


def _plain_key(symbol: str, order_id: str) -> bytes:
    return b"symbol=%s&origClientOrderId=%s" % (_text(symbol), _text(order_id))


def _text(text: str) -> bytes:
    return quote(text, safe="").encode("ascii")


def _number(value: Decimal) -> bytes:
    return plain(value).encode("ascii")
