"""Reads over connections of their own: what is asked waits for the budget and for a connection, then for its answer."""

import asyncio
import random
import socket
import ssl
from collections import deque
from enum import Enum
from typing import Final

from msgspec import Struct

from interlock.ports.clock import Clock
from interlock.ports.latch import OPEN, Latch
from interlock.units.time import NS_PER_MS
from interlock.venues.binance.backoff import Backoff
from interlock.venues.binance.budget import Budget
from interlock.venues.binance.endpoints import Place
from interlock.venues.binance.line.connection import Connection, Sent
from interlock.venues.binance.line.replies import Reply
from interlock.venues.binance.line.wire import MakeSocket
from interlock.venues.binance.parse.errors import venue_error
from interlock.venues.binance.parse.unreadable import Unreadable
from interlock.venues.binance.requests import RECV_WINDOW_MS, Wanted, signed, tail_of, unsigned
from interlock.venues.binance.server_time import ServerTime
from interlock.venues.binance.signing import Signer

WAITING_MAX: Final = 256
CONNECTIONS: Final = 2


class Security(Enum):
    """What an endpoint wants to know of who asks: nothing, the API key, or a signature."""

    OPEN = "open"
    KEY = "key"
    SIGNED = "signed"


class Why(Enum):
    """Why a read brought nothing."""

    REFUSED = "refused"  # the venue said no, with a code
    UNREADABLE = "unreadable"
    UNANSWERED = "unanswered"
    HELD_BACK = "held back"  # not sent: the rate budget leaves the rest to orders, or the venue said to wait
    TOO_MANY = "too many"  # not sent: too many reads wait already


class ReadFailed(Struct, frozen=True):
    """A read that brought nothing. `code` is the venue's, 0 without one; `wait_ns` how long it is held back."""

    why: Why
    text: str
    code: int = 0
    wait_ns: int = 0


class Asker:
    """Asks a market's REST endpoints. On the loop's thread; close it before the loop ends."""

    def __init__(
        self,
        place: Place,
        signer: Signer | None,
        clock: Clock,
        budget: Budget,
        server_time: ServerTime,
        loop: asyncio.AbstractEventLoop,
        seed: int,
        patience_ms_max: int = 10_000,
        tls: ssl.SSLContext | None = None,
        make_socket: MakeSocket = socket.socket,
    ) -> None:
        self.clock = clock
        self.server_time = server_time
        self._signer = signer
        self._budget = budget
        self._loop = loop
        self._patience_ms_max = patience_ms_max
        self._tails = {
            Security.OPEN: tail_of(place.authority, None),
            Security.KEY: tail_of(place.authority, signer.api_key if signer is not None else None),
        }
        self._tails[Security.SIGNED] = self._tails[Security.KEY]
        draw = random.Random(seed).random
        self.connections = [
            Connection(loop, place, Backoff(draw), self._flush, tls, make_socket) for _ in range(CONNECTIONS)
        ]
        self._waiting: deque[_Ask] = deque()

    def start(self) -> None:
        """Connect, and stay connected."""
        for connection in self.connections:
            connection.start()

    def close(self) -> None:
        """End it: what waits is unanswered."""
        for ask in self._waiting:
            ask.unanswered("the reads were closed")
        self._waiting.clear()
        for connection in self.connections:
            connection.close()

    async def ask(
        self, wanted: Wanted, weight: int, security: Security = Security.OPEN, *, can_wait: bool = True
    ) -> bytes | ReadFailed:
        """Return the body of a success, or why there is none. Asked once; asking again is the caller's to decide.

        `can_wait` false is for what may not be held back by the share that reads have: a listen key, the venue's time.
        """
        assert security is Security.OPEN or self._signer is not None, "who asks with a key has one"
        venue_ns = self._venue_ns()
        wait_ns = self._budget.read_wait_ns(venue_ns, weight) if can_wait else self._budget.exit_wait_ns(venue_ns)
        if wait_ns:
            return ReadFailed(Why.HELD_BACK, f"held back for {wait_ns // NS_PER_MS} ms by the rate limits", 0, wait_ns)
        if len(self._waiting) >= WAITING_MAX:
            return ReadFailed(Why.TOO_MANY, f"{WAITING_MAX} reads wait already")
        self._budget.count_read(venue_ns, weight)
        ask = _Ask(wanted, security, self._loop.create_future())
        self._waiting.append(ask)
        timer = self._loop.call_later(self._patience_ms_max / 1_000, self._patience_over, ask)
        self._flush()
        try:
            reply = await ask.answer
        except asyncio.CancelledError:
            if ask.connection is not None:
                ask.connection.give_up(ask, "who asked does not want the answer any more")
            raise
        finally:
            timer.cancel()
            if ask in self._waiting:
                self._waiting.remove(ask)
        if isinstance(reply, str):
            return ReadFailed(Why.UNANSWERED, reply)
        self._budget.hear(self._venue_ns(), reply.status, reply.headers, reply.body)
        return _judged(reply)

    def _flush(self, _: Connection | None = None) -> None:
        for connection in self.connections:
            while self._waiting and connection.is_ready:
                ask = self._waiting.popleft()
                if connection.send(self._bytes_of(ask), ask) is Sent.NOTHING:
                    self._waiting.appendleft(ask)
                else:
                    ask.connection = connection

    def _bytes_of(self, ask: "_Ask") -> bytes:
        tail = self._tails[ask.security]
        if ask.security is not Security.SIGNED or self._signer is None:
            return unsigned(ask.wanted, tail)
        return signed(ask.wanted, self._signer, self._venue_ns() // NS_PER_MS, RECV_WINDOW_MS, tail)

    def _patience_over(self, ask: "_Ask") -> None:
        why = f"no answer within {self._patience_ms_max} ms"
        if ask.connection is None:
            ask.unanswered(why)
        else:
            ask.connection.give_up(ask, why)

    def _venue_ns(self) -> int:
        return self.server_time.venue_ns(self.clock.now_ns())


class _NoLatch:
    """Always open. Implements `Latch`."""

    cell = bytes((OPEN,))


_NO_LATCH: Final = _NoLatch()


class _Ask:
    """A read on its way. Implements `Exchange`; the latch does not concern it, since a read changes nothing."""

    __slots__ = ("answer", "connection", "latch", "security", "wanted")

    def __init__(self, wanted: Wanted, security: Security, answer: "asyncio.Future[Reply | str]") -> None:
        self.wanted = wanted
        self.security = security
        self.answer = answer
        self.connection: Connection | None = None
        self.latch: Latch = _NO_LATCH

    def may_leave(self, level: int) -> bool:
        return True

    def cut_off(self) -> None:
        raise AssertionError("a read is never cut off")

    def answered(self, reply: Reply) -> None:
        if not self.answer.done():
            self.answer.set_result(reply)

    def unanswered(self, why: str) -> None:
        if not self.answer.done():
            self.answer.set_result(why)


def _judged(reply: Reply) -> bytes | ReadFailed:
    if reply.status == 200:
        return reply.body
    error = venue_error(reply.body)
    if isinstance(error, Unreadable):
        return ReadFailed(Why.UNREADABLE, f"status {reply.status}: {error}")
    return ReadFailed(Why.REFUSED, f"status {reply.status}, {error.code} {error.text}", error.code)
