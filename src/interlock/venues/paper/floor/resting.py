"""Limit orders that rest on one side of a symbol: price-time priority, queue position, and what fills them."""

from bisect import bisect_left, insort
from typing import Generic

from interlock.venues.paper.floor.depletion import Depletion
from interlock.venues.paper.floor.workings import MatchingDesk, OrderT

PRICE_NONE_E8 = 1 << 62
"""Above every price."""


class RestingSide(Generic[OrderT]):
    """One side's resting orders, best price first, then first come.

    The queue ahead of an order is what was displayed at its price when it came, less what traded there since. Orders
    ahead that were cancelled show only as a bound: never more is ahead than is displayed. While the depth at its price
    cannot be seen, the whole size that first shows there counts as ahead, and until then nothing fills it but a market
    that moves through its price.
    """

    __slots__ = ("_desk", "_is_buy", "_sign", "best_e8", "has_unseated", "orders")

    def __init__(self, is_buy: bool, desk: MatchingDesk[OrderT]) -> None:
        self._is_buy = is_buy
        self._sign = 1 if is_buy else -1
        self._desk = desk
        self.orders: list[OrderT] = []
        self.best_e8 = -1 if is_buy else PRICE_NONE_E8
        self.has_unseated = False

    @property
    def best(self) -> OrderT | None:
        """The order with the best price, the first of these to come."""
        return self.orders[0] if self.orders else None

    def add(self, live: OrderT) -> None:
        """Let an order rest."""
        insort(self.orders, live, key=self._priority)
        self.best_e8 = self.orders[0].price_e8
        if not live.is_seated:
            self.has_unseated = True

    def remove(self, live: OrderT) -> None:
        """Forget one order, which is here, and whose price and place in time are still those it came with."""
        orders = self.orders
        index = bisect_left(orders, self._priority(live), key=self._priority)
        assert orders[index] is live, f"order {live.ordinal} does not rest here"
        del orders[index]
        if self.has_unseated or not orders:
            self._tune()
        else:
            self.best_e8 = orders[0].price_e8

    def drop_ended(self) -> None:
        """Forget the orders that have ended."""
        self.orders = [live for live in self.orders if live.is_open]
        self._tune()

    def meet_quote(
        self, own_e8: int, own_size_e8: int, other_e8: int, other_size_e8: int, taken: Depletion, at_ns: int
    ) -> bool:
        """Take a quote in: `own` is the best price of our side, `other` of the opposite. Return whether any ended or
        was filled.

        An opposite quote at or through an order's price would have met it: it fills at its own price, as maker, up to
        the displayed size that is left. An order that came while no book was to be seen pays for what it takes.
        """
        sign, is_touched = self._sign, False
        for live in self.orders:
            if (other_e8 - live.price_e8) * sign <= 0:
                was_seated, live.is_seated, live.ahead_e8 = live.is_seated, True, 0
                if not was_seated and live.is_post_only:
                    self._desk.expire(live, "post only: the order would have taken", at_ns)
                    is_touched = True
                    continue
                left_e8 = taken.left(other_e8, other_size_e8, at_ns)
                quantity_e8 = self._fillable_e8(live, left_e8)
                if quantity_e8:
                    taken.take(other_e8, other_size_e8, quantity_e8, at_ns)
                    self._desk.fill(live, live.price_e8 if was_seated else other_e8, quantity_e8, was_seated, at_ns)
                    is_touched = True
                continue
            live.is_seated = True
            gap = (own_e8 - live.price_e8) * sign
            if gap < 0:
                live.ahead_e8 = 0
            elif not gap:
                live.ahead_e8 = min(live.ahead_e8, own_size_e8) if live.ahead_e8 >= 0 else own_size_e8
            elif not self.has_unseated:
                break
        self.has_unseated = False
        return is_touched

    def meet_trade(self, price_e8: int, quantity_e8: int, at_ns: int) -> bool:
        """Take a trade in whose aggressor hit our side. Return whether any order was filled.

        At an order's price it first uses up the queue ahead; through its price it would have met the order first.
        Never more is filled than was traded.
        """
        sign, ours_e8 = self._sign, 0
        for live in self.orders:
            gap = (live.price_e8 - price_e8) * sign
            if gap < 0:
                break
            reaching_e8 = quantity_e8 - ours_e8
            if gap:
                live.ahead_e8 = 0
            elif live.ahead_e8 < 0:
                continue
            ahead_e8 = live.ahead_e8
            live.ahead_e8 = max(0, ahead_e8 - reaching_e8)
            filled_e8 = self._fillable_e8(live, reaching_e8 - ahead_e8)
            if filled_e8:
                self._desk.fill(live, live.price_e8, filled_e8, True, at_ns)
                ours_e8 += filled_e8
        return ours_e8 > 0

    def _fillable_e8(self, live: OrderT, offered_e8: int) -> int:
        if offered_e8 <= 0:
            return 0
        step_e8 = live.scale.step_e8
        return min(offered_e8, self._desk.reducible_e8(live)) // step_e8 * step_e8

    def _priority(self, live: OrderT) -> tuple[int, int]:
        return (-live.price_e8 if self._is_buy else live.price_e8, live.ordinal)

    def _tune(self) -> None:
        empty_e8 = -1 if self._is_buy else PRICE_NONE_E8
        self.best_e8 = self.orders[0].price_e8 if self.orders else empty_e8
        self.has_unseated = False in [live.is_seated for live in self.orders]
