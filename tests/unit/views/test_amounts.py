from decimal import Decimal

import pytest

from interlock.views.amounts import printable, usdt


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1234567.891", "1,234,567.89 USDT"),
        ("-0.004", "-0.004 USDT"),
        ("0.00000001", "0.00000001 USDT"),
        ("0E-8", "0.00 USDT"),
        ("-0", "0.00 USDT"),
        ("-12.5", "-12.50 USDT"),
        ("1E+3", "1,000.00 USDT"),
    ],
)
def test_an_amount_reads_well_and_is_never_shown_as_less_than_it_is(value: str, text: str) -> None:
    assert usdt(Decimal(value)) == text


def test_what_would_move_the_cursor_is_written_out() -> None:
    assert printable("plain text, größer") == "plain text, größer"
    assert printable("a\nb\x1b[0m\u200b") == "a\\nb\\x1b[0m\\u200b"
