"""What an owner asks to have sold of a spot position."""

from decimal import Decimal

from msgspec.structs import replace

from interlock.core.risk import entries, gate
from interlock.core.spot import selling
from interlock.core.state import Position, State, Waiting
from interlock.messages.commands import ProposeOrder, RaiseSignal
from interlock.messages.events import Event, ReductionWaits, SignalTaken
from interlock.messages.orders import Check, OrderTerms
from interlock.messages.refusals import UNMET
from interlock.messages.words import Purpose
from interlock.units.instruments import Instrument
from interlock.units.money import ZERO, divide, step_down
from interlock.units.sides import Side


def judge_exit(state: State, at_ns: int, command: RaiseSignal) -> tuple[Event, ...]:
    """Return what a strategy's wish to leave leads to: the sale of all, a refusal, or nothing where that is decided."""
    signal = command.signal
    owner = state.owners.get(command.owner)
    taken = SignalTaken(owner=command.owner)
    held = state.positions.get((owner.account, signal.symbol, owner.owner)) if owner else None
    if held is None:
        return (taken, entries.refused(command.owner, signal.symbol, None, (UNMET["RISK-037"],)))
    if held.leaving is not None:
        return (taken,)
    reference = gate.reference_price(command.view, signal.symbol)
    return (taken, *selling.leave(state, at_ns, held, Purpose.CLOSE, reference, "its owner asked to leave"))


def judge_sale(state: State, at_ns: int, command: ProposeOrder, traded: Instrument) -> tuple[Event, ...] | None:
    """Return what an order that sells some of what its owner holds leads to; None for any other order.

    It is cut to what no other sale has, in whole lots. Where nothing is left there is nothing to reduce.
    """
    terms = command.terms
    owner = state.owners.get(command.owner)
    held = state.positions.get((owner.account, terms.symbol, owner.owner)) if owner else None
    if held is None or terms.side is not Side.SELL or not (terms.quantity.is_finite() and terms.quantity > ZERO):
        return None
    if not terms.reduce_only and terms.quantity > held.quantity:
        return None
    left = _not_asked_for(state, held)
    quantity = step_down(min(terms.quantity, left), traded.quantity_step)
    if not quantity:
        failed = Check("RISK-016", terms.quantity, traded.quantity_min, 0, False) if left else UNMET["RISK-037"]
        return (entries.refused(command.owner, terms.symbol, terms.side, (failed,)),)
    cut: OrderTerms = replace(terms, quantity=quantity)
    mid = gate.reference_price(command.view, held.symbol) or divide(held.value, held.quantity)
    waits = ReductionWaits(account=held.account, symbol=held.symbol, owner=held.owner, terms=cut, reference_price=mid)
    asked = replace(held, waiting=(*held.waiting, Waiting(cut, mid)))
    return (waits, *selling.follow(state, at_ns, asked))


def _not_asked_for(state: State, held: Position) -> Decimal:
    """Return what is held and not on its way out: by a sale at work or waiting, or all of it."""
    if held.leaving is not None:
        return ZERO
    at_work = sum(
        (each.quantity_left for each in selling.sales(state, held.key) if each.approved.purpose is not Purpose.STOP),
        ZERO,
    )
    waiting = sum((each.terms.quantity for each in held.waiting), ZERO)
    return max(held.quantity - at_work - waiting, ZERO)
