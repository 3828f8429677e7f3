"""What a server allows, and answers that are made to go wrong, over real sockets on both event loops.

Limits of time are set to a few milliseconds, and the client waits for what the server does when they are over.
"""

import contextlib
import json
import select
import socket
from itertools import pairwise

import pytest

from interlock.gateway.server.limits import Limits
from interlock.gateway.server.messages import Delivery
from tests.integration.served import LOOPS, Raw, ScriptedSite, request, served

SHORT_MS = 20
HEAD = request("/a", "Content-Length: 10", method="POST")


@pytest.fixture(params=list(LOOPS))
def loop_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def delivering(**how: int | bool) -> ScriptedSite:
    site = ScriptedSite()
    site.delivery = Delivery(**how)  # type: ignore[arg-type]  # its own fields
    return site


def said(client: Raw, status: int) -> str:
    """Return what a refusal says; nothing comes after it."""
    answer = client.answer()
    assert (answer.status, answer.headers["connection"]) == (status, "close")
    assert client.to_end() == b""
    return str(json.loads(answer.body)["msg"])


# --- Sizes and counts ------------------------------------------------------------------------------------------------


CHUNKED = request("/", "Transfer-Encoding: chunked", method="POST")
LONG = {
    "target": request("/" + "a" * 2_000),
    "header": request("/", "X-Long: " + "a" * 2_000),
    "headers": request("/", *(f"X-{number}: a" for number in range(300))),
    "trailer": CHUNKED + b"0\r\nX-Trailer: " + b"a" * 2_000 + b"\r\n\r\n",
}
ENDLESS = {
    "header": request("/", "X-Unfinished: " + "a" * 5_000)[:-40],
    "chunk extension": CHUNKED + b"1;" + b"a" * 5_000,
}


@pytest.mark.parametrize("head", LONG.values(), ids=LONG)
def test_a_long_head_is_refused(loop_name: str, head: bytes) -> None:
    with served(loop_name, Limits(head_bytes_max=1_000)) as server, server.client() as client:
        assert "1000 bytes" in said(client.send(head), 431)
        assert server.site.seen == []


@pytest.mark.parametrize("head", (LONG | ENDLESS).values(), ids=LONG | ENDLESS)
def test_a_long_head_in_pieces_is_refused(loop_name: str, head: bytes) -> None:
    with served(loop_name, Limits(head_bytes_max=1_000)) as server, server.client() as client:
        with contextlib.suppress(BrokenPipeError):
            for start in range(0, len(head), 100):
                client.send(head[start : start + 100])
                client.wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        assert "1000 bytes" in said(client, 431)
        assert server.site.seen == []


def test_a_head_at_its_bound_is_taken(loop_name: str) -> None:
    # Counted: target, names and values, and four bytes for each header.
    line = "X-Long: " + "a" * (1_000 - len("/") - len("Host") - 1 - 4 - len("X-Long") - 4)
    with served(loop_name, Limits(head_bytes_max=1_000)) as server, server.client() as client:
        for byte in request("/", line):
            client.send(bytes((byte,)))
        assert client.answer().status == 200
        assert "1000 bytes" in said(client.get("/", line + "a"), 431)


def test_a_long_body_is_refused_before_it_comes(loop_name: str) -> None:
    with served(loop_name, Limits(body_bytes_max=9)) as server, server.client() as client:
        client.send(request("/a", "Content-Length: 10", "Expect: 100-continue", method="POST"))
        assert said(client, 413) == "The body has 10 bytes, at most 9 are taken."


def test_a_long_chunked_body_is_refused_as_it_comes(loop_name: str) -> None:
    with served(loop_name, Limits(body_bytes_max=9)) as server, server.client() as client:
        client.send(request("/a", "Transfer-Encoding: chunked", method="POST") + b"5\r\nabcde\r\n" * 2)
        assert said(client, 413) == "The body is longer than the 9 bytes that are taken."
        assert server.site.seen == []


