"""Bars are those of whole periods, from good quotes; their statistics follow Wilder to the last digit."""

from decimal import Decimal
from fractions import Fraction

import pytest

from interlock.market.indicators import AverageTrueRange, quantised
from interlock.market.tape import Tape
from interlock.messages import policy
from interlock.strategies.interface import Bar
from tests.unit.market.feeds import START_NS, quotes, recording, recording_set

TERMS = policy.Bars(period_s=1, atr_periods=2, atr_baseline_periods=3)
SECOND = 1_000_000_000


def closed(rows: list[tuple[float, float, float]], terms: policy.Bars = TERMS) -> list[Bar]:
    tape = Tape(recording_set(recording(quotes=quotes(rows))), terms)
    bars: list[Bar] = []
    while tape.next_bar_ns <= tape.end_ns:
        tape.advance(tape.next_bar_ns)
        bars += tape.close_bars()
    return bars


def test_the_first_partial_period_is_no_bar() -> None:
    bars = closed([(500, 100.0, 102.0), (1_200, 103.0, 105.0), (2_000, 100.0, 102.0)])
    assert [(bar.end_ns - START_NS, bar.open, bar.quote_count) for bar in bars] == [(2 * SECOND, 104.0, 1)]


def test_a_quote_at_the_boundary_belongs_to_the_next_period() -> None:
    bars = closed([(500, 100.0, 102.0), (1_000, 109.0, 111.0), (1_999, 99.0, 101.0), (3_500, 100.0, 102.0)])
    assert [(bar.open, bar.high, bar.low, bar.close, bar.quote_count) for bar in bars] == [
        (110.0, 110.0, 100.0, 100.0, 2),
        (100.0, 100.0, 100.0, 100.0, 0),
    ]


def test_a_bad_quote_leaves_no_trace_in_a_bar() -> None:
    bars = closed(
        [(500, 100.0, 102.0), (1_100, 100.0, 102.0), (1_200, 10.0, 12.0), (1_300, 104.0, 103.0), (2_100, 100, 102)]
    )
    assert [(bar.low, bar.high, bar.quote_count) for bar in bars] == [(101.0, 101.0, 1)]


def test_boundaries_are_multiples_of_the_period() -> None:
    rows = [(float(n * 1_000), 100.0, 102.0) for n in range(40)]
    bars = closed(rows, policy.Bars(period_s=7, atr_periods=2, atr_baseline_periods=3))
    assert [bar.end_ns % (7 * SECOND) for bar in bars] == [0] * len(bars)
    assert [bar.quote_count for bar in bars] == [7] * len(bars)


def test_the_range_is_wilders() -> None:
    rows = [(high, low, close) for high, low, close in [(11, 9, 10), (12, 10, 11), (11, 4, 5), (9, 7, 8), (6, 5, 5)]]
    measured = AverageTrueRange(2, 3)
    values: list[tuple[float | None, float | None]] = []
    for high, low, close in rows:
        measured.add(high, low, close)
        values.append((measured.value, measured.baseline))
    # True ranges 2, 2, 7, 4 (9 - 5), 3 (8 - 5); the first value is their mean, then each weighs a half.
    expected = [Fraction(2), Fraction(9, 2), Fraction(17, 4), Fraction(29, 8)]
    assert [value for value, _ in values] == [None, *(float(each) for each in expected)]
    assert [baseline for _, baseline in values] == [None, None, 3.25, (2 + 4.5 + 4.25) / 3, (4.5 + 4.25 + 3.625) / 3]


def test_a_statistic_leaves_at_eight_digits() -> None:
    assert quantised(1 / 3) == Decimal("0.33333333")
    assert quantised(None) is None


def test_the_close_of_the_partial_period_is_where_the_first_range_starts() -> None:
    bars = closed([(500, 100.0, 102.0), (1_100, 109.0, 111.0), (2_100, 109.0, 111.0), (3_000, 109.0, 111.0)])
    assert [bar.atr for bar in bars] == [None, pytest.approx(4.5)]
