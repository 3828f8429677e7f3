"""Any bytes into the server room: nothing is raised, nothing hangs, and it goes on serving."""

import contextlib
import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from interlock.gateway.server.limits import Limits
from interlock.gateway.server.reading import RequestReader, RequestRefused
from tests.integration.served import LOOPS, Raw, Served, request, served

SHAKE = request(
    "/ws",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
PIECES = (
    request("/a"),
    request("/big"),
    request("/fail"),
    request("/later/fail"),
    request("/a", method="POST", body=b"abc"),
    request("/a", "Transfer-Encoding: chunked", method="POST"),
    request("/a", "Expect: 100-continue", "Content-Length: 3", method="POST"),
    request("/a", "Connection: Upgrade", "Upgrade: h2c", "Content-Length: 3", method="POST"),
    request("/a", "Connection: close"),
    SHAKE,
    b"GET /a HTTP/1.0\r\n\r\n",
    b"3\r\nabc\r\n0\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"Host: a\r\n",
    b"Content-Length: 99999999999999999999\r\n",
    b"\r\n",
    b"\x00",
    b" ",
    b":",
    b"\xff" * 9,
)
FRAMES = tuple(
    Frame(opcode, data, fin).serialize(mask=mask)
    for opcode in (Opcode.TEXT, Opcode.CONT, Opcode.BINARY)
    for data in (b"", b"text", b"\xff", b"x" * 70_000)
    for fin in (True, False)
    for mask in (True, False)
) + tuple(
    Frame(opcode, data).serialize(mask=True)
    for opcode in (Opcode.PING, Opcode.PONG, Opcode.CLOSE)
    for data in (b"", b"\x03\xe8bye", b"\x00", b"\x03\xed", b"\x03\xe8\xff")
)
ANY_HTTP = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=40)), max_size=8)
ANY_FRAMES = st.lists(st.one_of(st.sampled_from(FRAMES), st.binary(max_size=20)), max_size=8)
FUZZED = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(params=list(LOOPS), scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Served]:
    with served(str(request.param), Limits(linger_ms_max=200, farewell_ms_max=200)) as opened:
        yield opened


def check_survives(server: Served, pieces: list[bytes]) -> None:
    """Send bytes and close our side: the server ends its side, reports nothing new, and serves the next client."""
    server.failures.clear()
    with server.client() as client:
        with contextlib.suppress(OSError):  # the server may have ended it already
            for piece in pieces:
                client.send(piece)
            client.wire.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            client.to_end()
    with server.client() as client:
        assert client.get("/a").answer().body == b"/a|"
    assert {str(error) for _, error in server.failures} <= {"the site is broken", "the site is broken, later"}
    assert server.loop_errors == []


@FUZZED
@given(ANY_HTTP)
def test_any_bytes_as_requests(server: Served, pieces: list[bytes]) -> None:
    check_survives(server, pieces)


@FUZZED
@given(ANY_FRAMES)
@example([Frame(Opcode.TEXT, b"\xff").serialize(mask=True)])
@example([Frame(Opcode.TEXT, b"", False).serialize(mask=True), Frame(Opcode.CONT, b"\xff").serialize(mask=True)])
def test_any_bytes_on_a_websocket(server: Served, pieces: list[bytes]) -> None:
    check_survives(server, [SHAKE, *pieces])


@given(ANY_HTTP, st.integers(1, 50))
def test_the_reader_only_refuses_and_does_so_wherever_bytes_are_split(pieces: list[bytes], size: int) -> None:
    data = b"".join(pieces)

    def outcome(parts: list[bytes]) -> tuple[list[object], int | None]:
        reader = RequestReader("", Limits())
        try:
            for part in parts:
                reader.feed(part)
        except RequestRefused as refused:
            return list(reader.asked), refused.status
        finally:
            reader.close()
        return list(reader.asked), None

    assert outcome([data]) == outcome([data[at : at + size] for at in range(0, len(data), size)])


def test_a_client_that_only_opens_and_leaves_is_no_trouble(server: Served) -> None:
    for _ in range(50):
        Raw(socket.create_connection(("127.0.0.1", server.port))).wire.close()
    check_survives(server, [])
