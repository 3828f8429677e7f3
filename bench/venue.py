"""An order to its durable acknowledgement at the paper exchange, over the wire, beside one bare flush of the disk.

A signed LIMIT order far from the market, POSTed to a running `interlock venue` on a connection that is kept: from the
first byte sent to the whole answer, which the exchange gives when the order is on its disk. A flush of as many bytes on
the same disk takes its turn after each order.
"""

import os
import socket
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from statistics import median, quantiles

from bench.exchange_process import ExchangeProcess, Trader, running_exchange
from bench.figures import Figure, compared, table
from interlock.units.faults import Fault

US_MAX = 1_000.0
_ACCOUNTS = 8
_ORDERS = 150  # of an account: at most 200 may be open
_WARM_UP = 25
_BYTES = 4_120  # a page and its header, as the book's log takes them
_FILE_BYTES = 8 * 1024 * 1024
_PATIENCE_S = 10.0


class KeptConnection:
    """A blocking connection that asks one thing after another."""

    def __init__(self, port: int) -> None:
        self.wire = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S)
        self.wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> bytes:
        """Send a request and return its answer, head and body."""
        self.wire.sendall(request)
        answer = self.wire.recv(65_536)
        while not is_whole(answer):
            more = self.wire.recv(65_536)
            if not more:
                raise Fault(f"The exchange closed the connection after {answer!r}.", "See what it says by itself.")
            answer += more
        return answer


def is_whole(answer: bytes) -> bool:
    """Tell whether an answer has all its body."""
    head, gap, body = answer.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r")[0]
    return bool(gap) and len(body) >= int(length)


def body_of(answer: bytes) -> bytes:
    """Return an answer's body. Errors: Fault for any status but 200."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise Fault(f"The exchange answered {head.split(b' ')[1].decode()}: {body.decode()}.", "Read its words.")
    return body


def far_order(trader: Trader, symbol: str, price: str, number: int) -> bytes:
    """Return an order that rests."""
    terms = {"symbol": symbol, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
    return trader.signed("POST", "/fapi/v1/order", terms | {"price": price, "newClientOrderId": f"b{number}"})


def far_price(connection: KeptConnection, trader: Trader, symbol: str) -> str:
    """Return a whole price an eighth below the market."""
    answer = connection.ask(trader.keyed("GET", f"/fapi/v1/ticker/bookTicker?symbol={symbol}"))
    said = body_of(answer).partition(b'"bidPrice":"')[2].partition(b'"')[0].decode()
    return str(int(Decimal(said) * 7 // 8))


class BareFlush:
    """Writes over a file's own blocks and flushes them."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
        for at in range(0, _FILE_BYTES, 16_384):
            os.pwrite(self._descriptor, bytes(16_384), at)
        os.fsync(self._descriptor)
        self._at = 0
        self._page = bytes(range(103)) * (_BYTES // 103)

    def us(self) -> float:
        """Return the microseconds of one."""
        start = time.perf_counter_ns()
        os.pwrite(self._descriptor, self._page, self._at)
        os.fdatasync(self._descriptor)
        taken_us = (time.perf_counter_ns() - start) / 1_000
        self._at = (self._at + _BYTES) % (_FILE_BYTES - _BYTES)
        return taken_us

    def close(self) -> None:
        os.close(self._descriptor)


def measured(exchange: ExchangeProcess, flush: BareFlush) -> tuple[list[float], list[float]]:
    """Return the microseconds of every order and of every flush, in turns."""
    connection = KeptConnection(exchange.port)
    price = far_price(connection, exchange.traders[0], "BTCUSDT")
    orders: list[float] = []
    flushes: list[float] = []
    clock = time.perf_counter_ns
    for number in range(_ACCOUNTS * _ORDERS):
        request = far_order(exchange.traders[number // _ORDERS], "BTCUSDT", price, number)
        start = clock()
        answer = connection.ask(request)
        taken_us = (clock() - start) / 1_000
        assert b'"status":"NEW"' in body_of(answer), answer
        flushed_us = flush.us()
        if number >= _WARM_UP:
            orders.append(taken_us)
            flushes.append(flushed_us)
    connection.wire.close()
    return orders, flushes


def run() -> list[Figure]:
    """Measure in about five seconds."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("INTERLOCK_BENCH")) as name:
        flush = BareFlush(Path(name) / "flush")
        with running_exchange(Path(name), _ACCOUNTS) as exchange:
            orders, flushes = measured(exchange, flush)
        flush.close()
    taken_us, flush_us = median(orders), median(flushes)
    p99_us = quantiles(orders, n=100)[98]
    note = f"limit {US_MAX:.0f} us; p99 {p99_us:.0f} us"
    beside = Figure(
        name="venue: the same beside one bare fdatasync",
        ours=taken_us,
        peer=flush_us,
        ratio=taken_us / flush_us,
        required="no bound",
        met=None,
        unit="us",
        note=f"p99 of the fdatasync {quantiles(flushes, n=100)[98]:.0f} us",
    )
    return [compared("venue: order to durable answer, p50", taken_us, US_MAX, "at most 1.0", "us", note), beside]


if __name__ == "__main__":
    sys.stdout.write(table(run()) + "\n")
