from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.units.time import NS_PER_MS, NS_PER_S, duration_text, utc_text, utc_text_ms


def test_a_time_is_written_to_the_nanosecond() -> None:
    assert utc_text(1_723_161_255_030_314_667) == "2024-08-08 23:54:15.030314667Z"
    assert utc_text_ms(1_723_161_255_030_314_667) == "2024-08-08 23:54:15.030Z"
    assert utc_text(0) == "1970-01-01 00:00:00.000000000Z"


@given(st.integers(0, 253_402_300_799))
def test_every_second_has_the_date_of_the_calendar(second: int) -> None:
    expected = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0")
    assert utc_text(second * NS_PER_S)[:19] == expected


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [
        (0, "0.0 ms"),
        (37_200_000, "37.2 ms"),
        (-37_200_000, "-37.2 ms"),
        (999_999_999, "999.9 ms"),
        (1_000 * NS_PER_MS, "1.0 s"),
        (12_500 * NS_PER_MS, "12.5 s"),
        (119_999 * NS_PER_MS, "119.9 s"),
        (120 * NS_PER_S, "2 min 0 s"),
        (7_199 * NS_PER_S, "119 min 59 s"),
        (4 * 3_600 * NS_PER_S, "4 h 0 min"),
    ],
)
def test_a_duration_is_written_in_the_largest_fitting_unit(duration_ns: int, text: str) -> None:
    assert duration_text(duration_ns) == text
