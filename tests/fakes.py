"""Stand-ins that behave: journals in memory or about to fail, a watched exchange, strategies that do as told."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from interlock.apps import assembly
from interlock.journal.tree import Tree, leaf_hashes
from interlock.market.recordings.columns import RecordingSet
from interlock.market.simulated import simulate
from interlock.messages.market import Signal
from interlock.messages.orders import ApprovedOrder
from interlock.messages.record import Record, decode
from interlock.messages.words import Intent
from interlock.ports.journal import Head
from interlock.research.backtest import run as backtest_run
from interlock.research.backtest.run import Automation, Outcome, Plan, play
from interlock.runtime.configuration.policy_file import read_policy
from interlock.runtime.configuration.settings import Settings
from interlock.strategies.interface import Bar, Quote, Strategy
from interlock.units.faults import Fault
from interlock.units.money import install_context
from interlock.venues.binance.instruments import embedded_instruments
from interlock.venues.paper.exchange import PaperExchange
from interlock.venues.paper.in_process.spot_exchange import SpotExchange
from interlock.venues.paper.terms import VenueTerms
from tests.command_line import SHORT_TAPE

install_context()


class MemoryJournal:
    """Keeps records in memory, commit by commit. Implements `JournalWriter`."""

    def __init__(self) -> None:
        self.commits: list[list[bytes]] = []
        self.blobs: list[bytes] = []
        self.free = 1 << 40
        self._tree = Tree()

    @property
    def head(self) -> Head:
        return Head(self._tree.size, self._tree.root())

    @property
    def bodies(self) -> list[bytes]:
        return [body for commit in self.commits for body in commit]

    @property
    def records(self) -> list[Record]:
        return [decode(body) for body in self.bodies]

    def free_bytes(self) -> int:
        return self.free

    def append(
        self, bodies: Sequence[bytes], blobs: Sequence[bytes] = (), openings: Sequence[tuple[str, bytes]] = ()
    ) -> Head:
        assert bodies, "an append without a record"
        self.commits.append(list(bodies))
        self.blobs += blobs
        self._tree = self._tree.extended(leaf_hashes(bodies))
        return self.head


class FailingJournal(MemoryJournal):
    """A journal whose n-th append (from 0) fails, as on a disk that is full."""

    def __init__(self, fails_at: int) -> None:
        super().__init__()
        self._fails_at = fails_at

    def append(
        self, bodies: Sequence[bytes], blobs: Sequence[bytes] = (), openings: Sequence[tuple[str, bytes]] = ()
    ) -> Head:
        if len(self.commits) == self._fails_at:
            raise Fault("The disk is full.", "Free some space.")
        return super().append(bodies, blobs, openings)


class WatchedExchange(PaperExchange):
    """The paper exchange, which tells of every request handed to it, with the time on its clock, and every tick."""

    on_request: Callable[[ApprovedOrder | str, int], None]

    def __init__(self, *parts: object, **named: object) -> None:
        super().__init__(*parts, **named)  # type: ignore[arg-type]  # handed through as they came
        self.on_request = lambda request, at_ns: None
        self.placed: list[tuple[ApprovedOrder, int]] = []
        self.ticks: list[tuple[int, str, bool, int, int]] = []
        self.late: list[int] = []

    def place(self, order: ApprovedOrder) -> None:
        self.on_request(order, self._clock.now_ns())
        self.placed.append((order, self._clock.now_ns()))
        super().place(order)

    def cancel(self, account: str, symbol: str, order_id: str) -> None:
        self.on_request(order_id, self._clock.now_ns())
        super().cancel(account, symbol, order_id)

    def on_quote(self, symbol: str, at_ns: int, bid_e8: int, ask_e8: int, bid_size_e8: int, ask_size_e8: int) -> None:
        self._hear(at_ns)
        self.ticks.append((at_ns, symbol, False, bid_e8, ask_e8))
        super().on_quote(symbol, at_ns, bid_e8, ask_e8, bid_size_e8, ask_size_e8)

    def on_trade(self, symbol: str, at_ns: int, price_e8: int, quantity_e8: int, buyer_is_aggressor: bool) -> None:
        self._hear(at_ns)
        self.ticks.append((at_ns, symbol, True, price_e8, quantity_e8))
        super().on_trade(symbol, at_ns, price_e8, quantity_e8, buyer_is_aggressor)

    def _hear(self, at_ns: int) -> None:
        """Note a tick that comes though something was due before it; ticks of one moment belong together."""
        due_ns = self.due_ns()
        if due_ns is not None and at_ns >= due_ns and at_ns != self.ticks[-1][0]:
            self.late.append(at_ns)


@contextmanager
def watched_exchange(
    prepare: Callable[[WatchedExchange], None] = lambda exchange: None,
) -> Iterator[list[WatchedExchange]]:
    """Let runs within this block trade at a watched exchange; yields those that were made."""
    made: list[WatchedExchange] = []

    class Made(WatchedExchange):
        def __init__(self, *parts: object, **named: object) -> None:
            super().__init__(*parts, **named)
            prepare(self)
            made.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backtest_run, "PaperExchange", Made)
        yield made


class Listener:
    """Hears everything, says nothing."""

    def __init__(self, wants_quotes: bool) -> None:
        self.wants_quotes = wants_quotes
        self.quotes: list[Quote] = []
        self.bars: list[Bar] = []

    def on_quote(self, quote: Quote) -> Signal | None:
        self.quotes.append(quote)
        return None

    def on_bar(self, bar: Bar) -> Signal | None:
        self.bars.append(bar)
        return None


class Turner:
    """Enters and leaves in turn, at every so many quotes (or bars): many orders, no opinion.

    One that does not leave is taken out by its stop, its target or the time.
    """

    def __init__(self, symbol: str, every: int, wants_quotes: bool = True, leaves: bool = True) -> None:
        self.wants_quotes = wants_quotes
        self._symbol = symbol
        self._every = every
        self._leaves = leaves
        self._count = 0
        self._turns = 0

    def on_quote(self, quote: Quote) -> Signal | None:
        return self._turn() if self.wants_quotes else None

    def on_bar(self, bar: Bar) -> Signal | None:
        return None if self.wants_quotes else self._turn()

    def _turn(self) -> Signal | None:
        self._count += 1
        if self._count % self._every:
            return None
        self._turns += 1
        side = Intent.ENTER_LONG if self._turns % 4 == 1 else Intent.ENTER_SHORT
        return signal(self._symbol, side if self._turns % 2 or not self._leaves else Intent.EXIT)


def signal(symbol: str, intent: Intent) -> Signal:
    return Signal(symbol=symbol, intent=intent, edge_bps=Decimal(100), target_price=None, why="a test asks")


def plan_of(
    recordings: RecordingSet,
    strategies: Sequence[tuple[str, str, Strategy]] | None = None,
    seed: int = 1,
    terms: VenueTerms | None = None,
    policy: Path | None = SHORT_TAPE,
    **limits: int | Decimal,
) -> Plan:
    """Return a plan over recordings, under the policy for short tapes unless another one is named.

    `strategies` are (owner, symbol, strategy); the configured automations run without them. `limits` replace those of
    the policy.
    """
    settings = assembly.settings_in_force(Settings(), None, tuple(recordings.recordings))
    instruments = assembly.instruments_for(recordings, Settings())
    plan = assembly.plan_backtest("simulated", seed, recordings, read_policy(policy), settings, instruments)
    changes: dict[str, object] = {}
    if strategies is not None:
        changes["automations"] = tuple(
            Automation(owner=owner, strategy_name="breakout", symbol=symbol, strategy=strategy)
            for owner, symbol, strategy in strategies
        )
    if terms is not None:
        changes["terms"] = terms
    if limits:
        changes["policy"] = msgspec.structs.replace(
            plan.policy, limits=msgspec.structs.replace(plan.policy.limits, **limits)
        )
    return dataclasses.replace(plan, **changes)  # type: ignore[arg-type]  # the fields are named above


SPOT_TERMS = VenueTerms(maker_bps=Decimal(10), taker_bps=Decimal(10), leverage=1)


def on_spot(plan: Plan, terms: VenueTerms = SPOT_TERMS) -> Plan:
    """Return the same plan on spot: the spot market's instruments, and its fees."""
    listed = embedded_instruments("spot")
    costs = msgspec.structs.replace(plan.policy.costs, maker_bps=terms.maker_bps, taker_bps=terms.taker_bps)
    return dataclasses.replace(
        plan,
        instruments={symbol: listed[symbol] for symbol in plan.instruments},
        policy=msgspec.structs.replace(plan.policy, costs=costs),
        terms=terms,
    )


