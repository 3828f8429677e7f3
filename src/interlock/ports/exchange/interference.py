"""What may go wrong on the way to an exchange and back, on purpose."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from interlock.ports.exchange.words import Market


class Call(Struct, frozen=True):
    """A request about to be answered: `name` is method and path ("POST /fapi/v1/order") or the socket API's method."""

    market: Market
    name: str
    account: str | None
    is_socket: bool


class Disturbance(Struct, frozen=True, kw_only=True):
    """What happens to one answer.

    `has_effect` false: the request is not carried out at all. `status` and `body` replace the answer; `cut_bytes` sends
    only so many bytes of it and closes; `is_garbled` damages its bytes; `is_dropped` never answers, `is_reset` resets
    the connection; `bytes_per_s` trickles it out. `hold_ms` keeps the request so long before it is looked at.
    """

    has_effect: bool = True
    delay_ms: int = 0
    status: int | None = None
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    cut_bytes: int | None = None
    is_garbled: bool = False
    is_dropped: bool = False
    is_reset: bool = False
    bytes_per_s: int | None = None
    hold_ms: int = 0


class Interference(Protocol):
    """Decides what goes wrong. A server without one is undisturbed."""

    def on_call(self, call: Call) -> Disturbance | None:
        """Return what happens to this request, None for nothing."""
        ...

    def on_open(self, market: Market) -> Disturbance | None:
        """Return how a WebSocket that a client wants to open is refused, None to let it in."""
        ...

    def on_push(self, market: Market, stream: str, message: bytes) -> Sequence[tuple[int, bytes]]:
        """Return what becomes of a message pushed on a stream: (delay in ms, bytes) each; empty when it is lost.

        `stream` is the stream's name ("btcusdt@depth"), or "user" for account events.
        """
        ...
