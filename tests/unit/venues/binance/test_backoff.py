import random

from interlock.venues.binance.backoff import Backoff


def test_waits_double_up_to_the_limit_and_begin_again_after_a_success() -> None:
    backoff = Backoff(lambda: 0.0, first_ms=50, most_ms=1_000)
    assert [backoff.failed() for _ in range(7)] == [50, 100, 200, 400, 800, 1_000, 1_000]
    backoff.succeeded()
    assert backoff.failed() == 50


def test_jitter_takes_away_up_to_half_and_comes_from_the_seed() -> None:
    draws = [Backoff(random.Random(seed).random, 100, 100) for seed in (1, 1, 2)]
    waits = [[backoff.failed() for _ in range(50)] for backoff in draws]
    assert waits[0] == waits[1] != waits[2]
    assert all(50 <= wait <= 100 for each in waits for wait in each)
    assert len(set(waits[0])) > 10


def test_any_number_of_failures_stays_within_the_limit() -> None:
    backoff = Backoff(lambda: 0.0)
    assert max(backoff.failed() for _ in range(2_000)) == 10_000
