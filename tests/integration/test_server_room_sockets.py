"""WebSockets over real sockets, by the websockets client and by hand, on both event loops."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Close, Frame, Opcode
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from interlock.gateway.server.limits import Limits
from interlock.gateway.server.messages import Channel, Delivery, Request, Response, Session, text_frame
from tests.integration.served import LOOPS, PATIENCE_S, Echo, Raw, Served, request, served

SHAKE = (
    "Upgrade: websocket",
    "Connection: keep-alive, Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
ACCEPTED = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # of the key above, as RFC 6455 has it


@pytest.fixture(params=list(LOOPS))
def loop_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(loop_name: str) -> Iterator[Served]:
    with served(loop_name) as opened:
        yield opened


def opened(server: Served, subprotocols: list[Subprotocol] | None = None) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{server.port}/ws", proxy=None, subprotocols=subprotocols)


def sessions(server: Served, make: Callable[[Channel], Echo] = Echo) -> list[Echo]:
    """Return the sessions that will be opened."""
    made: list[Echo] = []

    def take(request: Request, channel: Channel) -> Session:
        made.append(make(channel))
        return made[-1]

    server.site.take = take
    return made


def shaken(server: Served, rest: bytes = b"") -> Raw:
    """Return a raw client after its handshake; `rest` is sent along with it."""
    client = server.client().send(request("/ws", *SHAKE) + rest)
    answer = client.upto(b"\r\n\r\n").decode()
    assert answer.startswith("HTTP/1.1 101 Switching Protocols\r\n")
    assert f"Sec-WebSocket-Accept: {ACCEPTED}\r\n" in answer
    return client


def masked(opcode: Opcode, data: bytes, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


def frame(client: Raw) -> tuple[int, bytes]:
    """Return opcode and payload of the next frame."""
    first, length = client.exactly(2)
    if length >= 126:
        length = int.from_bytes(client.exactly(2 if length == 126 else 8), "big")
    return first & 0x0F, client.exactly(length)


def closing(client: Raw) -> Close:
    """Return the close that comes, after whatever comes before it."""
    while True:
        opcode, data = frame(client)
        if opcode == Opcode.CLOSE:
            return Close.parse(data)


def test_messages_go_both_ways_at_every_length(server: Served) -> None:
    with opened(server) as client:
        for length in (0, 1, 125, 126, 65_535, 65_536, 1_000_000):
            client.send("ä" * (length // 2) + "b" * (length % 2))
            text = client.recv(PATIENCE_S)
            assert isinstance(text, str) and len(text.encode()) == length


def test_neither_compression_nor_a_subprotocol_is_agreed_to(server: Served) -> None:
    with opened(server, [Subprotocol("chat")]) as client:
        assert client.response is not None
        assert "sec-websocket-extensions" not in client.response.headers
        assert "sec-websocket-protocol" not in client.response.headers


def test_a_message_in_fragments_is_one_message(server: Served) -> None:
    made = sessions(server)
    with opened(server) as client:
        client.send(["one ", "", "message"])
        assert client.recv(PATIENCE_S) == "one message"
        assert made[0].texts == [b"one message"]


def test_what_came_with_the_handshake_is_read(server: Served) -> None:
    with shaken(server, masked(Opcode.TEXT, b"early")) as client:
        assert frame(client) == (Opcode.TEXT, b"early")


def test_what_the_site_sends_at_once_follows_the_handshake(server: Served) -> None:
    class Greeting(Echo):
        def __init__(self, channel: Channel) -> None:
            super().__init__(channel)
            channel.send(b"welcome")

    sessions(server, Greeting)
    with shaken(server) as client:
        assert frame(client) == (Opcode.TEXT, b"welcome")


def test_a_socket_the_site_closes_at_once_shakes_hands_first(server: Served) -> None:
    class Goodbye(Echo):
        def __init__(self, channel: Channel) -> None:
            super().__init__(channel)
            channel.send(b"welcome")
            channel.close(1013, "full")

    made = sessions(server, Goodbye)
    with shaken(server) as client:
        assert frame(client) == (Opcode.TEXT, b"welcome")
        assert closing(client) == Close(1013, "full")
        client.send(masked(Opcode.CLOSE, Close(1013, "").serialize()))
        assert client.to_end() == b""
    assert made[0].is_closed.wait(PATIENCE_S)


def test_a_socket_closed_at_once_whose_client_does_not_answer_is_ended(loop_name: str) -> None:
    class Goodbye(Echo):
        def __init__(self, channel: Channel) -> None:
            super().__init__(channel)
            channel.close(1013, "full")

    with served(loop_name, Limits(farewell_ms_max=10)) as server:
        sessions(server, Goodbye)
        with shaken(server) as client:
            assert closing(client) == Close(1013, "full")
            assert client.to_end() == b""


def test_an_upgrade_waits_for_the_answers_before_it(server: Served) -> None:
    with server.client() as client:
        client.send(request("/wait/1") + request("/ws", *SHAKE))
        server.site.wait_for(1)
        server.open_gate("1")
        assert client.answer().body == b"waited 1"
        assert client.upto(b"\r\n\r\n").startswith(b"HTTP/1.1 101 ")
        client.send(masked(Opcode.TEXT, b"a"))
        assert frame(client) == (Opcode.TEXT, b"a")


def test_a_site_can_refuse_a_socket(server: Served) -> None:
    server.site.take = lambda request, channel: Response(404, b"no such stream")
    with pytest.raises(InvalidStatus) as refused:
        opened(server)
    assert (refused.value.response.status_code, refused.value.response.body) == (404, b"no such stream")


def test_a_refused_socket_is_dead_for_the_site(server: Served) -> None:
    def refuse(request: Request, channel: Channel) -> Response:
        channel.send(b"never")
        server.loop.call_soon(channel.abort)
        return Response(404, b"no such stream", delivery=Delivery(delay_ms=5))

    server.site.take = refuse
    with server.client() as client:
        assert client.get("/ws", *SHAKE).answer().body == b"no such stream"
        assert client.to_end() == b""


@pytest.mark.parametrize(
    ("method", "lines", "status"),
    [
        ("GET", SHAKE[:3], 400),
        ("GET", (*SHAKE[:2], SHAKE[3]), 400),
        ("GET", (*SHAKE[:2], "Sec-WebSocket-Version: 8", SHAKE[3]), 400),
        ("GET", (*SHAKE, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400),
        ("GET", (*SHAKE, "Content-Length: 3"), 400),
        ("POST", SHAKE, 405),
    ],
)
def test_a_wrong_handshake_is_refused(server: Served, method: str, lines: tuple[str, ...], status: int) -> None:
    with server.client() as client:
        answer = client.get("/ws", *lines, method=method).answer()
        assert (answer.status, answer.body[:13]) == (status, b'{"code":-1000')
        assert client.to_end() == b""


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (masked(Opcode.BINARY, b"a"), 1003),
        (masked(Opcode.TEXT, b"\xff"), 1007),
        (masked(Opcode.TEXT, b"a" * 101), 1009),
        (masked(Opcode.TEXT, b"a" * 60, fin=False) + masked(Opcode.CONT, b"a" * 60), 1009),
        (Frame(Opcode.TEXT, b"unmasked").serialize(mask=False), 1002),
        (masked(Opcode.CONT, b"of nothing"), 1002),
        (b"\xff\xff\xff\xff", 1002),
    ],
    ids=["binary", "not UTF-8", "long", "long in fragments", "unmasked", "continues nothing", "reserved bits"],
)
def test_what_breaks_the_protocol_is_closed_with_its_code(loop_name: str, sent: bytes, code: int) -> None:
    with served(loop_name, Limits(message_bytes_max=100)) as server:
        made = sessions(server)
        with shaken(server, sent) as client:
            assert closing(client).code == code
            assert client.to_end() == b""
        assert made[0].is_closed.wait(PATIENCE_S)
        assert made[0].texts == []


def test_a_client_that_goes_on_sending_still_learns_why_it_was_closed(server: Served) -> None:
    with shaken(server, masked(Opcode.BINARY, b"a")) as client:
        for _ in range(30):
            client.send(bytes(100_000))
        assert closing(client).code == 1003


def test_a_ping_is_answered_with_its_payload(server: Served) -> None:
    with shaken(server, masked(Opcode.PING, b"are you there")) as client:
        assert frame(client) == (Opcode.PONG, b"are you there")


@pytest.mark.parametrize(("ping_every_ms", "pong_ms_max", "count"), [(5, 60, 24), (60, 20, 3)])
def test_a_client_that_answers_pings_stays(loop_name: str, ping_every_ms: int, pong_ms_max: int, count: int) -> None:
    limits = Limits(ping_every_ms=ping_every_ms, pong_ms_max=pong_ms_max)
    with served(loop_name, limits) as server, shaken(server) as client:
        for _ in range(count):
            opcode, payload = frame(client)
            assert (opcode, payload.isdigit()) == (Opcode.PING, True)
            client.send(masked(Opcode.PONG, payload))
        client.send(masked(Opcode.TEXT, b"still here"))
        while (got := frame(client))[0] == Opcode.PING:
            client.send(masked(Opcode.PONG, got[1]))
        assert got == (Opcode.TEXT, b"still here")


@pytest.mark.parametrize("answered", [False, True], ids=["no pong", "pongs of its own"])
def test_a_client_that_answers_no_ping_is_closed(loop_name: str, answered: bool) -> None:
    with served(loop_name, Limits(ping_every_ms=5, pong_ms_max=20)) as server, shaken(server) as client:
        while (got := frame(client))[0] == Opcode.PING:
            if answered:
                client.send(masked(Opcode.PONG, b"something else"))
        assert Close.parse(got[1]) == Close(1008, "No pong came within 20 ms.")


def test_a_slow_reader_is_closed_and_told_why(loop_name: str) -> None:
    with served(loop_name, Limits(waiting_bytes_max=200_000)) as server:
        made = sessions(server)
        with shaken(server) as client:
            piece = text_frame(b"x" * 50_000)

            def flood() -> int:
                """Send until it is closed; the session may not hear of that from within."""
                for _ in range(10_000):
                    made[0].channel.send_frame(piece)
                return made[0].closed_count

            assert server.call(flood) == 0
            assert made[0].is_closed.wait(PATIENCE_S)
            closed = closing(client)
            assert closed.code == 1008
            assert closed.reason.startswith("Reader too slow: ") and closed.reason.endswith(", at most 200000 may.")
            client.send(masked(Opcode.CLOSE, b""))
            assert client.to_end() == b""
        server.run(server.emptied())
        assert made[0].closed_count == 1


def test_a_site_closes_with_code_and_reason(server: Served) -> None:
    made = sessions(server)
    with opened(server) as client:
        server.call(lambda: made[0].channel.close(4_001, "ä" * 100))
        server.call(lambda: made[0].channel.send(b"too late"))
        server.call(lambda: made[0].channel.close(1000, "again"))
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(PATIENCE_S)
        assert closed.value.rcvd == Close(4_001, "ä" * 61)
    assert made[0].is_closed.wait(PATIENCE_S)
    server.run(server.emptied())
    assert made[0].closed_count == 1


def test_a_client_that_does_not_close_in_its_turn_is_ended(loop_name: str) -> None:
    with served(loop_name, Limits(farewell_ms_max=10)) as server:
        made = sessions(server)
        with shaken(server) as client:
            server.call(lambda: made[0].channel.close(1000, ""))
            assert closing(client) == Close(1000, "")
            assert client.to_end() == b""


def test_a_client_that_closes_gets_the_answer_to_what_it_sent_before(server: Served) -> None:
    made = sessions(server)
    with shaken(server, masked(Opcode.TEXT, b"last") + masked(Opcode.CLOSE, Close(1000, "bye").serialize())) as client:
        assert frame(client) == (Opcode.TEXT, b"last")
        assert closing(client) == Close(1000, "bye")
        assert client.to_end() == b""
    assert made[0].is_closed.wait(PATIENCE_S)
    assert made[0].closed_count == 1


def test_a_client_that_vanishes_is_noticed_once(server: Served) -> None:
    made = sessions(server)
    shaken(server).wire.close()
    assert made[0].is_closed.wait(PATIENCE_S)
    server.run(server.emptied())
    server.call(lambda: made[0].channel.send(b"nobody"))
    server.call(lambda: made[0].channel.abort())
    assert made[0].closed_count == 1


def test_an_aborted_channel_is_reset(server: Served) -> None:
    made = sessions(server)
    with shaken(server) as client:
        server.call(lambda: made[0].channel.abort())
        with pytest.raises(ConnectionResetError):
            client.to_end()
    assert made[0].is_closed.wait(PATIENCE_S)


def test_a_failing_session_is_reported_and_closed_1011(server: Served) -> None:
    class Failing(Echo):
        def received(self, text: bytes) -> None:
            raise LookupError("the session is broken")

    made = sessions(server, Failing)
    with shaken(server, masked(Opcode.TEXT, b"a")) as client:
        assert closing(client).code == 1011
        client.send(masked(Opcode.CLOSE, b""))
        assert client.to_end() == b""
    assert made[0].is_closed.wait(PATIENCE_S)
    assert [(doing, str(error)) for doing, error in server.failures] == [("WebSocket /ws", "the session is broken")]


def test_a_site_that_fails_to_open_a_socket_is_reported_and_answered_500(server: Served) -> None:
    def fail(request: Request, channel: Channel) -> Response:
        raise LookupError("the site is broken")

    server.site.take = fail
    with server.client() as client:
        assert client.get("/ws", *SHAKE).answer().status == 500
        assert client.to_end() == b""
    assert [doing for doing, _ in server.failures] == ["WebSocket /ws"]


def test_a_closing_server_says_so_to_its_sockets(server: Served) -> None:
    with opened(server) as client:
        ended = asyncio.run_coroutine_threadsafe(server.listener.close(), server.loop)
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(PATIENCE_S)
        assert closed.value.rcvd == Close(1001, "The server is closing.")
        ended.result(PATIENCE_S)


def test_all_subscribers_get_every_frame_in_order(server: Served) -> None:
    made = sessions(server)
    got: list[list[bytes]] = []

    def listen() -> None:
        with shaken(server, masked(Opcode.TEXT, b"ready")) as client:
            assert frame(client)[1] == b"ready"
            ready.release()
            got.append([frame(client)[1] for _ in range(200)])

    def publish(made_once: bytes) -> None:
        for each in made:
            each.channel.send_frame(made_once)

    ready = threading.Semaphore(0)
    threads = [threading.Thread(target=listen) for _ in range(10)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert ready.acquire(timeout=PATIENCE_S)
    sent = [b'{"u":%d}' % number * (number % 40) for number in range(200)]
    for text in sent:
        server.call(partial(publish, text_frame(text)))
    for thread in threads:
        thread.join(PATIENCE_S)
    assert got == [sent] * 10
