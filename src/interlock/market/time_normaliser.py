"""How far the recorder's clock is off the venue's, and how late a tick is once that is taken out.

Receipt time less venue time is offset plus latency. The offset is taken as the least of it over the last minute: of
each finished second a low quantile, of these the lowest. Nothing is said before enough stamped ticks were heard, and
a second counts only when it is over, so an estimate never uses what was heard after it. A latency is therefore
measured against the fastest ticks of the minute: their own way to us is in the offset.
"""

from collections import deque
from collections.abc import Iterable

import numpy as np

from interlock.market.recordings.columns import Depth, Int64, Quotes, Trades
from interlock.market.streams import Stream
from interlock.units.time import NS_PER_S

_WINDOW_SECONDS = 60
_TICKS_MIN = 20
# One in so many of a second's ticks may be lower than its quantile; in a thin second it is the least.
_LOW_PART = 20


class TimeNormaliser:
    """The offset of one symbol's recorder, from all its ticks that carry a venue time."""

    def __init__(self, streams: Iterable[Stream[Quotes] | Stream[Trades] | Stream[Depth]]) -> None:
        self._streams = tuple(streams)
        self._taken = [0 for _ in self._streams]
        self._second = 0
        self._seconds: deque[tuple[int, int]] = deque()
        self._tick_count = 0
        self._first_ns: int | None = None
        self.offset_ns: int | None = None
        self.drift_ns_max = 0

    def catch_up(self, until_ns: int) -> None:
        """Take all seconds that ended at or before a time that never falls from call to call."""
        second = until_ns // NS_PER_S
        if second <= self._second:
            return
        self._second = second
        gathered = [self._gather(index, stream, second * NS_PER_S) for index, stream in enumerate(self._streams)]
        heard = np.concatenate([each[0] for each in gathered])
        differences = np.concatenate([each[1] for each in gathered])
        if not len(heard):
            return
        seconds = heard // NS_PER_S
        order = np.argsort(seconds, kind="stable")
        seconds, differences = seconds[order], differences[order]
        starts = np.flatnonzero(np.diff(seconds, prepend=-1)).tolist()
        for start, end in zip(starts, [*starts[1:], len(seconds)], strict=True):
            self._take_second(int(seconds[start]), differences[start:end])

    def latency_ns(self, heard_at_ns: int, venue_at_ns: int) -> int | None:
        """Return how late a tick was, at least 0; None while the offset is unknown or the tick has no venue time."""
        if self.offset_ns is None or not venue_at_ns:
            return None
        return max(0, heard_at_ns - venue_at_ns - self.offset_ns)

    def _gather(
        self, index: int, stream: Stream[Quotes] | Stream[Trades] | Stream[Depth], until_ns: int
    ) -> tuple[Int64, Int64]:
        row_end = stream.rows_before(until_ns, self._taken[index])
        heard, differences = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        for segment, at, end in stream.pieces(self._taken[index], row_end):
            known, venue = segment.known_at_ns[at:end], segment.table.venue_at_ns[at:end]
            is_stamped = venue > 0
            if not is_stamped.all():
                known, venue = known[is_stamped], venue[is_stamped]
            heard.append(known)
            differences.append(known - venue)
        self._taken[index] = row_end
        return np.concatenate(heard), np.concatenate(differences)

    def _take_second(self, second: int, differences: Int64) -> None:
        place = len(differences) // _LOW_PART
        low = int(np.partition(differences, place)[place])
        self._tick_count += len(differences)
        # Kept rising from the left, so that the first is the lowest of the window.
        while self._seconds and self._seconds[-1][1] >= low:
            self._seconds.pop()
        self._seconds.append((second, low))
        while self._seconds[0][0] <= second - _WINDOW_SECONDS:
            self._seconds.popleft()
        if self._tick_count < _TICKS_MIN:
            return
        self.offset_ns = self._seconds[0][1]
        if self._first_ns is None:
            self._first_ns = self.offset_ns
        self.drift_ns_max = max(self.drift_ns_max, abs(self.offset_ns - self._first_ns))
