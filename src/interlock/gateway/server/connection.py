"""One HTTP connection: requests answered in order, with bounds on what it may hold and for how long."""

import asyncio
from collections import deque
from functools import partial
from typing import cast

from interlock.gateway.server.delivery import Fate, Shipment, reset
from interlock.gateway.server.messages import Request, Response
from interlock.gateway.server.patience import Patience
from interlock.gateway.server.reading import Ending, RequestReader, RequestRefused, Stage
from interlock.gateway.server.room import Room, SiteFailed
from interlock.gateway.server.websocket import WebSocket, handshake
from interlock.gateway.server.writing import CONTINUE, FAILED, HeaderRefused, own_answer

_COPIED_BYTES_MAX = 64 * 1024


class Slot:
    """An answer's place in the order of answers; empty while it is being worked on."""

    __slots__ = ("ending", "request", "response")

    def __init__(self, request: Request | None, ending: Ending, response: Response | None) -> None:
        self.request = request
        self.ending = ending
        self.response = response


class Connection(asyncio.Protocol):
    """Reads requests, asks the site, and writes the answers.

    An answer that the site gives at once, with none before it under way, is written at once: no task, no future and no
    timer are made.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self._loop = room.loop
        self._slots: deque[Slot] = deque()
        self._shipment: Shipment | None = None
        self._refused: RequestRefused | None = None
        self._is_deaf = False  # what comes in is thrown away
        self._is_choked = False  # the client does not take what is sent
        self._is_paused = False  # we do not take what it sends
        self._is_half_closed = False
        self._is_shut = False
        self._is_dropped = False  # an answer will never come, on purpose
        self._since = 0.0  # when it became idle, began a request's head or body, or was choked
        self._end_at = 0.0  # above zero once nothing more is asked or answered: when it ends at the latest

    # --- Called by the loop ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        limits = self._room.limits
        self._reader = RequestReader(_peer(self._transport), limits)
        self._room.enter(self)
        self._since = self._loop.time()
        self._patience = Patience(self._loop, limits.idle_ms_max / 1_000, self._due_at, self._expire)
        if self._room.is_closing or len(self._room.guests) > 2 * limits.connections_max:
            self.abort()
        elif len(self._room.guests) > limits.connections_max:
            self._refuse(RequestRefused(503, f"All {limits.connections_max} connections are taken."))

    def data_received(self, data: bytes) -> None:
        if self._is_deaf:
            return
        reader = self._reader
        stage, refused = reader.stage, None
        try:
            reader.feed(data)
        except RequestRefused as refusal:
            refused = refusal
        is_news = bool(reader.asked)
        if is_news:
            self._serve()
        if refused is not None:
            self._refuse(refused)
        elif reader.stage is not Stage.IDLE and (is_news or reader.stage is not stage):
            self._since = self._loop.time()
            self._patience.arm()
        elif is_news:
            self._since = self._loop.time()
        if reader.wants_continue and refused is None:
            self._continue()

    def eof_received(self) -> bool:
        # A client may close its side and still wait for what it asked; TLS knows no such half.
        if self._is_working() and not self._end_at and self._transport.can_write_eof():
            self._is_half_closed = True
            return True
        return False

    def pause_writing(self) -> None:
        self._is_choked = True
        self._since = self._loop.time()
        self._mind_reading()
        self._patience.arm()

    def resume_writing(self) -> None:
        self._is_choked = False
        self._since = self._loop.time()
        self._move()

    def connection_lost(self, error: Exception | None) -> None:
        self._end_at = self._loop.time()
        self._leave()

    # --- Called by the room ------------------------------------------------------------------------------------------

    def shut(self) -> None:
        self._is_shut = True
        if self._is_dropped or not (self._end_at or self._is_working()):
            self._finish()

    def abort(self) -> None:
        self._transport.abort()

    # --- Requests ----------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        """Ask the site, as far as the client takes its answers and not too many are under way."""
        asked, slots, room = self._reader.asked, self._slots, self._room
        while asked and not self._is_choked and not self._end_at and len(slots) < room.limits.in_flight_max:
            request, ending = asked.popleft()
            if ending is Ending.UPGRADE:
                if self._is_working():
                    asked.appendleft((request, ending))
                    break
                self._upgrade(request)
                continue
            try:
                answer = room.answer(request)
            except SiteFailed:
                answer = FAILED
            if not isinstance(answer, Response):
                slot = Slot(request, ending, None)
                slots.append(slot)
                room.await_answer(request, answer, partial(self._fill, slot))
            elif slots or self._shipment is not None or answer.delivery is not None:
                slots.append(Slot(request, ending, answer))
                self._send_ready()
            else:
                self._send(request, answer, ending)
        self._mind_reading()

    def _fill(self, slot: Slot, response: Response | None) -> None:
        slot.response = FAILED if response is None else response
        self._move()

    def _refuse(self, refused: RequestRefused) -> None:
        """Answer what is no request, after all that came before it."""
        self._is_deaf = True
        self._refused = refused
        self._move()

    def _continue(self) -> None:
        if not self._is_working():
            self._reader.wants_continue = False
            self._transport.write(CONTINUE)

    def _upgrade(self, request: Request) -> None:
        shake = own_answer(503, "The server is closing.") if self._is_shut else handshake(request)
        if isinstance(shake, Response):
            self._send(request, shake, Ending.LINGER)
            return
        channel = WebSocket(self._room, self._transport, request)
        try:
            session = self._room.open_socket(request, channel)
        except SiteFailed:
            session = FAILED
        if isinstance(session, Response):
            channel.disown()
            self._slots.append(Slot(request, Ending.LINGER, session))
            self._send_ready()
            return
        rest = self._reader.rest
        self._is_deaf = True
        self._end_at = self._loop.time()
        self._transport.set_protocol(channel)
        self._room.enter(channel)
        self._leave()
        channel.begin(session, shake, rest)

    # --- Answers -----------------------------------------------------------------------------------------------------

    def _move(self) -> None:
        """Go on after something that held answers or requests up is over."""
        self._send_ready()
        if self._reader.asked:
            self._serve()
        if self._end_at or self._is_working():
            return
        if self._refused is not None:
            refused, self._refused = self._refused, None
            self._send(None, own_answer(refused.status, refused.text), Ending.LINGER)
        elif self._is_half_closed or self._is_shut:
            self._finish()
        else:
            self._since = self._loop.time()
            self._mind_reading()
            if self._reader.wants_continue:
                self._continue()

    def _send_ready(self) -> None:
        slots = self._slots
        while slots and self._shipment is None and not self._is_choked and not self._end_at:
            slot = slots[0]
            if slot.response is None:
                break
            slots.popleft()
            self._send(slot.request, slot.response, slot.ending)

    def _send(self, request: Request | None, response: Response, ending: Ending) -> None:
        if self._is_shut and ending is not Ending.LINGER and not self._slots and not self._reader.asked:
            ending = Ending.CLOSE
        try:
            head = self._room.writer.head(response, ending)
        except HeaderRefused as error:
            self._room.report("writing an answer's headers", error)
            response = FAILED
            head = self._room.writer.head(response, ending)
        body = b"" if request is not None and request.method == "HEAD" else response.body
        if response.delivery is not None:

            def done(fate: Fate) -> None:
                self._shipped(fate, ending)

            self._shipment = Shipment(self._transport, head, body, response.delivery, done)
            self._shipment.start()
            return
        if len(body) <= _COPIED_BYTES_MAX:
            self._transport.write(head + body)
        else:
            self._transport.writelines((head, body))
        if ending is not Ending.KEEP:
            self._after(ending)

    def _shipped(self, fate: Fate, ending: Ending) -> None:
        self._shipment = None
        match fate:
            case Fate.SENT:
                self._after(ending)
                self._move()
            case Fate.CUT:
                self._finish()
            case Fate.RESET:
                self._end_at = self._loop.time()
                reset(self._transport)
            case Fate.DROPPED:
                self._is_deaf = self._is_dropped = True
                is_pointless = self._is_shut or self._is_half_closed
                self._end_within(0 if is_pointless else self._room.limits.dropped_ms_max)

    def _after(self, ending: Ending) -> None:
        if ending is Ending.CLOSE:
            self._finish()
        elif ending is Ending.LINGER:
            self._linger()

    # --- Ends --------------------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        """Close once all that is written has been taken."""
        self._is_deaf = True
        self._end_within(self._room.limits.stall_ms_max)
        self._transport.close()

    def _linger(self) -> None:
        """Say that no more comes, and hear the client out for a while: closing on it now could lose it the answer."""
        self._is_deaf = True
        if self._transport.can_write_eof():
            self._end_within(self._room.limits.linger_ms_max)
            self._transport.write_eof()
        else:
            self._finish()

    def _leave(self) -> None:
        self._patience.stop()
        if self._shipment is not None:
            self._shipment.stop()
        self._reader.close()
        self._room.leave(self)

    # --- Limits ------------------------------------------------------------------------------------------------------

    def _is_working(self) -> bool:
        return bool(self._slots or self._reader.asked) or self._shipment is not None

    def _mind_reading(self) -> None:
        """Take no more from the client while what it sent waits, or while it takes nothing itself."""
        is_full = self._is_choked or bool(self._reader.asked)
        if is_full is self._is_paused or self._transport.is_closing():
            return
        self._is_paused = is_full
        if is_full:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _end_within(self, limit_ms: int) -> None:
        self._end_at = self._loop.time() + limit_ms / 1_000
        self._patience.arm()

    def _due_at(self) -> float | None:
        """Return when patience ends, on the loop's clock; None while the client waits for us."""
        limits = self._room.limits
        if self._end_at:
            return self._end_at
        if self._is_choked:
            return self._since + limits.stall_ms_max / 1_000
        if self._is_working():
            return None
        allowed_ms = {
            Stage.IDLE: limits.idle_ms_max,
            Stage.HEAD: limits.head_ms_max,
            Stage.BODY: limits.body_ms_max,
        }
        return self._since + allowed_ms[self._reader.stage] / 1_000

    def _expire(self) -> None:
        limits = self._room.limits
        if self._end_at or self._is_choked:
            self.abort()
        elif self._reader.stage is Stage.IDLE:
            self._finish()
        else:
            late_ms = limits.head_ms_max if self._reader.stage is Stage.HEAD else limits.body_ms_max
            text = f"The request's {self._reader.stage.value} did not come within {late_ms} ms."
            self._refuse(RequestRefused(408, text))


def _peer(transport: asyncio.Transport) -> str:
    name = transport.get_extra_info("peername")
    return f"{name[0]}:{name[1]}" if isinstance(name, tuple) else "unix"
