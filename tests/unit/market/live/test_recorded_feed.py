"""A recording is played as it was heard: no bad tick, ids that only rise, and again and again where that is wanted."""

import pytest

from interlock.market.live.recorded import RecordedFeed
from interlock.market.live.ticks import BookCleared, DepthTick, MarkTick, QuoteDenied, QuoteTick, Tick, TradeTick
from interlock.market.recordings.columns import RecordingSet
from interlock.market.tape import Tape
from interlock.messages import policy
from interlock.ports.exchange.words import Market
from interlock.units.faults import Fault
from tests.unit.market.feeds import SPOT, START_NS, diff, quotes, recording, recording_set, snapshot, trades
from tests.unit.market.live.shows import Show, by_hand, recorded_set, ticks_of

pytestmark = pytest.mark.slow

SETS = [
    ("l1-trades-tardis-binance-usdm-20200222", Market.USDM),
    ("l1l2-binance-usdm-20230404", Market.USDM),
    ("l1l2-binance-usdm-20240808", Market.USDM),
    ("l1l2-binance-spot-20240808", Market.SPOT),
]


def good_of_the_tape(recordings: RecordingSet) -> list[tuple[int, str, bool, tuple[int, ...]]]:
    """Return the good quotes and trades as the tape gives them on, with when each was known."""
    tape = Tape(recordings, policy.Bars(period_s=86_400))
    every = frozenset(tape.symbols)
    window = tape.window(tape.end_ns + 1, every, every, rows_max=10**9)
    values = zip(window.a, window.b, window.c, window.d, strict=True)
    return list(zip(window.at_ns, window.symbol, window.is_trade, values, strict=True))


def as_on_the_tape(tick: QuoteTick | TradeTick) -> tuple[int, str, bool, tuple[int, ...]]:
    if isinstance(tick, QuoteTick):
        return tick.at_ns, tick.symbol, False, (tick.bid_e8, tick.ask_e8, tick.bid_size_e8, tick.ask_size_e8)
    return tick.at_ns, tick.symbol, True, (tick.price_e8, tick.quantity_e8, int(tick.buyer_is_aggressor), 0)


@pytest.mark.parametrize(("name", "market"), SETS)
def test_exactly_the_good_ticks_of_the_tape_are_played_in_its_order(name: str, market: Market) -> None:
    recordings = recorded_set(name)
    ticks = ticks_of(RecordedFeed(recordings, market), 10**9)
    played = [as_on_the_tape(tick) for tick in ticks if isinstance(tick, QuoteTick | TradeTick)]
    assert played == good_of_the_tape(recordings)
    depth = sum(len(part.depth.line) for parts in recordings.recordings.values() for part in parts)
    marks = sum(len(part.marks.line) for parts in recordings.recordings.values() for part in parts)
    assert sum(isinstance(tick, DepthTick) for tick in ticks) == depth
    assert sum(isinstance(tick, MarkTick) for tick in ticks) == marks


def test_no_bad_tick_is_shown() -> None:
    bad = {3: (5.0, 5.2), 4: (101.0, 99.0), 5: (100.0, 100.0)}  # far away, crossed, locked
    rows = [(at_ms, *bad.get(at_ms, (99.9 + at_ms / 1_000, 100.2))) for at_ms in range(10)]
    traded = trades([(3.5, 40.0), (4.5, 100.0), (5.5, 100.0)], is_market=[True, False, True])
    feed = by_hand(recording(quotes=quotes(rows), trades=traded))
    ticks = ticks_of(feed, 100)
    assert [round(tick.at_ns - START_NS) // 10**6 for tick in ticks if isinstance(tick, QuoteTick)] == [
        0,
        1,
        2,
        6,
        7,
        8,
        9,
    ]
    assert [tick.trade_id for tick in ticks if isinstance(tick, TradeTick)] == [3]


def test_a_quote_that_the_book_denies_is_told_of_and_nothing_is_to_be_had_until_the_next() -> None:
    rows = [(at_ms, 99.9, 100.1) for at_ms in range(2, 1_000, 50)]
    rows[10] = (rows[10][0], 97.9, 98.1)
    depth = [snapshot(0, 5, [(99.9, 1.0)], [(100.1, 1.0)]), diff(1, (5, 6, 4))]
    depth += [diff(at_ms, (final, final, final - 1)) for final, at_ms in enumerate(range(20, 1_000, 50), start=7)]
    feed = by_hand(recording(quotes=quotes(rows), depth=depth))
    ticks = ticks_of(feed, 1_000)
    place = next(n for n, tick in enumerate(ticks) if isinstance(tick, QuoteDenied))
    assert ticks[place].at_ns == START_NS + 502 * 10**6
    assert not any(isinstance(tick, QuoteTick) and tick.bid_e8 < 9_900_000_000 for tick in ticks)


