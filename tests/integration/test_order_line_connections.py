"""The order line's connections: over TLS, to a venue that is not trusted, to a name of several addresses."""

import asyncio
import socket
from pathlib import Path

import pytest

from interlock.messages.observations import (
    AcceptReported,
)
from interlock.ports.latch import NO_NEW_RISK
from interlock.venues.binance.backoff import Backoff
from interlock.venues.binance.endpoints import Place
from interlock.venues.binance.line import not_sent
from interlock.venues.binance.line.connection import Connection
from tests.integration.test_server_room import certified
from tests.unit.venues.binance.scripted_venue import (
    LOOPS,
    QUICK,
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
