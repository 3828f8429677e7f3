"""What follows for spot positions from what is told: fills, ends of orders, timers, marks, and kills."""

from decimal import Decimal

from msgspec.structs import replace

from interlock.core.risk import exits, gate, soundness
from interlock.core.spot import selling
from interlock.core.state import Order, Position, PositionKey, State
from interlock.core.trading import orders, spot_positions
from interlock.core.trading.timers import cover_timer, exit_timer, hold_timer, timers
from interlock.messages import events as e
from interlock.messages import observations as o
from interlock.messages.events import Event
from interlock.messages.market import MarketView
from interlock.messages.words import Mode, OrderStatus, Purpose, TimeInForce
from interlock.units.instruments import Instrument
from interlock.units.money import ZERO, divide, trimmed
from interlock.units.time import NS_PER_S

_AT_ONCE = (TimeInForce.IOC, TimeInForce.FOK)
COVER_NS = NS_PER_S
"""How long an entry that takes at once may leave its end untold before what it bought is protected anyway."""
EVERYTHING = "everything is being closed"


def change(state: State, order: Order, fill: o.FillReported, traded: Instrument) -> tuple[Event, ...]:
    """Return how a fill changes its owner's position, nothing when it does not fit."""
    approved = order.approved
    key = (approved.account, approved.symbol, approved.owner)
    is_whole = order.quantity_left == fill.quantity
    is_last = is_whole and not selling.sales(state, key, approved.order_id)
    return spot_positions.change(state.positions.get(key), state.dust.get(key), order, fill, traded, is_last)


def after_fill(state: State, at_ns: int, order: Order, fill: o.FillReported, changes: tuple[Event, ...]) -> list[Event]:
    """Return what is asked for once a fill has changed a position."""
    approved = order.approved
    key = (approved.account, approved.symbol, approved.owner)
    held = state.positions.get(key)
    is_over = order.quantity_left == fill.quantity
    for changed in changes:
        match changed:
            case e.PositionClosed():
                return _tidied(state, key, approved.order_id)
            case e.PositionOpened():
                return _after_purchase(state, at_ns, order, is_over, _opened(changed, fill.price))
            case e.PositionIncreased() if held is not None:
                grown = replace(held, exits=changed.exits, **_amounts(changed, fill.price))
                return _after_purchase(state, at_ns, order, is_over, grown)
            case e.PositionReduced() if held is not None and is_over:
                left = replace(held, **_amounts(changed, fill.price))
                told = _taken_back_told(state, key, approved.order_id)
                return told + selling.follow(state, at_ns, left, approved.order_id)
            case _:
                continue
    return []


def ended(state: State, at_ns: int, order: Order, told: orders.EndReport, held: Position) -> list[Event]:
    """An order of a position's owner ended: what waited for it goes on.

    A stop that was not taken back was refused, or gave up: what it protected is sold at market.
    """
    approved = order.approved
    events = _taken_back_told(state, held.key, told.order_id)
    if approved.purpose is Purpose.ENTRY:
        timer = cover_timer(held.key)
        events += [e.TimerEnded(timer=timer)] if timer in state.timers else []
    elif held.leaving is not None and held.close_id == told.order_id:
        return events + selling.sell_again(state, at_ns, held, held.leaving)
    elif approved.purpose is Purpose.STOP and held.leaving is None and not _is_taken_back(order, told):
        reason = "its stop has ended and did not protect it"
        return events + selling.leave(state, at_ns, held, Purpose.CLOSE, ZERO, reason, told.order_id)
    return events + selling.follow(state, at_ns, held, told.order_id)


def timer_fired(state: State, at_ns: int, held: Position, timer: str, view: MarketView | None) -> list[Event]:
    """A timer of a position is due."""
    if timer == exit_timer(held.key):
        asked = [each for each in selling.sales(state, held.key) if each.status is OrderStatus.CANCEL_REQUESTED]
        if asked:
            return selling.take_back(at_ns, held.key, asked, "its end was not told within a second", insists=True)
    if timer == hold_timer(held.key) and held.leaving is None:
        reference = gate.reference_price(view, held.symbol)
        return selling.leave(state, at_ns, held, Purpose.CLOSE, reference, "it was held as long as it may be")
    return selling.follow(state, at_ns, held)


