"""A market without a feed: it lists nothing, shows nothing and is never due."""

from interlock.messages.words import BookState
from interlock.ports.exchange.market_data import (
    DayTicker,
    DepthShown,
    FundingPaid,
    Kline,
    Listing,
    MarketTrade,
    MarkShown,
    QuoteShown,
)
from interlock.ports.exchange.words import Market
from interlock.units.sides import Side


class ClosedMarket:
    """`MarketData` and `Liquidity` of a market that the feed does not have."""

    def __init__(self, listing: Listing) -> None:
        """Take an empty listing, which is all that is ever told."""
        assert not listing.instruments, "a market with instruments needs a feed"
        self._listing = listing

    @property
    def market(self) -> Market:
        """Which market this is."""
        return self._listing.market

    def listing(self) -> Listing:
        """Return the empty listing."""
        return self._listing

    def depth(self, symbol: str, limit: int) -> DepthShown | None:
        """Nothing is listed."""
        raise KeyError(symbol)

    def quote(self, symbol: str) -> QuoteShown | None:
        """Nothing is listed."""
        raise KeyError(symbol)

    def trades(self, symbol: str, limit: int, from_id: int | None = None) -> list[MarketTrade]:
        """Nothing is listed."""
        raise KeyError(symbol)

    def klines(
        self, symbol: str, interval: str, limit: int, start_ms: int | None = None, end_ms: int | None = None
    ) -> list[Kline]:
        """Nothing is listed."""
        raise KeyError(symbol)

    def day(self, symbol: str) -> DayTicker | None:
        """Nothing is listed."""
        raise KeyError(symbol)

    def mark(self, symbol: str) -> MarkShown | None:
        """Nothing is listed."""
        raise KeyError(symbol)

    def funding(self, symbol: str | None, limit: int) -> list[FundingPaid]:
        """Return no funding."""
        return []

    def state(self, symbol: str) -> BookState | None:
        """Return that no quote is known."""
        return None

    def levels(self, symbol: str, side: Side, count: int) -> list[tuple[int, int]]:
        """Return no level."""
        return []

    def size_at(self, symbol: str, side: Side, price_e8: int) -> int | None:
        """Return that no depth can be seen."""
        return None
