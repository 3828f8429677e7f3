"""The paper exchange under load for a long time: 1,000 open orders, 500 fills a second, 5,000 messages a second.

A running `interlock venue` on one core's worth of processor, and one process of clients beside it: traders that take
from the market at a steady pace, each on a connection of its own and each hearing its account; and subscribers that
hear every stream of every symbol. The feed is played faster, so that there is enough to hear. Everything is counted
where it arrives. The memory of the exchange is looked at every second; its slope is that of the second half.

By name only (`python -m bench venue_load`): ten minutes, or INTERLOCK_BENCH_S seconds.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import linear_regression, median, quantiles

import uvloop
from msgspec import Struct

from bench.exchange_process import SYMBOLS, ExchangeProcess, running_exchange
from bench.figures import Figure, compared, table
from bench.load_clients import Counted, OrderConnection, Subscriber, Taker
from interlock.units.faults import Fault

ACCOUNTS = 34
ORDERS_PER_S = 15.5  # of an account: the venue allows 1,200 a minute
OPEN_ORDERS = 1_000
SUBSCRIBERS = 4
SPEED = 62
FILLS_PER_S_MIN, MESSAGES_PER_S_MIN = 500.0, 5_000.0
SLOPE_MIB_MAX = 5.0  # over ten minutes
_TEN_MINUTES_S = 600.0
_STREAMS = ("bookTicker", "aggTrade", "trade", "depth@100ms", "depth20@100ms", "markPrice@1s", "kline_1m", "ticker")


class Sample(Struct, frozen=True):
    """What was counted at one moment, since the start of the load."""

    at_s: float
    rss_mib: float
    cpu_s: float
    book_mib: float
    counted: Counted


class Load(Struct, frozen=True, kw_only=True):
    """What came of the load."""

    samples: list[Sample]
    orders_ms: list[float]
    open_at_start: int
    open_at_end: int
    clients_cpu_s: float


def duration_s() -> float:
    """Return how long the load lasts. Errors: Fault for what is no number of seconds."""
    text = os.environ.get("INTERLOCK_BENCH_S", str(int(_TEN_MINUTES_S)))
    if not text.isdigit() or int(text) < 10:
        raise Fault(f"INTERLOCK_BENCH_S is {text!r}; a whole number of seconds from 10 on is allowed.", "Try 60.")
    return float(text)


async def load(exchange: ExchangeProcess, lasting_s: float) -> Load:
    """Put the load on and return what was counted."""
    counted = Counted()
    names = [f"{symbol.lower()}@{stream}" for symbol in SYMBOLS for stream in _STREAMS]
    subscribers = [
        await Subscriber.opened(exchange.port, f"/stream?streams={'/'.join(names)}", counted.hear)
        for _ in range(SUBSCRIBERS)
    ]
    takers = []
    for number, trader in enumerate(exchange.traders):
        connection = await OrderConnection.opened(exchange.port)
        taker = Taker(trader, connection, SYMBOLS[number % len(SYMBOLS)], counted)
        await taker.rest(OPEN_ORDERS // ACCOUNTS + (number < OPEN_ORDERS % ACCOUNTS))
        subscribers.append(await taker.heard(exchange.port))
        takers.append(taker)
    open_at_start = sum([await taker.open_orders() for taker in takers])
    return await _counted(exchange, counted, takers, subscribers, open_at_start, lasting_s)


async def _counted(
    exchange: ExchangeProcess,
    counted: Counted,
    takers: Sequence[Taker],
    subscribers: Sequence[Subscriber],
    open_at_start: int,
    lasting_s: float,
) -> Load:
    counted.forget()
    samples: list[Sample] = []
    cpu_s, clients_s, start = exchange.cpu_s(), time.process_time(), time.monotonic()

    async def look() -> None:
        for second in range(int(lasting_s) + 1):
            await asyncio.sleep(start + second - time.monotonic())
            at_s, used_s = time.monotonic() - start, exchange.cpu_s() - cpu_s
            samples.append(Sample(at_s, exchange.rss_mib(), used_s, exchange.book_mib(), counted.copied()))

    async with asyncio.TaskGroup() as group:
        for number, taker in enumerate(takers):
            group.create_task(taker.take(ORDERS_PER_S, number / len(takers), start, start + lasting_s))
        group.create_task(look())
    clients_s = time.process_time() - clients_s
    open_at_end = sum([await taker.open_orders() for taker in takers])
    for subscriber in subscribers:
        subscriber.require_open()
        subscriber.close()
    for taker in takers:
        taker.close()
    return Load(
        samples=samples,
        orders_ms=[each for taker in takers for each in taker.taken_ms],
        open_at_start=open_at_start,
        open_at_end=open_at_end,
        clients_cpu_s=clients_s,
    )


def figures(found: Load, lasting_s: float) -> list[Figure]:
    """Return what is claimed, with what was counted beside it."""
    first, middle, last = found.samples[0], found.samples[len(found.samples) // 2], found.samples[-1]
    span_s = last.at_s - first.at_s
    half = found.samples[len(found.samples) // 2 :]
    slope = linear_regression([each.at_s for each in half], [each.rss_mib for each in half]).slope * _TEN_MINUTES_S
    memory = f"{first.rss_mib:.1f} MiB at first, {middle.rss_mib:.1f} halfway, {last.rss_mib:.1f} at last"
    heard = f"{last.counted.fills_heard / span_s:,.0f}/s heard of by accounts; over {lasting_s:.0f} s"
    messages = f"{SUBSCRIBERS} subscribers; and {last.counted.account / span_s:,.0f}/s to accounts"
    p99_ms = quantiles(found.orders_ms, n=100)[98]
    cores = f"p99 {p99_ms:.1f} ms; exchange {last.cpu_s / span_s:.2f} cores, clients {found.clients_cpu_s / span_s:.2f}"
    at_least = "at least 1.0"
    return [
        compared("venue load: fills", last.counted.fills / span_s, FILLS_PER_S_MIN, at_least, "1/s", heard),
        compared(
            "venue load: market messages",
            last.counted.market / span_s,
            MESSAGES_PER_S_MIN,
            at_least,
            "1/s",
            messages,
        ),
        compared(
            "venue load: open orders, at the end",
            found.open_at_end,
            OPEN_ORDERS,
            at_least,
            "orders",
            f"{found.open_at_start:,} at the start; book {last.book_mib:.0f} MiB",
        ),
        compared("venue load: memory's growth in 10 min", max(slope, 0), SLOPE_MIB_MAX, "at most 1.0", "MiB", memory),
        Figure(
            name="venue load: order to durable answer, p50",
            ours=median(found.orders_ms),
            peer=None,
            ratio=None,
            required="no bound",
            met=None,
            unit="ms",
            note=cores,
        ),
    ]


def run() -> list[Figure]:
    """Put the load on a new exchange and measure, in ten minutes unless told otherwise."""
    lasting_s = duration_s()
    with (
        tempfile.TemporaryDirectory(dir=os.environ.get("INTERLOCK_BENCH")) as name,
        running_exchange(Path(name), ACCOUNTS, SPEED) as exchange,
    ):
        return figures(uvloop.run(load(exchange, lasting_s)), lasting_s)


if __name__ == "__main__":
    sys.stdout.write(table(run()) + "\n")
