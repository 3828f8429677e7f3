"""The machine: `decide` holds all the rules, `evolve` alone changes state, `react` says what to ask the world.

`decide` never changes the state; what it returns is written to disk before anything else sees it.
"""

from typing import assert_never

from interlock.core import changes, endings, fills, obligations
from interlock.core.control import switches
from interlock.core.risk import gate
from interlock.core.spot import asked as spot_asked
from interlock.core.spot import told as spot_told
from interlock.core.state import State
from interlock.core.trading import orders
from interlock.messages import commands as c
from interlock.messages import events as e
from interlock.messages import observations as o
from interlock.messages.events import Event
from interlock.messages.record import Input
from interlock.messages.refusals import KNOWN_ALREADY, ORDER_KNOWN, OWNER, SEEDED, STOP_STAYS
from interlock.messages.words import Intent, Purpose
from interlock.units.money import ZERO
from interlock.units.sides import SIGN
from interlock.units.time import NS_PER_MS, NS_PER_S

evolve = changes.evolve
fold = changes.fold
react = obligations.react
outstanding = obligations.outstanding
MARK_RECORD_NS = NS_PER_S - NS_PER_MS
"""A mark of what is held becomes a record once a second, an account and symbol; a mark a little early counts, too."""


_EXIT = Intent.EXIT


def decide(state: State, at_ns: int, asked: Input) -> tuple[Event, ...]:
    """Return all that follows from one input. Empty: it decides nothing, changes nothing, and is not recorded."""
    match asked:
        case c.RaiseSignal():
            if asked.signal.intent is _EXIT and _is_spot(state, asked.signal.symbol):
                return spot_asked.judge_exit(state, at_ns, asked)
            return gate.judge_signal(state, at_ns, asked)
        case c.ProposeOrder():
            return _propose(state, at_ns, asked)
        case o.FillReported():
            return fills.filled(state, at_ns, asked)
        case o.AcceptReported():
            return orders.accepted(state.orders.get(asked.order_id), asked)
        case o.MarkHeard():
            return _mark(state, at_ns, asked)
        case o.CancelReported() | o.ExpireReported() | o.RejectReported():
            return endings.ended(state, at_ns, asked)
        case o.TimerFired():
            return endings.timer_fired(state, at_ns, asked)
        case o.CancelRejectReported():
            return orders.cancel_refused(state.orders.get(asked.order_id), asked)
        case o.SilenceReported():
            return orders.silent(state.orders.get(asked.order_id), asked)
        case o.RefusalsCounted():
            return (e.RefusalRepeated(seq=asked.seq, owner=asked.owner, count=asked.count),)
        case o.FeedGapHeard():
            return (e.FeedGapFound(symbol=asked.symbol, expected=asked.expected, found=asked.found),)
        case o.FeedSyncHeard():
            return (e.FeedSynced(symbol=asked.symbol, update_id=asked.update_id),)
        case o.ClockDriftHeard():
            return (e.ClockDrifted(symbol=asked.symbol, drift_ms=asked.drift_ms, drift_ms_max=asked.drift_ms_max),)
        case c.RequestCancel():
            return _cancel(state, asked)
        case c.EngageKill():
            return endings.killed(state, at_ns, asked)
        case c.SetMode():
            return endings.mode_set(state, at_ns, asked)
        case c.Release():
            return switches.release(state, asked)
        case c.Arm():
            return switches.arm(state, asked)
        case c.Disarm():
            return switches.disarm(asked)
        case _:
            return _found(state, asked)


Founding = c.StartRun | c.EndRun | c.SeedPolicy | c.ListInstruments | c.OpenAccount | c.EnrolOwner


