"""Statistics over bars, in plain floats and fixed order, so that they come out the same everywhere."""

import math
from collections import deque
from decimal import Decimal

from interlock.units.money import MONEY_STEP


class AverageTrueRange:
    """Wilder's average true range, and the mean of its last values as a baseline.

    The first value is the mean of the first `periods` true ranges; then each new range weighs one part in `periods`.
    Source: Wilder, New Concepts in Technical Trading Systems (1978).
    """

    def __init__(self, periods: int, baseline_periods: int) -> None:
        self._periods = periods
        self._first_ranges: list[float] = []
        self._close: float | None = None
        self._values: deque[float] = deque(maxlen=baseline_periods)
        self._enough = min(periods, baseline_periods)
        self.value: float | None = None

    def see_close(self, close: float) -> None:
        """Take a price that the next range is measured from, without a range of its own."""
        self._close = close

    def add(self, high: float, low: float, close: float) -> None:
        """Take a closed bar; `value` is that after it, None until there are enough."""
        span = high - low
        if self._close is not None:
            span = max(span, abs(high - self._close), abs(low - self._close))
        self._close = close
        if self.value is None:
            self._first_ranges.append(span)
            if len(self._first_ranges) < self._periods:
                return
            self.value = math.fsum(self._first_ranges) / self._periods
        else:
            self.value = (self.value * (self._periods - 1) + span) / self._periods
        self._values.append(self.value)

    @property
    def baseline(self) -> float | None:
        """The mean of the last values; None before there are enough of them."""
        if len(self._values) < self._enough:
            return None
        return math.fsum(self._values) / len(self._values)


def quantised(value: float | None) -> Decimal | None:
    """Return a statistic as it may leave: Decimal at 1e-8, None for none."""
    return None if value is None else Decimal(repr(value)).quantize(MONEY_STEP)
