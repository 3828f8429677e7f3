"""Whether a price is far from the last good one, and when a far level has to be believed."""

import numpy as np

from interlock.market.recordings.columns import Int64

# Further than one part in ten from the last good price is an outlier.
_FAR_PART = 10
# A new level is believed when so many outliers follow each other, all within one part in a hundred.
_AGREEING_COUNT = 20
_AGREEING_PART = 100


class Level:
    """The last good price of one kind of tick. The first price is taken as it comes."""

    def __init__(self) -> None:
        self._last = 0
        self._run_count = 0
        self._run_low = 0
        self._run_high = 0

    def judge(self, prices: Int64, others: Int64 | None) -> tuple[list[int], list[int]]:
        """Return (places of outliers, places at which a new level was accepted), in order.

        A price is good also when it is near the one in `others` at the same place (0 stands for none).
        """
        if not len(prices):
            return [], []
        if self._are_all_near(prices, others):
            self._last = int(prices[-1])
            self._run_count = 0
            return [], []
        return self._walk(prices.tolist(), None if others is None else others.tolist())

    def _are_all_near(self, prices: Int64, others: Int64 | None) -> bool:
        if others is not None and bool((np.abs(prices - others) <= others // _FAR_PART).all()):
            return True
        before = prices[:-1]
        is_first_near = not self._last or abs(int(prices[0]) - self._last) <= self._last // _FAR_PART
        # Without a price before it the first one is taken as it comes, unless another kind of tick says more.
        is_first_judged = bool(self._last) or others is None or not int(others[0])
        return is_first_near and is_first_judged and bool((np.abs(prices[1:] - before) <= before // _FAR_PART).all())

    def _walk(self, prices: list[int], others: list[int] | None) -> tuple[list[int], list[int]]:
        outliers: list[int] = []
        accepted: list[int] = []
        for place, price in enumerate(prices):
            other = others[place] if others else 0
            last = self._last
            is_near = abs(price - last) <= last // _FAR_PART or abs(price - other) <= other // _FAR_PART
            if is_near or not (last or other):
                self._last, self._run_count = price, 0
            elif self._agrees(price):
                self._last, self._run_count = price, 0
                accepted.append(place)
            else:
                outliers.append(place)
        return outliers, accepted

    def _agrees(self, price: int) -> bool:
        """Count an outlier; tell whether it completes a run of outliers that agree."""
        low, high = min(self._run_low, price), max(self._run_high, price)
        if self._run_count and high - low <= low // _AGREEING_PART:
            self._run_count, self._run_low, self._run_high = self._run_count + 1, low, high
        else:
            self._run_count, self._run_low, self._run_high = 1, price, price
        return self._run_count >= _AGREEING_COUNT
