"""Requests read from bytes: what a site is handed, and what it never is."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.gateway.server.limits import Limits
from interlock.gateway.server.messages import Request
from interlock.gateway.server.reading import Ending, RequestReader, RequestRefused, Stage

HOST = b"Host: a\r\n"
STREAM = (
    b"GET /api/v3/time?a=1&b=%20x HTTP/1.1\r\nHost: a\r\nX-MBX-APIKEY: k\r\nEmpty:\r\n\r\n"
    b"\r\nPOST /order HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nq=1&r"
    b"DELETE /order HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nA: b\r\n\r\n"
    b"PUT /java HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nhi"
    b"GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n\x81\x80frames"
)


def read(*pieces: bytes) -> RequestReader:
    reader = RequestReader("1.2.3.4:5", Limits())
    for piece in pieces:
        reader.feed(piece)
    return reader


def only(data: bytes) -> Request:
    ((request, _),) = read(data).asked
    return request


def test_path_query_and_body_stay_as_received() -> None:
    request = only(b"POST /a%2Fb/%C3%A4?x=%20+&y=?? HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\n\r\n%41\x00")
    assert request == Request("POST", "/a%2Fb/%C3%A4", b"x=%20+&y=??", request.headers, b"%41\x00", "1.2.3.4:5")


def test_header_names_are_lower_case_and_repeated_ones_joined() -> None:
    headers = only(b"GET / HTTP/1.1\r\nHOST: a\r\nX-One:  1 \r\nx-ONE: 2\r\nX-Empty:\r\nX-High: \xe4\r\n\r\n").headers
    assert headers == {"host": "a", "x-one": "1, 2", "x-empty": "", "x-high": "ä"}


@pytest.mark.parametrize(
    ("target", "path", "query", "host"),
    [
        (b"http://b:1/c/d?e=f", "/c/d", b"e=f", "b:1"),
        (b"http://b?e", "/", b"e", "b"),
        (b"http://b", "/", b"", "b"),
        (b"*", "*", b"", "a"),
    ],
)
def test_a_target_that_names_its_host_is_taken_apart(target: bytes, path: str, query: bytes, host: str) -> None:
    request = only(b"OPTIONS " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n")
    assert (request.path, request.query, request.headers["host"]) == (path, query, host)


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_how_bytes_are_split_changes_nothing(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    whole = read(STREAM)
    split = RequestReader("1.2.3.4:5", Limits())
    rest = b""
    for start, end in pairwise(edges):
        was_upgraded = bool(split.asked) and split.asked[-1][1] is Ending.UPGRADE
        split.feed(STREAM[start:end])
        rest += STREAM[start:end] if was_upgraded else b""
    assert split.asked == whole.asked
    assert split.rest + rest == whole.rest == b"\x81\x80frames"
    assert [ending for _, ending in whole.asked] == [*[Ending.KEEP] * 4, Ending.KEEP_OLD, Ending.UPGRADE]
    assert [request.body for request, _ in whole.asked] == [b"", b"q=1&r", b"abcde", b"hi", b"", b""]


def test_nothing_is_read_after_a_request_that_closes() -> None:
    reader = read(b"GET /a HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\nGET /b HTTP/1.1\r\n", b"more")
    assert [(request.path, ending) for request, ending in reader.asked] == [("/a", Ending.CLOSE)]


def test_what_came_before_a_refusal_is_kept_and_nothing_after_it() -> None:
    reader = RequestReader("", Limits())
    with pytest.raises(RequestRefused) as refused:
        reader.feed(b"GET /a HTTP/1.1\r\n" + HOST + b"\r\nnonsense\r\n\r\n")
    assert refused.value.status == 400
    reader.feed(b"GET /b HTTP/1.1\r\n" + HOST + b"\r\n")
    assert [request.path for request, _ in reader.asked] == ["/a"]


def test_a_request_of_two_lengths_is_refused() -> None:
    for lines in (
        b"Content-Length: 1\r\nContent-Length: 2\r\n",
        b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
    ):
        with pytest.raises(RequestRefused, match="400"):
            read(b"POST / HTTP/1.1\r\n" + HOST + lines + b"\r\n")


def test_the_stage_says_what_is_being_waited_for() -> None:
    reader = RequestReader("", Limits())
    stages = []
    for piece in (b"\r\n", b"POST / HT", b"TP/1.1\r\n" + HOST + b"Content-Length: 1\r\n\r\n", b"a"):
        reader.feed(piece)
        stages.append(reader.stage)
    assert stages == [Stage.IDLE, Stage.HEAD, Stage.BODY, Stage.IDLE]


def test_a_mistake_of_ours_in_reading_is_not_taken_for_the_clients() -> None:
    class Broken(RequestReader):
        def on_header(self, name: bytes, value: bytes) -> None:
            raise AssertionError("our mistake")

    with pytest.raises(Exception, match="callback") as raised:
        Broken("", Limits()).feed(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    assert not isinstance(raised.value, RequestRefused)
