"""From an approved order to its first byte on the socket, and the look at the latch right before it.

The order goes through the order line as it stands, over a real connection to a server process that answers it. The
clock stops when the send system call has returned: from there on the bytes are the kernel's. Client and server have
this machine to themselves, and wait for each other at every order.
"""

import asyncio
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from statistics import median

import uvloop

from bench.figures import Figure, compared, table
from bench.scenes import ACCOUNT, OWNER, SYMBOL
from interlock.apps.garbage import collected_seldom
from interlock.messages.observations import AcceptReported, Observation
from interlock.messages.orders import ApprovedOrder
from interlock.messages.words import Approval, OrderType, Purpose, TimeInForce
from interlock.ports.exchange.words import Market
from interlock.ports.latch import OPEN
from interlock.runtime.latch import LatchView, engage, read_level, release
from interlock.units.money import install_context
from interlock.units.sides import Side
from interlock.venues.binance.budget import Budget, RateLimits
from interlock.venues.binance.endpoints import Place
from interlock.venues.binance.line.lane import Lane, LaneHearers
from interlock.venues.binance.line.sending import Deed, Sending
from interlock.venues.binance.line.terms import LineTerms
from interlock.venues.binance.requests import Wanted
from interlock.venues.binance.server_time import ServerTime
from interlock.venues.binance.signing import HmacSigner

US_MAX = 150.0
LATCH_NS_MAX = 50.0
_AS_REQUIRED = "at most 1.0"
_BLOCKS = 9
_ORDERS = 300
_LOOKS = 200_000
_ID = re.compile(rb"newClientOrderId=([^& ]+)")
_NO_LIMITS = RateLimits(weight_minute_max=10**9, orders_10s_max=10**9, orders_minute_max=10**9)


class WatchedSocket(socket.socket):
    """Notes when a send system call returned."""

    sent_at_ns = 0

    def send(self, data: bytes, flags: int = 0, /) -> int:  # type: ignore[override]  # bytes are all we send
        count = super().send(data, flags)
        WatchedSocket.sent_at_ns = time.perf_counter_ns()
        return count


class WallClock:
    """Implements `Clock`."""

    def now_ns(self) -> int:
        return time.time_ns()


def order(number: int) -> ApprovedOrder:
    """Return an entry as the gate approves it."""
    return ApprovedOrder(
        order_id=f"il1-{number:x}-0",
        account=ACCOUNT,
        owner=OWNER,
        symbol=SYMBOL,
        purpose=Purpose.ENTRY,
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        quantity=Decimal("0.125"),
        limit_price=Decimal("58000.10"),
        trigger_price=None,
        reduce_only=False,
        reference_price=Decimal("58000.15"),
        approval=Approval.NOT_REQUIRED,
    )


@contextmanager
def open_latch() -> Iterator[LatchView]:
    """Return a latch that stands open, read through shared memory as the gate reads it."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "latch")
        engage(path, ord("N"))
        release(path, read_level(path)[1])
        view = LatchView(path)
        assert view.cell[0] == OPEN, "the latch was released"
        try:
            yield view
        finally:
            view.close()


async def send_block_us(latch: LatchView, port: int, count: int, blocks: int) -> list[float]:
    """Return each block's median of the microseconds from `place` to the return of the send."""
    told: asyncio.Queue[Observation] = asyncio.Queue()
    lane = Lane(
        ACCOUNT,
        Market.USDM,
        Place("127.0.0.1", port, False),
        HmacSigner("k" * 64, "s" * 64),
        latch,
        WallClock(),
        LaneHearers(told.put_nowait, lambda query: None, lambda: None, lambda code: None),
        Budget(_NO_LIMITS),
        ServerTime(),
        asyncio.get_running_loop(),
        seed=1,
        terms=LineTerms(connections=1),
        make_socket=WatchedSocket,
    )
    lane.start()
    medians = []
    clock, number = time.perf_counter_ns, 0
    try:
        for _ in range(blocks):
            times = []
            for _ in range(count):
                number += 1
                approved = order(number)
                while not lane.connections[0].is_ready:
                    await asyncio.sleep(0)
                start = clock()
                lane.place(approved)
                times.append((WatchedSocket.sent_at_ns - start) / 1_000)
                answer = await told.get()
                assert isinstance(answer, AcceptReported), answer
                assert times[-1] > 0, "it was not written within the call"
            medians.append(median(times))
    finally:
        lane.close()
        await asyncio.sleep(0)
    return medians


def look_ns(latch: LatchView) -> float:
    """Return the nanoseconds of one look as the line takes it, in line, at a request that is about to be written."""
    sending = Sending(_Deaf(), latch, Deed.PLACE, SYMBOL, "il1-1-0", Wanted(b"POST", b"/"), is_entry=True)
    clock, looks = time.perf_counter_ns, range(_LOOKS)
    taken = []
    for _ in range(_BLOCKS):
        start = clock()
        for _ in looks:
            pass
        empty = clock() - start
        start = clock()
        for _ in looks:
            level = sending.latch.cell[0]
            if level != OPEN and not sending.may_leave(level):
                raise AssertionError("the latch stands open")
        taken.append((clock() - start - empty) / _LOOKS)
    return median(taken)


class _Deaf:
    """Implements `SendingListener`: hears nothing, since nothing is sent."""

    def sending_answered(self, sending: Sending, reply: object) -> None: ...

    def sending_unanswered(self, sending: Sending, why: str) -> None: ...

    def sending_cut_off(self, sending: Sending) -> None: ...


@contextmanager
def venue() -> Iterator[int]:
    """Run the answering server; yields its port."""
    command = [sys.executable, "-m", "bench.client", "serve"]
    repository = Path(__file__).resolve().parent.parent
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=repository) as process:
        assert process.stdout is not None, "it was asked for"
        try:
            yield int(process.stdout.readline() or 0)
        finally:
            process.terminate()


async def serve_for_ever() -> None:
    """Answer every order as taken; say the port, and wait to be ended."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                found = _ID.search(await reader.readuntil(b"\r\n\r\n"))
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()
                return
            assert found is not None, "only orders come"
            body = (
                b'{"symbol":"%s","orderId":1,"clientOrderId":"%s","status":"NEW","origQty":"0.125","executedQty":"0",'
                b'"updateTime":1700000000000}' % (SYMBOL.encode(), found[1])
            )
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def run() -> list[Figure]:
    """Measure both, in about two seconds."""
    install_context()
    with open_latch() as latch, collected_seldom():
        with venue() as port:
            sends = uvloop.run(send_block_us(latch, port, _ORDERS, _BLOCKS + 1))[1:]  # the first warms up
        taken_ns = look_ns(latch)
    limit = f"limit {LATCH_NS_MAX:.0f} ns"
    return [
        compared("client: order to socket, p50", median(sends), US_MAX, _AS_REQUIRED, "us", f"limit {US_MAX:.0f} us"),
        compared("client: look at the latch", taken_ns, LATCH_NS_MAX, _AS_REQUIRED, "ns", limit),
    ]


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        uvloop.run(serve_for_ever())
    else:
        sys.stdout.write(table(run()) + "\n")
