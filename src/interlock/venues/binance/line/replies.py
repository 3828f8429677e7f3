"""HTTP/1.1 responses out of bytes, one at a time, with bounds. No I/O."""

from typing import Final

import httptools
from msgspec import Struct

from interlock.venues.binance.parse.unreadable import Unreadable

_WHERE: Final = "the venue's HTTP answer"
HEADERS_MAX: Final = 64
HEADER_BYTES_MAX: Final = 16_384


class Reply(Struct, frozen=True):
    """A whole response. Header names are in lower case; one that came twice has both values, with a comma between."""

    status: int
    headers: dict[str, str]
    body: bytes


class ReplyReader:
    """Takes bytes as they come; `feed` returns the response once it is whole.

    `keeps_open` tells after that whether the server will answer another request on the connection.
    """

    def __init__(self, body_bytes_max: int) -> None:
        self._body_bytes_max = body_bytes_max
        self.keeps_open = True
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._header_bytes = 0
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._reply: Reply | None = None
        self._excess = ""

    def feed(self, data: bytes) -> Reply | Unreadable | None:
        """Return the response when it is whole, None while it is not, and an Unreadable for what can be none.

        Two responses in one piece are unreadable: only one was asked for. Never raises.
        """
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            return Unreadable(_WHERE, self._excess or str(error)[:200] or type(error).__name__)
        return self._taken()

    def _taken(self) -> Reply | Unreadable | None:
        if self._excess:
            return Unreadable(_WHERE, self._excess)
        reply = self._reply
        if reply is not None:
            self._begin()
        return reply

    # --- Called by the parser --------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self._reply is not None:  # even the first byte of a second one
            self._excess = "more came than the one answer that was asked for"

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > HEADER_BYTES_MAX or len(self._headers) >= HEADERS_MAX:
            self._excess = f"its headers are over {HEADERS_MAX} or over {HEADER_BYTES_MAX} bytes"
        else:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > self._body_bytes_max:
            self._excess = f"its body is over {self._body_bytes_max} bytes"
            self._body.clear()
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # an interim answer; the real one follows
            self._headers, self._body, self._body_bytes = {}, [], 0
            return
        if self._reply is not None:
            self._excess = "two answers came where one was asked for"
            return
        self.keeps_open = self._parser.should_keep_alive()
        self._reply = Reply(status, self._headers, b"".join(self._body))
