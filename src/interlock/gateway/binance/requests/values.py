"""Texts of parameters as numbers, truths and words. The digits are checked by hand: no pattern runs per request."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeVar

from interlock.gateway.binance import refusals
from interlock.gateway.binance.requests.parameters import Parameters
from interlock.ports.exchange.refusals import ExchangeError

_Word = TypeVar("_Word")
_TRUTHS = {"true": True, "false": False}
_SPOT_ID_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
_FUTURES_ID_CHARACTERS = _SPOT_ID_CHARACTERS | frozenset(".:/")
_ID_LENGTH_MAX = 36
_INTEGER_MAX = 2**63 - 1  # the venue counts in signed 64 bits


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 20


def integer(given: Parameters, name: str) -> int | None:
    """Return a whole number of zero or more, None when it was not sent. Errors: -1100, -1102 beyond 64 bits."""
    text = given.get(name)
    if text is None:
        return None
    if not _is_digits(text):
        raise refusals.illegal(name, refusals.INTEGER_RANGE)
    value = int(text)
    if value > _INTEGER_MAX:
        raise refusals.missing(name)
    return value


def need_integer(given: Parameters, name: str) -> int:
    """Return a whole number of zero or more. Errors: -1100, -1102."""
    value = integer(given, name)
    if value is None:
        raise refusals.missing(name)
    return value


def decimal(given: Parameters, name: str, digits_max: int, *, is_spot: bool) -> Decimal | None:
    """Return a number of zero or more, None when it was not sent. Errors: -1100, -1111 beyond `digits_max`."""
    text = given.get(name)
    if text is None:
        return None
    whole, point, fraction = text.partition(".")
    if not _is_digits(whole) or (point and not _is_digits(fraction)):
        raise refusals.illegal(name, refusals.DECIMAL_RANGE)
    if len(fraction) > digits_max and len(fraction.rstrip("0")) > digits_max:
        raise refusals.too_precise(name, is_spot)
    return Decimal(text)


def truth(given: Parameters, name: str, default: bool = False) -> bool:
    """Return true or false, in any case of letters. Errors: -1130."""
    text = given.get(name)
    if text is None:
        return default
    found = _TRUTHS.get(text.lower())
    if found is None:
        raise refusals.not_valid(name)
    return found


def word(text: str, words: Mapping[str, _Word], refusal: Callable[[], ExchangeError]) -> _Word:
    """Return what a word of a closed list means. Errors: the one given."""
    found = words.get(text)
    if found is None:
        raise refusal()
    return found


def limit(given: Parameters, default: int, most: int) -> int:
    """Return how many rows are asked for: more than `most` is `most` on spot, refused on futures. Errors: -1130."""
    value = integer(given, "limit")
    if value is None:
        return default
    if value < 1 or (value > most and not given.is_strict):
        raise refusals.not_valid("limit")
    return min(value, most)


def client_id(given: Parameters, name: str, *, is_spot: bool) -> str | None:
    """Return a client's own id of an order, None when it was not sent. Errors: -1100."""
    text = given.get(name)
    if text is None:
        return None
    legal = _SPOT_ID_CHARACTERS if is_spot else _FUTURES_ID_CHARACTERS
    if len(text) > _ID_LENGTH_MAX or not legal.issuperset(text):
        raise refusals.illegal(name, refusals.CLIENT_ID_RANGE if is_spot else refusals.FUTURES_CLIENT_ID_RANGE)
    return text
