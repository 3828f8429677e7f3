"""How a running paper exchange is spoken to from outside: HTTP on a Unix socket in its folder, for its owner only."""

import http.client
import socket
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

import msgspec

from interlock.gateway.server.messages import Channel, Request, Response, Session
from interlock.units.faults import Fault
from interlock.venues.paper.faults.injections import Injection
from interlock.venues.paper.faults.paper_faults import PaperFaults

SOCKET_NAME: Final = "admin.sock"
_ANSWER_S_MAX: Final = 10.0


class AdminSite:
    """The site: `GET /status`, `GET /faults`, `POST /faults` (an injection), `DELETE /faults[?id=N]`."""

    def __init__(self, faults: PaperFaults, accounts: Callable[[], Sequence[str]], now_ms: Callable[[], int]) -> None:
        self._faults = faults
        self._accounts = accounts
        self._now_ms = now_ms

    def answer(self, request: Request) -> Response | Awaitable[Response]:
        """Answer one command."""
        match request.method, request.path:
            case "GET", "/status":
                return _answer({"now_ms": self._now_ms(), "accounts": self._accounts()})
            case "GET", "/faults":
                return _answer(self._faults.list())
            case "POST", "/faults":
                return self._inject(request.body)
            case "DELETE", "/faults":
                return self._clear(request.query)
            case _:
                return _refusal(404, f"There is no {request.method} {request.path}.", "See docs/reference/venues.md.")

    def open_socket(self, request: Request, channel: Channel) -> Session | Response:
        """Refuse: there is nothing to stream here."""
        return _refusal(404, "The admin socket takes no WebSocket.", "See docs/reference/venues.md.")

    def _inject(self, body: bytes) -> Response:
        try:
            return _answer(self._faults.inject(msgspec.json.decode(body, type=Injection)))
        except msgspec.DecodeError as error:
            return _refusal(400, f"The fault cannot be read: {error}.", "See `interlock venue fault --help`.")
        except Fault as fault:
            return _refusal(400, fault.what, fault.hint)

    def _clear(self, query: bytes) -> Response:
        named = parse_qs(query.decode("latin-1")).get("id")
        if named is not None and not named[0].isdecimal():
            return _refusal(400, f"{named[0]!r} is no number of a fault.", "`interlock venue fault` lists them.")
        return _answer({"cleared": self._faults.clear(None if named is None else int(named[0]))})


def _answer(value: object) -> Response:
    return Response(200, msgspec.json.encode(value))


def _refusal(status: int, what: str, hint: str) -> Response:
    return Response(status, msgspec.json.encode({"what": what, "hint": hint}))


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_ANSWER_S_MAX)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket in the folder."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def ask(folder: Path, method: str, path: str, body: bytes = b"") -> bytes:
    """Return the answer of the exchange that runs in this folder. Errors: Fault when none does, or when it refuses."""
    connection = _UnixConnection(folder / SOCKET_NAME)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Fault(
            f"No paper exchange answers in {folder}: {error}. Nothing was done.",
            "Start it with `interlock venue`, or name its state directory with --state.",
        ) from error
    finally:
        connection.close()
    if answer.status != 200:
        told = msgspec.json.decode(text, type=dict[str, str])
        raise Fault(told["what"], told["hint"])
    return text
