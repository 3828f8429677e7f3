"""The parameters of one request, from query and body alike, as text: who reads what, and what nobody read."""

from collections.abc import Mapping
from urllib.parse import unquote_plus

import msgspec

from interlock.gateway.binance import refusals

_decode_texts = msgspec.json.Decoder(list[str]).decode


class Parameters:
    """Named texts. Reading one marks it as read; `finish()` refuses what nobody has read.

    `is_strict` is how spot treats unknown parameters; futures ignore them. Reading an empty one is refused.
    """

    __slots__ = ("_read", "_repeated", "_values", "is_signed", "is_strict")

    def __init__(self, values: Mapping[str, str], *, is_strict: bool = False) -> None:
        self._values: dict[str, str] = dict(values)
        self._repeated: dict[str, list[str]] = {}
        self._read: set[str] = set()
        self.is_strict = is_strict
        self.is_signed = False

    @classmethod
    def received(cls, query: bytes, body: bytes, *, is_strict: bool = False) -> "Parameters":
        """Return what was sent, urlencoded, in the query and in the body; where both name one, the query's counts."""
        given = cls({}, is_strict=is_strict)
        if query:
            given._take(query)
        if body:
            in_body = cls({})
            in_body._take(body)
            given._values = in_body._values | given._values
            given._repeated = in_body._repeated | given._repeated
        return given

    def _take(self, raw: bytes) -> None:
        text = raw.decode("utf-8", "replace")
        is_quoted = "%" in text or "+" in text
        values = self._values
        for piece in text.split("&"):
            if not piece:
                continue
            name, _, value = piece.partition("=")
            if is_quoted:
                name, value = unquote_plus(name), unquote_plus(value)
            if name in values:
                self._repeated.setdefault(name, [values[name]]).append(value)
            else:
                values[name] = value

    def has(self, name: str) -> bool:
        """Tell whether the parameter was sent, without reading it."""
        return name in self._values

    def __len__(self) -> int:
        return len(self._values)

    def peek(self, name: str) -> str | None:
        """Return a parameter without reading it, None when it was not sent."""
        return self._values.get(name)

    def get(self, name: str) -> str | None:
        """Return a parameter, None when it was not sent. Errors: -1101 sent twice, -1105 empty."""
        value = self._values.get(name)
        if value is None:
            return None
        self._read.add(name)
        if not value:
            raise refusals.empty(name)
        if name in self._repeated:
            raise refusals.duplicated()
        return value

    def need(self, name: str) -> str:
        """Return a parameter. Errors: -1102 when it was not sent, and those of `get`."""
        value = self.get(name)
        if value is None:
            raise refusals.missing(name)
        return value

    def texts(self, name: str) -> list[str] | None:
        """Return a parameter that is a list: a JSON array of texts, or sent several times. Errors: -1100, -1105."""
        value = self._values.get(name)
        if value is None:
            return None
        self._read.add(name)
        if not value:
            raise refusals.empty(name)
        if name in self._repeated:
            return list(self._repeated[name])
        if not value.startswith("["):
            return [value]
        try:
            return _decode_texts(value)
        except msgspec.DecodeError as error:
            raise refusals.illegal(name, '^\\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}\\]$') from error

    def finish(self) -> None:
        """Say that all has been read. Errors: -1104 (signed) or -1101 on a strict market when it has not."""
        if not self.is_strict or len(self._read) == len(self._values):
            return
        read, sent = len(self._read), len(self._values)
        raise refusals.unread(read, sent) if self.is_signed else refusals.too_many(read, sent)

    def mark_read(self, *names: str) -> None:
        """Take parameters as read that change nothing here."""
        self._read.update(name for name in names if name in self._values)
