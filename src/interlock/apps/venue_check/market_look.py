"""One market looked at: clock, filters, account, orders, streams, and the order line by a cancel of what never was."""

import asyncio
import random
import ssl
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from msgspec import Struct

from interlock.apps.venue_check.report import Looked
from interlock.messages.effects import QueryOrder
from interlock.messages.observations import CancelRejectReported, Observation
from interlock.ports.clock import Clock
from interlock.ports.exchange.words import Market
from interlock.ports.latch import Latch
from interlock.units.instruments import Instrument
from interlock.units.time import NS_PER_MS, duration_text
from interlock.venues.binance.asking import Asker, ReadFailed
from interlock.venues.binance.budget import RATE_LIMITS, Budget
from interlock.venues.binance.endpoints import Endpoints, Place
from interlock.venues.binance.filter_cache import FilterCache
from interlock.venues.binance.line.lane import Lane, LaneHearers
from interlock.venues.binance.line.order_line import OrderLine
from interlock.venues.binance.parse.errors import UNKNOWN_ORDER
from interlock.venues.binance.parse.market_values import BookHeard, QuoteHeard, TradeHeard
from interlock.venues.binance.rest import RestReads
from interlock.venues.binance.server_time import ServerTime
from interlock.venues.binance.signing import Signer
from interlock.venues.binance.streams.account import AccountSurroundings, is_of_our_making
from interlock.venues.binance.streams.asked_reads import AskedReads
from interlock.venues.binance.streams.facts import ConnectFailed, FrameUnreadable, MarketOut, ReadTrouble, StreamBack
from interlock.venues.binance.streams.feed import Surroundings
from interlock.venues.binance.streams.market_stream import MarketStream
from interlock.venues.binance.streams.spot_user_stream import SpotUserStream, Way
from interlock.venues.binance.streams.states.user_intake import UserOut
from interlock.venues.binance.streams.user_stream import FuturesUserStream

NEVER_PLACED = "il0-0-0"
"""An id of our form that no log can give: record 0 is never an order."""
_ROUND_TRIPS = 3
_SYMBOLS_MAX = 5
_PREFERRED = ("BTCUSDT", "ETHUSDT")


