"""Scripts for the core: what owners, operators, the clock, the market and an unreliable venue may do, in any order.

A script is a list of moves. `play` tells them to a core one by one; a move about an order names it by number, so that
every script makes sense in every state, and shrinks well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from hypothesis import strategies as st

from interlock.messages import commands as c
from interlock.messages import observations as o
from interlock.messages.effects import SendOrder
from interlock.messages.events import Event
from interlock.messages.orders import ApprovedOrder, OrderTerms
from interlock.messages.policy import Costs, Exits, Limits, Policy, Sizing
from interlock.messages.record import Input
from interlock.messages.words import Intent, KillWay, Liquidity, Mode, OrderType, TimeInForce
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS, NS_PER_S
from tests.builders import (
    OTHER_OWNER,
    OTHER_SYMBOL,
    OWNER,
    START_NS,
    SYMBOL,
    Core,
    accepted,
    bought,
    cancelled,
    changed,
    expired,
    filled,
    fired,
    founded,
    raised,
    rejected,
    view,
    wide_policy,
)

OWNERS, SYMBOLS = (OWNER, OTHER_OWNER), (SYMBOL, OTHER_SYMBOL)
WHY = "a script says so"
Look = Callable[[Core, Input, tuple[Event, ...]], None]


class Answer(Enum):
    """What the venue may say about an order, true or not."""

    ACCEPT = "accept"
    FILL = "fill"
    FILL_AGAIN = "fill again"
    FILL_TOO_MUCH = "fill too much"
    REJECT = "reject"
    CANCEL = "cancel"
    EXPIRE = "expire"
    CANCEL_REJECT = "cancel reject"
    SILENCE = "silence"


@dataclass(frozen=True)
class Signals:
    """An owner asks to enter or leave."""

    owner: str
    symbol: str
    intent: Intent
    mid: int
    is_fresh: bool

    def inputs(self, core: Core) -> list[Input]:
        seen = view(self.mid, self.symbol)
        return [raised(self.intent, seen if self.is_fresh else changed(seen, age_ms=60_000), self.owner, self.symbol)]


@dataclass(frozen=True)
class Proposes:
    """A bot asks for an order of its own size."""

    owner: str
    side: Side
    lots: int
    limit: int | None
    reduce_only: bool

    def inputs(self, core: Core) -> list[Input]:
        wanted = OrderTerms(
            symbol=SYMBOL,
            side=self.side,
            order_type=OrderType.MARKET if self.limit is None else OrderType.LIMIT,
            time_in_force=TimeInForce.IOC if self.limit is None else TimeInForce.GTC,
            quantity=self.lots * Decimal("0.001"),
            limit_price=None if self.limit is None else Decimal(self.limit),
            trigger_price=None,
            reduce_only=self.reduce_only,
        )
        return [c.ProposeOrder(owner=self.owner, terms=wanted, view=view())]


@dataclass(frozen=True)
class Answers:
    """The venue says something about the `number`-th order that was sent, counted from the last one back."""

    number: int
    answer: Answer
    part: int
    price: int

    def inputs(self, core: Core) -> list[Input]:
        sent = [effect.order for effect in core.effects if isinstance(effect, SendOrder)]
        return [self._about(core, sent[-1 - self.number % len(sent)])] if sent else []

    def _about(self, core: Core, order: ApprovedOrder) -> Input:
        order_id, known = order.order_id, core.order(order.order_id)
        match self.answer:
            case Answer.ACCEPT:
                return accepted(order_id, f"v-{order_id}")
            case Answer.FILL:
                left = known.quantity_left
                is_spot = core.state.instruments[order.symbol].is_spot
                lot = Decimal("0.00001") if is_spot else Decimal("0.001")
                lots = int(left / lot)
                part = max(lots * self.part // 4, 1) * lot
                trade_id = f"t{len(core.records)}"
                if is_spot and order.side is Side.BUY:
                    return bought(order, part, Decimal(self.price), trade_id)
                return filled(order, part, Decimal(self.price), trade_id, "0.01230001")
            case Answer.FILL_AGAIN if known.trade_ids:
                return filled(order, "0.001", Decimal(self.price), known.trade_ids[-1])
            case Answer.FILL_AGAIN | Answer.FILL_TOO_MUCH:
                return filled(order, order.quantity * 2, Decimal(self.price), f"t{len(core.records)}")
            case Answer.REJECT:
                return rejected(order_id)
            case Answer.CANCEL:
                return cancelled(order_id)
            case Answer.EXPIRE:
                return expired(order_id)
            case Answer.CANCEL_REJECT:
                return o.CancelRejectReported(order_id=order_id, code=-2011, text="unknown", venue_at_ns=START_NS)
            case Answer.SILENCE:
                return o.SilenceReported(order_id=order_id, text="no answer")


@dataclass(frozen=True)
class Passes:
    """Time passes, and the timers that are due then fire; one that is not due may fire too."""

    after_s: int
    stray: bool

    def inputs(self, core: Core) -> list[Input]:
        core.at_ns += self.after_s * NS_PER_S
        due = [timer for timer, at_ns in core.state.timers.items() if self.stray or at_ns <= core.at_ns]
        return [fired(timer, view() if self.after_s % 2 else None) for timer in due]


@dataclass(frozen=True)
class Tells:
    """Something that needs no look at the state."""

    asked: Input

    def inputs(self, core: Core) -> list[Input]:
        return [self.asked]


@dataclass(frozen=True)
class Cancels:
    """Somebody takes the `number`-th known order back."""

    number: int

    def inputs(self, core: Core) -> list[Input]:
        known = list(core.state.orders)
        return [c.RequestCancel(order_id=known[-1 - self.number % len(known)], reason=WHY)] if known else []


Move = Signals | Proposes | Answers | Passes | Tells | Cancels

owners, symbols = st.sampled_from(OWNERS), st.sampled_from(SYMBOLS)
mids = st.integers(49_000, 51_000)
signals = st.builds(Signals, owners, symbols, st.sampled_from(Intent), mids, st.sampled_from((True, True, True, False)))
entries = st.builds(
    Signals, owners, symbols, st.sampled_from((Intent.ENTER_LONG, Intent.ENTER_SHORT)), mids, st.just(True)
)
proposals = st.builds(
    Proposes, owners, st.sampled_from(Side), st.integers(1, 40), st.none() | st.integers(49_800, 50_200), st.booleans()
)
answers = st.builds(Answers, st.integers(0, 6), st.sampled_from(Answer), st.integers(1, 4), st.integers(48_000, 52_000))
fills = st.builds(
    Answers, st.integers(0, 3), st.just(Answer.FILL), st.sampled_from((2, 4)), st.integers(48_000, 52_000)
)
times = st.builds(Passes, st.sampled_from((0, 1, 61, 3_601, 20_000)), st.booleans())
marks = st.builds(lambda symbol, mid: Tells(o.MarkHeard(view=view(mid, symbol))), symbols, mids)
cancels = st.builds(Cancels, st.integers(0, 5))
SWITCHES: tuple[c.Command, ...] = (
    c.Release(reason=WHY),
    c.Arm(reason=WHY),
    c.Disarm(reason=WHY),
    *(c.SetMode(mode=mode, reason=WHY) for mode in Mode),
    *(c.EngageKill(way=way, reason=WHY) for way in KillWay),
)
switches = st.sampled_from([Tells(asked) for asked in SWITCHES])
feeds = st.sampled_from(
    [
        Tells(o.FeedGapHeard(symbol=SYMBOL, expected=5, found=9, source="d" * 64, line=3)),
        Tells(o.ClockDriftHeard(symbol=SYMBOL, offset_ms=131, drift_ms=129, drift_ms_max=100)),
        Tells(o.FeedSyncHeard(symbol=SYMBOL, update_id=9, source="d" * 64, line=4)),
        Tells(o.RefusalsCounted(seq=3, owner=OWNER, count=2)),
        Tells(c.EndRun(ticks=1, gaps=0, bad_ticks={}, reason=WHY)),
        Tells(cancelled("nobody's")),
        Tells(
            o.FillReported(
                order_id="nobody's",
                trade_id="t0",
                price=Decimal(1),
                quantity=Decimal(1),
                fee=Decimal(0),
                liquidity=Liquidity.MAKER,
                venue_at_ns=START_NS,
            )
        ),
    ]
)
back_to_normal = st.just(
    [Tells(c.Release(reason=WHY)), Tells(c.Arm(reason=WHY)), Tells(c.SetMode(mode=Mode.NORMAL, reason=WHY))]
)
trades = st.builds(lambda entry, fill: [entry, fill], entries, fills)
moves = st.one_of(signals, proposals, answers, fills, answers, times, marks, cancels, switches, feeds)
told = st.lists(st.one_of(answers, answers, cancels, times), min_size=1, max_size=5)
first_answers = st.builds(
    Answers, st.just(0), st.sampled_from((Answer.SILENCE, Answer.ACCEPT, Answer.CANCEL_REJECT)), st.just(2), mids
)
tries = st.builds(lambda entry, answer: [entry, answer], entries, first_answers)
told_twice = st.builds(
    lambda entry, price: [entry, Answers(0, Answer.FILL, 2, price), Answers(2, Answer.FILL_AGAIN, 2, price)],
    entries,
    mids,
)
reductions = st.builds(
    lambda owner, lots, limit, price, answer: [
        Signals(owner, SYMBOL, Intent.ENTER_LONG, 50_000, True),
        Answers(0, Answer.FILL, 4, price),
        Proposes(owner, Side.SELL, lots, limit, True),
        Answers(0, answer, 2, price),
    ],
    owners,
    st.integers(1, 60),
    st.none() | st.integers(49_800, 50_200),
    mids,
    st.sampled_from((Answer.FILL, Answer.EXPIRE, Answer.REJECT)),
)
emergencies = st.sampled_from(
    (Tells(c.SetMode(mode=Mode.EMERGENCY, reason=WHY)), Tells(c.EngageKill(way=KillWay.IMMEDIATE, reason=WHY)))
)
overtaken = st.builds(
    # Filled half before and half after the first exits: those stand between the entry and the last order sent.
    lambda entry, emergency, price, answer: [
        entry,
        emergency,
        Answers(0, Answer.FILL, 2, price),
        Answers(0, answer, 2, price),
        Answers(3, Answer.FILL, 2, price),
    ],
    entries,
    emergencies,
    mids,
    st.sampled_from((Answer.ACCEPT, Answer.EXPIRE, Answer.FILL)),
)
rivals = st.builds(
    lambda symbol, intent, mid: [Signals(owner, symbol, intent, mid, True) for owner in OWNERS],
    symbols,
    st.sampled_from((Intent.ENTER_LONG, Intent.ENTER_SHORT)),
    mids,
)
parts = st.one_of(
    *(trades, trades, told_twice, tries, reductions, overtaken, rivals, told, told, back_to_normal),
    st.lists(moves, min_size=1, max_size=4),
)
scripts = st.lists(parts, min_size=3, max_size=16).map(lambda each: [move for part in each for move in part])
"""Any script; entries that fill, and returns to normal trading, come often, so that most scripts hold something."""


def bps(most: int) -> st.SearchStrategy[Decimal]:
    """Return whole and broken basis points from zero to some."""
    return st.decimals(0, most, places=2)


policies = st.builds(
    Policy,
    sizing=st.builds(Sizing, risk_bps=bps(10_000), position_bps_max=bps(100_000), exposure_bps_max=bps(100_000)),
    limits=st.builds(
        Limits,
        loss_trade_bps_max=bps(100_000),
        order_usdt_max=st.decimals(0, 10**9, places=2),
        leverage_max=st.decimals(0, 125, places=1),
        positions_open_max=st.integers(1, 10**6),
        orders_open_max=st.integers(1, 10**6),
        orders_minute_max=st.integers(1, 10**6),
        signals_hour_max=st.integers(1, 10**6),
        collar_bps_max=bps(5_000),
        spread_bps_max=bps(10_000),
        quote_age_ms_max=st.integers(1, 3_600_000),
        latency_ms_max=st.integers(1, 3_600_000),
        duplicate_window_ms=st.integers(0, 3_600_000),
    ),
    exits=st.builds(Exits, stop_bps_min=st.decimals(1, 100, places=1), stop_bps_max=st.decimals(100, 9_000, places=1)),
    costs=st.builds(Costs, edge_bps_min=bps(100)),
)
"""Policies from the tightest to the loosest that the types allow."""


def look_away(core: Core, asked: Input, events: tuple[Event, ...]) -> None:
    """See nothing."""


def play(script: list[Move], core: Core | None = None, before: Look = look_away, after: Look = look_away) -> Core:
    """Tell a script to the given core, or to one that may trade; `before` and `after` each input somebody may look."""
    core = founded(wide_policy()) if core is None else core
    for move in script:
        for asked in move.inputs(core):
            before(core, asked, ())
            after(core, asked, core.tell(asked, NS_PER_MS))
    return core
