"""What the server room and the site it serves say to each other."""

from collections.abc import Awaitable
from typing import Protocol

from msgspec import Struct

_LENGTH_7_BITS_MAX = 125
_LENGTH_16_BITS_MAX = 65_535


class Request(Struct, frozen=True):
    """One HTTP request, whole.

    `path` is as received, not percent-decoded, without host and query; `query` and `body` are the raw bytes, so that a
    signature can be checked over them. Header names are lower case, repeated ones joined by ", ".
    """

    method: str
    path: str
    query: bytes
    headers: dict[str, str]
    body: bytes
    peer: str  # "127.0.0.1:51234", or "unix"


class Delivery(Struct, frozen=True, gc=False):
    """How an answer is misdelivered: late, its body cut short and the connection closed, never, reset, or slowly.

    `cut_bytes` counts the body only: the head goes out whole and promises all of it.
    """

    delay_ms: int = 0
    cut_bytes: int | None = None
    is_dropped: bool = False
    is_reset: bool = False
    bytes_per_s: int | None = None


class Response(Struct, frozen=True, gc=False):
    """The answer to a request. Length, date and connection headers are the server's. No delivery: as it should be."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json;charset=UTF-8"
    delivery: Delivery | None = None


class Channel(Protocol):
    """An open WebSocket, as the server has it. Once it is closed, sending does nothing."""

    peer: str

    def send(self, text: bytes) -> None:
        """Send one text message. Never blocks; over the bound on waiting bytes the channel is closed with 1008."""
        ...

    def send_frame(self, frame: bytes) -> None:
        """Send a frame made by `text_frame`, as `send` would."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Close after what was sent. Codes as RFC 6455 has them; a reason beyond 123 bytes is cut."""
        ...

    def abort(self) -> None:
        """Reset the connection at once."""
        ...


class Session(Protocol):
    """Who takes what comes in on a channel."""

    def received(self, text: bytes) -> None:
        """Take one text message, whole; it is valid UTF-8."""
        ...

    def closed(self) -> None:
        """Hear, once, that the channel is over, whoever ended it. Never called from within a call on the channel."""
        ...


class Site(Protocol):
    """What is served. An exception of it is reported, and answered 500 or closed with 1011."""

    def answer(self, request: Request) -> Response | Awaitable[Response]:
        """Answer a request: at once where that is possible, since then no task is made."""
        ...

    def open_socket(self, request: Request, channel: Channel) -> Session | Response:
        """Take a WebSocket in, or refuse it with a response. What is sent within goes out after the handshake."""
        ...


def text_frame(text: bytes) -> bytes:
    """Return a server's WebSocket frame of one text message, made once for all who are to get it."""
    length = len(text)
    if length <= _LENGTH_7_BITS_MAX:
        return bytes((0x81, length)) + text
    if length <= _LENGTH_16_BITS_MAX:
        return b"\x81\x7e" + length.to_bytes(2, "big") + text
    return b"\x81\x7f" + length.to_bytes(8, "big") + text
