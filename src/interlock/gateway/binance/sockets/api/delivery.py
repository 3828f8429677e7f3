"""An answer of the WebSocket API on its way out: as it is, or as an interference would have it."""

from collections.abc import Callable

from interlock.gateway.binance import refusals
from interlock.gateway.binance.interfering import garbled
from interlock.gateway.binance.sockets.api.envelope import replaced
from interlock.gateway.binance.sockets.pushing import Later
from interlock.gateway.server.messages import Channel
from interlock.ports.exchange.interference import Disturbance

_FAILED = 503


class Misdelivery:
    """Sends one answer as disturbed. A channel has whole messages only, so a slow one comes whole and late."""

    def __init__(self, channel: Channel, asked_id: bytes, disturbance: Disturbance, later: Later) -> None:
        self._channel = channel
        self._asked_id = asked_id
        self._disturbance = disturbance
        self._later = later

    def send(self, message: bytes) -> None:
        """Send an answer, or what becomes of it."""
        how = self._disturbance
        if how.status is not None or how.body is not None:
            message = replaced(self._asked_id, how.status or _FAILED, how.body or refusals.body(refusals.timed_out()))
        if how.is_garbled:
            message = garbled(message)
        delay_ms = how.delay_ms
        if how.bytes_per_s:
            delay_ms += len(message) * 1_000 // how.bytes_per_s
        if delay_ms > 0:
            self._later(delay_ms / 1_000, self._bound(message))
        else:
            self._out(message)

    def _bound(self, message: bytes) -> Callable[[], None]:
        return lambda: self._out(message)

    def _out(self, message: bytes) -> None:
        how = self._disturbance
        if how.is_reset:
            self._channel.abort()
        elif how.cut_bytes is not None:
            self._channel.send(message[: how.cut_bytes].decode("utf-8", "ignore").encode())
            self._channel.abort()
        elif not how.is_dropped:
            self._channel.send(message)
