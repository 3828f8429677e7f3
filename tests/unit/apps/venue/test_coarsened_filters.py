"""Filters made coarser are filters that an order can meet."""

from decimal import Decimal

import msgspec
import pytest

from interlock.apps.venue.markets import coarsened
from interlock.market.live.listing import made_listing
from interlock.ports.exchange.words import Market
from interlock.venues.binance.instruments import embedded_instruments


@pytest.mark.parametrize("market", list(Market))
@pytest.mark.parametrize("factor", [3, 10, 100])
def test_the_least_price_and_quantity_are_multiples_of_the_new_steps(market: Market, factor: int) -> None:
    listing = made_listing(market, embedded_instruments(market.value), 0)
    before, after = (
        {each["symbol"]: {one["filterType"]: one for one in each["filters"]} for each in body["symbols"]}
        for body in map(msgspec.json.decode, (listing.body, coarsened(listing, "BTCUSDT", factor).body))
    )
    for symbol, filters in after.items():
        times = factor if symbol == "BTCUSDT" else 1
        for name, least, step in (
            ("PRICE_FILTER", "minPrice", "tickSize"),
            ("LOT_SIZE", "minQty", "stepSize"),
            ("MARKET_LOT_SIZE", "minQty", "stepSize"),
        ):
            old, new = before[symbol][name], filters[name]
            assert Decimal(new[step]) == Decimal(old[step]) * times
            assert Decimal(new[least]) >= Decimal(old[least])
            if Decimal(new[step]):
                assert Decimal(new[least]) % Decimal(new[step]) == 0
                assert Decimal(new[least]) - Decimal(old[least]) < Decimal(new[step])
