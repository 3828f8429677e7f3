"""What an exchange tells an account of its own accord, in the order it happened. Times are UTC nanoseconds."""

from decimal import Decimal

from msgspec import Struct

from interlock.ports.exchange.rows import AlgoRow, BalanceRow, OrderRow, PositionRow, TradeRow
from interlock.ports.exchange.words import BalanceReason, Execution, MarginType, Market


class OrderUpdated(Struct, frozen=True, kw_only=True):
    """An order changed. `trade` is set for a fill, `cancel_client_id` is the id a cancellation came under.

    `sequence` counts the execution reports of the market (the venue's execution id).
    """

    order: OrderRow
    execution: Execution
    trade: TradeRow | None
    sequence: int
    at_ns: int
    cancel_client_id: str = ""


class AlgoUpdated(Struct, frozen=True, kw_only=True):
    """A futures conditional order changed."""

    algo: AlgoRow
    at_ns: int


class SpotBalancesUpdated(Struct, frozen=True, kw_only=True):
    """The balances of a spot account that an order or a trade changed, whole."""

    account: str
    balances: tuple[BalanceRow, ...]
    at_ns: int


class FuturesBalance(Struct, frozen=True, kw_only=True):
    """A futures wallet's balance of an asset after a change; `change` leaves out profit and commission."""

    asset: str
    wallet: Decimal
    cross_wallet: Decimal
    change: Decimal


class FuturesUpdated(Struct, frozen=True, kw_only=True):
    """Balances and positions of a futures account that changed."""

    account: str
    reason: BalanceReason
    balances: tuple[FuturesBalance, ...]
    positions: tuple[PositionRow, ...]
    accumulated: dict[str, Decimal]  # realised so far, before commission, by symbol
    at_ns: int


class LeverageChanged(Struct, frozen=True, kw_only=True):
    """A futures symbol's leverage or margin type was set."""

    account: str
    symbol: str
    leverage: int
    margin_type: MarginType
    at_ns: int


class MarginCalled(Struct, frozen=True, kw_only=True):
    """Positions are near their liquidation."""

    account: str
    cross_wallet: Decimal
    positions: tuple[PositionRow, ...]
    at_ns: int


class TriggerRejected(Struct, frozen=True, kw_only=True):
    """A conditional order triggered and the order it became was refused."""

    account: str
    symbol: str
    order_id: int
    text: str
    at_ns: int


AccountEvent = (
    OrderUpdated | AlgoUpdated | SpotBalancesUpdated | FuturesUpdated | LeverageChanged | MarginCalled | TriggerRejected
)


class Told(Struct, frozen=True):
    """An event with the market and the account it belongs to."""

    market: Market
    account: str
    event: AccountEvent
