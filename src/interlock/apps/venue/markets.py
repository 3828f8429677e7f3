"""The markets that the paper exchange shows: which feed plays which, and what is listed."""

import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import msgspec

from interlock.apps.exchange_info import read_exchange_info
from interlock.market.live.closed_market import ClosedMarket
from interlock.market.live.endless import EndlessFeed
from interlock.market.live.listing import given_listing, made_listing, shown_digits
from interlock.market.live.player import FeedPlayer
from interlock.market.live.recorded import RecordedFeed
from interlock.market.live.shown_market import ShownMarket
from interlock.market.live.ticks import Feed
from interlock.market.recordings.columns import RecordingSet
from interlock.market.recordings.sources import open_recordings
from interlock.market.simulated_symbol import TERMS
from interlock.ports.exchange.market_data import Listing
from interlock.ports.exchange.words import Market
from interlock.runtime.configuration import settings as settings_file
from interlock.runtime.configuration.settings import Settings
from interlock.units.faults import Fault
from interlock.units.instruments import Instrument
from interlock.units.money import plain
from interlock.units.time import NS_PER_MS
from interlock.venues.binance.filters import instruments_of
from interlock.venues.binance.instruments import embedded_instruments

SIMULATED = "simulated"
AnyMarket = ShownMarket | ClosedMarket


def open_markets(
    feeds: Sequence[str], seed: int, speed: int, is_looped: bool, settings: Settings, now_ns: int
) -> dict[Market, AnyMarket]:
    """Return both markets, each played by the feed that has it; one that no feed has is closed.

    `feeds` are "simulated" (both markets) or directories of recordings, one for each market at most. Errors: Fault.
    """
    listings = _listings(settings, now_ns)
    playing: dict[Market, tuple[str, Feed]] = {}
    for name in feeds:
        for feed in _feeds(name, seed, is_looped, settings, listings):
            if feed.market in playing:
                raise Fault(
                    f"Both {playing[feed.market][0]} and {name} play the market {feed.market.value}.",
                    "Name one feed for each market.",
                )
            playing[feed.market] = (name, feed)
    markets: dict[Market, AnyMarket] = {}
    for market, listing in listings.items():
        if market not in playing:
            markets[market] = ClosedMarket(made_listing(market, {}, now_ns // NS_PER_MS))
            continue
        feed = playing[market][1]
        shown = [symbol for symbol in feed.symbols if symbol in listing.instruments]
        markets[market] = ShownMarket(listing, FeedPlayer(feed, now_ns, speed), shown_digits(listing, shown))
    return markets


def _feeds(name: str, seed: int, is_looped: bool, settings: Settings, listings: dict[Market, Listing]) -> list[Feed]:
    if name == SIMULATED:
        return [EndlessFeed(seed, market, _simulated(listing.instruments)) for market, listing in listings.items()]
    cache = settings_file.cache_directory(settings.recordings, os.environ, Path.home())
    recordings = open_recordings(Path(name), cache)
    return [RecordedFeed(recordings, market, is_looped) for market in _markets_of(recordings)]


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
    """Return the listing with price tick and lot step of a symbol, of all when empty, so many times as coarse."""
    body = msgspec.json.decode(listing.body)
    for each in body["symbols"]:
        if symbol in ("", each["symbol"]):
            for judged in each["filters"]:
                for field in ("tickSize", "stepSize"):
                    if field in judged:
                        judged[field] = plain(Decimal(judged[field]) * factor)
    text = msgspec.json.encode(body)
    instruments = instruments_of(text)
    return Listing(
        market=listing.market, instruments={name: instruments[name] for name in listing.instruments}, body=text
    )
