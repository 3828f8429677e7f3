"""A WebSocket that is kept up: connected again with backoff, replaced before the venue cuts it, given up when asked.

A replacement is up and has what it asked for before the old socket is closed, and both are heard in between: what comes
twice is told apart by ids. Pings are answered, and sent, by the library; a socket that answers none is closed.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Protocol

from msgspec import Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.protocol import Event

from interlock.ports.clock import Clock
from interlock.venues.binance.backoff import Backoff
from interlock.venues.binance.streams.reads import NotRead
from interlock.venues.binance.streams.states.rotation import Rotation

Sleep = Callable[[float], Awaitable[None]]
_NS_PER_MS = 1_000_000
_SHOWN_MAX = 200


class SocketBounds(Struct, frozen=True):
    """How long things may take. A socket that lived for `steady_ms` was a good one: the backoff begins anew."""

    open_ms: int = 10_000
    close_ms: int = 1_000
    overlap_ms: int = 5_000
    steady_ms: int = 30_000
    ping_every_ms: int = 20_000
    pong_within_ms: int = 20_000
    message_bytes_max: int = 8 << 20
    waiting_messages_max: int = 4_096


class GreetingRefused(Exception):
    """The venue did not grant what a new socket asked for."""


class _Noted(ClientConnection):
    """A connection that says whenever a whole frame came: data, a ping, a pong, or the good-bye."""

    note: Callable[[], None] | None = None

    def process_event(self, event: Event) -> None:
        if self.note is not None:
            self.note()
        super().process_event(event)


class Line:
    """One connection of a kept socket. `good_at_ns` is when it last brought anything, pongs included."""

    def __init__(self, number: int, connection: _Noted, clock: Clock) -> None:
        self.number = number
        self._connection = connection
        self._clock = clock
        self.good_at_ns = clock.now_ns()
        connection.note = self._note
        self.reading: asyncio.Task[None] | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing can be heard on it any more."""
        return self.reading is not None and self.reading.done()

    def _note(self) -> None:
        self.good_at_ns = self._clock.now_ns()

    async def send(self, text: str) -> None:
        """Send one message. Errors: GreetingRefused when the connection is closed."""
        try:
            await self._connection.send(text)
        except ConnectionClosed as closed:
            raise GreetingRefused(f"closed: {closed}"[:_SHOWN_MAX]) from closed

    async def receive(self) -> bytes:
        """Return the next message. Errors: ConnectionClosed."""
        return await self._connection.recv(decode=False)

    async def close(self) -> None:
        """Close it with a good-bye."""
        await self._connection.close()

    def abort(self) -> None:
        """Close it at once."""
        self._connection.transport.abort()


class Hearer(Protocol):
    """Whose socket it is."""

    async def address(self) -> str:
        """Return where to connect to. Errors: NotRead."""
        ...

    def attached(self, line: Line) -> None:
        """A connection is there, and will be heard from now on; there may be an older one beside it."""
        ...

    async def greet(self, line: Line) -> None:
        """Ask for what the connection is to carry. Errors: GreetingRefused, NotRead."""
        ...

    def opened(self, line: Line) -> None:
        """The connection carries what was asked for."""
        ...

    def heard(self, line: Line, text: bytes, heard_at_ns: int) -> None:
        """A message came."""
        ...

    def closed(self, line: Line, why: str) -> None:
        """A connection that was attached is no more."""
        ...

    def failed(self, why: str, wait_ms: int) -> None:
        """A connection could not be had; the next try is after `wait_ms`."""
        ...


