"""How long a signed request is good for."""

from decimal import Decimal

from interlock.gateway.binance import refusals
from interlock.gateway.binance.requests.parameters import Parameters
from interlock.gateway.binance.requests.values import decimal, need_integer

WINDOW_MS = 5_000
WINDOW_MS_MAX = 60_000
AHEAD_MS_MAX = 1_000
_MICROSECONDS_FROM = 10**15
_WINDOW = Decimal(WINDOW_MS)


def check(given: Parameters, now_ms: int) -> None:
    """Check a request's timestamp against the clock. Errors: -1102, -1100, -1131 and both words of -1021.

    The window may have three digits after the point; a timestamp may be in microseconds, as upstream takes it.
    """
    at_ms = need_integer(given, "timestamp")
    if at_ms >= _MICROSECONDS_FROM:
        at_ms //= 1_000
    window_ms = decimal(given, "recvWindow", 3, is_spot=True)
    if window_ms is None:
        window_ms = _WINDOW
    elif window_ms > WINDOW_MS_MAX:
        raise refusals.window_too_wide()
    if at_ms >= now_ms + AHEAD_MS_MAX:
        raise refusals.too_early()
    if now_ms - at_ms > window_ms:
        raise refusals.too_late()
