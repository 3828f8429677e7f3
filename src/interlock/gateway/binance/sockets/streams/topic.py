"""One stream with those who hear it: rendered once, framed once for each of the two ways it is wrapped."""

from interlock.gateway.binance.sockets.streams.names import Stream
from interlock.gateway.server.messages import Channel, text_frame
from interlock.ports.exchange.market_data import DepthChanged, Kline


class Topic:
    """A stream somebody hears, and what is gathered for its next message."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.changes: list[DepthChanged] = []  # of the book, since the last message
        self.candle: Kline | None = None  # the latest, not told yet
        self.told_id = -1  # the book's update that was told last
        self.seen: dict[str, int] = {}  # by symbol, how much had happened when it was told last
        self._plain: dict[Channel, None] = {}
        self._wrapped: dict[Channel, None] = {}
        # Fixed lists to send by: sending can close a channel, and closing takes it out.
        self._plain_now: tuple[Channel, ...] = ()
        self._wrapped_now: tuple[Channel, ...] = ()
        self._opening = b'{"stream":"' + stream.name.encode() + b'","data":'

    @property
    def is_heard(self) -> bool:
        """Whether anybody is left."""
        return bool(self._plain or self._wrapped)

    def add(self, channel: Channel, is_combined: bool) -> None:
        """Let a channel hear it from now on, wrapped with the stream's name or not."""
        self.remove(channel)
        (self._wrapped if is_combined else self._plain)[channel] = None
        self._fix()

    def remove(self, channel: Channel) -> None:
        """Let a channel hear it no more."""
        self._plain.pop(channel, None)
        self._wrapped.pop(channel, None)
        self._fix()

    def send(self, message: bytes) -> None:
        """Send a message to all who hear it now."""
        if self._plain_now:
            frame = text_frame(message)
            for channel in self._plain_now:
                channel.send_frame(frame)
        if self._wrapped_now:
            frame = text_frame(b"".join((self._opening, message, b"}")))
            for channel in self._wrapped_now:
                channel.send_frame(frame)

    def _fix(self) -> None:
        self._plain_now = tuple(self._plain)
        self._wrapped_now = tuple(self._wrapped)
