import pytest

from interlock.units.time import NS_PER_MS, NS_PER_S
from interlock.venues.binance.budget import Budget, RateLimits

MINUTE_NS = 60 * NS_PER_S
NOON_NS = 1_700_000_040 * NS_PER_S  # the first moment of a minute
LIMITS = RateLimits(weight_minute_max=1_000, orders_10s_max=10, orders_minute_max=40)


def test_reads_stop_at_their_share_while_orders_and_cancellations_go_on() -> None:
    budget = Budget(LIMITS)
    budget.hear(NOON_NS, 200, {"x-mbx-used-weight-1m": "690"})
    assert budget.read_wait_ns(NOON_NS, 10) == 0
    assert budget.read_wait_ns(NOON_NS + NS_PER_S, 11) == MINUTE_NS - NS_PER_S
    assert budget.entry_wait_ns(NOON_NS) == budget.exit_wait_ns(NOON_NS) == 0


def test_the_weight_of_reads_on_their_way_counts_before_the_venue_says_so() -> None:
    budget = Budget(LIMITS)
    for _ in range(70):
        assert budget.read_wait_ns(NOON_NS, 10) == 0
        budget.count_read(NOON_NS, 10)
    assert budget.read_wait_ns(NOON_NS, 10) > 0
    budget.hear(NOON_NS, 200, {"x-mbx-used-weight-1m": "10"})  # an early answer, told late
    assert budget.read_wait_ns(NOON_NS, 10) > 0


def test_a_new_minute_has_a_new_budget() -> None:
    budget = Budget(LIMITS)
    budget.hear(NOON_NS, 200, {"x-mbx-used-weight-1m": "999", "x-mbx-order-count-1m": "40"})
    assert budget.read_wait_ns(NOON_NS + MINUTE_NS - 1, 10) == budget.entry_wait_ns(NOON_NS + MINUTE_NS - 1) == 1
    assert budget.read_wait_ns(NOON_NS + MINUTE_NS, 10) == budget.entry_wait_ns(NOON_NS + MINUTE_NS) == 0


def test_the_last_orders_of_a_window_are_left_to_what_reduces() -> None:
    budget = Budget(LIMITS)
    for _ in range(9):
        assert budget.entry_wait_ns(NOON_NS) == 0
        budget.count_order(NOON_NS)
    assert budget.entry_wait_ns(NOON_NS + 3 * NS_PER_S) == 7 * NS_PER_S
    assert budget.exit_wait_ns(NOON_NS) == 0
    budget.hear(NOON_NS + 10 * NS_PER_S, 200, {"x-mbx-order-count-10s": "9"})
    assert budget.entry_wait_ns(NOON_NS + 10 * NS_PER_S) == 10 * NS_PER_S


@pytest.mark.parametrize(
    ("status", "headers", "body", "held_s"),
    [
        (429, {"retry-after": "7"}, b"", 7),
        (418, {"retry-after": "600"}, b"", 600),
        (418, {"retry-after": "999999999"}, b"", 3 * 86_400),
        (429, {}, b"", 60),
        (418, {}, b"", 120),
        (418, {"retry-after": "soon"}, b"IP banned until %d." % ((NOON_NS + 300 * NS_PER_S) // NS_PER_MS), 300),
        (429, {"retry-after": "-5"}, b"", 60),
        (429, {"retry-after": "0"}, b"", 1),
        (418, {"retry-after": "0"}, b"", 1),
        (418, {}, b"IP banned until %d." % ((NOON_NS - 300 * NS_PER_S) // NS_PER_MS), 120),
        (429, {}, b"banned until %d." % ((NOON_NS - 300 * NS_PER_S) // NS_PER_MS), 1),
        (429, {"retry-after": "30, 7"}, b"", 30),
        (418, {"retry-after": "7, 600"}, b"", 600),
    ],
)
def test_nothing_goes_before_the_time_that_the_venue_said_is_over(
    status: int, headers: dict[str, str], body: bytes, held_s: int
) -> None:
    budget = Budget(LIMITS)
    budget.hear(NOON_NS, status, headers, body)
    for wait_ns in (budget.exit_wait_ns, budget.entry_wait_ns, lambda at_ns: budget.read_wait_ns(at_ns, 1)):
        assert wait_ns(NOON_NS) == held_s * NS_PER_S
        assert wait_ns(NOON_NS + held_s * NS_PER_S) == 0


def test_a_hold_of_no_length_that_is_said_at_the_end_of_a_minute_lasts_a_second() -> None:
    budget = Budget(LIMITS)
    budget.hear(NOON_NS - 1, 429, {})
    assert budget.exit_wait_ns(NOON_NS - 1) == NS_PER_S


def test_of_a_count_that_is_said_twice_the_larger_counts() -> None:
    budget = Budget(LIMITS)
    budget.hear(NOON_NS, 200, {"x-mbx-used-weight-1m": "990, 5", "x-mbx-order-count-1m": "5, 40"})
    assert budget.read_wait_ns(NOON_NS, 1) == budget.entry_wait_ns(NOON_NS) == MINUTE_NS


def test_a_shorter_word_does_not_end_a_longer_hold() -> None:
    budget = Budget(LIMITS)
    budget.hear(NOON_NS, 418, {"retry-after": "600"})
    budget.hear(NOON_NS, 429, {"retry-after": "1"})
    assert budget.exit_wait_ns(NOON_NS) == 600 * NS_PER_S


def test_headers_that_cannot_be_read_change_nothing() -> None:
    budget = Budget(LIMITS)
    budget.hear(NOON_NS, 200, {"x-mbx-used-weight-1m": "1e9", "x-mbx-order-count-1m": "", "retry-after": "9"})
    assert budget.read_wait_ns(NOON_NS, 700) == budget.entry_wait_ns(NOON_NS) == budget.exit_wait_ns(NOON_NS) == 0
