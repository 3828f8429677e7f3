"""Market streams: heard by who asked, at their speed, in one piece, rendered and framed once for all."""

import json
from itertools import pairwise

import pytest

from interlock.gateway.binance.sockets.pushing import Pusher
from interlock.gateway.binance.sockets.streams import topic as topic_room
from interlock.gateway.binance.sockets.streams.hub import MarketHub
from interlock.gateway.server.messages import text_frame
from interlock.ports.exchange.words import Market
from tests.unit.gateway.binance.sockets.fakes import (
    NOW_MS,
    NS,
    SYMBOL,
    FakeExchange,
    FakeLater,
    RecordingChannel,
    Scripted,
    book,
    candle,
    day,
    dec,
    depth,
    mark_shown,
    quote_shown,
    traded,
)

BID = (dec("61800.20"), dec("1.000"))
START_NS = 1_000_000_000_000


class World:
    """A hub over a market, with its clock."""

    def __init__(self, market: Market = Market.USDM, interference: Scripted | None = None) -> None:
        self.exchange = FakeExchange()
        self.market = self.exchange.markets[market]
        self.later = FakeLater()
        self.hub = MarketHub(self.exchange.data(market), Pusher(market, interference, self.later), self.exchange.now_ms)
        self.at_ns = START_NS
        self.hub.advance(self.at_ns)

    def hear(self, *names: str, is_combined: bool = False) -> RecordingChannel:
        channel = RecordingChannel()
        for name in names:
            self.hub.subscribe(channel, name, is_combined)
        self.hub.advance(self.at_ns)
        return channel

    def wait(self, ms: int) -> None:
        self.at_ns += ms * NS
        self.hub.advance(self.at_ns)


def test_a_trade_is_heard_by_who_asked_for_its_symbol_and_by_nobody_else() -> None:
    world = World()
    mine, other = world.hear("btcusdt@trade"), world.hear("ethusdt@trade", "btcusdt@aggTrade")
    world.hub.shown([traded(7)])
    assert [each["e"] for each in mine.said()] == ["trade"]
    assert [each["e"] for each in other.said()] == ["aggTrade"]


def test_a_combined_stream_is_wrapped_with_its_name_and_a_plain_one_is_not() -> None:
    world = World()
    plain, wrapped = world.hear("btcusdt@bookTicker"), world.hear("btcusdt@bookTicker", is_combined=True)
    world.hub.shown([quote_shown(9)])
    told = plain.last()
    assert told["u"] == 9
    assert wrapped.last() == {"stream": "btcusdt@bookTicker", "data": told}


def test_a_message_is_framed_once_for_all_who_hear_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    channels = [world.hear("btcusdt@trade") for _ in range(20)]
    made: list[bytes] = []

    def counted(text: bytes) -> bytes:
        made.append(text)
        return text_frame(text)

    monkeypatch.setattr(topic_room, "text_frame", counted)
    world.hub.shown([traded(1)])
    assert len(made) == 1
    assert all(channel.frames == channels[0].frames for channel in channels)
    assert all(channel.frames[0] is channels[0].frames[0] for channel in channels)


def test_a_stream_of_all_symbols_hears_every_one() -> None:
    world = World()
    channel = world.hear("!bookTicker")
    world.hub.shown([quote_shown(1), quote_shown(2, "ETHUSDT")])
    assert [each["s"] for each in channel.said()] == [SYMBOL, "ETHUSDT"]


def test_who_left_hears_nothing_more() -> None:
    world = World()
    stays, leaves = world.hear("btcusdt@trade"), world.hear("btcusdt@trade")
    world.hub.unsubscribe(leaves, "btcusdt@trade")
    world.hub.shown([traded(1)])
    assert leaves.said() == []
    assert len(stays.said()) == 1


