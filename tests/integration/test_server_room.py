"""HTTP over real sockets: order, keeping, bodies, failures and ends, on both event loops."""

import asyncio
import datetime
import json
import socket
import ssl
import threading
from collections.abc import Coroutine, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from interlock.gateway.server.limits import Limits
from interlock.gateway.server.listener import serve
from interlock.units.faults import Fault
from tests.integration.served import LOOPS, PATIENCE_S, Raw, ScriptedSite, Served, request, served

UNKNOWN = b'{"code":-1000,"msg":"An unknown error occurred while processing the request."}'


@pytest.fixture(params=list(LOOPS))
def loop_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(loop_name: str) -> Iterator[Served]:
    with served(loop_name) as opened:
        yield opened


def test_a_connection_is_kept(server: Served) -> None:
    with server.client() as client:
        for path in ("/a", "/b"):
            answer = client.get(path).answer()
            assert (answer.status, answer.body) == (200, path.encode() + b"|")
            assert answer.headers["content-type"] == "application/json;charset=UTF-8"
            assert answer.headers["date"].endswith(" GMT")
            assert "connection" not in answer.headers


def test_pipelined_answers_come_in_the_order_asked(server: Served) -> None:
    with server.client() as client:
        client.send(request("/wait/1") + request("/now") + request("/wait/2") + request("/big"))
        server.site.wait_for(4)
        server.open_gate("2")
        server.open_gate("1")
        assert [client.answer().body for _ in range(4)] == [b"waited 1", b"/now|", b"waited 2", server.site.big]


def test_an_answer_given_at_once_makes_no_task(server: Served) -> None:
    made: list[object] = []

    def counting(
        loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any] | Generator[Any, None, Any], **named: Any
    ) -> asyncio.Task[Any]:
        made.append(work)
        return asyncio.Task(work, loop=loop, **named)

    with server.client() as client:
        client.get("/a").answer()  # asyncio's own loop makes tasks to accept a connection
        server.loop.call_soon_threadsafe(lambda: server.loop.set_task_factory(counting))
        for _ in range(3):
            assert client.get("/a").answer().status == 200
        assert made == []
        client.get("/wait/1")
        server.site.wait_for(5)
        server.loop.call_soon_threadsafe(lambda: server.site.gates["1"].set())
        client.answer()
        assert len(made) == 1


def test_head_is_answered_like_get_without_the_body(server: Served) -> None:
    with server.client() as client:
        answer = client.get("/big", method="HEAD").answer(is_head=True)
        assert (answer.status, answer.headers["content-length"]) == (200, "100000")
        assert client.get("/a").answer().body == b"/a|"


