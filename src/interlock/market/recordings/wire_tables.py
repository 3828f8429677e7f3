"""Groups of like wire messages into chunks of columns: one function per kind of tick."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from msgspec import Raw

from interlock.market.recordings.amounts import Problem, items_to_e8, joined_to_e8, sign_problems
from interlock.market.recordings.columns import Depth, Int64, Marks, Quotes, Trades
from interlock.market.recordings.fault_tally import UNREADABLE
from interlock.market.recordings.tables import take, take_depth
from interlock.market.recordings.wire_levels import read_sides
from interlock.market.recordings.wire_lines import ABSENT, Found, WireData, WireRaw
from interlock.units.time import NS_PER_MS

_SYMBOL = re.compile(r"[A-Z0-9_]{1,32}")
_MARKET_PRINTS = ("", "MARKET")


@dataclass(slots=True)
class Rows:
    """Messages of one kind and symbol: the number of the line each stands on, when it was heard, what it says."""

    numbers: list[int] = field(default_factory=list)
    heard_ns: list[int] = field(default_factory=list)
    data: list[WireData] = field(default_factory=list)

    def line(self) -> Int64:
        """The line numbers as a column."""
        return np.array(self.numbers, dtype=np.int64)

    def heard_at_ns(self) -> Int64:
        """The recorder's times as a column."""
        return np.array(self.heard_ns, dtype=np.int64)

    def venue_at_ns(self) -> Int64:
        """The venue's event times as a column; 0 where it gives none."""
        return np.array([data.venue_at_ms for data in self.data], dtype=np.int64) * NS_PER_MS


def is_symbol(text: str) -> bool:
    """Tell whether the text can be a venue's symbol."""
    return _SYMBOL.fullmatch(text) is not None


class _Judge:
    """Collects what is wrong with the rows of a group. The first problem of a row is the one that is told."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._problems: dict[int, Problem] = {}

    def amounts(self, name: str, raws: Sequence[Raw], zero_allowed: bool = False, sign_free: bool = False) -> Int64:
        """Return a column of amounts in units of 1e-8; what is no amount is noted."""
        values = joined_to_e8(b",".join(raws).translate(None, b'"'), len(raws))
        problems: dict[int, Problem] = {}
        if values is None:
            values, problems = items_to_e8([_unquoted(bytes(raw)) for raw in raws])
        self.note(name, problems)
        if not sign_free:
            self.note(name, {i: p for i, p in sign_problems(values, zero_allowed).items() if i not in problems})
        return values

    def ids(self, name: str, values: Sequence[int]) -> Int64:
        """Return a column of the venue's ids; a missing one is noted."""
        column = np.array(values, dtype=np.int64)
        if (column == ABSENT).any():
            self.note(name, {int(index): (UNREADABLE, "is missing") for index in np.flatnonzero(column == ABSENT)})
        return column

    def note(self, name: str, problems: dict[int, Problem]) -> None:
        """Remember problems by row, under the field's name."""
        for index, (kind, what) in problems.items():
            self._problems.setdefault(index, (kind, f"{name} {what}"))

    def kept(self, found: list[Found]) -> Int64 | None:
        """Return the rows without a problem, or None when that is all of them; the others become faults."""
        if not self._problems:
            return None
        numbers = self._rows.numbers
        found.extend((numbers[index], kind, what) for index, (kind, what) in self._problems.items())
        kept: Int64 = np.setdiff1d(np.arange(len(numbers)), np.array(list(self._problems)), assume_unique=True)
        return kept


def _unquoted(raw: bytes) -> bytes:
    return raw[1:-1] if len(raw) >= 2 and raw[:1] == b'"' == raw[-1:] else raw


def read_quotes(rows: Rows, found: list[Found]) -> Quotes:
    """Return the good bookTicker messages as columns."""
    judge = _Judge(rows)
    table = Quotes(
        line=rows.line(),
        heard_at_ns=rows.heard_at_ns(),
        venue_at_ns=rows.venue_at_ns(),
        update_id=judge.ids("update id", [data.final_id for data in rows.data]),
        bid_e8=judge.amounts("bid price", [data.bid for data in rows.data]),
        ask_e8=judge.amounts("ask price", [data.ask for data in rows.data]),
        bid_size_e8=judge.amounts("bid size", [data.bid_size for data in rows.data]),
        ask_size_e8=judge.amounts("ask size", [data.ask_size for data in rows.data]),
    )
    kept = judge.kept(found)
    return table if kept is None else take(Quotes, table, kept)


