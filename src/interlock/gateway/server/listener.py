"""A listening socket, and how it is closed."""

import asyncio
import ssl
from pathlib import Path

from interlock.gateway.server.connection import Connection
from interlock.gateway.server.limits import Limits
from interlock.gateway.server.messages import Site
from interlock.gateway.server.room import OnFailure, Room
from interlock.units.faults import Fault

_BACKLOG = 1_024
_DEFAULTS = Limits()


class Listener:
    """A site being served. `port` is what the system gave where 0 was asked for, and 0 for a Unix socket."""

    def __init__(self, server: asyncio.Server, room: Room) -> None:
        self._server = server
        self._room = room
        name = server.sockets[0].getsockname()
        self.port: int = name[1] if isinstance(name, tuple) else 0

    @property
    def connections(self) -> int:
        """How many connections are open, WebSockets included."""
        return len(self._room.guests)

    async def close(self) -> None:
        """Accept no more, answer what is in flight within `close_ms_max`, then end what is left."""
        self._server.close()
        self._room.shut()
        bound_s = self._room.limits.close_ms_max / 1_000
        try:
            await asyncio.wait_for(self._room.emptied.wait(), bound_s)
        except TimeoutError:
            self._room.clear()
            await asyncio.wait_for(self._room.emptied.wait(), bound_s)
        await self._server.wait_closed()


async def serve(
    site: Site,
    host: str,
    port: int,
    *,
    limits: Limits = _DEFAULTS,
    tls: ssl.SSLContext | None = None,
    on_failure: OnFailure | None = None,
) -> Listener:
    """Serve a site on the running loop; port 0 lets the system choose.

    `on_failure` is told of every exception of the site; without one the loop's exception handler is. Raises Fault when
    the address cannot be had.
    """
    room = Room(site, limits, on_failure)
    handshake_s = limits.head_ms_max / 1_000 if tls is not None else None
    try:
        server = await room.loop.create_server(
            lambda: Connection(room), host, port, ssl=tls, ssl_handshake_timeout=handshake_s, backlog=_BACKLOG
        )
    except OSError as error:
        raise Fault(
            f"Nothing can be served on {host}:{port}: {error.strerror or error}.",
            "Name a free port (0 lets the system choose one) and an address of this machine.",
        ) from error
    return Listener(server, room)


async def serve_unix(
    site: Site, path: Path, *, limits: Limits = _DEFAULTS, on_failure: OnFailure | None = None
) -> Listener:
    """Serve a site on a Unix socket, as `serve` does on a port."""
    room = Room(site, limits, on_failure)
    try:
        server = await room.loop.create_unix_server(lambda: Connection(room), str(path), backlog=_BACKLOG)
    except OSError as error:
        raise Fault(
            f"Nothing can be served on {path}: {error.strerror or error}.",
            "Name a path that is free, in a folder that can be written to.",
        ) from error
    return Listener(server, room)
