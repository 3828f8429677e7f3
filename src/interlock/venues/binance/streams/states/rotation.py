"""When a socket is replaced before the venue cuts it. A share of its life is drawn, so that not all go at once."""

from collections.abc import Callable
from typing import Final

_LIFE_MS: Final = 23 * 3_600_000
"""The venue cuts every socket after 24 hours."""
_SPREAD_MS: Final = 30 * 60_000


class Rotation:
    """Says how long a socket that is up now may be used. `draw` returns a number from 0 up to 1."""

    def __init__(self, draw: Callable[[], float], life_ms: int = _LIFE_MS, spread_ms: int = _SPREAD_MS) -> None:
        assert 0 <= spread_ms < life_ms, "a socket lives for some time"
        self._draw = draw
        self._life_ms = life_ms
        self._spread_ms = spread_ms
        self.due_ns = 0

    def opened(self, at_ns: int) -> int:
        """Note a socket that came up; return when it is to be replaced, in our nanoseconds."""
        self.due_ns = at_ns + (self._life_ms - int(self._spread_ms * self._draw())) * 1_000_000
        return self.due_ns

    def left_ms(self, at_ns: int) -> int:
        """Return how long the socket may still be used, 0 when it is due."""
        return max((self.due_ns - at_ns) // 1_000_000, 0)
