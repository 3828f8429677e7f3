"""What happened to a stream itself, told beside what it carries. Times are ours, in UTC nanoseconds."""

from msgspec import Struct

from interlock.ports.exchange.words import Market
from interlock.venues.binance.parse.market_values import BookHeard, DiffHeard, MarkPriceHeard, QuoteHeard, TradeHeard


class DepthLost(Struct, frozen=True):
    """The diffs of a symbol do not chain: `expected` and `found` are update ids, `found` -1 when the stream was lost.

    Its book is not whole until it is synced again.
    """

    symbol: str
    expected: int
    found: int
    at_ns: int


class DepthSynced(Struct, frozen=True):
    """The book of a symbol is whole (again) as of this update: a book was told, and diffs that chain to it."""

    symbol: str
    update_id: int
    at_ns: int


class Repeated(Struct, frozen=True):
    """Something was heard twice, and dropped. `what` is "depth", "trade" or "quote"."""

    what: str
    symbol: str
    update_id: int
    at_ns: int


class Disordered(Struct, frozen=True):
    """Something came after what it should have come before, and was dropped. `highest` is what came before it."""

    what: str
    symbol: str
    update_id: int
    highest: int
    at_ns: int


class StreamLost(Struct, frozen=True):
    """No socket carries these streams any more; until it is back, market values come by fallback."""

    market: Market
    name: str
    at_ns: int
    why: str


class StreamBack(Struct, frozen=True):
    """A socket carries the streams (again). What happened from `lost_at_ns` on was not heard: the core has to ask.

    `lost_at_ns` is when the last frame or pong came by the one before: a dead socket is noticed long after it died. It
    is None when they were never up before: then nothing at all is known, and the core has to ask, too.
    """

    market: Market
    name: str
    lost_at_ns: int | None
    at_ns: int


class ConnectFailed(Struct, frozen=True):
    """A socket did not come up. The next try is after `wait_ms`."""

    market: Market
    name: str
    at_ns: int
    why: str
    wait_ms: int


class SymbolSilent(Struct, frozen=True):
    """A symbol is silent while the venue's book moves on (or cannot be asked): its socket is given up.

    `usual_ns` is the symbol's own usual pause, 0 while it is not known.
    """

    symbol: str
    silent_ns: int
    usual_ns: int
    at_ns: int


class SymbolQuiet(Struct, frozen=True):
    """A symbol was silent for long, and the venue's book has not moved either: the market is quiet."""

    symbol: str
    silent_ns: int
    at_ns: int


class FrameUnreadable(Struct, frozen=True):
    """A frame or body that cannot be used was dropped. On a user stream the core has to ask what it was."""

    where: str
    what: str
    at_ns: int


class ReadTrouble(Struct, frozen=True):
    """A read that a stream needs failed. `what` says which."""

    what: str
    symbol: str
    why: str
    at_ns: int


DepthOut = DiffHeard | BookHeard | DepthLost | DepthSynced | Repeated | Disordered
MarketOut = (
    DepthOut
    | QuoteHeard
    | TradeHeard
    | MarkPriceHeard
    | StreamLost
    | StreamBack
    | ConnectFailed
    | SymbolSilent
    | SymbolQuiet
    | FrameUnreadable
    | ReadTrouble
)
