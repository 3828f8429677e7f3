"""How long a request takes to the matching engine, and an answer back: log-normal, and fixed by a seed.

Each draw is a pure function of (seed, way, ordinal, step), so the latency of one order never depends on what other
orders do. Statistics: floats live here and leave as whole microseconds.
"""

import hashlib
import math
from decimal import Decimal
from enum import Enum
from statistics import NormalDist

from interlock.units.time import NS_PER_US

_STANDARD = NormalDist()
_US_PER_MS = 1_000
_CHANCES = 1 << 52


class Way(Enum):
    """Which of the three journeys is drawn; each has numbers of its own."""

    ENTRY = "entry"
    CANCEL = "cancel"
    RESPONSE = "response"


class Latency:
    """Log-normal latency with a median in ms and a sigma (the standard deviation of the logarithm)."""

    __slots__ = ("_hash", "_log_median", "_median_us", "_sigma")

    def __init__(self, seed: int, way: Way, median_ms: Decimal, sigma: Decimal) -> None:
        self._median_us = int(median_ms * _US_PER_MS)
        self._log_median = math.log(self._median_us) if self._median_us else 0.0
        self._sigma = float(sigma)
        self._hash = hashlib.sha256(f"{seed}/{way.value}/".encode())

    def draw_ns(self, ordinal: int, step: int = 0) -> int:
        """Return the latency of the `step`-th journey of request `ordinal`, in ns, a whole number of microseconds."""
        if not self._median_us or not self._sigma:
            return self._median_us * NS_PER_US
        hashed = self._hash.copy()
        hashed.update(b"%d/%d" % (ordinal, step))
        drawn = int.from_bytes(hashed.digest()[:8], "big") >> 12
        return self._quantile_ns((drawn + 0.5) / _CHANCES)

    def floor_ns(self) -> int:
        """Return the shortest latency that can ever be drawn, in ns."""
        if not self._median_us or not self._sigma:
            return self._median_us * NS_PER_US
        return self._quantile_ns(0.5 / _CHANCES)

    def _quantile_ns(self, chance: float) -> int:
        score = _STANDARD.inv_cdf(chance)
        return max(1, round(math.exp(self._log_median + self._sigma * score))) * NS_PER_US
