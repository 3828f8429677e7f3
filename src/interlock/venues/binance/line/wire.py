"""A connected socket whose sends are system calls of the caller's own turn, plain or over TLS.

Not an asyncio transport: those may hold bytes back until the end of the loop's turn (uvloop's do), and between the look
at the latch and the write nothing may stand. The loop only tells when the socket can be read or written.
"""

import asyncio
import contextlib
import socket
import ssl
import struct
import sys
from collections.abc import Callable
from typing import Final, Protocol

from interlock.venues.binance.endpoints import Place

_READ_BYTES: Final = 262_144
_LINGER_NOT_AT_ALL: Final = struct.pack("ii", 1, 0)
MakeSocket = Callable[[int, int, int], socket.socket]


class WireListener(Protocol):
    """Who hears what comes in."""

    def wire_heard(self, data: bytes) -> None: ...

    def wire_writable(self) -> None:
        """The kernel takes bytes again; asked for by `Wire.watch_writable`."""
        ...

    def wire_lost(self, why: str) -> None:
        """The connection is gone. Told once, and not for a `close` or `abort` of our own."""
        ...


class Wire:
    """An open connection. Every method is called on the loop's thread."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, sock: socket.socket, secured: "_Secured | None", listener: WireListener
    ) -> None:
        self._loop = loop
        self._socket = sock
        self._descriptor = sock.fileno()
        self._secured = secured
        self._listener = listener
        self._is_watched = False
        self.is_open = True
        loop.add_reader(self._descriptor, self.take_in)

    def sealed(self, data: bytes) -> bytes:
        """Return the bytes as they go to the kernel: encrypted over TLS, where every byte must follow once begun."""
        return data if self._secured is None else self._secured.seal(data)

    def send(self, data: bytes) -> int:
        """Hand bytes to the kernel now; return how many it took. Errors: OSError, the connection is no more."""
        try:
            return self._socket.send(data)
        except (BlockingIOError, InterruptedError):
            return 0

    def is_quiet(self) -> bool:
        """Tell whether nothing is there to be taken in: no bytes, no end, no error."""
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return True
        except OSError:
            return False
        return False

    def watch_writable(self, is_watched: bool) -> None:
        """Begin or end to be told when the kernel takes bytes again."""
        if is_watched and not self._is_watched and self.is_open:
            self._loop.add_writer(self._descriptor, self._listener.wire_writable)
        elif not is_watched and self._is_watched:
            self._loop.remove_writer(self._descriptor)
        self._is_watched = is_watched

    def close(self) -> None:
        """End the connection; what the kernel has is still sent."""
        if not self.is_open:
            return
        self.is_open = False
        self._loop.remove_reader(self._descriptor)
        self.watch_writable(False)
        self._socket.close()

    def abort(self) -> None:
        """Reset the connection: what the kernel still holds is thrown away."""
        if self.is_open:
            with contextlib.suppress(OSError):  # a socket that is gone already needs no reset
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT_AT_ALL)
            self.close()

    def take_in(self) -> None:
        """Read what is there, and tell the listener of it."""
        try:
            data = self._socket.recv(_READ_BYTES)
            if data and self._secured is not None:
                data, is_ended = self._secured.unseal(data)
                if data:
                    self._listener.wire_heard(data)
                if not is_ended:
                    return
                data = b""
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:  # an ssl.SSLError is one, too
            self._lose(f"{type(error).__name__}: {error.strerror or error}")
            return
        if data:
            self._listener.wire_heard(data)
        else:
            self._lose("the venue closed the connection")

    def _lose(self, why: str) -> None:
        if self.is_open:
            self.close()
            self._listener.wire_lost(why)


class _Secured:
    """TLS over memory: the bytes in and out of the socket stay in our hands."""

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    async def shake_hands(self, loop: asyncio.AbstractEventLoop, sock: socket.socket) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush(loop, sock)
                data = await loop.sock_recv(sock, _READ_BYTES)
                if not data:
                    raise ConnectionResetError("the venue closed the connection before TLS stood") from None
                self._incoming.write(data)
            else:
                await self._flush(loop, sock)
                return

    async def _flush(self, loop: asyncio.AbstractEventLoop, sock: socket.socket) -> None:
        data = self._outgoing.read()
        if data:
            await loop.sock_sendall(sock, data)

    def seal(self, data: bytes) -> bytes:
        self._tls.write(data)
        return self._outgoing.read()

    def unseal(self, data: bytes) -> tuple[bytes, bool]:
        """Return what came in, and whether the other side ended the connection. Errors: ssl.SSLError."""
        self._incoming.write(data)
        found: list[bytes] = []
        while True:
            try:
                piece = self._tls.read(_READ_BYTES)
            except ssl.SSLWantReadError:
                return b"".join(found), False
            except ssl.SSLZeroReturnError:
                return b"".join(found), True
            if not piece:
                return b"".join(found), True
            found.append(piece)


async def open_wire(
    loop: asyncio.AbstractEventLoop,
    place: Place,
    tls: ssl.SSLContext | None,
    listener: WireListener,
    make_socket: MakeSocket = socket.socket,
) -> Wire:
    """Return a connection, its TLS standing. Errors: OSError, and ssl.SSLError among them. Bound it by a timeout."""
    found = await loop.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    for number, (family, kind, protocol, _, address) in enumerate(found, start=1):
        sock = make_socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            _tune(sock)
            await loop.sock_connect(sock, address)
            secured = None
            if place.is_tls:
                secured = _Secured(tls or ssl.create_default_context(), place.host)
                await secured.shake_hands(loop, sock)
        except BaseException as error:
            sock.close()
            if isinstance(error, OSError) and number < len(found):
                continue  # a name may stand for several addresses, and one of them answers
            raise
        return Wire(loop, sock, secured, listener)
    raise ConnectionError(f"{place.host} has no address")


def _tune(sock: socket.socket) -> None:
    """Send at once, and notice within half a minute that a quiet connection leads nowhere any more."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if sys.platform == "linux":
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
