"""A quote that the synced book denies and no trade confirms is bad: counted, named, and never given on."""

from random import Random

import pytest

from interlock.market.quality import bad_ticks
from interlock.market.recordings.columns import Depth, Trades
from interlock.market.tape import Tape, TapeCounts
from interlock.messages import policy
from tests.unit.market.feeds import START_NS, diff, quotes, recording, recording_set, snapshot, trades

MS = 1_000_000
BTC = frozenset({"BTCUSDT"})
NONE: frozenset[str] = frozenset()
Quoted = list[tuple[float, float, float]]


def book(until_ms: int, *moves: tuple[int, float], step_ms: int = 100) -> list[Depth]:
    """Return a synced book of one level a side around 100, told again at each step, that moves to prices at times."""
    rows = [snapshot(0, 5, [(99.9, 1.0)], [(100.1, 1.0)]), diff(1, (5, 6, 4))]
    price, final, left = 100.0, 6, list(moves)
    for at_ms in range(step_ms, until_ms, step_ms):
        gone = price
        while left and left[0][0] <= at_ms:
            _, price = left.pop(0)
        bids = [(gone - 0.1, 0.0), (price - 0.1, 1.0)]
        rows.append(diff(at_ms, (final + 1, final + 1, final), bids, [(gone + 0.1, 0.0), (price + 0.1, 1.0)]))
        final += 1
    return rows


def still(price: float, from_ms: int, to_ms: int) -> Quoted:
    """Return a quote each 100 ms around one price, between the steps of the book."""
    return [(at_ms + 50.0, price - 0.05, price + 0.05) for at_ms in range(from_ms, to_ms, 100)]


def heard(rows: Quoted, depth: list[Depth], traded: Trades | None = None) -> tuple[TapeCounts, list[float]]:
    """Return what was counted, and the bids that were given on."""
    tape = Tape(recording_set(recording(quotes=quotes(rows), trades=traded, depth=depth)), policy.Bars(period_s=86_400))
    window = tape.window(tape.end_ns + 1, BTC, NONE, rows_max=100_000)
    tape.advance(tape.end_ns)
    return tape.counts(), [bid_e8 / 1e8 for bid_e8 in window.a]


@pytest.mark.parametrize("block_rows", [1, 7, 8_192])
@pytest.mark.parametrize("price", [91.0, 98.0, 102.0, 109.0])
def test_quotes_one_to_ten_percent_off_the_book_are_counted_named_and_not_given_on(
    price: float, block_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bad_ticks, "BLOCK_ROWS", block_rows)
    rows = [*still(100.0, 0, 1_000), *still(price, 1_000, 1_300), *still(100.0, 1_300, 2_000)]
    traded = trades([(n * 100 + 20.0, 100.0) for n in range(20)])
    counts, given = heard(rows, book(2_000), traded)
    assert counts.bad_ticks == {"contradicted": 3}
    assert counts.bad_places == tuple(("contradicted", "hand.jsonl", line) for line in (11, 12, 13))
    assert given == [99.95] * 17


def test_false_quotes_do_not_lead_the_last_good_price_away() -> None:
    walk = [(1_000.0 + n, 100.0 * 1.09**n, 100.0 * 1.09**n + 0.1) for n in range(1, 5)]
    counts, given = heard([*still(100.0, 0, 1_000), *walk, *still(100.0, 1_100, 2_000)], book(2_000))
    assert counts.bad_ticks == {"contradicted": 1, "outlier": 3}
    assert len(given) == 19


def test_a_quote_within_one_percent_of_the_book_is_good_and_a_far_one_is_an_outlier() -> None:
    counts, given = heard([*still(100.0, 0, 500), *still(100.99, 500, 600), *still(115.0, 600, 700)], book(2_000))
    assert counts.bad_ticks == {"outlier": 1}
    assert len(given) == 6
    edge = [*still(100.0, 0, 500), *still(100.99, 500, 600), *still(110.5, 600, 700)]
    assert heard(edge, book(2_000))[0].bad_ticks == {"contradicted": 1}, "near the last good one, far from the book"


