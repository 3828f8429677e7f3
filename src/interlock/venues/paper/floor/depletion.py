"""What our own orders have taken from the displayed market, so that the next one finds less."""

from interlock.units.time import NS_PER_MS


class Depletion:
    """One side of one symbol's displayed market, less what our orders took from it. Sizes and prices in 1e-8.

    The recorded market does not know of our trades and goes on showing what we took. So a level we traded at gives
    only what is left of it, plus what the market shows there in addition since; it is whole again once the market has
    moved off it, or after the refill time. An entry of `levels` is
    [size shown when last looked at, left of it, whole again at].
    """

    __slots__ = ("_refill_ns", "levels")

    def __init__(self, refill_ms: int) -> None:
        self.levels: dict[int, list[int]] = {}
        self._refill_ns = refill_ms * NS_PER_MS

    def left(self, price_e8: int, shown_e8: int, at_ns: int) -> int:
        """Return how much of the displayed size is still there for us."""
        level = self.levels.get(price_e8)
        if level is None:
            return shown_e8
        shown_before, left, whole_at_ns = level
        if at_ns >= whole_at_ns:
            del self.levels[price_e8]
            return shown_e8
        left = min(shown_e8, left + max(0, shown_e8 - shown_before))
        level[0], level[1] = shown_e8, left
        return left

    def take(self, price_e8: int, shown_e8: int, quantity_e8: int, at_ns: int) -> None:
        """Note a trade of ours at a level. The quantity is at most what `left` returned for it."""
        left = self.left(price_e8, shown_e8, at_ns) - quantity_e8
        assert left >= 0, f"{-left} more was taken at {price_e8} than was displayed"
        self.levels[price_e8] = [shown_e8, left, at_ns + self._refill_ns]

    def forget_better(self, best_e8: int, asks: bool) -> None:
        """Forget the levels better than the best displayed price: the market has left them."""
        if asks:
            gone = [price for price in self.levels if price < best_e8]
        else:
            gone = [price for price in self.levels if price > best_e8]
        for price in gone:
            del self.levels[price]

    def forget_whole(self, at_ns: int) -> None:
        """Forget the levels that are whole again."""
        for price in [price for price, level in self.levels.items() if at_ns >= level[2]]:
            del self.levels[price]
