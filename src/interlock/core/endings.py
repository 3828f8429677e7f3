"""What follows when an order ends unfilled, a timer is due, or everything is to be closed."""

from typing import assert_never

from interlock.core.control import switches
from interlock.core.control.switches import KILL_DEADLINE
from interlock.core.risk import gate
from interlock.core.spot import told as spot_told
from interlock.core.state import Order, Position, State
from interlock.core.trading import orders
from interlock.core.trading.timers import retry_timer
from interlock.messages import commands as c
from interlock.messages import events as e
from interlock.messages import observations as o
from interlock.messages.events import Event
from interlock.messages.words import KillWay, Mode, OrderStatus, OrderType, Purpose
from interlock.units.money import ZERO
from interlock.units.time import NS_PER_S

KILL_DEADLINE_NS = 30 * 60 * NS_PER_S
"""How long a graceful kill lets positions reach their targets before they are closed at market."""
_RETRY_NS_MAX = 60 * NS_PER_S


def ended(state: State, at_ns: int, told: orders.EndReport) -> tuple[Event, ...]:
    """An order ended unfilled. If it was to close or protect a position that still stands, the next one goes out.

    A close that its owner took back is not sent again, unless nothing else protects the position.
    """
    order = state.orders.get(told.order_id)
    events = orders.ended(order, told)
    if not events or order is None:
        return events
    approved = order.approved
    held = state.positions.get((approved.account, approved.symbol, approved.owner))
    if held is None:
        return events
    if state.instruments[held.symbol].is_spot:
        return (*events, *spot_told.ended(state, at_ns, order, told, held))
    is_taken_back = order.status is OrderStatus.CANCEL_REQUESTED and state.mode is not Mode.EMERGENCY
    if held.close_id == told.order_id and not is_taken_back:
        return events + _close_again(state, at_ns, held, order)
    if approved.purpose in (Purpose.STOP, Purpose.CLOSE) and not _is_covered(state, held, told.order_id):
        return (*events, gate.close(state, held, ZERO, 0, 0))
    return events


def _is_covered(state: State, held: Position, ended_id: str) -> bool:
    """Tell whether a stop or a close of the position is at work, beside the order that has just ended."""
    others = [state.orders.get(order_id) for order_id in (held.stop_id, held.close_id) if order_id != ended_id]
    return any(
        order is not None and order.is_open and order.status is not OrderStatus.CANCEL_REQUESTED for order in others
    )


def _close_again(state: State, at_ns: int, held: Position, ended: Order) -> tuple[Event, ...]:
    """Close by the next step of the schedule at once; when even market orders fail, with growing pauses.

    What went at market goes at market again: a close never becomes more careful than it was.
    """
    assert state.policy is not None, "a position cannot stand without a policy"
    beyond = held.close_attempts - len(state.policy.exits.close_collar_bps)
    if beyond <= 0:
        reference = ZERO if ended.approved.order_type is OrderType.MARKET else held.close_reference
        return (gate.close(state, held, reference, held.close_attempts, 0),)
    pause_ns = min(NS_PER_S * 2 ** min(beyond - 1, 6), _RETRY_NS_MAX)
    return (e.TimerSet(timer=retry_timer(held.key), at_ns=at_ns + pause_ns),)


def timer_fired(state: State, at_ns: int, fired: o.TimerFired) -> tuple[Event, ...]:
    """A timer is due: the time exit, another try to close, or the end of a graceful kill.

    One that has ended, or was set anew for later, is not: its old alarm still comes, and means nothing.
    """
    if state.timers.get(fired.timer, at_ns + 1) > at_ns:
        return ()
    ended = e.TimerEnded(timer=fired.timer)
    if fired.timer == KILL_DEADLINE:
        if state.mode is Mode.EMERGENCY:
            return (ended, *_flatten(state, at_ns))
        reason = "the deadline of the graceful kill is over"
        return (ended, e.ModeChanged(before=state.mode, after=Mode.EMERGENCY, reason=reason), *_flatten(state, at_ns))
    _, account, symbol, owner = fired.timer.split("|", 3)
    held = state.positions.get((account, symbol, owner))
    if held is not None and state.instruments[symbol].is_spot:
        return (ended, *spot_told.timer_fired(state, at_ns, held, fired.timer, fired.view))
    if held is None or _is_closing(state, held):
        return (ended,)
    if not held.close_attempts:
        return (ended, gate.close(state, held, gate.reference_price(fired.view, symbol), 0, 0))
    return (ended, gate.close(state, held, held.close_reference, held.close_attempts, 0))


def _is_closing(state: State, held: Position) -> bool:
    closing = state.orders.get(held.close_id)
    return closing is not None and closing.is_open


def _flatten(state: State, at_ns: int) -> list[Event]:
    """Close every position at market and take every entry back."""
    events: list[Event] = []
    for symbol_orders in state.open_orders.values():
        for order_id, order in symbol_orders.items():
            if not order.approved.reduce_only and order.status is not OrderStatus.CANCEL_REQUESTED:
                events.append(e.OrderCancelRequested(order_id=order_id, reason="everything is being closed"))
    ordinal = 0
    for held in state.positions.values():
        if state.instruments[held.symbol].is_spot:
            sold = spot_told.flatten(state, at_ns, held, ordinal)
            events += sold
            ordinal += sum(isinstance(each, e.OrderApproved) for each in sold)
        elif not _is_closing(state, held):
            events.append(gate.close(state, held, ZERO, 0, ordinal))
            ordinal += 1
    return events


def killed(state: State, at_ns: int, command: c.EngageKill) -> tuple[Event, ...]:
    """No new risk, and what the way asks for: flatten now, at targets within the deadline, or only pause."""
    events = list(switches.kill(state, command))
    match command.way:
        case KillWay.IMMEDIATE:
            events += _flatten(state, at_ns)
        case KillWay.GRACEFUL:
            events += _cancel_entries(state, "graceful kill")
            events.append(e.TimerSet(timer=KILL_DEADLINE, at_ns=at_ns + KILL_DEADLINE_NS))
        case KillWay.PAUSE:
            events += _cancel_entries(state, "kill to pause")
        case _:
            assert_never(command.way)
    return tuple(events)


def _cancel_entries(state: State, reason: str) -> list[Event]:
    return [
        e.OrderCancelRequested(order_id=order_id, reason=reason)
        for symbol_orders in state.open_orders.values()
        for order_id, order in symbol_orders.items()
        if not order.approved.reduce_only and order.status is not OrderStatus.CANCEL_REQUESTED
    ]


def mode_set(state: State, at_ns: int, command: c.SetMode) -> tuple[Event, ...]:
    events = switches.set_mode(state, command)
    if command.mode is Mode.EMERGENCY:
        return (*events, *_flatten(state, at_ns))
    return events
