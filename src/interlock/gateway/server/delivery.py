"""One answer on its way out, as it was said to go wrong."""

import asyncio
import socket
import struct
from collections.abc import Callable
from enum import Enum

from interlock.gateway.server.messages import Delivery

_PIECES_A_SECOND_MAX = 20
_LINGER_NONE = struct.pack("ii", 1, 0)


class Fate(Enum):
    """How an answer ended."""

    SENT = "sent"
    CUT = "cut short"
    DROPPED = "dropped"
    RESET = "reset"


class Shipment:
    """Sends an answer late, cut, slowly, or not at all, by the loop's timers, and tells `done` once how it ended."""

    def __init__(
        self, transport: asyncio.Transport, head: bytes, body: bytes, delivery: Delivery, done: Callable[[Fate], None]
    ) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._payload = head + body[: delivery.cut_bytes]
        self._delivery = delivery
        self._done = done
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin. `done` may be called before this returns."""
        if self._delivery.delay_ms > 0:
            self._timer = self._loop.call_later(self._delivery.delay_ms / 1_000, self._go)
        else:
            self._go()

    def stop(self) -> None:
        """Send nothing more and tell nobody."""
        if self._timer is not None:
            self._timer.cancel()

    def _go(self) -> None:
        delivery = self._delivery
        if delivery.is_reset:
            self._done(Fate.RESET)
        elif delivery.is_dropped:
            self._done(Fate.DROPPED)
        elif delivery.bytes_per_s is None:
            self._transport.write(self._payload)
            self._end()
        else:
            self._trickle(0, max(1, delivery.bytes_per_s // _PIECES_A_SECOND_MAX), delivery.bytes_per_s)

    def _trickle(self, sent: int, piece_bytes: int, bytes_per_s: int) -> None:
        upto = sent + piece_bytes
        self._transport.write(self._payload[sent:upto])
        if upto >= len(self._payload):
            self._end()
        else:
            wait_s = piece_bytes / max(1, bytes_per_s)
            self._timer = self._loop.call_later(wait_s, self._trickle, upto, piece_bytes, bytes_per_s)

    def _end(self) -> None:
        self._done(Fate.SENT if self._delivery.cut_bytes is None else Fate.CUT)


def reset(transport: asyncio.Transport) -> None:
    """End a connection at once, so that the other side gets a reset and not an end."""
    wire = transport.get_extra_info("socket")
    if wire is not None and wire.family in (socket.AF_INET, socket.AF_INET6):
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
    transport.abort()
