"""The tape makes known what was heard, when it was heard, and nothing else."""

from decimal import Decimal

import pytest

from interlock.market.recordings.columns import Source, Trades
from interlock.market.tape import Tape
from interlock.messages import policy
from interlock.messages.words import BookState, Regime
from interlock.units.faults import Fault
from interlock.units.sides import Side
from tests.unit.market.feeds import START_NS, USDM, diff, quotes, recording, recording_set, snapshot, trades

MS = 1_000_000
E8 = 100_000_000
BTC, ETH = frozenset({"BTCUSDT"}), frozenset({"ETHUSDT"})
NONE: frozenset[str] = frozenset()
BARS = policy.Bars(period_s=60)


def test_a_quote_is_known_when_it_was_heard_and_not_before() -> None:
    tape = Tape(recording_set(recording(quotes=quotes([(10, 100.0, 102.0), (20, 104.0, 106.0)]))), BARS)
    tape.advance(START_NS + 10 * MS - 1)
    assert (tape.view("BTCUSDT", START_NS), tape.mark_e8("BTCUSDT"), tape.state("BTCUSDT")) == (None, None, None)
    tape.advance(START_NS + 10 * MS)
    assert tape.mark_e8("BTCUSDT") == 101 * E8
    tape.advance(START_NS + 20 * MS)
    assert tape.mark_e8("BTCUSDT") == 105 * E8


def test_a_view_shows_the_last_good_quote_in_plain_decimals() -> None:
    made = quotes([(10, 60_000.0, 60_000.1), (25, 60_000.0, 10.0)], sizes=[0.125, 1.0])
    tape = Tape(recording_set(recording(quotes=made)), BARS)
    tape.advance(START_NS + 10 * MS)
    view = tape.view("BTCUSDT", START_NS + 12 * MS)
    assert view is not None
    assert [str(each) for each in (view.bid, view.ask, view.bid_size, view.ask_size, view.spread_bps)] == [
        "60000",
        "60000.1",
        "0.125",
        "2",
        "0.0167",
    ]
    assert (view.age_ms, view.latency_ms, view.atr, view.regime) == (2, None, None, Regime.UNKNOWN)
    assert (view.is_quote_sane, view.book, view.source, view.line) == (True, BookState.QUOTES_ONLY, USDM.digest, 1)
    tape.advance(START_NS + 30 * MS)
    later = tape.view("BTCUSDT", START_NS + 30 * MS)
    assert later is not None
    assert (later.bid, later.age_ms, later.is_quote_sane) == (Decimal(60_000), 20, False)


def test_a_latency_is_judged_by_the_last_stamped_tick_where_quotes_have_no_venue_time() -> None:
    times = [n * 20.0 for n in range(100)]
    late = [5.0 if at < 1_500 else 45.0 for at in times]
    prints = trades([(at, 101.0) for at in times], venue_ms=[at - by for at, by in zip(times, late, strict=True)])
    made = quotes([(at + 1, 100.0, 102.0) for at in times])
    tape = Tape(recording_set(recording(quotes=made, trades=prints)), BARS)
    seen: list[int | None] = []
    for at_ms in (990, 1_400, 1_900):
        tape.advance(START_NS + at_ms * MS)
        view = tape.view("BTCUSDT", START_NS + at_ms * MS)
        assert view is not None
        seen.append(view.latency_ms)
    assert seen == [None, 0, 40]


def test_a_duplicate_says_nothing_new_and_leaves_the_quote_sane() -> None:
    rows = [(10, 100.0, 102.0), (20, 100.0, 102.0), (30, 110.0, 102.0), (40, 110.0, 102.0), (50, 100.0, 102.0)]
    made = quotes(rows, update_ids=[1, 1, 2, 2, 3])
    tape = Tape(recording_set(recording(quotes=made)), BARS)
    seen: list[bool] = []
    for at_ms in (10, 20, 30, 40, 50):
        tape.advance(START_NS + at_ms * MS)
        view = tape.view("BTCUSDT", START_NS + at_ms * MS)
        assert view is not None
        seen.append(view.is_quote_sane)
    # The tick at 40 ms repeats a crossed one, and takes nothing of it back.
    assert seen == [True, True, False, False, True]
    assert tape.counts().bad_ticks == {"crossed": 1, "duplicate": 2}


