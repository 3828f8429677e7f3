"""Market integers become Decimals with a symbol's digits, and never lose one."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.market.live.digits import Digits, digits_of
from interlock.units.money import plain, to_e8
from interlock.venues.binance.instruments import embedded_instruments


@given(value_e8=st.integers(0, 10**17), digits=st.integers(0, 8))
def test_no_digit_is_lost(value_e8: int, digits: int) -> None:
    shown = Digits(digits, digits)
    for value in (shown.price(value_e8), shown.size(value_e8), shown.total(value_e8)):
        assert to_e8(value) == value_e8
        places = len(plain(value).partition(".")[2])
        assert places == digits or (places > digits and value_e8 % 10 ** (8 - digits))


@given(price_e8=st.integers(1, 10**14), size_e8=st.integers(1, 10**13))
def test_a_value_is_the_exact_product(price_e8: int, size_e8: int) -> None:
    shown = Digits(2, 3)
    assert shown.value(price_e8 * size_e8) == Decimal(price_e8 * size_e8).scaleb(-16)


@pytest.mark.parametrize(("market", "digits"), [("usdm", (2, 3)), ("spot", (2, 5))])
def test_digits_are_those_of_tick_and_step_as_written(market: str, digits: tuple[int, int]) -> None:
    shown = digits_of(embedded_instruments(market)["BTCUSDT"])
    assert (shown.price_digits, shown.quantity_digits) == digits
    assert str(shown.price(6_000_010_000_000)) == "60000.10"
