"""Where two records that should be equal first differ."""

import msgspec
from msgspec import Struct


class Place(Struct, frozen=True, kw_only=True):
    """A place in a record, as a path like `$.events[1].order.quantity`, with what stands on either side as JSON.

    A side that has nothing there is None.
    """

    path: str
    recorded: str | None
    decided: str | None


_ABSENT = object()


def first_difference(recorded: bytes, decided: bytes) -> Place:
    """Return the first place, in stored order, where two bodies differ; equal values in other bytes differ as a whole.

    Errors: AssertionError when the bytes are equal.
    """
    assert recorded != decided, "equal records have no difference"
    left: object = msgspec.json.decode(recorded)
    right: object = msgspec.json.decode(decided)
    return _first("$", left, right) or Place(path="$", recorded=recorded.decode(), decided=decided.decode())


def _first(path: str, left: object, right: object) -> Place | None:
    if isinstance(left, dict) and isinstance(right, dict):
        keys = [*left, *(key for key in right if key not in left)]
        pairs = [(f"{path}.{key}", left.get(key, _ABSENT), right.get(key, _ABSENT)) for key in keys]
    elif isinstance(left, list) and isinstance(right, list):
        longest = max(len(left), len(right))
        pairs = [(f"{path}[{at}]", _item(left, at), _item(right, at)) for at in range(longest)]
    elif type(left) is type(right) and left == right:
        return None
    else:
        return Place(path=path, recorded=_json(left), decided=_json(right))
    return next((place for inner in pairs if (place := _first(*inner)) is not None), None)


def _item(items: list[object], at: int) -> object:
    return items[at] if at < len(items) else _ABSENT


def _json(value: object) -> str | None:
    return None if value is _ABSENT else msgspec.json.encode(value).decode()