def test_bad_ticks_are_named_by_file_and_line_in_the_order_they_were_heard() -> None:
    made = quotes([(10, 100.0, 102.0), (20, 103.0, 102.0), (30, 102.0, 102.0)], lines=[3, 7, 9])
    other = Source("other.jsonl", "0" * 64, "binance-wire", "usdm")
    depth = [snapshot(1, 5, [(100.0, 1.0)], [(102.0, 1.0)]), diff(2, (4, 6, 3)), diff(25, (4, 6, 3), line=77)]
    second = recording("ETHUSDT", trades=trades([(5, 10.0), (15, 0.0)]), depth=depth, source=other)
    tape = Tape(recording_set(recording(quotes=made), second, fault_counts={"unreadable": 4}), BARS)
    tape.advance(START_NS + 20 * MS)
    first = (("zero", "other.jsonl", 2), ("crossed", "hand.jsonl", 7))
    assert tape.counts().bad_places == first
    tape.advance(START_NS + 40 * MS)
    assert tape.counts().bad_places == (*first, ("stale_diff", "other.jsonl", 77), ("locked", "hand.jsonl", 9))


def test_at_most_twenty_bad_ticks_are_named_and_a_rare_kind_is_among_them() -> None:
    rows = [(n, 100.0, 102.0) if n < 5 else (n, 104.0, 102.0) for n in range(100)]
    rows[60], rows[80] = (60, 102.0, 102.0), (80, 102.0, 102.0)
    tape = Tape(recording_set(recording(quotes=quotes(rows))), BARS)
    tape.advance(tape.end_ns)
    counts = tape.counts()
    assert counts.bad_ticks == {"crossed": 93, "locked": 2}
    expected = [*(("crossed", "hand.jsonl", n) for n in range(6, 24)), *(("locked", "hand.jsonl", n) for n in (61, 81))]
    assert counts.bad_places == tuple(expected)