def test_a_client_that_goes_on_sending_still_gets_its_refusal(loop_name: str) -> None:
    with served(loop_name, Limits(body_bytes_max=9)) as server, server.client() as client:
        client.send(request("/a", "Content-Length: 3000000", method="POST"))
        for _ in range(30):
            client.send(bytes(100_000))
        answer = client.answer()
        assert answer.status == 413


def test_more_connections_than_allowed_are_refused(loop_name: str) -> None:
    with served(loop_name, Limits(connections_max=1)) as server, server.client() as first:
        assert first.get("/a").answer().status == 200
        with server.client() as second:
            assert said(second, 503) == "All 1 connections are taken."
        assert first.get("/a").answer().status == 200


def test_no_more_requests_of_a_connection_are_asked_than_allowed(loop_name: str) -> None:
    with served(loop_name, Limits(in_flight_max=2)) as server, server.client() as client:
        client.send(b"".join(request(f"/wait/{name}") for name in "abcde"))
        for name in "abcde":
            server.open_gate(name)
            assert client.answer().body == f"waited {name}".encode()
        assert server.site.open_most == 2


def test_a_client_that_takes_no_answers_is_asked_no_more_and_ended(loop_name: str) -> None:
    with served(loop_name, Limits(stall_ms_max=50)) as server, server.client() as client:
        client.send(request("/big") * 1_000)
        server.site.wait_for(1)
        with pytest.raises((ConnectionResetError, EOFError)):
            server.run(server.emptied())
            for _ in range(1_000):
                client.answer()
        assert 1 <= len(server.site.seen) < 500


def test_a_client_that_only_sends_is_read_no_further(loop_name: str) -> None:
    with served(loop_name, Limits(in_flight_max=1, close_ms_max=10)) as server, server.client() as client:
        client.wire.setblocking(False)
        many, sent_bytes = request("/wait/1", method="POST", body=bytes(500_000)) * 2, 0
        while sent_bytes < 100_000_000 and select.select([], [client.wire], [], 0.1)[1]:
            with contextlib.suppress(BlockingIOError):
                sent_bytes += client.wire.send(many[sent_bytes % len(many) :])
        assert 0 < sent_bytes < 100_000_000


def test_a_client_that_takes_its_time_gets_all_answers(loop_name: str) -> None:
    with served(loop_name) as server, server.client() as client:
        client.send(request("/big") * 200)
        for _ in range(200):
            assert client.answer().body == server.site.big


# --- Times -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "what"), [(b"GET /a HT", "head"), (HEAD, "body"), (HEAD + b"half", "body")], ids=["head", "none", "half"]
)
def test_a_request_that_stops_half_way_is_answered_408(loop_name: str, part: bytes, what: str) -> None:
    limits = Limits(head_ms_max=SHORT_MS, body_ms_max=SHORT_MS)
    with served(loop_name, limits) as server, server.client() as client:
        client.get("/a").answer()
        assert said(client.send(part), 408) == f"The request's {what} did not come within {SHORT_MS} ms."


def test_a_client_that_dribbles_cannot_hold_a_connection(loop_name: str) -> None:
    with served(loop_name, Limits(head_ms_max=SHORT_MS)) as server, server.client() as client:
        client.send(b"GET /a HTTP/1.1\r\nX-Slow: ")
        sent = 0
        while not select.select([client.wire], [], [], 0.001)[0]:
            client.send(b"a")
            sent += 1
        assert client.answer().status == 408
        assert sent > 1


@pytest.mark.parametrize("first", [b"", b"\r\n\r\n", request("/a")], ids=["silent", "blank lines", "after a request"])
def test_an_idle_connection_is_closed(loop_name: str, first: bytes) -> None:
    with served(loop_name, Limits(idle_ms_max=SHORT_MS)) as server, server.client() as client:
        client.send(first)
        client.to_end()
        assert server.site.seen == [] or client.rest.endswith(b"/a|")


