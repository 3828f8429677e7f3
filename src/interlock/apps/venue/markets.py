"""The markets that the paper exchange shows: which feed plays which, and what is listed."""

import os
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path

import msgspec
from msgspec import Struct

from interlock.apps.exchange_info import read_exchange_info
from interlock.apps.venue.market_file import MarketPlayed
from interlock.market.live.closed_market import ClosedMarket
from interlock.market.live.endless import EndlessFeed
from interlock.market.live.listing import given_listing, made_listing, shown_digits
from interlock.market.live.player import FeedPlayer
from interlock.market.live.recorded import RecordedFeed
from interlock.market.live.shown_market import ShownMarket
from interlock.market.live.standing.stands import BEGINNING, MarketStanding
from interlock.market.recordings.columns import RecordingSet
from interlock.market.recordings.sources import open_recordings
from interlock.market.simulated_symbol import TERMS
from interlock.ports.exchange.market_data import Listing
from interlock.ports.exchange.words import Market
from interlock.runtime.configuration import settings as settings_file
from interlock.runtime.configuration.settings import Settings
from interlock.units.digests import sha256_hex
from interlock.units.faults import Fault
from interlock.units.instruments import Instrument
from interlock.units.money import plain
from interlock.units.time import NS_PER_MS, NS_PER_S
from interlock.venues.binance.filters import instruments_of
from interlock.venues.binance.instruments import embedded_instruments

SIMULATED = "simulated"
AnyMarket = ShownMarket | ClosedMarket
AnyFeed = EndlessFeed | RecordedFeed
NS_PER_MIN = 60 * NS_PER_S
HISTORY_MIN_MAX = 10_080
"""A week; candles are kept by number, so more would hardly be seen."""
_LAG_MS_HISTORY = 1_000_000_000
_HISTORY_TICKS = 4_096


class Feeds(Struct, frozen=True, kw_only=True):
    """Which feeds play the markets, and how. `names` are "simulated" (both markets) or directories of recordings."""

    names: tuple[str, ...]
    seed: int = 1
    speed: int = 1
    is_looped: bool = True
    is_new_market: bool = False
    history_min: int = 0


class OpenMarkets(Struct, frozen=True):
    """Both markets, and of those that a feed plays what is to be kept of it."""

    shown: dict[Market, AnyMarket]
    played: dict[Market, MarketPlayed]

    def standing(self) -> dict[Market, MarketPlayed]:
        """Return where all markets stand now; one that is closed, where it stood."""
        return self.played | {
            market: msgspec.structs.replace(self.played[market], standing=shown.standing())
            for market, shown in self.shown.items()
            if isinstance(shown, ShownMarket)
        }


class _Source(Struct, frozen=True):
    """A feed that is not opened yet. `open` takes where it stood and the history before; it returns what it plays."""

    name: str
    played: MarketPlayed
    open: Callable[[MarketStanding, int], AnyFeed]


