"""The player hands ticks out when they are due: in order, moved onto the present, never hurrying."""

import pytest

from interlock.market.live.player import FeedPlayer
from interlock.market.live.ticks import QuoteTick, Tick, TradeTick
from interlock.units.faults import Fault
from interlock.units.time import NS_PER_MS
from tests.unit.market.feeds import quotes, recording, trades
from tests.unit.market.live.shows import PRESENT_NS, by_hand

ROWS = [(0.0, 99.0, 101.0), (10.0, 99.1, 101.0), (30.0, 99.2, 101.0), (1_000.0, 99.3, 101.0)]


def player(speed: int = 1, **terms: int) -> FeedPlayer:
    return FeedPlayer(by_hand(recording(quotes=quotes(ROWS))), PRESENT_NS, speed, **terms)


def offsets_ms(ticks: list[Tick]) -> list[float]:
    return [(tick.at_ns - PRESENT_NS) / NS_PER_MS for tick in ticks]


def test_each_tick_is_due_as_long_after_the_first_as_it_was_heard() -> None:
    plays = player()
    assert plays.due_ns() == PRESENT_NS
    assert offsets_ms(plays.advance(PRESENT_NS + 10 * NS_PER_MS)) == [0, 10]
    assert plays.due_ns() == PRESENT_NS + 30 * NS_PER_MS
    assert plays.advance(PRESENT_NS + 30 * NS_PER_MS - 1) == []
    assert offsets_ms(plays.advance(PRESENT_NS + 30 * NS_PER_MS)) == [30]
    assert offsets_ms(plays.advance(PRESENT_NS + 2_000 * NS_PER_MS)) == [1_000]


def test_it_says_when_the_feed_is_over() -> None:
    plays = player()
    ended = [plays.has_ended]
    plays.advance(PRESENT_NS + 999 * NS_PER_MS)
    plays.prepare()  # finds nothing more to make ready, while one tick still waits
    ended.append(plays.has_ended)
    plays.advance(PRESENT_NS + 1_000 * NS_PER_MS)
    assert [*ended, plays.has_ended] == [False, False, True]
    assert plays.due_ns() is None


def test_at_ten_times_the_speed_ten_times_sooner() -> None:
    plays = player(10)
    assert offsets_ms(plays.advance(PRESENT_NS + 3 * NS_PER_MS)) == [0, 1, 3]
    assert plays.due_ns() == PRESENT_NS + 100 * NS_PER_MS


def test_what_is_not_taken_at_once_stays_due() -> None:
    plays = player()
    assert offsets_ms(plays.advance(PRESENT_NS + 2_000 * NS_PER_MS, ticks_max=3)) == [0, 10, 30]
    assert plays.due_ns() == PRESENT_NS + 1_000 * NS_PER_MS
    assert offsets_ms(plays.advance(PRESENT_NS + 2_000 * NS_PER_MS, ticks_max=3)) == [1_000]


def test_after_a_long_hold_it_carries_on_from_where_it_was() -> None:
    plays = player(lag_ms_max=100)
    plays.advance(PRESENT_NS)
    assert offsets_ms(plays.advance(PRESENT_NS + 5_010 * NS_PER_MS)) == [5_010]
    assert plays.lag_ns == 5_000 * NS_PER_MS
    assert plays.due_ns() == PRESENT_NS + 5_030 * NS_PER_MS
    plays.advance(PRESENT_NS + 5_130 * NS_PER_MS)
    assert plays.lag_ns == 5_000 * NS_PER_MS  # not later than allowed


def test_a_history_is_made_up_at_once_where_much_lag_is_allowed() -> None:
    plays = FeedPlayer(by_hand(recording(quotes=quotes(ROWS))), PRESENT_NS - 900 * NS_PER_MS, lag_ms_max=10**9)
    assert offsets_ms(plays.advance(PRESENT_NS)) == [-900, -890, -870]
    plays.lag_ms_max = 50
    assert offsets_ms(plays.advance(PRESENT_NS + 200 * NS_PER_MS)) == [200]
    assert plays.lag_ns == 100 * NS_PER_MS


def test_venue_times_move_with_the_showing_and_never_lie_after_it() -> None:
    # The recorder's clock is 500 ms behind the venue's; for 40 ms the venue was late in telling, and once it was fast.
    rows = [(at_ms, 99.0 + at_ms / 1_000, 101.0) for at_ms in range(0, 1_000, 10)]
    venue = [1_160 if 660 <= at_ms <= 700 else 560 if at_ms == 50 else at_ms + 500 for at_ms, _, _ in rows]
    plays = FeedPlayer(by_hand(recording(quotes=quotes(rows, venue_ms=venue))), PRESENT_NS)
    ticks = plays.advance(PRESENT_NS + 1_000 * NS_PER_MS)
    late = {(tick.at_ns - PRESENT_NS) // NS_PER_MS: (tick.at_ns - tick.venue_at_ns) / NS_PER_MS for tick in ticks}
    assert [late.pop(at_ms) for at_ms in (670, 680, 690, 700)] == [10, 20, 30, 40]
    assert set(late.values()) == {0}


def test_a_tick_without_a_venue_time_happened_when_it_is_shown() -> None:
    (tick, *_) = player().advance(PRESENT_NS + 1)
    assert isinstance(tick, QuoteTick)
    assert tick.venue_at_ns == tick.at_ns == PRESENT_NS


def test_kinds_and_symbols_come_in_the_one_order_of_their_hearing() -> None:
    feed = by_hand(
        recording("BTCUSDT", quotes=quotes(ROWS[:3]), trades=trades([(10.0, 100.0), (20.0, 100.0)], lines=[4, 5])),
        recording("ETHUSDT", quotes=quotes([(5.0, 99.0, 101.0), (30.0, 99.1, 101.0)], lines=[6, 7])),
    )
    ticks = FeedPlayer(feed, PRESENT_NS).advance(PRESENT_NS + 1_000 * NS_PER_MS)
    told = [
        (tick.symbol[:3], isinstance(tick, TradeTick), at_ms)
        for tick, at_ms in zip(ticks, offsets_ms(ticks), strict=True)
    ]
    assert told == [
        ("BTC", False, 0),
        ("ETH", False, 5),
        ("BTC", False, 10),
        ("BTC", True, 10),
        ("BTC", True, 20),
        ("BTC", False, 30),
        ("ETH", False, 30),
    ]


@pytest.mark.parametrize("speed", [0, -1, 10_001])
def test_a_speed_that_is_not_allowed_is_refused(speed: int) -> None:
    with pytest.raises(Fault, match=f"{speed}-fold; allowed is 1 to 10000"):
        player(speed)