def test_a_connection_in_use_outlives_its_idle_time(loop_name: str) -> None:
    with served(loop_name, Limits(idle_ms_max=SHORT_MS)) as server, server.client() as client:
        client.get("/wait/1")
        server.site.wait_for(1)
        with server.client() as other:
            other.to_end()  # it came later, so the first one's time is over too
        server.open_gate("1")
        assert client.answer().body == b"waited 1"


# --- Deliveries ------------------------------------------------------------------------------------------------------


def test_a_late_answer_holds_up_those_after_it(loop_name: str) -> None:
    with served(loop_name, site=delivering(delay_ms=SHORT_MS)) as server, server.client() as client:
        client.send(request("/deliver") + request("/wait/1") + request("/b"))
        server.site.wait_for(3)
        server.open_gate("1")
        assert [client.answer().body for _ in range(3)] == [b"delivered", b"waited 1", b"/b|"]


def test_a_late_answer_is_late(loop_name: str) -> None:
    with served(loop_name, site=delivering(delay_ms=SHORT_MS)) as server, server.client() as client:
        client.get("/deliver")
        server.site.wait_for(1)
        asked_at = server.call(server.loop.time)
        client.answer()
        assert server.call(server.loop.time) - asked_at > 0.9 * SHORT_MS / 1_000 - 0.005


@pytest.mark.parametrize("count", [0, 4])
def test_a_cut_answer_promises_all_of_its_body(loop_name: str, count: int) -> None:
    with served(loop_name, site=delivering(cut_bytes=count)) as server, server.client() as client:
        client.send(request("/deliver") + request("/a"))
        got = client.to_end()
        assert b"Content-Length: 9\r\n" in got
        assert got.endswith(b"\r\n\r\n" + b"delivered"[:count])
        assert len(server.site.seen) == 1


def test_a_dropped_answer_never_comes_nor_any_after_it(loop_name: str) -> None:
    site = delivering(is_dropped=True)
    with served(loop_name, Limits(dropped_ms_max=SHORT_MS), site) as server, server.client() as client:
        client.send(request("/wait/1") + request("/deliver") + request("/wait/2"))
        site.wait_for(3)
        server.open_gate("2")
        server.open_gate("1")
        assert client.answer().body == b"waited 1"
        assert client.to_end() == b""


@pytest.mark.parametrize("is_late", [True, False], ids=["after the drop", "before the drop"])
def test_a_client_that_leaves_a_dropped_answer_is_let_go(loop_name: str, is_late: bool) -> None:
    with served(loop_name, site=delivering(is_dropped=True, delay_ms=SHORT_MS)) as server:
        with server.client() as client:
            client.send(request("/deliver") + request("/wait/1"))
            server.site.wait_for(2)
            if is_late:
                with server.client() as other:  # its answer is as late, so the first one's drop is over
                    other.get("/deliver")
                    other.wire.settimeout(2 * SHORT_MS / 1_000)
                    with pytest.raises(TimeoutError):
                        other.answer()
        server.run(server.emptied())
        assert server.listener.connections == 0
        server.open_gate("1")


def test_a_reset_answer_resets_the_connection(loop_name: str) -> None:
    with (
        served(loop_name, site=delivering(is_reset=True)) as server,
        server.client() as client,
        pytest.raises(ConnectionResetError),
    ):
        client.get("/deliver").to_end()


def test_a_trickled_answer_comes_whole_in_pieces(loop_name: str) -> None:
    with served(loop_name, site=delivering(bytes_per_s=1_000)) as server, server.client() as client:
        client.get("/deliver")
        sizes = [0]
        while not client.rest.endswith(b"delivered"):
            client.rest += client.wire.recv(65_536)
            sizes.append(len(client.rest))
        assert max(after - before for before, after in pairwise(sizes)) < sizes[-1]
        assert client.answer().body == b"delivered"
        assert client.get("/a").answer().body == b"/a|"


def test_closing_waits_for_no_dropped_answer(loop_name: str) -> None:
    with served(loop_name, site=delivering(is_dropped=True)) as server, server.client() as client:
        client.get("/deliver")
        server.site.wait_for(1)
        server.run(server.listener.close())
        assert client.to_end() == b""