@contextmanager
def spot_exchanges() -> Iterator[list[SpotExchange]]:
    """Yield the spot exchanges that runs within this block trade at."""
    made: list[SpotExchange] = []

    class Made(SpotExchange):
        def __init__(self, *parts: object, **named: object) -> None:
            super().__init__(*parts, **named)  # type: ignore[arg-type]  # handed through as they came
            made.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backtest_run, "SpotExchange", Made)
        yield made


def busy_plan(seed: int = 1, duration_s: int = 60, every: int = 7, leaves: bool = True) -> Plan:
    """Return a plan that trades a lot: one automation on quotes, one on bars."""
    strategies: list[tuple[str, str, Strategy]] = [
        ("automation:quotes", "BTCUSDT", Turner("BTCUSDT", every, leaves=leaves)),
        ("automation:bars", "ETHUSDT", Turner("ETHUSDT", 2, wants_quotes=False, leaves=leaves)),
    ]
    return plan_of(simulate(seed, duration_s), strategies, seed, orders_minute_max=10_000, signals_hour_max=100_000)


def played(plan: Plan, journal: MemoryJournal | None = None) -> tuple[Outcome, MemoryJournal]:
    """Play a plan into a journal in memory."""
    into = MemoryJournal() if journal is None else journal
    return play(plan, into, lambda start_ns, at_ns, end_ns: None), into


def events_of(records: Iterable[Record], kind: type) -> list[object]:
    """Return the events of a kind, in order."""
    return [event for record in records for event in record.events if isinstance(event, kind)]
