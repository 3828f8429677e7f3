"""Bytes in, requests out: HTTP/1.1 as a server reads it. No sockets, no clock."""

from collections import deque
from enum import Enum

import httptools

from interlock.gateway.server.limits import Limits
from interlock.gateway.server.messages import Request

_NAMES_KEPT_MAX = 256
_NAMES: dict[bytes, str] = {}


class RequestRefused(Exception):
    """What came in is no request that is served here; after it the connection cannot be read on."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text}")
        self.status = status
        self.text = text


class Stage(Enum):
    """What of a request is being read."""

    IDLE = "between requests"
    HEAD = "head"
    BODY = "body"


class Ending(Enum):
    """What becomes of the connection after an answer."""

    KEEP = "kept"
    KEEP_OLD = "kept, and HTTP/1.0 must be told so"
    CLOSE = "closed"
    LINGER = "closed, while the client may still be sending"
    UPGRADE = "a WebSocket is asked for"


class RequestReader:
    """Reads the requests of one connection.

    `asked` holds those that are whole, oldest first, with what each means for the connection; the reader's user takes
    them. After one that closes or upgrades, nothing more is read; `rest` is what came after an upgrade's head.
    `wants_continue` says that the client waits for leave to send a body.
    """

    _url: bytes

    def __init__(self, peer: str, limits: Limits) -> None:
        self.asked: deque[tuple[Request, Ending]] = deque()
        self.stage = Stage.IDLE
        self.wants_continue = False
        self.rest = b""
        self._peer = peer
        self._limits = limits
        self._is_over = False
        self._refusal: RequestRefused | None = None
        # Bytes that the parser swallowed without a word: part of a header, a chunk's extension.
        self._silent_bytes = 0
        self._begin()
        self._parser = httptools.HttpRequestParser(self)

    def feed(self, data: bytes) -> None:
        """Read on. Raises RequestRefused, once, when nothing more can be read; `asked` then holds what came before."""
        if self._is_over:
            return
        self._silent_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._leave_http(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            # The parser complains of bytes after a request that closes; they are nobody's.
            if not self._is_over:
                self._is_over = True
                if self._refusal is None and isinstance(error, httptools.HttpParserCallbackError):
                    raise
                raise self._refusal or RequestRefused(400, f"This is not HTTP/1.1: {error}.") from error
        else:
            if self.stage is not Stage.IDLE and self._head_bytes + self._silent_bytes > self._limits.head_bytes_max:
                self._is_over = True
                raise self._too_long()

    def close(self) -> None:
        """Let the parser go: it and this reader hold each other."""
        self._is_over = True
        del self._parser

    # --- Called by the parser ----------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._begin()
        self.stage = Stage.HEAD
        self._silent_bytes = 0

    def on_url(self, part: bytes) -> None:
        self._url += part
        self._count(len(part))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + 4)
        if self.stage is Stage.BODY:
            return  # a trailer: it may not add to what was said in the head
        key = _NAMES.get(name) or _name(name)
        text = value.decode("latin-1").rstrip(" \t")
        headers = self._headers
        if key not in headers:
            headers[key] = text
        elif key == "host":
            self._refuse(400, "There are two Host headers.")
        else:
            headers[key] = f"{headers[key]}, {text}"

    def on_headers_complete(self) -> None:
        headers, limits = self._headers, self._limits
        version = self._version = self._parser.get_http_version()
        self.stage = Stage.BODY
        self._silent_bytes = 0
        if version not in ("1.1", "1.0"):
            self._refuse(505, f"HTTP/{version} is not served, only HTTP/1.1.")
        if "host" not in headers and version == "1.1":
            self._refuse(400, "There is no Host header.")
        if b"#" in self._url:
            self._refuse(400, "A request's target has no fragment.")
        length = headers.get("content-length")
        if length is not None and int(length) > limits.body_bytes_max:
            self._refuse(413, f"The body has {length} bytes, at most {limits.body_bytes_max} are taken.")
        if "expect" in headers and version == "1.1":
            if headers["expect"].lower() != "100-continue":
                self._refuse(417, f"Only 100-continue can be expected, not {headers['expect'][:40]!r}.")
            self.wants_continue = length not in (None, "0") or "transfer-encoding" in headers
        if self._parser.should_upgrade():
            self._judge_upgrade(version)

    def on_body(self, part: bytes) -> None:
        self._silent_bytes = 0
        self.wants_continue = False
        self._body_bytes += len(part)
        if self._body_bytes > self._limits.body_bytes_max:
            self._refuse(413, f"The body is longer than the {self._limits.body_bytes_max} bytes that are taken.")
        self._parts.append(part)

    def on_message_complete(self) -> None:
        if self._is_reread:
            return
        self.stage = Stage.IDLE
        self.wants_continue = False
        target, _, query = self._url.partition(b"?")
        path = target.decode("latin-1")
        if path[:1] != "/" and path != "*":
            path = self._without_host(path)
        parts = self._parts
        body = b"" if not parts else parts[0] if len(parts) == 1 else b"".join(parts)
        method = self._parser.get_method().decode()
        if self._is_upgrade:
            ending = Ending.UPGRADE
        elif not self._parser.should_keep_alive():
            ending = Ending.CLOSE
            self._is_over = True
        else:
            ending = Ending.KEEP if self._version == "1.1" else Ending.KEEP_OLD
        self.asked.append((Request(method, path, query, self._headers, body, self._peer), ending))

    # --- Within ------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._url = b""
        self._version = ""
        self._headers: dict[str, str] = {}
        self._parts: list[bytes] = []
        self._head_bytes = 0
        self._body_bytes = 0
        self._is_upgrade = False
        self._is_reread = False

    def _count(self, size: int) -> None:
        self._silent_bytes = 0
        self._head_bytes += size
        if self._head_bytes > self._limits.head_bytes_max:
            self._refusal = self._too_long()
            raise self._refusal

    def _too_long(self) -> RequestRefused:
        return RequestRefused(431, f"The head is longer than the {self._limits.head_bytes_max} bytes that are taken.")

    def _refuse(self, status: int, text: str) -> None:
        self._refusal = RequestRefused(status, text)
        raise self._refusal

    def _without_host(self, path: str) -> str:
        """Return the path of a target that names its host, which then counts instead of the header."""
        authority, slash, path = path.partition("://")[2].partition("/")
        self._headers["host"] = authority
        return slash + path or "/"

    def _judge_upgrade(self, version: str) -> None:
        headers = self._headers
        if "upgrade" not in headers:
            self._refuse(405, "This is no proxy: CONNECT is not served.")
        self._is_upgrade = version == "1.1" and headers["upgrade"].lower() == "websocket"
        self._is_reread = not self._is_upgrade
        if self._is_upgrade and ("transfer-encoding" in headers or headers.get("content-length", "0") != "0"):
            self._refuse(400, "A request for a WebSocket has no body.")

    def _leave_http(self, rest: bytes) -> None:
        if not self._is_reread:
            self.rest = rest
            self._is_over = True
            return
        # An upgrade to something else is an offer (Java's client makes it with every first request), and it may be
        # ignored; but the parser has already given up on the body. So the head is read again without the offer.
        kept = {name: value for name, value in self._headers.items() if name not in ("upgrade", "connection")}
        options = [option.strip() for option in self._headers.get("connection", "").split(",")]
        kept["connection"] = ", ".join(option for option in options if option.lower() != "upgrade")
        lines = [f"{name}: {value}\r\n" for name, value in kept.items()]
        first = f"{self._parser.get_method().decode()} {self._url.decode('latin-1')} HTTP/{self._version}\r\n"
        self._parser = httptools.HttpRequestParser(self)
        self.feed(f"{first}{''.join(lines)}\r\n".encode("latin-1") + rest)


def _name(raw: bytes) -> str:
    """Return a header's name in lower case, and remember the first so many: clients send the same few."""
    name = raw.lower().decode("latin-1")
    if len(_NAMES) < _NAMES_KEPT_MAX:
        _NAMES[raw] = name
    return name
