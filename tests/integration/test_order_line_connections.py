"""The order line's connections: over TLS, to a venue that is not trusted, to a name of several addresses."""

import asyncio
import select
import socket
from pathlib import Path

import pytest

from interlock.messages.observations import AcceptReported, SilenceReported
from interlock.ports.exchange.words import Market
from interlock.ports.latch import NO_NEW_RISK
from interlock.units.time import NS_PER_MS, NS_PER_S
from interlock.venues.binance.backoff import Backoff
from interlock.venues.binance.budget import RATE_LIMITS, Budget
from interlock.venues.binance.endpoints import Place
from interlock.venues.binance.line import not_sent
from interlock.venues.binance.line.connection import STOOD_S_MIN, Connection
from interlock.venues.binance.line.terms import LineTerms
from tests.integration.test_server_room import certified
from tests.unit.venues.binance.scripted_venue import (
    LOOPS,
    PATIENCE_S,
    QUICK,
    SYMBOL,
    Act,
    Trading,
    approved,
    closing,
    code_of,
    run,
    trading,
)


@pytest.mark.parametrize("loop", LOOPS)
def test_over_tls_the_same_is_sent_and_told_on_one_connection(loop: str, tmp_path: Path) -> None:
    server_tls, client_tls = certified(tmp_path)

    async def scenario() -> None:
        async with trading(server_tls=server_tls, client_tls=client_tls) as traded:
            for number in range(3):
                traded.lane.place(approved(f"il1-{number}-0"))
                assert isinstance(await traded.hear(), AcceptReported)
            assert traded.venue.connections == 1

    run(scenario(), loop)


def test_over_tls_what_the_latch_stopped_is_never_written_though_it_was_sealed(tmp_path: Path) -> None:
    server_tls, client_tls = certified(tmp_path)

    async def scenario() -> None:
        async with trading(server_tls=server_tls, client_tls=client_tls) as traded:
            traded.cell.level = NO_NEW_RISK
            traded.lane.place(approved("il1-1-0"))
            assert code_of(await traded.hear()) == not_sent.LATCHED.code
            await traded.until(traded.is_ready)
            traded.lane.place(closing("il1-2-0"))
            assert isinstance(await traded.hear(), AcceptReported)
            assert [each.query["newClientOrderId"] for each in traded.venue.heard] == ["il1-2-0"]

    run(scenario())


def test_a_venue_whose_certificate_is_not_trusted_gets_no_order(tmp_path: Path) -> None:
    server_tls, _ = certified(tmp_path)

    async def scenario() -> None:
        async with trading(terms=QUICK) as traded:
            server = await traded.venue.serve(server_tls)
            connection = Connection(
                asyncio.get_running_loop(),
                Place("localhost", traded.venue.port, True),
                Backoff(lambda: 0.0),
                lambda ready: None,
            )
            connection.start()
            await traded.until(lambda: "CERTIFICATE_VERIFY_FAILED" in connection.trouble)
            assert not connection.is_ready
            connection.close()
            server.close()
            await server.wait_closed()

    run(scenario())


def test_a_connection_sends_at_once_and_notices_when_it_leads_nowhere() -> None:
    made: list[socket.socket] = []

    def kept(family: int, kind: int, protocol: int) -> socket.socket:
        made.append(socket.socket(family, kind, protocol))
        return made[0]

    async def scenario() -> None:
        async with trading(make_socket=kept):
            assert made[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert made[0].getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)

    run(scenario())


def test_a_name_with_several_addresses_is_reached_at_the_one_that_answers() -> None:
    class RefusesTheFirst(socket.socket):
        made = 0

        def __init__(self, family: int, kind: int, protocol: int) -> None:
            super().__init__(family, kind, protocol)
            RefusesTheFirst.made += 1

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        async with trading() as traded:
            port = traded.venue.port

            async def two_addresses(*_: object, **__: object) -> list[object]:
                kind = socket.SOCK_STREAM
                return [(socket.AF_INET, kind, 6, "", (host, port)) for host in ("127.0.0.2", "127.0.0.1")]

            loop.getaddrinfo = two_addresses  # type: ignore[assignment]  # a name server of the test's own
            connection = Connection(
                loop,
                Place("venue.example", port, False),
                Backoff(lambda: 0.0),
                lambda ready: None,
                make_socket=RefusesTheFirst,
            )
            connection.start()
            await traded.until(lambda: connection.is_ready)
            connection.close()
            assert (RefusesTheFirst.made, connection.connects_count) == (2, 1)

    run(scenario())


# --- What comes unasked --------------------------------------------------------------------------------------------

STRAY = b'HTTP/1.1 400 Word\r\nContent-Length: 35\r\n\r\n{"code":-2010,"msg":"Not this one"}'


def test_a_part_of_an_answer_that_nobody_asked_for_ends_the_connection_before_the_next_order() -> None:
    async def scenario() -> None:
        async with trading() as traded:
            writer = await _door_of(traded)
            writer.write(STRAY[:20])
            await traded.until(lambda: traded.venue.connections == 2)
            await traded.until(traded.is_ready)
            writer.write(STRAY[20:])
            traded.lane.place(approved("il1-1-0"))
            assert isinstance(await traded.hear(), AcceptReported)

    run(scenario())


