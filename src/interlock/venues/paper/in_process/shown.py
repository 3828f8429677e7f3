"""What a spot hall in this process is shown of its market: the listing, and the quote as it is displayed now."""

from collections.abc import Mapping
from decimal import Decimal

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
from interlock.ports.liquidity import Liquidity
from interlock.units.instruments import Instrument
from interlock.units.money import from_e8
from interlock.units.sides import Side


class SpotShown:
    """Implements `MarketData` as far as matching asks for it.

    The last price is the middle of the displayed quote: trades are shown only while an order is open, so the last one
    known might be old.
    """

    market = Market.SPOT

    def __init__(self, instruments: Mapping[str, Instrument], liquidity: Liquidity) -> None:
        self._listing = Listing(market=Market.SPOT, instruments=dict(instruments), body=b"")
        self._liquidity = liquidity

    def listing(self) -> Listing:
        """Return the instruments of the run."""
        return self._listing

    def quote(self, symbol: str) -> QuoteShown | None:
        """Return the best displayed prices, None while a side is empty."""
        bids, asks = (self._liquidity.levels(symbol, side, 1) for side in (Side.BUY, Side.SELL))
        if not bids or not asks:
            return None
        (bid, bid_size), (ask, ask_size) = _amounts(bids[0]), _amounts(asks[0])
        return QuoteShown(symbol=symbol, update_id=0, bid=bid, bid_size=bid_size, ask=ask, ask_size=ask_size, at_ns=0)

    def trades(self, symbol: str, limit: int, from_id: int | None = None) -> list[MarketTrade]:
        """Return none."""
        return []

    def depth(self, symbol: str, limit: int) -> DepthShown | None:
        """Return none: matching asks the displayed liquidity."""
        return None

    def klines(
        self, symbol: str, interval: str, limit: int, start_ms: int | None = None, end_ms: int | None = None
    ) -> list[Kline]:
        """Return none."""
        return []

    def day(self, symbol: str) -> DayTicker | None:
        """Return none."""
        return None

    def mark(self, symbol: str) -> MarkShown | None:
        """Return none: spot has no mark price."""
        return None

    def funding(self, symbol: str | None, limit: int) -> list[FundingPaid]:
        """Return none."""
        return []


def _amounts(level: tuple[int, int]) -> tuple[Decimal, Decimal]:
    return from_e8(level[0]), from_e8(level[1])