class MarketLook(Struct):
    """What a market is looked at with. Errors of the venue become looks that are not good; none is raised."""

    market: Market
    endpoints: Endpoints
    signer: Signer
    latch: Latch
    clock: Clock
    filters: Path
    symbols: tuple[str, ...]
    seconds: int

    async def looks(self) -> list[Looked]:
        """Try everything in order, each within its time."""
        loop = asyncio.get_running_loop()
        place = self.endpoints.spot if self.market is Market.SPOT else self.endpoints.usdm
        budget, server_time = Budget(RATE_LIMITS[self.market]), ServerTime()
        tls = ssl.create_default_context() if place.is_tls else None
        asker = Asker(place, self.signer, self.clock, budget, server_time, loop, 1, self.seconds * 1_000, tls)
        asker.start()
        try:
            reads = RestReads(self.market, asker)
            looks = [await self._clock_look(reads, server_time)]
            found, look = await self._filters_look(reads)
            looks += [look, await self._account_look(reads), await self._orders_look(reads)]
            if found:
                looks.append(await self._market_stream_look(asker, self._chosen(found), tls))
            looks.append(await self._user_stream_look(asker, server_time, tls))
            looks.append(await self._order_line_look(place, budget, server_time, tls))
        finally:
            asker.close()
        return looks

    # --- Requests --------------------------------------------------------------------------------------------------

    async def _clock_look(self, reads: RestReads, server_time: ServerTime) -> Looked:
        for _ in range(_ROUND_TRIPS):
            failed = await reads.measure_time()
            if failed is not None:
                return self._bad("clock", failed)
        offset = server_time.offset(self.clock.now_ns())
        assert offset is not None, "three round trips were measured"
        ahead, error = duration_text(offset.offset_ns), duration_text(offset.error_ns)
        return self._good("clock", f"the venue is ahead by {ahead}, give or take {error}")

    async def _filters_look(self, reads: RestReads) -> tuple[dict[str, Instrument], Looked]:
        cache = FilterCache(self.filters, self.market.value)
        found = await reads.instruments(cache, is_forced=True)
        if isinstance(found, ReadFailed):
            return {}, self._bad("filters", found)
        tradable = sum(each.is_tradable for each in found.values())
        told = f"{len(found)} symbol(s), {tradable} of them tradable; kept for `interlock filters`"
        return found, Looked(market=self.market.value, what="filters", is_good=tradable > 0, told=told)

    async def _account_look(self, reads: RestReads) -> Looked:
        found = await reads.account()
        if isinstance(found, ReadFailed):
            return self._bad("account", found)
        return self._good("account", f"{len(found.balances)} balance(s), {len(found.positions)} position(s)")

    async def _orders_look(self, reads: RestReads) -> Looked:
        plain = await reads.open_orders()
        if isinstance(plain, ReadFailed):
            return self._bad("open orders", plain)
        if self.market is Market.SPOT:
            return self._good("open orders", f"{len(plain)} open")
        algos = await reads.open_algos()
        if isinstance(algos, ReadFailed):
            return self._bad("open orders", algos)
        return self._good("open orders", f"{len(plain)} open, and {len(algos)} conditional")

    # --- Streams ---------------------------------------------------------------------------------------------------

    async def _market_stream_look(self, asker: Asker, symbols: tuple[str, ...], tls: ssl.SSLContext | None) -> Looked:
        heard: Counter[str] = Counter()
        troubles: list[str] = []

        def tell(told: MarketOut) -> None:
            match told:
                case QuoteHeard() | TradeHeard() | BookHeard():
                    heard[type(told).__name__] += 1
                case ConnectFailed(why=why):
                    troubles.append(why)
                case FrameUnreadable() | ReadTrouble():
                    troubles.append(str(told))
                case _:
                    pass  # what a stream tells of itself in passing

        reads = AskedReads(self.market, asker)
        around = Surroundings(reads, self.clock, random.Random(2).random, asyncio.sleep, tell, tls)
        stream = MarketStream(self.endpoints, self.market, symbols, around)
        synced: list[str] = []

        def is_whole() -> bool:
            synced[:] = [symbol for symbol in symbols if stream.is_synced(symbol)]
            return len(synced) == len(symbols) and heard["QuoteHeard"] > 0

        await _run_until(stream.run, is_whole, self.seconds)
        told = (
            f"{', '.join(synced) or 'no'} book(s) whole of {', '.join(symbols)}; "
            f"{heard['QuoteHeard']} quote(s) and {heard['TradeHeard']} trade(s) heard"
        )
        if len(synced) == len(symbols) and heard["QuoteHeard"]:
            return self._good("market stream", told)
        why = f"; {troubles[0]}" if troubles else f" within {self.seconds} s"
        return Looked(market=self.market.value, what="market stream", is_good=False, told=told + why)

    async def _user_stream_look(self, asker: Asker, server_time: ServerTime, tls: ssl.SSLContext | None) -> Looked:
        is_up = asyncio.Event()
        troubles: list[str] = []

        def tell(told: UserOut) -> None:
            match told:
                case StreamBack():
                    is_up.set()
                case ConnectFailed(why=why):
                    troubles.append(why)
                case FrameUnreadable():
                    troubles.append(str(told))
                case _:
                    pass  # events of the account, which nothing here asks about

        around = AccountSurroundings(
            reads=AskedReads(self.market, asker),
            clock=self.clock,
            draw=random.Random(3).random,
            sleep=asyncio.sleep,
            tell=tell,
            rate=lambda asset: None,
            is_ours=is_of_our_making,
            tls=tls,
        )
        stream: FuturesUserStream | SpotUserStream
        if self.market is Market.USDM:
            stream = FuturesUserStream(self.endpoints, around)
        else:

            def venue_now_ms() -> int:
                return server_time.venue_ns(self.clock.now_ns()) // NS_PER_MS

            stream = SpotUserStream(self.endpoints, self.signer, Way.SIGNATURE, venue_now_ms, around)
        await _run_until(stream.run, is_up.is_set, self.seconds)
        if is_up.is_set():
            return self._good("user stream", "it is up")
        told = troubles[0] if troubles else f"it was not up within {self.seconds} s"
        return Looked(market=self.market.value, what="user stream", is_good=False, told=told)

    # --- The order line --------------------------------------------------------------------------------------------

    async def _order_line_look(
        self, place: Place, budget: Budget, server_time: ServerTime, tls: ssl.SSLContext | None
    ) -> Looked:
        """Ask to cancel an order that never was: the whole way of an order, and nothing can open by it."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Observation] = loop.create_future()

        def told(observation: Observation) -> None:
            if not answer.done():
                answer.set_result(observation)

        def asked(query: QueryOrder) -> None:
            raise AssertionError(f"{query.order_id} never was, and the venue has filled it")

        hearers = LaneHearers(told, asked, lambda: None, lambda code: None)
        account = "check"
        lane = Lane(
            *(account, self.market, place, self.signer, self.latch, self.clock, hearers, budget, server_time, loop),
            seed=4,
            tls=tls,
        )
        line = OrderLine([lane], self.clock, told, loop.call_soon)
        line.start()
        began_ns = self.clock.now_ns()
        try:
            line.cancel(account, self.symbols[0] if self.symbols else _PREFERRED[0], NEVER_PLACED)
            async with asyncio.timeout(self.seconds):
                heard = await answer
        except TimeoutError:
            told_text = f"a cancellation was not answered within {self.seconds} s"
            return Looked(market=self.market.value, what="order line", is_good=False, told=told_text)
        finally:
            line.close()
        took = duration_text(self.clock.now_ns() - began_ns)
        if isinstance(heard, CancelRejectReported) and heard.code == UNKNOWN_ORDER:
            return self._good(
                "order line", f"a cancellation of what never was came back refused in {took}, as it should"
            )
        text = heard.text if isinstance(heard, CancelRejectReported) else type(heard).__name__
        return Looked(
            market=self.market.value, what="order line", is_good=False, told=f"a cancellation came back: {text}"
        )

    # --- Words -----------------------------------------------------------------------------------------------------

    def _chosen(self, found: dict[str, Instrument]) -> tuple[str, ...]:
        named = self.symbols or tuple(symbol for symbol in _PREFERRED if symbol in found)
        return (named or tuple(sorted(found)))[:_SYMBOLS_MAX]

    def _good(self, what: str, told: str) -> Looked:
        return Looked(market=self.market.value, what=what, is_good=True, told=told)

    def _bad(self, what: str, failed: ReadFailed) -> Looked:
        code = f" ({failed.code})" if failed.code else ""
        return Looked(
            market=self.market.value, what=what, is_good=False, told=f"{failed.why.value}{code}: {failed.text}"
        )


async def _run_until(run: Callable[[], Coroutine[Any, Any, None]], is_done: Callable[[], bool], seconds: int) -> None:
    """Run something that never ends until a condition holds, or its time is over; the caller looks which it was."""
    loop = asyncio.get_running_loop()
    task, until_s = loop.create_task(run()), loop.time() + seconds
    try:
        while not is_done() and not task.done() and loop.time() < until_s:
            await asyncio.sleep(0.02)
    finally:
        task.cancel()
        await asyncio.wait([task])
