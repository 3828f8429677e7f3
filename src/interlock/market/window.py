"""Good ticks ahead of the tape, as plain lists that a loop can walk fast."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interlock.market.quality.bad_ticks import JudgedStream
from interlock.market.recordings.columns import Int64, Quotes, Trades

_COLUMN_COUNT = 5  # at_ns, a, b, c, d
_Rows = list[Int64]


@dataclass(frozen=True, slots=True)
class Window:
    """Ticks in the order they were heard, all before `until_ns`, as parallel lists.

    A quote has a, b, c, d = bid_e8, ask_e8, bid_size_e8, ask_size_e8; a trade has price_e8, quantity_e8,
    buyer_is_aggressor (0 or 1), 0.
    """

    until_ns: int
    at_ns: list[int]
    symbol: list[str]
    is_trade: list[bool]
    a: list[int]
    b: list[int]
    c: list[int]
    d: list[int]

    def __len__(self) -> int:
        return len(self.at_ns)


@dataclass(frozen=True, slots=True)
class Ahead:
    """One stream that a window takes from: what is known of it ends before `row`."""

    symbol: str
    ticks: JudgedStream[Quotes] | JudgedStream[Trades]
    is_trade: bool
    row: int


def take_window(streams: Sequence[Ahead], until_ns: int, rows_max: int) -> Window:
    """Return the good ticks heard before `until_ns`, merged by (heard time, file order, line).

    Where there are more than `rows_max`, the window ends earlier, at a time all of whose ticks are left out; only
    ticks heard at one and the same time may exceed `rows_max`.
    """
    assert rows_max > 0, rows_max
    until_ns = min((_cut(ahead, until_ns, rows_max) for ahead in streams), default=until_ns)
    filled = []
    for ahead in streams:
        rows = _rows(ahead, until_ns)
        if rows:
            filled.append((ahead, rows))
    if not filled:
        return Window(until_ns, [], [], [], [], [], [], [])
    if len(filled) == 1:
        ahead, rows = filled[0]
        columns = [rows[0][n] if len(rows) == 1 else np.concatenate([each[n] for each in rows]) for n in range(5)]
        count = len(columns[0])
        at_ns, *values = (column.tolist() for column in columns)
        return Window(until_ns, at_ns, [ahead.symbol] * count, [ahead.is_trade] * count, *values)
    return _merged(filled, until_ns, rows_max)


def _cut(ahead: Ahead, until_ns: int, rows_max: int) -> int:
    """Return until when at most `rows_max` rows of a stream are heard, or its first instant ends."""
    stream, row = ahead.ticks.stream, ahead.row
    if row + rows_max >= stream.row_count:
        return until_ns
    first_ns, left_out_ns = stream.known_at_ns(row), stream.known_at_ns(row + rows_max)
    return min(until_ns, max(left_out_ns, first_ns + 1))


def _rows(ahead: Ahead, until_ns: int) -> list[_Rows]:
    """Return the good rows file by file, as [at_ns, a, b, c, d, line, file order]."""
    row_end = ahead.ticks.stream.rows_before(until_ns, ahead.row)
    if row_end == ahead.row:
        return []
    found = []
    for segment, rows in ahead.ticks.good(ahead.row, row_end):
        table = segment.table
        if isinstance(table, Quotes):
            values = [table.bid_e8[rows], table.ask_e8[rows], table.bid_size_e8[rows], table.ask_size_e8[rows]]
        else:
            price, quantity = table.price_e8[rows], table.quantity_e8[rows]
            buyer = table.buyer_is_aggressor[rows].astype(np.int64)
            values = [price, quantity, buyer, np.zeros(len(price), dtype=np.int64)]
        line = table.line[rows]
        found.append([segment.known_at_ns[rows], *values, line, np.full(len(line), segment.order, dtype=np.int64)])
    return found


def _merged(filled: Sequence[tuple[Ahead, list[_Rows]]], until_ns: int, rows_max: int) -> Window:
    parts = [(number, rows) for number, (_, pieces) in enumerate(filled) for rows in pieces]
    at_ns, a, b, c, d, line, order = (np.concatenate([rows[n] for _, rows in parts]) for n in range(7))
    stream = np.concatenate([np.full(len(rows[0]), number) for number, rows in parts])
    places = np.lexsort((line, order, at_ns))
    if len(places) > rows_max:
        sorted_ns = at_ns[places]
        cut_ns = max(int(sorted_ns[rows_max]), int(sorted_ns[0]) + 1)
        until_ns = min(until_ns, cut_ns)
        places = places[: int(sorted_ns.searchsorted(until_ns))]
    streams = stream[places].tolist()
    names = [ahead.symbol for ahead, _ in filled]
    kinds = [ahead.is_trade for ahead, _ in filled]
    return Window(
        until_ns,
        at_ns[places].tolist(),
        [names[number] for number in streams],
        [kinds[number] for number in streams],
        *(column[places].tolist() for column in (a, b, c, d)),
    )
