"""What streams ask is counted by what it weighs, the same way at every depth."""

import pytest

from interlock.ports.exchange.words import Market
from interlock.venues.binance.streams.asked_reads import weight_of
from interlock.venues.binance.streams.reads import depth_wanted, quote_wanted, trades_wanted


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
