"""What a WebSocket hands to its transport, and when: one write for all frames of a turn, in order with all else."""

import asyncio
from collections.abc import Callable
from typing import Any

from websockets.frames import Frame, Opcode

from interlock.gateway.server.limits import Limits
from interlock.gateway.server.messages import Channel, Request, Response, Session, text_frame
from interlock.gateway.server.room import Room
from interlock.gateway.server.websocket import WebSocket

SHAKE = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
ASKED = Request(method="GET", path="/ws", query=b"", headers={}, body=b"", peer="127.0.0.1:1")


class KeptTransport(asyncio.Transport):
    """Keeps every write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.is_closed = False
        self.waiting = 0

    def write(self, data: Any) -> None:
        self.writes.append(bytes(data))

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def resume_reading(self) -> None: ...

    def can_write_eof(self) -> bool:
        return False


class Silent:
    """A session, and a site, that do nothing of their own accord."""

    def received(self, text: bytes) -> None: ...

    def closed(self) -> None: ...

    def answer(self, request: Request) -> Response:
        return Response(404, b"")

    def open_socket(self, request: Request, channel: Channel) -> Session:
        return self


async def turned(act: Callable[[WebSocket, KeptTransport], None], waiting_bytes_max: int = 1_000) -> list[bytes]:
    """Return the writes after the handshake, when the turn in which something was done is over."""
    transport = KeptTransport()
    channel = WebSocket(Room(Silent(), Limits(waiting_bytes_max=waiting_bytes_max), None), transport, ASKED)
    channel.begin(Silent(), SHAKE, b"")
    assert transport.writes == [SHAKE]
    act(channel, transport)
    await asyncio.sleep(0)
    channel.connection_lost(None)
    return transport.writes[1:]


def run(act: Callable[[WebSocket, KeptTransport], None], waiting_bytes_max: int = 1_000) -> list[bytes]:
    return asyncio.run(turned(act, waiting_bytes_max))


def test_the_frames_of_one_turn_are_one_write_in_their_order() -> None:
    def act(channel: WebSocket, transport: KeptTransport) -> None:
        for text in (b"one", b"two", b"three"):
            channel.send(text)

    assert run(act) == [text_frame(b"one") + text_frame(b"two") + text_frame(b"three")]


def test_what_answers_a_client_comes_after_what_was_sent_before() -> None:
    def act(channel: WebSocket, transport: KeptTransport) -> None:
        channel.send(b"before")
        channel.data_received(Frame(Opcode.PING, b"there?").serialize(mask=True))
        channel.send(b"after")

    pong = Frame(Opcode.PONG, b"there?").serialize(mask=False)
    assert b"".join(run(act)) == text_frame(b"before") + pong + text_frame(b"after")


def test_frames_that_are_gathered_count_as_waiting_for_a_slow_reader() -> None:
    def act(channel: WebSocket, transport: KeptTransport) -> None:
        transport.waiting = 60
        for _ in range(4):
            channel.send(b"x" * 18)  # of 20 bytes each: the third is over the bound

    sent = b"".join(run(act, waiting_bytes_max=100))
    assert sent.startswith(text_frame(b"x" * 18) * 2 + b"\x88")
    assert b"Reader too slow: 120 bytes wait, at most 100 may." in sent


def test_nothing_is_written_to_a_connection_that_closed_within_the_turn() -> None:
    def act(channel: WebSocket, transport: KeptTransport) -> None:
        channel.send(b"late")
        transport.close()

    assert run(act) == []
