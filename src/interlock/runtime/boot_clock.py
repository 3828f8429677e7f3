"""The clock of a live process: the wall clock at its start, carried on by boot time, which no one can set back."""

import time


class BootClock:
    """Implements `Clock`. It goes on while the machine sleeps, and does not follow a wall clock that is set."""

    def __init__(self, wall_ns: int | None = None, boot_ns: int | None = None) -> None:
        """Begin at the wall clock and boot time given, by default those of now."""
        at_boot_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) if boot_ns is None else boot_ns
        self._offset_ns = (time.time_ns() if wall_ns is None else wall_ns) - at_boot_ns

    def now_ns(self) -> int:
        """Return UTC nanoseconds. Never goes backwards."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) + self._offset_ns
