"""The real bodies of exchange information, every symbol of them."""

import gzip
import json
from decimal import Decimal

import pytest

from interlock.units.money import install_context
from interlock.venues.binance.filters import instruments_of
from tests.recordings import recording

install_context()


@pytest.mark.parametrize(
    ("name", "market", "listed", "tradable"),
    [
        ("usdm-20210721", "usdm", 122, 117),
        ("spot-20230410", "spot", 2183, 1405),
        ("spot-20191108", "spot", 657, 570),
        ("coinm-20200818", "coinm", 8, 0),
    ],
)
def test_every_symbol_of_a_real_body_is_read_as_it_stands(name: str, market: str, listed: int, tradable: int) -> None:
    body = gzip.decompress((recording("binance-wire") / "exchange-info" / f"{name}.json.gz").read_bytes())
    instruments = instruments_of(body)
    assert len(instruments) == listed
    assert sum(each.is_tradable for each in instruments.values()) == tradable
    for raw in json.loads(body)["symbols"]:
        found = instruments[raw["symbol"]]
        filters = {each["filterType"]: each for each in raw["filters"]}
        price, lot = filters["PRICE_FILTER"], filters["LOT_SIZE"]
        assert (found.market, found.base, found.quote) == (market, raw["baseAsset"], raw["quoteAsset"])
        assert (found.price_tick, found.price_min, found.price_max) == (
            Decimal(price["tickSize"]),
            Decimal(price["minPrice"]),
            Decimal(price["maxPrice"]),
        )
        assert (found.quantity_step, found.quantity_min, found.quantity_max) == (
            Decimal(lot["stepSize"]),
            Decimal(lot["minQty"]),
            Decimal(lot["maxQty"]),
        )
        least = filters.get("MIN_NOTIONAL", {"notional": "0"})
        assert found.notional_min == Decimal(least.get("minNotional", least.get("notional")))
        assert found.market_quantity_max <= found.quantity_max
        assert found.is_tradable is not bool(found.why_not_tradable)
