"""The last step of every pushed message: what goes wrong on purpose is applied here, once for all who hear it."""

import asyncio
from collections.abc import Callable

from interlock.ports.exchange.interference import Interference
from interlock.ports.exchange.words import Market

Later = Callable[[float, Callable[[], None]], object]
"""Run something after so many seconds."""

USER = "user"
"""The name under which account events are disturbed."""


def loop_later(delay_s: float, then: Callable[[], None]) -> None:
    """Run `then` after `delay_s` on the running event loop."""
    asyncio.get_running_loop().call_later(delay_s, then)


class Pusher:
    """Hands messages on as they are, or as an interference would have them: late, lost, twice, out of order."""

    def __init__(self, market: Market, interference: Interference | None = None, later: Later = loop_later) -> None:
        self._market = market
        self._interference = interference
        self._later = later

    def push(self, stream: str, message: bytes, send: Callable[[bytes], None]) -> None:
        """Send a message of a stream, undisturbed at once."""
        if self._interference is None:
            send(message)
            return
        for delay_ms, body in self._interference.on_push(self._market, stream, message):
            if delay_ms > 0:
                self._later(delay_ms / 1_000, _bound(send, body))
            else:
                send(body)


def _bound(send: Callable[[bytes], None], body: bytes) -> Callable[[], None]:
    return lambda: send(body)
