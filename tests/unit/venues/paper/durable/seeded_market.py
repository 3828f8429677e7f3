"""A market that walks at random from a seed: what is shown of it, its liquidity, and its ticks. No clock of its own."""

import random
from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

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
from interlock.units.instruments import Instrument
from interlock.units.money import from_e8, install_context, to_e8
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS
from interlock.venues.binance.instruments import embedded_instruments

install_context()

LEVELS = 6
FUNDING_MS = 8 * 3_600_000


class SeededMarket:
    """Implements MarketData and Liquidity."""

    def __init__(self, market: Market, seed: int) -> None:
        self._market = market
        self._chance = random.Random(f"{seed}/{market.value}")
        self.instruments: dict[str, Instrument] = {
            symbol: replace(each, is_tradable=True, why_not_tradable="")
            for symbol, each in embedded_instruments(market.value).items()
        }
        self.at_ns = 0
        self._mid_e8 = {"BTCUSDT": to_e8(Decimal(65_000)), "ETHUSDT": to_e8(Decimal(3_200))}
        self._sizes = {(symbol, side): self._drawn_sizes() for symbol in self._mid_e8 for side in Side}
        self._trades: dict[str, MarketTrade] = {}
        self._trade_id = 0

    def _drawn_sizes(self) -> list[int]:
        return [self._chance.randint(1, 400) * 100_000 for _ in range(LEVELS)]

    def tick_e8(self, symbol: str) -> int:
        return to_e8(self.instruments[symbol].price_tick)

    def move(self, symbol: str, at_ns: int) -> tuple[int, int, int, int]:
        """Move the quote; return bid, ask and their sizes."""
        self.at_ns = at_ns
        self._mid_e8[symbol] += self._chance.randint(-3, 3) * self.tick_e8(symbol)
        for side in Side:
            self._sizes[symbol, side] = self._drawn_sizes()
        (bid, bid_size), *_ = self.levels(symbol, Side.BUY, 1)
        (ask, ask_size), *_ = self.levels(symbol, Side.SELL, 1)
        return bid, ask, bid_size, ask_size

    def trade(self, symbol: str, at_ns: int) -> tuple[int, int, bool]:
        """Let the market trade at its best price; return price, quantity and whether a buyer took it."""
        self.at_ns = at_ns
        buys = self._chance.random() < 0.5
        ((price, size),) = self.levels(symbol, Side.SELL if buys else Side.BUY, 1)
        quantity = max(100_000, size * self._chance.randint(1, 8) // 4 // 100_000 * 100_000)
        self._trade_id += 1
        self._trades[symbol] = MarketTrade(
            symbol=symbol,
            trade_id=self._trade_id,
            price=from_e8(price),
            quantity=from_e8(quantity),
            buyer_is_maker=not buys,
            at_ns=at_ns,
        )
        return price, quantity, buys

    # --- Liquidity -------------------------------------------------------------------------------------------------

    def state(self, symbol: str) -> BookState | None:
        return BookState.SYNCED if symbol in self._mid_e8 else None

    def levels(self, symbol: str, side: Side, count: int) -> list[tuple[int, int]]:
        tick, mid = self.tick_e8(symbol), self._mid_e8[symbol]
        away = -tick if side is Side.BUY else tick
        return [(mid + away * (1 + n), size) for n, size in enumerate(self._sizes[symbol, side][:count])]

    def size_at(self, symbol: str, side: Side, price_e8: int) -> int | None:
        return dict(self.levels(symbol, side, LEVELS)).get(price_e8, 0)

    # --- MarketData ------------------------------------------------------------------------------------------------

    @property
    def market(self) -> Market:
        return self._market

    def listing(self) -> Listing:
        return Listing(market=self._market, instruments=self.instruments, body=b"")

    def depth(self, symbol: str, limit: int) -> DepthShown | None:
        bids, asks = (
            tuple((from_e8(price), from_e8(size)) for price, size in self.levels(symbol, side, limit))
            for side in (Side.BUY, Side.SELL)
        )
        return DepthShown(symbol=symbol, update_id=1, bids=bids, asks=asks, at_ns=self.at_ns)

    def quote(self, symbol: str) -> QuoteShown | None:
        ((bid, bid_size),) = self.levels(symbol, Side.BUY, 1)
        ((ask, ask_size),) = self.levels(symbol, Side.SELL, 1)
        return QuoteShown(
            symbol=symbol,
            update_id=1,
            bid=from_e8(bid),
            bid_size=from_e8(bid_size),
            ask=from_e8(ask),
            ask_size=from_e8(ask_size),
            at_ns=self.at_ns,
        )

    def trades(self, symbol: str, limit: int, from_id: int | None = None) -> list[MarketTrade]:
        return [self._trades[symbol]] if symbol in self._trades else []

    def klines(
        self, symbol: str, interval: str, limit: int, start_ms: int | None = None, end_ms: int | None = None
    ) -> list[Kline]:
        return []

    def day(self, symbol: str) -> DayTicker | None:
        return None

    def mark(self, symbol: str) -> MarkShown | None:
        if self._market is Market.SPOT:
            return None
        mid = from_e8(self._mid_e8[symbol])
        now_ms = self.at_ns // NS_PER_MS
        return MarkShown(
            symbol=symbol,
            mark=mid,
            index=mid,
            settle=mid,
            funding_rate=Decimal("0.0001"),
            funding_at_ms=now_ms - now_ms % FUNDING_MS + FUNDING_MS,
            at_ns=self.at_ns,
        )

    def funding(self, symbol: str | None, limit: int) -> list[FundingPaid]:
        return []


def markets(seed: int) -> dict[Market, SeededMarket]:
    """Return both markets of a seed."""
    return {market: SeededMarket(market, seed) for market in Market}


SYMBOLS: Sequence[str] = ("BTCUSDT", "ETHUSDT")
