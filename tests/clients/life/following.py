"""Following streams: what was heard so far, and waiting until it says what is waited for."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.clients.life.telling import PATIENCE_S


class Following:
    """Tasks that each ask for the next of something, for ever, and keep what they got by the name of the stream."""

    def __init__(self) -> None:
        self.heard: dict[str, list[Any]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._changed = asyncio.Event()

    def follow(self, name: str, ask: Callable[[], Awaitable[Any]]) -> None:
        """Ask for the next again and again; what fails ends the wait of `until`."""
        self.heard[name] = []
        self._tasks.append(asyncio.create_task(self._follow(name, ask)))

    async def _follow(self, name: str, ask: Callable[[], Awaitable[Any]]) -> None:
        try:
            while True:
                answer = await ask()
                self.heard[name] += answer if isinstance(answer, list) else [answer]
                self._changed.set()
        finally:
            self._changed.set()

    async def until(self, is_heard: Callable[[], object]) -> None:
        """Return when it is so. Errors: what a task failed of, TimeoutError."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not is_heard():
                    self._changed.clear()
                    for task in self._tasks:
                        if task.done():
                            task.result()
                    await self._changed.wait()
        except TimeoutError as error:
            last = {name: heard[-3:] for name, heard in self.heard.items()}
            raise AssertionError(f"it was not heard in {PATIENCE_S} s; heard last: {last}") from error

    async def stop(self) -> None:
        """End all tasks."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