def _found(state: State, asked: Founding) -> tuple[Event, ...]:
    """Inputs that set a run up or end it."""
    match asked:
        case c.StartRun():
            return (e.RunStarted(run=asked.run),)
        case c.EndRun():
            return (e.RunEnded(ticks=asked.ticks, gaps=asked.gaps, bad_ticks=asked.bad_ticks, reason=asked.reason),)
        case c.SeedPolicy():
            if state.policy is not None:
                return (e.CommandRefused(rule=SEEDED.code, detail="this log has a policy; a seed is for an empty log"),)
            return (e.PolicySeeded(policy=asked.policy, digest=asked.digest, loosened=asked.loosened),)
        case c.ListInstruments():
            return (e.InstrumentsListed(instruments=asked.instruments),)
        case c.OpenAccount() if asked.account in state.accounts:
            return (e.CommandRefused(rule=KNOWN_ALREADY.code, detail=f"the account {asked.account} is open already"),)
        case c.OpenAccount():
            return (e.AccountOpened(account=asked.account, venue=asked.venue, balance=asked.balance),)
        case c.EnrolOwner() if asked.owner in state.owners:
            return (e.CommandRefused(rule=KNOWN_ALREADY.code, detail=f"the owner {asked.owner} is enrolled already"),)
        case c.EnrolOwner() if asked.account not in state.accounts:
            return (e.CommandRefused(rule=OWNER.code, detail=f"there is no account {asked.account}"),)
        case c.EnrolOwner():
            return (
                e.OwnerEnrolled(
                    owner=asked.owner,
                    kind=asked.kind,
                    strategy=asked.strategy,
                    account=asked.account,
                    symbols=asked.symbols,
                    reason=asked.reason,
                ),
            )
        case _:
            assert_never(asked)


def _is_spot(state: State, symbol: str) -> bool:
    traded = state.instruments.get(symbol)
    return traded is not None and traded.is_spot


def _propose(state: State, at_ns: int, command: c.ProposeOrder) -> tuple[Event, ...]:
    """What sells of a spot position waits for the stop that locks it; all else is the gate's alone."""
    traded = state.instruments.get(command.terms.symbol)
    if traded is not None and traded.is_spot:
        sold = spot_asked.judge_sale(state, at_ns, command, traded)
        if sold is not None:
            return sold
    return gate.judge_terms(state, at_ns, command)


def _cancel(state: State, command: c.RequestCancel) -> tuple[Event, ...]:
    """Take an order back. The stop behind a position stays: closing the position is what takes it away."""
    order = state.orders.get(command.order_id)
    if order is None or not order.is_open:
        return (e.CommandRefused(rule=ORDER_KNOWN.code, detail=f"{command.order_id} is not an open order"),)
    if order.approved.purpose is Purpose.STOP:
        return (e.CommandRefused(rule=STOP_STAYS.code, detail=f"{command.order_id} protects a position"),)
    return (e.OrderCancelRequested(order_id=command.order_id, reason=command.reason),)


def _mark(state: State, at_ns: int, mark: o.MarkHeard) -> tuple[Event, ...]:
    """Value what is held in the symbol, once a second an account; on spot also judge its targets, at once."""
    view = mark.view
    events: list[Event] = []
    for name, account in state.accounts.items():
        held = [p for p in state.positions.values() if p.symbol == view.symbol and p.account == name]
        if not held or at_ns - state.marked_at_ns.get((name, view.symbol), -MARK_RECORD_NS) < MARK_RECORD_NS:
            continue
        price = view.mid
        before = sum((p.unrealised for p in held), ZERO)
        value = sum((price * p.quantity for p in held), ZERO)
        unrealised = sum(((price * p.quantity - p.cost) * SIGN[p.side] for p in held), ZERO)
        events.append(
            e.MarkTaken(
                account=name,
                symbol=view.symbol,
                price=price,
                unrealised=unrealised,
                equity=account.equity - before + unrealised,
                exposure=account.exposure - sum((p.value for p in held), ZERO) + value,
            )
        )
    if _is_spot(state, view.symbol):
        events += spot_told.targets(state, at_ns, view)
    return tuple(events)
