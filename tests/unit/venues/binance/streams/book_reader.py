"""A venue's book with its diffs, and a reader that keeps a book by what a stream tells: to compare the two."""

from interlock.ports.exchange.words import Market
from interlock.venues.binance.parse.market_values import BookHeard, DiffHeard, Origin
from interlock.venues.binance.streams.facts import DepthLost, DepthSynced

Levels = dict[int, int]


class Venue:
    """A book that moves on: every step changes a level of each side, by one diff of one to three updates."""

    def __init__(self, market: Market, update_id: int = 100) -> None:
        self.market = market
        self.update_id = update_id
        self.books: dict[int, tuple[Levels, Levels]] = {update_id: ({10: 1}, {20: 1})}

    def step(self, width: int = 1) -> DiffHeard:
        """Move on, and return the diff that says so. Futures' ids leave holes between diffs."""
        before = self.update_id
        first = before + (1 if self.market is Market.SPOT else 3)
        final = first + width - 1
        bids, asks = (dict(side) for side in self.books[before])
        bid, ask = (1 + final % 9, final % 4), (11 + final % 9, final % 3)
        for side, (price, size) in ((bids, bid), (asks, ask)):
            side[price] = size
            if not size:
                del side[price]
        self.update_id = final
        self.books[final] = (bids, asks)
        previous = before if self.market is Market.USDM else -1
        return DiffHeard("BTCUSDT", first, final, previous, [bid], [ask], final, final)

    def snapshot(self, update_id: int | None = None) -> BookHeard:
        """Return the book as it is, or was."""
        update_id = self.update_id if update_id is None else update_id
        bids, asks = self.books[update_id]
        return BookHeard("BTCUSDT", update_id, list(bids.items()), list(asks.items()), 0, update_id, Origin.STREAM)


class Reader:
    """Keeps a book by the three rules of `MarketStream`."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.is_trusted = False
        self.final_id = -1
        self.bids: Levels = {}
        self.asks: Levels = {}

    def take(self, told: object) -> None:
        """Follow what is told."""
        self.told.append(told)
        match told:
            case DepthLost():
                self.is_trusted = False
            case DepthSynced():
                self.is_trusted = True
            case BookHeard(origin=Origin.STREAM):
                self.bids, self.asks, self.final_id = dict(told.bids), dict(told.asks), told.update_id
            case DiffHeard():
                for side, changes in ((self.bids, told.bids), (self.asks, told.asks)):
                    for price, size in changes:
                        side[price] = size
                        if not size:
                            del side[price]
                self.final_id = told.final_id
            case _:
                return

    def of(self, kind: type) -> list[object]:
        """Return what was told of a kind."""
        return [each for each in self.told if type(each) is kind]
