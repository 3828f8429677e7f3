"""Bad ticks are found by kind and never given on; what is real comes through."""

import pytest

from interlock.market.quality import bad_ticks
from interlock.market.recordings.columns import Quotes, Trades
from interlock.market.tape import Tape
from interlock.messages import policy
from tests.unit.market.feeds import START_NS, quotes, recording, recording_set, trades

BTC = frozenset({"BTCUSDT"})


def judged(made: Quotes, prints: Trades | None = None) -> tuple[dict[str, int], list[int], list[int]]:
    """Return bad ticks by kind, and the milliseconds at which good quotes and good trades were heard."""
    tape = Tape(recording_set(recording(quotes=made, trades=prints)), policy.Bars(period_s=86_400))
    window = tape.window(tape.end_ns + 1, BTC, BTC, rows_max=100_000)
    tape.advance(tape.end_ns)
    heard = [
        ((at_ns - START_NS) // 1_000_000, is_trade)
        for at_ns, is_trade in zip(window.at_ns, window.is_trade, strict=True)
    ]
    return (
        tape.counts().bad_ticks,
        [at_ms for at_ms, is_trade in heard if not is_trade],
        [at_ms for at_ms, is_trade in heard if is_trade],
    )


@pytest.mark.parametrize(
    ("kind", "bid", "ask"),
    [
        ("crossed", 101.0, 100.9),
        ("locked", 100.0, 100.0),
        ("zero", 0.0, 100.1),
        ("negative", -100.0, 100.1),
        ("outlier", 10.0, 10.1),
        ("outlier", 190.0, 190.1),
        ("outlier", 100.0, 5_000_000_000.0),
    ],
)
def test_a_bad_quote_is_counted_by_kind_and_never_given_on(kind: str, bid: float, ask: float) -> None:
    made = quotes([(0, 100.0, 100.1), (1, bid, ask), (2, 100.0, 100.1)])
    assert judged(made) == ({kind: 1}, [0, 2], [])


def test_a_size_of_zero_is_a_bad_quote() -> None:
    made = quotes([(0, 100.0, 100.1), (1, 100.0, 100.1)], sizes=[1.0, 0.0])
    assert judged(made) == ({"zero": 1}, [0], [])


def test_prices_too_high_to_add_up_are_outliers_even_as_the_first_quote() -> None:
    assert judged(quotes([(0, 8e10, 9e10), (1, 100.0, 100.1)])) == ({"outlier": 1}, [1], [])


def test_a_wide_spread_is_not_a_bad_tick() -> None:
    assert judged(quotes([(0, 100.0, 100.1), (1, 96.0, 104.0)])) == ({}, [0, 1], [])


def test_the_last_good_mid_is_the_measure_not_the_last_mid() -> None:
    made = quotes([(0, 100.0, 100.1), (1, 150.0, 150.1), (2, 145.0, 145.1), (3, 101.0, 101.1)])
    assert judged(made) == ({"outlier": 2}, [0, 3], [])


def test_outliers_that_disagree_are_never_believed() -> None:
    made = quotes([(0, 100.0, 100.1), *((n, 150.0 + n % 2 * 20, 171.0) for n in range(1, 50))])
    assert judged(made) == ({"outlier": 49}, [0], [])


@pytest.mark.parametrize("block_rows", [1, 8_192])
def test_a_good_quote_between_outliers_starts_their_count_anew(
    block_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bad_ticks, "BLOCK_ROWS", block_rows)
    away = [(n, 150.0, 150.1) if n != 15 else (n, 100.0, 100.1) for n in range(1, 30)]
    assert judged(quotes([(0, 100.0, 100.1), *away])) == ({"outlier": 28}, [0, 15], [])


def test_an_id_heard_before_is_a_duplicate_and_an_older_one_out_of_order() -> None:
    made = quotes([(n, 100.0, 100.1) for n in range(6)], update_ids=[5, 7, 7, 6, 5, 8])
    assert judged(made) == ({"duplicate": 2, "out_of_order": 1}, [0, 1, 5], [])


@pytest.mark.parametrize("block_rows", [1, 8_192])
def test_an_id_used_again_for_something_else_is_no_duplicate(block_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bad_ticks, "BLOCK_ROWS", block_rows)
    made = quotes([(0, 100.0, 100.1), (1, 101.0, 101.1), (2, 102.0, 102.1), (3, 100.0, 100.1)], update_ids=[5, 6, 5, 5])
    assert judged(made) == ({"duplicate": 1, "out_of_order": 1}, [0, 1], [])


def test_a_venue_time_that_goes_back_is_out_of_order() -> None:
    made = quotes([(n, 100.0, 100.1) for n in range(4)], venue_ms=[10.0, 12.0, 11.0, 12.0])
    assert judged(made) == ({"out_of_order": 1}, [0, 1, 3], [])


def test_one_venue_time_far_ahead_does_not_silence_the_feed() -> None:
    made = quotes([(n, 100.0, 100.1) for n in range(4)], venue_ms=[10.0, 11.0, 9e6, 12.0])
    assert judged(made) == ({"out_of_order": 1}, [0, 1, 3], [])


def test_a_receipt_time_that_goes_back_is_out_of_order_and_breaks_no_order() -> None:
    made = quotes([(5, 100.0, 100.1), (9, 100.0, 100.1), (7, 100.0, 100.1), (11, 100.0, 100.1)])
    assert judged(made) == ({"out_of_order": 1}, [5, 9, 11], [])


def test_without_ids_a_row_equal_to_the_one_before_is_a_duplicate() -> None:
    rows = [(0, 100.0, 100.1), (0, 100.0, 100.1), (1, 100.0, 100.1), (1, 100.0, 100.2)]
    assert judged(quotes(rows, update_ids=[0] * 4)) == ({"duplicate": 1}, [0, 1, 1], [])


def test_a_print_that_is_no_trade_between_traders_is_not_given_on() -> None:
    prints = trades([(1, 102.0), (2, 100.0)], is_market=[False, True])
    assert judged(quotes([(0, 100.0, 100.1)]), prints) == ({"not_market": 1}, [0], [2])


def test_a_trade_is_judged_against_the_last_good_mid() -> None:
    prints = trades([(1, 50.0), (2, 101.0), (4, 118.0), (6, 118.0)])
    made = quotes([(0, 100.0, 100.1), (5, 108.0, 108.1)])
    assert judged(made, prints) == ({"outlier": 2}, [0, 5], [2, 6])


def test_a_crash_in_real_steps_comes_through_even_where_quotes_stand_still() -> None:
    prices = [100.0 * 0.92**n for n in range(60)]
    prints = trades([(n + 1, price) for n, price in enumerate(prices)])
    assert judged(quotes([(0, 100.0, 100.1)]), prints) == ({}, [0], list(range(1, 61)))


def test_a_quote_is_judged_the_same_wherever_the_block_ends() -> None:
    rows = [(n, 100.0, 100.1) for n in range(20_000)]
    ids = list(range(1, 20_001))
    for bad in (8_191, 8_192, 8_193, 16_384):
        rows[bad] = (bad, 10.0, 10.1)
        ids[bad] = ids[bad - 1]
    counts, heard, _ = judged(quotes(rows, update_ids=ids))
    # What follows a bad tick and says the same under its id repeats it; the first of them did not repeat anything.
    assert counts == {"duplicate": 2, "out_of_order": 2}
    assert len(heard) == 19_996