def targets(state: State, at_ns: int, view: MarketView) -> list[Event]:
    """Sell what has reached its target, judged by the bid: the price a sale would get."""
    events: list[Event] = []
    if not view.is_quote_sane or not soundness.is_quote_sound(view):
        return events
    for held in state.positions.values():
        if held.symbol != view.symbol or held.exits is None or held.leaving is not None:
            continue
        tick = state.instruments[held.symbol].price_tick
        target = exits.target_price(held.side, divide(held.cost, held.quantity), held.exits, tick)
        if view.bid >= target:
            reason = f"the bid {trimmed(view.bid)} has reached the target {trimmed(target)}"
            events += selling.leave(state, at_ns, held, Purpose.TARGET, view.mid, reason, ordinal=_approvals(events))
    return events


def flatten(state: State, at_ns: int, held: Position, ordinal: int) -> list[Event]:
    """Sell a position at market, unless a sale of all of it is at work; what locks it is taken back first."""
    closing = state.orders.get(held.close_id)
    if closing is not None and closing.is_open:
        return []
    return selling.leave(state, at_ns, held, Purpose.CLOSE, ZERO, EVERYTHING, ordinal=ordinal)


def _after_purchase(state: State, at_ns: int, order: Order, is_over: bool, held: Position) -> list[Event]:
    """The stop follows an entry that takes at once when that has ended, or a timer; any other one fill by fill.

    What fills in mode Emergency was on its way when everything was closed: it is sold as well.
    """
    timer = cover_timer(held.key)
    ended_id = order.approved.order_id if is_over else ""
    asked: list[Event] = []
    if state.mode is Mode.EMERGENCY and held.leaving is None:
        asked = selling.leave(state, at_ns, held, Purpose.CLOSE, ZERO, EVERYTHING, ended_id)
    elif is_over or order.approved.time_in_force not in _AT_ONCE:
        asked = selling.follow(state, at_ns, held, ended_id)
    elif timer not in state.timers:
        asked = [e.TimerSet(timer=timer, at_ns=at_ns + COVER_NS)]
    if is_over and timer in state.timers:
        asked.insert(0, e.TimerEnded(timer=timer))
    is_new = held.key not in state.positions and not any(isinstance(each, e.PositionClosed) for each in asked)
    if is_new and held.exits is not None:
        asked.insert(0, e.TimerSet(timer=hold_timer(held.key), at_ns=at_ns + held.exits.hold_ns_max))
    return asked


def _tidied(state: State, key: PositionKey, ended_id: str) -> list[Event]:
    """The position is closed: its other sales go, and its timers."""
    left = [each for each in selling.sales(state, key, ended_id) if each.status is not OrderStatus.CANCEL_REQUESTED]
    return [
        *(e.OrderCancelRequested(order_id=each.approved.order_id, reason="the position is closed") for each in left),
        *(e.TimerEnded(timer=timer) for timer in timers(key) if timer in state.timers),
    ]


def _taken_back_told(state: State, key: PositionKey, ended_id: str) -> list[Event]:
    """The end of the last sale that was taken back needs no timer any more."""
    timer = exit_timer(key)
    if timer not in state.timers:
        return []
    asked = [each for each in selling.sales(state, key, ended_id) if each.status is OrderStatus.CANCEL_REQUESTED]
    return [] if asked else [e.TimerEnded(timer=timer)]


def _is_taken_back(order: Order, told: orders.EndReport) -> bool:
    return isinstance(told, o.CancelReported) and order.status is OrderStatus.CANCEL_REQUESTED


def _opened(opened: e.PositionOpened, price: Decimal) -> Position:
    """Return the position that an event of this same decision will make, valued at the fill."""
    return Position(
        account=opened.account,
        symbol=opened.symbol,
        owner=opened.owner,
        side=opened.side,
        quantity=opened.quantity,
        cost=opened.cost,
        value=opened.quantity * price,
        profit=ZERO,
        fees=opened.fee,
        opened_at_ns=0,
        exits=opened.exits,
    )


def _amounts(changed: e.PositionIncreased | e.PositionReduced, price: Decimal) -> dict[str, Decimal]:
    """Return what a change leaves of a position, valued at the fill."""
    return {"quantity": changed.quantity, "cost": changed.cost, "value": changed.quantity * price}


def _approvals(events: list[Event]) -> int:
    return sum(isinstance(each, e.OrderApproved) for each in events)
