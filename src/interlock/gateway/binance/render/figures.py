"""Amounts as text on the wire: plain decimals with a given number of digits, never a float, never minus zero."""

from decimal import Decimal

import msgspec

from interlock.units.money import ZERO, divide
from interlock.units.time import NS_PER_MS

encode = msgspec.json.Encoder().encode
"""The one encoder of answers."""

_FORMATS = tuple(f".{digits}f" for digits in range(41))
_ZEROS = tuple(format(ZERO, each) for each in _FORMATS)
_MINUS_ZEROS = frozenset("-" + zero for zero in _ZEROS)


def fixed(value: Decimal, digits: int) -> str:
    """Return an amount with so many digits after the point."""
    if not value:
        return _ZEROS[digits]
    text = format(value, _FORMATS[digits])
    return text[1:] if text in _MINUS_ZEROS else text


def eight(value: Decimal) -> str:
    """Return an amount with eight digits after the point."""
    return fixed(value, 8)


def brief(value: Decimal) -> str:
    """Return an amount without trailing zeros after the point."""
    text = fixed(value, 8)
    return text.rstrip("0").rstrip(".")


def ratio(numerator: Decimal, denominator: Decimal) -> Decimal:
    """Return the quotient; zero where there is nothing to divide by."""
    return divide(numerator, denominator) if denominator else ZERO


def milliseconds(at_ns: int) -> int:
    """Return a time in milliseconds; -1 stays -1, which is how the venue writes "not yet"."""
    return at_ns // NS_PER_MS if at_ns >= 0 else -1
