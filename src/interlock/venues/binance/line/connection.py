"""One HTTP/1.1 connection that is kept open, one request at a time, and connected again after it is lost."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from enum import Enum
from typing import Final, Protocol

from interlock.ports.latch import OPEN, Latch
from interlock.venues.binance.backoff import Backoff
from interlock.venues.binance.endpoints import Place
from interlock.venues.binance.line.replies import Reply, ReplyReader
from interlock.venues.binance.line.wire import MakeSocket, Wire, open_wire
from interlock.venues.binance.parse.unreadable import Unreadable

CONNECT_S_MAX: Final = 5.0
BODY_BYTES_MAX: Final = 64 * 1024 * 1024
STOOD_S_MIN: Final = 5.0  # a connection that stood so long shows that the venue is there


class Sent(Enum):
    """What became of a request's bytes: the kernel has all, a part, or none and will get none.

    STOPPED is none, too: `may_leave` said no.
    """

    WHOLE = "whole"
    PART = "part"
    NOTHING = "nothing"
    STOPPED = "stopped"


class Exchange(Protocol):
    """A request in flight: who hears what becomes of it. Exactly one of the first three is called, once."""

    def answered(self, reply: Reply) -> None: ...

    def unanswered(self, why: str) -> None:
        """The connection was lost, or what came was no answer. The request may have been carried out."""
        ...

    def cut_off(self) -> None:
        """The kernel had a part only and `may_leave` said no: the connection was reset, the request is not whole."""
        ...

    @property
    def latch(self) -> Latch:
        """The latch that is looked at, in line, right before each system call that hands bytes to the kernel."""
        ...

    def may_leave(self, level: int) -> bool:
        """Tell whether the bytes may leave at a level of the latch that is not OPEN."""
        ...


class Connection:
    """Connects by itself as soon as it is started, and for as long as it is not closed.

    `on_ready` is called whenever it can take a request, never from within a call into it.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        place: Place,
        backoff: Backoff,
        on_ready: Callable[["Connection"], None],
        tls: ssl.SSLContext | None = None,
        make_socket: MakeSocket = socket.socket,
    ) -> None:
        self._loop = loop
        self._place = place
        self._backoff = backoff
        self._on_ready = on_ready
        self._tls = tls
        self._make_socket = make_socket
        self._wire: Wire | None = None
        self._reader = ReplyReader(BODY_BYTES_MAX)
        self._exchange: Exchange | None = None
        self._rest = b""
        self._stands_since_s = 0.0
        self._connecting: asyncio.Task[None] | None = None
        self._is_closed = False
        self.is_ready = False
        self.connects_count = 0
        self.trouble = "it has not been connected yet"

    def start(self) -> None:
        """Begin to connect."""
        self._connect(0)

    def close(self) -> None:
        """End the connection for good. A request in flight is unanswered."""
        self._is_closed = True
        if self._connecting is not None:
            self._connecting.cancel()
        self.drop("the connection was closed")

    def drop(self, why: str) -> None:
        """Reset the connection and connect again. A request in flight is unanswered."""
        if self._wire is not None:
            self._wire.abort()
            self.wire_lost(why)

    def give_up(self, exchange: Exchange, why: str) -> None:
        """Drop the connection if this request is in flight on it: an answer that came later would be the next one's."""
        if self._exchange is exchange:
            self.drop(why)

    def send(self, data: bytes, exchange: Exchange) -> Sent:
        """Hand a request to the kernel, in this call. With NOTHING and STOPPED the exchange is not begun.

        Only when `is_ready`.
        """
        wire = self._wire
        assert self.is_ready and wire is not None, "a connection takes one request at a time"
        self.is_ready = False
        if not wire.is_quiet():  # what came before a request is no answer to it, and may be the end of the connection
            wire.take_in()
            if self._wire is not wire:
                return Sent.NOTHING
        sealed = wire.sealed(data)
        # Nothing may stand between this look and the write.
        level = exchange.latch.cell[0]
        if level != OPEN and not exchange.may_leave(level):
            if sealed is data:
                self._loop.call_soon(self._ready_again, wire)
            else:  # what TLS has sealed cannot be taken back and must not follow later
                self._loop.call_soon(self._lose, wire, "a sealed request was stopped")
            return Sent.STOPPED
        try:
            taken = wire.send(sealed)
        except OSError as error:
            self._loop.call_soon(self._lose, wire, f"{type(error).__name__}: {error.strerror or error}")
            return Sent.NOTHING
        if taken == len(sealed):
            self._exchange = exchange
            return Sent.WHOLE
        if taken:
            self._exchange = exchange
            self._rest = sealed[taken:]
            wire.watch_writable(True)
            return Sent.PART
        if sealed is data:
            wire.watch_writable(True)  # ready again when the kernel takes bytes
        else:
            self._loop.call_soon(self._lose, wire, "the kernel took nothing of a sealed request")
        return Sent.NOTHING

    # --- Called by the wire ----------------------------------------------------------------------------------------

    def wire_writable(self) -> None:
        """Go on with a request of which the kernel had a part, or be ready again."""
        wire, exchange = self._wire, self._exchange
        assert wire is not None, "only an open wire is watched"
        if exchange is None:
            wire.watch_writable(False)
            self._be_ready()
            return
        # Nothing may stand between this look and the write.
        level = exchange.latch.cell[0]
        if level != OPEN and not exchange.may_leave(level):
            self._exchange = None
            wire.abort()
            exchange.cut_off()
            self.wire_lost("a request was cut off")
            return
        try:
            taken = wire.send(self._rest)
        except OSError as error:
            self._lose(wire, f"{type(error).__name__}: {error.strerror or error}")
            return
        self._rest = self._rest[taken:]
        if not self._rest:
            wire.watch_writable(False)

    def wire_heard(self, data: bytes) -> None:
        """Take what came in."""
        exchange = self._exchange
        if exchange is None or self._rest:  # even a part: the rest of it would be taken for the next request's answer
            self.drop("something came where no whole request was in flight")
            return
        found = self._reader.feed(data)
        if found is None:
            return
        if isinstance(found, Unreadable):
            self.drop(str(found))
            return
        self._exchange = None
        self._backoff.succeeded()
        if self._reader.keeps_open:
            self._loop.call_soon(self._ready_again, self._wire)
        else:
            self.drop("the venue closes after this answer")
        exchange.answered(found)

    def wire_lost(self, why: str) -> None:
        """Forget the wire, tell whoever waits on it, and connect again."""
        self.is_ready = False
        self.trouble = why
        self._wire = None
        self._rest = b""
        exchange, self._exchange = self._exchange, None
        has_stood = self._loop.time() - self._stands_since_s >= STOOD_S_MIN
        if has_stood:
            self._backoff.succeeded()
        if not self._is_closed:
            # A venue closes what is quiet for long; that is no trouble of its own.
            self._connect(0 if has_stood and exchange is None else self._backoff.failed())
        if exchange is not None:
            exchange.unanswered(why)

    # --- Inside ----------------------------------------------------------------------------------------------------

    def _lose(self, wire: Wire, why: str) -> None:
        if wire is self._wire:
            self.drop(why)

    def _ready_again(self, wire: Wire | None) -> None:
        if wire is self._wire and self._exchange is None:
            self._be_ready()

    def _be_ready(self) -> None:
        if self._wire is not None and not self._is_closed:
            self.is_ready = True
            self._on_ready(self)

    def _connect(self, after_ms: int) -> None:
        if not self._is_closed:
            self._connecting = self._loop.create_task(self._connected(after_ms))

    async def _connected(self, after_ms: int) -> None:
        wire: Wire | None = None
        while wire is None:
            await asyncio.sleep(after_ms / 1_000)
            try:
                async with asyncio.timeout(CONNECT_S_MAX):
                    wire = await open_wire(self._loop, self._place, self._tls, self, self._make_socket)
            except (OSError, UnicodeError) as error:  # a TimeoutError is an OSError, too
                self.trouble = f"{type(error).__name__}: {error}"
                after_ms = self._backoff.failed()
        self._connecting = None
        self.trouble = ""
        self._wire = wire
        self._reader = ReplyReader(BODY_BYTES_MAX)
        self._stands_since_s = self._loop.time()
        self.connects_count += 1
        self._be_ready()
