"""A fill: order, position, profit and exits change together, in one decision."""

from typing import assert_never

from msgspec.structs import replace

from interlock.core.risk import gate
from interlock.core.spot import told as spot_told
from interlock.core.state import Order, Position, PositionKey, State
from interlock.core.trading import positions
from interlock.core.trading.timers import hold_timer, timers
from interlock.messages import events as e
from interlock.messages import observations as o
from interlock.messages.events import Event
from interlock.messages.words import Mode, OrderStatus, OrderType, Purpose
from interlock.units.money import ZERO


def filled(state: State, at_ns: int, fill: o.FillReported) -> tuple[Event, ...]:
    """A fill changes order, position, profit and exits in one record, or it is named as not ours."""
    order = state.orders.get(fill.order_id)
    if order is None:
        return _unowned(state, fill, "no order of ours has this id")
    if fill.trade_id in order.trade_ids:
        return ()
    approved = order.approved
    if fill.quantity <= ZERO or fill.price <= ZERO:
        return _unowned(state, fill, "price and quantity of a trade must be above zero")
    if fill.quantity > order.quantity_left:
        return _unowned(state, fill, f"the order has only {order.quantity_left} left to fill")
    traded = state.instruments.get(approved.symbol)
    if traded is not None and traded.is_spot:
        changes = spot_told.change(state, order, fill, traded)
        if not changes:
            return _unowned(state, fill, "its owner holds no position that it could reduce")
        return (_told(order, fill), *changes, *spot_told.after_fill(state, at_ns, order, fill, changes))
    held = state.positions.get((approved.account, approved.symbol, approved.owner))
    change = positions.change(held, order, fill)
    if change is None:
        return _unowned(state, fill, "its owner holds no position that it could reduce")
    return (_told(order, fill), change, *_exits_after(state, at_ns, order, fill, held, change))


def _told(order: Order, fill: o.FillReported) -> e.OrderFilled:
    approved = order.approved
    filled = order.quantity_filled + fill.quantity
    return e.OrderFilled(
        order_id=fill.order_id,
        trade_id=fill.trade_id,
        price=fill.price,
        quantity=fill.quantity,
        fee=fill.fee,
        slippage=positions.slippage(approved.side, fill.price, approved.reference_price, fill.quantity),
        liquidity=fill.liquidity,
        quantity_filled=filled,
        is_complete=filled == approved.quantity,
        fee_base=fill.fee_base,
    )


def _unowned(state: State, fill: o.FillReported, detail: str) -> tuple[Event, ...]:
    """Name a fill that nothing of ours explains. The venue's book is then not ours, so nothing more is entered."""
    found = e.UnownedFillFound(
        order_id=fill.order_id, trade_id=fill.trade_id, price=fill.price, quantity=fill.quantity, detail=detail
    )
    if not state.is_armed:
        return (found,)
    return (found, e.Disarmed(reason=f"the venue told of a fill that nothing explains: {detail}"))


def _exits_after(
    state: State,
    at_ns: int,
    order: Order,
    fill: o.FillReported,
    held: Position | None,
    change: positions.PositionChange,
) -> list[Event]:
    """Return what becomes of stop, target and timers once a position has changed.

    New exits are asked for before the old ones are cancelled: both only reduce, so two are safe and none is not. While
    an order that closes the whole position is at work, or its stop, the exits stay as they are until that one ends.
    What fills in mode Emergency was on its way when everything was closed: it is closed as well.
    """
    events: list[Event] = []
    key = (change.account, change.symbol, change.owner)
    match change:
        case e.PositionClosed():
            events += _cancel_orders(state, key, {order.approved.order_id}, "the position is closed")
            events += [e.TimerEnded(timer=timer) for timer in timers(key) if timer in state.timers]
        case e.PositionOpened():
            if change.exits is None:
                return events
            fresh = _hypothetical(change)
            events += gate.protect(state, fresh, change.exits, change.quantity, change.cost, 0)
            events.append(e.TimerSet(timer=hold_timer(key), at_ns=at_ns + change.exits.hold_ns_max))
            if state.mode is Mode.EMERGENCY:
                events.append(gate.close(state, fresh, ZERO, 0, 2))
        case e.PositionIncreased() | e.PositionReduced():
            assert held is not None, "only a held position grows or shrinks"
            plan = change.exits if isinstance(change, e.PositionIncreased) else held.exits
            is_closing = order.approved.order_id == held.close_id
            if is_closing and order.quantity_left == fill.quantity:
                # What went at market goes at market again: a close never becomes more careful than it was.
                reference = ZERO if order.approved.order_type is OrderType.MARKET else held.close_reference
                return [gate.close(state, _grown_meanwhile(held, change), reference, held.close_attempts, 0)]
            if plan is None or is_closing or order.approved.order_id == held.stop_id:
                return events
            stop, target = gate.protect(state, held, plan, change.quantity, change.cost, 0)
            spared = {order.approved.order_id, *_own_reductions(state, key)}
            events.append(stop)
            if order.approved.purpose is Purpose.TARGET:
                spared.add(held.target_id)
            else:
                events.append(target)
            events += _cancel_orders(state, key, spared, "exits follow the position's size")
            if state.mode is Mode.EMERGENCY and not held.close_id:
                events.append(gate.close(state, _grown_meanwhile(held, change), ZERO, 0, 2))
        case _:
            assert_never(change)
    return events


def _hypothetical(opened: e.PositionOpened) -> Position:
    """Return the position that an event of this same decision will make; the state does not hold it yet."""
    return Position(
        account=opened.account,
        symbol=opened.symbol,
        owner=opened.owner,
        side=opened.side,
        quantity=opened.quantity,
        cost=opened.cost,
        value=opened.cost,
        profit=ZERO,
        fees=opened.fee,
        opened_at_ns=0,
        exits=opened.exits,
    )


def _grown_meanwhile(held: Position, left: e.PositionIncreased | e.PositionReduced) -> Position:
    """Return what a closing order leaves that was approved before the position had grown."""
    return replace(held, quantity=left.quantity, cost=left.cost, value=left.cost)


def _own_reductions(state: State, key: PositionKey) -> set[str]:
    """Return the closing orders of an owner in a symbol: what it asked for itself is not replaced by our exits."""
    return {
        order_id
        for order_id, order in state.open_orders.get(key[1], {}).items()
        if order.approved.purpose in (Purpose.CLOSE, Purpose.REDUCE)
        and (order.approved.account, order.approved.owner) == (key[0], key[2])
    }


def _cancel_orders(state: State, key: PositionKey, spared: set[str], reason: str) -> list[Event]:
    """Cancel the owner's reducing orders in a symbol, but those spared and those being cancelled already."""
    return [
        e.OrderCancelRequested(order_id=order_id, reason=reason)
        for order_id, order in state.open_orders.get(key[1], {}).items()
        if order.approved.reduce_only
        and (order.approved.account, order.approved.owner) == (key[0], key[2])
        and order_id not in spared
        and order.status is not OrderStatus.CANCEL_REQUESTED
    ]
