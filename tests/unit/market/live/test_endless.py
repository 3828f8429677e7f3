"""The simulated market without an end: one seed one market, carried on from stretch to stretch, the same on both."""

import os
import subprocess
import sys
from hashlib import sha256
from itertools import pairwise

import msgspec
import pytest

from interlock.market.live.endless import EndlessFeed
from interlock.market.live.player import FeedPlayer
from interlock.market.live.ticks import DepthTick, QuoteTick, Tick, TradeTick
from interlock.ports.exchange.words import Market
from interlock.units.faults import Fault
from interlock.units.time import NS_PER_S
from interlock.venues.binance.instruments import embedded_instruments
from tests.unit.market.live.shows import PRESENT_NS, ticks_of

pytestmark = pytest.mark.slow

HOUR_NS = 3_600 * NS_PER_S


def endless(seed: int, market: Market = Market.USDM) -> EndlessFeed:
    return EndlessFeed(seed, market, embedded_instruments(market.value))


def digest(seed: int) -> str:
    return sha256(repr(ticks_of(endless(seed), 20_000)).encode()).hexdigest()


def hours(feed: EndlessFeed, count: int) -> list[Tick]:
    ticks: list[Tick] = []
    while not ticks or ticks[-1].at_ns < feed.start_ns + count * HOUR_NS:
        ticks += feed.next_ticks()
    return ticks


def test_a_seed_names_one_market_and_another_seed_another() -> None:
    assert digest(7) == digest(7)
    assert digest(7) != digest(8)


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_the_hash_seed_does_not_change_it(hash_seed: str) -> None:
    program = "from tests.unit.market.live.test_endless import *; sys.stdout.write(digest(7))"
    path = os.pathsep.join(each for each in sys.path if each)
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == digest(7)


def test_how_it_is_played_does_not_change_it() -> None:
    one, other = FeedPlayer(endless(3), PRESENT_NS), FeedPlayer(endless(3), PRESENT_NS)
    coarse = one.advance(PRESENT_NS + 1, 1) + one.advance(PRESENT_NS + 5 * NS_PER_S, 10**6)
    fine: list[Tick] = []
    for millisecond in range(5_001):
        fine += other.advance(PRESENT_NS + millisecond * 1_000_000, 2)
        fine += other.advance(PRESENT_NS + millisecond * 1_000_000)
    assert fine == coarse
    assert len(fine) > 50


@pytest.mark.parametrize("market", list(Market))
def test_hour_after_hour_prices_ids_and_times_carry_on(market: Market) -> None:
    ticks = hours(endless(11, market), 3)
    assert [tick.at_ns for tick in ticks] == sorted(tick.at_ns for tick in ticks)
    for symbol in ("BTCUSDT", "ETHUSDT"):
        quotes = [tick for tick in ticks if isinstance(tick, QuoteTick) and tick.symbol == symbol]
        trades = [tick for tick in ticks if isinstance(tick, TradeTick) and tick.symbol == symbol]
        diffs = [
            tick for tick in ticks if isinstance(tick, DepthTick) and tick.symbol == symbol and not tick.is_snapshot
        ]
        assert all(abs(two.bid_e8 - one.bid_e8) * 200 < one.bid_e8 for one, two in pairwise(quotes))
        assert all(two.update_id > one.update_id and one.bid_e8 < one.ask_e8 for one, two in pairwise(quotes))
        assert all(two.at_ns - one.at_ns < 10 * NS_PER_S for one, two in pairwise(quotes))
        assert [tick.trade_id for tick in trades] == list(range(trades[0].trade_id, trades[0].trade_id + len(trades)))
        assert all(two.previous_id == one.last_id == two.first_id - 1 for one, two in pairwise(diffs))
        assert all(two.at_ns - one.at_ns < 10 * NS_PER_S for one, two in pairwise(diffs))
        assert len([tick for tick in ticks if isinstance(tick, DepthTick) and tick.symbol == symbol]) == len(diffs) + 1


def test_no_call_makes_more_than_a_few_stretches_and_little_waits() -> None:
    feed = endless(5)
    most = max(len(feed.next_ticks()) for _ in range(200))
    assert most < 10_000


def test_spot_and_futures_of_one_seed_go_the_same_way() -> None:
    paths = {}
    for market in Market:
        quotes = [t for t in hours(endless(9, market), 1) if isinstance(t, QuoteTick) and t.symbol == "BTCUSDT"]
        paths[market] = [(tick.at_ns, tick.bid_e8) for tick in quotes]
    count = min(map(len, paths.values()))
    assert count > 5_000
    for (at_ns, spot), (other_ns, futures) in zip(paths[Market.SPOT][:count], paths[Market.USDM][:count], strict=True):
        assert at_ns == other_ns
        assert abs(spot - futures) <= 30_000_000  # the wider tick's rounding, and wide spreads


@pytest.mark.parametrize("market", list(Market))
def test_prices_and_sizes_are_on_the_grid_of_the_instrument(market: Market) -> None:
    instruments = embedded_instruments(market.value)
    spreads: dict[str, set[int]] = {symbol: set() for symbol in instruments}
    for tick in ticks_of(endless(5, market), 5_000):
        price_tick = int(instruments[tick.symbol].price_tick * 10**8)
        step = int(instruments[tick.symbol].quantity_step * 10**8)
        if isinstance(tick, QuoteTick):
            assert (tick.bid_e8 % price_tick, tick.ask_e8 % price_tick, tick.bid_size_e8 % step) == (0, 0, 0)
            spreads[tick.symbol].add((tick.ask_e8 - tick.bid_e8) // price_tick)
        elif isinstance(tick, TradeTick):
            assert (tick.price_e8 % price_tick, tick.quantity_e8 % step) == (0, 0)
    assert all(min(each) == 1 for each in spreads.values())


def test_a_trade_is_at_the_best_price_of_its_moment() -> None:
    quoted: dict[str, QuoteTick] = {}
    for tick in hours(endless(2), 1):
        if isinstance(tick, QuoteTick):
            quoted[tick.symbol] = tick
        elif isinstance(tick, TradeTick):
            best = quoted[tick.symbol]
            assert tick.price_e8 == (best.ask_e8 if tick.buyer_is_aggressor else best.bid_e8)


@pytest.mark.parametrize("away", [1.0, -1.0])
def test_far_from_where_it_began_it_drifts_back(away: float) -> None:
    feed = endless(3)
    feed._symbols["BTCUSDT"]._log_price += away
    bids = [tick.bid_e8 for tick in hours(feed, 1) if isinstance(tick, QuoteTick) and tick.symbol == "BTCUSDT"]
    # The first quotes may still be at the first price: the moved one counts from the first move on.
    moved = bids[50]
    assert (bids[-1] < moved * 0.995) if away > 0 else (bids[-1] > moved * 1.005)


def test_a_symbol_it_does_not_know_is_refused() -> None:
    known = embedded_instruments("usdm")["BTCUSDT"]
    strange = {"XRPUSDT": msgspec.structs.replace(known, symbol="XRPUSDT")}
    with pytest.raises(Fault, match="no XRPUSDT; it knows BTCUSDT, ETHUSDT"):
        EndlessFeed(1, Market.USDM, strange)
    with pytest.raises(Fault, match="No symbol"):
        EndlessFeed(1, Market.USDM, {})
