"""The life cycle of an order: which status follows which event, and when a report changes nothing."""

from interlock.core.state import Order
from interlock.messages.events import (
    CancelRefusedByVenue,
    Event,
    OrderAcknowledged,
    OrderCancelled,
    OrderCancelRequested,
    OrderExpired,
    OrderRejected,
    OrderWentUnknown,
)
from interlock.messages.observations import (
    AcceptReported,
    CancelRejectReported,
    CancelReported,
    ExpireReported,
    RejectReported,
    SilenceReported,
)
from interlock.messages.words import OrderStatus

AWAITS_ANSWER = frozenset({OrderStatus.INTENDED, OrderStatus.SENT, OrderStatus.UNKNOWN})
"""The venue has not told us yet whether it has the order."""

EndReport = CancelReported | ExpireReported | RejectReported


def accepted(order: Order | None, told: AcceptReported) -> tuple[Event, ...]:
    """An acknowledgement counts once, and never brings an ended order back. A fill may have come first.

    A cancel asked for before may have come to the venue before its order, so it is asked for again.
    """
    if order is None or not order.is_open or order.venue_order_id:
        return ()
    taken = OrderAcknowledged(order_id=told.order_id, venue_order_id=told.venue_order_id)
    if order.status is OrderStatus.CANCEL_REQUESTED:
        return (taken, OrderCancelRequested(order_id=told.order_id, reason="the first request may have overtaken it"))
    return (taken,)


def ended(order: Order | None, told: EndReport) -> tuple[Event, ...]:
    """The venue ended the order; told twice it counts once."""
    if order is None or not order.is_open:
        return ()
    match told:
        case CancelReported():
            return (OrderCancelled(order_id=told.order_id, quantity_left=order.quantity_left),)
        case ExpireReported():
            return (OrderExpired(order_id=told.order_id, quantity_left=order.quantity_left, text=told.text),)
        case RejectReported():
            return (OrderRejected(order_id=told.order_id, code=told.code, text=told.text),)


def cancel_refused(order: Order | None, told: CancelRejectReported) -> tuple[Event, ...]:
    """The venue had nothing to cancel: on the record while we thought the order open, and nothing is concluded."""
    if order is None or order.status is not OrderStatus.CANCEL_REQUESTED:
        return ()
    return (CancelRefusedByVenue(order_id=told.order_id, code=told.code, text=told.text),)


def silent(order: Order | None, told: SilenceReported) -> tuple[Event, ...]:
    """No answer: the order is unknown, unless the venue has already told us of it."""
    if order is None or not order.is_open or order.is_unknown or order.venue_order_id or order.quantity_filled:
        return ()
    return (OrderWentUnknown(order_id=told.order_id, text=told.text),)
