"""A recording channel, a market that shows what it is told to, and an exchange that answers orders at once."""

import asyncio
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, cast

from interlock.gateway.server.messages import Request, text_frame
from interlock.ports.exchange.backend import Exchange, Placed
from interlock.ports.exchange.events import Told
from interlock.ports.exchange.interference import Call, Disturbance
from interlock.ports.exchange.market_data import (
    DayTicker,
    DepthChanged,
    DepthShown,
    Kline,
    Level,
    Listing,
    MarketData,
    MarketEvent,
    MarketTrade,
    MarkShown,
    QuoteShown,
)
from interlock.ports.exchange.requests import NewOrder, OrderKey
from interlock.ports.exchange.rows import OrderRow
from interlock.ports.exchange.words import Market, OrderForce, OrderKind, OrderState
from interlock.units.instruments import Instrument
from interlock.units.sides import Side

NOW_MS = 1_700_000_000_000
NS = 1_000_000
SYMBOL = "BTCUSDT"


def dec(text: str) -> Decimal:
    return Decimal(text)


def unframed(frame: bytes) -> bytes:
    """Return the text of a frame, however long it is."""
    for head in (2, 4, 10):
        if text_frame(frame[head:]) == frame:
            return frame[head:]
    raise AssertionError("not a frame of one text")


class RecordingChannel:
    """Keeps what was sent. Once closed it takes nothing more, as the server's."""

    def __init__(self, peer: str = "127.0.0.1:50000") -> None:
        self.peer = peer
        self.texts: list[bytes] = []
        self.frames: list[bytes] = []
        self.closed_with: tuple[int, str] | None = None
        self.is_aborted = False

    @property
    def is_open(self) -> bool:
        return self.closed_with is None and not self.is_aborted

    def send(self, text: bytes) -> None:
        if self.is_open:
            self.texts.append(text)

    def send_frame(self, frame: bytes) -> None:
        if self.is_open:
            self.frames.append(frame)
            self.texts.append(unframed(frame))

    def close(self, code: int, reason: str) -> None:
        if self.is_open:
            self.closed_with = (code, reason)

    def abort(self) -> None:
        self.is_aborted = True

    def said(self) -> list[dict[str, Any]]:
        """Return all that was sent since the last time, read as JSON."""
        said = [json.loads(text) for text in self.texts]
        self.texts.clear()
        return said

    def last(self) -> dict[str, Any]:
        said = self.said()
        assert said, "nothing was sent"
        return said[-1]


class FakeMarket:
    """Market data that is what the test sets."""

    def __init__(self, market: Market, *symbols: str) -> None:
        self.market = market
        self.symbols = symbols or (SYMBOL, "ETHUSDT")
        self.book: DepthShown | None = None
        self.day_of: dict[str, DayTicker] = {}
        self.mark_of: dict[str, MarkShown] = {}
        self.candles: list[Kline] = []
        self.traded: list[MarketTrade] = []

    def listing(self) -> Listing:
        instruments = {symbol: instrument(self.market, symbol) for symbol in self.symbols}
        body = json.dumps({"symbols": [{"symbol": symbol} for symbol in self.symbols]}).encode()
        return Listing(market=self.market, instruments=instruments, body=body)

    def depth(self, symbol: str, limit: int) -> DepthShown | None:
        self._need(symbol)
        return self.book

    def quote(self, symbol: str) -> QuoteShown | None:
        return quote_shown(1)

    def trades(self, symbol: str, limit: int, from_id: int | None = None) -> list[MarketTrade]:
        return self.traded[-limit:]

    def klines(
        self, symbol: str, interval: str, limit: int, start_ms: int | None = None, end_ms: int | None = None
    ) -> list[Kline]:
        return self.candles[-limit:]

    def day(self, symbol: str) -> DayTicker | None:
        self._need(symbol)
        return self.day_of.get(symbol)

    def mark(self, symbol: str) -> MarkShown | None:
        self._need(symbol)
        return self.mark_of.get(symbol)

    def _need(self, symbol: str) -> None:
        if symbol not in self.symbols:
            raise KeyError(symbol)


