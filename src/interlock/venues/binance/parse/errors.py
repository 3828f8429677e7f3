"""What an answer that is not a success proves: that a request was not done, or nothing at all."""

from typing import Final

import msgspec
from msgspec import Struct

from interlock.venues.binance.parse.unreadable import Unreadable, decoded

_WHERE: Final = "the venue's error"
_TEXT_MAX: Final = 400
OUTSIDE_WINDOW: Final = -1021
_OUTSIDE_WINDOW_INSIDE: Final = -5028  # by the clock of the matching engine
UNKNOWN_ORDER: Final = -2011
NO_SUCH_ORDER: Final = -2013
TOO_MUCH: Final = -1003
OVERLOADED: Final = -1008
_UNAVAILABLE: Final = "Service Unavailable."
# Codes that say nothing of what became of the request, under whatever status they come.
_AMBIGUOUS: Final = frozenset({-1000, -1001, -1004, -1006, -1007, -1016})
# An id is used once and never sent again, so "duplicate" means that a copy of the request was taken before.
_DUPLICATE_CODES: Final = frozenset({-4111, -4116})
_DUPLICATE_TEXT: Final = "duplicate order sent"
# The families in which the venue's codes say no. A code outside them may mean anything.
_REFUSALS: Final = (range(-1199, -1001), range(-2199, -2000), range(-4999, -3999), range(-5999, -4999))
_FILTERS: Final = frozenset(
    {-1013, -1111, -4001, -4002, -4003, -4004, -4005, -4013, -4014, -4016, -4023, -4024, -4131, -4164, -4183, -4184}
)


class VenueError(Struct, frozen=True):
    """A refusal in the venue's words."""

    code: int
    text: str


class _Body(Struct):
    code: int
    msg: str


class _Said(Struct):
    msg: str


_decoder = msgspec.json.Decoder(_Body)
_said_decoder = msgspec.json.Decoder(_Said)


def venue_error(body: bytes) -> VenueError | Unreadable:
    """Return the error that a body tells of; any bytes give one or the other."""
    try:
        found = decoded(_decoder, _WHERE, body)
    except Unreadable as unreadable:
        return unreadable
    return VenueError(found.code, found.msg[:_TEXT_MAX])


def refusal(status: int, body: bytes) -> VenueError | Unreadable:
    """Return the venue's word that a request was not done, or why its answer does not prove that.

    Proof is a code of a refusing family under 4xx, the overload code, and 503 with the text "Service Unavailable.".
    A timeout, an internal error, a page of a proxy, an unknown code: none of them says what became of the request.
    """
    error = venue_error(body)
    if status == 503 and _says_unavailable(body):
        return VenueError(0 if isinstance(error, Unreadable) else error.code, _UNAVAILABLE)
    if isinstance(error, Unreadable):
        return Unreadable(_WHERE, f"status {status}: {error.what}")
    told = f"status {status}, {error.code} {error.text}"
    if error.code == OVERLOADED and 400 <= status < 600:
        return error
    if not 400 <= status < 500 or error.code in _AMBIGUOUS:
        return Unreadable(_WHERE, f"{told}: that does not say what became of the request")
    if error.code in _DUPLICATE_CODES or _DUPLICATE_TEXT in error.text.lower():
        return Unreadable(_WHERE, f"{told}: a copy of the request was taken before")
    if not any(error.code in family for family in _REFUSALS):
        return Unreadable(_WHERE, f"{told}: the code is not known")
    return error


def _says_unavailable(body: bytes) -> bool:
    """Tell whether a body is the one sentence, bare or as the message of an error with or without a code."""
    try:
        return decoded(_said_decoder, _WHERE, body).msg.strip() == _UNAVAILABLE
    except Unreadable:
        return body.strip() == _UNAVAILABLE.encode()


def is_outside_window(code: int) -> bool:
    """Tell whether a refusal means that our time is not the venue's."""
    return code in (OUTSIDE_WINDOW, _OUTSIDE_WINDOW_INSIDE)


def is_filter_error(code: int) -> bool:
    """Tell whether a refusal means that the filters we know are not the venue's any more."""
    return code in _FILTERS
