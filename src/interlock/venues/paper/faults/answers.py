"""What each kind of fault does to the answer of a call, in the venue's words."""

import msgspec

from interlock.ports.exchange.interference import Call, Disturbance
from interlock.ports.exchange.words import Market
from interlock.venues.paper.faults.injections import Injection
from interlock.venues.paper.faults.kinds import Kind, When

_HTML = (("Content-Type", "text/html"),)
_BAD_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_UNKNOWN = "Unknown error, please check your request or try again later."
_REFUSALS = {
    Kind.STATUS_500: (500, -1000, "An unknown error occurred while processing the request."),
    Kind.CODE_1006: (
        500,
        -1006,
        "An unexpected response was received from the message bus. Execution status unknown.",
    ),
    Kind.CODE_1021: (400, -1021, "Timestamp for this request is outside of the recvWindow."),
    Kind.MAINTENANCE: (503, 1, "System is under maintenance."),
}
_OVERLOADED = {
    Market.SPOT: "Server is currently overloaded with other requests. Please try again in a few minutes.",
    Market.USDM: "Request throttled by system-level protection. Reduce-only/close-position orders are exempt. "
    "Please try again.",
}
_TIMEOUT = "Timeout waiting for response from backend server. Send status unknown; execution status unknown."
_TIMEOUT_STATUS = {Market.SPOT: 503, Market.USDM: 408}
_SYSTEM_STATUS = "GET /sapi/v1/system/status"


def disturbance_of(injection: Injection, call: Call, now_ms: int, ends_ms: int | None) -> Disturbance:
    """Return what an injection that strikes this call does to it."""
    kind = injection.kind
    if kind is Kind.BAN:
        return _ban(now_ms, ends_ms)
    if kind is Kind.MAINTENANCE:
        if call.name == _SYSTEM_STATUS:
            return Disturbance(has_effect=False, status=200, body=_json({"status": 1, "msg": "system_maintenance"}))
        return _refusal(kind, has_effect=False)
    has_effect = injection.comes() is When.AFTER
    match kind:
        case Kind.DELAY if has_effect:
            return Disturbance(delay_ms=injection.number("delay_ms"))
        case Kind.DELAY:
            return Disturbance(hold_ms=injection.number("delay_ms"))
        case Kind.DROP:
            return Disturbance(has_effect=has_effect, is_dropped=True)
        case Kind.RESET:
            return Disturbance(has_effect=has_effect, is_reset=True)
        case Kind.STATUS_502:
            return Disturbance(has_effect=has_effect, status=502, body=_BAD_GATEWAY, headers=_HTML)
        case Kind.STATUS_503:
            return _front(call, now_ms, _UNKNOWN, has_effect)
        case Kind.UNAVAILABLE:
            return _front(call, now_ms, "Service Unavailable.", has_effect)
        case Kind.CODE_1007:
            body = _json({"code": -1007, "msg": _TIMEOUT})
            return Disturbance(has_effect=has_effect, status=_TIMEOUT_STATUS[call.market], body=body)
        case Kind.CODE_1008:
            body = _json({"code": -1008, "msg": _OVERLOADED[call.market]})
            return Disturbance(has_effect=has_effect, status=503, body=body)
        case Kind.HALF_BODY:
            return Disturbance(cut_bytes=injection.number("cut_bytes"))
        case Kind.GARBLED_BODY:
            return Disturbance(is_garbled=True)
        case Kind.SLOW_LORIS:
            return Disturbance(bytes_per_s=injection.number("bytes_per_s"))
        case _:
            return _refusal(kind, has_effect)


def _refusal(kind: Kind, has_effect: bool) -> Disturbance:
    status, code, text = _REFUSALS[kind]
    return Disturbance(has_effect=has_effect, status=status, body=_json({"code": code, "msg": text}))


def _front(call: Call, now_ms: int, text: str, has_effect: bool) -> Disturbance:
    """Return the body of the venue's front server, which has no code; the path is that of the call."""
    body = _json({"timestamp": now_ms, "path": call.name.rpartition(" ")[2], "msg": text})
    return Disturbance(has_effect=has_effect, status=503, body=body)


def _ban(now_ms: int, ends_ms: int | None) -> Disturbance:
    until_ms = now_ms if ends_ms is None else ends_ms
    text = (
        f"Way too much request weight used; IP banned until {until_ms}. "
        "Please use the websocket for live updates to avoid bans."
    )
    retry_s = -(-(until_ms - now_ms) // 1_000)
    return Disturbance(
        has_effect=False,
        status=418,
        body=_json({"code": -1003, "msg": text}),
        headers=(("Retry-After", str(retry_s)),),
    )


def _json(body: dict[str, int | str]) -> bytes:
    return msgspec.json.encode(body)
