"""Reads over real sockets: what is asked, what comes of it, and what is held back."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

from interlock.ports.exchange.words import Market
from interlock.units.time import NS_PER_MS, NS_PER_S
from interlock.venues.binance.asking import WAITING_MAX, Asker, ReadFailed, Security, Why
from interlock.venues.binance.budget import Budget, RateLimits
from interlock.venues.binance.endpoints import Place
from interlock.venues.binance.filter_cache import FilterCache
from interlock.venues.binance.parse.queries import AccountFound, DepthFound, OrderFound
from interlock.venues.binance.requests import Wanted
from interlock.venues.binance.rest import RestReads
from interlock.venues.binance.server_time import ServerTime
from interlock.venues.binance.signing import HmacSigner
from tests.unit.venues.binance.scripted_venue import (
    KEY,
    RESET,
    SECRET,
    SILENT_ACT,
    Act,
    ScriptedVenue,
    WallClock,
    refusal,
)
from tests.unit.venues.binance.test_filter_cache import body as exchange_info

LIMITS = RateLimits(weight_minute_max=2_400, orders_10s_max=300, orders_minute_max=1_200)
ORDER = {
    "symbol": "BTCUSDT",
    "orderId": 1,
    "clientOrderId": "a",
    "status": "NEW",
    "origQty": "2",
    "executedQty": "1",
    "updateTime": 1_700_000_000_000,
}


class Reading:
    """A read side at a scripted venue."""

    def __init__(self, venue: ScriptedVenue, market: Market, patience_ms_max: int) -> None:
        self.venue = venue
        self.clock = WallClock()
        self.time = ServerTime()
        self.budget = Budget(LIMITS)
        self.asker = Asker(
            Place("127.0.0.1", venue.port, False),
            HmacSigner(KEY, SECRET),
            self.clock,
            self.budget,
            self.time,
            asyncio.get_running_loop(),
            seed=3,
            patience_ms_max=patience_ms_max,
        )
        self.reads = RestReads(market, self.asker)


@asynccontextmanager
async def reading(
    script: Sequence[Act] = (), market: Market = Market.USDM, patience_ms_max: int = 5_000
) -> AsyncIterator[Reading]:
    """Run a venue and a read side that connects to it."""
    venue = ScriptedVenue(script)
    server = await venue.serve()
    found = Reading(venue, market, patience_ms_max)
    found.asker.start()
    try:
        yield found
    finally:
        found.asker.close()
        venue.gate.set()
        venue.drop_all()
        server.close()
        await asyncio.sleep(0)
        await server.wait_closed()
        while venue._open:
            await asyncio.sleep(0.001)


def answer(body: object) -> Act:
    return Act(body=json.dumps(body).encode())


def run(scenario: Coroutine[None, None, None]) -> None:
    asyncio.run(scenario)


def test_a_signed_read_is_signed_and_typed() -> None:
    async def scenario() -> None:
        async with reading([answer(ORDER), answer([ORDER])]) as found:
            order = await found.reads.order("BTCUSDT", "a")
            assert isinstance(order, OrderFound)
            assert (order.order_id, order.filled) == ("a", Decimal(1))
            assert isinstance(await found.reads.open_orders(), tuple)
            one, other = found.venue.heard
            assert {"origClientOrderId", "timestamp", "recvWindow", "signature"} <= one.query.keys()
            assert one.headers["X-MBX-APIKEY"] == KEY
            assert (other.path, "symbol" in other.query) == ("/fapi/v1/openOrders", False)

    run(scenario())


def test_market_data_is_asked_without_key_or_signature() -> None:
    async def scenario() -> None:
        depth = {"lastUpdateId": 7, "bids": [["1.0", "2"]], "asks": []}
        async with reading([answer(depth)], Market.SPOT) as found:
            assert isinstance(await found.reads.depth("BTCUSDT", 100), DepthFound)
            (heard,) = found.venue.heard
            assert (heard.path, heard.query) == ("/api/v3/depth", {"symbol": "BTCUSDT", "limit": "100"})
            assert "X-MBX-APIKEY" not in heard.headers

    run(scenario())


def test_each_market_has_its_own_account() -> None:
    async def scenario() -> None:
        spot = {"balances": [{"asset": "BTC", "free": "1", "locked": "2"}]}
        async with reading([answer(spot)], Market.SPOT) as found:
            account = await found.reads.account()
            assert isinstance(account, AccountFound)
            assert (account.balances[0].total, account.balances[0].free) == (Decimal(3), Decimal(1))
        async with reading([answer({"assets": [], "positions": []})]) as found:
            assert await found.reads.account() == AccountFound(balances=(), positions=())
            assert found.venue.heard[0].path == "/fapi/v2/account"

    run(scenario())


def test_a_read_that_brings_nothing_says_why() -> None:
    async def scenario() -> None:
        script = [refusal(-2013, "Order does not exist."), answer({}), RESET, Act(502, b"<html>")]
        async with reading(script) as found:
            whys = []
            for _ in script:
                failed = await found.reads.order("BTCUSDT", "a")
                assert isinstance(failed, ReadFailed)
                whys.append((failed.why, failed.code))
            assert whys == [(Why.REFUSED, -2013), (Why.UNREADABLE, 0), (Why.UNANSWERED, 0), (Why.UNREADABLE, 0)]

    run(scenario())


def test_a_read_without_an_answer_ends_and_its_connection_with_it() -> None:
    async def scenario() -> None:
        async with reading([SILENT_ACT, answer(ORDER)], patience_ms_max=50) as found:
            failed = await found.reads.order("BTCUSDT", "a")
            assert isinstance(failed, ReadFailed)
            assert failed.why is Why.UNANSWERED
            assert isinstance(await found.reads.order("BTCUSDT", "a"), OrderFound)

    run(scenario())


def test_reads_are_held_back_at_their_share_and_after_the_venues_word_with_nothing_sent() -> None:
    async def scenario() -> None:
        used = Act(body=json.dumps(ORDER).encode(), headers=("X-MBX-USED-WEIGHT-1M: 1680",))
        async with reading([used]) as found:
            assert isinstance(await found.reads.order("BTCUSDT", "a"), OrderFound)
            failed = await found.reads.order("BTCUSDT", "a")
            assert isinstance(failed, ReadFailed)
            assert (failed.why, failed.wait_ns > 0) == (Why.HELD_BACK, True)
            assert found.budget.exit_wait_ns(found.clock.now_ns()) == 0
            assert len(found.venue.heard) == 1
        async with reading([refusal(-1003, "Too much.", 429, "Retry-After: 9")]) as found:
            assert isinstance(await found.reads.exchange_info(), ReadFailed)
            held_info = await found.reads.exchange_info()
            assert isinstance(held_info, ReadFailed)
            assert held_info.why is Why.HELD_BACK
            assert 8 * NS_PER_S < held_info.wait_ns <= 9 * NS_PER_S
            held = await found.reads.measure_time()
            assert held is not None
            assert len(found.venue.heard) == 1

    run(scenario())


def test_the_queue_of_reads_is_bounded() -> None:
    async def scenario() -> None:
        async with reading() as found:
            found.venue.gate.clear()
            asks = [
                asyncio.ensure_future(found.asker.ask(Wanted(b"GET", b"/x"), 0, Security.OPEN))
                for _ in range(WAITING_MAX + 1)
            ]
            done, waiting = await asyncio.wait(asks, return_when=asyncio.FIRST_COMPLETED)
            (failed,) = [each.result() for each in done]
            assert isinstance(failed, ReadFailed)
            assert failed.why is Why.TOO_MANY
            found.asker.close()
            for each in await asyncio.gather(*waiting):
                assert isinstance(each, ReadFailed)

    run(scenario())


def test_the_time_is_measured_within_its_bound_and_again_after_a_refusal_by_time() -> None:
    async def scenario() -> None:
        async with reading() as found:
            ahead_ms = 90_000
            venue_ms = found.clock.now_ns() // NS_PER_MS + ahead_ms
            found.venue.script = [
                answer({"serverTime": venue_ms}),
                refusal(-1021, "Timestamp for this request is outside of the recvWindow."),
                answer({"serverTime": venue_ms + 5_000}),
            ]
            assert await found.reads.measure_time() is None
            offset = found.time.offset(found.clock.now_ns())
            assert offset is not None
            assert abs(offset.offset_ns - ahead_ms * NS_PER_MS) <= 2 * offset.error_ns + NS_PER_MS
            assert isinstance(await found.reads.order("BTCUSDT", "a"), ReadFailed)
            again = found.time.offset(found.clock.now_ns())
            assert again is not None
            assert again.offset_ns - offset.offset_ns > 4_000 * NS_PER_MS
            assert [each.path for each in found.venue.heard] == ["/fapi/v1/time", "/fapi/v1/order", "/fapi/v1/time"]

    run(scenario())


def test_filters_are_fetched_once_an_hour_or_when_forced(tmp_path: Path) -> None:
    async def scenario() -> None:
        script = [Act(body=exchange_info()), Act(body=exchange_info("0.20")), answer({"symbols": [{}]})]
        async with reading(script) as found:
            cache = FilterCache(tmp_path, "usdm")
            for _ in range(2):
                instruments = await found.reads.instruments(cache)
                assert isinstance(instruments, dict)
                assert str(instruments["BTCUSDT"].price_tick) == "0.1"
            assert len(found.venue.heard) == 1
            found.clock.shift_ns = 3_600 * NS_PER_S
            instruments = await found.reads.instruments(cache)
            assert isinstance(instruments, dict)
            assert str(instruments["BTCUSDT"].price_tick) == "0.2"
            failed = await found.reads.instruments(cache, is_forced=True)
            assert isinstance(failed, ReadFailed)
            assert failed.why is Why.UNREADABLE

    run(scenario())


def test_a_read_that_is_called_off_while_it_is_on_its_way_blocks_no_later_one() -> None:
    async def scenario() -> None:
        async with reading([SILENT_ACT, SILENT_ACT, answer(ORDER)], patience_ms_max=2_000) as found:
            called_off = [asyncio.create_task(found.reads.order("BTCUSDT", "a")) for _ in range(2)]
            await found.venue.wait_for(2)
            for task in called_off:
                task.cancel()
            assert [type(each) for each in await asyncio.gather(*called_off, return_exceptions=True)] == [
                asyncio.CancelledError
            ] * 2
            assert isinstance(await found.reads.order("BTCUSDT", "a"), OrderFound)

    run(scenario())


def test_who_calls_off_what_is_not_in_flight_any_more_leaves_the_next_read_alone() -> None:
    async def scenario() -> None:
        async with reading() as found:
            found.venue.gate.clear()
            reads = [asyncio.create_task(found.reads.order("BTCUSDT", "a")) for _ in range(2)]
            await found.venue.wait_for(2)
            one, other = found.asker.connections
            on_one = one._exchange
            assert on_one is not None
            other.give_up(on_one, "it is not on its way here")
            assert [each._exchange is not None for each in (one, other)] == [True, True]
            one.give_up(on_one, "it is on its way here")
            assert [each._exchange is not None for each in (one, other)] == [False, True]
            for read in reads:
                read.cancel()
            await asyncio.wait(reads)

    run(scenario())
