"""A price that leaps is believed only when it lasts, many ticks say so, and something not of their making agrees."""

from collections.abc import Sequence

import pytest

from interlock.market.quality import bad_ticks
from interlock.market.recordings.columns import Depth, Source, Trades
from interlock.market.tape import Tape, TapeCounts
from interlock.messages import policy
from interlock.units.sides import Side
from tests.unit.market.feeds import START_NS, diff, quotes, recording, recording_set, snapshot, trades

MS = 1_000_000
E8 = 100_000_000
BTC = frozenset({"BTCUSDT"})
NONE: frozenset[str] = frozenset()
Quoted = list[tuple[float, float, float]]


def still(price: float, from_ms: int, to_ms: int, step_ms: int = 100) -> Quoted:
    """Return quotes around one price."""
    return [(float(at_ms), price, price + 0.1) for at_ms in range(from_ms, to_ms, step_ms)]


def prints(price: float, from_ms: int, to_ms: int, step_ms: int = 100) -> list[tuple[float, float]]:
    return [(at_ms + 50.0, price) for at_ms in range(from_ms, to_ms, step_ms)]


def book_of(*prices: tuple[int, float]) -> list[Depth]:
    """Return a synced book with one level a side, which moves to each price at its time."""
    (first_ms, price), *later = prices
    rows = [snapshot(first_ms, 5, [(price, 1.0)], [(price + 1, 1.0)]), diff(first_ms + 1, (5, 6, 4))]
    final = 6
    for at_ms, moved in later:
        bids, asks = [(price, 0.0), (moved, 1.0)], [(price + 1, 0.0), (moved + 1, 1.0)]
        rows.append(diff(at_ms, (final + 1, final + 1, final), bids, asks))
        final, price = final + 1, moved
    return rows


