"""What a client says on a stream's own connection: parsed, or refused in the venue's words. Any bytes are answered."""

import msgspec
from msgspec import Struct

METHODS = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")
ID_LENGTH_MAX = 36
_ID_ABS_MAX = 2**63

Id = int | str | None


class Asked(Struct, frozen=True):
    """A request as understood. `names` are streams, `is_combined` is what a property is set to."""

    method: str
    id: Id
    names: tuple[str, ...] = ()
    is_combined: bool | None = None


class Refused(Exception):
    """A request that is not understood, with the venue's code and words; `id` is absent where there was none."""

    def __init__(self, code: int, text: str, asked_id: Id = None, has_id: bool = False) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.asked_id = asked_id
        self.has_id = has_id

    def answer(self) -> bytes:
        """Return the refusal as it is sent."""
        body: dict[str, object] = {"error": {"code": self.code, "msg": self.text}}
        if self.has_id:
            body["id"] = self.asked_id
        return msgspec.json.encode(body)


def accepted(result: object, asked_id: Id) -> bytes:
    """Return the answer to a request that was carried out."""
    return msgspec.json.encode({"result": result, "id": asked_id})


def parse_control(text: bytes) -> Asked:
    """Return what is asked. Errors: Refused, for anything that is no request of the five methods."""
    body = _decoded(text)
    if "method" not in body:
        raise _invalid(f"missing field `method` at line {text.count(10) + 1} column {_column(text, len(text))}")
    method = body["method"]
    if not isinstance(method, str) or method not in METHODS:
        expected = ", ".join(f"`{known}`" for known in METHODS)
        at = _end_of(text, method)
        raise _invalid(
            f"unknown variant `{method}`, expected one of {expected} at line {text.count(10, 0, at) + 1} "
            f"column {_column(text, at)}"
        )
    asked_id = _id_of(body)
    params = body.get("params", [])
    if not isinstance(params, list):
        raise _invalid("params must be an array", asked_id, True)
    if method in ("SUBSCRIBE", "UNSUBSCRIBE"):
        return Asked(method, asked_id, _names(params, asked_id))
    if method == "LIST_SUBSCRIPTIONS":
        _at_most(params, 0, asked_id)
        return Asked(method, asked_id)
    return _property(method, params, asked_id)


def _decoded(text: bytes) -> dict[str, object]:
    try:
        body = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        at = _offset(str(error), len(text))
        line = text.count(10, 0, at) + 1
        raise Refused(3, f"Invalid JSON: expected value at line {line} column {_column(text, at + 1)}") from error
    if not isinstance(body, dict):
        raise _invalid("expected an object with `method`, `params` and `id`")
    return body


def _id_of(body: dict[str, object]) -> Id:
    """Return the request's id: a 64-bit integer, a short text, or null, and never left out."""
    asked_id = body.get("id", 1.0)
    if asked_id is None:
        return None
    if isinstance(asked_id, int) and not isinstance(asked_id, bool) and -_ID_ABS_MAX <= asked_id < _ID_ABS_MAX:
        return asked_id
    if isinstance(asked_id, str) and len(asked_id) <= ID_LENGTH_MAX:
        return asked_id
    raise _invalid("request ID must be an unsigned integer")


def _names(params: list[object], asked_id: Id) -> tuple[str, ...]:
    names = tuple(name for name in params if isinstance(name, str))
    if len(names) != len(params) or not names:
        raise _invalid("params must be an array of stream names", asked_id, True)
    return names


def _property(method: str, params: list[object], asked_id: Id) -> Asked:
    wanted = 2 if method == "SET_PROPERTY" else 1
    _at_most(params, wanted, asked_id)
    if not params or not isinstance(params[0], str):
        raise _invalid("property name must be a string", asked_id, True)
    if params[0] != "combined":
        raise Refused(0, "Unknown property", asked_id, True)
    if method == "GET_PROPERTY":
        return Asked(method, asked_id)
    value = params[1] if len(params) == wanted else None
    if not isinstance(value, bool):
        raise Refused(1, "Invalid value type: expected Boolean", asked_id, True)
    return Asked(method, asked_id, is_combined=value)


def _at_most(params: list[object], most: int, asked_id: Id) -> None:
    if len(params) > most:
        raise _invalid("too many parameters", asked_id, True)


def _invalid(text: str, asked_id: Id = None, has_id: bool = False) -> Refused:
    return Refused(2, f"Invalid request: {text}", asked_id, has_id)


def _offset(words: str, length: int) -> int:
    """Return at which byte the decoder stopped; it says so in its words, save where the text ended too early."""
    digits = words.rpartition("(byte ")[2].rstrip(")")
    return min(int(digits), length) if digits.isdigit() else length


def _column(text: bytes, end: int) -> int:
    return end - (text.rfind(b"\n", 0, end) + 1)


def _end_of(text: bytes, method: object) -> int:
    """Return where the method's text ends, the place that is named in the refusal."""
    quoted = msgspec.json.encode(method)
    at = text.find(quoted, max(text.find(b'"method"'), 0) + len(b'"method"'))
    return at + len(quoted) if at >= 0 else len(text)
