"""A book is whole only when its diffs chain to its snapshot, by each market's own rule; whatever is odd is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.ports.exchange.words import Market
from interlock.venues.binance.parse.market_values import BookHeard, DiffHeard, Origin
from interlock.venues.binance.streams.facts import DepthLost, DepthSynced, Disordered, Repeated
from interlock.venues.binance.streams.states.depth_sync import KEPT_MAX, DepthSync
from tests.unit.venues.binance.streams.book_reader import Reader, Venue

BOTH = pytest.mark.parametrize("market", [Market.SPOT, Market.USDM])


def _diff(first: int, final: int, previous: int = -1) -> DiffHeard:
    return DiffHeard("BTCUSDT", first, final, previous, [(first, 1)], [], 0, final)


def _book(update_id: int) -> BookHeard:
    return BookHeard("BTCUSDT", update_id, [(1, 1)], [(2, 1)], 0, 7, Origin.STREAM)


def _is_whole(sync: DepthSync) -> bool:
    return sync.is_synced


def _wants(sync: DepthSync) -> bool:
    return sync.wants_snapshot


def _sync(market: Market) -> tuple[DepthSync, Reader, list[int]]:
    reader, wanted = Reader(), [0]

    def want() -> None:
        wanted[0] += 1

    return DepthSync(market, "BTCUSDT", reader.take, want), reader, wanted


@pytest.mark.parametrize(
    ("first", "final", "is_joined"),
    [(101, 101, True), (99, 101, True), (101, 105, True), (95, 100, False), (102, 103, False)],
)
def test_spot_joins_at_the_update_after_the_snapshot(first: int, final: int, is_joined: bool) -> None:
    sync, reader, _ = _sync(Market.SPOT)
    sync.diff(_diff(first, final))
    sync.book(_book(100))
    assert sync.is_synced is is_joined
    assert len(reader.of(DepthSynced)) == is_joined


@pytest.mark.parametrize(
    ("first", "final", "previous", "is_joined"),
    [
        (100, 100, 98, True),
        (95, 105, 90, True),
        (99, 100, 97, True),
        (101, 105, 99, False),
        (101, 105, 100, True),  # it says itself that it follows the snapshot
        (95, 99, 90, False),
    ],
)
def test_futures_join_at_the_update_of_the_snapshot(first: int, final: int, previous: int, is_joined: bool) -> None:
    sync, reader, _ = _sync(Market.USDM)
    sync.diff(_diff(first, final, previous))
    sync.book(_book(100))
    assert sync.is_synced is is_joined
    assert len(reader.of(DepthSynced)) == is_joined


@BOTH
def test_diffs_kept_before_the_snapshot_are_told_after_it_and_stale_ones_are_not(market: Market) -> None:
    sync, reader, _ = _sync(market)
    venue = Venue(market)
    diffs = [venue.step(2) for _ in range(6)]
    for diff in diffs:
        sync.diff(diff)
    assert reader.told == []
    book = venue.snapshot(diffs[2].final_id)
    sync.book(book)
    # Futures' rule takes the diff that ends at the snapshot once more; it changes nothing.
    kept = diffs[3:] if market is Market.SPOT else diffs[2:]
    assert reader.told == [book, *kept, DepthSynced("BTCUSDT", diffs[-1].final_id, book.heard_at_ns)]
    assert sync.stale_count == 6 - len(kept)


@BOTH
def test_a_snapshot_older_than_all_that_is_kept_is_dropped_and_another_is_wanted(market: Market) -> None:
    sync, reader, wanted = _sync(market)
    venue = Venue(market)
    old = venue.snapshot()
    venue.step(), venue.step()
    sync.diff(venue.step())
    sync.book(old)
    assert not _is_whole(sync)
    assert _wants(sync)
    assert wanted == [1]
    assert reader.told == []


@BOTH
def test_a_snapshot_newer_than_all_that_was_heard_waits_for_the_diff_that_reaches_it(market: Market) -> None:
    sync, reader, _ = _sync(market)
    venue = Venue(market)
    first = venue.step()
    late = venue.step()
    sync.diff(first)
    sync.book(venue.snapshot())
    assert not _is_whole(sync)
    assert not _wants(sync)
    sync.diff(late)
    sync.diff(venue.step())
    assert _is_whole(sync)
    assert reader.final_id == venue.update_id


@BOTH
def test_a_gap_is_told_with_what_was_expected_and_found_and_heals_by_a_new_snapshot(market: Market) -> None:
    sync, reader, wanted = _sync(market)
    venue = Venue(market)
    sync.diff(venue.step())
    sync.book(venue.snapshot())
    sync.diff(last := venue.step())
    missed, after = venue.step(), venue.step()
    sync.diff(after)
    expected = last.final_id + 1 if market is Market.SPOT else last.final_id
    found = after.first_id if market is Market.SPOT else missed.final_id
    assert reader.of(DepthLost) == [DepthLost("BTCUSDT", expected, found, after.heard_at_ns)]
    assert not _is_whole(sync)
    assert _wants(sync)
    assert wanted == [1]
    sync.book(venue.snapshot())
    sync.diff(venue.step())
    assert _is_whole(sync)
    assert (reader.bids, reader.asks) == venue.books[venue.update_id]


@BOTH
def test_a_repeated_diff_and_a_late_one_are_told_apart_and_dropped(market: Market) -> None:
    sync, reader, _ = _sync(market)
    venue = Venue(market)
    sync.diff(venue.step())
    sync.book(venue.snapshot())
    sync.diff(second := venue.step())
    late = venue.step()
    sync.diff(ahead := venue.step())
    reader.told.clear()
    sync.diff(late)
    sync.diff(ahead)
    assert reader.told == [
        Disordered("depth", "BTCUSDT", late.final_id, ahead.final_id, late.heard_at_ns),
        Repeated("depth", "BTCUSDT", ahead.final_id, ahead.heard_at_ns),
    ]
    assert sync.final_id == ahead.final_id > second.final_id


@BOTH
def test_while_two_sockets_overlap_a_diff_that_runs_ahead_waits_for_the_slower_one(market: Market) -> None:
    sync, reader, _ = _sync(market)
    venue = Venue(market)
    sync.diff(venue.step())
    sync.book(venue.snapshot())
    sync.diff(venue.step())
    sync.overlap(True)
    old, new = venue.step(), venue.step()
    sync.diff(new, 2)
    sync.diff(new, 1)
    sync.diff(old, 1)
    sync.diff(old, 2)
    sync.overlap(False)
    assert reader.of(DepthLost) == reader.of(Repeated) == reader.of(Disordered) == []
    assert reader.of(DiffHeard)[-2:] == [old, new]
    assert sync.overlapped_count == 2


@BOTH
def test_what_no_socket_brought_is_a_gap_once_the_overlap_is_over(market: Market) -> None:
    sync, reader, _ = _sync(market)
    venue = Venue(market)
    sync.diff(venue.step())
    sync.book(venue.snapshot())
    sync.diff(venue.step())
    sync.overlap(True)
    venue.step()
    sync.diff(venue.step(), 2)
    assert reader.of(DepthLost) == []
    sync.overlap(False)
    assert len(reader.of(DepthLost)) == 1
    sync.book(venue.snapshot())
    sync.diff(venue.step())
    assert (reader.bids, reader.asks) == venue.books[venue.update_id]


def test_a_lost_stream_takes_the_book_with_it_and_ids_may_begin_anew() -> None:
    sync, reader, _ = _sync(Market.SPOT)
    sync.diff(_diff(101, 101))
    sync.book(_book(100))
    sync.forget(9)
    assert reader.told[-1] == DepthLost("BTCUSDT", 101, -1, 9)
    sync.diff(_diff(5, 6))
    sync.book(_book(4))
    assert _is_whole(sync)
    assert sync.final_id == 6


@BOTH
def test_a_gap_within_one_socket_is_told_at_once_while_the_other_has_brought_nothing(market: Market) -> None:
    sync, reader, wanted = _sync(market)
    sync.diff(_diff(100, 101, 99), 1)
    sync.book(_book(100))
    sync.overlap(True)
    sync.diff(_diff(102, 103, 101), 1)
    sync.diff(_diff(106, 107, 105), 1)
    (lost,) = reader.of(DepthLost)
    assert isinstance(lost, DepthLost)
    assert (lost.expected, lost.at_ns) == (104 if market is Market.SPOT else 103, 107)
    assert _wants(sync)
    assert wanted == [1]


@BOTH
def test_the_first_of_a_new_socket_may_run_ahead_and_then_either_may(market: Market) -> None:
    sync, reader, _ = _sync(market)
    sync.diff(_diff(100, 101, 99), 1)
    sync.book(_book(100))
    sync.overlap(True)
    sync.diff(_diff(104, 105, 103), 2)
    sync.diff(_diff(102, 103, 101), 1)
    sync.diff(_diff(108, 109, 107), 1)
    sync.diff(_diff(106, 107, 105), 2)
    assert sync.final_id == 109
    assert reader.of(DepthLost) == []


def test_what_is_kept_for_a_snapshot_is_bounded() -> None:
    sync, reader, _ = _sync(Market.SPOT)
    for update_id in range(1, KEPT_MAX + 11):
        sync.diff(_diff(update_id, update_id))
    sync.book(_book(5))
    assert not _is_whole(sync)  # what followed it has been let go
    sync.book(_book(KEPT_MAX))
    assert _is_whole(sync)
    assert len(reader.of(DiffHeard)) == 10


@given(
    market=st.sampled_from([Market.SPOT, Market.USDM]),
    script=st.lists(
        st.tuples(
            st.sampled_from(["hear", "hear", "hear", "miss", "twice", "late", "snapshot", "lost"]), st.integers(0, 3)
        ),
        max_size=60,
    ),
)
def test_whatever_goes_wrong_a_trusted_book_is_the_venues(market: Market, script: list[tuple[str, int]]) -> None:
    sync, reader, _ = _sync(market)
    venue = Venue(market)
    late: list[DiffHeard] = []
    for act, number in script:
        if act == "snapshot":
            shown = sorted(venue.books)[-1 - number :][0]
            sync.book(venue.snapshot(shown))
        elif act == "lost":
            sync.forget(0)
        else:
            diff = venue.step(1 + number)
            if act == "late":
                late.append(diff)
            elif act != "miss":
                sync.diff(diff)
                if act == "twice":
                    sync.diff(diff)
                if late and number == 0:
                    sync.diff(late.pop())
        assert reader.is_trusted == sync.is_synced
        if reader.is_trusted:
            assert (reader.bids, reader.asks) == venue.books[reader.final_id]