def heard(rows: Quoted, traded: Trades | None = None, depth: Sequence[Depth] = ()) -> tuple[TapeCounts, list[int]]:
    """Return what was counted, and the milliseconds at which good quotes were heard."""
    tape = Tape(recording_set(recording(quotes=quotes(rows), trades=traded, depth=depth)), policy.Bars(period_s=86_400))
    window = tape.window(tape.end_ns + 1, BTC, NONE, rows_max=100_000)
    tape.advance(tape.end_ns)
    return tape.counts(), [(at_ns - START_NS) // MS for at_ns in window.at_ns]


CALM = still(100.0, 0, 1_000)


@pytest.mark.parametrize("block_rows", [1, 7, 8_192])
def test_many_false_quotes_within_a_moment_are_never_believed(block_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bad_ticks, "BLOCK_ROWS", block_rows)
    false = [(1_000 + n * 0.4, 190.0, 190.1) for n in range(21)]
    counts, good = heard([*CALM, *false, *still(100.0, 1_010, 2_000)], trades(prints(100.0, 0, 2_000)))
    assert (counts.bad_ticks, counts.levels_accepted) == ({"outlier": 21}, 0)
    assert len(good) == 20


@pytest.mark.parametrize("block_rows", [1, 7, 8_192])
@pytest.mark.parametrize("depth", [[], book_of((0, 100.0), (5_000, 100.0))])
def test_false_quotes_that_neither_trades_nor_the_book_confirm_are_never_believed(
    depth: list[Depth], block_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bad_ticks, "BLOCK_ROWS", block_rows)
    counts, good = heard([*CALM, *still(190.0, 1_000, 60_000)], trades(prints(100.0, 0, 60_000)), depth)
    assert (counts.bad_ticks, counts.levels_accepted, len(good)) == ({"outlier": 590}, 0, 10)


def test_a_lone_trade_at_the_far_price_is_no_witness() -> None:
    traded = trades([*prints(100.0, 0, 1_000), (1_250.0, 190.0), *prints(100.0, 1_300, 1_700), (1_750.0, 190.0)])
    counts, _ = heard([*CALM, *still(190.0, 1_000, 9_000)], traded)
    assert counts.levels_accepted == 0


def test_a_trade_from_before_the_last_good_quote_is_no_witness() -> None:
    moved = [*still(112.0, 0, 3_000), *still(104.0, 3_000, 3_500), *still(100.0, 3_500, 4_000)]
    counts, _ = heard([*moved, *still(112.0, 4_000, 9_000)], trades(prints(112.0, 0, 2_900)))
    assert counts.levels_accepted == 0


def test_a_quote_from_before_the_last_good_trade_is_no_witness() -> None:
    rows = [*still(100.0, 0, 500), (500.0, 150.0, 150.1)]
    counts, _ = heard(rows, trades([*prints(100.0, 0, 1_000), *prints(150.0, 1_000, 20_000)]))
    assert (counts.levels_accepted, counts.bad_ticks) == (1, {"outlier": 101})


@pytest.mark.parametrize("block_rows", [1, 7, 8_192])
def test_a_leap_is_believed_once_it_has_lasted_and_the_book_agrees_and_is_named(
    block_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bad_ticks, "BLOCK_ROWS", block_rows)
    depth = book_of((0, 100.0), (1_000, 150.0))
    counts, good = heard([*CALM, *still(150.0, 1_000, 5_000)], trades(prints(100.0, 0, 900)), depth)
    assert good[10] == 3_000
    assert (counts.bad_ticks, counts.levels_accepted) == ({"outlier": 20}, 1)
    assert counts.levels_accepted_at == ("hand.jsonl line 11",)


def test_a_slow_leap_needs_twenty_ticks_and_a_book_that_has_moved_by_then() -> None:
    depth = book_of((0, 100.0), (30_500, 150.0))
    _, good = heard([*CALM, *still(150.0, 1_000, 40_000, 1_000)], depth=depth)
    assert good[10] == 31_000
    _, good = heard([*CALM, *still(150.0, 1_000, 40_000, 1_000)], depth=book_of((0, 100.0), (1_000, 150.0)))
    assert good[10] == 20_000


def test_where_quotes_and_trades_leap_together_both_are_believed() -> None:
    rows, traded = (
        [*CALM, *still(150.0, 1_000, 9_000)],
        trades([*prints(100.0, 0, 1_000), *prints(150.0, 1_000, 9_000)]),
    )
    counts, good = heard(rows, traded)
    assert good[10] == 3_100
    assert counts.levels_accepted == 2
    assert counts.bad_ticks == {"outlier": 41}


def test_a_crash_that_trades_walk_through_brings_the_quotes_along() -> None:
    """Quotes stop, trades walk down through many prints, and the quotes come back below."""
    walked = [(1_050.0 + n, 100 * 0.95**n) for n in range(15)]
    traded = trades([*prints(100.0, 0, 1_000), *walked, *prints(walked[-1][1], 1_100, 6_000)])
    counts, good = heard([*CALM, *still(walked[-1][1], 1_100, 6_000)], traded)
    assert counts.bad_ticks == {"outlier": 20}
    assert good[10] == 3_100


def test_quotes_that_nothing_could_speak_against_are_believed_after_ten_seconds() -> None:
    counts, good = heard([*CALM, *still(150.0, 1_000, 20_000)])
    assert (good[10], counts.levels_accepted) == (11_000, 1)


def test_trades_that_leap_alone_are_not_believed_while_quotes_stay() -> None:
    traded = trades([*prints(100.0, 0, 1_000), *prints(150.0, 1_000, 20_000)])
    counts, _ = heard(still(100.0, 0, 21_000), traded)
    assert (counts.levels_accepted, counts.bad_ticks) == (0, {"outlier": 190})


def test_trades_that_leap_where_quotes_have_ended_are_believed_after_ten_seconds() -> None:
    counts, _ = heard(still(100.0, 0, 1_000), trades([*prints(100.0, 0, 1_000), *prints(150.0, 1_000, 20_000)]))
    assert (counts.levels_accepted, counts.bad_ticks) == (1, {"outlier": 100})


def test_levels_are_named_by_their_own_file_and_in_the_order_they_were_heard() -> None:
    other = Source("eth.jsonl", "c" * 64, "binance-wire", "usdm")
    feed = recording_set(
        recording(quotes=quotes([*CALM, *still(150.0, 2_000, 20_000)])),
        recording("ETHUSDT", quotes=quotes([*CALM, *still(10.0, 1_000, 20_000)]), source=other),
    )
    tape = Tape(feed, policy.Bars(period_s=86_400))
    tape.advance(START_NS + 11_500 * MS)
    assert tape.counts().levels_accepted_at == ("eth.jsonl line 11",)
    tape.advance(tape.end_ns)
    assert tape.counts().levels_accepted_at == ("eth.jsonl line 11", "hand.jsonl line 11")


@pytest.mark.parametrize("update_id", [1, 10_000])
def test_a_quote_far_from_the_synced_book_shows_nothing_and_is_not_sane(update_id: int) -> None:
    """False quotes that walk away in steps pass for good ones; the book, older or newer, tells of it."""
    walked = [(3.0 + n, 100.0 * 1.009**n, 100.0 * 1.009**n + 0.1) for n in range(3)]
    made = quotes(walked, update_ids=[update_id + n for n in range(3)])
    tape = Tape(recording_set(recording(quotes=made, depth=book_of((0, 100.0)))), policy.Bars(period_s=60))
    seen: list[tuple[bool, list[int], bool]] = []
    for at_ms in (3, 4, 5):
        tape.advance(START_NS + at_ms * MS)
        view = tape.view("BTCUSDT", START_NS + at_ms * MS)
        assert view is not None
        sizes = [tape.size_at("BTCUSDT", Side.BUY, price * E8) for price in (98, 100)]
        shown = [len(tape.levels("BTCUSDT", side, 5)) for side in (Side.BUY, Side.SELL)]
        seen.append((view.is_quote_sane, shown, sizes == [None, None]))
    assert [each[0] for each in seen] == [True, True, False]
    assert [all(each[1]) for each in seen] == [True, True, False]
    assert seen[2][1:] == ([0, 0], True)
