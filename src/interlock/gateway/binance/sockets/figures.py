"""Amounts as futures' market streams write them."""

from decimal import Decimal


def own_digits(value: Decimal) -> str:
    """Return an amount with the digits it has, never with an exponent. Made for what comes at its right digits."""
    text = str(value)
    return format(value, "f") if "E" in text else text
