"""What the recordings' own notes say of them is what the tape finds."""

from decimal import Decimal

import numpy as np
import pytest

from interlock.market.books import Book
from interlock.market.recordings.columns import Depth, RecordingSet
from interlock.market.recordings.sources import open_recordings
from interlock.market.streams import Stream
from interlock.market.tape import Tape
from interlock.messages import policy
from interlock.messages.words import BookState
from interlock.units.sides import Side
from tests.recordings import recording

DAY = policy.Bars(period_s=86_400)


def tape_to_the_end(feed: RecordingSet) -> Tape:
    tape = Tape(feed, policy.Bars(period_s=60))
    while tape.next_bar_ns <= tape.end_ns:
        tape.advance(tape.next_bar_ns)
        tape.close_bars()
    tape.advance(tape.end_ns)
    return tape


@pytest.mark.parametrize(
    ("name", "shared"),
    [
        ("l1l2-binance-usdm-20240808", 629),  # its notes count the 503 whose quote was heard first
        ("l1l2-binance-spot-20240808", 1_072),
        ("l1l2-binance-usdm-20230404", 1_565),
    ],
)
def test_the_best_of_the_book_is_the_quote_at_every_shared_update(name: str, shared: int) -> None:
    parts = open_recordings(recording(name), None).recordings["BTCUSDT"]
    stream = Stream[Depth]((part.depth, part.source, n) for n, part in enumerate(parts))
    book = Book("BTCUSDT", stream)
    quoted: dict[int, tuple[int, ...]] = {}
    for part in parts:
        q = part.quotes
        rows = np.stack((q.bid_e8, q.bid_size_e8, q.ask_e8, q.ask_size_e8), axis=1).tolist()
        quoted.update(zip(q.update_id.tolist(), map(tuple, rows), strict=True))
    compared = looked = 0
    for row in range(stream.row_count):
        book.feed(row + 1)
        segment, at = stream.at(row)
        final_id = segment.table.final_id.item(at)
        bids, asks = (book.levels(side, 1) for side in (Side.BUY, Side.SELL))
        looked += bool(bids and asks)
        if bids and final_id in quoted:
            compared += 1
            assert (*bids[0], *asks[0]) == quoted[final_id]
    assert compared == shared
    # A crossed book shows no levels: from the join on, every look showed both sides.
    depth_rows = sum(len(part.depth.line) for part in parts)
    assert depth_rows - looked < 60


def test_the_second_file_carries_the_book_on() -> None:
    tape = tape_to_the_end(open_recordings(recording("l1l2-binance-spot-20240808"), None))
    assert tape.counts().books == {"BTCUSDT": BookState.SYNCED}
    assert [type(fact).__name__ for _, fact in tape.feed_facts()] == ["FeedSyncHeard"]


def test_the_slow_clock_is_found_before_latency_is_judged() -> None:
    tape = Tape(open_recordings(recording("l1l2-binance-usdm-20240808"), None), DAY)
    early_ns = tape.start_ns + 100_000_000
    tape.advance(early_ns)
    early = tape.view("BTCUSDT", early_ns)
    assert early is not None
    assert early.latency_ms is None
    tape.advance(tape.start_ns + 60_000_000_000)
    late = tape.view("BTCUSDT", tape.start_ns + 60_000_000_000)
    assert late is not None
    assert late.latency_ms is not None
    assert 0 <= late.latency_ms < 60
    counts = tape.counts()
    for offset_ms in counts.offset_ms.values():
        assert offset_ms is not None
        assert Decimal(-1_274) < offset_ms < Decimal(-1_270)
    assert max(counts.drift_ms_max.values()) < 5


def test_an_insurance_fund_print_is_no_trade() -> None:
    tape = tape_to_the_end(open_recordings(recording("l1l2-binance-usdm-20230404"), None))
    counts = tape.counts()
    assert counts.bad_ticks == {"not_market": 1}
    assert (counts.quotes, counts.trades, counts.depth, counts.marks) == (44_205, 12_935, 16_111, 514)


def test_the_recorded_feeds_are_clean() -> None:
    for name, ticks in (("l1l2-binance-usdm-20240808", 168_609), ("l1l2-binance-spot-20240808", 99_574)):
        counts = tape_to_the_end(open_recordings(recording(name), None)).counts()
        assert (counts.ticks, counts.bad_ticks, counts.gaps, counts.levels_accepted) == (ticks, {}, 0, 0)


def test_a_feed_without_depth_has_quotes_only() -> None:
    feed = open_recordings(recording("l1-trades-tardis-binance-usdm-20200222"), None)
    tape = Tape(feed, DAY)
    quoted_ns = int(feed.recordings["BTCUSDT"][-1].quotes.heard_at_ns[0])
    tape.advance(quoted_ns)
    assert tape.counts().books == {"BTCUSDT": BookState.QUOTES_ONLY}
    assert len(tape.levels("BTCUSDT", Side.BUY, 10)) == 1
    # The trades go on for two hours after the last quote: nothing it showed can be had then.
    tape.advance(tape.end_ns)
    assert tape.levels("BTCUSDT", Side.BUY, 10) == [] or tape.levels("BTCUSDT", Side.SELL, 10) == []
