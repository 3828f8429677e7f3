"""One WebSocket: messages to a session and back, pings, and a bound on what a slow reader leaves waiting."""

import asyncio
import logging
import time
from collections.abc import Callable

from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.protocol import SEND_EOF, State
from websockets.server import ServerProtocol

from interlock.gateway.server.delivery import reset
from interlock.gateway.server.messages import Request, Response, Session, text_frame
from interlock.gateway.server.room import Room, SiteFailed
from interlock.gateway.server.writing import own_answer

_REASON_BYTES_MAX = 123
# The library logs every opening and closing; what matters here is told to the room.
_LOGGER = logging.getLogger(f"{__name__}.library")
_LOGGER.setLevel(logging.ERROR)


def handshake(request: Request) -> bytes | Response:
    """Return the server's half of the handshake, or the answer that says what is wrong with the client's.

    No extension is agreed to: compression costs a stream more than it saves on one machine. Nor is a subprotocol.
    """
    said = ServerProtocol(logger=_LOGGER).accept(Handshake(request.path, Headers(request.headers), request.method))
    if said.status_code == 101:
        return said.serialize()
    kept = tuple((name, said.headers[name]) for name in ("Allow", "Upgrade") if name in said.headers)
    return own_answer(said.status_code, bytes(said.body or b"").decode().strip(), kept)


