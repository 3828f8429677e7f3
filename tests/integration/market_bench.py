"""A market stream at a scripted venue, with all that surrounds it in a test's hands."""

import asyncio
from collections.abc import Awaitable, Callable

from interlock.ports.exchange.words import Market
from interlock.venues.binance.streams.facts import DepthSynced
from interlock.venues.binance.streams.feed import FeedTerms, Surroundings
from interlock.venues.binance.streams.market_stream import MarketStream
from interlock.venues.binance.streams.rest_fallback import FallbackTerms
from interlock.venues.binance.streams.routes import Asking, Want
from interlock.venues.binance.streams.socket import SocketBounds
from tests.integration.scripted_venue import Hands, ScriptedReads, ScriptedVenue, Told, book_body, depth_frame

CHECK_S, DOWN_S, ROUND_S, OVERLAP_S, ROTATION_S = 3.0, 4.0, 2.0, 7.0, (80_000.0, 90_000.0)
SNAPSHOT_RETRY_S = 0.15  # the first wait for another snapshot, by the draw below
HELD_S = (CHECK_S, DOWN_S, ROUND_S, OVERLAP_S)
BOUNDS = SocketBounds(open_ms=5_000, close_ms=500, overlap_ms=7_000, message_bytes_max=10_000)
TERMS = FeedTerms(
    socket=BOUNDS, fallback=FallbackTerms(after_ms=4_000, every_ms=2_000, trades_every=1), check_every_ms=3_000
)


class MarketBench:
    """One market's stream at a scripted venue, of BTCUSDT alone or also of others."""

    def __init__(
        self,
        market: Market = Market.SPOT,
        symbols: tuple[str, ...] = ("BTCUSDT",),
        held_s: tuple[float, ...] = (),
    ) -> None:
        self.symbols = symbols
        self.market = market
        self.venue, self.reads, self.hands, self.told = (
            ScriptedVenue(),
            ScriptedReads(),
            Hands(*HELD_S, *held_s),
            Told(),
        )
        self.update_id = 100
        self.reads.answers["depth"] = lambda: book_body(self.update_id)

    def stream(
        self, *wants: Want, asking: Asking = Asking.BY_ADDRESS, terms: FeedTerms = TERMS
    ) -> Callable[[], Awaitable[None]]:
        """Return what runs the stream, made when the venue's port is known."""
        around = Surroundings(self.reads, self.hands, lambda: 0.5, self.hands.sleep, self.told.take)

        async def run() -> None:
            self.market_stream = MarketStream(
                self.venue.endpoints, self.market, self.symbols, around, wants=wants, asking=asking, terms=terms
            )
            await self.market_stream.run()

        return run

    def diff(self) -> dict[str, object]:
        """Move the venue's book on, and return the diff."""
        before, self.update_id = self.update_id, self.update_id + 2
        return depth_frame(self.market, "BTCUSDT", (before + 1, self.update_id, before))

    async def checks_until(self, kind: type, count: int = 1) -> None:
        """Let the checks for silence go on until something is told for the `count`-th time."""
        while len(self.told.of(kind)) < count:
            await self.hands.let_go(CHECK_S)
            for _ in range(5):
                await asyncio.sleep(0)

    async def synced(self, number: int, count: int = 1) -> None:
        """Send diffs on a connection until the book is whole for the `count`-th time."""
        await self.venue.tell(number, self.diff())
        while len(self.told.of(DepthSynced)) < count:
            heard = self.reads.count("depth")
            await self.venue.tell(number, self.diff())
            while self.reads.count("depth") == heard and len(self.told.of(DepthSynced)) < count:
                await asyncio.sleep(0)


def run_bounded(test: Callable[[], Awaitable[None]]) -> None:
    """Run a test's coroutine; one that hangs fails."""

    async def bounded() -> None:
        async with asyncio.timeout(30):
            await test()

    asyncio.run(bounded())
