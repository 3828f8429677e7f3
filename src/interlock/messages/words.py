"""The closed vocabularies that messages are written in. Their values stand in the log for ever."""

from enum import Enum


class Mode(Enum):
    """What the system does by itself. Only NORMAL opens positions."""

    NORMAL = "normal"
    PAUSE = "pause"
    REDUCE = "reduce"
    EMERGENCY = "emergency"


class LatchLevel(Enum):
    """What the latch lets out: OPEN everything, NO_NEW_RISK no entry, SILENT nothing."""

    OPEN = "open"
    NO_NEW_RISK = "no_new_risk"
    SILENT = "silent"


class KillWay(Enum):
    """The three ways of the kill switch; all latch."""

    IMMEDIATE = "immediate"
    GRACEFUL = "graceful"
    PAUSE = "pause"


class Purpose(Enum):
    """Why an order exists. Everything but ENTRY only ever reduces.

    STOP and TARGET rest as a position's exits, CLOSE is ours to end a position, REDUCE is what its owner asked for.
    """

    ENTRY = "entry"
    REDUCE = "reduce"
    STOP = "stop"
    TARGET = "target"
    CLOSE = "close"


class OrderType(Enum):
    """How the venue is to work an order."""

    MARKET = "market"
    LIMIT = "limit"
    STOP_MARKET = "stop_market"
    TAKE_PROFIT_MARKET = "take_profit_market"


class TimeInForce(Enum):
    """How long an order lives: till cancelled, immediate or cancel, fill or kill, post only."""

    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    GTX = "gtx"


class Liquidity(Enum):
    """Whether a fill took liquidity or gave it; it decides the fee."""

    TAKER = "taker"
    MAKER = "maker"


class Intent(Enum):
    """What a signal asks for."""

    ENTER_LONG = "enter_long"
    ENTER_SHORT = "enter_short"
    EXIT = "exit"


class Approval(Enum):
    """Whether a person had to agree to an order. Honest until human gating is built: nobody was asked."""

    NOT_REQUIRED = "not_required"
    AWAITED = "awaited"
    GIVEN = "given"


class Regime(Enum):
    """The market's regime at a decision. UNKNOWN until the regime detector is built."""

    UNKNOWN = "unknown"


class BookState(Enum):
    """Whether the depth behind a quote can be trusted.

    QUOTES_ONLY: the feed has no depth at all, fills are limited to the displayed size. UNSYNCED: the feed has depth
    and no valid book could be built (no snapshot, or a gap not yet healed).
    """

    SYNCED = "synced"
    UNSYNCED = "unsynced"
    QUOTES_ONLY = "quotes_only"


class OrderStatus(Enum):
    """The order life cycle. The last six are terminal, save that a late fill is always taken."""

    INTENDED = "intended"
    AWAITING_APPROVAL = "awaiting_approval"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    PARTLY_FILLED = "partly_filled"
    CANCEL_REQUESTED = "cancel_requested"
    UNKNOWN = "unknown"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    REPLACED = "replaced"
    NOT_PLACED = "not_placed"


TERMINAL = frozenset(
    {
        OrderStatus.FILLED,
        OrderStatus.CANCELLED,
        OrderStatus.REJECTED,
        OrderStatus.EXPIRED,
        OrderStatus.REPLACED,
        OrderStatus.NOT_PLACED,
    }
)
