"""A venue on loopback that answers as it is told to, and a lane that trades there, heard by the test."""

import asyncio
import contextlib
import json
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import uvloop

from interlock.messages.effects import QueryOrder
from interlock.messages.observations import CancelRejectReported, Observation, RejectReported
from interlock.messages.orders import ApprovedOrder
from interlock.messages.words import Approval, OrderType, Purpose, TimeInForce
from interlock.ports.exchange.words import Market
from interlock.ports.latch import OPEN
from interlock.units.money import install_context
from interlock.units.sides import Side
from interlock.venues.binance.budget import RATE_LIMITS, Budget
from interlock.venues.binance.endpoints import Place
from interlock.venues.binance.line.lane import Lane, LaneHearers
from interlock.venues.binance.line.terms import LineTerms
from interlock.venues.binance.line.wire import MakeSocket
from interlock.venues.binance.server_time import ServerTime
from interlock.venues.binance.signing import HmacSigner, Signer

install_context()
PATIENCE_S = 10.0  # nothing takes that long: it only ends a test that would hang
ACCOUNT, SYMBOL, KEY, SECRET = "main", "BTCUSDT", "api-key", "secret"


def approved(order_id: str, **changed: object) -> ApprovedOrder:
    """Return an entry at market unless told otherwise."""
    terms: dict[str, object] = {
        "order_id": order_id,
        "account": ACCOUNT,
        "owner": "owner",
        "symbol": SYMBOL,
        "purpose": Purpose.ENTRY,
        "side": Side.BUY,
        "order_type": OrderType.MARKET,
        "time_in_force": TimeInForce.GTC,
        "quantity": Decimal("0.002"),
        "limit_price": None,
        "trigger_price": None,
        "reduce_only": False,
        "reference_price": Decimal(50_000),
        "approval": Approval.NOT_REQUIRED,
    }
    return ApprovedOrder(**(terms | changed))  # type: ignore[arg-type]  # the fields are named above


def closing(order_id: str) -> ApprovedOrder:
    """Return an order that reduces."""
    return approved(order_id, purpose=Purpose.CLOSE, side=Side.SELL, reduce_only=True)


class Heard(NamedTuple):
    """A request as the venue got it."""

    connection: int
    method: str
    path: str
    query: dict[str, str]
    raw_query: str
    headers: dict[str, str]


class Act(NamedTuple):
    """What the venue does with a request. Without a status it sends nothing; `body` None is as an order would be."""

    status: int | None = 200
    body: bytes | None = None
    headers: tuple[str, ...] = ()
    cut_bytes: int | None = None
    then: str = ""  # "close" or "reset" the connection


SILENT_ACT = Act(status=None)
RESET = Act(status=None, then="reset")


def refusal(code: int, text: str, status: int = 400, *headers: str) -> Act:
    """Return an error in the venue's words."""
    return Act(status, json.dumps({"code": code, "msg": text}).encode(), headers)


def order_body(heard: Heard, status: str | None = None, filled: str = "0") -> bytes:
    """Return what a sound venue answers to an order or its cancellation."""
    query = heard.query
    if heard.path == "/fapi/v1/algoOrder":
        if heard.method == "DELETE":
            return json.dumps({"algoId": 7, "clientAlgoId": query["clientAlgoId"], "code": "200", "msg": "ok"}).encode()
        kept = {"symbol": query["symbol"], "clientAlgoId": query["clientAlgoId"], "quantity": query["quantity"]}
        return json.dumps(kept | {"algoId": 7, "algoStatus": "NEW", "updateTime": 1_700_000_000_000}).encode()
    ours = query.get("newClientOrderId") or query["origClientOrderId"]
    body = {
        "symbol": query["symbol"],
        "orderId": 41,
        "clientOrderId": ours,
        "origQty": query.get("quantity", "0.002"),
        "executedQty": filled,
        "status": status or ("CANCELED" if heard.method == "DELETE" else "NEW"),
        "updateTime": 1_700_000_000_000,
    }
    return json.dumps(body).encode()


class ScriptedVenue:
    """Answers the requests in the order they come by `script`, soundly when that is used up.

    While `gate` is not set nothing is answered; `reads` is not set while nothing is to be read from a new connection.
    """

    def __init__(self, script: Sequence[Act] = ()) -> None:
        self.script = list(script)
        self.heard: list[Heard] = []
        self.has_heard = asyncio.Condition()
        self.gate = asyncio.Event()
        self.gate.set()
        self.reads = asyncio.Event()
        self.reads.set()
        self.connections = 0
        self.port = 0
        self._open: set[asyncio.StreamWriter] = set()

    async def serve(self, tls: ssl.SSLContext | None = None, port: int = 0) -> asyncio.Server:
        server = await asyncio.start_server(self._connected, "127.0.0.1", port, ssl=tls)
        self.port = int(server.sockets[0].getsockname()[1])
        return server

    async def wait_for(self, count: int) -> list[Heard]:
        """Return all requests when there are so many."""
        async with asyncio.timeout(PATIENCE_S), self.has_heard:
            await self.has_heard.wait_for(lambda: len(self.heard) >= count)
        return self.heard

    def drop_all(self) -> None:
        """Close every connection that stands."""
        for writer in self._open:
            writer.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        self._open.add(writer)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while True:
                    await self.reads.wait()
                    head = await reader.readuntil(b"\r\n\r\n")
                    heard = _parsed(number, head.decode())
                    async with self.has_heard:
                        self.heard.append(heard)
                        self.has_heard.notify_all()
                    act = self.script.pop(0) if self.script else Act()
                    await self.gate.wait()
                    await self._do(act, heard, writer)
        finally:
            self._open.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    async def _do(self, act: Act, heard: Heard, writer: asyncio.StreamWriter) -> None:
        if act.status is not None:
            body = order_body(heard) if act.body is None else act.body
            lines = [f"HTTP/1.1 {act.status} Word", f"Content-Length: {len(body)}", *act.headers, "", ""]
            writer.write(("\r\n".join(lines).encode() + body)[: act.cut_bytes])
            await writer.drain()
        if act.then == "reset":
            writer.transport.abort()
        if act.then == "close":
            writer.close()


