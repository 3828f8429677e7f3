"""A book built lazily, many rows at a time, is the book that a plain reading of the venue's rules builds row by row."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.market.books import Book
from interlock.market.recordings.columns import Depth
from interlock.market.recordings.tables import join_depth
from interlock.market.streams import Stream
from interlock.messages.observations import FeedGapHeard
from interlock.units.sides import Side
from tests.unit.market.feeds import SPOT, USDM, diff, snapshot

pytestmark = pytest.mark.slow

E8 = 100_000_000


@dataclass(frozen=True)
class Row:
    """One message of the venue: a diff, or a snapshot of the state after the diff with that final id."""

    first: int
    final: int
    previous: int
    bids: tuple[tuple[int, int], ...]
    asks: tuple[tuple[int, int], ...]
    is_snapshot: bool


@dataclass
class PlainBook:
    """The rules as the venue tells them, one row at a time, the levels in dicts."""

    is_spot: bool
    sides: dict[bool, dict[int, int]] = field(default_factory=lambda: {True: {}, False: {}})
    kept: list[Row] = field(default_factory=list)
    waiting: Row | None = None
    last: int | None = None
    is_synced: bool = False
    gaps: int = 0

    def hear(self, row: Row) -> None:
        if row.is_snapshot:
            if not self.is_synced:
                self.waiting = row
                self.join()
            return
        if self.last is not None and row.final <= self.last:
            return
        chains = row.first == (self.last or 0) + 1 if self.is_spot else row.previous == self.last
        if self.last is not None and not chains:
            self.gaps += 1
            self.is_synced = False
            self.kept = []
        self.last = row.final
        if self.is_synced:
            self.apply(row)
            return
        self.kept.append(row)
        if self.waiting:
            self.join()

    def join(self) -> None:
        assert self.waiting
        last_id = self.waiting.final
        wanted = last_id + 1 if self.is_spot else last_id
        later = [row for row in self.kept if row.final >= wanted]
        if not later:
            return
        if later[0].first <= wanted or later[0].previous == last_id:
            self.sides = {True: {}, False: {}}
            for row in (self.waiting, *later):
                self.apply(row)
            self.is_synced, self.kept = True, []
        self.waiting = None

    def apply(self, row: Row) -> None:
        for is_bid, levels in ((True, row.bids), (False, row.asks)):
            for price, size in levels:
                self.sides[is_bid][price] = size
        for side in self.sides.values():
            for price in [price for price, size in side.items() if not size]:
                del side[price]

    def best(self, is_bid: bool) -> list[tuple[int, int]]:
        bids, asks = self.sides[True], self.sides[False]
        if not self.is_synced or (bids and asks and max(bids) >= min(asks)):
            return []
        return sorted(self.sides[is_bid].items(), reverse=is_bid)


@st.composite
def feeds(draw: st.DrawFn, is_spot: bool) -> list[Row]:
    """Draw a true sequence of diffs with snapshots of it, then drop, repeat and delay some of its messages."""
    rows: list[Row] = []
    sides: dict[bool, dict[int, int]] = {True: {100: 5}, False: {200: 5}}
    final = draw(st.integers(1, 5))
    for _ in range(draw(st.integers(1, 40))):
        if draw(st.integers(0, 4)) == 0:
            bids, asks = tuple(sides[True].items()), tuple(sides[False].items())
            rows.append(Row(final, final, -1, bids, asks, True))
        levels = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 3)), max_size=3)
        bids = tuple((100 - offset, size) for offset, size in draw(levels))
        asks = tuple((102 + offset - 3 * draw(st.integers(0, 9)) // 9, size) for offset, size in draw(levels))
        before, final = final, final + draw(st.integers(1, 4))
        rows.append(Row(before + 1, final, -1 if is_spot else before, bids, asks, False))
        for is_bid, changed in ((True, bids), (False, asks)):
            for price, size in changed:
                sides[is_bid][price] = size
            sides[is_bid] = {price: size for price, size in sides[is_bid].items() if size}
    heard: list[Row] = []
    for row in rows:
        fate = draw(st.sampled_from(["heard"] * 12 + ["lost", "twice", "late"]))
        if fate != "lost":
            heard.append(row)
        if fate == "twice":
            heard.append(row)
        if fate == "late" and len(heard) > 1:
            heard[-1], heard[-2] = heard[-2], heard[-1]
    return heard


def columns(rows: list[Row]) -> list[Depth]:
    made = []
    for number, row in enumerate(rows):
        bids = [(float(price), float(size)) for price, size in row.bids]
        asks = [(float(price), float(size)) for price, size in row.asks]
        if row.is_snapshot:
            made.append(snapshot(number, row.final, bids, asks))
        else:
            made.append(diff(number, (row.first, row.final, row.previous), bids, asks))
    return made


def assert_same_book(rows: list[Row], cuts: list[int], looks: list[bool], is_spot: bool) -> None:
    """Feed the rows in pieces, look now and then, and compare with the plain book wherever we look."""
    stream = Stream[Depth]([(join_depth(columns(rows)), SPOT if is_spot else USDM, 0)])
    book, plain = Book("BTCUSDT", stream), PlainBook(is_spot)
    gaps, heard = 0, 0
    for end, looked in zip([*sorted(cuts), len(rows)], [*looks, True], strict=False):
        end = min(end, len(rows))
        gaps += sum(isinstance(fact, FeedGapHeard) for *_, fact in book.feed(end))
        for row in rows[heard:end]:
            plain.hear(row)
        heard = max(heard, end)
        assert (book.is_synced, book.gap_count, gaps) == (plain.is_synced, plain.gaps, plain.gaps)
        if looked:
            for side in Side:
                expected = [(price * E8, size * E8) for price, size in plain.best(side is Side.BUY)]
                assert book.levels(side, 100) == expected


CUTS = st.lists(st.integers(0, 60), max_size=20)
LOOKS = st.lists(st.booleans(), min_size=20, max_size=20)


@settings(max_examples=150)
@given(feeds(is_spot=False), CUTS, LOOKS)
def test_a_futures_book_is_built_by_the_rules(rows: list[Row], cuts: list[int], looks: list[bool]) -> None:
    assert_same_book(rows, cuts, looks, is_spot=False)


@settings(max_examples=150)
@given(feeds(is_spot=True), CUTS, LOOKS)
def test_a_spot_book_is_built_by_the_rules(rows: list[Row], cuts: list[int], looks: list[bool]) -> None:
    assert_same_book(rows, cuts, looks, is_spot=True)
