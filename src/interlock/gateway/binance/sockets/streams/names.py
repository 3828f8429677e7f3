"""The names of market streams: what a client may ask to hear, and how often it hears it."""

from enum import Enum

from msgspec import Struct

from interlock.ports.exchange.market_data import KLINE_MS
from interlock.ports.exchange.words import Market

PUBLIC = "public"
MARKET = "market"
PRIVATE = "private"


class StreamKind(Enum):
    """What a stream tells of. NOTHING: a name that is accepted, as upstream, and never says anything."""

    TRADE = "trade"
    AGGREGATE_TRADE = "aggTrade"
    DEPTH_CHANGE = "depth"
    DEPTH_TOP = "depthTop"
    QUOTE = "bookTicker"
    KLINE = "kline"
    CONTINUOUS_KLINE = "continuousKline"
    MINI_TICKER = "miniTicker"
    TICKER = "ticker"
    MARK = "markPrice"
    LIQUIDATION = "forceOrder"
    AVERAGE_PRICE = "avgPrice"
    NOTHING = "nothing"


class Stream(Struct, frozen=True):
    """A stream as named. `symbol` is empty for all symbols; `every_ms` zero is at once; `levels` are of a top book."""

    name: str
    kind: StreamKind
    symbol: str = ""
    every_ms: int = 0
    levels: int = 0
    interval: str = ""

    @property
    def is_array(self) -> bool:
        """Whether it tells of all symbols in one message."""
        return self.name.endswith(("@arr", "@arr@1s", "@arr@1000ms"))


_OF_PUBLIC = frozenset({StreamKind.TRADE, StreamKind.QUOTE, StreamKind.DEPTH_CHANGE, StreamKind.DEPTH_TOP})
_AT_ONCE = {
    "trade": StreamKind.TRADE,
    "aggTrade": StreamKind.AGGREGATE_TRADE,
    "bookTicker": StreamKind.QUOTE,
}
_CONTINUOUS = "continuousKline_"
_LEVELS = {"depth5": 5, "depth10": 10, "depth20": 20}
_SPEEDS_MS = {
    Market.SPOT: {"": 1_000, "100ms": 100, "1000ms": 1_000, "0ms": 0},
    Market.USDM: {"": 250, "100ms": 100, "250ms": 250, "500ms": 500, "0ms": 0},
}
_TICKER_MS = {Market.SPOT: 1_000, Market.USDM: 2_000}
_MARK_MS = {"": 3_000, "1s": 1_000}
_TOP_MS_MIN = 100
"""A top book asked for at once is sent at the fastest speed there is."""


def route_of(stream: Stream) -> str:
    """Return the route of futures' stream paths that a market stream belongs to. Account events are PRIVATE."""
    return PUBLIC if stream.kind in _OF_PUBLIC else MARKET


def parse_stream(market: Market, name: str) -> Stream:
    """Return what a stream's name asks for; symbols are lower-case in names, as upstream."""
    head, _, rest = name.partition("@")
    what, _, speed = rest.partition("@")
    if head.startswith("!"):
        return _of_all(market, name, head[1:], rest)
    if market is Market.USDM and what.startswith(_CONTINUOUS):
        return _of_pair(name, head, what.removeprefix(_CONTINUOUS), speed)
    if not head or head != head.lower() or not head.isalnum():
        return Stream(name, StreamKind.NOTHING)
    return _of_symbol(market, name, head.upper(), what, speed)


def _of_symbol(market: Market, name: str, symbol: str, what: str, speed: str) -> Stream:
    found: Stream | None = None
    is_futures = market is Market.USDM
    if what in _AT_ONCE and not speed:
        found = Stream(name, _AT_ONCE[what], symbol)
    elif what == "depth" and speed in _SPEEDS_MS[market]:
        found = Stream(name, StreamKind.DEPTH_CHANGE, symbol, _SPEEDS_MS[market][speed])
    elif what in _LEVELS and speed in _SPEEDS_MS[market]:
        every_ms = max(_SPEEDS_MS[market][speed], _TOP_MS_MIN)
        found = Stream(name, StreamKind.DEPTH_TOP, symbol, every_ms, _LEVELS[what])
    elif what.startswith("kline_") and not speed and what[6:] in KLINE_MS:
        interval = what[6:]
        found = Stream(name, StreamKind.KLINE, symbol, _kline_ms(market, interval), interval=interval)
    elif what == "miniTicker" and not speed:
        found = Stream(name, StreamKind.MINI_TICKER, symbol, _TICKER_MS[market])
    elif what == "ticker" and not speed:
        found = Stream(name, StreamKind.TICKER, symbol, _TICKER_MS[market])
    elif what == "avgPrice" and not speed and not is_futures:
        found = Stream(name, StreamKind.AVERAGE_PRICE, symbol, 1_000)
    elif what == "markPrice" and is_futures and speed in _MARK_MS:
        found = Stream(name, StreamKind.MARK, symbol, _MARK_MS[speed])
    elif what == "forceOrder" and is_futures and not speed:
        found = Stream(name, StreamKind.LIQUIDATION, symbol)
    return found or Stream(name, StreamKind.NOTHING)


def _of_pair(name: str, head: str, interval: str, speed: str) -> Stream:
    """Return the candles of a pair's contract; perpetual ones are all there are, under the pair's own symbol."""
    pair, _, contract = head.partition("_")
    if not pair.isalnum() or head != head.lower() or contract != "perpetual" or speed or interval not in KLINE_MS:
        return Stream(name, StreamKind.NOTHING)
    every_ms = _kline_ms(Market.USDM, interval)
    return Stream(name, StreamKind.CONTINUOUS_KLINE, pair.upper(), every_ms, interval=interval)


def _of_all(market: Market, name: str, what: str, rest: str) -> Stream:
    is_futures = market is Market.USDM
    if what == "miniTicker" and rest in ("arr", "arr@1000ms"):
        return Stream(name, StreamKind.MINI_TICKER, "", 1_000)
    if what == "ticker" and rest == "arr":
        return Stream(name, StreamKind.TICKER, "", 1_000)
    if what == "bookTicker" and not rest:
        return Stream(name, StreamKind.QUOTE)
    if what == "markPrice" and is_futures and rest in ("arr", "arr@1s"):
        return Stream(name, StreamKind.MARK, "", _MARK_MS[rest[4:]])
    if what == "forceOrder" and is_futures and rest == "arr":
        return Stream(name, StreamKind.LIQUIDATION)
    return Stream(name, StreamKind.NOTHING)


def _kline_ms(market: Market, interval: str) -> int:
    """Return how often an open candle is told: futures 250 ms, spot 1 s for the shortest and 2 s for the others."""
    if market is Market.USDM:
        return 250
    return 1_000 if interval == "1s" else 2_000
