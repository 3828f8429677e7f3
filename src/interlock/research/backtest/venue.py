"""What the driver asks of a venue on virtual time, whichever market it has."""

from typing import Protocol

from interlock.messages.observations import Observation
from interlock.ports.venue_orders import VenueOrders
from interlock.ports.venue_stops import VenueStops


class TapeVenue(VenueOrders, VenueStops, Protocol):
    """Both venue ports, and a market that is shown tick by tick where orders are open."""

    @property
    def arrival_floor_ns(self) -> int:
        """The shortest time, in ns, that any request can take to arrive."""
        ...

    def due_ns(self) -> int | None:
        """Return when `advance` has to be called next, None when nothing is under way."""
        ...

    def advance(self, at_ns: int) -> list[Observation]:
        """Let what has arrived meet the market shown now; return the reports that have come."""
        ...

    def watched(self) -> frozenset[str]:
        """Return the symbols whose every good tick is to be shown."""
        ...

    def on_quote(self, symbol: str, at_ns: int, bid_e8: int, ask_e8: int, bid_size_e8: int, ask_size_e8: int) -> None:
        """Show a quote."""
        ...

    def on_trade(self, symbol: str, at_ns: int, price_e8: int, quantity_e8: int, buyer_is_aggressor: bool) -> None:
        """Show a market trade."""
        ...