def open_markets(feeds: Feeds, settings: Settings, now_ns: int, before: Mapping[Market, MarketPlayed]) -> OpenMarkets:
    """Return both markets, each played by the feed that has it; one that no feed has is closed.

    A market goes on from where it stood `before`. Errors: Fault, also for another feed than before, unless a new market
    is wanted.
    """
    if not 0 <= feeds.history_min <= HISTORY_MIN_MAX:
        raise Fault(
            f"--history-min {feeds.history_min} is not possible; allowed is 0 to {HISTORY_MIN_MAX}.",
            "A day has 1440 minutes.",
        )
    listings = _listings(settings, now_ns)
    sources: dict[Market, _Source] = {}
    for name in feeds.names:
        for market, source in _sources(name, feeds, settings, listings).items():
            if market in sources:
                raise Fault(
                    f"Both {sources[market].name} and {name} play the market {market.value}.",
                    "Name one feed for each market.",
                )
            sources[market] = source
    if not feeds.is_new_market:
        for market, source in sources.items():
            _check_same(market, source.played, before.get(market))
    shown: dict[Market, AnyMarket] = {}
    played = dict(before)
    for market, listing in listings.items():
        if market not in sources:
            shown[market] = ClosedMarket(made_listing(market, {}, now_ns // NS_PER_MS))
            continue
        stood = BEGINNING if market not in before else before[market].standing.started_again()
        stood = stood.begun_anew() if feeds.is_new_market else stood
        played[market] = msgspec.structs.replace(sources[market].played, standing=stood)
        feed = sources[market].open(stood, feeds.history_min * NS_PER_MIN * feeds.speed)
        player = FeedPlayer(feed, now_ns - feed.history_ns // feeds.speed, feeds.speed, _LAG_MS_HISTORY)
        digits = shown_digits(listing, [symbol for symbol in feed.symbols if symbol in listing.instruments])
        shown[market] = ShownMarket(listing, player, digits, stood)
    return OpenMarkets(shown, played)


def make_up_history(shown: ShownMarket, now_ns: Callable[[], int], tell: Callable[[int], None]) -> None:
    """Play what is due from before the start, all at once; `tell` how many seconds of it are left, now and then."""
    while (due_ns := shown.feed_due_ns()) is not None and (left_ns := now_ns() - due_ns) >= 0:
        shown.advance(due_ns + left_ns, _HISTORY_TICKS)
        tell(left_ns // NS_PER_S)


def _check_same(market: Market, played: MarketPlayed, before: MarketPlayed | None) -> None:
    if before is not None and before.digest != played.digest:
        raise Fault(
            f"The market {market.value} of this exchange was played by {before.feed}; {played.feed} is another. "
            "Nothing was started.",
            "Name the feed of before, or give --new-market: positions and open orders then meet the new feed's prices.",
        )


def _sources(name: str, feeds: Feeds, settings: Settings, listings: dict[Market, Listing]) -> dict[Market, _Source]:
    if name == SIMULATED:
        told = f"the simulated feed of seed {feeds.seed}"
        return {
            market: _Source(name, MarketPlayed(told, told, BEGINNING), partial(_endless, feeds.seed, listing))
            for market, listing in listings.items()
        }
    cache = settings_file.cache_directory(settings.recordings, os.environ, Path.home())
    recordings = open_recordings(Path(name), cache)
    return {
        market: _Source(
            name,
            MarketPlayed(f"the recordings in {name}", _digest_of(recordings, market), BEGINNING),
            partial(RecordedFeed, recordings, market, feeds.is_looped),
        )
        for market in _markets_of(recordings)
    }


def _endless(seed: int, listing: Listing, stood: MarketStanding, history_ns: int) -> EndlessFeed:
    return EndlessFeed(seed, listing.market, _simulated(listing.instruments), stood, history_ns)


def _digest_of(recordings: RecordingSet, market: Market) -> str:
    """Return what tells the recordings of a market from all others: their bytes, not where they lie."""
    sources = [part.source for parts in recordings.recordings.values() for part in parts]
    digests = sorted({source.digest for source in sources if source.market == market.value})
    return sha256_hex(" ".join(digests).encode())


def _simulated(instruments: Mapping[str, Instrument]) -> dict[str, Instrument]:
    return {symbol: each for symbol, each in instruments.items() if symbol in TERMS}


def _markets_of(recordings: RecordingSet) -> list[Market]:
    names = {part.source.market for parts in recordings.recordings.values() for part in parts}
    return [market for market in Market if market.value in names]


def _listings(settings: Settings, now_ns: int) -> dict[Market, Listing]:
    """Return what each market lists: the exchange information of the settings for its market, else the embedded."""
    listings = {
        market: made_listing(market, embedded_instruments(market.value), now_ns // NS_PER_MS) for market in Market
    }
    if settings.instruments.exchange_info:
        path = settings_file.in_home(settings.instruments.exchange_info, Path.home())
        body, instruments = read_exchange_info(path)
        for market in Market:
            if any(each.market == market.value for each in instruments.values()):
                listings[market] = given_listing(market, instruments, body)
    return listings


def coarsened(listing: Listing, symbol: str, factor: int) -> Listing:
    """Return the listing with price tick and lot step of a symbol, of all when empty, so many times as coarse.

    The least price and quantity are rounded up to the new steps.
    """
    body = msgspec.json.decode(listing.body)
    for each in body["symbols"]:
        if symbol in ("", each["symbol"]):
            for judged in each["filters"]:
                for least, step in (("minPrice", "tickSize"), ("minQty", "stepSize")):
                    if step in judged and (coarse := Decimal(judged[step]) * factor):
                        judged[step] = plain(coarse)
                        whole, rest = divmod(Decimal(judged[least]), coarse)
                        judged[least] = plain((whole + bool(rest)) * coarse)
    text = msgspec.json.encode(body)
    instruments = instruments_of(text)
    return Listing(
        market=listing.market, instruments={name: instruments[name] for name in listing.instruments}, body=text
    )
