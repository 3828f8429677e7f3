"""Which ticks are bad, by kind, and the rows that remain. Bad ticks are counted and never given on.

A stream is judged in fixed blocks of rows, so that the result does not depend on who asks when. Each tick is judged by
what was heard before it only. The judges of the kinds of tick are in `judges`.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from enum import IntEnum
from typing import Generic, Protocol

import numpy as np
from numpy.typing import NDArray

from interlock.market.quality.places import PLACES_MAX, Place, place_of
from interlock.market.recordings.columns import Int64
from interlock.market.streams import Segment, Stream, Table

Codes = NDArray[np.uint8]
BLOCK_ROWS = 8_192


class BadTick(IntEnum):
    """Why a tick is bad. A tick has one kind: the first that holds, in this order."""

    DUPLICATE = 1
    OUT_OF_ORDER = 2
    NEGATIVE = 3
    ZERO = 4
    CROSSED = 5
    LOCKED = 6
    NOT_MARKET = 7
    OUTLIER = 8
    CONTRADICTED = 9

    @property
    def label(self) -> str:
        """The kind as it is shown and counted."""
        return self.name.lower()


class Judge(Protocol[Table]):
    """Judges one kind of tick of one symbol, block after block."""

    def judge(self, segment: Segment[Table], at: int, end: int) -> Codes | None:
        """Return the code of each row of the block, 0 for a good one; None when all are good."""
        ...

    @property
    def levels_accepted(self) -> list[tuple[int, int]]:
        """The far price levels that were accepted, each as (row at which, row of its first tick)."""
        ...


class JudgedStream(Generic[Table]):
    """A stream whose bad ticks are known as far as somebody asked. Memory: some bytes for each bad tick."""

    def __init__(self, stream: Stream[Table], judge: Judge[Table]) -> None:
        self.stream: Stream[Table] = stream
        self._judge: Judge[Table] = judge
        self._judged = 0
        self._bad = array("q")
        self._codes = array("B")
        self._good_before = array("q")  # for each bad row the last good one before it, -1 if none
        self._is_news = array("B")  # for each bad row whether, since that good one, a bad one said something new
        self._is_denied = array("B")  # the same for one that book and trades contradict

    def judge_to(self, row_end: int) -> None:
        """See to it that the rows up to `row_end` are judged."""
        while self._judged < row_end:
            segment, at = self.stream.at(self._judged)
            end = min(at + BLOCK_ROWS, segment.row_end - segment.row_first)
            codes = self._judge.judge(segment, at, end)
            if codes is not None:
                self._note(self._judged, codes)
            self._judged += end - at

    def _note(self, row_first: int, codes: Codes) -> None:
        for place in np.flatnonzero(codes).tolist():
            row = row_first + place
            follows_bad = self._bad and self._bad[-1] == row - 1
            is_news = codes[place] != BadTick.DUPLICATE
            is_denied = codes[place] == BadTick.CONTRADICTED
            self._is_news.append(bool(is_news or (follows_bad and self._is_news[-1])))
            self._is_denied.append(bool(is_denied or (follows_bad and self._is_denied[-1])))
            self._good_before.append(self._good_before[-1] if follows_bad else row - 1)
            self._bad.append(row)
            self._codes.append(int(codes[place]))

    def last_good(self, row_end: int) -> int:
        """Return the last good row before `row_end`, -1 if there is none."""
        self.judge_to(row_end)
        place = bisect_left(self._bad, row_end) - 1
        if place >= 0 and self._bad[place] == row_end - 1:
            return self._good_before[place]
        return row_end - 1

    def is_sane(self, row_end: int) -> bool:
        """Tell whether nothing bad was said since the last good row before `row_end`; a duplicate says nothing."""
        return not self._since_good(self._is_news, row_end)

    def is_denied(self, row_end: int) -> bool:
        """Tell whether something was said since the last good row before `row_end` that book and trades contradict."""
        return self._since_good(self._is_denied, row_end)

    def _since_good(self, flags: "array[int]", row_end: int) -> bool:
        self.judge_to(row_end)
        place = bisect_left(self._bad, row_end) - 1
        return place >= 0 and self._bad[place] == row_end - 1 and bool(flags[place])

    def last_good_each(self, row_ends: Int64) -> Int64:
        """Return for each row the last good row before it, -1 if there is none. `row_ends` must not fall."""
        if not len(row_ends):
            return row_ends
        self.judge_to(int(row_ends[-1]))
        low, high = bisect_left(self._bad, int(row_ends[0]) - 1), bisect_left(self._bad, int(row_ends[-1]))
        rows = row_ends - 1
        if low < high:
            bad = np.array(self._bad[low:high], dtype=np.int64)
            before = np.array(self._good_before[low:high], dtype=np.int64)
            place = np.minimum(bad.searchsorted(rows), len(bad) - 1)
            rows = np.where(bad[place] == rows, before[place], rows)
        return rows

    def good(self, row: int, row_end: int) -> Iterator[tuple[Segment[Table], slice | Int64]]:
        """Yield the good rows of [row, row_end) file by file, as (file, what selects them from its columns)."""
        self.judge_to(row_end)
        for segment, at, end in self.stream.pieces(row, row_end):
            first = segment.row_first
            low, high = bisect_left(self._bad, first + at), bisect_left(self._bad, first + end)
            if low == high:
                yield segment, slice(at, end)
            elif high - low < end - at:
                bad = np.array(self._bad[low:high], dtype=np.int64) - first - at
                yield segment, np.delete(np.arange(at, end), bad)

    def count_bad(self, row_end: int) -> dict[str, int]:
        """Return how many rows before `row_end` are bad, by kind; kinds that did not occur are left out."""
        self.judge_to(row_end)
        codes = np.array(self._codes[: bisect_left(self._bad, row_end)], dtype=np.int64)
        counts = np.bincount(codes, minlength=len(BadTick) + 1).tolist()
        return {kind.label: counts[kind] for kind in BadTick if counts[kind]}

    def places(self, row_end: int) -> list[Place]:
        """Return the first bad rows before `row_end`, at most `PLACES_MAX` of each kind."""
        self.judge_to(row_end)
        codes = np.array(self._codes[: bisect_left(self._bad, row_end)], dtype=np.uint8)
        found = ((kind, np.flatnonzero(codes == kind)[:PLACES_MAX].tolist()) for kind in BadTick)
        return [place_of(self.stream, self._bad[place], kind.label) for kind, places in found for place in places]

    def levels_accepted(self, row_end: int) -> list[Place]:
        """Return where the price levels that were accepted before `row_end` begin."""
        self.judge_to(row_end)
        accepted = self._judge.levels_accepted[: bisect_left(self._judge.levels_accepted, (row_end, -1))]
        return [place_of(self.stream, first_row, "level") for _, first_row in accepted]
