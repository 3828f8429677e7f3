"""Market streams against a real WebSocket server: what the network and the venue do to them, they survive and tell."""

import asyncio
from itertools import pairwise

import pytest

from interlock.ports.exchange.words import Market
from interlock.venues.binance.parse.market_values import BookHeard, DiffHeard, Origin, QuoteHeard, TradeHeard
from interlock.venues.binance.streams.facts import (
    ConnectFailed,
    DepthLost,
    DepthSynced,
    Disordered,
    FrameUnreadable,
    ReadTrouble,
    Repeated,
    StreamBack,
    StreamLost,
)
from interlock.venues.binance.streams.feed import FeedTerms
from interlock.venues.binance.streams.reads import NotRead
from interlock.venues.binance.streams.routes import Asking, Want
from interlock.venues.binance.streams.socket import SocketBounds
from tests.integration.market_bench import (
    DOWN_S,
    OVERLAP_S,
    ROTATION_S,
    ROUND_S,
    SNAPSHOT_RETRY_S,
    MarketBench,
    run_bounded,
)
from tests.integration.scripted_venue import (
    START_NS,
    book_body,
    quote_body,
    running,
    trade_frame,
    trades_body,
)


@pytest.mark.parametrize("market", [Market.SPOT, Market.USDM])
def test_a_book_is_whole_once_the_snapshot_joins_and_values_carry_both_clocks(market: Market) -> None:
    bench = MarketBench(market)

    async def test() -> None:
        async with running(bench.venue, bench.stream(Want.DEPTH, Want.TRADES)):
            await bench.synced(1)
            assert bench.market_stream.is_synced("BTCUSDT")
            await bench.venue.tell(1, trade_frame("BTCUSDT", 5))
            trade = await bench.told.until(TradeHeard)
            assert (trade.trade_id, trade.price_e8, trade.venue_at_ns) == (5, 10_100_000_000, 1_700_000_000_001_000_000)
            assert trade.heard_at_ns > START_NS
            (book, *_), (synced, *_) = bench.told.of(BookHeard), bench.told.of(DepthSynced)
            assert bench.told.all.index(book) < bench.told.all.index(synced)
        prefix = "/public" if market is Market.USDM else ""
        assert bench.venue.paths[0] == f"{prefix}/stream?streams=btcusdt@depth@100ms/btcusdt@trade"

    run_bounded(test)


def test_streams_asked_for_in_band_are_up_only_once_that_is_acknowledged() -> None:
    bench = MarketBench()
    refusal: list[object] = [{"error": {"code": 2, "msg": "Invalid request"}, "id": 1}]
    bench.venue.reply = lambda asked: refusal.pop() if refusal else {"result": None, "id": asked["id"]}

    async def test() -> None:
        async with running(bench.venue, bench.stream(Want.QUOTES, asking=Asking.IN_BAND)):
            back = await bench.told.until(StreamBack)
            assert back.lost_at_ns is None
            failed = bench.told.all[0]
            assert isinstance(failed, ConnectFailed)
            assert "2 Invalid request" in failed.why
            assert len(bench.venue.connections) == 2
            async with asyncio.timeout(2):
                await (await bench.venue.connected(1)).wait_closed()  # what was refused is not left open
            asked = [each for number, each in bench.venue.heard if number == 2]
            assert asked[0]["method"] == "SUBSCRIBE"
            assert asked[0]["params"] == ["btcusdt@bookTicker"]
        assert bench.venue.paths == ["/ws", "/ws"]

    run_bounded(test)


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 4000, None])
def test_a_cut_stream_is_told_connected_anew_and_its_book_made_whole_again(code: int | None) -> None:
    bench = MarketBench(Market.USDM)

    async def test() -> None:
        async with running(bench.venue, bench.stream(Want.DEPTH)):
            await bench.synced(1)
            connection = await bench.venue.connected(1)
            if code is None:
                connection.transport.abort()
            else:
                await connection.close(code, "as the test says")
            lost = await bench.told.until(StreamLost)
            assert code is None or str(code) in lost.why
            assert [type(each) for each in bench.told.all][-2:] == [StreamLost, DepthLost]
            back = await bench.told.until(StreamBack, 2)
            assert START_NS < back.lost_at_ns <= lost.at_ns
            bench.diff()  # missed while nobody listened
            await bench.synced(2, count=2)
            assert [each.found for each in bench.told.of(DepthLost)] == [-1]

    run_bounded(test)


def test_a_venue_that_is_away_is_tried_again_with_longer_waits() -> None:
    bench = MarketBench()

    async def test() -> None:
        async with running(bench.venue, bench.stream(Want.QUOTES)):
            await bench.told.until(StreamBack)
            await bench.venue.shut()
            await bench.told.until(ConnectFailed, 5)
            waits_ms = [each.wait_ms for each in bench.told.of(ConnectFailed)][:5]
            assert waits_ms == sorted(waits_ms)
            assert waits_ms[-1] >= 8 * waits_ms[0]
            await bench.venue.open()
            await bench.told.until(StreamBack, 2)

    run_bounded(test)


