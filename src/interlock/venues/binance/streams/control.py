"""Requests that a client makes on a socket of its own, and the answers that come back among all else."""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from interlock.venues.binance.streams.socket import GreetingRefused, Line

_NAMES_PER_MESSAGE: Final = 100


class Awaited:
    """Answers that are awaited, by the connection and the id they were asked under."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[int, int | str], asyncio.Future[bytes]] = {}
        self._asked = 0

    async def ask(self, line: Line, method: str, params: object) -> bytes:
        """Send a request and return its answer's body. Errors: GreetingRefused, also when the connection closes."""
        self._asked += 1
        key = (line.number, self._asked)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[key] = answer
        try:
            request = {"method": method, "params": params, "id": self._asked}
            await line.send(msgspec.json.encode(request).decode())
            return await answer
        finally:
            self._waiting.pop(key, None)

    def answered(self, line: Line, asked_id: int | str | None, body: bytes) -> bool:
        """Note an answer; returns whether anybody asked."""
        answer = self._waiting.get((line.number, asked_id)) if asked_id is not None else None
        if answer is None or answer.done():
            return False
        answer.set_result(body)
        return True

    def refused(self, line: Line, asked_id: int | str | None, why: str) -> bool:
        """Note a refusal; returns whether anybody asked."""
        answer = self._waiting.get((line.number, asked_id)) if asked_id is not None else None
        if answer is None or answer.done():
            return False
        answer.set_exception(GreetingRefused(why))
        return True

    def closed(self, line: Line, why: str) -> None:
        """The connection is no more: nothing that was asked on it will be answered."""
        for (number, _), answer in list(self._waiting.items()):
            if number == line.number and not answer.done():
                answer.set_exception(GreetingRefused(f"closed: {why}"))

    async def subscribe(self, line: Line, names: Sequence[str]) -> None:
        """Ask for streams by name, some at a time. Errors: GreetingRefused."""
        for at in range(0, len(names), _NAMES_PER_MESSAGE):
            await self.ask(line, "SUBSCRIBE", list(names[at : at + _NAMES_PER_MESSAGE]))
