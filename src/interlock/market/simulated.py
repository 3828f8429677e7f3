"""A seeded market that looks like a recording: for a first run, for demonstrations, for tests without data.

The same arguments give the same ticks, whatever the hash seed: all chance comes from `random.Random.random`, whose
sequence Python guarantees. It is a believable market and no more: nothing about profit can be learned from it.
"""

import math
from dataclasses import dataclass
from random import Random
from statistics import NormalDist

import numpy as np

from interlock.market.recordings.columns import Depth, Int64, Marks, Quotes, Recording, RecordingSet, Source, Trades
from interlock.market.recordings.tables import join
from interlock.market.simulated_symbol import TERMS, Events, SymbolMarket
from interlock.units.digests import sha256_hex
from interlock.units.faults import Fault
from interlock.units.time import NS_PER_S

_VERSION = 1
# 2024-01-01 00:00:01 UTC.
_START_NS = 1_704_067_201 * NS_PER_S
# The recorder's clock is this much behind the venue's, so that the offset has to be found here too.
_CLOCK_OFFSET_NS = -183_000_000
_LATENCY_NS_MEDIAN = 6_000_000
_LATENCY_SIGMA = 0.6
_DURATION_S_MAX = 86_400
_LATENCY_DRAWS = 4_096
_EVENT_COLUMNS = {"quotes": 8, "trades": 7, "depth": 10}


@dataclass(frozen=True, slots=True)
class _Heard:
    """One symbol's events as arrays; the last column of each is the event's ordinal."""

    events: Events
    quotes: Int64
    trades: Int64
    depth: Int64
    heard_at_ns: Int64  # by ordinal, counted from 0


def simulate(seed: int, duration_s: int = 3_600, symbols: tuple[str, ...] = ("BTCUSDT", "ETHUSDT")) -> RecordingSet:
    """Return a simulated USD-M feed. Errors: Fault for a symbol or a duration it cannot play."""
    for symbol in symbols:
        if symbol not in TERMS:
            raise Fault(
                f"The simulated feed has no {symbol}; it knows {', '.join(TERMS)}.",
                "Choose one of these, or a directory of recordings.",
            )
    if not 1 <= duration_s <= _DURATION_S_MAX:
        raise Fault(
            f"The simulated feed cannot last {duration_s} s; allowed is 1 to {_DURATION_S_MAX}.",
            "Choose a duration within a day.",
        )
    described = f"interlock simulated feed {_VERSION}: seed {seed}, {duration_s} s, {' '.join(symbols)}"
    source = Source(f"simulated-{seed}", sha256_hex(described.encode()), "simulated", "usdm")
    heard = {symbol: _play(f"{described}: {symbol}", symbol, duration_s) for symbol in symbols}
    lines = _lines([each.heard_at_ns for each in heard.values()])
    recordings: dict[str, tuple[Recording, ...]] = {
        symbol: (_recording(source, symbol, heard[symbol], line),)
        for symbol, line in sorted(zip(heard, lines, strict=True))
    }
    return RecordingSet(recordings, {}, (), (), ())


def _play(described: str, symbol: str, duration_s: int) -> _Heard:
    chance = Random(int(sha256_hex(described.encode()), 16))
    events = SymbolMarket(TERMS[symbol], chance, _START_NS).play(duration_s)
    quotes = np.array(events.quotes, dtype=np.int64).reshape(-1, _EVENT_COLUMNS["quotes"])
    trades = np.array(events.trades, dtype=np.int64).reshape(-1, _EVENT_COLUMNS["trades"])
    depth = np.array(events.depth, dtype=np.int64).reshape(-1, _EVENT_COLUMNS["depth"])
    sent_ns = np.empty(events.count, dtype=np.int64)
    for rows in (quotes, trades, depth):
        sent_ns[rows[:, -1] - 1] = rows[:, -2]
    return _Heard(events, quotes, trades, depth, _receipt_times(sent_ns, chance))


def _receipt_times(sent_ns: Int64, chance: Random) -> Int64:
    """Return when each event was heard by the recorder's clock: late by a log-normal latency, never overtaking."""
    draw = NormalDist().inv_cdf
    table = np.array(
        [
            round(_LATENCY_NS_MEDIAN * math.exp(_LATENCY_SIGMA * draw((n + 0.5) / _LATENCY_DRAWS)))
            for n in range(_LATENCY_DRAWS)
        ],
        dtype=np.int64,
    )
    places = np.argsort(sent_ns, kind="stable")
    drawn = np.array([int(chance.random() * _LATENCY_DRAWS) for _ in range(len(sent_ns))], dtype=np.int64)
    steps = np.arange(len(sent_ns))
    arrivals = sent_ns[places] + table[drawn] + _CLOCK_OFFSET_NS - steps
    heard = np.empty_like(sent_ns)
    heard[places] = np.maximum.accumulate(arrivals) + steps
    return heard


def _lines(heard_at_ns: list[Int64]) -> list[Int64]:
    """Return the 1-based line of each event of each symbol, in the one order in which all were heard."""
    symbol = np.repeat(np.arange(len(heard_at_ns)), [len(each) for each in heard_at_ns])
    places = np.lexsort((symbol, np.concatenate(heard_at_ns)))
    lines = np.empty(len(places), dtype=np.int64)
    lines[places] = np.arange(1, len(places) + 1)
    ends = np.cumsum([len(each) for each in heard_at_ns])
    return np.split(lines, ends[:-1])


def _recording(source: Source, symbol: str, heard: _Heard, lines: Int64) -> Recording:
    quotes, trades, depth = (
        rows[np.argsort(heard.heard_at_ns[rows[:, -1] - 1])] for rows in (heard.quotes, heard.trades, heard.depth)
    )
    levels = (np.array(heard.events.level_prices, dtype=np.int64), np.array(heard.events.level_sizes, dtype=np.int64))

    def stamps(rows: Int64) -> tuple[Int64, Int64, Int64]:
        ordinal = rows[:, -1] - 1
        return lines[ordinal], heard.heard_at_ns[ordinal], _column(rows, 0)

    venue, first_id, final_id, previous_id, is_snapshot, start, middle, end = (_column(depth, n) for n in range(8))
    line, heard_at_ns, _ = stamps(depth)
    return Recording(
        source=source,
        symbol=symbol,
        quotes=Quotes(*stamps(quotes), *(_column(quotes, n) for n in range(1, 6))),
        trades=Trades(
            *stamps(trades),
            _column(trades, 1),
            _column(trades, 2),
            _column(trades, 3),
            buyer_is_aggressor=trades[:, 4] == 1,
            is_market=np.ones(len(trades), dtype=np.bool_),
        ),
        depth=Depth(
            line, heard_at_ns, venue, first_id, final_id, previous_id, is_snapshot == 1, start, middle, end, *levels
        ),
        marks=join(Marks, []),
    )


def _column(rows: Int64, number: int) -> Int64:
    return np.ascontiguousarray(rows[:, number])
