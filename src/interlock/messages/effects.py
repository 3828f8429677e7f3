"""Effects: what the world is asked to do, after the record that asks for it is on disk."""

from msgspec import Struct

from interlock.messages.orders import ApprovedOrder


class SendOrder(Struct, frozen=True):
    """Place an approved order at its venue, once."""

    order: ApprovedOrder


class SendCancel(Struct, frozen=True):
    """Cancel an order at its venue."""

    account: str
    symbol: str
    order_id: str


class QueryOrder(Struct, frozen=True):
    """Ask the venue what became of an order that may have been sent."""

    account: str
    symbol: str
    order_id: str


class WakeAt(Struct, frozen=True):
    """Tell the core when `at_ns` has come."""

    timer: str
    at_ns: int


Effect = SendOrder | SendCancel | QueryOrder | WakeAt