@pytest.mark.parametrize("loop", LOOPS)
def test_what_came_before_an_order_was_written_is_not_taken_for_its_answer(loop: str) -> None:
    async def scenario() -> None:
        async with trading() as traded:
            writer = await _door_of(traded)
            _to_the_kernel(writer, STRAY)
            _there_is_something_to_read(traded)
            traded.lane.place(approved("il1-1-0"))  # the loop has not turned: the bytes are there, unread
            assert isinstance(await traded.hear(), AcceptReported)
            assert [each.connection for each in traded.venue.heard] == [2]

    run(scenario(), loop)


def test_an_order_is_not_written_to_a_connection_that_the_venue_has_closed() -> None:
    async def scenario() -> None:
        async with trading() as traded:
            writer = await _door_of(traded)
            writer.get_extra_info("socket").shutdown(socket.SHUT_WR)
            _there_is_something_to_read(traded)
            traded.lane.place(approved("il1-1-0"))
            assert isinstance(await traded.hear(), AcceptReported)
            assert [each.connection for each in traded.venue.heard] == [2]

    run(scenario())


def test_the_beginning_of_a_second_answer_makes_the_first_one_prove_nothing() -> None:
    async def scenario() -> None:
        body = b'{"code":-2010,"msg":"No."}'
        answer = b"HTTP/1.1 400 Word\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        async with trading([Act(status=None)]) as traded:
            writer = await _door_of(traded)
            traded.lane.place(approved("il1-1-0"))
            await traded.venue.wait_for(1)
            _to_the_kernel(writer, answer + STRAY[:20])
            assert isinstance(await traded.hear(), SilenceReported)
            await traded.until(lambda: traded.venue.connections == 2)

    run(scenario())


async def _door_of(traded: Trading) -> asyncio.StreamWriter:
    """Return the venue's end of the one connection; it may stand a moment later than the client's."""
    await traded.until(lambda: len(traded.venue._open) == 1)
    (writer,) = traded.venue._open
    return writer


def _to_the_kernel(writer: asyncio.StreamWriter, data: bytes) -> None:
    descriptor = writer.get_extra_info("socket").fileno()
    with socket.fromfd(descriptor, socket.AF_INET, socket.SOCK_STREAM) as sock:
        assert sock.send(data) == len(data)


def _there_is_something_to_read(traded: Trading) -> None:
    """Wait for it without a turn of the loop."""
    (connection,) = traded.lane.connections
    assert connection._wire is not None
    assert select.select([connection._wire._socket], [], [], PATIENCE_S)[0]


# --- Who waits for whom --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_close", [True, False], ids=["close", "cancel"])
def test_entries_without_answers_leave_a_connection_to_what_reduces_and_what_cancels(is_close: bool) -> None:
    async def scenario() -> None:
        async with trading(terms=LineTerms()) as traded:
            entries_count = len(traded.lane.connections) - 1
            traded.venue.gate.clear()
            for number in range(entries_count + 2):
                traded.lane.place(approved(f"il1-{number}-0"))
            await traded.venue.wait_for(entries_count)
            if is_close:
                traded.lane.place(closing("il1-9-0"))
            else:
                traded.lane.cancel(SYMBOL, "il1-9-0")
            assert not any(connection.is_ready for connection in traded.lane.connections)
            heard = await traded.venue.wait_for(entries_count + 1)
            query = heard[-1].query
            assert "il1-9-0" in (query.get("newClientOrderId"), query.get("origClientOrderId"))

    run(scenario())


def test_what_reduces_is_known_not_to_be_sent_long_before_a_silence_is_over() -> None:
    terms = LineTerms()
    assert terms.connections >= 2
    assert terms.exit_wait_ms_max * 2 < terms.silence_ms_max


def test_what_reduces_goes_at_the_end_of_its_hold_though_an_entry_is_held_for_longer() -> None:
    class NoEntries(Budget):
        def entry_wait_ns(self, at_ns: int) -> int:
            return 48 * NS_PER_S

    async def scenario() -> None:
        budget = NoEntries(RATE_LIMITS[Market.USDM])
        async with trading(budget=budget) as traded:
            traded.lane.place(approved("il1-1-0"))
            budget.held_until_ns = traded.clock.now_ns() + 30 * NS_PER_MS
            traded.lane.place(closing("il1-2-0"))
            told = await traded.hear()
            assert isinstance(told, AcceptReported), told
            assert told.order_id == "il1-2-0"

    run(scenario())


# --- What stood ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("has_stood", [True, False])
def test_a_quiet_connection_that_the_venue_closes_is_made_again_at_once_if_it_has_stood(has_stood: bool) -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        async with trading() as traded:
            backoff = Backoff(lambda: 0.0, first_ms=1_000_000, most_ms=1_000_000)
            connection = Connection(loop, Place("127.0.0.1", traded.venue.port, False), backoff, lambda ready: None)
            connection.start()
            await traded.until(lambda: connection.is_ready and len(traded.venue._open) == 2)
            backoff.failures = 3
            if has_stood:
                now_s = loop.time
                loop.time = lambda: now_s() + STOOD_S_MIN  # type: ignore[method-assign]  # so long in no time
            traded.venue.drop_all()
            await traded.until(lambda: connection.connects_count == 2 or backoff.failures == 4)
            assert (connection.connects_count, backoff.failures) == ((2, 0) if has_stood else (1, 4))
            connection.close()

    run(scenario())
