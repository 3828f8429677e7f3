"""What is to happen next with a spot position: one function, asked whenever something has changed.

An open sale locks its coins at the venue, so nothing is sold beside a stop that rests for all of them. A sale, or a
stop of another size, first takes the resting one back; what follows is decided when its end is told. Filled in between
is fine: what is sold is always cut to what is held and not locked.
"""

from decimal import Decimal

from msgspec.structs import replace

from interlock.core.risk import exits, gate
from interlock.core.state import Leaving, Order, Position, PositionKey, State
from interlock.core.trading import spot_positions
from interlock.core.trading.spot_positions import sellable
from interlock.core.trading.timers import exit_timer, retry_timer, timers
from interlock.messages import events as e
from interlock.messages.events import Event
from interlock.messages.words import OrderStatus, Purpose
from interlock.units.money import ZERO, divide, step_down
from interlock.units.sides import Side
from interlock.units.time import NS_PER_S

TAKE_BACK_NS = NS_PER_S
"""How long the end of a sale that is taken back is waited for before it is asked for again."""
_RETRY_NS_MAX = 60 * NS_PER_S


def sales(state: State, key: PositionKey, ended_id: str = "") -> list[Order]:
    """Return the owner's open sales in a symbol, but for one that ends in this decision."""
    account, symbol, owner = key
    return [
        order
        for order_id, order in state.open_orders.get(symbol, {}).items()
        if order.approved.reduce_only
        and order_id != ended_id
        and (order.approved.account, order.approved.owner) == (account, owner)
    ]


def has_entries(state: State, key: PositionKey, ended_id: str = "") -> bool:
    """Tell whether an entry of the owner in the symbol may still fill, but for one that ends in this decision."""
    account, symbol, owner = key
    return any(
        not order.approved.reduce_only
        and order_id != ended_id
        and (order.approved.account, order.approved.owner) == (account, owner)
        for order_id, order in state.open_orders.get(symbol, {}).items()
    )


def leave(
    state: State,
    at_ns: int,
    held: Position,
    purpose: Purpose,
    reference: Decimal,
    reason: str,
    ended_id: str = "",
    ordinal: int = 0,
) -> list[Event]:
    """Decide that a position is sold whole, and do what can be done of it now."""
    decided = e.ExitDecided(
        account=held.account,
        symbol=held.symbol,
        owner=held.owner,
        purpose=purpose,
        reference=reference,
        reason=reason,
    )
    leaving = replace(held, leaving=Leaving(purpose, reference))
    return [decided, *follow(state, at_ns, leaving, ended_id, ordinal)]


def follow(state: State, at_ns: int, held: Position, ended_id: str = "", ordinal: int = 0) -> list[Event]:
    """Return what is asked for next. `held` is the position as this decision leaves it; `ended_id` ends in it."""
    open_sales = sales(state, held.key, ended_id)
    if held.leaving is not None:
        if any(order.approved.order_id == held.close_id for order in open_sales):
            return []
        if open_sales:
            return take_back(at_ns, held.key, open_sales, "all of the position is to be sold")
        return sell_out(state, held, held.leaving, ordinal)
    stop = next((order for order in open_sales if order.approved.purpose is Purpose.STOP), None)
    free = held.quantity - sum((order.quantity_left for order in open_sales if order is not stop), ZERO)
    if not held.waiting:
        return _cover(state, at_ns, held, stop, free, len(open_sales) > (stop is not None), ended_id, ordinal)
    if stop is not None:
        return take_back(at_ns, held.key, [stop], "a sale needs the coins that it locks")
    return _reduce(state, at_ns, held, free, ended_id, ordinal)


def take_back(at_ns: int, key: PositionKey, orders: list[Order], reason: str, insists: bool = False) -> list[Event]:
    """Take sales back, with a timer that asks again. What is asked for already is left alone, unless one insists."""
    events: list[Event] = [
        e.OrderCancelRequested(order_id=order.approved.order_id, reason=reason)
        for order in orders
        if insists or order.status is not OrderStatus.CANCEL_REQUESTED
    ]
    return [*events, e.TimerSet(timer=exit_timer(key), at_ns=at_ns + TAKE_BACK_NS)] if events else []


