"""Heads of answers, and frames of messages, byte by byte."""

import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from interlock.gateway.server.messages import Response, text_frame
from interlock.gateway.server.reading import Ending
from interlock.gateway.server.writing import HeaderRefused, HeadWriter

NEW_YEAR_S = 1_767_225_600


def head(response: Response, ending: Ending = Ending.KEEP) -> bytes:
    return HeadWriter(lambda: NEW_YEAR_S).head(response, ending)


def test_a_head_holds_date_type_length_and_the_sites_own_headers() -> None:
    assert head(Response(200, b"{}", (("X-MBX-USED-WEIGHT-1M", "20"), ("Retry-After", "3")))) == (
        b"HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: application/json;charset=UTF-8\r\n"
        b"Content-Length: 2\r\nX-MBX-USED-WEIGHT-1M: 20\r\nRetry-After: 3\r\n\r\n"
    )


def test_the_date_follows_the_clock_and_nothing_else_is_shared() -> None:
    now = [NEW_YEAR_S - 0.1]
    writer = HeadWriter(lambda: now[0])
    assert b"31 Dec 2025 23:59:59" in writer.head(Response(200, b""), Ending.KEEP)
    now[0] += 0.2
    assert b"01 Jan 2026 00:00:00" in writer.head(Response(200, b""), Ending.KEEP)
    assert writer.head(Response(418, b"", content_type="text/plain"), Ending.CLOSE) == (
        b"HTTP/1.1 418 I'm a Teapot\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: text/plain\r\n"
        b"Connection: close\r\nContent-Length: 0\r\n\r\n"
    )


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_promises_none(status: int) -> None:
    assert b"Content-" not in head(Response(status, b"", (("ETag", "1"),)))


def test_a_status_of_nobodys_has_a_phrase_too() -> None:
    assert head(Response(599, b"")).startswith(b"HTTP/1.1 599 Unknown\r\n")


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b", "a\nb", "a\x00b", "ä"])
def test_a_header_that_would_break_the_answer_is_refused(value: str) -> None:
    with pytest.raises(HeaderRefused):
        head(Response(200, b"", (("X-A", value),)))
    with pytest.raises(HeaderRefused):
        head(Response(200, b"", content_type=value))


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 100_000])
def test_a_text_frame_is_what_the_protocol_says(length: int) -> None:
    text = b"x" * length
    frame = text_frame(text)
    assert frame == Frame(Opcode.TEXT, text).serialize(mask=False)
    reader = StreamReader()
    reader.feed_data(frame)
    with pytest.raises(StopIteration) as parsed:
        next(Frame.parse(reader.read_exact, mask=False))
    assert bytes(parsed.value.value.data) == text
