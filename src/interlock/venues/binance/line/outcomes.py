"""What answers to the order line prove, as the core's observations. Pure.

An answer may say that an order traded. Its fills are not in it: they come from the user stream or from a trades query.
An end that came after trades is therefore not told from the answer, since the core would take the order for ended with
less filled than was; `Told.ask` says that the order is to be asked for instead.
"""

from decimal import Decimal
from typing import Final

from msgspec import Struct

from interlock.messages.observations import (
    AcceptReported,
    CancelRejectReported,
    CancelReported,
    ExpireReported,
    Observation,
    RejectReported,
    SilenceReported,
)
from interlock.ports.exchange.words import AlgoState, OrderState
from interlock.venues.binance.line.not_sent import CANCEL_UNANSWERED, NotSent
from interlock.venues.binance.parse.errors import VenueError
from interlock.venues.binance.parse.order_replies import Cancelled, Placed
from interlock.venues.binance.parse.unreadable import Unreadable

_ENDED: Final = frozenset({OrderState.CANCELED, OrderState.EXPIRED, OrderState.EXPIRED_IN_MATCH})
_ALGO_ENDED: Final = frozenset({AlgoState.CANCELED, AlgoState.EXPIRED})
_REFUSED_CODE: Final = 0  # the venue gives none where an order is born rejected


class Told(Struct, frozen=True):
    """What is told to the core, and whether the order has to be asked for: its fills are not known here."""

    observations: tuple[Observation, ...]
    ask: bool = False


def of_placing(order_id: str, found: Placed | VenueError | Unreadable, venue_at_ns: int) -> Told:
    """Return what the answer to an order proves. What proves nothing is silence."""
    if isinstance(found, VenueError):
        return Told((RejectReported(order_id=order_id, code=found.code, text=found.text, venue_at_ns=venue_at_ns),))
    if isinstance(found, Unreadable):
        return Told((SilenceReported(order_id=order_id, text=str(found)),))
    at_ns = found.venue_at_ns
    if found.state in (OrderState.REJECTED, AlgoState.REJECTED):
        rejected = RejectReported(order_id=order_id, code=_REFUSED_CODE, text=found.text, venue_at_ns=at_ns)
        return Told((rejected,)) if not found.filled else Told((), ask=True)
    accepted = AcceptReported(order_id=order_id, venue_order_id=found.venue_order_id, venue_at_ns=at_ns)
    if found.state in _ENDED or found.state in _ALGO_ENDED:
        if found.filled:
            return Told((accepted,), ask=True)
        ended = ExpireReported(order_id=order_id, quantity_left=found.quantity, text=found.text, venue_at_ns=at_ns)
        return Told((accepted, ended))
    return Told((accepted,))


def of_cancelling(
    order_id: str, found: Cancelled | VenueError | Unreadable, known_quantity: Decimal, venue_at_ns: int
) -> Told:
    """Return what the answer to a cancellation proves. `known_quantity` is the order's, where the answer has none.

    No usable answer leaves the order as it is: it counts as open, and the cancellation may be asked for again.
    """
    if isinstance(found, VenueError):
        return Told((cancel_refused(order_id, NotSent(found.code, found.text), venue_at_ns),))
    if isinstance(found, Unreadable):
        why = NotSent(CANCEL_UNANSWERED.code, f"{CANCEL_UNANSWERED.text}: {found}")
        return Told((cancel_refused(order_id, why, venue_at_ns),))
    if found.filled:
        return Told((), ask=True)
    left = known_quantity if found.quantity is None else found.quantity
    return Told((CancelReported(order_id=order_id, quantity_left=left, venue_at_ns=found.venue_at_ns),))


def order_refused(order_id: str, why: NotSent, venue_at_ns: int) -> RejectReported:
    """Return that an order of ours was not sent."""
    return RejectReported(order_id=order_id, code=why.code, text=why.text, venue_at_ns=venue_at_ns)


def cancel_refused(order_id: str, why: NotSent, venue_at_ns: int) -> CancelRejectReported:
    """Return that a cancellation was refused, not sent, or not answered."""
    return CancelRejectReported(order_id=order_id, code=why.code, text=why.text, venue_at_ns=venue_at_ns)
