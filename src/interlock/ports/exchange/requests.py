"""What an account asks of an exchange. Parameters are typed and whole; the exchange judges them by its filters."""

from decimal import Decimal

from msgspec import Struct

from interlock.ports.exchange.words import OrderForce, OrderKind, SelfTrade, StopMode, WorkingPrice
from interlock.units.sides import Side


class NewOrder(Struct, frozen=True, kw_only=True):
    """An order, spot or futures. Also the terms of a futures algo order, where `client_order_id` is the clientAlgoId.

    `client_order_id` is always set: the server room makes one where the client gave none. `quote_quantity` instead of
    `quantity` is spot's market order by value. `callback_rate` is in percent, `good_till_ms` UTC milliseconds.
    """

    symbol: str
    side: Side
    kind: OrderKind
    client_order_id: str
    quantity: Decimal | None = None
    quote_quantity: Decimal | None = None
    price: Decimal | None = None
    time_in_force: OrderForce | None = None
    trigger_price: Decimal | None = None
    activation_price: Decimal | None = None
    callback_rate: Decimal | None = None
    working_price: WorkingPrice = WorkingPrice.CONTRACT_PRICE
    reduce_only: bool = False
    close_position: bool = False
    price_protect: bool = False
    self_trade: SelfTrade = SelfTrade.EXPIRE_MAKER
    good_till_ms: int | None = None


class OrderKey(Struct, frozen=True, kw_only=True):
    """One order of an account, by the venue's id, the client's, or both: then both have to be that order's."""

    symbol: str
    order_id: int | None = None
    client_order_id: str | None = None


class AlgoKey(Struct, frozen=True, kw_only=True):
    """One algo order of an account, by the venue's id, the client's, or both: then both have to be that order's."""

    algo_id: int | None = None
    client_algo_id: str | None = None


class Amendment(Struct, frozen=True, kw_only=True):
    """New quantity and price of a resting futures limit order. It loses its place in the queue."""

    key: OrderKey
    side: Side
    quantity: Decimal
    price: Decimal


class Replacement(Struct, frozen=True, kw_only=True):
    """Spot's cancel-replace: take one order back and place another."""

    mode: StopMode
    cancel: OrderKey
    cancel_as: str  # the client id that the cancellation carries
    order: NewOrder


class History(Struct, frozen=True, kw_only=True):
    """Which rows of a history: from an id or within times (UTC milliseconds, both included), oldest first."""

    symbol: str | None = None
    from_id: int | None = None
    order_id: int | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    limit: int = 500
