"""The typed error of every parser, and the steps all of them share."""

import re
from decimal import Decimal
from typing import Final, TypeVar

import msgspec

Shape = TypeVar("Shape")
_NUMBER: Final = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?")
_SHOWN_MAX: Final = 200
_TIME_MS_MAX: Final = 253_402_300_800_000  # the year 10000
_NS_PER_MS: Final = 1_000_000


class Unreadable(Exception):
    """Bytes of the venue that cannot be used. `where` is the kind of body, `what` names the field and what is wrong.

    Parsers raise it among themselves and return it from their doors.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where = where
        self.what = what


def decoded(decoder: msgspec.json.Decoder[Shape], where: str, body: bytes) -> Shape:
    """Return a body as its shape. Errors: Unreadable names the field that is missing or of an unknown value."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(where, str(error)[:_SHOWN_MAX] or type(error).__name__) from error


def number(where: str, field: str, text: str) -> Decimal:
    """Return a plain decimal. Errors: Unreadable for an exponent, a blank, NaN or more than 20 digits on a side."""
    if not _NUMBER.fullmatch(text):
        raise Unreadable(where, f"{field} is {text[:40]!r}, not a plain number")
    return Decimal(text)


def amount(where: str, field: str, text: str) -> Decimal:
    """Return a decimal from zero up. Errors: Unreadable."""
    value = number(where, field, text)
    if value < 0:
        raise Unreadable(where, f"{field} is {text[:40]}, below 0")
    return value


def time_ns(where: str, field: str, time_ms: int) -> int:
    """Return a venue's time in nanoseconds. Errors: Unreadable for one before 1970 or in another unit."""
    if not 0 <= time_ms < _TIME_MS_MAX:
        raise Unreadable(where, f"{field} is {time_ms}, no time in milliseconds")
    return time_ms * _NS_PER_MS
