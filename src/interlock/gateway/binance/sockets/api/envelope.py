"""Requests and answers of the WebSocket API as they are written. Any bytes give a request or a refusal."""

import msgspec
from msgspec import Struct

from interlock.ports.exchange.refusals import ExchangeError

_NOTHING_JSON = b"null"
_BAD_REQUEST = 400
UNKNOWN_ERROR = -1000
UNKNOWN_TEXT = "An unknown error occurred while processing the request."

Limits = list[dict[str, object]]


class _Given(Struct):
    id: msgspec.Raw = msgspec.Raw(_NOTHING_JSON)
    method: str = ""
    params: dict[str, msgspec.Raw] | None = None


class ApiRequest(Struct, frozen=True):
    """One request. `id` is the JSON the client sent, given back as it came; values are as they were written."""

    id: bytes
    method: str
    values: dict[str, str]


_decode = msgspec.json.Decoder(_Given).decode
_decode_text = msgspec.json.Decoder(str).decode


def parse_request(text: bytes) -> ApiRequest:
    """Return the request. Errors: ExchangeError -1135 for what is none."""
    try:
        given = _decode(text)
        written = {name: bytes(raw) for name, raw in (given.params or {}).items()}
        values = {name: _as_written(raw) for name, raw in written.items() if raw != _NOTHING_JSON}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ExchangeError(-1135, "Invalid JSON Request") from error
    asked_id = bytes(given.id)
    if not given.method or asked_id[:1] in b"{[tf":
        raise ExchangeError(-1135, "Invalid JSON Request")
    return ApiRequest(asked_id, given.method, values)


def _as_written(raw: bytes) -> str:
    """Return a value as a parameter: text without its quotes, all else in the digits and letters that were sent."""
    return _decode_text(raw) if raw[:1] == b'"' else raw.decode()


def signed_payload(values: dict[str, str]) -> bytes:
    """Return what a signature covers: all parameters but itself, sorted by name, unencoded."""
    return "&".join(f"{name}={values[name]}" for name in sorted(values) if name != "signature").encode()


def answer(asked_id: bytes, result: bytes, limits: Limits | None) -> bytes:
    """Return the answer to a request that was carried out; `result` is JSON."""
    return b'{"id":%b,"status":200,"result":%b%b}' % (asked_id, result, _limits(limits))


def refusal(asked_id: bytes, error: ExchangeError, limits: Limits | None) -> bytes:
    """Return the answer to a request that was refused."""
    shown: dict[str, object] = {"code": error.code, "msg": error.text}
    if error.data is not None:
        shown["data"] = error.data
    return b'{"id":%b,"status":%d,"error":%b%b}' % (
        asked_id,
        error.status or _BAD_REQUEST,
        msgspec.json.encode(shown),
        _limits(limits),
    )


def replaced(asked_id: bytes, status: int, body: bytes) -> bytes:
    """Return an answer whose body something else was put in place of: a result below 400, else an error."""
    if status < _BAD_REQUEST:
        return b'{"id":%b,"status":%d,"result":%b}' % (asked_id, status, body or b"{}")
    return b'{"id":%b,"status":%d,"error":%b}' % (asked_id, status, _as_error(body))


def _as_error(body: bytes) -> bytes:
    """Return the body of an HTTP error as this API words errors: always with a code and a text.

    What comes from in front of the venue's own servers has no code, or is a page; here it is told under -1000.
    """
    try:
        given = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        given = None
    if isinstance(given, dict) and {"code", "msg"} <= given.keys():
        return body
    text = given.get("msg") if isinstance(given, dict) else None
    return msgspec.json.encode({"code": UNKNOWN_ERROR, "msg": text or UNKNOWN_TEXT})


def _limits(limits: Limits | None) -> bytes:
    return b"" if limits is None else b',"rateLimits":' + msgspec.json.encode(limits)