def read_trades(rows: Rows, found: list[Found]) -> Trades:
    """Return the good trade messages as columns. The buyer is the aggressor when he is not the maker."""
    judge = _Judge(rows)
    sides = [data.buyer_is_maker for data in rows.data]
    judge.note("side", {index: (UNREADABLE, "is missing") for index, side in enumerate(sides) if side is None})
    table = Trades(
        line=rows.line(),
        heard_at_ns=rows.heard_at_ns(),
        venue_at_ns=rows.venue_at_ns(),
        trade_id=judge.ids("trade id", [data.trade_id for data in rows.data]),
        price_e8=judge.amounts("price", [data.price for data in rows.data]),
        quantity_e8=judge.amounts("quantity", [data.quantity for data in rows.data]),
        buyer_is_aggressor=np.array([side is False for side in sides], dtype=np.bool_),
        is_market=np.array([data.print_type in _MARKET_PRINTS for data in rows.data], dtype=np.bool_),
    )
    kept = judge.kept(found)
    return table if kept is None else take(Trades, table, kept)


def read_marks(rows: Rows, found: list[Found]) -> Marks:
    """Return the good markPriceUpdate messages as columns. Funding may be negative."""
    judge = _Judge(rows)
    table = Marks(
        line=rows.line(),
        heard_at_ns=rows.heard_at_ns(),
        venue_at_ns=rows.venue_at_ns(),
        mark_e8=judge.amounts("mark price", [data.price for data in rows.data]),
        index_e8=judge.amounts("index price", [data.index for data in rows.data]),
        funding_e8=judge.amounts("funding rate", [data.funding for data in rows.data], sign_free=True),
    )
    kept = judge.kept(found)
    return table if kept is None else take(Marks, table, kept)


def read_depth(rows: Rows, found: list[Found]) -> Depth:
    """Return the good depthUpdate messages as columns."""
    judge = _Judge(rows)
    first_id = judge.ids("first id", [data.first_id for data in rows.data])
    final_id = judge.ids("final id", [data.final_id for data in rows.data])
    previous_id = np.array([data.previous_id for data in rows.data], dtype=np.int64)
    sides = [side for data in rows.data for side in (data.bid, data.ask)]
    return _depth(rows, judge, sides, rows.venue_at_ns(), (first_id, final_id, previous_id), found)


def read_snapshots(rows: Rows, raws: Sequence[WireRaw], found: list[Found]) -> Depth:
    """Return the good REST snapshots as columns; also says which lines hold neither a message nor a snapshot."""
    judge = _Judge(rows)
    last_id = judge.ids("neither a stream message nor a snapshot: lastUpdateId", [raw.snapshot_id for raw in raws])
    venue_at_ns = np.array([raw.venue_at_ms for raw in raws], dtype=np.int64) * NS_PER_MS
    sides = [side for raw in raws for side in (raw.bids, raw.asks)]
    return _depth(rows, judge, sides, venue_at_ns, (last_id, last_id, np.full_like(last_id, ABSENT)), found)


def _depth(
    rows: Rows,
    judge: _Judge,
    sides: Sequence[Raw],
    venue_at_ns: Int64,
    ids: tuple[Int64, Int64, Int64],
    found: list[Found],
) -> Depth:
    """Return the table of messages whose bids and asks alternate in `sides`; snapshots are those without data."""
    read = read_sides([bytes(side) for side in sides])
    judge.note("bid", {index // 2: problem for index, problem in read.problems.items() if index % 2 == 0})
    judge.note("ask", {index // 2: problem for index, problem in read.problems.items() if index % 2})
    ends = np.cumsum(read.counts)
    table = Depth(
        line=rows.line(),
        heard_at_ns=rows.heard_at_ns(),
        venue_at_ns=venue_at_ns,
        first_id=ids[0],
        final_id=ids[1],
        previous_id=ids[2],
        is_snapshot=np.full(len(rows.numbers), not rows.data, dtype=np.bool_),
        level_from=ends[0::2] - read.counts[0::2],
        bids_to=ends[0::2],
        asks_to=ends[1::2],
        level_price_e8=read.price_e8,
        level_size_e8=read.size_e8,
    )
    kept = judge.kept(found)
    return table if kept is None else take_depth(table, kept)
