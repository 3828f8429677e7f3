"""Counters that start again at the edges of the clock, and the refusal of who has used one up."""

from collections.abc import Callable

from interlock.ports.exchange.refusals import ExchangeError

_WHO_MAX = 10_000


class Limited(ExchangeError):
    """A refusal for having asked too much, with how long to wait."""

    def __init__(self, code: int, text: str, status: int, retry_after_s: int) -> None:
        super().__init__(code, text, status)
        self.retry_after_s = retry_after_s


class Counter:
    """How much each of many has used in the present interval of the clock."""

    def __init__(self, interval_ms: int, limit: int, now_ms: Callable[[], int]) -> None:
        self.interval_ms = interval_ms
        self.limit = limit
        self._now_ms = now_ms
        self._interval = -1
        self._used: dict[str, int] = {}

    def _turn(self) -> None:
        interval = self._now_ms() // self.interval_ms
        if interval != self._interval or len(self._used) > _WHO_MAX:
            self._interval = interval
            self._used.clear()

    def used(self, who: str) -> int:
        """Return what has been used."""
        self._turn()
        return self._used.get(who, 0)

    def add(self, who: str, amount: int) -> int:
        """Use some, and return what has been used with it."""
        self._turn()
        used = self._used.get(who, 0) + amount
        self._used[who] = used
        return used

    def left_s(self) -> int:
        """Return whole seconds until the interval ends, at least one."""
        return max(1, -(-(self.interval_ms - self._now_ms() % self.interval_ms) // 1_000))
