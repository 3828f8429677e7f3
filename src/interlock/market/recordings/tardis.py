"""Tardis CSV downloads (quotes and trades, plain or gzip) into recordings, one per symbol.

Columns are matched by the header, in any order. Times are microseconds. A row whose line has no end is never used,
whatever it seems to hold: a cut-off decimal is still a decimal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from interlock.market.recordings.amounts import Problem, items_to_e8, items_to_int64, sign_problems
from interlock.market.recordings.columns import Int64, Quotes, Source, Trades
from interlock.market.recordings.fault_tally import HALF_LINE, UNREADABLE, WRONG_COLUMNS, FaultTally, shown
from interlock.market.recordings.stored_text import StoredText
from interlock.market.recordings.tables import ParsedFile, TableChunks
from interlock.market.recordings.wire_tables import is_symbol
from interlock.units.time import NS_PER_US

FORMAT = "tardis-csv"
MARKETS = {b"binance-futures": "usdm", b"binance": "spot"}
_PLACE = (b"exchange", b"symbol", b"timestamp", b"local_timestamp")
QUOTE_COLUMNS = (*_PLACE, b"ask_amount", b"ask_price", b"bid_price", b"bid_amount")
TRADE_COLUMNS = (*_PLACE, b"id", b"side", b"price", b"amount")
_SIDES = (b"buy", b"sell")
_MICROSECOND_DIGITS_MAX = 16
_ID_DIGITS_MAX = 18

Columns = dict[bytes, list[bytes]]


@dataclass(frozen=True, slots=True)
class Header:
    """What the first line says: the names, and which table they make ("quotes", "trades", or "" for neither)."""

    names: tuple[bytes, ...]
    table: str


def header_of(line: bytes) -> Header:
    """Return what a first line names."""
    names = tuple(name.strip() for name in line.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n").split(b","))
    if set(names) >= set(QUOTE_COLUMNS):
        return Header(names, "quotes")
    return Header(names, "trades" if set(names) >= set(TRADE_COLUMNS) else "")


def exchange_of(header: Header, line: bytes) -> bytes:
    """Return the exchange that a data line names, b"" when it names none."""
    cells = line.rstrip(b"\r\n").split(b",")
    place = header.names.index(b"exchange")
    return cells[place] if place < len(cells) else b""


def read_tardis(path: Path) -> ParsedFile:
    """Return what a Tardis CSV holds. Never raises for the file's content; see `ParsedFile.faults`."""
    tally = FaultTally()
    text = StoredText(path, tally)
    reading = _Reading(text.name, tally)
    for first_line, block in text.blocks():
        reading.take_block(first_line, block)
    if text.tail and not text.is_cut:
        reading.take_tail(text.tail_line, text.tail)
    return reading.finish(text.digest)


class _Reading:
    """The state of reading one file."""

    def __init__(self, name: str, tally: FaultTally) -> None:
        self._name = name
        self._tally = tally
        self._header: Header | None = None
        self._exchange = b""
        self._chunks: dict[str, TableChunks] = {}

    def take_tail(self, number: int, tail: bytes) -> None:
        """An unended last line is not used; an unended header is judged as one."""
        if self._header is None:
            self._take_header(tail)
        if self._header is not None and self._header.table:
            self._tally.add(HALF_LINE, self._name, number, f"the last line has no end: {shown(tail)}")

    def take_block(self, first_line: int, block: bytes) -> None:
        """Turn a block of whole lines into chunks of columns, the first line of the file into the header."""
        lines = block.split(b"\n")[:-1]
        if self._header is None:
            self._take_header(lines.pop(0))
            first_line += 1
        header = self._header
        if header is None or not header.table:
            return
        numbers: list[int] = []
        rows: list[list[bytes]] = []
        found: dict[int, Problem] = {}
        for number, line in enumerate(lines, first_line):
            cells = line.removesuffix(b"\r").split(b",")
            if len(cells) == len(header.names):
                numbers.append(number)
                rows.append(cells)
            elif line.strip():
                what = f"has {len(cells)} values for {len(header.names)} columns: {shown(line)}"
                found[number] = (UNREADABLE, what)
        self._take_rows(header, numbers, rows, found)
        for number in sorted(found):
            kind, what = found[number]
            self._tally.add(kind, self._name, number, what)

    def _take_header(self, line: bytes) -> None:
        self._header = header_of(line)
        if not self._header.table:
            needed = TRADE_COLUMNS if b"trade" in self._name.lower().encode() else QUOTE_COLUMNS
            missing = b", ".join(name for name in needed if name not in self._header.names)
            what = f"columns {missing.decode()} are missing; found {shown(line)}"
            self._tally.add(WRONG_COLUMNS, self._name, 1, what)

    def _take_rows(
        self, header: Header, numbers: list[int], rows: list[list[bytes]], found: dict[int, Problem]
    ) -> None:
        if not rows:
            return
        exchange_place, symbol_place = header.names.index(b"exchange"), header.names.index(b"symbol")
        if not self._exchange:
            self._exchange = next((row[exchange_place] for row in rows if row[exchange_place] in MARKETS), b"")
        groups: dict[bytes, list[int]] = {}
        for index, row in enumerate(rows):
            if row[exchange_place] != self._exchange:
                found[numbers[index]] = (UNREADABLE, f"exchange is '{shown(row[exchange_place])}', not used here")
            else:
                groups.setdefault(row[symbol_place], []).append(index)
        for name, places in groups.items():
            symbol = name.decode("latin-1")
            if not is_symbol(symbol):
                found.update({numbers[place]: (UNREADABLE, f"symbol is '{shown(name)}'") for place in places})
                continue
            columns = dict(zip(header.names, map(list, zip(*(rows[at] for at in places), strict=True)), strict=False))
            chunks = self._chunks.setdefault(symbol, TableChunks())
            cells = _Cells([numbers[place] for place in places], columns, found)
            if header.table == "quotes":
                chunks.quotes.append(cells.quotes())
            else:
                chunks.trades.append(cells.trades())

    def finish(self, digest: str) -> ParsedFile:
        """Close the tables."""
        source = Source(self._name, digest, FORMAT, MARKETS.get(self._exchange, "usdm"))
        recordings = tuple(
            self._chunks[symbol].recording(source, symbol)
            for symbol in sorted(self._chunks)
            if self._chunks[symbol].has_rows()
        )
        return ParsedFile(digest, recordings, self._tally.counts, self._tally.samples, ())


