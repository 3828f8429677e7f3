"""The book is built by the venue's sequence rules, and is never used while it is not whole."""

from collections.abc import Sequence

from interlock.market.books import Book, FeedFact
from interlock.market.recordings.columns import Depth, Source
from interlock.market.recordings.tables import join_depth
from interlock.market.streams import Stream
from interlock.messages.observations import FeedGapHeard, FeedSyncHeard
from interlock.messages.words import BookState
from interlock.units.sides import Side
from tests.unit.market.feeds import SPOT, USDM, diff, snapshot

E8 = 100_000_000
BIDS = [(100.0, 1.0), (99.0, 2.0)]
ASKS = [(101.0, 3.0), (102.0, 4.0)]


def built(rows: Sequence[Depth], source: Source = USDM) -> tuple[Book, list[FeedFact]]:
    stream = Stream[Depth]([(join_depth(rows), source, 0)])
    book = Book("BTCUSDT", stream)
    return book, [fact for *_, fact in book.feed(stream.row_count)]


def best(book: Book) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    bids, asks = (book.levels(side, 10) for side in (Side.BUY, Side.SELL))
    return [(p / E8, s / E8) for p, s in bids], [(p / E8, s / E8) for p, s in asks]


def test_diffs_heard_before_an_older_snapshot_count() -> None:
    rows = [
        diff(0, (1, 5, 0), bids=[(98.0, 9.0)]),
        diff(1, (6, 10, 5), bids=[(100.0, 7.0)]),
        diff(2, (11, 15, 10), asks=[(101.0, 0.0)]),
        snapshot(3, 8, BIDS, ASKS),
    ]
    book, facts = built(rows)
    assert facts == [FeedSyncHeard(symbol="BTCUSDT", update_id=15, source=USDM.digest, line=4)]
    assert best(book) == ([(100.0, 7.0), (99.0, 2.0)], [(102.0, 4.0)])


def test_a_snapshot_waits_for_the_diff_that_joins_it() -> None:
    rows = [snapshot(0, 8, BIDS, ASKS), diff(1, (1, 5, 0), bids=[(100.0, 0.0)]), diff(2, (6, 9, 5), bids=[(99.5, 1.0)])]
    stream = Stream[Depth]([(join_depth(rows), USDM, 0)])
    book = Book("BTCUSDT", stream)
    assert book.feed(2) == []
    assert book.state is BookState.UNSYNCED
    assert best(book) == ([], [])
    assert len(book.feed(3)) == 1
    assert best(book)[0] == [(100.0, 1.0), (99.5, 1.0), (99.0, 2.0)]


def test_a_snapshot_older_than_all_diffs_heard_joins_nothing() -> None:
    book, facts = built([diff(0, (10, 15, 9)), snapshot(1, 5, BIDS, ASKS), diff(2, (16, 20, 15))])
    assert (facts, book.state, book.gap_count) == ([], BookState.UNSYNCED, 0)


def test_a_gap_is_named_and_the_next_snapshot_heals_it() -> None:
    rows = [
        snapshot(0, 5, BIDS, ASKS),
        diff(1, (4, 6, 3)),
        diff(2, (9, 12, 8), bids=[(100.0, 1.0)]),
        snapshot(3, 12, BIDS, ASKS),
        diff(4, (13, 14, 12), asks=[(101.0, 8.0)]),
    ]
    stream = Stream[Depth]([(join_depth(rows), USDM, 0)])
    book = Book("BTCUSDT", stream)
    facts = [fact for *_, fact in book.feed(3)]
    assert facts[1] == FeedGapHeard(symbol="BTCUSDT", expected=6, found=8, source=USDM.digest, line=3)
    assert book.levels(Side.BUY, 5) == []
    assert book.size_at(Side.BUY, 100 * E8) is None
    assert [type(fact) for *_, fact in book.feed(5)] == [FeedSyncHeard]
    assert best(book) == (BIDS, [(101.0, 8.0), (102.0, 4.0)])


