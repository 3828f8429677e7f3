"""Whether a price is far from the last good one, and when a far level has to be believed."""

from typing import Protocol

import numpy as np

from interlock.market.recordings.columns import Int64
from interlock.units.time import NS_PER_S

# Further than one part in ten from the last good price is an outlier.
FAR_PART = 10
# A new level is believed when so many outliers follow each other for so long, all within one part in a hundred, and
# something that is not of their making agrees with them.
_AGREEING_COUNT = 20
_AGREEING_PART = 100
_AGREEING_NS = 2 * NS_PER_S
# Where there is nothing else to ask, it must last longer.
_UNWITNESSED_NS = 10 * NS_PER_S


class Witness(Protocol):
    """What else was heard of a symbol. Prices are twice the price; only what was heard before `at_ns` counts."""

    def prices(self, good_e8: int, good_ns: int, at_ns: int) -> list[int]:
        """Return what others say the price is, given the last good one and when it was heard."""
        ...

    def can_speak(self, good_ns: int, at_ns: int) -> bool:
        """Tell whether there is anything that could agree or disagree."""
        ...


class Level:
    """The last good price of one kind of tick. The first price is taken as it comes.

    Without a witness, a new level needs the least time and count only.
    """

    def __init__(self, witness: Witness | None) -> None:
        self.last = 0
        self._last_ns = 0
        self._witness = witness
        self._run_count = 0
        self._run_low = 0
        self._run_high = 0
        self._run_from_ns = 0
        self._run_row = 0

    def judge(
        self, prices: Int64, others: Int64 | None, at_ns: Int64, rows: Int64
    ) -> tuple[list[int], list[tuple[int, int]]]:
        """Return (places of outliers, new levels as (row at which it was accepted, row of its first tick)), in order.

        A price is good also when it is near the one in `others` at the same place (0 stands for none). `at_ns` tells
        when each was known, `rows` which row of the stream it is.
        """
        if not len(prices):
            return [], []
        if self._are_all_near(prices, others):
            self.last, self._last_ns = int(prices[-1]), int(at_ns[-1])
            self._run_count = 0
            return [], []
        return self._walk(prices.tolist(), None if others is None else others.tolist(), at_ns.tolist(), rows.tolist())

    def _are_all_near(self, prices: Int64, others: Int64 | None) -> bool:
        if others is not None and bool((np.abs(prices - others) <= others // FAR_PART).all()):
            return True
        before = prices[:-1]
        is_first_near = not self.last or abs(int(prices[0]) - self.last) <= self.last // FAR_PART
        # Without a price before it the first one is taken as it comes, unless another kind of tick says more.
        is_first_judged = bool(self.last) or others is None or not int(others[0])
        return is_first_near and is_first_judged and bool((np.abs(prices[1:] - before) <= before // FAR_PART).all())

    def _walk(
        self, prices: list[int], others: list[int] | None, at_ns: list[int], rows: list[int]
    ) -> tuple[list[int], list[tuple[int, int]]]:
        outliers: list[int] = []
        accepted: list[tuple[int, int]] = []
        for place, price in enumerate(prices):
            other = others[place] if others else 0
            last = self.last
            is_near = abs(price - last) <= last // FAR_PART or abs(price - other) <= other // FAR_PART
            if not is_near and (last or other):
                self._count(price, at_ns[place], rows[place])
                if not self._is_believed(price, at_ns[place]):
                    outliers.append(place)
                    continue
                accepted.append((rows[place], self._run_row))
            self.last, self._last_ns, self._run_count = price, at_ns[place], 0
        return outliers, accepted

    def _count(self, price: int, at_ns: int, row: int) -> None:
        """Count an outlier to those before it that agree with it."""
        low, high = min(self._run_low, price), max(self._run_high, price)
        if self._run_count and high - low <= low // _AGREEING_PART:
            self._run_count, self._run_low, self._run_high = self._run_count + 1, low, high
        else:
            self._run_count, self._run_low, self._run_high = 1, price, price
            self._run_from_ns, self._run_row = at_ns, row

    def _is_believed(self, price: int, at_ns: int) -> bool:
        """Tell whether the outliers that agree are many, last long enough and are not alone."""
        lasted_ns = at_ns - self._run_from_ns
        if self._run_count < _AGREEING_COUNT or lasted_ns < _AGREEING_NS:
            return False
        if self._witness is None:
            return True
        said = self._witness.prices(self.last, self._last_ns, at_ns)
        if any(abs(each - price) <= price // _AGREEING_PART for each in said):
            return True
        return lasted_ns >= _UNWITNESSED_NS and not self._witness.can_speak(self._last_ns, at_ns)