def test_a_body_that_waits_for_leave_gets_it(server: Served) -> None:
    with server.client() as client:
        client.send(request("/a", "Expect: 100-continue", "Content-Length: 4", method="POST"))
        assert client.upto(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert client.send(b"body").answer().body == b"/a|body"


def test_leave_is_given_after_the_answers_that_are_due_before(server: Served) -> None:
    with server.client() as client:
        client.send(request("/wait/1") + request("/a", "Expect: 100-continue", "Content-Length: 4", method="POST"))
        server.site.wait_for(1)
        server.open_gate("1")
        assert client.answer().body == b"waited 1"
        assert client.upto(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert client.send(b"body").answer().body == b"/a|body"


def test_a_client_that_asks_for_a_close_gets_it(server: Served) -> None:
    with server.client() as client:
        assert client.get("/a", "Connection: close").answer().headers["connection"] == "close"
        assert client.to_end() == b""


def test_http_1_0_is_closed_unless_it_asks_to_be_kept(server: Served) -> None:
    with server.client() as client:
        answer = client.send(b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").answer()
        assert answer.headers["connection"] == "keep-alive"
        assert client.send(b"GET /a HTTP/1.0\r\n\r\n").answer().headers["connection"] == "close"
        assert client.to_end() == b""


def test_a_chunked_body_is_whole_and_its_trailers_change_no_header(server: Served) -> None:
    with server.client() as client:
        head = request("/a", "Transfer-Encoding: chunked", "X-Key: mine", method="POST")
        client.send(head + b"3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Key: theirs\r\n\r\n")
        assert client.answer().body == b"/a|abcdefg"
        assert server.site.seen[0].headers["x-key"] == "mine"
        assert client.get("/b").answer().body == b"/b|"


def test_an_offer_to_upgrade_to_something_else_is_ignored(server: Served) -> None:
    with server.client() as client:
        offer = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
        client.send(request("/a", *offer, method="POST", body=b"abc") + request("/b"))
        assert [client.answer().body for _ in range(2)] == [b"/a|abc", b"/b|"]


def test_a_failing_site_is_reported_and_answered_500(server: Served) -> None:
    with server.client() as client:
        for path in ("/fail", "/later/fail", "/split"):
            answer = client.get(path).answer()
            assert (answer.status, answer.body) == (500, UNKNOWN)
        assert client.get("/a").answer().status == 200
    assert [doing for doing, _ in server.failures] == ["GET /fail", "GET /later/fail", "writing an answer's headers"]
    assert [str(error) for _, error in server.failures[:2]] == ["the site is broken", "the site is broken, later"]


def test_without_a_reporter_the_loop_hears_of_a_failure(loop_name: str) -> None:
    heard: list[BaseException] = []

    async def ask() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: heard.append(context["exception"]))
        listener = await serve(ScriptedSite(), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(request("/fail"))
        await reader.readuntil(b"\r\n\r\n")
        writer.close()
        await listener.close()

    with asyncio.Runner(loop_factory=LOOPS[loop_name]) as runner:
        runner.run(ask())
    assert [str(error) for error in heard] == ["the site is broken"]


def test_work_goes_on_when_its_client_has_gone(server: Served) -> None:
    with server.client() as client:
        client.get("/wait/1")
        server.site.wait_for(1)
    server.open_gate("1")
    server.run(server.listener.close())
    assert server.site.finished == ["1"]


def test_closing_waits_for_work_whose_client_has_gone(server: Served) -> None:
    async def close() -> list[str]:
        await server.listener.close()
        return list(server.site.finished)

    client = server.client().get("/wait/1")
    server.site.wait_for(1)
    client.reset()
    server.run(server.emptied())
    closing = asyncio.run_coroutine_threadsafe(close(), server.loop)
    server.run(server.turn())
    server.open_gate("1")
    assert closing.result(PATIENCE_S) == ["1"]


def test_a_client_that_closed_its_side_still_gets_its_answers(server: Served) -> None:
    with server.client() as client:
        client.send(request("/wait/1") + request("/a"))
        client.wire.shutdown(socket.SHUT_WR)
        server.site.wait_for(2)
        server.open_gate("1")
        assert [client.answer().body for _ in range(2)] == [b"waited 1", b"/a|"]
        assert client.to_end() == b""


def test_closing_lets_answers_in_flight_finish_and_takes_no_more(server: Served) -> None:
    with server.client() as busy, server.client() as idle:
        idle.get("/a").answer()
        busy.send(request("/wait/1") + request("/a"))
        server.site.wait_for(3)
        closing = asyncio.run_coroutine_threadsafe(server.listener.close(), server.loop)
        assert idle.to_end() == b""
        with pytest.raises(ConnectionRefusedError):
            server.client()
        server.open_gate("1")
        assert [busy.answer().headers.get("connection") for _ in range(2)] == [None, "close"]
        assert busy.to_end() == b""
        closing.result(PATIENCE_S)


def test_closing_ends_what_does_not_finish_within_its_bound(loop_name: str) -> None:
    with served(loop_name, Limits(close_ms_max=20)) as server, server.client() as client:
        client.get("/wait/1")
        server.site.wait_for(1)
        server.run(server.listener.close())
        assert client.to_end() == b""
        assert server.site.open_now == 0
        assert server.listener.connections == 0


def test_a_unix_socket_is_served(loop_name: str, tmp_path: Path) -> None:
    with served(loop_name, path=tmp_path / "s") as server, socket.socket(socket.AF_UNIX) as wire:
        wire.connect(str(tmp_path / "s"))
        assert Raw(wire).get("/a").answer().body == b"/a|"
        assert server.site.seen[0].peer == "unix"


def test_the_peer_is_named(server: Served) -> None:
    with server.client() as client:
        client.get("/a").answer()
        assert server.site.seen[0].peer == f"127.0.0.1:{client.wire.getsockname()[1]}"


def test_tls_is_served(loop_name: str, tmp_path: Path) -> None:
    ours, theirs = certified(tmp_path)
    with (
        served(loop_name, tls=ours) as server,
        server.client() as plain,
        Raw(theirs.wrap_socket(plain.wire, server_hostname="localhost")) as client,
    ):
        assert client.get("/big").answer().body == server.site.big
        assert client.send(b"no request\r\n\r\n").answer().status == 400
        assert client.to_end() == b""


def test_an_address_in_use_is_a_fault_that_names_it(server: Served) -> None:
    with pytest.raises(Fault, match=f"127.0.0.1:{server.port}: "):
        server.run(serve(ScriptedSite(), "127.0.0.1", server.port))


def test_many_clients_at_once_each_get_their_own(server: Served) -> None:
    wrong: list[str] = []

    def ask(name: int) -> None:
        with server.client() as client:
            client.send(b"".join(request(f"/{name}/{number}") for number in range(50)))
            got = [client.answer().body for _ in range(50)]
            wrong.extend(str(body) for number, body in enumerate(got) if body != f"/{name}/{number}|".encode())

    threads = [threading.Thread(target=ask, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert wrong == []
    assert len(server.site.seen) == 400


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        (b"no request\r\n\r\n", 400, "This is not HTTP/1.1"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "There is no Host header."),
        (request("/", "Host: b"), 400, "There are two Host headers."),
        (request("/", "Content-Length: 1", "Transfer-Encoding: chunked"), 400, "Transfer-Encoding"),
        (request("/#a"), 400, "fragment"),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "HTTP/2.0"),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 405, "CONNECT"),
        (request("/", "Expect: a miracle"), 417, "100-continue"),
    ],
)
def test_what_is_no_request_is_refused_in_words_after_the_answers_due(
    server: Served, asked: bytes, status: int, said: str
) -> None:
    with server.client() as client:
        client.send(request("/wait/1") + asked + request("/never"))
        server.site.wait_for(1)
        server.open_gate("1")
        assert client.answer().body == b"waited 1"
        answer = client.answer()
        assert (answer.status, answer.headers["connection"]) == (status, "close")
        refusal = json.loads(answer.body)
        assert refusal["code"] == -1000
        assert said in refusal["msg"]
        assert client.to_end() == b""
        assert len(server.site.seen) == 1


def certified(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a server's context with a certificate of its own making, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(folder / "both.pem")
    theirs = ssl.create_default_context(cadata=certificate.public_bytes(serialization.Encoding.PEM).decode())
    return ours, theirs