def test_a_snapshot_from_before_a_gap_does_not_heal_it() -> None:
    rows = [snapshot(0, 5, BIDS, ASKS), diff(1, (4, 6, 3)), diff(2, (9, 12, 8)), snapshot(3, 6, BIDS, ASKS)]
    book, facts = built([*rows, diff(4, (13, 14, 12))])
    assert [type(fact) for fact in facts] == [FeedSyncHeard, FeedGapHeard]
    assert book.state is BookState.UNSYNCED


def test_spot_chains_by_the_next_id() -> None:
    rows = [
        snapshot(0, 10, BIDS, ASKS),
        diff(1, (9, 11, -1), bids=[(99.0, 0.0)]),
        diff(2, (12, 12, -1), bids=[(98.0, 1.0)]),
        diff(3, (14, 15, -1)),
    ]
    _, facts = built(rows, SPOT)
    assert [type(fact) for fact in facts] == [FeedSyncHeard, FeedGapHeard]
    assert facts[1] == FeedGapHeard(symbol="BTCUSDT", expected=13, found=14, source=SPOT.digest, line=4)


def test_a_spot_diff_that_ends_at_the_snapshot_is_older_than_it() -> None:
    rows = [snapshot(0, 10, BIDS, ASKS), diff(1, (9, 10, -1), bids=[(100.0, 0.0)]), diff(2, (11, 12, -1))]
    book, facts = built(rows, SPOT)
    assert [type(fact) for fact in facts] == [FeedSyncHeard]
    assert best(book)[0] == BIDS


def test_a_repeated_diff_is_dropped_and_is_no_gap() -> None:
    rows = [snapshot(0, 5, BIDS, ASKS), diff(1, (4, 6, 3)), diff(2, (7, 9, 6)), diff(3, (4, 6, 3), bids=[(100.0, 0.0)])]
    book, _ = built([*rows, diff(4, (10, 11, 9))])
    assert (book.state, book.gap_count, book.stale_count) == (BookState.SYNCED, 0, 1)
    assert best(book)[0] == BIDS


def test_a_second_file_carries_the_book_on() -> None:
    first = join_depth([snapshot(0, 5, BIDS, ASKS), diff(1, (4, 6, 3))])
    second = join_depth([diff(2, (7, 9, 6), bids=[(100.0, 0.0)])])
    stream = Stream[Depth]([(first, USDM, 0), (second, Source("next.jsonl", "f" * 64, "binance-wire", "usdm"), 1)])
    book = Book("BTCUSDT", stream)
    book.feed(3)
    assert book.state is BookState.SYNCED
    assert best(book)[0] == [(99.0, 2.0)]


def test_many_rows_at_once_are_checked_as_one_by_one() -> None:
    rows = [snapshot(0, 5, BIDS, ASKS), diff(1, (4, 6, 3))]
    rows += [diff(n, (n + 5, n + 5, n + 4), bids=[(50.0 + n, 1.0)]) for n in range(2, 30)]
    rows += [diff(31, (40, 41, 39)), diff(32, (42, 43, 41))]
    book, facts = built(rows)
    assert facts[1] == FeedGapHeard(symbol="BTCUSDT", expected=34, found=39, source=USDM.digest, line=32)
    assert (book.state, book.gap_count) == (BookState.UNSYNCED, 1)


def test_a_crossed_book_fills_nothing() -> None:
    book, _ = built([snapshot(0, 5, BIDS, ASKS), diff(1, (4, 6, 3), bids=[(101.0, 1.0)])])
    assert best(book) == ([], [])
    assert book.size_at(Side.SELL, 101 * E8) is None


def test_a_size_is_known_only_as_deep_as_the_book() -> None:
    book, _ = built([snapshot(0, 5, BIDS, ASKS), diff(1, (4, 6, 3))])
    assert [book.size_at(Side.BUY, price * E8) for price in (100, 98)] == [E8, None]
    assert [book.size_at(Side.SELL, int(price * E8)) for price in (101.5, 102, 103)] == [0, 4 * E8, None]
    assert book.size_at(Side.BUY, int(100.5 * E8)) == 0


def test_a_feed_without_depth_says_so() -> None:
    book = Book("BTCUSDT", Stream[Depth]([]))
    assert book.state is BookState.QUOTES_ONLY
