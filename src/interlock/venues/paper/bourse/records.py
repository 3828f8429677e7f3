"""What the kernel asks to have kept beside the rows people see, so that a restart goes on where it was."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from interlock.ports.exchange.events import Told
from interlock.ports.exchange.rows import AlgoRow, IncomeRow, OrderRow, TradeRow
from interlock.ports.exchange.words import MarginType, Market


class AccountKept(Struct, frozen=True, kw_only=True, tag="account.v1"):
    """An account, and which wallets it has."""

    account: str
    uid: int
    has_spot: bool
    has_futures: bool
    opened_at_ns: int


class AssetKept(Struct, frozen=True, kw_only=True, tag="asset.v1"):
    """What a spot wallet holds of an asset. `locked` is what its open orders need."""

    account: str
    asset: str
    free: Decimal
    locked: Decimal
    updated_at_ns: int


class WalletKept(Struct, frozen=True, kw_only=True, tag="wallet.v1"):
    """A futures balance, isolated margins included. `is_called` while a margin call stands."""

    account: str
    wallet: Decimal
    is_called: bool
    updated_at_ns: int


class StandingKept(Struct, frozen=True, kw_only=True, tag="standing.v1"):
    """An account's settings and position in a futures symbol. `charged` is fees less profit since it was flat."""

    account: str
    symbol: str
    leverage: int
    margin_type: MarginType
    quantity: Decimal
    cost: Decimal
    realised: Decimal
    charged: Decimal
    isolated: Decimal
    updated_at_ns: int


class CountdownKept(Struct, frozen=True, kw_only=True, tag="countdown.v1"):
    """A running countdown of cancel-all; gone at `countdown_ms` 0."""

    account: str
    symbol: str
    countdown_ms: int
    due_ns: int


class PlaceKept(Struct, frozen=True, kw_only=True, tag="place.v1"):
    """Where an open order stands: in the queue at its price, and whether it works or waits for its trigger.

    `ordinal` is its place in time among the orders at its price; `reserve` is what a spot order has locked.
    """

    market: Market
    order_id: int
    ordinal: int
    ahead_e8: int
    is_seated: bool
    is_working: bool
    is_waiting: bool
    reserve: Decimal
    is_gone: bool


class TrailKept(Struct, frozen=True, kw_only=True, tag="trail.v1"):
    """How far a trailing stop has come: whether it is active, and the best price since."""

    algo_id: int
    is_active: bool
    extreme: Decimal
    is_gone: bool


class TakenKept(Struct, frozen=True, kw_only=True, tag="taken.v1"):
    """What was taken from one side of the displayed market: (price, size shown, left, whole again at), in 1e-8, ns."""

    market: Market
    symbol: str
    is_asks: bool
    levels: tuple[tuple[int, int, int, int], ...]


class CountersKept(Struct, frozen=True, kw_only=True, tag="counters.v1"):
    """The last numbers given out, and the funding moment that was settled last."""

    account_uid: int
    order_id: int
    trade_id: int
    algo_id: int
    income_id: int
    spot_sequence: int
    usdm_sequence: int
    funded_ms: int


Kept = (
    AccountKept
    | AssetKept
    | WalletKept
    | StandingKept
    | CountdownKept
    | PlaceKept
    | TrailKept
    | TakenKept
    | CountersKept
)
"""The kernel's own rows. Of each key (`kept_key`) only the newest matters; one that `is_gone` takes the key away."""

Row = OrderRow | AlgoRow | TradeRow | IncomeRow | Kept


class Drained(Struct, frozen=True):
    """What changed: rows to be written in one transaction, then events for listeners, each in order."""

    rows: Sequence[Row]
    told: Sequence[Told]


def kept_key(row: Kept) -> str:
    """Return the key a row of the kernel is kept under; a newer row of the same key replaces it."""
    match row:
        case AccountKept():
            return f"account/{row.account}"
        case AssetKept():
            return f"asset/{row.account}/{row.asset}"
        case WalletKept():
            return f"wallet/{row.account}"
        case StandingKept():
            return f"standing/{row.account}/{row.symbol}"
        case CountdownKept():
            return f"countdown/{row.account}/{row.symbol}"
        case PlaceKept():
            return f"place/{row.market.value}/{row.order_id}"
        case TrailKept():
            return f"trail/{row.algo_id}"
        case TakenKept():
            return f"taken/{row.market.value}/{row.symbol}/{'asks' if row.is_asks else 'bids'}"
        case CountersKept():
            return "counters"


def is_gone(row: Kept) -> bool:
    """Tell whether the row only takes its key away."""
    match row:
        case CountdownKept():
            return not row.countdown_ms
        case PlaceKept() | TrailKept():
            return row.is_gone
        case TakenKept():
            return not row.levels
        case _:
            return False
