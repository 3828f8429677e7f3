"""What streams ask is counted by what it weighs, the same way at every depth."""

import asyncio

import pytest

from interlock.ports.exchange.words import Market
from interlock.venues.binance.asking import Asker
from interlock.venues.binance.budget import RATE_LIMITS, Budget
from interlock.venues.binance.endpoints import Place
from interlock.venues.binance.server_time import ServerTime
from interlock.venues.binance.streams.asked_reads import AskedReads, weight_of
from interlock.venues.binance.streams.reads import NotRead, depth_wanted, quote_wanted, trades_wanted
from tests.unit.venues.binance.scripted_venue import WallClock


@pytest.mark.parametrize(
    ("market", "levels", "weight"),
    [
        (Market.SPOT, 5, 5),
        (Market.SPOT, 1_000, 50),
        (Market.USDM, 20, 2),
        (Market.USDM, 1_000, 20),
        (Market.USDM, 9_999, 20),
    ],
)
def test_a_book_weighs_by_how_deep_it_is(market: Market, levels: int, weight: int) -> None:
    assert weight_of(market, depth_wanted(market, "BTCUSDT", levels)) == weight


def test_quotes_weigh_little_and_trades_much() -> None:
    spot, usdm = Market.SPOT, Market.USDM
    assert [weight_of(market, quote_wanted(market, "A")) for market in (spot, usdm)] == [2, 2]
    assert [weight_of(market, trades_wanted(market, "A", 500)) for market in (spot, usdm)] == [25, 5]


def test_a_read_that_our_own_rate_limits_held_back_says_so() -> None:
    async def asked() -> NotRead:
        clock, budget = WallClock(), Budget(RATE_LIMITS[Market.USDM])
        budget.held_until_ns = clock.now_ns() + 3_600_000_000_000
        place, loop = Place("127.0.0.1", 1, False), asyncio.get_running_loop()
        asker = Asker(place, None, clock, budget, ServerTime(), loop, 1)
        with pytest.raises(NotRead) as failed:
            await AskedReads(Market.USDM, asker).public(quote_wanted(Market.USDM, "A"))
        return failed.value

    assert asyncio.run(asked()).is_held_back
    assert not NotRead("status 503").is_held_back
