"""A market's live data: every symbol's book, quotes and trades, over as many sockets as it takes."""

import asyncio
from collections.abc import Sequence

from interlock.ports.exchange.words import Market
from interlock.venues.binance.endpoints import Endpoints
from interlock.venues.binance.streams.feed import Feed, FeedTerms, Surroundings
from interlock.venues.binance.streams.routes import Asking, Want, market_routes

ALL_OF = {Market.SPOT: (Want.DEPTH, Want.QUOTES, Want.TRADES), Market.USDM: tuple(Want)}


class MarketStream:
    """The streams of one market. All that is heard, and all that happens to the streams, goes to `around.tell`.

    A reader keeps a book by three rules: start anew from each BookHeard whose origin is the stream, apply each
    DiffHeard, and trust nothing between DepthLost and DepthSynced.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        market: Market,
        symbols: Sequence[str],
        around: Surroundings,
        *,
        wants: Sequence[Want] | None = None,
        asking: Asking = Asking.BY_ADDRESS,
        terms: FeedTerms | None = None,
    ) -> None:
        """Errors: AssertionError when a symbol is given twice, or marks are wanted of spot."""
        routes = market_routes(endpoints, market, symbols, ALL_OF[market] if wants is None else wants, asking)
        self.feeds = tuple(Feed(market, route, around, terms or FeedTerms()) for route in routes)

    async def run(self) -> None:
        """Keep all sockets up until cancelled."""
        async with asyncio.TaskGroup() as group:
            for feed in self.feeds:
                group.create_task(feed.run())

    def is_synced(self, symbol: str) -> bool:
        """Tell whether the symbol's book is whole."""
        return any(feed.intake.books[symbol].is_synced for feed in self.feeds if symbol in feed.intake.books)
