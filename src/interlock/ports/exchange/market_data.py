"""What an exchange shows of its markets. Prices and sizes are Decimals at the instrument's digits, times UTC ns."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from interlock.ports.exchange.words import Market
from interlock.units.instruments import Instrument

Level = tuple[Decimal, Decimal]
"""(price, quantity); quantity zero in a diff takes the level away."""


class Listing(Struct, frozen=True, kw_only=True):
    """What is traded on a market. `body` is the exchange information as served, `instruments` what it says."""

    market: Market
    instruments: Mapping[str, Instrument]
    body: bytes


class DepthShown(Struct, frozen=True, kw_only=True):
    """The book at one update. Bids best (highest) first, asks best (lowest) first."""

    symbol: str
    update_id: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    at_ns: int


class DepthChanged(Struct, frozen=True, kw_only=True):
    """What changed in the book between two updates: `first_id` to `last_id`, after `previous_id` (futures' `pu`)."""

    symbol: str
    first_id: int
    last_id: int
    previous_id: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    at_ns: int


class QuoteShown(Struct, frozen=True, kw_only=True):
    """The best bid and ask."""

    symbol: str
    update_id: int
    bid: Decimal
    bid_size: Decimal
    ask: Decimal
    ask_size: Decimal
    at_ns: int


class MarketTrade(Struct, frozen=True, kw_only=True):
    """A trade of the market. Each is its own aggregate here: the feed does not say which belong together."""

    symbol: str
    trade_id: int
    price: Decimal
    quantity: Decimal
    buyer_is_maker: bool
    at_ns: int


class Kline(Struct, frozen=True, kw_only=True):
    """One candle, made of trades. `quote` and `taker_quote` are sums of price times quantity. Times in milliseconds."""

    symbol: str
    interval: str
    open_ms: int
    close_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    quote: Decimal
    trades: int
    taker_volume: Decimal
    taker_quote: Decimal
    first_trade_id: int
    last_trade_id: int
    is_closed: bool


class DayTicker(Struct, frozen=True, kw_only=True):
    """The last 24 hours of a symbol, as far as the feed goes back."""

    symbol: str
    open: Decimal
    high: Decimal
    low: Decimal
    last: Decimal
    last_quantity: Decimal
    previous_close: Decimal
    volume: Decimal
    quote: Decimal
    trades: int
    first_trade_id: int
    last_trade_id: int
    quoted: QuoteShown
    open_ms: int
    close_ms: int


class MarkShown(Struct, frozen=True, kw_only=True):
    """A futures symbol's mark and index price and its funding; `funding_at_ms` is when it is next due."""

    symbol: str
    mark: Decimal
    index: Decimal
    settle: Decimal
    funding_rate: Decimal
    funding_at_ms: int
    at_ns: int


class FundingPaid(Struct, frozen=True, kw_only=True):
    """A funding that was due: the rate and the mark price it was worked out with."""

    symbol: str
    rate: Decimal
    mark: Decimal
    at_ms: int


MarketEvent = DepthChanged | QuoteShown | MarketTrade | Kline | MarkShown

KLINE_MS: dict[str, int] = {
    "1s": 1_000,
    "1m": 60_000,
    "3m": 180_000,
    "5m": 300_000,
    "15m": 900_000,
    "30m": 1_800_000,
    "1h": 3_600_000,
    "2h": 7_200_000,
    "4h": 14_400_000,
    "6h": 21_600_000,
    "8h": 28_800_000,
    "12h": 43_200_000,
    "1d": 86_400_000,
    "3d": 259_200_000,
    "1w": 604_800_000,
}
"""Candle intervals that are served, in ms. A month is not: its length varies."""


class MarketData(Protocol):
    """The market of one venue market (spot or futures) as shown now. Unknown symbol: KeyError; the caller has asked."""

    @property
    def market(self) -> Market:
        """Which market this is."""
        ...

    def listing(self) -> Listing:
        """Return what is traded. It may change while running (filters changed)."""
        ...

    def depth(self, symbol: str, limit: int) -> DepthShown | None:
        """Return up to `limit` levels a side, None when no whole book is known."""
        ...

    def quote(self, symbol: str) -> QuoteShown | None:
        """Return the best bid and ask, None before the first."""
        ...

    def trades(self, symbol: str, limit: int, from_id: int | None = None) -> list[MarketTrade]:
        """Return the most recent trades, oldest first; with `from_id`, those from that id on."""
        ...

    def klines(
        self, symbol: str, interval: str, limit: int, start_ms: int | None = None, end_ms: int | None = None
    ) -> list[Kline]:
        """Return candles, oldest first; the last one may still be open."""
        ...

    def day(self, symbol: str) -> DayTicker | None:
        """Return the last 24 hours, None before the first trade or quote."""
        ...

    def mark(self, symbol: str) -> MarkShown | None:
        """Return mark price and funding, None for spot or before the first quote."""
        ...

    def funding(self, symbol: str | None, limit: int) -> list[FundingPaid]:
        """Return the fundings that were due, oldest first."""
        ...