def test_a_leap_that_a_fresh_trade_confirms_is_no_contradiction_though_depth_is_late() -> None:
    rows, depth = [*still(100.0, 0, 1_000), *still(98.0, 1_000, 2_000)], book(2_000, (1_600, 98.0))
    fresh = trades([(10.0, 100.0), (1_049.0, 98.2)])
    assert heard(rows, depth, fresh)[0].bad_ticks == {}
    at_once = trades([(10.0, 100.0), (1_050.0, 98.2)])
    assert heard(rows, depth, at_once)[0].bad_ticks == {"contradicted": 1}, "what is heard with it is not before it"
    foreign = trades([(10.0, 100.0), (1_049.0, 98.2)], is_market=[True, False])
    assert heard(rows, depth, foreign)[0].bad_ticks == {"contradicted": 6, "not_market": 1}
    beside = trades([(10.0, 100.0), (1_048.0, 98.2), (1_049.0, 100.0)], is_market=[True, True, False])
    assert heard(rows, depth, beside)[0].bad_ticks == {"not_market": 1}


def test_a_trade_of_ten_seconds_ago_confirms_nothing() -> None:
    rows, depth = [*still(100.0, 0, 1_000), (11_050.0, 100.0, 100.1)], book(12_000, (1_100, 98.0))
    assert heard(rows, depth, trades([(10.0, 100.0), (1_050.0, 100.0)]))[0].bad_ticks == {"contradicted": 1}
    assert heard(rows, depth, trades([(10.0, 100.0), (1_051.0, 100.0)]))[0].bad_ticks == {}


def test_a_quote_between_two_trades_that_agree_is_confirmed_by_the_fresh_one_before_it_only() -> None:
    rows = [*still(100.0, 0, 1_000), (11_050.0, 100.0, 100.1), *still(100.0, 14_000, 14_200)]
    depth = book(14_500, (1_100, 98.0), (13_000, 100.0))
    assert heard(rows, depth, trades([(10.0, 100.0), (1_050.0, 100.0), (14_010.0, 100.0)]))[0].bad_ticks == {
        "contradicted": 1
    }
    early = book(1_100, (20, 98.0), (70, 100.0), step_ms=10)
    assert heard(still(100.0, 0, 1_000), early, trades([(60.0, 100.0)]))[0].bad_ticks == {"contradicted": 1}


def test_without_a_book_that_is_synced_and_fresh_nothing_is_contradicted() -> None:
    rows = [*still(100.0, 0, 1_000), *still(98.0, 1_000, 2_000)]
    assert heard(rows, [])[0].bad_ticks == {}
    assert heard(rows, [diff(1, (5, 6, 4)), diff(2, (7, 7, 6))])[0].bad_ticks == {}, "no snapshot"
    late = [*still(100.0, 0, 1_000), *still(98.0, 2_800, 3_100)]
    assert heard(late, book(1_000))[0].bad_ticks == {"contradicted": 1}, "the book's last word was at 900 ms"


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("block_rows", [5, 8_192])
def test_whole_blocks_are_judged_as_one_quote_after_another(
    seed: int, block_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bad_ticks, "BLOCK_ROWS", block_rows)
    draw = Random(seed)
    moves = [(at_ms, draw.choice([99.2, 100.0, 100.9, 102.0])) for at_ms in range(500, 20_000, 500)]
    levels = [100.0] * 12 + [98.9, 101.3, 103.0]
    mids = [(at_ms + 50.0, draw.choice(levels)) for at_ms in range(0, 20_000, 100)]
    at_each = sorted(draw.sample(range(20_000), 4 if seed % 2 else 300))
    said = [(float(at_ms), draw.choice([100.0] * (1 if seed < 4 else 9) + [102.0])) for at_ms in at_each]
    depth = [row for row in book(20_000, *moves) if seed != 2 or row.heard_at_ns[0] < START_NS + 9_000 * MS]
    counts, given = heard([(at_ms, mid - 0.05, mid + 0.05) for at_ms, mid in mids], depth, trades(said))

    def is_denied(at_ms: float, mid: float) -> bool:
        trade = next((each for each in reversed(said) if each[0] < at_ms), None)
        if trade is not None and at_ms - trade[0] < 10_000 and abs(mid - trade[1]) <= trade[1] / 100:
            return False
        last_ms = max(
            (row.heard_at_ns[0] - START_NS) / MS for row in depth if row.heard_at_ns[0] < START_NS + at_ms * MS
        )
        price = next((each[1] for each in reversed(moves) if each[0] <= last_ms), 100.0)
        return at_ms - last_ms < 2_000 and abs(mid - price) > price / 100

    denied = [is_denied(at_ms, mid) for at_ms, mid in mids]
    assert counts.bad_ticks.get("contradicted", 0) == sum(denied) > 0
    assert given == [round(mid - 0.05, 8) for (_, mid), bad in zip(mids, denied, strict=True) if not bad]
