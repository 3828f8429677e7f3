"""Puts a backtest together from what a user named: feed, seed, policy, settings, strategy. Wiring only."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from interlock.apps.exchange_info import read_exchange_info
from interlock.market.recordings.columns import RecordingSet
from interlock.market.recordings.sources import open_recordings
from interlock.market.simulated import simulate
from interlock.messages.commands import BlobReference, RunIdentity
from interlock.research.backtest.run import Automation, Plan
from interlock.runtime.build import build_digest, lock_digest, schema_digest
from interlock.runtime.configuration import settings as settings_file
from interlock.runtime.configuration.policy_file import SeededPolicy, policy_digest
from interlock.runtime.configuration.settings import Settings
from interlock.strategies.catalogue import STRATEGIES, make_strategy
from interlock.units.digests import sha256_hex
from interlock.units.faults import Fault
from interlock.units.instruments import Instrument
from interlock.venues.binance.instruments import embedded_instruments
from interlock.venues.paper.terms import VenueTerms

SIMULATED = "simulated"
SPOT_QUOTE = "USDT"


def open_feed(feed: str, seed: int, settings: Settings) -> RecordingSet:
    """Return what `--feed` names: the simulated hour of a seed, or a directory of recordings. Errors: Fault."""
    if feed == SIMULATED:
        return simulate(seed)
    cache = settings_file.cache_directory(settings.recordings, os.environ, Path.home())
    return open_recordings(Path(feed), cache)


def feed_name(feed: str) -> str:
    """Return how a feed is named on record: never by a path of this machine."""
    return feed if feed == SIMULATED else Path(feed).resolve().name


def sources_of(recordings: RecordingSet) -> tuple[str, ...]:
    """Return the digests of a feed's files, in reading order."""
    return tuple(dict.fromkeys(each.source.digest for parts in recordings.recordings.values() for each in parts))


def settings_in_force(settings: Settings, strategy: str | None, symbols: tuple[str, ...]) -> Settings:
    """Return the settings that shape a run: automations resolved to symbols, what only this machine knows left out.

    A strategy named on the command line runs on every symbol of the feed, in place of the configured automations.
    """
    if strategy is not None:
        if strategy not in STRATEGIES:
            raise Fault(
                f"There is no strategy named {strategy!r}; there are {', '.join(sorted(STRATEGIES))}.",
                "Name one of these with --strategy.",
            )
        automations = tuple(
            settings_file.Automation(name=f"{strategy}-{symbol.lower()}", strategy=strategy, symbol=symbol)
            for symbol in symbols
        )
    else:
        resolved = ((each, settings_file.symbol_of(each, symbols)) for each in settings.automations)
        automations = tuple(
            msgspec.structs.replace(each, symbol=symbol) for each, symbol in resolved if symbol is not None
        )
    fees = settings_file.Venue(
        spot_maker_bps=settings.venue.spot_maker_bps, spot_taker_bps=settings.venue.spot_taker_bps
    )
    return Settings(account=settings.account, automations=automations, paper=settings.paper, venue=fees)


def instruments_for(recordings: RecordingSet, settings: Settings) -> Mapping[str, Instrument]:
    """Return the venue's instruments of the feed's symbols: from an exchangeInfo file if one is set, else embedded.

    Errors: Fault when the feed has symbols of two markets: a run trades with one wallet, of one market.
    """
    markets = {symbol: parts[0].source.market for symbol, parts in recordings.recordings.items()}
    _refuse_two_markets(markets)
    if settings.instruments.exchange_info:
        _, known = read_exchange_info(settings_file.in_home(settings.instruments.exchange_info, Path.home()))
        listed = dict.fromkeys(markets.values(), known)
    else:
        listed = {market: embedded_instruments(market) for market in markets.values()}
    return {
        symbol: traded_here(listed[market][symbol]) for symbol, market in markets.items() if symbol in listed[market]
    }


def _refuse_two_markets(markets: Mapping[str, str]) -> None:
    if len({*markets.values()}) < 2:
        return
    named = ", ".join(f"{symbol} ({market})" for symbol, market in sorted(markets.items()))
    raise Fault(
        f"The feed holds symbols of two markets: {named}. A backtest trades in one of them; nothing was run.",
        "Keep the recordings of each market in a directory of their own, and run each by itself.",
    )


def traded_here(instrument: Instrument) -> Instrument:
    """Return the instrument as the core may trade it: its money is USDT, so what costs another asset is not traded."""
    if not instrument.is_spot or not instrument.is_tradable or instrument.quote == SPOT_QUOTE:
        return instrument
    why = f"it is paid in {instrument.quote}, and only what is paid in {SPOT_QUOTE} is traded"
    return msgspec.structs.replace(instrument, is_tradable=False, why_not_tradable=why)


def policy_for(seeded: SeededPolicy, in_force: Settings, instruments: Mapping[str, Instrument]) -> SeededPolicy:
    """Return the policy as a run seeds it. On spot its expected fees are raised to what the venue charges there.

    The defaults expect the fees of futures. A gate that expects less than is charged would let entries through that
    cannot pay; to expect more is tighter, and needs no reason.
    """
    costs, venue = seeded.policy.costs, in_force.venue
    if not any(each.is_spot for each in instruments.values()):
        return seeded
    raised = msgspec.structs.replace(
        costs,
        maker_bps=max(costs.maker_bps, venue.spot_maker_bps),
        taker_bps=max(costs.taker_bps, venue.spot_taker_bps),
    )
    if raised == costs:
        return seeded
    policy = msgspec.structs.replace(seeded.policy, costs=raised)
    return msgspec.structs.replace(seeded, policy=policy, digest=policy_digest(policy))


def _terms(in_force: Settings, is_spot: bool) -> VenueTerms:
    """Return the terms of the account: on spot nothing is lent, and the fees are spot's."""
    paper = VenueTerms(**msgspec.structs.asdict(in_force.paper))
    if not is_spot:
        return paper
    venue = in_force.venue
    return msgspec.structs.replace(paper, maker_bps=venue.spot_maker_bps, taker_bps=venue.spot_taker_bps, leverage=1)


def plan_backtest(
    feed: str,
    seed: int,
    recordings: RecordingSet,
    seeded: SeededPolicy,
    in_force: Settings,
    instruments: Mapping[str, Instrument],
) -> Plan:
    """Return the plan of a run. Equal arguments, equal plan; the identity holds the digests of all of it."""
    seeded = policy_for(seeded, in_force, instruments)
    settings_bytes = msgspec.json.encode(in_force, order="deterministic")
    identity = RunIdentity(
        kind="backtest",
        build=build_digest(),
        lock=lock_digest(),
        policy=seeded.digest,
        schema=schema_digest(),
        settings=BlobReference(blob=sha256_hex(settings_bytes), size=len(settings_bytes)),
        feed=feed_name(feed),
        sources=sources_of(recordings),
        seed=seed,
    )
    automations = tuple(
        Automation(
            owner=f"automation:{each.name}",
            strategy_name=each.strategy,
            symbol=each.symbol,
            strategy=make_strategy(each.strategy, each.symbol, each.settings),
        )
        for each in in_force.automations
    )
    return Plan(
        identity=identity,
        settings=settings_bytes,
        recordings=recordings,
        policy=seeded.policy,
        policy_digest=seeded.digest,
        loosened=seeded.loosened,
        instruments=instruments,
        account=in_force.account.name,
        balance=in_force.account.balance_usdt,
        terms=_terms(in_force, any(each.is_spot for each in instruments.values())),
        automations=automations,
    )
