"""The gate: the one place where an order becomes an `ApprovedOrder`.

Entries pass every rule or are refused with all the evidence. What only reduces is never refused by a rule.
"""

from decimal import Decimal

from interlock.core.risk import entries, exits, soundness
from interlock.core.state import Position, State
from interlock.messages.commands import ProposeOrder, RaiseSignal
from interlock.messages.events import Event, OrderApproved, OrderRefused, SignalTaken
from interlock.messages.market import MarketView
from interlock.messages.orders import ApprovedOrder, ExitPlan, OrderTerms
from interlock.messages.refusals import MET, UNMET
from interlock.messages.words import Approval, Intent, OrderType, Purpose, TimeInForce
from interlock.units.ids import client_order_id
from interlock.units.money import ZERO, divide

_EXIT, _ENTRY, _NOT_REQUIRED = Intent.EXIT, Purpose.ENTRY, Approval.NOT_REQUIRED
_REDUCES = (MET["RISK-037"],)
"""The evidence of an order that only reduces: there is something to reduce. No other rule is asked."""


def judge_signal(state: State, at_ns: int, command: RaiseSignal) -> tuple[Event, ...]:
    """Return what a strategy's signal leads to: an entry, a closing order, or a refusal; the signal counts always."""
    signal, view = command.signal, command.view
    owner = state.owners.get(command.owner)
    taken = SignalTaken(owner=command.owner)
    if signal.intent is _EXIT:
        held = state.positions.get((owner.account, signal.symbol, owner.owner)) if owner else None
        if held is None:
            return (taken, entries.refused(command.owner, signal.symbol, None, (UNMET["RISK-037"],)))
        if held.close_id:
            return (taken,)
        return (taken, close(state, held, reference_price(view, signal.symbol), 0, 0))
    proposal = entries.for_signal(state, at_ns, owner, command.owner, signal, view)
    if isinstance(proposal, OrderRefused):
        return (taken, proposal)
    assert owner is not None, "a proposal is made for a known owner only"
    return (taken, _enter(state, owner.account, owner.owner, signal.symbol, proposal))


def judge_terms(state: State, at_ns: int, command: ProposeOrder) -> tuple[Event, ...]:
    """Return what an order sized by a bot or a person leads to.

    What reduces its owner's position always passes, cut to what is held if it is reduce-only.
    """
    terms, view = command.terms, command.view
    owner = state.owners.get(command.owner)
    held = state.positions.get((owner.account, terms.symbol, owner.owner)) if owner else None
    reduces = held is not None and held.side is not terms.side and terms.quantity.is_finite() and terms.quantity > ZERO
    if held is not None and reduces and (terms.reduce_only or terms.quantity <= held.quantity):
        return (_reduce(state, held, terms, view),)
    if terms.reduce_only:
        return (entries.refused(command.owner, terms.symbol, terms.side, (UNMET["RISK-037"],)),)
    proposal = entries.for_terms(state, at_ns, owner, command.owner, terms, view)
    if isinstance(proposal, OrderRefused):
        return (proposal,)
    assert owner is not None, "a proposal is made for a known owner only"
    return (_enter(state, owner.account, owner.owner, terms.symbol, proposal),)


def _enter(state: State, account: str, owner: str, symbol: str, proposal: entries.Proposal) -> OrderApproved:
    """Approve an entry that passed every rule."""
    order = ApprovedOrder(
        order_id=client_order_id(state.lease_epoch, state.seq, 0),
        account=account,
        owner=owner,
        symbol=symbol,
        purpose=_ENTRY,
        side=proposal.side,
        order_type=proposal.order_type,
        time_in_force=proposal.time_in_force,
        quantity=proposal.quantity,
        limit_price=proposal.limit_price,
        trigger_price=None,
        reduce_only=False,
        reference_price=proposal.reference_price,
        approval=_NOT_REQUIRED,
    )
    return OrderApproved(
        order=order, checks=proposal.checks, sizing=proposal.size, costs=proposal.cost, exits=proposal.exits
    )


def _reduce(state: State, held: Position, terms: OrderTerms, view: MarketView | None) -> OrderApproved:
    """Approve an order that shrinks its owner's own position, in the form it was asked for but reduce-only.

    A form that lacks its price goes at market: a reduction is not refused for its form.
    """
    mid = reference_price(view, held.symbol) or divide(held.value, held.quantity)
    return reduction(state, held, terms, min(terms.quantity, held.quantity), mid, 0)


