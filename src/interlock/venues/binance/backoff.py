"""How long to wait before connecting again: doubling, with jitter, up to a limit. Pure: chance comes from outside."""

from collections.abc import Callable
from typing import Final

FIRST_MS: Final = 50
MOST_MS: Final = 10_000


class Backoff:
    """Counts failures in a row. `draw` returns a number from 0 up to 1, like `random` of a seeded `random.Random`."""

    def __init__(self, draw: Callable[[], float], first_ms: int = FIRST_MS, most_ms: int = MOST_MS) -> None:
        assert 0 < first_ms <= most_ms, "the first wait is the shortest"
        self._draw = draw
        self._first_ms = first_ms
        self._most_ms = most_ms
        self.failures = 0

    def failed(self) -> int:
        """Count a failure; return how many milliseconds to wait: between half the step and the whole of it."""
        step_ms = min(self._first_ms << min(self.failures, 30), self._most_ms)
        self.failures += 1
        return step_ms - int(step_ms / 2 * self._draw())

    def succeeded(self) -> None:
        """Begin again from the first step."""
        self.failures = 0