class FakeExchange:
    """The part of an exchange that sockets use: its clock, its markets, and what it tells."""

    def __init__(self) -> None:
        self.at_ms = NOW_MS
        self.markets = {market: FakeMarket(market) for market in Market}
        self.listeners: list[Callable[[Sequence[Told]], None]] = []
        self.watchers: list[Callable[[Market, Sequence[MarketEvent]], None]] = []
        self.orders: list[tuple[Market, str, NewOrder]] = []
        self.taken_back: list[OrderKey] = []
        self.fails_with: Exception | None = None

    def now_ms(self) -> int:
        return self.at_ms

    def data(self, market: Market) -> MarketData:
        return cast(MarketData, self.markets[market])

    def listen(self, told: Callable[[Sequence[Told]], None]) -> None:
        self.listeners.append(told)

    def watch(self, shown: Callable[[Market, Sequence[MarketEvent]], None]) -> None:
        self.watchers.append(shown)

    async def place(self, market: Market, account: str, order: NewOrder) -> Placed:
        await asyncio.sleep(0)  # a turn of the loop, as a commit takes
        if self.fails_with is not None:
            raise self.fails_with
        self.orders.append((market, account, order))
        return self._row(market, account, order.symbol, order.client_order_id, OrderState.NEW), ()

    async def test(self, market: Market, account: str, order: NewOrder) -> None:
        self.orders.append((market, account, order))

    async def cancel(self, market: Market, account: str, key: OrderKey, cancel_as: str | None = None) -> OrderRow:
        self.taken_back.append(key)
        return self._row(market, account, key.symbol, key.client_order_id or "x", OrderState.CANCELED)

    def _row(self, market: Market, account: str, symbol: str, client_order_id: str, state: OrderState) -> OrderRow:
        return OrderRow(
            market=market,
            account=account,
            symbol=symbol,
            order_id=len(self.orders),
            client_order_id=client_order_id,
            side=Side.BUY,
            kind=OrderKind.LIMIT,
            asked_kind=OrderKind.LIMIT,
            time_in_force=OrderForce.GTC,
            state=state,
            quantity=dec("1.000"),
            price=dec("60000.00"),
            created_at_ns=self.at_ms * NS,
            updated_at_ns=self.at_ms * NS,
        )

    def tell(self, *events: Told) -> None:
        for listener in self.listeners:
            listener(events)

    def show(self, market: Market, *events: MarketEvent) -> None:
        for watcher in self.watchers:
            watcher(market, events)

    def whole(self) -> Exchange:
        """Return it as an exchange; what sockets do not use is missing, and would be missed."""
        return cast(Exchange, self)


class Scripted:
    """An interference that says what the test set, and keeps what it was asked."""

    def __init__(self) -> None:
        self.disturbance: Disturbance | None = None
        self.refusal: Disturbance | None = None
        self.pushes: Callable[[bytes], Sequence[tuple[int, bytes]]] = lambda message: [(0, message)]
        self.calls: list[Call] = []
        self.streams: list[str] = []

    def on_call(self, call: Call) -> Disturbance | None:
        self.calls.append(call)
        return self.disturbance

    def on_open(self, market: Market) -> Disturbance | None:
        return self.refusal

    def on_push(self, market: Market, stream: str, message: bytes) -> Sequence[tuple[int, bytes]]:
        self.streams.append(stream)
        return self.pushes(message)


class FakeLater:
    """Keeps what is to be done later, until the test lets time pass."""

    def __init__(self) -> None:
        self.waiting: list[tuple[float, Callable[[], None]]] = []

    def __call__(self, delay_s: float, then: Callable[[], None]) -> None:
        self.waiting.append((delay_s, then))

    def run(self) -> None:
        waiting, self.waiting = sorted(self.waiting, key=lambda each: each[0]), []
        for _, then in waiting:
            then()


