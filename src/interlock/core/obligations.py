"""What the world is to be asked: by one event, and by the state as a whole after a start."""

from interlock.core.state import Order, State
from interlock.core.trading import orders
from interlock.messages import events as e
from interlock.messages.effects import Effect, QueryOrder, SendCancel, SendOrder, WakeAt
from interlock.messages.events import Event
from interlock.messages.words import OrderStatus


def react(state: State, event: Event) -> tuple[Effect, ...]:
    """Return what the world is asked to do because of an event. `state` is as it stands after the fold."""
    match event:
        case e.OrderApproved():
            return (SendOrder(event.order),)
        case e.OrderCancelRequested():
            return (_send_cancel(state.orders[event.order_id]),)
        case e.OrderWentUnknown():
            return (_query(state.orders[event.order_id]),)
        case e.TimerSet():
            return (WakeAt(event.timer, event.at_ns),)
        case _:
            return ()


def _send_cancel(order: Order) -> SendCancel:
    return SendCancel(order.approved.account, order.approved.symbol, order.approved.order_id)


def _query(order: Order) -> QueryOrder:
    return QueryOrder(order.approved.account, order.approved.symbol, order.approved.order_id)


def outstanding(state: State) -> tuple[Effect, ...]:
    """Return every open obligation, from state alone; a start uses it.

    An order without an answer is asked for, never sent again.
    """
    effects: list[Effect] = []
    for symbol_orders in state.open_orders.values():
        for order in symbol_orders.values():
            if order.status in orders.AWAITS_ANSWER:
                effects.append(_query(order))
            elif order.status is OrderStatus.CANCEL_REQUESTED:
                if not order.venue_order_id and not order.quantity_filled:
                    effects.append(_query(order))
                effects.append(_send_cancel(order))
    effects += [WakeAt(timer, at_ns) for timer, at_ns in state.timers.items()]
    return tuple(effects)
