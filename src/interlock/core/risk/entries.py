"""Whether an entry may be made: its price, its size, its costs, its exits, and the evidence of every rule."""

from decimal import Decimal

from msgspec import Struct

from interlock.core.risk import costs, exits, limits, sizing, soundness
from interlock.core.risk.factors import factors, means
from interlock.core.state import Owner, State
from interlock.messages.events import OrderRefused
from interlock.messages.market import MarketView, Signal
from interlock.messages.orders import Check, CostEstimate, ExitPlan, OrderTerms, SizeDerivation
from interlock.messages.refusals import UNMET
from interlock.messages.words import Intent, OrderType, TimeInForce
from interlock.units.instruments import SPOT, Instrument
from interlock.units.money import ZERO, share_bps, step_up
from interlock.units.sides import Side

# Looked up once: a member through its class costs as much as a sum of decimals.
_BUY, _SELL, _ENTER_LONG = Side.BUY, Side.SELL, Intent.ENTER_LONG
_LIMIT, _MARKET, _IOC = OrderType.LIMIT, OrderType.MARKET, TimeInForce.IOC


class Proposal(Struct, frozen=True, gc=False):
    """An entry that passed every rule, with its evidence; only the gate makes an order of it."""

    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal
    limit_price: Decimal | None
    reference_price: Decimal
    checks: tuple[Check, ...]
    size: SizeDerivation | None
    cost: CostEstimate
    exits: ExitPlan | None


def all_passed(checks: tuple[Check, ...]) -> bool:
    """Tell whether every rule passed."""
    for check in checks:  # noqa: SIM110 - twice as fast as all() over a generator, on the path of every order
        if not check.passed:
            return False
    return True


def refused(
    owner: str,
    symbol: str,
    side: Side | None,
    checks: tuple[Check, ...],
    size: SizeDerivation | None = None,
    cost: CostEstimate | None = None,
) -> OrderRefused:
    """Return the refusal that these checks amount to."""
    return OrderRefused(
        owner=owner,
        symbol=symbol,
        side=side,
        refusals=tuple([check.rule for check in checks if not check.passed]),
        checks=checks,
        sizing=size,
        costs=cost,
    )


def for_signal(
    state: State, at_ns: int, owner: Owner | None, owner_id: str, signal: Signal, view: MarketView | None
) -> Proposal | OrderRefused:
    """Price, size and judge the entry a signal asks for."""
    symbol = signal.symbol
    side = _BUY if signal.intent is _ENTER_LONG else _SELL
    traded, policy = state.instruments.get(symbol), state.policy
    lacks = _missing(state, owner, view, symbol, soundness.is_signal_sound(signal))
    if lacks or owner is None or policy is None or view is None or view.atr is None or traded is None:
        return refused(owner_id, symbol, side, (*limits.permission(state), *lacks))
    account, by = state.accounts[owner.account], factors(policy, traded.market == SPOT)
    may_use = means(by, account)
    if may_use.equity <= ZERO:
        return refused(owner_id, symbol, side, (*limits.permission(state), _no_equity(may_use.equity)))
    mid = view.mid
    room = mid * by.collar
    price, own = _entry_price(state, owner.account, symbol, side, mid, room, traded.price_tick)
    plan = exits.plan(by, traded, view.atr, mid, side, signal.target_price)
    held_usdt, held_quantity = held_and_asked(state, owner, symbol)
    committed = account.exposure + account.reserved
    worst = mid + room
    size = sizing.fixed_risk(by, traded, may_use, worst, plan.stop_distance, held_usdt, committed)
    asked = quantity = size.quantity
    order_usdt = quantity * worst
    if order_usdt < traded.notional_min:
        asked = _least(traded, worst)
        order_usdt = asked * worst
    cost = costs.round_trip(by, view, mid, order_usdt)
    loss_usdt = asked * plan.stop_distance + share_bps(order_usdt, cost.total_bps)
    worth = exits.worth_at_stop(by, traded, quantity, mid, plan) if by.is_spot else None
    rules = policy.limits
    checks = (
        *limits.permission(state),
        *limits.conditions(state, policy, owner, view, side, traded),
        *limits.market(rules, view),
        *limits.pace(state, by, owner, symbol, at_ns),
        limits.duplicate(state, by, owner_id, symbol, side, quantity, at_ns),
        *limits.value(by, may_use, order_usdt, held_usdt, committed, loss_usdt),
        *limits.price(own, side, price, mid, room),
        limits.edge(signal.edge_bps - cost.total_bps, policy.costs.edge_bps_min),
        *limits.filters(traded, quantity, held_quantity, price, worth),
    )
    if not all_passed(checks):
        return refused(owner_id, symbol, side, checks, size, cost)
    return Proposal(side, _LIMIT, _IOC, quantity, price, mid, checks, size, cost, plan)


