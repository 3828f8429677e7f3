"""Candles are what anyone works out from the trades that were told; a period without trades is flat."""

from decimal import Decimal
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.market.live.candles import CANDLES_KEPT, Candles
from interlock.market.live.digits import Digits
from interlock.market.live.endless import EndlessFeed
from interlock.market.live.recorded import RecordedFeed
from interlock.market.live.ticks import Feed
from interlock.ports.exchange.market_data import KLINE_MS, Kline, MarketEvent, MarketTrade
from interlock.ports.exchange.words import Market
from interlock.units.time import NS_PER_MS
from interlock.venues.binance.instruments import embedded_instruments
from tests.unit.market.live.shows import PRESENT_MS, Show, recorded_set

pytestmark = pytest.mark.slow

E8 = 100_000_000
DAY_MS = 86_400_000
MONDAY_MS = 1_780_272_000_000  # 2026-06-01 00:00 UTC, a Monday


def worked_out(interval: str, trades: list[MarketTrade], until_ms: int) -> list[Kline]:
    """Return the candles of trades in order, by grouping them; the last is that which is open at `until_ms`."""
    length_ms = KLINE_MS[interval]

    def opens_at(at_ms: int) -> int:
        start_ms = MONDAY_MS if interval == "1w" else 0
        return start_ms + (at_ms - start_ms) // length_ms * length_ms

    grouped = {
        open_ms: list(group) for open_ms, group in groupby(trades, lambda each: opens_at(each.at_ns // NS_PER_MS))
    }
    candles: list[Kline] = []
    for open_ms in range(min(grouped), opens_at(until_ms) + 1, length_ms):
        group = grouped.get(open_ms, [])
        bought = [each for each in group if not each.buyer_is_maker]
        flat = candles[-1].close if candles else Decimal(0)
        prices = [each.price for each in group] or [flat]
        candles.append(
            Kline(
                symbol=trades[0].symbol,
                interval=interval,
                open_ms=open_ms,
                close_ms=open_ms + length_ms - 1,
                open=prices[0],
                high=max(prices),
                low=min(prices),
                close=prices[-1],
                volume=sum((each.quantity for each in group), Decimal(0)),
                quote=sum((each.quantity * each.price for each in group), Decimal(0)),
                trades=len(group),
                taker_volume=sum((each.quantity for each in bought), Decimal(0)),
                taker_quote=sum((each.quantity * each.price for each in bought), Decimal(0)),
                first_trade_id=group[0].trade_id if group else -1,
                last_trade_id=group[-1].trade_id if group else -1,
                is_closed=open_ms + length_ms <= until_ms,
            )
        )
    return candles


def trades_of(events: list[MarketEvent], symbol: str) -> list[MarketTrade]:
    return [each for each in events if isinstance(each, MarketTrade) and each.symbol == symbol]


def check_candles(show: Show, events: list[MarketEvent], symbol: str) -> None:
    trades = trades_of(events, symbol)
    assert len(trades) > 20
    for interval in KLINE_MS:
        expected = worked_out(interval, trades, show.now_ns // NS_PER_MS)
        assert show.market.klines(symbol, interval, CANDLES_KEPT) == expected[-CANDLES_KEPT:], interval
        closed = [
            e for e in events if isinstance(e, Kline) and e.is_closed and (e.symbol, e.interval) == (symbol, interval)
        ]
        assert closed == [each for each in expected if each.is_closed], interval


@pytest.mark.parametrize("market", list(Market))
@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_they_are_those_of_the_endless_feeds_trades(market: Market, seed: int) -> None:
    show = Show(EndlessFeed(seed, market, embedded_instruments(market.value)))
    events = show.play(250_000)
    for symbol in show.market.symbols:
        check_candles(show, events, symbol)


@pytest.mark.parametrize(
    ("name", "market"),
    [("l1l2-binance-usdm-20230404", Market.USDM), ("l1l2-binance-spot-20240808", Market.SPOT)],
)
def test_they_are_those_of_a_recordings_trades(name: str, market: Market) -> None:
    feed: Feed = RecordedFeed(recorded_set(name), market)
    show = Show(feed)
    check_candles(show, show.play(90_000), "BTCUSDT")


@settings(max_examples=25, deadline=None)
@given(
    gaps_ms=st.lists(st.integers(0, 400_000) | st.integers(0, 900) | st.just(3 * DAY_MS), min_size=1, max_size=30),
    ticks=st.lists(st.integers(1, 50), min_size=30, max_size=30),
    looks=st.sets(st.integers(0, 29)),
)
def test_they_do_not_depend_on_when_somebody_looks(gaps_ms: list[int], ticks: list[int], looks: set[int]) -> None:
    candles, trades, at_ms = Candles("BTCUSDT", Digits(2, 3)), list[MarketTrade](), MONDAY_MS - 2 * DAY_MS + 17
    for number, (gap_ms, price) in enumerate(zip(gaps_ms, ticks, strict=False)):
        at_ms += gap_ms
        candles.roll(at_ms // 1_000 * 1_000)
        buys = price % 3 == 0
        candles.add(at_ms, number, price * E8 // 2, price * E8 // 1_000, buys)
        trades.append(
            MarketTrade(
                symbol="BTCUSDT",
                trade_id=number,
                price=Decimal(price) / 2,
                quantity=Decimal(price) / 1_000,
                buyer_is_maker=not buys,
                at_ns=at_ms * NS_PER_MS,
            )
        )
        if number in looks:
            candles.history("1m", 5, None, None)
            candles.take_open()
            candles.day()
    for interval, length_ms in KLINE_MS.items():
        if (at_ms - MONDAY_MS + 4 * DAY_MS) // length_ms < 20_000:  # the model makes every candle
            expected = worked_out(interval, trades, at_ms)[-CANDLES_KEPT - 1 :]
            assert candles.history(interval, CANDLES_KEPT + 1, None, None) == expected, interval
    check_day(candles, trades, at_ms)


def check_day(candles: Candles, trades: list[MarketTrade], now_ms: int) -> None:
    day = candles.day()
    assert day is not None
    from_ms = now_ms // 60_000 * 60_000 - 1_439 * 60_000
    within = [each for each in trades if each.at_ns // NS_PER_MS >= from_ms]
    before = [each for each in trades if each.at_ns // NS_PER_MS < from_ms]
    assert day.trades == len(within)
    assert day.volume == sum((each.quantity for each in within), Decimal(0))
    assert day.quote == sum((each.quantity * each.price for each in within), Decimal(0))
    assert day.last == trades[-1].price
    assert (day.first_trade_id, day.last_trade_id) == (
        (within[0].trade_id, within[-1].trade_id) if within else (-1, -1)
    )
    if within and not before:
        assert (day.high, day.low) == (max(t.price for t in within), min(t.price for t in within))
        assert day.open == within[0].price
    if before:
        assert day.previous_close == before[-1].price


def test_the_day_is_1440_minutes_and_knows_the_close_before_it() -> None:
    candles = Candles("BTCUSDT", Digits(2, 3))
    for number, (minute, price) in enumerate([(0, 5), (1, 7), (600, 9), (1_440, 8)]):
        candles.roll(MONDAY_MS + minute * 60_000)
        candles.add(MONDAY_MS + minute * 60_000, number, price * E8, E8, True)
    day = candles.day()
    assert day is not None
    assert [day.previous_close, day.open, day.high, day.low, day.last] == [5, 7, 9, 7, 8]
    assert [day.volume, day.trades, day.first_trade_id, day.last_trade_id] == [3, 3, 1, 3]
    assert day.open_ms == MONDAY_MS + 60_000


def test_a_week_opens_on_monday_and_all_else_on_its_multiple() -> None:
    candles = Candles("BTCUSDT", Digits(2, 3))
    at_ms = MONDAY_MS + 3 * DAY_MS + 12_345_678
    candles.add(at_ms, 1, E8, E8, True)
    opened = {each.interval: each.open_ms for each in candles.take_open()}
    assert opened["1w"] == MONDAY_MS
    assert all(opened[interval] == at_ms // ms * ms for interval, ms in KLINE_MS.items() if interval != "1w")


def test_history_is_cut_by_times_and_by_count() -> None:
    candles = Candles("BTCUSDT", Digits(2, 3))
    for minute in range(10):
        candles.roll(MONDAY_MS + minute * 60_000)
        candles.add(MONDAY_MS + minute * 60_000, minute, (minute + 1) * E8, E8, True)

    def opens(limit: int, start_ms: int | None = None, end_ms: int | None = None) -> list[int]:
        found = candles.history("1m", limit, start_ms, end_ms)
        return [(each.open_ms - MONDAY_MS) // 60_000 for each in found]

    assert opens(500) == list(range(10))
    assert opens(3) == [7, 8, 9]
    assert opens(3, MONDAY_MS) == [0, 1, 2]
    assert opens(3, MONDAY_MS + 1) == [1, 2, 3]
    assert opens(3, None, MONDAY_MS + 300_000) == [3, 4, 5]
    assert opens(500, MONDAY_MS + 120_000, MONDAY_MS + 239_999) == [2, 3]
    assert opens(500, None, MONDAY_MS - 1) == []
    assert opens(500, MONDAY_MS + 600_000) == []
    assert [each.is_closed for each in candles.history("1m", 2, None, None)] == [True, False]


def test_no_more_candles_are_kept_than_promised() -> None:
    candles = Candles("BTCUSDT", Digits(2, 3))
    candles.add(MONDAY_MS, 1, E8, E8, True)
    told = candles.roll(MONDAY_MS + 30 * DAY_MS)
    assert len(candles.history("1s", 10_000, None, None)) == CANDLES_KEPT + 1
    kept = candles.history("1m", 10_000, None, None)
    assert [each.open_ms for each in kept] == list(range(kept[0].open_ms, kept[-1].open_ms + 1, 60_000))
    assert len([each for each in told if each.interval == "1s"]) <= CANDLES_KEPT + 1
    assert [each.close_ms for each in told] == sorted(each.close_ms for each in told)


def test_open_candles_are_told_only_while_they_change() -> None:
    candles = Candles("BTCUSDT", Digits(2, 3))
    assert candles.take_open() == []
    candles.add(PRESENT_MS, 1, E8, E8, True)
    assert [each.interval for each in candles.take_open()] == list(KLINE_MS)
    assert candles.take_open() == []
