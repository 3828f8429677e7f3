"""What an account's stream says, in our words: orders and what became of them, balances, and the stream's own end."""

from decimal import Decimal

from msgspec import Struct

from interlock.messages.words import Liquidity
from interlock.ports.exchange.words import AlgoState, Execution, OrderState
from interlock.units.sides import Side


class OrderTold(Struct, frozen=True, kw_only=True):
    """An update of an order. `execution` says what happened; the trade's fields are empty but for a trade.

    `order_id` is the client id it was placed under; `commission` is below zero for a rebate. `text` is why it ended.
    """

    symbol: str
    order_id: str
    venue_order_id: str
    execution: Execution
    state: OrderState
    side: Side
    quantity: Decimal
    filled: Decimal
    trade_id: str
    trade_price: Decimal
    trade_quantity: Decimal
    commission: Decimal
    commission_asset: str
    liquidity: Liquidity
    text: str
    venue_at_ns: int


class AlgoTold(Struct, frozen=True, kw_only=True):
    """An update of a futures conditional order. `became` is the venue's id of the order it triggered into, or ""."""

    symbol: str
    order_id: str
    venue_order_id: str
    state: AlgoState
    side: Side
    quantity: Decimal
    became: str
    text: str
    venue_at_ns: int


class TriggerRefused(Struct, frozen=True, kw_only=True):
    """The venue could not turn a conditional order into an order when it triggered."""

    symbol: str
    venue_order_id: str
    text: str
    venue_at_ns: int


class BalanceTold(Struct, frozen=True):
    """What is held of an asset after a change: all of it, and what is free (futures: outside isolated positions)."""

    asset: str
    total: Decimal
    free: Decimal


class PositionTold(Struct, frozen=True):
    """A futures position after a change; below zero it is short."""

    symbol: str
    quantity: Decimal
    entry_price: Decimal


class AccountTold(Struct, frozen=True, kw_only=True):
    """Balances and positions that changed, and the venue's word for why."""

    reason: str
    balances: tuple[BalanceTold, ...]
    positions: tuple[PositionTold, ...]
    venue_at_ns: int


class KeyExpired(Struct, frozen=True):
    """A listen key is no more; "" when the venue did not name it."""

    key: str


class Terminated(Struct, frozen=True):
    """The account's events end on this connection."""


class ApiAnswered(Struct, frozen=True):
    """An answer of the WebSocket API: `code` is 0 for a success, else the venue's, with its text."""

    asked_id: int | str | None
    code: int
    text: str
    result: bytes
