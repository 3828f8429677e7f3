"""The port that only ever reduces. It has no verb that opens."""

from typing import Protocol


class VenueStops(Protocol):
    """Takes orders back at a venue."""

    def cancel(self, account: str, symbol: str, order_id: str) -> None:
        """Ask for the order's cancellation. Never raises; the answer comes back as an observation."""
        ...
