"""The port through which a simulated venue sees the market it trades in."""

from typing import Protocol

from interlock.messages.words import BookState
from interlock.units.sides import Side


class Liquidity(Protocol):
    """The displayed market at the current moment of the run. Prices and sizes in units of 1e-8."""

    def state(self, symbol: str) -> BookState | None:
        """Return how deep the market can be seen, None when no quote is known."""
        ...

    def levels(self, symbol: str, side: Side, count: int) -> list[tuple[int, int]]:
        """Return up to `count` (price_e8, size_e8) of resting orders, best first.

        `side` is the side that rests: BUY gives bids, SELL gives asks. With quotes only, at most one level.
        """
        ...

    def size_at(self, symbol: str, side: Side, price_e8: int) -> int | None:
        """Return the size displayed at a price, 0 when none is; None when that depth cannot be seen."""
        ...