def test_depth_is_gathered_for_its_speed_and_joins_without_a_gap() -> None:
    world = World()
    channel = world.hear("btcusdt@depth@100ms")
    world.hub.shown([depth(11, 12, 10, [BID]), depth(13, 15, 12, [(BID[0], dec("3.000"))])])
    world.wait(99)
    assert channel.said() == []
    world.wait(1)
    first = channel.last()
    assert (first["U"], first["u"], first["pu"]) == (11, 15, 10)
    assert first["b"] == [["61800.20", "3.000"]]
    world.hub.shown([depth(16, 16, 15, [BID])])
    world.wait(100)
    second = channel.last()
    assert (second["U"], second["u"], second["pu"]) == (16, 16, first["u"])
    world.wait(100)
    assert channel.said() == [], "nothing changed, and something was told"


def test_each_speed_tells_all_changes_once() -> None:
    world = World()
    quick, slow, at_once = (
        world.hear("btcusdt@depth@100ms"),
        world.hear("btcusdt@depth"),
        world.hear("btcusdt@depth@0ms"),
    )
    changes = [depth(n, n, n - 1, [(dec(str(60000 + n)), dec("1"))]) for n in range(1, 51)]
    for change in changes:
        world.hub.shown([change])
        world.wait(10)
    world.wait(500)
    for channel in (quick, slow, at_once):
        told = channel.said()
        assert told[0]["U"] == 1
        assert told[-1]["u"] == 50
        assert all(after["pu"] == before["u"] for before, after in pairwise(told))
        levels = [level for each in told for level in each["b"]]
        assert len(levels) == 50
    assert len(at_once.frames) == 50
    assert len(slow.frames) < len(quick.frames) < 50


def test_a_gap_of_the_feed_stays_a_gap_of_the_stream() -> None:
    world = World()
    channel = world.hear("btcusdt@depth@100ms")
    world.hub.shown([depth(11, 12, 10, [BID]), depth(21, 22, 20, [BID])])
    world.wait(100)
    told = channel.said()
    assert [(each["U"], each["u"], each["pu"]) for each in told] == [(11, 12, 10), (21, 22, 20)]


def test_spots_bids_fall_and_futures_rise_as_upstream() -> None:
    sides = [(dec("2.0"), dec("1")), (dec("3.0"), dec("1")), (dec("1.0"), dec("1"))]
    found = {}
    for market in Market:
        world = World(market)
        channel = world.hear("btcusdt@depth@0ms")
        world.hub.shown([depth(1, 1, 0, sides, sides)])
        told = channel.last()
        found[market] = ([p[0] for p in told["b"]], [p[0] for p in told["a"]])
    assert found[Market.USDM] == (["1.0", "2.0", "3.0"], ["1.0", "2.0", "3.0"])
    assert [text[:3] for text in found[Market.SPOT][0]] == ["3.0", "2.0", "1.0"]
    assert [text[:3] for text in found[Market.SPOT][1]] == ["1.0", "2.0", "3.0"]


def test_the_top_of_the_book_is_told_at_first_and_when_it_changed() -> None:
    world = World()
    world.market.book = book(20)
    channel = world.hear("btcusdt@depth5@100ms")
    world.wait(100)
    assert channel.last()["u"] == 20
    world.wait(100)
    assert channel.said() == []
    world.hub.shown([depth(21, 22, 20, [BID]), depth(23, 24, 22, [BID])])
    world.market.book = book(24)
    world.wait(100)
    told = channel.last()
    assert (told["U"], told["u"], told["pu"]) == (21, 24, 20)


def test_an_open_candle_is_told_at_its_speed_and_a_closed_one_at_once() -> None:
    world = World(Market.SPOT)
    channel = world.hear("btcusdt@kline_1m")
    world.hub.shown([candle(close="61800.10"), candle(close="61800.30"), candle(interval="5m", close="1.00")])
    world.wait(1_999)
    assert channel.said() == []
    world.wait(1)
    told = channel.said()
    assert [each["k"]["c"] for each in told] == ["61800.30000000"]
    world.hub.shown([candle(), candle(is_closed=True)])
    assert [each["k"]["x"] for each in channel.said()] == [True]
    world.wait(2_000)
    assert channel.said() == [], "a candle was told as open after it was closed"