class KeptSocket:
    """Keeps one connection up for its hearer, two while one replaces the other."""

    def __init__(
        self,
        hearer: Hearer,
        clock: Clock,
        backoff: Backoff,
        rotation: Rotation,
        *,
        bounds: SocketBounds | None = None,
        sleep: Sleep = asyncio.sleep,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._hearer = hearer
        self._clock = clock
        self._backoff = backoff
        self._rotation = rotation
        self._bounds = bounds or SocketBounds()
        self._sleep = sleep
        self._tls = tls
        self._numbers = 0
        self._current: Line | None = None
        self._lines: list[Line] = []
        self._replaced = asyncio.Event()

    async def run(self) -> None:
        """Keep the socket up until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                await self._keep(group)
        finally:
            self.renew()

    def renew(self, line: Line | None = None) -> None:
        """Give one connection up at once, or all there are. Another is had when the newest is among them."""
        for each in self._lines if line is None else (line,):
            each.abort()

    def rotate(self) -> None:
        """Replace the current connection as soon as another is up."""
        self._replaced.set()

    async def _keep(self, group: asyncio.TaskGroup) -> None:
        while True:
            fresh = await self._open(group)
            old, self._current = self._current, fresh
            if old is not None and not old.is_over:
                group.create_task(self._retire(old))
            opened_at_ns = self._clock.now_ns()
            self._rotation.opened(opened_at_ns)
            self._replaced.clear()
            await self._until_over(fresh)
            self._lines = [line for line in self._lines if not line.is_over]
            if self._clock.now_ns() - opened_at_ns >= self._bounds.steady_ms * _NS_PER_MS:
                self._backoff.succeeded()
            if fresh.is_over:
                await self._sleep(self._backoff.failed() / 1_000)

    async def _open(self, group: asyncio.TaskGroup) -> Line:
        """Return a connection that carries what its hearer asks for, however long it takes."""
        while True:
            line: Line | None = None
            try:
                async with asyncio.timeout(self._bounds.open_ms / 1_000):
                    line = await self._connected()
                    self._lines.append(line)
                    self._hearer.attached(line)
                    line.reading = group.create_task(self._read(line))
                    await self._hearer.greet(line)
            except (OSError, TimeoutError, WebSocketException, GreetingRefused, NotRead) as error:
                if line is not None:
                    line.abort()
                wait_ms = self._backoff.failed()
                self._hearer.failed(f"{type(error).__name__}: {error}"[:_SHOWN_MAX], wait_ms)
                await self._sleep(wait_ms / 1_000)
            else:
                if not line.is_over:
                    self._hearer.opened(line)
                return line

    async def _connected(self) -> Line:
        bounds = self._bounds
        url = await self._hearer.address()
        connection = await connect(
            url,
            ssl=(self._tls or True) if url.startswith("wss:") else None,
            compression=None,
            proxy=None,
            open_timeout=None,  # the whole opening is timed
            close_timeout=bounds.close_ms / 1_000,
            ping_interval=bounds.ping_every_ms / 1_000,
            ping_timeout=bounds.pong_within_ms / 1_000,
            max_size=bounds.message_bytes_max,
            max_queue=bounds.waiting_messages_max,
            create_connection=_Noted,
        )
        assert isinstance(connection, _Noted), "connections are made as was asked"
        self._numbers += 1
        return Line(self._numbers, connection, self._clock)

    async def _read(self, line: Line) -> None:
        heard, now_ns = self._hearer.heard, self._clock.now_ns
        why = "given up"
        try:
            while True:
                text = await line.receive()
                heard(line, text, now_ns())
        except ConnectionClosed as closed:
            why = str(closed)[:_SHOWN_MAX]
        finally:
            self._hearer.closed(line, why)

    async def _retire(self, line: Line) -> None:
        """Hear an old connection for a while beside the new one, then close it."""
        await self._sleep(self._bounds.overlap_ms / 1_000)
        await line.close()

    async def _until_over(self, line: Line) -> None:
        """Wait until the connection is over, or is to be replaced."""
        assert line.reading is not None, "a connection that is up is read"
        left_ms = self._rotation.left_ms(self._clock.now_ns())
        due = asyncio.ensure_future(self._sleep(left_ms / 1_000))
        asked = asyncio.ensure_future(self._replaced.wait())
        try:
            await asyncio.wait({line.reading, due, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            due.cancel()
            asked.cancel()
