"""Market integers as Decimals with the digits that a symbol is shown with."""

from decimal import Decimal
from functools import lru_cache, partial

from interlock.units.instruments import Instrument
from interlock.units.money import from_e8

_E8_DIGITS = 8
_RECURRING = 16_384


class Digits:
    """How many digits a symbol's prices and quantities have. A value with finer digits than that keeps them."""

    def __init__(self, price_digits: int, quantity_digits: int) -> None:
        self.price_digits = price_digits
        self.quantity_digits = quantity_digits
        # Prices and sizes recur: most of a book is what it was.
        self.price = lru_cache(_RECURRING)(partial(decimal_of, price_digits))
        self.size = lru_cache(_RECURRING)(partial(decimal_of, quantity_digits))

    def total(self, quantity_e8: int) -> Decimal:
        """Return a sum of quantities."""
        return decimal_of(self.quantity_digits, quantity_e8)

    def value(self, value_e16: int) -> Decimal:
        """Return a sum of prices times quantities, each in units of 1e-8."""
        digits = self.price_digits + self.quantity_digits
        whole, rest = divmod(value_e16, 10 ** (2 * _E8_DIGITS - digits))
        if rest:
            return Decimal(value_e16).scaleb(-2 * _E8_DIGITS).normalize()
        return Decimal(whole).scaleb(-digits)


def digits_of(instrument: Instrument) -> Digits:
    """Return the digits of an instrument's tick and step, as they are written."""
    return Digits(_places(instrument.price_tick), _places(instrument.quantity_step))


def decimal_of(digits: int, value_e8: int) -> Decimal:
    """Return a value in units of 1e-8 with so many digits after the point, or with all it has when they are finer."""
    whole, rest = divmod(value_e8, 10 ** (_E8_DIGITS - digits))
    return from_e8(value_e8).normalize() if rest else Decimal(whole).scaleb(-digits)


def _places(step: Decimal) -> int:
    exponent = step.as_tuple().exponent
    assert isinstance(exponent, int), step
    return min(_E8_DIGITS, max(0, -exponent))
