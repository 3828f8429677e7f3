"""A market shown in tests: played to its end at once, everything told kept, and a client that follows its book."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from interlock.market.live.listing import made_listing, shown_digits
from interlock.market.live.player import FeedPlayer
from interlock.market.live.recorded import RecordedFeed
from interlock.market.live.shown_market import ShownMarket
from interlock.market.live.ticks import Feed, Tick
from interlock.market.recordings.columns import Recording, RecordingSet
from interlock.market.recordings.sources import open_recordings
from interlock.ports.exchange.market_data import DepthChanged, DepthShown, Level, MarketEvent
from interlock.ports.exchange.words import Market
from interlock.units.time import NS_PER_MS, NS_PER_S
from interlock.venues.binance.instruments import embedded_instruments
from tests.recordings import recording
from tests.unit.market.feeds import recording_set

# A Sunday, just before midnight and funding: 2026-05-31 23:59:58 UTC.
PRESENT_NS = 1_780_271_998 * NS_PER_S
PRESENT_MS = PRESENT_NS // NS_PER_MS


class Show:
    """A market, and everything that it told."""

    def __init__(self, feed: Feed, start_ns: int = PRESENT_NS, speed: int = 1) -> None:
        listing = made_listing(feed.market, embedded_instruments(feed.market.value), start_ns // NS_PER_MS)
        self.player = FeedPlayer(feed, start_ns, speed)
        self.market = ShownMarket(listing, self.player, shown_digits(listing, feed.symbols))
        self.start_ns = self.now_ns = start_ns
        self.told: list[MarketEvent] = []
        self.market.watch(self._told)

    def _told(self, market: Market, events: Sequence[MarketEvent]) -> None:
        assert market is self.market.market
        self.told += events

    def steps(self, duration_ms: float, ticks_max: int = 1) -> Iterator[list[MarketEvent]]:
        """Play on for so long, and yield after each step what it told; by default each tick is a step of its own."""
        until_ns = self.now_ns + round(duration_ms * NS_PER_MS)
        while (due_ns := self.market.due_ns()) <= until_ns and not self.market.has_ended:
            self.now_ns, self.told = max(due_ns, self.now_ns), []
            self.market.advance(self.now_ns, ticks_max)
            yield self.told
        self.told = []
        self.now_ns = until_ns
        self.market.advance(until_ns)
        yield self.told

    def play(self, duration_ms: float, ticks_max: int = 512) -> list[MarketEvent]:
        """Play on for so long and return all that was told."""
        return [event for events in self.steps(duration_ms, ticks_max) for event in events]


def by_hand(*recordings: Recording, is_looped: bool = False, market: Market = Market.USDM) -> RecordedFeed:
    """Return a feed of recordings made by hand."""
    return RecordedFeed(recording_set(*recordings), market, is_looped)


def recorded_set(name: str) -> RecordingSet:
    """Return a recorded data set; the test is skipped where there is none."""
    folder: Path = recording(name)
    return open_recordings(folder, None)


def ticks_of(feed: Feed, count: int) -> list[Tick]:
    """Return the first ticks of a feed, at most so many."""
    ticks: list[Tick] = []
    while len(ticks) < count and (more := feed.next_ticks()):
        ticks += more
    return ticks[:count]


class Client:
    """Keeps a book of its own by the venue's rules: what was buffered, then a snapshot, then what chains.

    It fetches a snapshot as soon as it has heard `patience` diffs since it lost its book, and again where the venue
    says that there is none yet or the snapshot and the diffs do not meet.
    """

    def __init__(self, fetch: Callable[[], DepthShown | None], is_spot: bool, patience: int = 1) -> None:
        self._fetch = fetch
        self._is_spot = is_spot
        self._patience = patience
        self._heard: list[DepthChanged] = []
        self.last_id: int | None = None
        self.bids: dict[Decimal, Decimal] = {}
        self.asks: dict[Decimal, Decimal] = {}
        self.gap_count = 0
        self.join_count = 0

    def take(self, change: DepthChanged) -> None:
        """Hear a diff."""
        if self.last_id is not None:
            follows = change.first_id == self.last_id + 1 if self._is_spot else change.previous_id == self.last_id
            if follows:
                self._apply(change)
                return
            self.gap_count += 1
            self.last_id = None
        heard = self._heard
        if heard and (
            change.first_id != heard[-1].last_id + 1 if self._is_spot else change.previous_id != heard[-1].last_id
        ):
            heard.clear()  # what was buffered does not carry on to this one
        heard.append(change)
        if len(self._heard) >= self._patience:
            self._join()

    def levels(self) -> tuple[list[Level], list[Level]]:
        """Return its book, both sides best first."""
        return sorted(self.bids.items(), reverse=True), sorted(self.asks.items())

    def _join(self) -> None:
        shown = self._fetch()
        if shown is None:
            return
        wanted = shown.update_id + 1 if self._is_spot else shown.update_id
        later = [each for each in self._heard if each.last_id >= wanted]
        if later and not later[0].first_id <= wanted <= later[0].last_id:
            self._heard = []
            return
        self.bids, self.asks = dict(shown.bids), dict(shown.asks)
        self.last_id = shown.update_id
        self.join_count += 1
        for change in later:
            self._apply(change)
        self._heard = []

    def _apply(self, change: DepthChanged) -> None:
        for side, levels in ((self.bids, change.bids), (self.asks, change.asks)):
            for price, quantity in levels:
                if quantity:
                    side[price] = quantity
                else:
                    side.pop(price, None)
        self.last_id = change.last_id
