"""The book of one symbol from a snapshot and diffs, by the venue's sequence rules.

Sequence first, levels later: `feed` only checks that update ids chain, many rows at a time; levels are applied when
somebody looks. A diff that does not chain is a gap: the book is whole again once a later snapshot joins the diffs.

Rules (Binance, "How to manage a local order book correctly"). USD-M: diffs with u < lastUpdateId are older than the
snapshot; the first one used has U <= lastUpdateId <= u; each later one has pu equal to the u before it. Spot: the
same with lastUpdateId + 1 for the first, and U equal to the u before it plus one. Diffs heard before the snapshot
count, since the snapshot may be older than they are.
"""

from interlock.market.ladder import Ladder
from interlock.market.quality.places import PLACES_MAX
from interlock.market.recordings.columns import Depth
from interlock.market.streams import Segment, Stream
from interlock.messages.observations import FeedGapHeard, FeedSyncHeard
from interlock.messages.words import BookState
from interlock.units.sides import Side

FeedFact = FeedGapHeard | FeedSyncHeard
# Below so many rows a plain loop is faster than whole-array comparisons.
_FEW_ROWS = 12


class Book:
    """One symbol's book. Rows are those of its depth stream; what is fed is known, what is not fed is not."""

    def __init__(self, symbol: str, stream: Stream[Depth]) -> None:
        self._symbol = symbol
        self._stream = stream
        self._ladder = Ladder()
        self.fed = 0
        self._final = -1  # final id of the last diff heard, -1 before the first
        self._run: list[list[int]] = []  # chained rows, as [from, to): kept for a snapshot, or not yet applied
        self._snapshot: int | None = None  # row of a snapshot that no diff has joined yet
        self._base: int | None = None  # row of the snapshot to start from at the next look
        self.is_synced = False
        self.gap_count = 0
        self.stale_count = 0
        self.stale_rows: list[int] = []  # the first of them

    @property
    def state(self) -> BookState:
        """Whether the depth can be trusted; QUOTES_ONLY when the feed has none."""
        if not self._stream.row_count:
            return BookState.QUOTES_ONLY
        return BookState.SYNCED if self.is_synced else BookState.UNSYNCED

    @property
    def final_id(self) -> int:
        """The venue's id of the last update heard, -1 before the first."""
        return self._final

    def feed(self, row_end: int) -> list[tuple[int, int, int, FeedFact]]:
        """Take the rows up to `row_end` and return what was found as (known_at_ns, file order, line, fact)."""
        facts: list[tuple[int, int, int, FeedFact]] = []
        for segment, at, end in self._stream.pieces(self.fed, row_end):
            while at < end:
                chained = 0 if self._snapshot is not None else self._chained(segment, at, end)
                if chained:
                    self._extend(segment.row_first + at, chained)
                    at += chained
                    self._final = int(segment.table.final_id[at - 1])
                if at < end:
                    for fact in self._step(segment, at):
                        line = int(segment.table.line[at])
                        facts.append((int(segment.known_at_ns[at]), segment.order, line, fact))
                    at += 1
        self.fed = max(self.fed, row_end)
        return facts

    def levels(self, side: Side, count: int) -> list[tuple[int, int]]:
        """Return up to `count` (price_e8, size_e8), best first; empty when there is no sound book."""
        if not self.is_synced:
            return []
        self._apply()
        return self._ladder.best(side, count) if self._ladder.is_sound else []

    def size_at(self, side: Side, price_e8: int) -> int | None:
        """Return the size at a price; None when it cannot be seen."""
        if not self.is_synced:
            return None
        self._apply()
        return self._ladder.size_at(side, price_e8) if self._ladder.is_sound else None

    def twice_mid_e8(self) -> int | None:
        """Return twice the mid price; None when there is no sound book with both sides."""
        if not self.is_synced:
            return None
        self._apply()
        return self._ladder.twice_mid()

    def _chained(self, segment: Segment[Depth], at: int, end: int) -> int:
        """Return how many rows from `at` on are diffs that chain to the one before each."""
        table = segment.table
        is_spot = segment.source.market == "spot"
        if end - at <= _FEW_ROWS:
            final, row = self._final, at
            while row < end and not table.is_snapshot[row]:
                links = table.first_id[row] == final + 1 if is_spot else table.previous_id[row] == final
                if not links:
                    break
                final, row = int(table.final_id[row]), row + 1
            return row - at
        final_ids = table.final_id[at : end - 1]
        if is_spot:
            links = table.first_id[at + 1 : end] == final_ids + 1
            does_first_link = int(table.first_id[at]) == self._final + 1
        else:
            links = table.previous_id[at + 1 : end] == final_ids
            does_first_link = int(table.previous_id[at]) == self._final
        if not does_first_link or table.is_snapshot[at]:
            return 0
        links &= ~table.is_snapshot[at + 1 : end]
        return end - at if links.all() else 1 + int(links.argmin())

    def _extend(self, row: int, count: int) -> None:
        if self._run and self._run[-1][1] == row:
            self._run[-1][1] = row + count
        else:
            self._run.append([row, row + count])

    def _step(self, segment: Segment[Depth], at: int) -> list[FeedFact]:
        """Take one row that is a snapshot, or old, or does not chain, or may join a snapshot that waits."""
        table, row = segment.table, segment.row_first + at
        if table.is_snapshot[at]:
            if self.is_synced:
                return []
            self._snapshot = row
            return self._join(segment, at)
        first, final = int(table.first_id[at]), int(table.final_id[at])
        if self._final >= 0 and final <= self._final:
            self.stale_count += 1
            if len(self.stale_rows) < PLACES_MAX:
                self.stale_rows.append(row)
            return []
        is_spot = segment.source.market == "spot"
        expected, found = (self._final + 1, first) if is_spot else (self._final, int(table.previous_id[at]))
        facts: list[FeedFact] = []
        if self._final >= 0 and found != expected:
            facts.append(self._lose(segment, at, expected, found))
        self._extend(row, 1)
        self._final = final
        if self._snapshot is not None:
            facts += self._join(segment, at)
        return facts

    def _lose(self, segment: Segment[Depth], at: int, expected: int, found: int) -> FeedGapHeard:
        self.is_synced = False
        self.gap_count += 1
        self._run.clear()
        return FeedGapHeard(
            symbol=self._symbol,
            expected=expected,
            found=found,
            source=segment.source.digest,
            line=int(segment.table.line[at]),
        )

    def _join(self, here: Segment[Depth], at: int) -> list[FeedFact]:
        """Join the waiting snapshot to the diffs kept, if one of them carries on from it."""
        assert self._snapshot is not None
        segment, snapshot_at = self._stream.at(self._snapshot)
        last_id = int(segment.table.final_id[snapshot_at])
        wanted = last_id + 1 if segment.source.market == "spot" else last_id
        row = self._first_reaching(wanted)
        if row is None:
            return []  # all diffs heard so far are older; the next one may join
        diff, diff_at = self._stream.at(row)
        if diff.table.first_id[diff_at] > wanted and diff.table.previous_id[diff_at] != last_id:
            self._snapshot = None  # older than the diffs that were kept: of no use
            return []
        self._run = [[max(start, row), end] for start, end in self._run if end > row]
        self._base, self._snapshot = self._snapshot, None
        self.is_synced = True
        fact = FeedSyncHeard(
            symbol=self._symbol,
            update_id=self._final,
            source=here.source.digest,
            line=int(here.table.line[at]),
        )
        return [fact]

    def _first_reaching(self, wanted: int) -> int | None:
        """Return the first kept row whose final id is `wanted` or later."""
        for start, end in self._run:
            for segment, at, at_end in self._stream.pieces(start, end):
                place = at + int(segment.table.final_id[at:at_end].searchsorted(wanted))
                if place < at_end:
                    return segment.row_first + place
        return None

    def _apply(self) -> None:
        """Bring the levels up to what was fed."""
        if self._base is not None:
            self._ladder.bids.clear()
            self._ladder.asks.clear()
            segment, at = self._stream.at(self._base)
            self._apply_rows(segment.table, at, at + 1)
            self._base = None
        if self._run:
            for start, end in self._run:
                for segment, at, at_end in self._stream.pieces(start, end):
                    self._apply_rows(segment.table, at, at_end)
            self._run.clear()

    def _apply_rows(self, table: Depth, at: int, end: int) -> None:
        starts = table.level_from[at:end].tolist()
        middles = table.bids_to[at:end].tolist()
        ends = table.asks_to[at:end].tolist()
        origin = min(starts)
        prices = table.level_price_e8[origin : max(ends)].tolist()
        sizes = table.level_size_e8[origin : max(ends)].tolist()
        for start, middle, stop in zip(starts, middles, ends, strict=True):
            first, split, last = start - origin, middle - origin, stop - origin
            self._ladder.bids.change(prices[first:split], sizes[first:split])
            self._ladder.asks.change(prices[split:last], sizes[split:last])
