"""One kind of tick of one symbol as one stream of rows, whatever files it came in.

Rows are counted through all files of a symbol. A stream is ordered by when a row became known: the recorder's receipt
time, held at its highest value so far where the recorder's clock stepped back. So a row that steps back never breaks
the order; that it did is for `quality` to say.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from interlock.market.recordings.columns import Depth, Int64, Marks, Quotes, Source, Trades

Table = TypeVar("Table", Quotes, Trades, Depth, Marks)

# A look ahead usually ends close by: these many rows are searched before the whole file is.
_NEAR_ROWS = 64
NEVER_NS = 1 << 62
"""Later than everything."""


@dataclass(frozen=True, slots=True)
class Segment(Generic[Table]):
    """The rows of one file. `order` is the file's place among all; `known_at_ns` never falls, also across files."""

    table: Table
    source: Source
    order: int
    known_at_ns: Int64
    row_first: int
    row_end: int


class Stream(Generic[Table]):
    """Rows of one kind of one symbol, file after file."""

    def __init__(self, files: Iterable[tuple[Table, Source, int]]) -> None:
        self.segments: list[Segment[Table]] = []
        self.row_count = 0
        highest = 0
        for table, source, order in files:
            count = len(table.line)
            if not count:
                continue
            known = _never_falling(table.heard_at_ns, highest)
            highest = int(known[-1])
            self.segments.append(Segment(table, source, order, known, self.row_count, self.row_count + count))
            self.row_count += count
        self._known = 0
        self.next_ns = int(self.segments[0].known_at_ns[0]) if self.segments else NEVER_NS
        """When the next row after those that `known` told of becomes known."""

    @property
    def bounds_ns(self) -> tuple[int, int] | None:
        """When the first and the last row became known; None for an empty stream."""
        if not self.segments:
            return None
        return int(self.segments[0].known_at_ns[0]), int(self.segments[-1].known_at_ns[-1])

    def known(self, until_ns: int) -> int:
        """Return how many rows are known before a time that never falls from call to call."""
        if until_ns > self.next_ns:
            self._known = self.rows_before(until_ns, self._known)
            self.next_ns = self.known_at_ns(self._known) if self._known < self.row_count else NEVER_NS
        return self._known

    def rows_before(self, until_ns: int, row: int) -> int:
        """Return the first row, from `row` on, that becomes known at `until_ns` or later; the row count if none."""
        for segment in self.segments:
            if row >= segment.row_end:
                continue
            known, at = segment.known_at_ns, row - segment.row_first
            if known.item(at) >= until_ns:
                return row
            if at + 1 < len(known) and known.item(at + 1) >= until_ns:
                return row + 1
            near = known[at : at + _NEAR_ROWS]
            if near.item(-1) >= until_ns:
                return row + int(near.searchsorted(until_ns))
            row += len(near) + int(known[at + len(near) :].searchsorted(until_ns))
            if row < segment.row_end:
                return row
        return row

    def rows_before_each(self, times_ns: Int64) -> Int64:
        """Return for each time how many rows become known before it."""
        counts = np.zeros(len(times_ns), dtype=np.int64)
        for segment in self.segments:
            counts += segment.known_at_ns.searchsorted(times_ns)
        return counts

    def at(self, row: int) -> tuple[Segment[Table], int]:
        """Return the file that a row is in, and its place there."""
        for segment in self.segments:
            if row < segment.row_end:
                return segment, row - segment.row_first
        raise AssertionError(f"row {row} of {self.row_count}")

    def known_at_ns(self, row: int) -> int:
        """Return when a row became known."""
        segment, at = self.at(row)
        return int(segment.known_at_ns[at])

    def pieces(self, row: int, row_end: int) -> Iterator[tuple[Segment[Table], int, int]]:
        """Yield the rows [row, row_end) file by file, as (file, first, end) counted within the file."""
        for segment in self.segments:
            first, end = max(row, segment.row_first), min(row_end, segment.row_end)
            if first < end:
                yield segment, first - segment.row_first, end - segment.row_first


def _never_falling(heard_at_ns: Int64, highest: int) -> Int64:
    """Return the times held at their highest so far: the array itself when it never falls."""
    if heard_at_ns[0] >= highest and bool((heard_at_ns[1:] >= heard_at_ns[:-1]).all()):
        return heard_at_ns
    return np.maximum(np.maximum.accumulate(heard_at_ns), highest)