class _Cells:
    """The cells of some rows of one symbol, turned into a table; rows with a problem are left out and told."""

    def __init__(self, numbers: Sequence[int], columns: Columns, found: dict[int, Problem]) -> None:
        self._numbers = numbers
        self._columns = columns
        self._found = found
        self._wrong = np.zeros(len(numbers), dtype=np.bool_)

    def quotes(self) -> Quotes:
        """Return the good rows as quotes; Tardis gives no update id."""
        line, heard_at_ns, venue_at_ns = self._places()
        bid, ask = self._amounts(b"bid_price"), self._amounts(b"ask_price")
        bid_size, ask_size = self._amounts(b"bid_amount"), self._amounts(b"ask_amount")
        kept = ~self._wrong
        return Quotes(
            line=line[kept],
            heard_at_ns=heard_at_ns[kept],
            venue_at_ns=venue_at_ns[kept],
            update_id=np.zeros(int(kept.sum()), dtype=np.int64),
            bid_e8=bid[kept],
            ask_e8=ask[kept],
            bid_size_e8=bid_size[kept],
            ask_size_e8=ask_size[kept],
        )

    def trades(self) -> Trades:
        """Return the good rows as trades; `side` is the aggressor's."""
        line, heard_at_ns, venue_at_ns = self._places()
        trade_id = self._whole(b"id", _ID_DIGITS_MAX)
        price, quantity = self._amounts(b"price"), self._amounts(b"amount")
        sides = self._columns[b"side"]
        self._note(
            b"side", {i: (UNREADABLE, f"is '{shown(side)}'") for i, side in enumerate(sides) if side not in _SIDES}
        )
        kept = ~self._wrong
        return Trades(
            line=line[kept],
            heard_at_ns=heard_at_ns[kept],
            venue_at_ns=venue_at_ns[kept],
            trade_id=trade_id[kept],
            price_e8=price[kept],
            quantity_e8=quantity[kept],
            buyer_is_aggressor=np.array([side == b"buy" for side in sides], dtype=np.bool_)[kept],
            is_market=np.ones(int(kept.sum()), dtype=np.bool_),
        )

    def _places(self) -> tuple[Int64, Int64, Int64]:
        heard_at_ns = self._whole(b"local_timestamp", _MICROSECOND_DIGITS_MAX) * NS_PER_US
        venue_at_ns = self._whole(b"timestamp", _MICROSECOND_DIGITS_MAX) * NS_PER_US
        zero = {int(index): (UNREADABLE, "is zero") for index in np.flatnonzero(heard_at_ns == 0)}
        self._note(b"local_timestamp", zero)
        return np.array(self._numbers, dtype=np.int64), heard_at_ns, venue_at_ns

    def _amounts(self, name: bytes) -> Int64:
        values, problems = items_to_e8(self._columns[name])
        self._note(name, problems)
        self._note(name, {i: problem for i, problem in sign_problems(values, False).items() if i not in problems})
        return values

    def _whole(self, name: bytes, digits_max: int) -> Int64:
        values, problems = items_to_int64(self._columns[name], digits_max)
        self._note(name, problems)
        return values

    def _note(self, name: bytes, problems: dict[int, Problem]) -> None:
        for index, (kind, what) in problems.items():
            self._wrong[index] = True
            self._found.setdefault(self._numbers[index], (kind, f"{name.decode()} {what}"))
