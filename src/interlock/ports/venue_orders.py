"""The port that opens risk."""

from typing import Protocol

from interlock.messages.orders import ApprovedOrder


class VenueOrders(Protocol):
    """Hands orders to a venue. Takes nothing but what the gate approved."""

    def place(self, order: ApprovedOrder) -> None:
        """Hand the order over, at most once for its order_id. Never raises.

        The venue's answer comes back as an observation; silence, too (`SilenceReported`: it may or may not be there).
        """
        ...