def test_a_window_merges_by_receipt_time_then_file_then_line() -> None:
    first = recording(
        quotes=quotes([(10, 100.0, 102.0), (20, 100.0, 102.0)], lines=[2, 3]), trades=trades([(10, 101.0)], lines=[1])
    )
    other = Source("other.jsonl", "0" * 64, "binance-wire", "usdm")
    second = recording("ETHUSDT", quotes=quotes([(10, 10.0, 10.2), (15, 10.0, 10.2)]), source=other)
    tape = Tape(recording_set(first, second), BARS)
    window = tape.window(START_NS + 20 * MS, BTC | ETH, BTC)
    assert [(at_ns - START_NS) // MS for at_ns in window.at_ns] == [10, 10, 10, 15]
    assert list(zip(window.symbol, window.is_trade, strict=True)) == [
        ("BTCUSDT", True),
        ("BTCUSDT", False),
        ("ETHUSDT", False),
        ("ETHUSDT", False),
    ]
    assert (window.a[0], window.b[0], window.c[0], window.d[0]) == (101 * E8, E8, 1, 0)
    assert (window.a[1], window.b[1], window.c[1], window.d[1]) == (100 * E8, 102 * E8, E8, 2 * E8)
    assert tape.mark_e8("BTCUSDT") is None


@pytest.mark.parametrize("kinds", [(BTC, NONE), (BTC, BTC)])
def test_a_window_that_is_cut_is_whole_up_to_where_it_says(kinds: tuple[frozenset[str], frozenset[str]]) -> None:
    made = quotes([(at, 100.0, 102.0) for at in (1, 2, 2, 2, 3, 4)])
    tape = Tape(recording_set(recording(quotes=made, trades=trades([(50, 101.0)]))), BARS)
    sizes: list[tuple[int, int]] = []
    until_ns = 0
    while until_ns < START_NS + 100 * MS:
        window = tape.window(START_NS + 100 * MS, *kinds, rows_max=2)
        until_ns = window.until_ns
        assert all(at_ns < until_ns for at_ns in window.at_ns)
        sizes.append((len(window), until_ns - START_NS))
        tape.advance(until_ns - 1)
    assert [size for size, _ in sizes][:3] == [1, 3, 2]
    assert sum(size for size, _ in sizes) == 6 + len(kinds[1])


def test_facts_are_told_once_in_the_order_they_were_heard() -> None:
    btc = [snapshot(5, 5, [(100.0, 1.0)], [(101.0, 1.0)]), diff(9, (5, 6, 4)), diff(30, (9, 9, 8))]
    eth = [snapshot(6, 5, [(10.0, 1.0)], [(11.0, 1.0)]), diff(8, (5, 6, 4)), diff(20, (9, 9, 8))]
    tape = Tape(recording_set(recording(depth=btc), recording("ETHUSDT", depth=eth)), BARS)
    tape.advance(START_NS + 25 * MS)
    told = [((at_ns - START_NS) // MS, fact.symbol) for at_ns, fact in tape.feed_facts()]
    assert told == [(8, "ETHUSDT"), (9, "BTCUSDT"), (20, "ETHUSDT")]
    tape.advance(START_NS + 30 * MS)
    assert [fact.symbol for _, fact in tape.feed_facts()] == ["BTCUSDT"]
    assert tape.feed_facts() == []
    assert tape.counts().gaps == 2


def test_quotes_only_shows_the_best_level_and_nothing_deeper() -> None:
    tape = Tape(recording_set(recording(quotes=quotes([(10, 100.0, 102.0)]))), BARS)
    tape.advance(START_NS + 10 * MS)
    assert tape.levels("BTCUSDT", Side.BUY, 5) == [(100 * E8, E8)]
    assert tape.levels("BTCUSDT", Side.SELL, 5) == [(102 * E8, 2 * E8)]
    assert [tape.size_at("BTCUSDT", Side.BUY, price * E8) for price in (101, 100, 99)] == [0, E8, None]
    assert [tape.size_at("BTCUSDT", Side.SELL, price * E8) for price in (101, 102, 103)] == [0, 2 * E8, None]


def test_an_unsynced_book_shows_no_liquidity_though_quotes_are_known() -> None:
    made = recording(quotes=quotes([(10, 100.0, 102.0)]), depth=[diff(5, (1, 2, 0), bids=[(100.0, 1.0)])])
    tape = Tape(recording_set(made), BARS)
    tape.advance(START_NS + 10 * MS)
    assert tape.state("BTCUSDT") is BookState.UNSYNCED
    assert tape.levels("BTCUSDT", Side.BUY, 5) == []
    assert tape.size_at("BTCUSDT", Side.BUY, 100 * E8) is None


def test_a_symbol_that_the_feed_does_not_have_has_no_market() -> None:
    tape = Tape(recording_set(recording(quotes=quotes([(10, 100.0, 102.0)]))), BARS)
    tape.advance(START_NS + 10 * MS)
    assert (tape.state("ETHUSDT"), tape.levels("ETHUSDT", Side.BUY, 1), tape.size_at("ETHUSDT", Side.BUY, 1)) == (
        None,
        [],
        None,
    )


def test_counts_are_of_what_was_heard_and_name_the_parse_faults_too() -> None:
    made = quotes([(10, 100.0, 102.0), (20, 102.0, 102.0), (30, 102.0, 102.0)])
    feed = recording_set(recording(quotes=made, trades=trades([(15, 0.0)])), fault_counts={"zero": 3, "half_line": 1})
    tape = Tape(feed, BARS)
    tape.advance(START_NS + 20 * MS)
    counts = tape.counts()
    assert counts.bad_ticks == {"half_line": 1, "locked": 1, "zero": 4}
    assert (counts.ticks, counts.quotes, counts.trades, counts.depth, counts.gaps) == (3, 2, 1, 0, 0)


def test_a_feed_without_ticks_is_refused() -> None:
    with pytest.raises(Fault, match="no tick"):
        Tape(recording_set(), BARS)


def test_the_tape_never_runs_backwards_nor_past_an_open_bar() -> None:
    tape = Tape(recording_set(recording(quotes=quotes([(10, 100.0, 102.0), (200_000, 100.0, 102.0)]))), BARS)
    tape.advance(START_NS + 20 * MS)
    with pytest.raises(AssertionError):
        tape.advance(START_NS + 10 * MS)
    with pytest.raises(AssertionError):
        tape.advance(tape.next_bar_ns + 1)


def deep_tape(quote_rows: list[tuple[float, float, float]], ids: list[int], traded: Trades | None = None) -> Tape:
    """A book of three levels a side, whole at update 10, and quotes (and trades) that follow."""
    levels = ([(100.0, 1.0), (99.0, 2.0), (98.0, 3.0)], [(101.0, 1.0), (102.0, 2.0), (103.0, 3.0)])
    depth = [snapshot(1, 9, *levels), diff(2, (9, 10, 8))]
    made = quotes(quote_rows, update_ids=ids)
    return Tape(recording_set(recording(quotes=made, trades=traded, depth=depth)), BARS)


def test_a_quote_newer_than_the_book_overrules_its_top() -> None:
    tape = deep_tape([(3, 99.5, 100.5)], [11])
    tape.advance(START_NS + 3 * MS)
    assert tape.levels("BTCUSDT", Side.BUY, 3) == [(9_950_000_000, E8), (99 * E8, 2 * E8), (98 * E8, 3 * E8)]
    assert [price for price, _ in tape.levels("BTCUSDT", Side.SELL, 9)] == [
        10_050_000_000,
        101 * E8,
        102 * E8,
        103 * E8,
    ]
    assert (tape.size_at("BTCUSDT", Side.BUY, 100 * E8), tape.size_at("BTCUSDT", Side.BUY, 99 * E8)) == (0, 2 * E8)


def test_a_quote_older_than_the_book_does_not_overrule_it() -> None:
    tape = deep_tape([(3, 99.5, 100.5)], [9])
    tape.advance(START_NS + 3 * MS)
    assert tape.levels("BTCUSDT", Side.BUY, 1) == [(100 * E8, E8)]


def test_nothing_better_than_a_newer_trade_is_left_to_hit() -> None:
    sold = trades([(4, 99.0)], are_bought=False)
    tape = deep_tape([(3, 100.0, 101.0)], [10], sold)
    tape.advance(START_NS + 4 * MS)
    assert tape.levels("BTCUSDT", Side.BUY, 2) == [(99 * E8, 2 * E8), (98 * E8, 3 * E8)]
    assert tape.levels("BTCUSDT", Side.SELL, 1) == [(101 * E8, E8)]


def test_what_is_displayed_is_looked_up_again_after_each_quote_trade_and_diff() -> None:
    levels = ([(100.0, 1.0), (99.0, 2.0), (98.0, 3.0)], [(101.0, 1.0)])
    depth = [snapshot(1, 9, *levels), diff(2, (9, 10, 8)), diff(7, (11, 13, 10), bids=[(98.0, 5.0)])]
    made = quotes([(3, 100.0, 101.0), (9, 98.0, 101.0)], update_ids=[10, 14])
    sold = trades([(5, 99.0)], are_bought=False)
    tape = Tape(recording_set(recording(quotes=made, trades=sold, depth=depth)), BARS)
    shown = []
    for at_ms in (3, 4, 5, 7, 9):
        tape.advance(START_NS + at_ms * MS)
        few, most, again = (tape.levels("BTCUSDT", Side.BUY, count) for count in (1, 9, 1))
        assert few == again == most[:1]
        assert tape.levels("BTCUSDT", Side.BUY, 2) == most[:2]
        shown.append([(price // E8, size // E8) for price, size in most])
    whole = [(100, 1), (99, 2), (98, 3)]
    assert shown == [whole, whole, whole[1:], [(99, 2), (98, 5)], [(98, 1)]]
