"""Binance wire recordings (JSON lines, plain or gzip) into recordings, one per symbol.

A line is `{"recv_ns": int, "raw": message}`; the message is a combined-stream message or a REST depth snapshot. A
snapshot names no symbol: it belongs to the only symbol of its file. Futures and spot are told apart by the shape of
the messages. A message with anything wrong in it is a fault and is dropped whole: a depth message with one bad level
leaves a gap, which the book sees, rather than a wrong book, which nobody would.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from interlock.market.recordings.columns import Depth, Source
from interlock.market.recordings.fault_tally import HALF_LINE, UNREADABLE, FaultTally, shown
from interlock.market.recordings.stored_text import StoredText
from interlock.market.recordings.tables import ParsedFile, TableChunks, take_depth
from interlock.market.recordings.wire_lines import ABSENT, Found, WireLine, WireRaw, decode_block, decode_line
from interlock.market.recordings.wire_tables import (
    Rows,
    is_symbol,
    read_depth,
    read_marks,
    read_quotes,
    read_snapshots,
    read_trades,
)

FORMAT = "binance-wire"
_KINDS_NAMED_MAX = 10


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the cycle collector: the parse makes hundreds of thousands of objects and no cycle."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def read_wire(path: Path) -> ParsedFile:
    """Return what a wire recording holds. Never raises for the file's content; see `ParsedFile.faults`."""
    tally = FaultTally()
    text = StoredText(path, tally)
    reading = _Reading(text.name, tally)
    with collector_paused():
        for first_line, block in text.blocks():
            found: list[Found] = []
            reading.take_lines(decode_block(first_line, block, found), found)
        if text.tail.strip():
            reading.take_tail(text)
        return reading.finish(text.digest)


class _Reading:
    """The state of reading one file."""

    def __init__(self, name: str, tally: FaultTally) -> None:
        self._name = name
        self._tally = tally
        self._chunks: dict[str, TableChunks] = {}
        self._snapshots: list[Depth] = []
        self._unused: dict[str, int] = {}
        self._futures_votes = 0
        self._spot_votes = 0

    def take_tail(self, text: StoredText) -> None:
        """Use the unended last line if it parses, since a JSON object shows its own end; else it is half a line."""
        found: list[Found] = []
        message = decode_line(text.tail_line, text.tail, found)
        if message is not None:
            self.take_lines(iter([(text.tail_line, message)]), [])
        elif not text.is_cut:
            self._tally.add(HALF_LINE, self._name, text.tail_line, f"the last line is cut off: {shown(text.tail)}")

    def take_lines(self, lines: Iterator[tuple[int, WireLine]], found: list[Found]) -> None:
        """Sort a block's messages by symbol and kind, and turn each group into a chunk of columns."""
        groups: dict[tuple[str, str], Rows] = {}
        snapshots: list[WireRaw] = []
        snapshot_rows = Rows()
        for number, line in lines:
            data = line.raw.data
            if data is None:
                snapshot_rows.numbers.append(number)
                snapshot_rows.heard_ns.append(line.heard_at_ns)
                snapshots.append(line.raw)
                continue
            key = (data.symbol, data.kind)
            if key not in groups:
                groups[key] = Rows()
            rows = groups[key]
            rows.numbers.append(number)
            rows.heard_ns.append(line.heard_at_ns)
            rows.data.append(data)
        if snapshots:
            self._snapshots.append(read_snapshots(snapshot_rows, snapshots, found))
        for (symbol, kind), rows in groups.items():
            self._take_group(symbol, kind, rows, found)
        for number, fault_kind, detail in sorted(found):
            self._tally.add(fault_kind, self._name, number, detail)

    def _take_group(self, symbol: str, kind: str, rows: Rows, found: list[Found]) -> None:
        reader = _READERS.get(kind)
        if reader is None:
            self._unused[kind] = self._unused.get(kind, 0) + len(rows.data)
        elif not is_symbol(symbol):
            what = f"symbol is '{shown(symbol)}'" if symbol else "symbol is missing"
            found.extend((number, UNREADABLE, what) for number in rows.numbers)
        else:
            reader(self, self._chunks.setdefault(symbol, TableChunks()), rows, found)

    def take_quotes(self, chunks: TableChunks, rows: Rows, found: list[Found]) -> None:
        """Read bookTicker messages; spot's carry no event name."""
        if rows.data[0].kind:
            self._futures_votes += len(rows.data)
        else:
            self._spot_votes += len(rows.data)
        chunks.quotes.append(read_quotes(rows, found))

    def take_trades(self, chunks: TableChunks, rows: Rows, found: list[Found]) -> None:
        """Read trade messages; only futures say what kind of print it is."""
        typed = sum(1 for data in rows.data if data.print_type)
        self._futures_votes += typed
        self._spot_votes += len(rows.data) - typed
        chunks.trades.append(read_trades(rows, found))

    def take_depth(self, chunks: TableChunks, rows: Rows, found: list[Found]) -> None:
        """Read depthUpdate messages; only futures say which update came before."""
        chained = sum(1 for data in rows.data if data.previous_id != ABSENT)
        self._futures_votes += chained
        self._spot_votes += len(rows.data) - chained
        chunks.depth.append(read_depth(rows, found))

    def take_marks(self, chunks: TableChunks, rows: Rows, found: list[Found]) -> None:
        """Read markPriceUpdate messages, which only futures have."""
        self._futures_votes += len(rows.data)
        chunks.marks.append(read_marks(rows, found))

    def finish(self, digest: str) -> ParsedFile:
        """Give the snapshots to their symbol and close the tables."""
        market = "usdm" if self._futures_votes > self._spot_votes else "spot"
        source = Source(self._name, digest, FORMAT, market)
        self._place_snapshots()
        if market == "usdm":
            self._drop_unchained()
        recordings = tuple(
            self._chunks[symbol].recording(source, symbol)
            for symbol in sorted(self._chunks)
            if self._chunks[symbol].has_rows()
        )
        return ParsedFile(digest, recordings, self._tally.counts, self._tally.samples, self._remarks())

    def _place_snapshots(self) -> None:
        if len(self._chunks) == 1:
            (chunks,) = self._chunks.values()
            chunks.depth.extend(self._snapshots)
            return
        what = f"a snapshot names no symbol, and the file has {len(self._chunks)}"
        for chunk in self._snapshots:
            for number in chunk.line.tolist():
                self._tally.add(UNREADABLE, self._name, number, what)

    def _drop_unchained(self) -> None:
        """A futures diff that does not say what it follows cannot be proven to follow: it is no tick."""
        for chunks in self._chunks.values():
            for index, chunk in enumerate(chunks.depth):
                wrong = ~chunk.is_snapshot & (chunk.previous_id == ABSENT)
                for number in chunk.line[wrong].tolist():
                    self._tally.add(UNREADABLE, self._name, number, "a futures depth message lacks 'pu'")
                if wrong.any():
                    chunks.depth[index] = take_depth(chunk, ~wrong)

    def _remarks(self) -> tuple[str, ...]:
        if not self._unused:
            return ()
        kinds = ", ".join(shown(kind) for kind in sorted(self._unused)[:_KINDS_NAMED_MAX])
        return (f"{sum(self._unused.values())} messages of kinds that are not used were passed over ({kinds})",)


_READERS: dict[str, Callable[[_Reading, TableChunks, Rows, list[Found]], None]] = {
    "": _Reading.take_quotes,
    "bookTicker": _Reading.take_quotes,
    "trade": _Reading.take_trades,
    "depthUpdate": _Reading.take_depth,
    "markPriceUpdate": _Reading.take_marks,
}