def test_a_candle_of_a_perpetual_contract_is_told_under_its_pair() -> None:
    world = World(Market.USDM)
    channel = world.hear("btcusdt_perpetual@continuousKline_1m")
    world.hub.shown([candle(), candle(interval="5m")])
    world.wait(250)
    (told,) = channel.said()
    assert {key: told[key] for key in ("e", "ps", "ct")} == {
        "e": "continuous_kline",
        "ps": SYMBOL,
        "ct": "PERPETUAL",
    }
    assert (told["k"]["i"], told["k"]["c"], "s" in told["k"]) == ("1m", "61800.30", False)
    world.hub.shown([candle(is_closed=True)])
    assert [each["k"]["x"] for each in channel.said()] == [True]


def test_tickers_are_told_each_second_and_only_those_that_changed() -> None:
    world = World()
    world.market.day_of = {SYMBOL: day(), "ETHUSDT": day("ETHUSDT")}
    channel = world.hear("!miniTicker@arr")
    world.wait(1_000)
    assert len(json.loads(channel.texts[-1])) == 2
    channel.texts.clear()
    world.wait(1_000)
    assert channel.texts == []
    world.hub.shown([traded(1, "ETHUSDT")])
    world.wait(1_000)
    assert [each["s"] for each in json.loads(channel.texts[-1])] == ["ETHUSDT"]


def test_marks_are_told_by_the_clock_whether_they_changed_or_not() -> None:
    world = World()
    world.market.mark_of = {SYMBOL: mark_shown()}
    each_second, slow, every = (
        world.hear("btcusdt@markPrice@1s"),
        world.hear("btcusdt@markPrice"),
        world.hear("!markPrice@arr@1s"),
    )
    for _ in range(6):
        world.wait(1_000)
    assert (len(each_second.said()), len(slow.said()), len(every.frames)) == (6, 2, 6)
    assert [each["s"] for each in json.loads(every.texts[-1])] == [SYMBOL]


def test_spots_average_price_is_told_when_there_was_a_trade() -> None:
    world = World(Market.SPOT)
    world.market.candles, world.market.traded = [candle()], [traded(1)]
    channel = world.hear("btcusdt@avgPrice")
    world.hub.shown([traded(1)])
    world.wait(1_000)
    assert channel.last()["w"] == "61800.25000000"
    world.wait(1_000)
    assert channel.said() == []


def test_a_symbol_that_is_not_listed_is_heard_in_silence() -> None:
    world = World()
    channel = world.hear("dogeusdt@markPrice@1s", "dogeusdt@depth5@100ms", "dogeusdt@ticker")
    world.wait(5_000)
    assert channel.said() == []


def test_a_message_is_late_lost_doubled_or_reordered_as_the_interference_says() -> None:
    scripted = Scripted()
    world = World(interference=scripted)
    channel = world.hear("btcusdt@trade")
    scripted.pushes = lambda message: [(0, message), (250, message)] if b'"t":1,' in message else []
    world.hub.shown([traded(1), traded(2)])
    assert [each["t"] for each in channel.said()] == [1]
    scripted.pushes = lambda message: [(0, message)]
    world.hub.shown([traded(3)])
    world.later.run()
    assert [each["t"] for each in channel.said()] == [3, 1]
    assert scripted.streams == ["btcusdt@trade"] * 3


def test_who_left_before_a_late_message_does_not_hear_it() -> None:
    scripted = Scripted()
    world = World(interference=scripted)
    channel = world.hear("btcusdt@trade")
    scripted.pushes = lambda message: [(100, message)]
    world.hub.shown([traded(1)])
    world.hub.unsubscribe(channel, "btcusdt@trade")
    world.later.run()
    assert channel.said() == []


def test_event_time_is_the_exchanges_clock() -> None:
    world = World()
    channel = world.hear("btcusdt@trade")
    world.exchange.at_ms = NOW_MS + 12_345
    world.hub.shown([traded(1)])
    assert channel.last()["E"] == NOW_MS + 12_345
