"""A market that stands still: what a small exchange lists and shows."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from interlock.ports.exchange.market_data import (
    KLINE_MS,
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

NOW_MS = 1_700_000_000_123
NS = 1_000_000
BID, ASK = Decimal("100.10"), Decimal("100.20")
SIZE = Decimal("3.5")


def instrument(base: str, market: Market) -> Instrument:
    """Return an instrument priced in USDT, with ticks of 0.1 and steps of 0.001."""
    return Instrument(
        symbol=f"{base}USDT",
        market=market.value,
        base=base,
        quote="USDT",
        price_tick=Decimal("0.1"),
        price_min=Decimal("0.1"),
        price_max=Decimal(100_000),
        quantity_step=Decimal("0.001"),
        quantity_min=Decimal("0.001"),
        quantity_max=Decimal(1_000),
        market_quantity_max=Decimal(100),
        notional_min=Decimal(5),
        is_tradable=True,
        why_not_tradable="",
    )


def listing(market: Market, bases: Iterable[str] = ("BTC", "ETH")) -> Listing:
    """Return a listing as the venue words it. ETH trades on margin too."""
    symbols = [
        {
            "symbol": f"{base}USDT",
            "status": "TRADING",
            "pricePrecision": 2,
            "quantityPrecision": 3,
            "permissions": [],
            "permissionSets": [["SPOT"] if base == "BTC" else ["SPOT", "MARGIN"]],
            "filters": [],
        }
        for base in bases
    ]
    body = msgspec.json.encode(
        {"timezone": "UTC", "serverTime": 1, "rateLimits": [], "exchangeFilters": [], "symbols": symbols}
    )
    instruments = {f"{base}USDT": instrument(base, market) for base in bases}
    return Listing(market=market, instruments=instruments, body=body)


class FakeMarket:
    """A market that stands still: one book, three trades, and candles made of nothing else. ETH is dark."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self.listed = listing(market)
        self.update_id = 77
        self.size = SIZE

    @property
    def market(self) -> Market:
        return self._market

    def listing(self) -> Listing:
        return self.listed

    def depth(self, symbol: str, limit: int) -> DepthShown | None:
        if symbol != "BTCUSDT":
            return None
        step = Decimal("0.10")
        return DepthShown(
            symbol=symbol,
            update_id=self.update_id,
            bids=tuple((BID - step * level, SIZE) for level in range(min(limit, 20))),
            asks=tuple((ASK + step * level, SIZE) for level in range(min(limit, 20))),
            at_ns=NOW_MS * NS,
        )

    def quote(self, symbol: str) -> QuoteShown | None:
        if symbol != "BTCUSDT":
            return None
        return QuoteShown(
            symbol=symbol,
            update_id=self.update_id,
            bid=BID,
            bid_size=self.size,
            ask=ASK,
            ask_size=SIZE,
            at_ns=NOW_MS * NS,
        )

    def trades(self, symbol: str, limit: int, from_id: int | None = None) -> list[MarketTrade]:
        rows = [
            MarketTrade(
                symbol=symbol,
                trade_id=number,
                price=Decimal("100.1"),
                quantity=Decimal("0.25"),
                buyer_is_maker=number % 2 == 0,
                at_ns=(NOW_MS - 3_000 + number * 1_000) * NS,
            )
            for number in range(3)
        ]
        return rows[-limit:] if from_id is None else [row for row in rows if row.trade_id >= from_id][:limit]

    def klines(
        self, symbol: str, interval: str, limit: int, start_ms: int | None = None, end_ms: int | None = None
    ) -> list[Kline]:
        span_ms = KLINE_MS[interval]
        open_ms = NOW_MS // span_ms * span_ms
        return [
            Kline(
                symbol=symbol,
                interval=interval,
                open_ms=open_ms - span_ms * back,
                close_ms=open_ms - span_ms * back + span_ms - 1,
                open=Decimal(100),
                high=Decimal(102),
                low=Decimal(99),
                close=Decimal(101),
                volume=Decimal(2),
                quote=Decimal(201),
                trades=3,
                taker_volume=Decimal(1),
                taker_quote=Decimal("100.5"),
                first_trade_id=0,
                last_trade_id=2,
                is_closed=back > 0,
            )
            for back in reversed(range(min(limit, 3)))
        ]

    def day(self, symbol: str) -> DayTicker | None:
        quoted = self.quote(symbol)
        if quoted is None:
            return None
        return DayTicker(
            symbol=symbol,
            open=Decimal(80),
            high=Decimal(110),
            low=Decimal(70),
            last=Decimal(100),
            last_quantity=Decimal("0.25"),
            previous_close=Decimal("79.9"),
            volume=Decimal(10),
            quote=Decimal(905),
            trades=3,
            first_trade_id=0,
            last_trade_id=2,
            quoted=quoted,
            open_ms=NOW_MS - 86_400_000,
            close_ms=NOW_MS,
        )

    def mark(self, symbol: str) -> MarkShown | None:
        if self._market is Market.SPOT or symbol != "BTCUSDT":
            return None
        return MarkShown(
            symbol=symbol,
            mark=Decimal("100.15"),
            index=Decimal("100.14"),
            settle=Decimal("100.13"),
            funding_rate=Decimal("0.0001"),
            funding_at_ms=NOW_MS + 3_600_000,
            at_ns=NOW_MS * NS,
        )

    def funding(self, symbol: str | None, limit: int) -> list[FundingPaid]:
        hours = [
            FundingPaid(symbol="BTCUSDT", rate=Decimal("0.0001"), mark=Decimal(100), at_ms=number * 28_800_000)
            for number in range(3)
        ]
        return hours[-limit:]
