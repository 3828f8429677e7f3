"""Prices and sizes of market data as integers in units of 1e-8, exact or refused; kept fast, since all of it is."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from interlock.venues.binance.parse.unreadable import Unreadable

_PLACES: Final = 8
_SCALES: Final = tuple(10 ** (_PLACES - places) for places in range(_PLACES + 1))
_DIGITS_MAX: Final = 40
_MOST: Final = 1 << 63
_NO_AMOUNT: Final = -1
# Prices of a book come again and again: remembering the last of them saves two thirds of the work.
_REMEMBERED: Final = 1 << 15
Levels = list[tuple[int, int]]


@lru_cache(maxsize=_REMEMBERED)
def _short_e8_or_less(text: str) -> int:
    """Return the amount, -1 for a text that is no plain decimal from 0 up which fits in 64 bits at 1e-8.

    Only for texts of at most `_DIGITS_MAX` characters: a long one must not be remembered.
    """
    whole, point, fraction = text.partition(".")
    digits = whole + fraction
    if not whole or (point and not fraction) or not (digits.isascii() and digits.isdigit()):
        return _NO_AMOUNT
    if len(fraction) > _PLACES:
        if fraction[_PLACES:].strip("0"):
            return _NO_AMOUNT
        digits, fraction = whole + fraction[:_PLACES], fraction[:_PLACES]
    value = int(digits) * _SCALES[len(fraction)]
    return value if value < _MOST else _NO_AMOUNT


def _e8_or_less(text: str) -> int:
    return _short_e8_or_less(text) if len(text) <= _DIGITS_MAX else _NO_AMOUNT


def amount_e8(where: str, field: str, text: str) -> int:
    """Return an amount from zero up. Errors: Unreadable names the field and its text."""
    value = _e8_or_less(text)
    if value < 0:
        raise Unreadable(where, f"{field} is {text[:40]!r}, no plain number from 0 up with at most 8 digits behind it")
    return value


def above_zero_e8(where: str, field: str, text: str) -> int:
    """Return an amount above zero. Errors: Unreadable names the field and its text."""
    value = _e8_or_less(text)
    if value <= 0:
        raise Unreadable(where, f"{field} is {text[:40]!r}, no plain number above 0")
    return value


def signed_e8(where: str, field: str, text: str) -> int:
    """Return an amount of any sign. Errors: Unreadable names the field and its text."""
    return -amount_e8(where, field, text[1:]) if text.startswith("-") else amount_e8(where, field, text)


def levels_e8(where: str, field: str, given: Sequence[tuple[str, str]]) -> Levels:
    """Return levels as (price, size). A size of 0 deletes the level; a price is above 0. Errors: Unreadable."""
    levels = [
        (_short_e8_or_less(price), _short_e8_or_less(size))
        if len(price) <= _DIGITS_MAX and len(size) <= _DIGITS_MAX
        else (_NO_AMOUNT, _NO_AMOUNT)
        for price, size in given
    ]
    for index, (price, size) in enumerate(levels):
        if price <= 0 or size < 0:
            told = f"{given[index][0][:40]!r} for {given[index][1][:40]!r}"
            raise Unreadable(where, f"level {index} of {field} is {told}, no size from 0 up at a price above 0")
    return levels
