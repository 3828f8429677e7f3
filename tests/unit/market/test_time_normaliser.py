"""The recorder's clock offset is estimated from the past only, before any latency is judged."""

from interlock.market.recordings.columns import Depth, Quotes, Trades
from interlock.market.streams import Stream
from interlock.market.time_normaliser import TimeNormaliser
from interlock.messages.observations import ClockDriftHeard
from tests.unit.market.feeds import START_NS, USDM, quotes, trades

MS = 1_000_000
SECOND = 1_000 * MS


def normaliser(rows: list[tuple[float, float]]) -> TimeNormaliser:
    """Return one over quotes given as (heard ms, receipt less venue time in ms)."""
    table = quotes([(at, 100.0, 100.1) for at, _ in rows], venue_ms=[at - late for at, late in rows])
    return TimeNormaliser("BTCUSDT", (Stream[Quotes]([(table, USDM, 0)]),))


def steady(offset_ms: float, seconds: int, start_s: int = 0) -> list[tuple[float, float]]:
    """Return 50 ticks a second; the fastest is at the offset, the others up to 49 ms later."""
    return [(start_s * 1_000 + n * 20, offset_ms + n * 7 % 50) for n in range(seconds * 50)]


def test_the_offset_is_unknown_until_a_whole_second_of_ticks_was_heard() -> None:
    clock = normaliser(steady(-1_272, 3))
    clock.catch_up(START_NS + SECOND - 1)
    assert clock.offset_ns is None
    assert clock.latency_ns(START_NS, START_NS) is None
    clock.catch_up(START_NS + SECOND)
    assert clock.offset_ns == -1_270 * MS


def test_thin_seconds_add_up_before_anything_is_said() -> None:
    clock = normaliser([(n * 100, 5.0) for n in range(30)])
    clock.catch_up(START_NS + SECOND)
    assert clock.offset_ns is None
    clock.catch_up(START_NS + 2 * SECOND)
    assert clock.offset_ns == 5 * MS


def test_a_latency_is_what_exceeds_the_offset_and_never_negative() -> None:
    clock = normaliser(steady(-1_272, 2))
    clock.catch_up(START_NS + 2 * SECOND)
    assert clock.latency_ns(START_NS + 2 * SECOND, START_NS + 3 * SECOND) == 270 * MS
    assert clock.latency_ns(START_NS, START_NS + 2 * SECOND) == 0
    assert clock.latency_ns(START_NS, 0) is None


def test_one_absurd_stamp_does_not_move_the_offset() -> None:
    rows = steady(10, 2)
    rows[30] = (rows[30][0], -1e7)
    clock = normaliser(rows)
    clock.catch_up(START_NS + SECOND)
    assert clock.offset_ns is not None
    assert 10 * MS <= clock.offset_ns <= 13 * MS


def test_an_old_second_leaves_the_window_after_a_minute() -> None:
    clock = normaliser([*steady(0, 1), *steady(30, 70, start_s=1)])
    clock.catch_up(START_NS + 60 * SECOND)
    assert clock.offset_ns == 2 * MS
    clock.catch_up(START_NS + 61 * SECOND)
    assert clock.offset_ns == 32 * MS
    assert clock.drift_ns_max == 30 * MS


def test_how_often_it_is_asked_does_not_change_the_answer() -> None:
    rows = [*steady(0, 3), *steady(-4, 40, start_s=9), *steady(8, 40, start_s=70)]
    often, once = normaliser(rows), normaliser(rows)
    for step in range(1, 1_200):
        often.catch_up(START_NS + step * SECOND // 10)
    once.catch_up(START_NS + 119 * SECOND + SECOND * 9 // 10)
    assert (often.offset_ns, often.drift_ns_max) == (once.offset_ns, once.drift_ns_max)


def test_each_time_the_drift_goes_beyond_its_limit_is_told_once_and_how_often_it_is_asked_changes_nothing() -> None:
    rows = [*steady(0, 3), *steady(-101, 20, start_s=3), *steady(-100, 62, start_s=23), *steady(-150.5, 9, start_s=85)]
    often, once = normaliser(rows), normaliser(rows)
    told = []
    for step in range(1, 950):
        often.catch_up(START_NS + step * SECOND // 10)
        told += often.take_facts()
    once.catch_up(START_NS + 95 * SECOND)

    def fact(offset_ms: int, drift_ms: int) -> ClockDriftHeard:
        return ClockDriftHeard(symbol="BTCUSDT", offset_ms=offset_ms, drift_ms=drift_ms, drift_ms_max=100)

    # 2 ms is the low quantile of what `steady` gives: the first offset is 2 ms, and -98 ms is within bounds.
    assert told == once.take_facts()
    assert told == [(START_NS + 4 * SECOND, fact(-99, 101)), (START_NS + 86 * SECOND, fact(-148, 151))]


def test_unstamped_quotes_leave_the_offset_to_the_trades() -> None:
    silent = quotes([(n * 10, 100.0, 100.1) for n in range(200)])
    prints = trades([(n * 10, 100.0) for n in range(200)], venue_ms=[n * 10 - 3.0 for n in range(200)])
    clock = TimeNormaliser(
        "BTCUSDT", (Stream[Quotes]([(silent, USDM, 0)]), Stream[Trades]([(prints, USDM, 0)]), Stream[Depth]([]))
    )
    clock.catch_up(START_NS + SECOND)
    assert clock.offset_ns == 3 * MS
