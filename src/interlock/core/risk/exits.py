"""How a position is to end: stop and target distances, and the prices of closing orders."""

from decimal import Decimal

from interlock.core.risk.factors import Factors
from interlock.messages.orders import ExitPlan
from interlock.units.instruments import Instrument
from interlock.units.money import ZERO, share_bps, step_down, step_up
from interlock.units.sides import Side


def plan(
    factors: Factors, instrument: Instrument, atr: Decimal, mid: Decimal, side: Side, own_target: Decimal | None
) -> ExitPlan:
    """Return the exits of an entry: the ATR stop between its bounds, the target, and how long to hold.

    The stop distance is rounded up to the tick, so a stop is never nearer than asked. A strategy's own target counts
    only if it lies on the profitable side by at least one tick; else the target is a multiple of the risk.
    """
    exits, tick = factors.policy.exits, instrument.price_tick
    distance, nearest = atr * exits.stop_atr_multiple, mid * factors.stop_min
    if distance < nearest:
        distance = nearest
    else:
        farthest = mid * factors.stop_max
        if distance > farthest:
            distance = farthest
    distance = step_up(distance, tick)
    target_price = None
    if own_target is not None:
        gain = own_target - mid if side is Side.BUY else mid - own_target
        if gain >= tick:
            target_price = own_target // tick * tick
    return ExitPlan(distance, step_up(distance * exits.target_risk_multiple, tick), target_price, factors.hold_ns_max)


def worth_at_stop(
    factors: Factors, instrument: Instrument, quantity: Decimal, mid: Decimal, planned: ExitPlan
) -> Decimal:
    """Return what a spot purchase brings at its stop, its fee taken in coins.

    Spot takes no sale below its least value, not even of all that is held: what is worth less there could be bought and
    never protected.
    """
    received = quantity - share_bps(quantity, factors.policy.costs.taker_bps)
    return step_down(received, instrument.quantity_step) * (mid - planned.stop_distance)


def stop_price(side: Side, entry: Decimal, exits: ExitPlan, tick: Decimal) -> Decimal:
    """Return the trigger of the protective stop of a position that stands on `side`, never below one tick."""
    price = entry - exits.stop_distance if side is Side.BUY else entry + exits.stop_distance
    price = step_down(price, tick) if side is Side.BUY else step_up(price, tick)
    return max(price, tick)


def target_price(side: Side, entry: Decimal, exits: ExitPlan, tick: Decimal) -> Decimal:
    """Return the limit of the profit target, never below one tick.

    A strategy's target that the fill has already passed would close at once for nothing, so the multiple counts then.
    """
    own = exits.target_price
    if own is not None and (own > entry if side is Side.BUY else own < entry):
        return own
    price = entry + exits.target_distance if side is Side.BUY else entry - exits.target_distance
    price = step_up(price, tick) if side is Side.BUY else step_down(price, tick)
    return max(price, tick)


def close_limit(schedule: tuple[Decimal, ...], attempt: int, reference: Decimal, side: Side, tick: Decimal) -> Decimal:
    """Return the limit of the `attempt`-th closing order (0-based) that trades on `side`, or zero for at market.

    It widens by the schedule; after its last step, or without a reference price, a reduction goes at market.
    """
    if attempt >= len(schedule) or reference <= ZERO:
        return ZERO
    room = share_bps(reference, schedule[attempt])
    price = step_up(reference + room, tick) if side is Side.BUY else step_down(reference - room, tick)
    return max(price, tick)
