"""The built-in symbols."""

from decimal import Decimal

import pytest

from interlock.units.faults import Fault
from interlock.units.money import install_context, is_on_step
from interlock.venues.binance.instruments import embedded_instruments

install_context()


def test_futures_have_the_filters_of_the_venue_and_may_be_traded() -> None:
    listed = embedded_instruments("usdm")
    assert [(i.symbol, i.price_tick, i.quantity_step, i.notional_min) for i in listed.values()] == [
        ("BTCUSDT", Decimal("0.10"), Decimal("0.001"), Decimal(100)),
        ("ETHUSDT", Decimal("0.01"), Decimal("0.001"), Decimal(20)),
    ]
    assert all(each.is_tradable and not each.why_not_tradable for each in listed.values())


def test_spot_has_the_filters_of_the_venue_and_may_be_traded() -> None:
    listed = embedded_instruments("spot")
    assert sorted(listed) == ["BTCUSDT", "ETHUSDT"]
    assert (listed["BTCUSDT"].quantity_step, listed["BTCUSDT"].notional_min) == (Decimal("0.00001"), Decimal(5))
    assert all(each.is_tradable and not each.why_not_tradable for each in listed.values())


@pytest.mark.parametrize("market", ["usdm", "spot"])
def test_every_bound_lies_on_its_step(market: str) -> None:
    for each in embedded_instruments(market).values():
        assert is_on_step(each.price_min, each.price_tick) and is_on_step(each.price_max, each.price_tick)
        for quantity in (each.quantity_min, each.quantity_max, each.market_quantity_max):
            assert is_on_step(quantity, each.quantity_step)
        assert 0 < each.quantity_min <= each.market_quantity_max <= each.quantity_max


def test_an_unknown_market_is_named_with_what_is_known() -> None:
    with pytest.raises(Fault, match="'options'") as caught:
        embedded_instruments("options")
    assert "usdm, spot" in caught.value.hint
