"""One client's connection to streams: what it hears, and what it says in between."""

from collections.abc import Callable, Iterable
from typing import Protocol

from interlock.gateway.binance.sockets.rate import MessageRate
from interlock.gateway.binance.sockets.streams.control import Asked, Refused, accepted, parse_control
from interlock.gateway.server.messages import Channel

STREAMS_MAX = 1_024
_CLOSED_BY_POLICY = 1_008


class Streams(Protocol):
    """Where a connection's streams come from: markets, or an account under its listen key."""

    def subscribe(self, session: "StreamSession", name: str, is_combined: bool) -> None:
        """Let the session's channel hear a stream."""
        ...

    def unsubscribe(self, session: "StreamSession", name: str) -> None:
        """Let it hear the stream no more."""
        ...


class StreamSession:
    """A connection under `/ws` (messages as they are) or `/stream` (wrapped with the stream's name)."""

    def __init__(
        self,
        channel: Channel,
        streams: Streams,
        rate: MessageRate,
        is_combined: bool,
        forget: Callable[["StreamSession"], None],
        route: str = "",
    ) -> None:
        """`route` is the only one whose streams are told here; empty for all."""
        self.channel = channel
        self.route = route
        self.is_combined = is_combined
        self._streams = streams
        self._rate = rate
        self._forget = forget
        self._names: dict[str, None] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """What it hears, in the order it was asked for."""
        return tuple(self._names)

    def subscribe(self, names: Iterable[str]) -> None:
        """Hear more streams. Errors: Refused beyond 1,024 of them, and then none is added."""
        new = [name for name in dict.fromkeys(names) if name not in self._names]
        if len(self._names) + len(new) > STREAMS_MAX:
            raise Refused(4, "Too many subscriptions")
        for name in new:
            self._names[name] = None
            self._streams.subscribe(self, name, self.is_combined)

    def unsubscribe(self, names: Iterable[str]) -> None:
        """Hear less. A stream that is not heard is no error, as upstream."""
        for name in names:
            if name in self._names:
                del self._names[name]
                self._streams.unsubscribe(self, name)

    def received(self, text: bytes) -> None:
        """Take a request, and answer it."""
        if self._rate.is_over():
            self.channel.close(_CLOSED_BY_POLICY, "Too many requests")
            return
        try:
            asked = parse_control(text)
            try:
                answer = self._carried_out(asked)
            except Refused as refused:
                raise Refused(refused.code, refused.text, asked.id, True) from refused
        except Refused as refused:
            answer = refused.answer()
        self.channel.send(answer)

    def closed(self) -> None:
        """The connection is over: hear nothing more."""
        self.unsubscribe(self.names)
        self._forget(self)

    def _carried_out(self, asked: Asked) -> bytes:
        result: object = None
        if asked.method == "SUBSCRIBE":
            self.subscribe(asked.names)
        elif asked.method == "UNSUBSCRIBE":
            self.unsubscribe(asked.names)
        elif asked.method == "LIST_SUBSCRIPTIONS":
            result = list(self._names)
        elif asked.method == "GET_PROPERTY":
            result = self.is_combined
        elif asked.is_combined is not None:
            self._wrap(asked.is_combined)
        return accepted(result, asked.id)

    def _wrap(self, is_combined: bool) -> None:
        self.is_combined = is_combined
        for name in self._names:
            self._streams.subscribe(self, name, is_combined)
