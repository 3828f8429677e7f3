"""The resting levels of one book, both sides, best first."""

from bisect import bisect_left, insort
from collections.abc import Sequence

from interlock.units.sides import Side

_BUY = Side.BUY
# From so many changes at once, sorting anew is faster than placing each price.
_BULK_LEVELS = 1_000


class LadderSide:
    """Price to size of one side, with its prices sorted from low to high."""

    def __init__(self) -> None:
        self.sizes: dict[int, int] = {}
        self.prices: list[int] = []

    def clear(self) -> None:
        """Forget all levels."""
        self.sizes.clear()
        self.prices.clear()

    def change(self, prices: Sequence[int], sizes: Sequence[int]) -> None:
        """Set each level to its new size in turn; size 0 deletes it, also where there is none."""
        if len(prices) >= _BULK_LEVELS:
            self.sizes.update(zip(prices, sizes, strict=True))
            self.sizes = {price: size for price, size in self.sizes.items() if size}
            self.prices = sorted(self.sizes)
            return
        for price, size in zip(prices, sizes, strict=True):
            if size:
                if price not in self.sizes:
                    insort(self.prices, price)
                self.sizes[price] = size
            elif self.sizes.pop(price, 0):
                del self.prices[bisect_left(self.prices, price)]


class Ladder:
    """Bids and asks. Prices and sizes in units of 1e-8."""

    def __init__(self) -> None:
        self.bids = LadderSide()
        self.asks = LadderSide()

    @property
    def is_sound(self) -> bool:
        """False when the best bid reaches the best ask: such a book is wrong and nothing may be filled from it."""
        bids, asks = self.bids.prices, self.asks.prices
        return not bids or not asks or bids[-1] < asks[0]

    def twice_mid(self) -> int | None:
        """Return the sum of best bid and best ask; None without both sides, and for a book that is not sound."""
        bids, asks = self.bids.prices, self.asks.prices
        return bids[-1] + asks[0] if bids and asks and bids[-1] < asks[0] else None

    def best(self, side: Side, count: int) -> list[tuple[int, int]]:
        """Return up to `count` (price, size) of one side, best first."""
        if side is _BUY:
            chosen, sizes = self.bids.prices[: -count - 1 : -1], self.bids.sizes
        else:
            chosen, sizes = self.asks.prices[:count], self.asks.sizes
        return [(price, sizes[price]) for price in chosen]

    def size_at(self, side: Side, price_e8: int) -> int | None:
        """Return the size at a price, 0 when none rests there; None beyond the deepest level that is known."""
        held = self.bids if side is _BUY else self.asks
        size = held.sizes.get(price_e8)
        if size is not None:
            return size
        if not held.prices:
            return None
        is_deeper = price_e8 < held.prices[0] if side is _BUY else price_e8 > held.prices[-1]
        return None if is_deeper else 0
