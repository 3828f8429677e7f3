"""A client that keeps its book by the venue's rules has the book that is shown, at every step."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.market.live.endless import EndlessFeed
from interlock.market.live.recorded import RecordedFeed
from interlock.market.live.ticks import Feed
from interlock.market.recordings.columns import Depth, Recording
from interlock.market.simulated import simulate
from interlock.messages.words import BookState
from interlock.ports.exchange.market_data import DepthChanged, DepthShown
from interlock.ports.exchange.words import Market
from interlock.units.sides import Side
from interlock.venues.binance.instruments import embedded_instruments
from tests.unit.market.feeds import SPOT, USDM, diff, quotes, recording, snapshot
from tests.unit.market.live.shows import Client, Show, by_hand, recorded_set

pytestmark = pytest.mark.slow


def follow(feed: Feed, symbol: str, duration_ms: float, patience: int = 1, every: int = 1) -> tuple[Client, int]:
    """Let a client follow a symbol for a while; return it and how often its book was compared with that shown."""
    show = Show(feed)

    def fetch() -> DepthShown | None:
        return show.market.depth(symbol, 100_000)

    client, compared, changes = Client(fetch, feed.market is Market.SPOT, patience), 0, 0
    for events in show.steps(duration_ms):
        for event in events:
            if isinstance(event, DepthChanged) and event.symbol == symbol:
                client.take(event)
                changes += 1
                if changes % every == 0 and (shown := fetch()) is not None and client.last_id is not None:
                    assert client.last_id == shown.update_id
                    assert client.levels() == (list(shown.bids), list(shown.asks))
                    compared += 1
    return client, compared


@pytest.mark.parametrize("market", list(Market))
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32), patience=st.integers(1, 30))
def test_it_follows_the_endless_feed_without_a_gap(market: Market, seed: int, patience: int) -> None:
    feed = EndlessFeed(seed, market, embedded_instruments(market.value))
    client, compared = follow(feed, "ETHUSDT", 60_000, patience)
    assert (client.gap_count, client.join_count) == (0, 1)
    assert compared > 60


def test_it_follows_a_simulated_recording_through_its_loops_with_a_clear_gap_at_each() -> None:
    feed = RecordedFeed(simulate(5, 20, ("BTCUSDT",)), Market.USDM, is_looped=True)
    client, compared = follow(feed, "BTCUSDT", 70_000)
    assert client.gap_count == 3
    assert client.join_count == 4
    assert compared > 100


@pytest.mark.parametrize(
    ("name", "market", "symbol"),
    [
        ("l1l2-binance-usdm-20240808", Market.USDM, "BTCUSDT"),
        ("l1l2-binance-usdm-20240808", Market.USDM, "ETHUSDT"),
        ("l1l2-binance-usdm-20230404", Market.USDM, "BTCUSDT"),
        ("l1l2-binance-spot-20240808", Market.SPOT, "BTCUSDT"),
    ],
)
def test_it_follows_a_recording(name: str, market: Market, symbol: str) -> None:
    client, compared = follow(RecordedFeed(recorded_set(name), market), symbol, 30_000, patience=3, every=7)
    assert client.join_count >= 1
    assert compared > 15


@st.composite
def recordings_with_gaps(draw: st.DrawFn, market: Market) -> Recording:
    """Return a recording of a book that changes at random, in which diffs are missing and snapshots come late."""
    is_spot = market is Market.SPOT
    sizes = st.integers(0, 3)
    rows: list[Depth] = []
    books: tuple[dict[float, float], dict[float, float]] = ({}, {})
    history: list[tuple[int, list[tuple[float, float]], list[tuple[float, float]]]] = []
    final = 100
    for step in range(draw(st.integers(5, 40))):
        changes: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
        for side, base in enumerate((90, 100)):
            for offset in draw(st.sets(st.integers(0, 9), max_size=3)):
                size = draw(sizes)
                changes[side].append((base + offset, size))
                books[side][base + offset] = size
        last, final = final, final + draw(st.integers(1, 3))
        resting = [[(price, size) for price, size in book.items() if size] for book in books]
        history.append((final, resting[0], resting[1]))
        fate = draw(st.integers(0, 9))
        first = last + 1 if is_spot else draw(st.integers(last + 1, final))
        if fate:  # else it is lost
            rows.append(diff(10 * step, (first, final, -1 if is_spot else last), *changes, line=2 * step + 1))
        if fate == 9 or step == 2:
            last_id, bids, asks = history[-draw(st.integers(1, min(3, len(history))))]
            late = snapshot(10 * step + 5, last_id, bids, asks)
            late.line[0] = 2 * step + 2
            rows.append(late)
    return recording(depth=rows, quotes=quotes([(0, 99.0, 100.0)]), source=SPOT if is_spot else USDM)


@pytest.mark.parametrize("market", list(Market))
@settings(max_examples=50, deadline=None)
@given(data=st.data(), patience=st.integers(1, 4))
def test_it_follows_any_recording_with_gaps_or_has_no_book(market: Market, data: st.DataObject, patience: int) -> None:
    feed = by_hand(data.draw(recordings_with_gaps(market)), is_looped=True, market=market)
    client, compared = follow(feed, "BTCUSDT", 4_000, patience)
    assert (compared > 0) == (client.join_count > 0)


def test_without_a_snapshot_no_book_is_shown() -> None:
    rows = [diff(0, (1, 2, 0), [(99.0, 1.0)], [(101.0, 1.0)]), diff(10, (3, 3, 2), [(98.0, 1.0)])]
    show = Show(by_hand(recording(depth=rows, quotes=quotes([(5, 99.0, 101.0)]))))
    told = [event for event in show.play(100) if isinstance(event, DepthChanged)]
    assert [change.last_id for change in told] == [2, 3]
    assert show.market.depth("BTCUSDT", 10) is None
    assert show.market.state("BTCUSDT") is BookState.UNSYNCED


def test_an_old_diff_and_a_later_snapshot_change_nothing() -> None:
    rows = [
        snapshot(0, 5, [(99.0, 1.0)], [(101.0, 1.0)]),
        diff(1, (5, 6, 4)),
        diff(2, (7, 8, 6), [(98.0, 2.0)]),
        diff(3, (5, 6, 4), [(98.0, 9.0)]),
        snapshot(4, 8, [(50.0, 1.0)], [(60.0, 1.0)]),
    ]
    show = Show(by_hand(recording(depth=rows)))
    told = [event for event in show.play(100) if isinstance(event, DepthChanged)]
    assert [change.last_id for change in told] == [6, 8]
    shown = show.market.depth("BTCUSDT", 10)
    assert shown is not None
    assert [(str(price), str(size)) for price, size in shown.bids] == [("99.00", "1.000"), ("98.00", "2.000")]
    assert show.market.depth("BTCUSDT", 1) != shown


@pytest.mark.parametrize("market", list(Market))
def test_after_a_gap_no_book_is_shown_until_a_later_snapshot_joins(market: Market) -> None:
    is_spot = market is Market.SPOT

    def change(at_ms: float, first: int, final: int, before: int, price: float) -> Depth:
        return diff(at_ms, (first, final, -1 if is_spot else before), [(price, 1.0)], line=round(at_ms))

    rows = [
        diff(1, (10, 10, -1), [(90.0, 1.0)], [(101.0, 1.0)], is_snapshot=True, line=1),
        change(2, 10, 11, 9, 91.0),
        change(3, 12, 12, 11, 92.0),
        change(4, 15, 16, 14, 94.0),  # 13 and 14 are missing
        change(5, 17, 18, 16, 95.0),
        diff(6, (12, 12, -1), [(80.0, 1.0)], [(101.0, 1.0)], is_snapshot=True, line=6),  # from before the gap
        change(7, 19, 20, 18, 96.0),
        diff(8, (20, 20, -1), [(89.0, 1.0)], [(101.0, 1.0)], is_snapshot=True, line=8),
        change(9, 21, 22, 20, 97.0),
    ]
    source = SPOT if is_spot else USDM
    show = Show(by_hand(recording(depth=rows, source=source), market=market))
    best: list[str] = []
    for at_ms in range(9):
        show.play(at_ms - (show.now_ns - show.start_ns) / 10**6)
        shown = show.market.depth("BTCUSDT", 1)
        best.append(str(shown.bids[0][0]) if shown is not None else "")
    # Futures join with the update that the snapshot is of, spot with the one after it.
    joined = "" if is_spot else "96.00"
    assert best == ["", "91.00", "92.00", "", "", "", "", joined, "97.00"]


def test_a_snapshot_does_not_join_diffs_from_before_a_gap() -> None:
    rows = [
        diff(1, (10, 11, 9), [(91.0, 1.0)], [(101.0, 1.0)]),
        diff(2, (12, 12, 11), [(92.0, 1.0)]),
        diff(4, (15, 16, 14), [(94.0, 1.0)]),
        diff(5, (11, 11, -1), [(80.0, 1.0)], [(101.0, 1.0)], is_snapshot=True, line=6),
        diff(7, (17, 18, 16), [(95.0, 1.0)]),
    ]
    show = Show(by_hand(recording(depth=rows)))
    show.play(100)
    assert show.market.depth("BTCUSDT", 5) is None


def test_played_again_the_last_book_is_held_until_the_new_one_is_whole() -> None:
    depth = [snapshot(10, 5, [(99.0, 1.0)], [(101.0, 1.0)]), diff(11, (5, 6, 4))]
    made = recording(quotes=quotes([(0, 99.0, 101.0), (20, 99.1, 101.0)], lines=[100, 101]), depth=depth)
    show = Show(by_hand(made, is_looped=True))
    shown = []
    for at_ms in (5, 15, 1_000, 1_025, 1_035):
        show.play(at_ms - (show.now_ns - show.start_ns) / 10**6)
        depth_shown = show.market.depth("BTCUSDT", 5)
        shown.append(None if depth_shown is None else depth_shown.update_id)
        assert depth_shown is None or show.market.levels("BTCUSDT", Side.BUY, 1), "there is something to trade against"
    assert shown[:4] == [None, 6, 6, 6]
    assert (shown[4] or 0) > 1_000


def test_levels_that_are_gone_are_not_kept() -> None:
    rows = [snapshot(0, 5, [(99.0, 1.0)], [(101.0, 1.0)]), diff(1, (5, 6, 4))]
    for step in range(2, 200):
        rows.append(diff(step, (step + 5, step + 5, step + 4), [(step / 10, 1.0), ((step - 1) / 10, 0.0)]))
    show = Show(by_hand(recording(depth=rows)))
    show.play(300)
    book = show.market._symbols["BTCUSDT"].book
    assert {side: len(levels) for side, levels in book._levels.items()} == {Side.BUY: 2, Side.SELL: 1}


def test_a_book_whose_sides_overlap_is_not_shown() -> None:
    rows = [
        snapshot(0, 5, [(99.0, 1.0)], [(101.0, 1.0)]),
        diff(1, (5, 6, 4), [(102.0, 1.0)]),
        diff(100, (7, 7, 6), [(102.0, 0.0)]),
    ]
    show = Show(by_hand(recording(depth=rows)))
    show.play(50)
    assert show.market.depth("BTCUSDT", 10) is None
    show.play(100)
    assert show.market.depth("BTCUSDT", 10) is not None
