"""Answers to an order and to its cancellation, into what they prove.

A `Placed` or `Cancelled` proves what it says; an Unreadable proves nothing. An answer about another order than the one
that was asked for is unreadable, too.
"""

from decimal import Decimal
from typing import Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from interlock.ports.exchange.words import AlgoState, OrderState
from interlock.venues.binance.parse.errors import UNKNOWN_ORDER, VenueError, refusal
from interlock.venues.binance.parse.unreadable import Unreadable, amount, decoded, time_ns

_PLACED: Final = "the answer to an order"
_CANCELLED: Final = "the answer to a cancellation"
ALGO_PREFIX: Final = "algo-"


class Placed(Struct, frozen=True, kw_only=True):
    """The venue took the order. `filled` is what had traded by then; `text` is why the venue ended it, if it did."""

    venue_order_id: str
    state: OrderState | AlgoState
    quantity: Decimal
    filled: Decimal
    text: str
    venue_at_ns: int


class Cancelled(Struct, frozen=True, kw_only=True):
    """The order is off the book. `quantity` and `filled` are None where the answer does not say."""

    quantity: Decimal | None
    filled: Decimal | None
    venue_at_ns: int


class _Order(Struct, rename="camel"):
    symbol: str
    order_id: int
    client_order_id: str
    status: OrderState
    orig_qty: str
    executed_qty: str
    orig_client_order_id: str | UnsetType = UNSET
    update_time: int | UnsetType = UNSET  # futures
    transact_time: int | UnsetType = UNSET  # spot


class _Algo(Struct, rename="camel"):
    symbol: str
    algo_id: int
    client_algo_id: str
    algo_status: AlgoState
    quantity: str
    update_time: int


class _AlgoGone(Struct, rename="camel"):
    client_algo_id: str
    code: str | int


class _Refused(Struct, rename="camel"):
    status: str
    reject_reason: str


_orders = msgspec.json.Decoder(_Order)
_algos = msgspec.json.Decoder(_Algo)
_gone = msgspec.json.Decoder(_AlgoGone)
_refused = msgspec.json.Decoder(_Refused)


def placed(symbol: str, order_id: str, status: int, body: bytes) -> Placed | VenueError | Unreadable:
    """Return what the answer to an order proves. Never raises."""
    if status != 200:
        return refusal(status, body)
    try:
        order = decoded(_orders, _PLACED, body)
        _same(_PLACED, (order.symbol, order.client_order_id), (symbol, order_id))
        return Placed(
            venue_order_id=str(order.order_id),
            state=order.status,
            quantity=amount(_PLACED, "origQty", order.orig_qty),
            filled=_filled(_PLACED, order),
            text=order.status.value,
            venue_at_ns=_time(_PLACED, order),
        )
    except Unreadable as unreadable:
        return unreadable


def algo_placed(symbol: str, order_id: str, status: int, body: bytes) -> Placed | VenueError | Unreadable:
    """Return what the answer to a futures conditional order proves. Never raises."""
    if status != 200:
        return refusal(status, body)
    try:
        algo = decoded(_algos, _PLACED, body)
        _same(_PLACED, (algo.symbol, algo.client_algo_id), (symbol, order_id))
        return Placed(
            venue_order_id=f"{ALGO_PREFIX}{algo.algo_id}",
            state=algo.algo_status,
            quantity=amount(_PLACED, "quantity", algo.quantity),
            filled=Decimal(0),
            text=algo.algo_status.value,
            venue_at_ns=time_ns(_PLACED, "updateTime", algo.update_time),
        )
    except Unreadable as unreadable:
        return unreadable


def cancelled(symbol: str, order_id: str, status: int, body: bytes) -> Cancelled | VenueError | Unreadable:
    """Return what the answer to a cancellation proves. Never raises.

    A success that says REJECTED, as futures gave in 2019, is a refusal.
    """
    if status != 200:
        return refusal(status, body)
    try:
        order = decoded(_orders, _CANCELLED, body)
        ours = order.client_order_id if order.orig_client_order_id is UNSET else order.orig_client_order_id
        _same(_CANCELLED, (order.symbol, ours), (symbol, order_id))
        if order.status is not OrderState.CANCELED:
            raise Unreadable(_CANCELLED, f"status is {order.status.value}, not CANCELED")
        filled = _filled(_CANCELLED, order)
        return Cancelled(
            quantity=amount(_CANCELLED, "origQty", order.orig_qty), filled=filled, venue_at_ns=_time(_CANCELLED, order)
        )
    except Unreadable as unreadable:
        return _refused_or(unreadable, body)


def algo_cancelled(order_id: str, status: int, body: bytes, heard_at_ns: int) -> Cancelled | VenueError | Unreadable:
    """Return what the answer to the cancellation of a conditional order proves. Never raises. It tells no time."""
    if status != 200:
        return refusal(status, body)
    try:
        gone = decoded(_gone, _CANCELLED, body)
        _same(_CANCELLED, (gone.client_algo_id,), (order_id,))
        if str(gone.code) != "200":
            raise Unreadable(_CANCELLED, f"code is {gone.code}, not 200")
    except Unreadable as unreadable:
        return unreadable
    return Cancelled(quantity=None, filled=Decimal(0), venue_at_ns=heard_at_ns)


def _refused_or(unreadable: Unreadable, body: bytes) -> VenueError | Unreadable:
    try:
        refused = decoded(_refused, _CANCELLED, body)
    except Unreadable:
        return unreadable
    if refused.status == "REJECTED" and refused.reject_reason == "UNKNOWN_ORDER":
        return VenueError(UNKNOWN_ORDER, refused.reject_reason)
    return unreadable


def _same(where: str, found: tuple[str, ...], asked: tuple[str, ...]) -> None:
    if found != asked:
        raise Unreadable(where, f"it is about {' '.join(found)[:80]!r}, not about {' '.join(asked)!r}")


def _filled(where: str, order: _Order) -> Decimal:
    filled = amount(where, "executedQty", order.executed_qty)
    if filled > amount(where, "origQty", order.orig_qty):
        raise Unreadable(where, f"executedQty {order.executed_qty} is over origQty {order.orig_qty}")
    return filled


def _time(where: str, order: _Order) -> int:
    if order.update_time is not UNSET:
        return time_ns(where, "updateTime", order.update_time)
    if order.transact_time is not UNSET:
        return time_ns(where, "transactTime", order.transact_time)
    raise Unreadable(where, "it has neither updateTime nor transactTime")
