"""Putting tables together: chunks in line order become the one table of a recording; empty tables; row selection."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from interlock.market.recordings.columns import (
    Depth,
    FeedFault,
    Flags,
    Int64,
    Marks,
    Quotes,
    Recording,
    Source,
    Trades,
)

Table = TypeVar("Table", Quotes, Trades, Marks, Depth)

LEVEL_COLUMNS = ("level_price_e8", "level_size_e8")
_OFFSET_COLUMNS = ("level_from", "bids_to", "asks_to")


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """What one file holds: its recordings by symbol in name order, its faults, and remarks without the file's name."""

    digest: str
    recordings: tuple[Recording, ...]
    fault_counts: dict[str, int]
    faults: tuple[FeedFault, ...]
    remarks: tuple[str, ...]


@dataclass(slots=True)
class TableChunks:
    """The tables of one symbol while its file is read, a chunk per block of text."""

    quotes: list[Quotes] = field(default_factory=list)
    trades: list[Trades] = field(default_factory=list)
    depth: list[Depth] = field(default_factory=list)
    marks: list[Marks] = field(default_factory=list)

    def has_rows(self) -> bool:
        """Tell whether any tick was kept."""
        lines = [chunk.line for chunks in (self.quotes, self.trades, self.depth, self.marks) for chunk in chunks]
        return any(len(line) for line in lines)

    def recording(self, source: Source, symbol: str) -> Recording:
        """Return the chunks as one recording, its rows in line order and its arrays read-only."""
        return Recording(
            source=source,
            symbol=symbol,
            quotes=join(Quotes, self.quotes),
            trades=join(Trades, self.trades),
            depth=join_depth(self.depth),
            marks=join(Marks, self.marks),
        )


def column_names(kind: type[Table]) -> tuple[str, ...]:
    """Return a table's columns in their declared order."""
    return tuple(column.name for column in fields(kind))


def column_types(kind: type[Table]) -> dict[str, type[np.generic]]:
    """Return the element type that each column of a table must have."""
    return {column.name: np.bool_ if column.type == Flags else np.int64 for column in fields(kind)}


def _sealed(kind: type[Table], columns: dict[str, Any]) -> Table:
    """Build the table with its arrays read-only, as those from the cache are."""
    for array in columns.values():
        array.flags.writeable = False
    return kind(**columns)


def join(kind: type[Table], chunks: Sequence[Table]) -> Table:
    """Return the chunks as one table. Not for depth, whose rows point into its levels."""
    return _sealed(kind, {name: _stacked(name, of, chunks) for name, of in column_types(kind).items()})


def _stacked(name: str, of: type[np.generic], chunks: Sequence[object]) -> NDArray[np.generic]:
    """Return one column of all chunks; with no chunk, an empty one of the right type."""
    return np.concatenate([np.empty(0, dtype=of), *(getattr(chunk, name) for chunk in chunks)])


def join_depth(chunks: Sequence[Depth]) -> Depth:
    """Return the chunks as one table in line order, with the levels of the rows one after another."""
    columns: dict[str, Any] = {}
    for name, of in column_types(Depth).items():
        parts = [getattr(chunk, name) for chunk in chunks]
        if name in _OFFSET_COLUMNS:
            shifts = np.cumsum([0, *(len(chunk.level_price_e8) for chunk in chunks)])
            parts = [part + shift for part, shift in zip(parts, shifts, strict=False)]
        columns[name] = np.concatenate([np.empty(0, dtype=of), *parts])
    table = Depth(**columns)
    if len(table.line) > 1 and bool((np.diff(table.line) < 0).any()):
        table = take_depth(table, np.argsort(table.line, kind="stable"))
    return _sealed(Depth, {name: getattr(table, name) for name in columns})


def take(kind: type[Table], table: Table, rows: Flags | Int64) -> Table:
    """Return the rows that a mask or an index list names. Not for depth."""
    return kind(**{name: getattr(table, name)[rows] for name in column_names(kind)})


def take_depth(table: Depth, rows: Flags | Int64) -> Depth:
    """Return the named rows of a depth table with their levels, and no others, packed in the new order."""
    columns: dict[str, Any] = {
        name: getattr(table, name)[rows] for name in column_names(Depth) if name not in LEVEL_COLUMNS
    }
    sizes = columns["asks_to"] - columns["level_from"]
    ends = np.cumsum(sizes)
    starts = ends - sizes
    levels = np.arange(int(sizes.sum())) + np.repeat(columns["level_from"] - starts, sizes)
    columns["bids_to"] = columns["bids_to"] - columns["level_from"] + starts
    columns["level_from"], columns["asks_to"] = starts, ends
    for name in LEVEL_COLUMNS:
        columns[name] = getattr(table, name)[levels]
    return Depth(**columns)
