"""Who is let in to an endpoint: weight of the address, key, signature, time, and the right to trade."""

from collections.abc import Mapping

from interlock.gateway.binance import refusals
from interlock.gateway.binance.desk import Route, Security
from interlock.gateway.binance.keys import signatures, timing
from interlock.gateway.binance.keys.table import ApiKey, KeyTable
from interlock.gateway.binance.requests.parameters import Parameters

_KEY_HEADER = "x-mbx-apikey"


def weight_of(route: Route, given: Parameters) -> int:
    """Return what a request weighs."""
    weight = route.weight
    return weight if isinstance(weight, int) else weight(given)


def admit(
    route: Route, given: Parameters, keys: KeyTable, headers: Mapping[str, str], query: bytes, body: bytes, now_ms: int
) -> str:
    """Return the account that asks, empty for a public endpoint.

    Errors: -2014, -2015, -1102 (timestamp, signature), -1021, -1022, -1131.
    """
    if route.security is Security.NONE:
        return ""
    key = keys.named(headers.get(_KEY_HEADER))
    if route.security is Security.KEY:
        _leave_signature_unread(given)
        return key.account
    _check_signed(key, given, query, body, now_ms)
    if route.security is Security.TRADE and not key.may_trade:
        raise refusals.no_permission()
    return key.account


def _check_signed(key: ApiKey, given: Parameters, query: bytes, body: bytes, now_ms: int) -> None:
    given.is_signed = True
    if not given.has("timestamp"):
        raise refusals.missing("timestamp")
    payload, signature = signatures.cut(query, body)
    given.mark_read("signature")
    timing.check(given, now_ms)
    signatures.check(key, payload, signature)


def _leave_signature_unread(given: Parameters) -> None:
    """Some clients sign what needs no signature; upstream does not look at it."""
    given.mark_read("timestamp", "recvWindow", "signature")
