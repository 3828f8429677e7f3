from hypothesis import given
from hypothesis import strategies as st

from interlock.units.time import NS_PER_MS, NS_PER_S
from interlock.venues.binance.server_time import SAMPLES_MAX, ServerTime

TRIPS = st.tuples(st.integers(0, 400 * NS_PER_MS), st.integers(0, 400 * NS_PER_MS), st.integers(0, NS_PER_S))


@given(offset_ns=st.integers(-(10**13), 10**13), trips=st.lists(TRIPS, min_size=1, max_size=20))
def test_the_true_offset_lies_within_the_error_bound_of_any_round_trips(
    offset_ns: int, trips: list[tuple[int, int, int]]
) -> None:
    known, at_ns = ServerTime(), 1_700_000_000 * NS_PER_S
    for there_ns, back_ns, pause_ns in trips:
        venue_ms = (at_ns + there_ns + offset_ns) // NS_PER_MS
        known.measured(at_ns, at_ns + there_ns + back_ns, venue_ms * NS_PER_MS)
        at_ns += there_ns + back_ns
        found = known.offset(at_ns)
        assert found is not None
        assert abs(found.offset_ns - offset_ns) <= found.error_ns
        at_ns += pause_ns


def test_the_best_of_the_last_round_trips_counts() -> None:
    known = ServerTime()
    known.measured(0, 20 * NS_PER_MS, 500 * NS_PER_MS)
    known.measured(30 * NS_PER_MS, 32 * NS_PER_MS, 531 * NS_PER_MS)
    known.measured(40 * NS_PER_MS, 90 * NS_PER_MS, 565 * NS_PER_MS)
    found = known.offset(90 * NS_PER_MS)
    assert found is not None
    assert found.offset_ns == 500 * NS_PER_MS + NS_PER_MS // 2
    assert found.error_ns < 1_510_000
    for number in range(SAMPLES_MAX):
        known.measured(100 * NS_PER_MS, 150 * NS_PER_MS, (625 + number) * NS_PER_MS)
    found = known.offset(150 * NS_PER_MS)
    assert found is not None
    assert found.error_ns > 25 * NS_PER_MS  # the good one is among the last no more


def test_a_measurement_is_worth_less_as_it_ages() -> None:
    known = ServerTime()
    known.measured(0, 0, 0)
    now, later = known.offset(0), known.offset(3_600 * NS_PER_S)
    assert now is not None and later is not None
    assert later.error_ns - now.error_ns == 360 * NS_PER_MS


def test_without_a_measurement_our_time_stands_and_no_bound_is_claimed() -> None:
    known = ServerTime()
    assert (known.offset(5), known.venue_ns(5)) == (None, 5)
    known.measured(0, 0, NS_PER_S)
    assert known.venue_ns(5) == NS_PER_S + NS_PER_MS // 2 + 5
    known.forget()
    assert (known.offset(5), known.venue_ns(5)) == (None, 5)