def sell_out(state: State, held: Position, leaving: Leaving, ordinal: int) -> list[Event]:
    """Sell all that can be sold: by the collar's step, at market where the schedule is over or the limit worth too
    little. Nothing that can be sold: the position ends, and what is left of it is dust.
    """
    assert state.policy is not None, "a position cannot stand without a policy"
    traded, attempt = state.instruments[held.symbol], held.close_attempts
    schedule, reference = state.policy.exits.close_collar_bps, leaving.reference
    limit = exits.close_limit(schedule, attempt, reference, Side.SELL, traded.price_tick)
    mark = reference if reference > ZERO else divide(held.value, held.quantity)
    quantity = sellable(traded, held.quantity, limit) if limit else ZERO
    if quantity:
        return [gate.sell(state, held, leaving.purpose, quantity, limit, mark, ordinal)]
    quantity = sellable(traded, held.quantity, mark)
    if quantity:
        return [gate.sell(state, held, leaving.purpose, quantity, None, mark, ordinal)]
    return turn_to_dust(state, held, leaving.purpose)


def sell_again(state: State, at_ns: int, held: Position, leaving: Leaving) -> list[Event]:
    """Sell by the next step of the schedule at once; when even sales at market fail, with growing pauses."""
    assert state.policy is not None, "a position cannot stand without a policy"
    beyond = held.close_attempts - len(state.policy.exits.close_collar_bps)
    mark = divide(held.value, held.quantity)
    if beyond <= 0 or not sellable(state.instruments[held.symbol], held.quantity, mark):
        return sell_out(state, held, leaving, 0)
    pause_ns = min(NS_PER_S * 2 ** min(beyond - 1, 6), _RETRY_NS_MAX)
    return [e.TimerSet(timer=retry_timer(held.key), at_ns=at_ns + pause_ns)]


def turn_to_dust(state: State, held: Position, purpose: Purpose) -> list[Event]:
    """End a position of which nothing can be sold."""
    ended = spot_positions.closed(held, purpose, ZERO, ZERO, held.quantity, held.cost)
    return [*ended, *(e.TimerEnded(timer=timer) for timer in timers(held.key) if timer in state.timers)]


def _reduce(state: State, at_ns: int, held: Position, free: Decimal, ended_id: str, ordinal: int) -> list[Event]:
    """Send the sales that waited, as far as coins are free for them, and protect the rest."""
    step = state.instruments[held.symbol].quantity_step
    events: list[Event] = []
    for each in held.waiting:
        quantity = step_down(min(each.terms.quantity, free), step)
        if quantity > ZERO:
            events.append(
                gate.reduction(state, held, each.terms, quantity, each.reference_price, ordinal + len(events))
            )
            free -= quantity
    if not events:
        return []  # the sales at work hold all there is; what waits is looked at again when one of them ends
    return events + _cover(state, at_ns, held, None, free, True, ended_id, ordinal + len(events))


def _cover(
    state: State,
    at_ns: int,
    held: Position,
    stop: Order | None,
    free: Decimal,
    is_at_work: bool,
    ended_id: str,
    ordinal: int,
) -> list[Event]:
    """Have the stop protect what no other sale has locked. What no stop can protect is sold, or else is dust."""
    if held.exits is None:
        return []
    traded = state.instruments[held.symbol]
    trigger = exits.stop_price(held.side, divide(held.cost, held.quantity), held.exits, traded.price_tick)
    wanted = sellable(traded, free, trigger)
    if stop is not None:
        if stop.quantity_left == wanted:
            return []
        return take_back(at_ns, held.key, [stop], "the stop follows the position's size")
    if wanted:
        return [gate.cover(state, held, wanted, trigger, ordinal)]
    if is_at_work or has_entries(state, held.key, ended_id):
        return []
    if not sellable(traded, held.quantity, divide(held.value, held.quantity)):
        return turn_to_dust(state, held, Purpose.CLOSE)
    reason = "it is worth too little for a stop"
    return leave(state, at_ns, held, Purpose.CLOSE, ZERO, reason, ended_id, ordinal)
