"""How an order takes from the displayed market: level by level, never more than is shown, never beyond its limit."""

from collections.abc import Iterator
from typing import Generic

from interlock.messages.words import BookState
from interlock.ports.liquidity import Liquidity
from interlock.units.sides import Side
from interlock.venues.paper.floor.depletion import Depletion
from interlock.venues.paper.floor.workings import MatchingDesk, OrderT, Workable

LEVELS_NEAR = 8
LEVELS_FAR = 500
"""Levels asked for at first, and at most: an order that needs more is an order the market cannot take."""


class Taking(Generic[OrderT]):
    """Takes liquidity of one symbol for orders, of however many accounts: what one took, none finds."""

    def __init__(self, symbol: str, liquidity: Liquidity, desk: MatchingDesk[OrderT], refill_ms: int) -> None:
        self._symbol = symbol
        self._liquidity = liquidity
        self._desk = desk
        self.asks_taken = Depletion(refill_ms)
        self.bids_taken = Depletion(refill_ms)

    def state(self) -> BookState | None:
        """Return how deep the market can be seen; None when no quote is known."""
        return self._liquidity.state(self._symbol)

    def best_e8(self, asks: bool) -> int | None:
        """Return the best displayed price of a side, None when nothing is displayed."""
        levels = self._liquidity.levels(self._symbol, Side.SELL if asks else Side.BUY, 1)
        return levels[0][0] if levels else None

    def queue_e8(self, live: OrderT) -> int:
        """Return the displayed size an order that comes to rest stands behind, below zero when it cannot be seen."""
        shown = self._liquidity.size_at(self._symbol, Side.BUY if live.is_buy else Side.SELL, live.price_e8)
        return -1 if shown is None else shown

    def fillable_e8(self, live: OrderT, limit_e8: int | None, own: OrderT | None, at_ns: int) -> int:
        """Return how much the order could take now, at most what is left of it."""
        total = 0
        for _, _, offered in self.offers(live, limit_e8, own, at_ns):
            total += offered
            if total >= live.left_e8:
                return live.left_e8
        return total

    def sweep(self, live: OrderT, limit_e8: int | None, own: OrderT | None, at_ns: int) -> None:
        """Fill the order from the displayed levels, best first, as far as limit, depth and its quantity go.

        `own` is our own best order resting on the other side: nothing is taken behind it (see `blocks`).
        """
        taken = self.asks_taken if live.is_buy else self.bids_taken
        target = self._desk.reducible_e8(live)
        if target <= 0:
            return
        for price_e8, shown_e8, offered_e8 in self.offers(live, limit_e8, own, at_ns):
            quantity_e8 = min(target, offered_e8)
            if quantity_e8:
                taken.take(price_e8, shown_e8, quantity_e8, at_ns)
                self._desk.fill(live, price_e8, quantity_e8, False, at_ns)
                target -= quantity_e8
                if not target:
                    return

    def offers(
        self, live: OrderT, limit_e8: int | None, own: OrderT | None, at_ns: int
    ) -> Iterator[tuple[int, int, int]]:
        """Yield (price, displayed size, what of it may be taken, on the lot step), best first."""
        is_buy, step_e8 = live.is_buy, live.scale.step_e8
        sign = 1 if is_buy else -1
        taken = self.asks_taken if is_buy else self.bids_taken
        side = Side.SELL if is_buy else Side.BUY
        walked, count = 0, LEVELS_NEAR
        while True:
            levels = self._liquidity.levels(self._symbol, side, count)
            if taken.levels and levels:
                taken.forget_better(levels[0][0], is_buy)
            for price_e8, shown_e8 in levels[walked:]:
                if limit_e8 is not None and (price_e8 - limit_e8) * sign > 0:
                    return
                left_e8 = taken.left(price_e8, shown_e8, at_ns) if taken.levels else shown_e8
                if own is not None and (price_e8 - own.price_e8) * sign >= 0:
                    ahead_e8 = min(left_e8, max(own.ahead_e8, 0)) if price_e8 == own.price_e8 else 0
                    yield price_e8, shown_e8, ahead_e8 // step_e8 * step_e8
                    return
                yield price_e8, shown_e8, left_e8 // step_e8 * step_e8
            if len(levels) < count or count == LEVELS_FAR:
                return
            walked, count = len(levels), LEVELS_FAR


def blocks(own: Workable | None, live: Workable, limit_e8: int | None) -> bool:
    """Tell whether our own resting order stands within reach of an order: they must not trade with each other."""
    if own is None:
        return False
    return limit_e8 is None or (own.price_e8 <= limit_e8 if live.is_buy else own.price_e8 >= limit_e8)