def _parsed(connection: int, head: str) -> Heard:
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    split = urlsplit(target)
    query = {name: values[0] for name, values in parse_qs(split.query, strict_parsing=bool(split.query)).items()}
    headers = dict(line.split(": ", 1) for line in lines)
    return Heard(connection, method, split.path, query, split.query, headers)


class FlippingCell:
    """A latch's cell. Engaged at the given look, from 1 on; it can be set by hand, too."""

    def __init__(self) -> None:
        self.level = OPEN
        self.looks = 0
        self.at_look: dict[int, int] = {}

    def __getitem__(self, index: int, /) -> int:
        assert index == 0
        self.looks += 1
        self.level = self.at_look.get(self.looks, self.level)
        return self.level


class TestLatch:
    """Implements `Latch`."""

    __test__ = False

    def __init__(self) -> None:
        self.cell = FlippingCell()


class WallClock:
    """Implements `Clock`, shifted by hand."""

    def __init__(self) -> None:
        self.shift_ns = 0

    def now_ns(self) -> int:
        return time.time_ns() + self.shift_ns


class Trading:
    """A lane at a scripted venue, and all that it told."""

    def __init__(self, venue: ScriptedVenue) -> None:
        self.venue = venue
        self.latch = TestLatch()
        self.cell = self.latch.cell
        self.clock = WallClock()
        self.time = ServerTime()
        self.told: asyncio.Queue[Observation] = asyncio.Queue()
        self.asked: list[QueryOrder] = []
        self.clock_refusals = 0
        self.filter_refusals: list[int] = []
        self.lane: Lane

    def hear_clock_refused(self) -> None:
        self.clock_refusals += 1

    async def hear(self) -> Observation:
        """Return the next observation."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.told.get()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Return when it is so; the loop turns meanwhile."""
        async with asyncio.timeout(PATIENCE_S):
            while not is_so():
                await asyncio.sleep(0.001)

    def is_ready(self) -> bool:
        return all(connection.is_ready for connection in self.lane.connections)


@asynccontextmanager
async def trading(
    script: Sequence[Act] = (),
    market: Market = Market.USDM,
    terms: LineTerms | None = None,
    *,
    budget: Budget | None = None,
    signer: Signer | None = None,
    server_tls: ssl.SSLContext | None = None,
    client_tls: ssl.SSLContext | None = None,
    make_socket: MakeSocket = socket.socket,
    is_served: bool = True,
) -> AsyncIterator[Trading]:
    """Run a venue and a lane with one connection; the lane is connected, unless the venue is not served yet."""
    venue = ScriptedVenue(script)
    server = await venue.serve(server_tls)
    traded = Trading(venue)
    if not is_served:
        server.close()
        await server.wait_closed()
    traded.lane = Lane(
        ACCOUNT,
        market,
        Place("127.0.0.1" if server_tls is None else "localhost", venue.port, server_tls is not None),
        signer or HmacSigner(KEY, SECRET),
        traded.latch,
        traded.clock,
        LaneHearers(
            traded.told.put_nowait, traded.asked.append, traded.hear_clock_refused, traded.filter_refusals.append
        ),
        budget or Budget(RATE_LIMITS[market]),
        traded.time,
        asyncio.get_running_loop(),
        seed=7,
        terms=terms or LineTerms(connections=1),
        tls=client_tls,
        make_socket=make_socket,
    )
    traded.lane.start()
    if is_served:
        await traded.until(traded.is_ready)
    try:
        yield traded
    finally:
        traded.lane.close()
        venue.gate.set()
        venue.reads.set()
        venue.drop_all()
        server.close()
        await asyncio.sleep(0)
        await server.wait_closed()
        await traded.until(lambda: not venue._open)


LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
QUICK = LineTerms(connections=1, silence_ms_max=60, entry_wait_ms_max=40, exit_wait_ms_max=60)


def run(scenario: Coroutine[None, None, None], loop: str = "asyncio") -> None:
    """Run a scenario to its end on one of the loops."""
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(scenario)


def code_of(told: object) -> int:
    """Return the code of a refusal. Errors: AssertionError shows anything else."""
    assert isinstance(told, RejectReported | CancelRejectReported), told
    return told.code
