"""One timer for all the limits on how long a connection may take."""

import asyncio
from collections.abc import Callable


class Patience:
    """Calls `expire` when `due_at` has passed, and every `look_s` until it is told to stop.

    `due_at` is asked only when the timer ends, so what moves it later costs nothing; `arm` is for what moves it
    earlier. It answers on the loop's clock, None while there is nothing to be impatient about.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        look_s: float,
        due_at: Callable[[], float | None],
        expire: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._look_s = look_s
        self._due_at = due_at
        self._expire = expire
        self._timer = loop.call_later(look_s, self._look)

    def arm(self) -> None:
        """Let the timer end no later than patience does."""
        due_at = self._due_at()
        if due_at is not None and due_at < self._timer.when():
            self._timer.cancel()
            self._timer = self._loop.call_at(due_at, self._look)

    def stop(self) -> None:
        """Be patient for ever."""
        self._timer.cancel()

    def _look(self) -> None:
        now, due_at = self._loop.time(), self._due_at()
        is_over = due_at is not None and due_at <= now
        next_at = now + self._look_s if due_at is None or is_over else due_at
        self._timer = self._loop.call_at(next_at, self._look)
        if is_over:
            self._expire()
