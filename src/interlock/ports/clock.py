"""The port to time."""

from typing import Protocol


class Clock(Protocol):
    """Tells the time of the run: boot time continued from the wall clock when live, the feed's when recorded."""

    def now_ns(self) -> int:
        """Return UTC nanoseconds. Never goes backwards."""
        ...
