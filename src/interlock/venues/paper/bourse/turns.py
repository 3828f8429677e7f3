"""Turns of the event loop: what changed in one is committed at its end, and only then is anything of it let out."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from interlock.ports.exchange.events import Told
from interlock.ports.exchange.refusals import NoAnswer
from interlock.units.faults import Fault
from interlock.venues.paper.bourse.records import Drained
from interlock.venues.paper.bourse.store.book_store import BookStore

LAZY_S: Final = 0.02
"""The latest commit of what nobody has been told and nobody has asked for: places in queues."""


class Changing(Protocol):
    """What changes, and can say what: the kernel."""

    @property
    def is_dirty(self) -> bool:
        """Whether `drain` would return anything."""
        ...

    @property
    def is_telling(self) -> bool:
        """Whether `drain` would return events."""
        ...

    def drain(self) -> Drained:
        """Return what has changed since the last drain."""
        ...


class Turns:
    """Commits the kernel's changes, all of a turn in one transaction, inline.

    After a failed commit, or an error in the kernel, memory is ahead of the disk: nothing is answered or committed any
    more, and `failed` is called once, to end the process.
    """

    def __init__(
        self,
        kernel: Changing,
        store: BookStore,
        failed: Callable[[Exception], None],
        committed: Callable[[], None] = lambda: None,
    ) -> None:
        """`committed` is called after each commit."""
        self._kernel = kernel
        self._store = store
        self._failed = failed
        self._after = committed
        self._is_over = False
        self._waiting: list[asyncio.Future[None]] = []
        self._soon: asyncio.Handle | None = None
        self._later: asyncio.TimerHandle | None = None
        self._untold: list[Told] = []
        self._listeners: list[Callable[[Sequence[Told]], None]] = []
        self.at_ns = 0  # the latest moment of anything that happened

    def listen(self, told: Callable[[Sequence[Told]], None]) -> None:
        """Call back with events, in order, after they are durable."""
        self._listeners.append(told)

    def require_going(self) -> None:
        """Refuse to go on after a failure, or after the end. Errors: NoAnswer."""
        if self._is_over:
            raise NoAnswer(is_reset=True)

    def changed(self) -> None:
        """Have what the market or time changed committed: at the end of the turn where it tells anybody, else soon."""
        if self._soon is not None or self._is_over:
            return
        loop = asyncio.get_running_loop()
        if self._kernel.is_telling:
            self._commit_soon(loop)
        elif self._later is None:
            self._later = loop.call_later(LAZY_S, self.commit)

    async def committed(self) -> None:
        """Return when all that has changed is on disk. Errors: NoAnswer when it could not be written."""
        loop = asyncio.get_running_loop()
        if self._soon is None:
            self._commit_soon(loop)
        # One future for each who waits: whoever is cancelled must not cancel the others.
        future = loop.create_future()
        self._waiting.append(future)
        await future

    def commit(self) -> None:
        """Commit what has changed, now, and let out what waited for it."""
        self._cancel_commits()
        if self._is_over:
            return
        waiting, self._waiting = self._waiting, []
        if self._kernel.is_dirty:
            try:
                drained = self._kernel.drain()
                self._store.commit(self.at_ns, drained.rows)
            except Exception as error:
                self._waiting = waiting
                self.fail(error)
                if isinstance(error, Fault):
                    return
                raise
            if self._listeners:
                self._untold += drained.told
        for future in waiting:
            if not future.done():
                future.set_result(None)
        if waiting:
            # Those who wait wake first: an answer is worth more than an event a moment earlier.
            asyncio.get_running_loop().call_soon(self.tell)
        else:
            self.tell()
        self._after()

    def tell(self) -> None:
        """Tell the listeners what has become durable since they were told last."""
        told, self._untold = self._untold, []
        if told:
            for listener in self._listeners:
                listener(told)

    def fail(self, error: Exception) -> None:
        """Answer nobody any more, and have the process ended."""
        if self._is_over:
            return
        self._is_over = True
        self._cancel_commits()
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_exception(NoAnswer(is_reset=True))
        self._failed(error)

    def close(self) -> None:
        """Commit and tell what is left, and let go of the book."""
        self.commit()
        self.tell()
        if self._is_over:
            self._store.abandon()
        else:
            self._is_over = True
            self._store.close()

    def abandon(self) -> None:
        """Let go of the book as it stands, as a crash would."""
        self._is_over = True
        self._cancel_commits()
        self._store.abandon()

    def _commit_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        self._soon = loop.call_soon(self.commit)

    def _cancel_commits(self) -> None:
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        if self._later is not None:
            self._later.cancel()
            self._later = None