def reduction(
    state: State, held: Position, terms: OrderTerms, quantity: Decimal, mid: Decimal, ordinal: int
) -> OrderApproved:
    """Approve the sale (or purchase) of `quantity` of what is held, in the form that was asked for where it has one."""
    has_form = soundness.are_terms_sound(terms)
    kind, force, limit, trigger = OrderType.MARKET, TimeInForce.IOC, None, None
    if has_form and terms.order_type is OrderType.LIMIT and terms.limit_price is not None:
        kind, force, limit = OrderType.LIMIT, terms.time_in_force, terms.limit_price
    elif has_form and terms.order_type not in (OrderType.LIMIT, OrderType.MARKET) and terms.trigger_price is not None:
        kind, force, trigger = terms.order_type, TimeInForce.GTC, terms.trigger_price
    return _reducing(state, held, ordinal, Purpose.REDUCE, kind, force, quantity, limit, trigger, trigger or mid)


def reference_price(view: MarketView | None, symbol: str) -> Decimal:
    """Return the mid that a closing order is measured from, zero where the market is not known well enough."""
    is_known = view is not None and view.symbol == symbol and soundness.is_quote_sound(view)
    return view.mid if view is not None and is_known else ZERO


def close(state: State, held: Position, reference: Decimal, attempt: int, ordinal: int) -> OrderApproved:
    """Approve the `attempt`-th order (0-based) that closes a position, measured from a reference price.

    IOC at the collar's step while the schedule lasts and a reference is known, else at market.
    """
    assert state.policy is not None, "a position cannot stand without a policy"
    side, tick = held.side.opposite, state.instruments[held.symbol].price_tick
    limit = exits.close_limit(state.policy.exits.close_collar_bps, attempt, reference, side, tick)
    kind = OrderType.LIMIT if limit else OrderType.MARKET
    mark = reference if reference > ZERO else divide(held.value, held.quantity)
    return _reducing(
        state, held, ordinal, Purpose.CLOSE, kind, TimeInForce.IOC, held.quantity, limit or None, None, mark
    )


def protect(
    state: State, held: Position, plan: ExitPlan, quantity: Decimal, cost: Decimal, ordinal: int
) -> tuple[OrderApproved, OrderApproved]:
    """Approve the resting stop and target of a position of `quantity` bought or sold for `cost` in all."""
    side, tick = held.side, state.instruments[held.symbol].price_tick
    entry = divide(cost, quantity)
    stop, target = exits.stop_price(side, entry, plan, tick), exits.target_price(side, entry, plan, tick)
    return (
        _reducing(
            *(state, held, ordinal, Purpose.STOP, OrderType.STOP_MARKET, TimeInForce.GTC),
            *(quantity, None, stop, stop),
        ),
        _reducing(
            *(state, held, ordinal + 1, Purpose.TARGET, OrderType.LIMIT, TimeInForce.GTC),
            *(quantity, target, None, target),
        ),
    )


def cover(state: State, held: Position, quantity: Decimal, stop: Decimal, ordinal: int) -> OrderApproved:
    """Approve the resting stop of a spot position: the one order that locks its coins."""
    return _reducing(
        *(state, held, ordinal, Purpose.STOP, OrderType.STOP_MARKET, TimeInForce.GTC),
        *(quantity, None, stop, stop),
    )


def sell(
    state: State,
    held: Position,
    purpose: Purpose,
    quantity: Decimal,
    limit: Decimal | None,
    reference: Decimal,
    ordinal: int,
) -> OrderApproved:
    """Approve the sale of a spot position that is left: IOC at a limit, or at market without one."""
    kind = OrderType.LIMIT if limit is not None else OrderType.MARKET
    return _reducing(state, held, ordinal, purpose, kind, TimeInForce.IOC, quantity, limit, None, reference)


def _reducing(
    state: State,
    held: Position,
    ordinal: int,
    purpose: Purpose,
    order_type: OrderType,
    time_in_force: TimeInForce,
    quantity: Decimal,
    limit_price: Decimal | None,
    trigger_price: Decimal | None,
    reference_price: Decimal,
) -> OrderApproved:
    """Approve an order that can only reduce: reduce-only, on the other side, never above what is held."""
    order = ApprovedOrder(
        order_id=client_order_id(state.lease_epoch, state.seq, ordinal),
        account=held.account,
        owner=held.owner,
        symbol=held.symbol,
        purpose=purpose,
        side=held.side.opposite,
        order_type=order_type,
        time_in_force=time_in_force,
        quantity=quantity,
        limit_price=limit_price,
        trigger_price=trigger_price,
        reduce_only=True,
        reference_price=reference_price,
        approval=_NOT_REQUIRED,
    )
    return OrderApproved(order=order, checks=_REDUCES, sizing=None, costs=None, exits=None)
