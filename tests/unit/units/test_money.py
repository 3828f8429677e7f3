from collections.abc import Iterator
from decimal import (
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    FloatOperation,
    InvalidOperation,
    Overflow,
    localcontext,
)

import pytest

from interlock.units import money as m


@pytest.fixture(autouse=True)
def context() -> Iterator[None]:
    """Compute in the context of money, whatever another test has left behind."""
    with localcontext(Context()):
        m.install_context()
        yield


def d(text: str) -> Decimal:
    return Decimal(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0E-8", "0.00000000"),
        ("-0", "0"),
        ("-0.00", "0.00"),
        ("1.2E-7", "0.00000012"),
        ("1E+3", "1000"),
        ("-1.50", "-1.50"),
        ("12345678901234567890.12345678", "12345678901234567890.12345678"),
    ],
)
def test_money_is_written_plain(value: str, text: str) -> None:
    assert m.plain(d(value)) == text


@pytest.mark.parametrize(
    ("value", "text"), [("1.500", "1.5"), ("100", "100"), ("2.000", "2"), ("-0.0", "0"), ("1E+2", "100")]
)
def test_people_see_no_trailing_zeros(value: str, text: str) -> None:
    assert m.trimmed(d(value)) == text


@pytest.mark.parametrize(
    ("value", "rounded"),
    [("0.000000005", "0E-8"), ("0.000000015", "2E-8"), ("0.000000025", "2E-8"), ("-0.000000015", "-2E-8")],
)
def test_money_is_rounded_half_to_even_at_its_scale(value: str, rounded: str) -> None:
    assert m.money(d(value)) == d(rounded)


def test_money_that_rounds_to_nothing_is_not_minus_nothing() -> None:
    assert not m.money(d("-0.000000001")).is_signed()
    assert not m.bps_of(d("-0.0000000001"), d("100")).is_signed()


@pytest.mark.parametrize(
    ("value", "down", "up"), [("1.27", "1.2", "1.3"), ("1.2", "1.2", "1.2"), ("0", "0", "0"), ("0.09", "0.0", "0.1")]
)
def test_steps_go_to_the_named_side_and_leave_what_is_on_the_grid(value: str, down: str, up: str) -> None:
    assert m.step_down(d(value), d("0.1")) == d(down)
    assert m.step_up(d(value), d("0.1")) == d(up)
    assert m.is_on_step(d(value), d("0.1")) == (down == up)


def test_market_integers_are_exact() -> None:
    assert m.from_e8(5_000_012_345_678) == d("50000.12345678")
    assert m.to_e8(d("50000.12345678")) == 5_000_012_345_678
    with pytest.raises(AssertionError, match="finer than 1e-8"):
        m.to_e8(d("0.000000001"))


@pytest.mark.parametrize(
    ("value", "limit", "percent"),
    [("50", "200", "25"), ("1", "3", "33"), ("300", "200", "150"), ("0", "0", "100"), ("1", "0", "999999")],
)
def test_utilisation_is_whole_percent_rounded_down(value: str, limit: str, percent: str) -> None:
    assert m.percent_of(d(value), d(limit)) == d(percent)


def test_basis_points_go_both_ways() -> None:
    assert m.bps_of(d("5"), d("1000")) == d("50")
    assert m.bps_of(d("1"), d("3")) == d("3333.3333")
    assert m.share_bps(d("1000"), d("50")) == d("5")


def test_the_context_traps_what_would_be_wrong_in_silence() -> None:
    with pytest.raises(DivisionByZero):
        m.divide(d("1"), d("0"))
    with pytest.raises(InvalidOperation):
        d("Infinity") - d("Infinity")
    with pytest.raises(FloatOperation):
        assert d("1") < 1.5
    with pytest.raises(Overflow):
        d("1E+999999") * d("10")


def test_the_context_keeps_thirty_four_digits() -> None:
    assert len(str(m.divide(d("1"), d("3")))) == len("0.") + 34


def test_installing_replaces_whatever_context_stood_before() -> None:
    with localcontext(Context(prec=3, rounding=ROUND_HALF_UP)):
        m.install_context()
        assert m.divide(d("2"), d("3")) == d("0." + "6" * 33 + "7")
