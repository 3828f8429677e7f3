import pytest

from interlock.venues.binance.line.replies import Reply, ReplyReader
from interlock.venues.binance.parse.unreadable import Unreadable

ANSWER = b"HTTP/1.1 200 OK\r\nX-MBX-Used-Weight-1M: 5\r\nContent-Length: 4\r\n\r\nbody"
REPLY = Reply(200, {"x-mbx-used-weight-1m": "5", "content-length": "4"}, b"body")


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_an_answer_is_whole_when_its_last_byte_came_however_it_is_cut(size: int) -> None:
    reader = ReplyReader(1_000)
    for _ in range(2):  # on a connection that is kept
        pieces = [ANSWER[start : start + size] for start in range(0, len(ANSWER), size)]
        found = [reader.feed(piece) for piece in pieces]
        assert found == [None] * (len(pieces) - 1) + [REPLY]


def test_chunks_and_interim_answers_are_understood() -> None:
    reader = ReplyReader(1_000)
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    found = reader.feed(b"HTTP/1.1 100 Continue\r\n\r\n" + chunked)
    assert isinstance(found, Reply)
    assert found.body == b"abcde"


def test_a_header_that_comes_twice_keeps_both_values() -> None:
    found = ReplyReader(1_000).feed(
        b"HTTP/1.1 429 No\r\nRetry-After: 30\r\nretry-after: 7\r\nContent-Length: 0\r\n\r\n"
    )
    assert isinstance(found, Reply)
    assert found.headers["retry-after"] == "30, 7"


def test_it_is_known_whether_the_connection_stays() -> None:
    for extra, keeps in ((b"", True), (b"Connection: close\r\n", False)):
        reader = ReplyReader(1_000)
        reader.feed(b"HTTP/1.1 200 OK\r\n%sContent-Length: 0\r\n\r\n" % extra)
        assert reader.keeps_open is keeps


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        ANSWER + ANSWER,
        ANSWER + b"H",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"x" * 1_001,
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 65 + b"".join(b"N%d: b\r\n" % number for number in range(70)),
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 20_000 + b"\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nabc",
    ],
)
def test_what_is_no_answer_to_one_request_is_unreadable(data: bytes) -> None:
    assert isinstance(ReplyReader(1_000).feed(data), Unreadable)
