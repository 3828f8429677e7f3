"""Recorded bodies of the venue, mutated: every parser gives a value or an Unreadable, and no other thing."""

import json
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.messages.observations import SilenceReported
from interlock.units.faults import Fault
from interlock.units.money import ZERO
from interlock.venues.binance.filters import instruments_of
from interlock.venues.binance.line.outcomes import of_cancelling, of_placing
from interlock.venues.binance.line.replies import Reply, ReplyReader
from interlock.venues.binance.parse import order_replies, queries
from interlock.venues.binance.parse.errors import VenueError, refusal, venue_error
from interlock.venues.binance.parse.unreadable import Unreadable
from tests.recordings import recording

PIECES = (b'"', b"{", b"}", b"[", b"]", b",", b":", b"null", b"true", b"-1", b"1e999", b'"NaN"', b"\\u0000", b"\xff")
QUERIES: tuple[Callable[[bytes], object], ...] = (
    queries.order,
    queries.orders,
    queries.algo,
    queries.algos,
    queries.trades,
    queries.spot_account,
    queries.futures_account,
    queries.depth,
    queries.server_time_ns,
    venue_error,
)
BODY_BYTES_MAX = 20_000


@cache
def corpus() -> tuple[tuple[int, bytes], ...]:
    """Return every recorded answer as (status, body): requests of a client, authors' fixtures, quoted errors."""
    folder: Path = recording("binance-wire")
    found: list[tuple[int, bytes]] = []
    for file in sorted((folder / "rest-recorded").iterdir()):
        found += [
            (pair["response"]["status"], pair["response"]["body"].encode()) for pair in json.loads(file.read_text())
        ]
    for file in sorted((folder / "fixtures" / "rest").iterdir()):
        found.append((200, file.read_bytes()))
    for item in json.loads((folder / "observed-errors.json").read_text())["items"]:
        body = item["body"]
        found.append(
            (item["http_status"] or 400, body.encode() if isinstance(body, str) else json.dumps(body).encode())
        )
    return tuple((status, body) for status, body in found if len(body) <= BODY_BYTES_MAX)


@st.composite
def answers(draw: st.DrawFn) -> tuple[int, bytes]:
    """Return a recorded answer after a few cuts, insertions, doublings and swaps; its status changes now and then."""
    status, body = draw(st.sampled_from(corpus()))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, min(len(body), start + 16)))
        match draw(st.integers(0, 3)):
            case 0:
                body = body[:start] + body[end:]
            case 1:
                body = body[:start] + draw(st.sampled_from(PIECES)) + body[start:]
            case 2:
                body = body[:end] + body[start:]
            case _:
                body = body[:start] + draw(st.binary(min_size=end - start, max_size=end - start)) + body[end:]
    return draw(st.sampled_from((status, status, 200, 400, 503))), body


@given(answer=answers())
@settings(max_examples=300, deadline=None)
def test_mutated_answers_to_orders_are_proof_or_silence_and_never_an_exception(answer: tuple[int, bytes]) -> None:
    status, body = answer
    for found in (
        order_replies.placed("BTCUSDT", "a", status, body),
        order_replies.algo_placed("BTCUSDT", "a", status, body),
    ):
        told = of_placing("a", found, 5)
        assert told.observations or told.ask
        if isinstance(found, Unreadable):
            assert isinstance(told.observations[0], SilenceReported)
    for gone in (
        order_replies.cancelled("BTCUSDT", "a", status, body),
        order_replies.algo_cancelled("a", status, body, 5),
    ):
        told = of_cancelling("a", gone, ZERO, 5)
        assert told.observations or told.ask


@given(answer=answers())
@settings(max_examples=300, deadline=None)
def test_mutated_answers_to_reads_are_values_or_unreadable(answer: tuple[int, bytes]) -> None:
    _, body = answer
    for read in QUERIES:
        found = read(body)
        for each in found if isinstance(found, tuple) else (found,):
            if isinstance(each, queries.OrderFound):
                assert Decimal(0) <= each.filled <= each.quantity
    try:
        instruments_of(body)
    except Fault as fault:
        assert fault.hint


@given(answer=answers())
@settings(deadline=None)
def test_no_success_and_no_server_error_but_the_documented_two_is_a_refusal(answer: tuple[int, bytes]) -> None:
    _, body = answer
    for status in (200, 202, 301, 500, 502, 503, 504):
        found = refusal(status, body)
        if isinstance(found, VenueError):
            assert (status >= 500 and found.code == -1008) or (status == 503 and found.text == "Service Unavailable.")


@given(body=st.binary(max_size=300), status=st.integers(100, 599))
def test_any_bytes_are_read_or_unreadable(body: bytes, status: int) -> None:
    for read in QUERIES:
        assert isinstance(read(body), Unreadable | VenueError | tuple | int | queries.OrderFound | queries.AccountFound)
    assert isinstance(order_replies.placed("BTCUSDT", "a", status, body), Unreadable | VenueError)


@given(data=st.binary(max_size=400), cut=st.integers(1, 60), head=st.booleans())
def test_any_bytes_on_the_connection_are_an_answer_or_none(data: bytes, cut: int, head: bool) -> None:
    reader = ReplyReader(1_000)
    data = (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" if head else b"") + data
    for start in range(0, len(data), cut):
        found = reader.feed(data[start : start + cut])
        assert found is None or isinstance(found, Reply | Unreadable)
        if isinstance(found, Unreadable):
            break
