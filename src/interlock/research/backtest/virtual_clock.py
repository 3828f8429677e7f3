"""The clock of a run on virtual time."""


class VirtualClock:
    """Shows the time it was set to. Implements `Clock`."""

    def __init__(self, at_ns: int) -> None:
        self._at_ns = at_ns

    def now_ns(self) -> int:
        """Return the run's time."""
        return self._at_ns

    def set(self, at_ns: int) -> None:
        """Show another time. Effects of one turn are handed over each at the time it was decided."""
        self._at_ns = at_ns
