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
from interlock.messages.observations import ClockDriftHeard
from interlock.units.time import NS_PER_MS, NS_PER_S

_WINDOW_SECONDS = 60
_TICKS_MIN = 20
DRIFT_MS_MAX = 100
"""An offset further than this from the first is told, once each time that it gets there."""
# One in so many of a second's ticks may be lower than its quantile; in a thin second it is the least.
_LOW_PART = 20


class TimeNormaliser:
    """The offset of one symbol's recorder, from all its ticks that carry a venue time."""

    def __init__(self, symbol: str, streams: Iterable[Stream[Quotes] | Stream[Trades] | Stream[Depth]]) -> None:
        self._symbol = symbol
        self._streams = tuple(streams)
        self._taken = [0 for _ in self._streams]
        self._second = 0
        self._seconds: deque[tuple[int, int]] = deque()
        self._tick_count = 0
        self._first_ns: int | None = None
        self.offset_ns: int | None = None
        self.drift_ns_max = 0
        self._is_drifted = False
        self._facts: list[tuple[int, ClockDriftHeard]] = []

    def catch_up(self, until_ns: int) -> None:
        """Take all seconds that ended at or before a time that never falls from call to call."""
        second = until_ns // NS_PER_S
        if second <= self._second:
            return
        self._second = second
        heard, differences = self._gather(second * NS_PER_S)
        if not heard:
            return
        first, last = min([each.item(0) for each in heard]), max([each.item(-1) for each in heard])
        if first // NS_PER_S == last // NS_PER_S:  # most often: who looks at least once a second gets one
            self._take_second(first // NS_PER_S, np.concatenate(differences))
            return
        seconds, all_differences = np.concatenate(heard) // NS_PER_S, np.concatenate(differences)
        order = np.argsort(seconds, kind="stable")
        seconds, all_differences = seconds[order], all_differences[order]
        starts = np.flatnonzero(np.diff(seconds, prepend=-1)).tolist()
        for start, end in zip(starts, [*starts[1:], len(seconds)], strict=True):
            self._take_second(int(seconds[start]), all_differences[start:end])

    def take_facts(self) -> list[tuple[int, ClockDriftHeard]]:
        """Return each time since the last call that the drift went beyond its limit, as (known_at_ns, fact)."""
        facts, self._facts = self._facts, []
        return facts

    def latency_ns(self, heard_at_ns: int, venue_at_ns: int) -> int | None:
        """Return how late a tick was, at least 0; None while the offset is unknown or the tick has no venue time."""
        if self.offset_ns is None or not venue_at_ns:
            return None
        return max(0, heard_at_ns - venue_at_ns - self.offset_ns)

    def _gather(self, until_ns: int) -> tuple[list[Int64], list[Int64]]:
        """Return the stamped ticks not yet taken, piece by piece: when each was heard, and that less the venue's."""
        heard, differences = [], []
        for index, stream in enumerate(self._streams):
            row = self._taken[index]
            row_end = self._taken[index] = stream.rows_before(until_ns, row)
            for segment, at, end in stream.pieces(row, row_end):
                known, venue = segment.known_at_ns[at:end], segment.table.venue_at_ns[at:end]
                is_stamped = venue > 0
                if np.count_nonzero(is_stamped) < len(venue):
                    known, venue = known[is_stamped], venue[is_stamped]
                if len(known):
                    heard.append(known)
                    differences.append(known - venue)
        return heard, differences

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
        drift_ns = abs(self.offset_ns - self._first_ns)
        self.drift_ns_max = max(self.drift_ns_max, drift_ns)
        is_drifted = drift_ns > DRIFT_MS_MAX * NS_PER_MS
        if is_drifted and not self._is_drifted:
            fact = ClockDriftHeard(
                symbol=self._symbol,
                offset_ms=abs(self.offset_ns) // NS_PER_MS * (1 if self.offset_ns > 0 else -1),
                drift_ms=-(-drift_ns // NS_PER_MS),
                drift_ms_max=DRIFT_MS_MAX,
            )
            self._facts.append(((second + 1) * NS_PER_S, fact))
        self._is_drifted = is_drifted
