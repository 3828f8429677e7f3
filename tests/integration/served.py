"""A server room run in a thread, a site that does as its paths say, and a client of raw bytes."""

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import uvloop

from interlock.gateway.server.limits import Limits
from interlock.gateway.server.listener import Listener, serve, serve_unix
from interlock.gateway.server.messages import Channel, Delivery, Request, Response, Session

Result = TypeVar("Result")
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "uvloop": uvloop.new_event_loop,
    "asyncio": asyncio.new_event_loop,
}
PATIENCE_S = 2.0  # nothing takes that long: it only ends a test that would hang


class ScriptedSite:
    """Answers by path: /wait/NAME once `gates[NAME]` is opened, /deliver as `delivery` says, /fail not at all."""

    def __init__(self) -> None:
        self.seen: list[Request] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.delivery: Delivery | None = None
        self.big = b"x" * 100_000
        self.finished: list[str] = []
        self.open_now = 0
        self.open_most = 0
        self.has_seen = threading.Condition()
        self.take: Callable[[Request, Channel], Session | Response] = lambda request, channel: Echo(channel)

    def answer(self, request: Request) -> Response | Awaitable[Response]:
        with self.has_seen:
            self.seen.append(request)
            self.has_seen.notify_all()
        if request.path.startswith("/wait/"):
            return self._wait(request.path.removeprefix("/wait/"))
        if request.path == "/later/fail":
            return self._fail()
        if request.path == "/fail":
            raise LookupError("the site is broken")
        if request.path == "/big":
            return Response(200, self.big)
        if request.path == "/split":
            return Response(200, b"{}", (("X-A", "1\r\nX-B: 2"),))
        if request.path == "/deliver":
            return Response(200, b"delivered", delivery=self.delivery)
        return Response(200, request.path.encode() + b"|" + request.body)

    def open_socket(self, request: Request, channel: Channel) -> Session | Response:
        return self.take(request, channel)

    def wait_for(self, count: int) -> None:
        """Return when so many requests have been asked."""
        with self.has_seen:
            assert self.has_seen.wait_for(lambda: len(self.seen) >= count, PATIENCE_S)

    async def _wait(self, name: str) -> Response:
        self.open_now += 1
        self.open_most = max(self.open_most, self.open_now)
        try:
            await self.gates.setdefault(name, asyncio.Event()).wait()
            self.finished.append(name)
        finally:
            self.open_now -= 1
        return Response(200, f"waited {name}".encode())

    async def _fail(self) -> Response:
        raise LookupError("the site is broken, later")


class Echo:
    """Sends back what comes, and tells when it is over."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.texts: list[bytes] = []
        self.closed_count = 0
        self.is_closed = threading.Event()

    def received(self, text: bytes) -> None:
        self.texts.append(text)
        self.channel.send(text)

    def closed(self) -> None:
        self.closed_count += 1
        self.is_closed.set()


class Served:
    """A site being served in a thread of its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop, listener: Listener, site: ScriptedSite) -> None:
        self.loop = loop
        self.listener = listener
        self.port = listener.port
        self.site = site
        self.failures: list[tuple[str, BaseException]] = []
        self.loop_errors: list[dict[str, Any]] = []

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run something on the server's loop and return what comes of it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_S)

    def call(self, act: Callable[[], Result]) -> Result:
        """Call something on the server's loop."""

        async def called() -> Result:
            return act()

        return self.run(called())

    async def emptied(self) -> None:
        """Return when nobody is connected any more."""
        while self.listener.connections:
            await asyncio.sleep(0)

    async def turn(self) -> None:
        """Let the loop do what it can already do."""
        for _ in range(100):
            await asyncio.sleep(0)

    def open_gate(self, name: str) -> None:
        self.call(lambda: self.site.gates.setdefault(name, asyncio.Event()).set())

    def client(self) -> "Raw":
        return Raw(socket.create_connection(("127.0.0.1", self.port), PATIENCE_S))


