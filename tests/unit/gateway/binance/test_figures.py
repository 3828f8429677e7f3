"""Amounts and ids as text."""

from decimal import Decimal

import pytest

from interlock.gateway.binance.client_ids import ClientIds
from interlock.gateway.binance.render.figures import brief, eight, fixed, milliseconds, ratio


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        ("1E-8", 8, "0.00000001"),
        ("1E+3", 2, "1000.00"),
        ("0", 5, "0.00000"),
        ("-0", 2, "0.00"),
        ("-0.001", 2, "0.00"),
        ("-0.01", 2, "-0.01"),
        ("-1E-12", 8, "0.00000000"),
        ("250000", 0, "250000"),
    ],
)
def test_an_amount_has_its_digits_and_no_exponent_and_no_minus_zero(value: str, digits: int, text: str) -> None:
    assert fixed(Decimal(value), digits) == text


def test_short_forms_lose_no_whole_digits() -> None:
    assert [brief(Decimal(text)) for text in ("100", "0", "-0.50", "1E-8")] == ["100", "0", "-0.5", "0.00000001"]
    assert eight(ratio(Decimal(1), Decimal(0))) == "0.00000000"


def test_a_time_that_has_not_come_stays_so() -> None:
    assert (milliseconds(-1), milliseconds(1_999_999)) == (-1, 1)


def test_ids_are_drawn_once_and_differ_by_seed() -> None:
    one, other = ClientIds(b"one"), ClientIds(b"other")
    drawn = [ids.draw() for ids in (one, one, other, other)]
    assert len(set(drawn)) == 4
    assert all(len(each) == 22 and each.isalnum() for each in drawn)
    assert ClientIds(b"one").draw() == drawn[0]