def test_a_rotation_overlaps_and_neither_loses_nor_repeats_anything() -> None:
    bench = MarketBench()

    async def test() -> None:
        async with running(bench.venue, bench.stream(Want.DEPTH, Want.TRADES)):
            await bench.synced(1)
            await bench.venue.tell(1, trade_frame("BTCUSDT", 1))
            await bench.told.until(TradeHeard)
            before = len(bench.told.of(DiffHeard))
            await bench.hands.let_go(*ROTATION_S)
            await bench.venue.connected(2)
            diffs = [bench.diff() for _ in range(6)]
            # The new socket runs ahead of the old one by two, then the old one brings the rest.
            await bench.venue.tell(2, *diffs[2:5], trade_frame("BTCUSDT", 3), trade_frame("BTCUSDT", 4))
            await bench.told.until(TradeHeard, 3)
            await bench.venue.tell(1, *diffs[:5], *(trade_frame("BTCUSDT", each) for each in (2, 3, 4)))
            await bench.told.until(TradeHeard, 4)
            await bench.told.until(DiffHeard, before + 5)
            await bench.hands.let_go(OVERLAP_S)
            old = await bench.venue.connected(1)
            await old.wait_closed()
            assert old.close_code == 1000
            await bench.venue.tell(2, diffs[5], trade_frame("BTCUSDT", 5))
            await bench.told.until(TradeHeard, 5)
            assert sorted(each.trade_id for each in bench.told.of(TradeHeard)) == [1, 2, 3, 4, 5]
            assert len(bench.told.of(DiffHeard)) == before + 6
            ids = [(each.first_id, each.final_id) for each in bench.told.of(DiffHeard)]
            assert all(one[1] + 1 == two[0] for one, two in pairwise(ids))
            for kind in (StreamLost, DepthLost, Repeated, Disordered):
                assert bench.told.of(kind) == []
            assert len(bench.told.of(StreamBack)) == 1

    run_bounded(test)


def test_a_venue_that_says_it_will_close_is_left_before_it_does() -> None:
    bench = MarketBench()

    async def test() -> None:
        async with running(bench.venue, bench.stream(Want.QUOTES)):
            await bench.told.until(StreamBack)
            await bench.venue.tell(1, {"e": "serverShutdown", "E": 1})
            await bench.venue.connected(2)
            await bench.hands.let_go(OVERLAP_S)
            await (await bench.venue.connected(1)).wait_closed()
            assert bench.told.of(StreamLost) == []

    run_bounded(test)


def test_a_gap_is_told_and_healed_on_the_same_socket() -> None:
    bench = MarketBench()

    async def test() -> None:
        async with running(bench.venue, bench.stream(Want.DEPTH)):
            await bench.synced(1)
            bench.diff()
            lost = bench.diff()
            await bench.venue.tell(1, lost)
            gap = await bench.told.until(DepthLost)
            assert gap.found == gap.expected + 2
            await bench.synced(1, count=2)
            assert len(bench.venue.connections) == 1

    run_bounded(test)


def test_garbled_frames_are_named_and_the_stream_goes_on() -> None:
    bench = MarketBench()
    quote = {"u": 1, "s": "BTCUSDT", "b": "1", "B": "1", "a": "2", "A": "1"}

    async def test() -> None:
        async with running(bench.venue, bench.stream(Want.QUOTES)):
            await bench.told.until(StreamBack)
            await bench.venue.tell(
                1, '{"u":1,"s":', b"\xff\x00", quote | {"b": "1e5"}, {"result": None, "id": 9}, quote
            )
            assert (await bench.told.until(QuoteHeard)).update_id == 1
            told = [each.what for each in bench.told.of(FrameUnreadable)]
            assert len(told) == 4
            assert "b is '1e5'" in told[2]
            assert "nobody asked" in told[3]
            await bench.venue.tell(1, "x" * 20_000)  # more than a frame may hold: the socket is not to be trusted
            assert "1009" in (await bench.told.until(StreamLost)).why
            await bench.venue.connected(2)

    run_bounded(test)


