"""How many messages a client may send on one connection: more, and it is shut out."""

from collections.abc import Callable

from interlock.ports.exchange.words import Market

MESSAGES_PER_S_MAX = {Market.SPOT: 5, Market.USDM: 10}
_SECOND_MS = 1_000


class MessageRate:
    """Counts what came in within the last second's window, which opens with its first message."""

    def __init__(self, most: int, now_ms: Callable[[], int]) -> None:
        self._most = most
        self._now_ms = now_ms
        self._opened_ms = 0
        self._count = 0

    def is_over(self) -> bool:
        """Count one message, and tell whether it is one too many."""
        now_ms = self._now_ms()
        if not 0 <= now_ms - self._opened_ms < _SECOND_MS:
            self._opened_ms, self._count = now_ms, 0
        self._count += 1
        return self._count > self._most