class WebSocket(asyncio.Protocol):
    """A channel: what a session sends on, and the transport's protocol after the handshake."""

    def __init__(self, room: Room, transport: asyncio.Transport, request: Request) -> None:
        self.peer = request.peer
        self._room = room
        self._loop = room.loop
        self._limits = room.limits
        self._transport = transport
        self._path = request.path
        self._protocol = ServerProtocol(state=State.OPEN, max_size=room.limits.message_bytes_max, logger=_LOGGER)
        self._session: Session | None = None
        self._early: list[bytes] = []  # sent by the site before the handshake is out
        self._gathered: list[bytes] = []  # frames of this turn of the loop: one write costs as much as many frames
        self._gathered_bytes = 0
        self._parts = bytearray()
        self._is_open = True
        self._is_lost = False
        self._is_over = False  # the session hears of it, or has heard
        self._pings: dict[bytes, None] = {}  # without a pong
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def begin(self, session: Session, shake: bytes, rest: bytes) -> None:
        """Shake hands, send what the site has sent already, and read what came after the handshake."""
        self._session = session
        if self._transport.is_closing():  # the site has reset it
            return
        self._transport.write(b"".join((shake, *self._early, *self._protocol.data_to_send())))
        self._early.clear()
        self._transport.resume_reading()
        if self._is_open:
            self._after("ping", self._limits.ping_every_ms, self._ping)
        else:
            self._say_farewell()
        if rest:
            self.data_received(rest)

    def disown(self) -> None:
        """Make nothing of what the site still does with it: it has refused this socket."""
        self._is_open = False
        self._is_lost = True

    # --- The channel -------------------------------------------------------------------------------------------------

    def send(self, text: bytes) -> None:
        self.send_frame(text_frame(text))

    def send_frame(self, frame: bytes) -> None:
        if not self._is_open:
            return
        if self._session is None:
            self._early.append(frame)
            return
        waiting = self._transport.get_write_buffer_size() + self._gathered_bytes + len(frame)
        if waiting > self._limits.waiting_bytes_max:
            self.close(1008, f"Reader too slow: {waiting} bytes wait, at most {self._limits.waiting_bytes_max} may.")
            return
        if not self._gathered:
            self._loop.call_soon(self._hand_over)
        self._gathered.append(frame)
        self._gathered_bytes += len(frame)

    def close(self, code: int, reason: str) -> None:
        if not self._is_open:
            return
        self._is_open = False
        if self._protocol.state is not State.OPEN:
            return  # the client has closed, and its answer is on the way
        self._protocol.send_close(code, reason.encode()[:_REASON_BYTES_MAX].decode(errors="ignore"))
        if self._session is not None:  # else `begin` goes on from here
            self._flush()
            self._say_farewell()

    def abort(self) -> None:
        self._is_open = False
        if not self._is_lost:
            reset(self._transport)

    def shut(self) -> None:
        self.close(1001, "The server is closing.")

    # --- Called by the loop ------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        protocol = self._protocol
        if protocol.eof_sent:
            return
        protocol.receive_data(data)
        for event in protocol.events_received():
            assert isinstance(event, Frame), "after the handshake, events are frames"
            if event.opcode is Opcode.PONG:
                self._take_pong(bytes(event.data))
            elif event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                self._take(event)
        self._flush()

    def pause_writing(self) -> None:
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        self._is_open = False
        self._is_lost = True
        for timer in self._timers.values():
            timer.cancel()
        self._room.leave(self)
        self._end()

    # --- What comes in -----------------------------------------------------------------------------------------------

    def _take(self, frame: Frame) -> None:
        if not self._is_open:
            return
        if frame.opcode is Opcode.BINARY:
            self._protocol.fail(1003, "Only text is taken.")
            self._is_open = False
            return
        if frame.fin and not self._parts:
            text = bytes(frame.data)
        else:
            self._parts += frame.data
            if not frame.fin:
                return
            text = bytes(self._parts)
            self._parts.clear()
        try:
            text.decode()
        except UnicodeDecodeError as error:
            self._protocol.fail(1007, f"{error.reason} at byte {error.start}")
            self._is_open = False
            return
        self._tell(text)

    def _tell(self, text: bytes) -> None:
        session = self._session
        assert session is not None, "reading begins with a session"
        try:
            self._room.tell(self._path, lambda: session.received(text))
        except SiteFailed:
            self.close(1011, "The server failed at this message.")

    # --- Pings -------------------------------------------------------------------------------------------------------

    def _ping(self) -> None:
        """Ask for a sign of life, with the time as the venue does."""
        if not self._is_open:
            return
        payload = b"%d" % (time.time_ns() // 1_000_000)
        self._pings[payload] = None
        self._protocol.send_ping(payload)
        self._flush()
        self._after("ping", self._limits.ping_every_ms, self._ping)
        if len(self._pings) == 1:
            self._after("pong", self._limits.pong_ms_max, self._miss_pong)

    def _take_pong(self, payload: bytes) -> None:
        # One that answers no ping of ours proves nothing, as at the venue.
        if payload in self._pings:
            self._pings.clear()
            self._timers["pong"].cancel()

    def _miss_pong(self) -> None:
        self.close(1008, f"No pong came within {self._limits.pong_ms_max} ms.")

    # --- Ends --------------------------------------------------------------------------------------------------------

    def _hand_over(self) -> None:
        """Write the frames that were gathered."""
        frames = self._gathered
        if frames:
            self._gathered, self._gathered_bytes = [], 0
            if not self._transport.is_closing():
                self._transport.write(frames[0] if len(frames) == 1 else b"".join(frames))

    def _flush(self) -> None:
        """Write what the protocol wants written, after all that was sent before, and follow where that leads."""
        self._hand_over()
        for data in self._protocol.data_to_send():
            if data != SEND_EOF:
                self._transport.write(data)
            elif self._protocol.close_rcvd is not None or not self._transport.can_write_eof():
                self._after("end", self._limits.stall_ms_max, self._transport.abort)
                self._transport.close()
            else:
                # It broke the protocol and may still be sending: closing on it could lose it the reason.
                self._after("end", self._limits.linger_ms_max, self._transport.abort)
                self._transport.write_eof()
        if self._protocol.state is not State.OPEN:
            self._is_open = False
            self._end()

    def _say_farewell(self) -> None:
        self._after("end", self._limits.farewell_ms_max, self._transport.abort)

    def _end(self) -> None:
        """Tell the session, from the loop: it may be in the middle of a call on this channel."""
        session = self._session
        if session is not None and not self._is_over:
            self._is_over = True
            self._loop.call_soon(self._tell_end, session)

    def _tell_end(self, session: Session) -> None:
        try:
            self._room.tell(self._path, session.closed)
        except SiteFailed:
            self.abort()

    def _after(self, name: str, wait_ms: int, act: Callable[[], None]) -> None:
        if name in self._timers:
            self._timers[name].cancel()
        self._timers[name] = self._loop.call_later(wait_ms / 1_000, act)