def test_while_the_stream_is_down_the_market_is_asked_for_and_labelled_and_trades_stay_whole() -> None:
    bench = MarketBench()
    bench.reads.answers |= {"bookTicker": lambda: quote_body("BTCUSDT"), "trades": lambda: trades_body(3, 4)}

    async def test() -> None:
        async with running(bench.venue, bench.stream(*(Want.DEPTH, Want.QUOTES, Want.TRADES))):
            await bench.synced(1)
            await bench.venue.tell(1, trade_frame("BTCUSDT", 5))
            await bench.told.until(TradeHeard)
            bench.reads.answers["trades"] = lambda: trades_body(4, 5, 6)
            await bench.venue.shut()
            await bench.told.until(StreamLost)
            await bench.hands.let_go(DOWN_S)
            asked = await bench.told.until(TradeHeard, 2)
            assert (asked.trade_id, asked.origin) == (6, Origin.FALLBACK)
            assert bench.told.of(QuoteHeard)[-1].origin is Origin.FALLBACK
            assert bench.told.of(BookHeard)[-1].origin is Origin.FALLBACK
            bench.reads.answers["trades"] = lambda: trades_body(6, 7, 8)
            await bench.venue.open()
            await bench.told.until(StreamBack, 2)
            await bench.venue.tell(2, trade_frame("BTCUSDT", 9))
            await bench.told.until(TradeHeard, 3)
            await bench.hands.let_go(ROUND_S)
            await bench.told.until(TradeHeard, 5)
            assert sorted(each.trade_id for each in bench.told.of(TradeHeard)) == [5, 6, 7, 8, 9]

    run_bounded(test)


def test_a_snapshot_that_cannot_be_had_is_told_and_asked_for_again() -> None:
    bench = MarketBench()
    failures = [NotRead("status 503"), NotRead("status 503")]
    bench.reads.answers["depth"] = lambda: failures.pop() if failures else book_body(bench.update_id)

    async def test() -> None:
        async with running(bench.venue, bench.stream(Want.DEPTH)):
            await bench.synced(1)
            troubles = [each for each in bench.told.of(ReadTrouble) if each.what == "the snapshot"]
            assert [each.why for each in troubles] == ["status 503", "status 503"]

    run_bounded(test)


def test_a_symbol_whose_snapshot_cannot_be_had_delays_no_other() -> None:
    bench = MarketBench(symbols=("BADUSDT", "BTCUSDT"), held_s=(SNAPSHOT_RETRY_S,))
    bench.reads.refused = b"BADUSDT"

    async def test() -> None:
        async with running(bench.venue, bench.stream(Want.DEPTH)):
            await bench.synced(1)
            assert [each.symbol for each in bench.told.of(ReadTrouble)] == ["BADUSDT"]  # it waits to ask again
            bench.diff()  # never comes
            await bench.venue.tell(1, bench.diff())
            await bench.told.until(DepthLost)
            await bench.synced(1, count=2)
            assert len(bench.told.of(ReadTrouble)) == 1
            bench.reads.refused = b"no symbol"
            await bench.hands.let_go(SNAPSHOT_RETRY_S)
            asked = bench.reads.count("depth")
            while bench.reads.count("depth") == asked:
                await asyncio.sleep(0)

    run_bounded(test)


def test_a_snapshot_asked_for_before_the_stream_was_lost_is_not_joined_to_what_came_after() -> None:
    bench = MarketBench()

    async def test() -> None:
        bench.reads.gate = gate = asyncio.Event()
        async with running(bench.venue, bench.stream(Want.DEPTH)):
            await bench.told.until(StreamBack)
            while not bench.reads.count("depth"):
                await asyncio.sleep(0)
            await (await bench.venue.connected(1)).close(1001)
            await bench.told.until(StreamBack, 2)
            bench.reads.gate = None
            await bench.venue.tell(2, bench.diff(), bench.diff())  # the old snapshot would fit
            gate.set()
            await bench.synced(2)
            assert bench.reads.count("depth") > 1
            assert bench.told.of(BookHeard)[0].update_id > 100

    run_bounded(test)


def test_a_socket_that_is_closed_while_it_asks_is_given_up_at_once() -> None:
    bench = MarketBench()
    bench.venue.reply = None

    async def test() -> None:
        async with running(bench.venue, bench.stream(Want.QUOTES, asking=Asking.IN_BAND)):
            await bench.venue.said(1)
            bench.venue.reply = lambda asked: {"result": None, "id": asked["id"]}
            await (await bench.venue.connected(1)).close(1008, "no")
            await bench.told.until(StreamBack)
            assert [each.why for each in bench.told.of(ConnectFailed)] == [
                "GreetingRefused: closed: received 1008 (policy violation) no; then sent 1008 (policy violation) no"
            ]

    run_bounded(test)


def test_a_socket_that_is_never_greeted_back_is_given_up_after_its_bound() -> None:
    bench = MarketBench()
    bench.venue.reply = None
    terms = FeedTerms(socket=SocketBounds(open_ms=60, overlap_ms=7_000), check_every_ms=3_000)

    async def test() -> None:
        async with running(bench.venue, bench.stream(Want.QUOTES, asking=Asking.IN_BAND, terms=terms)):
            failed = await bench.told.until(ConnectFailed, 2)
            assert "TimeoutError" in failed.why
            assert bench.told.of(StreamBack) == []
            bench.venue.reply = lambda asked: {"result": None, "id": asked["id"]}
            await bench.told.until(StreamBack)

    run_bounded(test)