def instrument(market: Market, symbol: str) -> Instrument:
    return Instrument(
        symbol=symbol,
        market=market.value,
        base=symbol.removesuffix("USDT"),
        quote="USDT",
        price_tick=dec("0.10"),
        price_min=dec("0.10"),
        price_max=dec("1000000.00"),
        quantity_step=dec("0.001"),
        quantity_min=dec("0.001"),
        quantity_max=dec("1000.000"),
        market_quantity_max=dec("100.000"),
        notional_min=dec("5"),
        is_tradable=True,
        why_not_tradable="",
    )


def request(path: str, query: str = "", headers: dict[str, str] | None = None) -> Request:
    return Request("GET", path, query.encode(), headers or {}, b"", "127.0.0.1:50000")


def quote_shown(update_id: int, symbol: str = SYMBOL) -> QuoteShown:
    return QuoteShown(
        symbol=symbol,
        update_id=update_id,
        bid=dec("61800.20"),
        bid_size=dec("2.507"),
        ask=dec("61800.30"),
        ask_size=dec("2.510"),
        at_ns=NOW_MS * NS - NS,
    )


def traded(trade_id: int, symbol: str = SYMBOL) -> MarketTrade:
    return MarketTrade(
        symbol=symbol,
        trade_id=trade_id,
        price=dec("61800.30"),
        quantity=dec("0.006"),
        buyer_is_maker=False,
        at_ns=NOW_MS * NS - 2 * NS,
    )


def depth(first: int, last: int, previous: int, bids: Sequence[Level], asks: Sequence[Level] = ()) -> DepthChanged:
    return DepthChanged(
        symbol=SYMBOL,
        first_id=first,
        last_id=last,
        previous_id=previous,
        bids=tuple(bids),
        asks=tuple(asks),
        at_ns=NOW_MS * NS - NS,
    )


def book(update_id: int) -> DepthShown:
    return DepthShown(
        symbol=SYMBOL,
        update_id=update_id,
        bids=((dec("61800.20"), dec("2.507")), (dec("61800.10"), dec("1.000"))),
        asks=((dec("61800.30"), dec("2.510")),),
        at_ns=NOW_MS * NS - NS,
    )


def candle(is_closed: bool = False, interval: str = "1m", close: str = "61800.30") -> Kline:
    return Kline(
        symbol=SYMBOL,
        interval=interval,
        open_ms=NOW_MS,
        close_ms=NOW_MS + 59_999,
        open=dec("61800.00"),
        high=dec("61801.00"),
        low=dec("61799.00"),
        close=dec(close),
        volume=dec("2.000"),
        quote=dec("123600.50000"),
        trades=7,
        taker_volume=dec("1.000"),
        taker_quote=dec("61800.20000"),
        first_trade_id=1,
        last_trade_id=7,
        is_closed=is_closed,
    )


def day(symbol: str = SYMBOL) -> DayTicker:
    return DayTicker(
        symbol=symbol,
        open=dec("60000.00"),
        high=dec("62000.00"),
        low=dec("59000.00"),
        last=dec("61800.30"),
        last_quantity=dec("0.006"),
        previous_close=dec("59999.90"),
        volume=dec("10.000"),
        quote=dec("610000.00000"),
        trades=7,
        first_trade_id=1,
        last_trade_id=7,
        quoted=quote_shown(1, symbol),
        open_ms=NOW_MS - 86_400_000,
        close_ms=NOW_MS,
    )


def mark_shown(symbol: str = SYMBOL) -> MarkShown:
    return MarkShown(
        symbol=symbol,
        mark=dec("61800.25"),
        index=dec("61799.50"),
        settle=dec("61799.75"),
        funding_rate=dec("0.0001"),
        funding_at_ms=NOW_MS + 3_600_000,
        at_ns=NOW_MS * NS,
    )