@contextmanager
def served(
    loop_name: str,
    limits: Limits | None = None,
    site: ScriptedSite | None = None,
    tls: ssl.SSLContext | None = None,
    path: Path | None = None,
) -> Iterator[Served]:
    """Serve a site until the block ends. An error that reached the loop, and nobody looked at, fails the test."""
    loop = LOOPS[loop_name]()
    shown = site or ScriptedSite()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        with contextlib.ExitStack() as stack:
            opened = stack.enter_context(on_loop(loop, listening(shown, limits or Limits(), tls, path)))
            yield opened
        assert opened.loop_errors == []
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE_S)
        loop.close()


@asynccontextmanager
async def listening(
    site: ScriptedSite, limits: Limits, tls: ssl.SSLContext | None, path: Path | None
) -> AsyncIterator[Served]:
    """Serve a site on the running loop."""
    failures: list[tuple[str, BaseException]] = []

    def note(doing: str, error: BaseException) -> None:
        failures.append((doing, error))

    if path is not None:
        listener = await serve_unix(site, path, limits=limits, on_failure=note)
    else:
        listener = await serve(site, "127.0.0.1", 0, limits=limits, tls=tls, on_failure=note)
    loop = asyncio.get_running_loop()
    opened = Served(loop, listener, site)
    opened.failures = failures
    loop.set_exception_handler(lambda _, context: opened.loop_errors.append(context))
    try:
        yield opened
    finally:
        await listener.close()


@contextmanager
def on_loop(
    loop: asyncio.AbstractEventLoop, context: contextlib.AbstractAsyncContextManager[Served]
) -> Iterator[Served]:
    """Enter and leave a context on a loop that runs in another thread."""
    opened = asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result(PATIENCE_S)
    try:
        yield opened
    finally:
        asyncio.run_coroutine_threadsafe(context.__aexit__(None, None, None), loop).result(PATIENCE_S)


class Answer(NamedTuple):
    """One HTTP response as it came."""

    status: int
    headers: dict[str, str]
    body: bytes


class Raw:
    """A client that sends what it is told and reads what comes."""

    def __init__(self, wire: socket.socket) -> None:
        wire.settimeout(PATIENCE_S)
        self.wire = wire
        self.rest = b""

    def __enter__(self) -> "Raw":
        return self

    def __exit__(self, *_: object) -> None:
        self.wire.close()

    def send(self, data: bytes) -> "Raw":
        self.wire.sendall(data)
        return self

    def reset(self) -> None:
        """Vanish without a farewell."""
        self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.wire.close()

    def get(self, path: str, *lines: str, method: str = "GET", body: bytes = b"") -> "Raw":
        return self.send(request(path, *lines, method=method, body=body))

    def upto(self, end: bytes) -> bytes:
        """Return all up to and with these bytes."""
        while end not in self.rest:
            more = self.wire.recv(65_536)
            if not more:
                raise EOFError(f"ended after {self.rest!r}")
            self.rest += more
        found, _, self.rest = self.rest.partition(end)
        return found + end

    def exactly(self, count: int) -> bytes:
        """Return so many bytes."""
        while len(self.rest) < count:
            more = self.wire.recv(65_536)
            if not more:
                raise EOFError(f"ended after {len(self.rest)} of {count} bytes")
            self.rest += more
        found, self.rest = self.rest[:count], self.rest[count:]
        return found

    def answer(self, is_head: bool = False) -> Answer:
        """Return one response."""
        first, *lines = self.upto(b"\r\n\r\n").decode("latin-1").rstrip().split("\r\n")
        assert first.startswith("HTTP/1.1 "), first
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = b"" if is_head else self.exactly(int(headers.get("content-length", 0)))
        return Answer(int(first.split()[1]), headers, body)

    def to_end(self) -> bytes:
        """Return all until the server ends the connection."""
        while more := self.wire.recv(65_536):
            self.rest += more
        return self.rest


def request(path: str, *lines: str, method: str = "GET", body: bytes = b"") -> bytes:
    """Return a request as bytes, with its Host and, where there is a body, its length."""
    length = (f"Content-Length: {len(body)}",) if body else ()
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: a", *lines, *length, "", "")).encode("latin-1") + body
