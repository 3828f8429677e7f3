"""The venue's clock against ours: an offset with its error bound, from round trips. Pure.

A round trip that was sent at S and heard at H, and told the venue's time V, proves that the venue's clock read V at
some moment between S and H. The middle is the best guess, and half the round trip bounds its error; half a millisecond
more is what the venue's rounding adds.
"""

from collections import deque
from typing import Final

from msgspec import Struct

from interlock.units.time import NS_PER_MS, NS_PER_S

SAMPLES_MAX: Final = 8
_HALF_MS_NS: Final = NS_PER_MS // 2
_DRIFT_NS_PER_S: Final = 100_000  # clocks go apart by at most 100 parts in a million


class Offset(Struct, frozen=True):
    """The venue's clock less ours, and how far that may be wrong either way, in nanoseconds."""

    offset_ns: int
    error_ns: int


class _Sample(Struct, frozen=True):
    offset_ns: int
    error_ns: int
    at_ns: int


class ServerTime:
    """Keeps the last measurements. Until there is one, the venue's clock is taken for ours, with no bound known."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque(maxlen=SAMPLES_MAX)
        self._best: _Sample | None = None

    def measured(self, sent_at_ns: int, heard_at_ns: int, venue_at_ns: int) -> None:
        """Take a round trip. `venue_at_ns` is a whole millisecond, rounded down by the venue."""
        assert sent_at_ns <= heard_at_ns, "nothing is heard before it is asked"
        trip_ns = heard_at_ns - sent_at_ns
        offset_ns = venue_at_ns + _HALF_MS_NS - sent_at_ns - trip_ns // 2
        self._samples.append(_Sample(offset_ns, (trip_ns + 1) // 2 + _HALF_MS_NS, heard_at_ns))
        self._best = min(self._samples, key=lambda sample: _error_ns(sample, heard_at_ns))

    def offset(self, at_ns: int) -> Offset | None:
        """Return the best of the last measurements as it is worth now, None without one."""
        best = self._best
        return None if best is None else Offset(best.offset_ns, _error_ns(best, at_ns))

    def forget(self) -> None:
        """Drop all measurements: the venue says that our time is outside its window."""
        self._samples.clear()
        self._best = None

    def venue_ns(self, at_ns: int) -> int:
        """Return the venue's time for one of ours."""
        return at_ns if self._best is None else at_ns + self._best.offset_ns


def _error_ns(sample: _Sample, at_ns: int) -> int:
    return sample.error_ns + max(at_ns - sample.at_ns, 0) * _DRIFT_NS_PER_S // NS_PER_S