def for_terms(
    state: State, at_ns: int, owner: Owner | None, owner_id: str, terms: OrderTerms, view: MarketView | None
) -> Proposal | OrderRefused:
    """Judge an entry whose size and price a bot or a person gave. Its exits are the policy's.

    One at market goes as an order that takes at once up to the collar: at market it might fill anywhere.
    """
    side, symbol, quantity = terms.side, terms.symbol, terms.quantity
    traded, policy = state.instruments.get(symbol), state.policy
    lacks = _missing(state, owner, view, symbol, soundness.are_terms_sound(terms))
    if lacks or owner is None or policy is None or view is None or view.atr is None or traded is None:
        return refused(owner_id, symbol, side, (*limits.permission(state), *lacks))
    account, by, rules = state.accounts[owner.account], factors(policy, traded.market == SPOT), policy.limits
    may_use = means(by, account)
    equity = may_use.equity
    is_market = terms.order_type is _MARKET
    if not (is_market or (terms.order_type is _LIMIT and terms.limit_price is not None)):
        return refused(owner_id, symbol, side, (*limits.permission(state), UNMET["RISK-040"]))
    if equity <= ZERO or quantity <= ZERO:
        failed = _no_equity(equity) if equity <= ZERO else Check("RISK-016", quantity, traded.quantity_min, 0, False)
        return refused(owner_id, symbol, side, (*limits.permission(state), failed))
    mid = view.mid
    room = mid * by.collar
    price, own = _entry_price(state, owner.account, symbol, side, mid, room, traded.price_tick)
    if terms.limit_price is not None and not is_market:
        price = terms.limit_price
    order_usdt = quantity * max(price, mid + room)
    held_usdt, held_quantity = held_and_asked(state, owner, symbol)
    cost = costs.round_trip(by, view, mid, order_usdt, terms.time_in_force is TimeInForce.GTX)
    plan = exits.plan(by, traded, view.atr, mid, side, None)
    loss_usdt = quantity * plan.stop_distance + share_bps(order_usdt, cost.total_bps)
    worth = exits.worth_at_stop(by, traded, quantity, mid, plan) if by.is_spot else None
    checks = (
        *limits.permission(state),
        *limits.conditions(state, policy, owner, view, side, traded),
        *limits.market(rules, view),
        *limits.pace(state, by, owner, symbol, at_ns),
        limits.duplicate(state, by, owner_id, symbol, side, quantity, at_ns),
        *limits.value(by, may_use, order_usdt, held_usdt, account.exposure + account.reserved, loss_usdt),
        *limits.price(own, side, price, mid, room),
        *limits.filters(traded, quantity, held_quantity, price, worth),
    )
    if not all_passed(checks):
        return refused(owner_id, symbol, side, checks, None, cost)
    force = _IOC if is_market else terms.time_in_force
    return Proposal(side, _LIMIT, force, quantity, price, mid, checks, None, cost, plan)


def _missing(
    state: State, owner: Owner | None, view: MarketView | None, symbol: str, are_numbers: bool
) -> tuple[Check, ...]:
    """Return a failed check for each thing without which nothing can be decided; most often there is none."""
    is_seen = view is not None and view.symbol == symbol
    if (
        are_numbers
        and view is not None
        and is_seen
        and soundness.is_quote_sound(view)
        and soundness.is_atr_sound(view)
        and owner is not None
        and state.policy is not None
        and symbol in state.instruments
    ):
        return ()
    lacks = {
        "RISK-043": not are_numbers,
        "RISK-004": owner is None,
        "RISK-005": state.policy is None,
        "RISK-006": not is_seen,
        "RISK-009": view is not None and is_seen and not soundness.is_quote_sound(view),
        "RISK-013": symbol not in state.instruments,
        "RISK-014": view is not None and is_seen and not soundness.is_atr_sound(view),
    }
    return tuple([UNMET[code] for code, is_lacking in lacks.items() if is_lacking])


def _least(traded: Instrument, price: Decimal) -> Decimal:
    """Return the smallest quantity the venue takes: where a cap leaves less, the caps are judged by it, and refuse."""
    return max(traded.quantity_min, step_up(traded.notional_min / price, traded.quantity_step))


def _no_equity(equity: Decimal) -> Check:
    return Check("RISK-015", equity, ZERO, 0, False)


def _entry_price(
    state: State, account: str, symbol: str, side: Side, mid: Decimal, room: Decimal, tick: Decimal
) -> tuple[Decimal, Decimal | None]:
    """Return the limit of an entry that takes at once, and the own resting price it must not meet.

    The limit is the collar's edge, rounded toward the market, and one tick short of an own order on the other side.
    """
    own = limits.own_best_opposite(state, account, symbol, side)
    if side is _BUY:
        price = (mid + room) // tick * tick
        return (min(price, own - tick) if own is not None else price), own
    price = step_up(mid - room, tick)
    return (max(price, own + tick) if own is not None else price), own


def held_and_asked(state: State, owner: Owner, symbol: str) -> tuple[Decimal, Decimal]:
    """Return what an owner holds in a symbol, and has asked for in orders that may still fill: in USDT, and in base."""
    held = state.positions.get((owner.account, symbol, owner.owner))
    total, quantity = (held.value, held.quantity) if held is not None else (ZERO, ZERO)
    open_orders = state.open_orders.get(symbol)
    for order in open_orders.values() if open_orders else ():
        if order.reserved and order.approved.owner == owner.owner and order.approved.account == owner.account:
            total += order.reserved
            quantity += order.quantity_left
    return total, quantity
