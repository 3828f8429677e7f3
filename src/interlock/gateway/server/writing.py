"""Answers out: the head of a response, and the answers that the room gives by itself."""

import time
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus

import msgspec

from interlock.gateway.server.messages import Response
from interlock.gateway.server.reading import Ending

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
FAILED = Response(500, b'{"code":-1000,"msg":"An unknown error occurred while processing the request."}')
_CONNECTION = {
    Ending.KEEP: "",
    Ending.KEEP_OLD: "Connection: keep-alive\r\n",
    Ending.CLOSE: "Connection: close\r\n",
    Ending.LINGER: "Connection: close\r\n",
}
_BODYLESS = (204, 304)
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class HeaderRefused(Exception):
    """A site gave a header that would break the answer apart."""


class HeadWriter:
    """Writes the heads of responses. What is the same for all answers of a second is made once."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._second = -1
        self._starts: dict[tuple[int, str, Ending], bytes] = {}

    def head(self, response: Response, ending: Ending) -> bytes:
        """Return the head of a response. Raises HeaderRefused for a header that holds a line's end."""
        second = int(self._clock())
        if second != self._second:
            self._second = second
            self._starts.clear()
        key = (response.status, response.content_type, ending)
        start = self._starts.get(key) or self._start(key)
        lines = "".join(_line(name, value) for name, value in response.headers) if response.headers else ""
        if response.status in _BODYLESS:
            return start + lines.encode("latin-1") + b"\r\n"
        if not lines:
            return b"%sContent-Length: %d\r\n\r\n" % (start, len(response.body))
        return b"%sContent-Length: %d\r\n%s\r\n" % (start, len(response.body), lines.encode("latin-1"))

    def _start(self, key: tuple[int, str, Ending]) -> bytes:
        status, content_type, ending = key
        kind = "" if status in _BODYLESS else _line("Content-Type", content_type)
        lines = (
            f"HTTP/1.1 {status} {_PHRASES.get(status, 'Unknown')}\r\n",
            f"Date: {formatdate(self._second, usegmt=True)}\r\n",
            kind,
        )
        start = self._starts[key] = "".join((*lines, _CONNECTION[ending])).encode("latin-1")
        return start


def own_answer(status: int, text: str, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """Return an answer of the room itself, in the shape of all refusals here."""
    return Response(status, msgspec.json.encode({"code": -1000, "msg": text}), headers)


def _line(name: str, value: str) -> str:
    line = f"{name}: {value}"
    if not line.isprintable() or not line.isascii():
        raise HeaderRefused(f"The header {name!r} cannot be sent with the value {value!r}.")
    return f"{line}\r\n"
