"""One backtest: its parts put together, founded, played and ended."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from interlock.core.changes import AUTOMATION
from interlock.core.state import State
from interlock.market.recordings.columns import RecordingSet
from interlock.market.tape import Tape, TapeCounts
from interlock.messages import commands as c
from interlock.messages.policy import Policy
from interlock.messages.record import Authority
from interlock.messages.words import Mode
from interlock.ports.journal import Head, JournalWriter
from interlock.research.backtest.driver import MARK_NS, MARK_SPOT_NS, Driver
from interlock.research.backtest.virtual_clock import VirtualClock
from interlock.runtime.gate_loop import LOW_WATER_BYTES, GateLoop
from interlock.strategies.interface import Strategy
from interlock.units.instruments import Instrument
from interlock.venues.paper.exchange import PaperExchange
from interlock.venues.paper.in_process.spot_exchange import SpotExchange
from interlock.venues.paper.terms import VenueTerms

ACTOR = "backtest"


@dataclass(frozen=True, slots=True)
class Automation:
    """One configured strategy: the owner it trades as, the strategy's name, its symbol, and the strategy itself."""

    owner: str
    strategy_name: str
    symbol: str
    strategy: Strategy


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a backtest is made of. Equal plans give equal logs, byte for byte."""

    identity: c.RunIdentity
    settings: bytes
    recordings: RecordingSet
    policy: Policy
    policy_digest: str
    loosened: Mapping[str, str]
    instruments: Mapping[str, Instrument]
    account: str
    balance: Decimal
    terms: VenueTerms
    automations: tuple[Automation, ...]
    low_water_bytes: int = LOW_WATER_BYTES

    @property
    def is_spot(self) -> bool:
        """Whether it trades on spot: a run trades in one market."""
        return any(each.is_spot for each in self.instruments.values())


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to: the state it ended in, what was heard, and how far the log goes."""

    state: State
    counts: TapeCounts
    bars_closed: int
    head: Head


def play(plan: Plan, journal: JournalWriter, progress: Callable[[int, int, int], None]) -> Outcome:
    """Play a plan into an empty journal. `progress` is told start, now and end of the tape, in ns.

    Errors: Fault of the feed or of the journal; what was acknowledged stays in the journal.
    """
    tape = Tape(plan.recordings, plan.policy.bars)
    clock = VirtualClock(tape.start_ns)
    authority = Authority(method=ACTOR, session="", factor="none")
    loop = GateLoop(journal, State(), authority, plan.low_water_bytes)
    _found(loop, plan, tape.start_ns)
    make = SpotExchange if plan.is_spot else PaperExchange
    exchange = make(plan.account, plan.balance, plan.instruments, plan.terms, tape, clock, plan.identity.seed)
    strategies = {each.owner: (each.symbol, each.strategy) for each in plan.automations}
    mark_ns = MARK_SPOT_NS if plan.is_spot else MARK_NS

    def show(at_ns: int) -> None:
        progress(tape.start_ns, at_ns, tape.end_ns)

    driver = Driver(tape, exchange, loop, clock, strategies, show, mark_ns)
    driver.run()
    counts = tape.counts()
    end = c.EndRun(ticks=counts.ticks, gaps=counts.gaps, bad_ticks=counts.bad_ticks, reason="the feed is over")
    loop.offer(tape.end_ns, ACTOR, end)
    loop.commit()
    return Outcome(loop.state, counts, driver.bars_closed, loop.head)


def _found(loop: GateLoop, plan: Plan, at_ns: int) -> None:
    """Begin the log: run, policy, release, arm, mode; then what may be traded, the account and its owners."""
    asked: list[c.Command] = [
        c.StartRun(run=plan.identity),
        c.SeedPolicy(policy=plan.policy, digest=plan.policy_digest, loosened=dict(plan.loosened)),
        c.Release(reason="a backtest trades on virtual time only"),
        c.Arm(reason="a backtest trades on virtual time only"),
        c.SetMode(mode=Mode.NORMAL, reason="a backtest trades on virtual time only"),
        c.ListInstruments(instruments=tuple(plan.instruments.values())),
        c.OpenAccount(account=plan.account, venue="paper", balance=plan.balance),
    ]
    asked += [
        c.EnrolOwner(
            owner=each.owner,
            kind=AUTOMATION,
            strategy=each.strategy_name,
            account=plan.account,
            symbols=(each.symbol,),
            reason="configured for this run",
        )
        for each in plan.automations
    ]
    loop.attach(plan.settings)
    for command in asked:
        loop.offer(at_ns, ACTOR, command)
    loop.commit()
