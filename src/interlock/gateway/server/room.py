"""What all connections of a listener share: the site, the limits, who is in, and whom to tell of failures."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from interlock.gateway.server.limits import Limits
from interlock.gateway.server.messages import Channel, Request, Response, Session, Site
from interlock.gateway.server.writing import HeadWriter

OnFailure = Callable[[str, BaseException], None]
"""Takes what was being done ("GET /api/v3/time") and what came of it."""


class SiteFailed(Exception):
    """The site raised an exception; it is the cause of this one, and has been reported."""


class Guest(Protocol):
    """A connection, HTTP or WebSocket."""

    def shut(self) -> None:
        """End as soon as what is in flight has been answered."""
        ...

    def abort(self) -> None:
        """End now."""
        ...


class Room:
    """One listener's inside."""

    def __init__(self, site: Site, limits: Limits, on_failure: OnFailure | None) -> None:
        self.site = site
        self.limits = limits
        self.loop = asyncio.get_running_loop()
        self.writer = HeadWriter()
        self.guests: dict[Guest, None] = {}
        self.is_closing = False
        self.emptied = asyncio.Event()
        self._on_failure = on_failure or self._tell_the_loop
        self._working: dict[asyncio.Future[Response], None] = {}

    # --- Who is in ---------------------------------------------------------------------------------------------------

    def enter(self, guest: Guest) -> None:
        """Take a connection in."""
        self.guests[guest] = None

    def leave(self, guest: Guest) -> None:
        """Let a connection go."""
        self.guests.pop(guest, None)
        self._look_round()

    def shut(self) -> None:
        """Let everybody finish; `emptied` is set when nobody is left and no answer is being worked on."""
        self.is_closing = True
        for guest in tuple(self.guests):
            guest.shut()
        self._look_round()

    def clear(self) -> None:
        """Put everybody out and stop work on their answers."""
        for guest in tuple(self.guests):
            guest.abort()
        for future in tuple(self._working):
            future.cancel()

    def _look_round(self) -> None:
        if self.is_closing and not self.guests and not self._working:
            self.emptied.set()

    # --- The site ----------------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response | Awaitable[Response]:
        """Ask the site. Raises SiteFailed."""
        try:
            return self.site.answer(request)
        except Exception as error:
            raise self._failed(f"{request.method} {request.path}", error) from error

    def open_socket(self, request: Request, channel: Channel) -> Session | Response:
        """Ask the site to take a WebSocket in. Raises SiteFailed."""
        try:
            return self.site.open_socket(request, channel)
        except Exception as error:
            raise self._failed(f"WebSocket {request.path}", error) from error

    def tell(self, path: str, call: Callable[[], None]) -> None:
        """Tell a session something. Raises SiteFailed."""
        try:
            call()
        except Exception as error:
            raise self._failed(f"WebSocket {path}", error) from error

    def await_answer(
        self, request: Request, answer: Awaitable[Response], done: Callable[[Response | None], None]
    ) -> None:
        """Call back with the answer once it is there, None when the site failed.

        The work goes on when the client has gone: what was asked may already have its effect.
        """
        future = asyncio.ensure_future(answer)
        if future is not answer:
            self._working[future] = None

        def finish(finished: asyncio.Future[Response]) -> None:
            self._working.pop(finished, None)
            response: Response | None = None
            if finished.cancelled():
                self.report(f"{request.method} {request.path}", asyncio.CancelledError("the answer was cancelled"))
            elif (error := finished.exception()) is not None:
                self.report(f"{request.method} {request.path}", error)
            else:
                response = finished.result()
            done(response)
            self._look_round()

        future.add_done_callback(finish)

    def report(self, doing: str, error: BaseException) -> None:
        """Tell whoever logs failures."""
        self._on_failure(doing, error)

    def _failed(self, doing: str, error: Exception) -> SiteFailed:
        self.report(doing, error)
        return SiteFailed(doing)

    def _tell_the_loop(self, doing: str, error: BaseException) -> None:
        self.loop.call_exception_handler({"message": f"The site failed at {doing}", "exception": error})