def test_looped_it_goes_on_with_rising_ids_after_the_book_was_voided() -> None:
    depth = [snapshot(0, 50, [(99.0, 1.0)], [(101.0, 1.0)]), diff(1, (50, 60, 49)), diff(40, (61, 70, 60))]
    made = recording(
        quotes=quotes([(0, 99.0, 101.0), (50, 99.1, 101.0)], update_ids=[55, 75]),
        trades=trades([(10, 100.0), (20, 100.0)], trade_ids=[7, 8]),
        depth=depth,
    )
    ticks = ticks_of(by_hand(made, is_looped=True), 24)
    (first, second, third) = (ticks[:7], ticks[7:15], ticks[15:23])
    assert isinstance(second[0], BookCleared) and isinstance(third[0], BookCleared)
    assert [tick.at_ns for tick in ticks] == sorted(tick.at_ns for tick in ticks)
    assert [tick.at_ns - second[0].at_ns for tick in second[1:]] == [tick.at_ns - START_NS for tick in first]
    assert second[0].at_ns - first[-1].at_ns == 10**9

    def of(playing: list[Tick]) -> tuple[list[int], list[int]]:
        updates = [tick.update_id for tick in playing if isinstance(tick, QuoteTick)]
        for tick in playing:
            if isinstance(tick, DepthTick):
                updates += [tick.first_id, tick.last_id] + ([] if tick.is_snapshot else [tick.previous_id])
        return updates, [tick.trade_id for tick in playing if isinstance(tick, TradeTick)]

    shifts = {after - before for before, after in zip(of(first)[0], of(second[1:])[0], strict=True)}
    assert len(shifts) == 1  # all ids of updates keep their distances
    assert min(of(second)[0]) > max(of(first)[0]) + 1
    assert min(of(third)[0]) > max(of(second)[0]) + 1
    assert [of(playing)[1] for playing in (first, second, third)] == [[7, 8], [9, 10], [11, 12]]


def test_not_looped_it_ends() -> None:
    feed = by_hand(recording(quotes=quotes([(0, 99.0, 101.0)])))
    assert len(feed.next_ticks()) == 1
    assert feed.next_ticks() == []
    assert feed.next_ticks() == []


def test_looped_without_a_good_tick_it_ends_too() -> None:
    feed = by_hand(recording(quotes=quotes([(0, 101.0, 99.0)])), is_looped=True)
    assert feed.next_ticks() == []


def test_quotes_and_trades_without_ids_are_counted_on_through_loops() -> None:
    made = recording(
        quotes=quotes([(0, 99.0, 101.0), (1, 99.1, 101.0)], update_ids=[0, 0]),
        trades=trades([(2, 100.0), (3, 100.1)], trade_ids=[0, 0]),
    )
    show = Show(by_hand(made, is_looped=True))
    show.play(2_500)
    assert [trade.trade_id for trade in show.market.trades("BTCUSDT", 10)] == [1, 2, 3, 4, 5, 6]
    quote = show.market.quote("BTCUSDT")
    assert quote is not None
    assert quote.update_id == 6


def test_a_market_without_a_tick_is_refused() -> None:
    with pytest.raises(Fault, match="no tick of the market spot"):
        by_hand(recording(quotes=quotes([(0, 99.0, 101.0)])), market=Market.SPOT)


def test_only_the_symbols_of_the_market_are_played() -> None:
    made = recording_set(
        recording("BTCUSDT", quotes=quotes([(0, 99.0, 101.0)])),
        recording("ETHUSDT", trades=trades([(0, 99.0)]), source=SPOT),
    )
    assert RecordedFeed(made, Market.USDM).symbols == ("BTCUSDT",)
    assert RecordedFeed(made, Market.SPOT).symbols == ("ETHUSDT",)
    assert RecordedFeed(made, Market.SPOT).depth_symbols == frozenset()
