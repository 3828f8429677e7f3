"""The shape every recording takes once read: one table per kind of tick, one symbol per recording.

Prices and sizes are int64 in units of 1e-8 (`_e8`), which holds every venue string exactly. Times are UTC nanoseconds:
`heard_at_ns` is the recorder's clock at receipt, `venue_at_ns` the venue's event time (0 where the venue gives none).
`line` is the 1-based line of the source file, so that (digest, line) names the raw tick for ever.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Flags = NDArray[np.bool_]

E8 = 100_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read: base name, sha256 of its stored bytes, and the market its messages belong to."""

    name: str
    digest: str
    format: str  # "binance-wire", "tardis-csv", "simulated"
    market: str  # "usdm" or "spot"


@dataclass(frozen=True, slots=True)
class FeedFault:
    """One thing wrong with the input, by place. `line` is 0 when the fault is the file's as a whole."""

    kind: str
    file: str
    line: int
    detail: str


@dataclass(frozen=True, slots=True)
class Quotes:
    """Best bid and ask. `update_id` is the venue's, 0 where it gives none."""

    line: Int64
    heard_at_ns: Int64
    venue_at_ns: Int64
    update_id: Int64
    bid_e8: Int64
    ask_e8: Int64
    bid_size_e8: Int64
    ask_size_e8: Int64


@dataclass(frozen=True, slots=True)
class Trades:
    """Single trades. `is_market` is false for prints that are no trade between traders (insurance fund)."""

    line: Int64
    heard_at_ns: Int64
    venue_at_ns: Int64
    trade_id: Int64
    price_e8: Int64
    quantity_e8: Int64
    buyer_is_aggressor: Flags
    is_market: Flags


@dataclass(frozen=True, slots=True)
class Depth:
    """Book snapshots and diffs in arrival order.

    Row i owns the levels [level_from[i], bids_to[i]) as bids and [bids_to[i], asks_to[i]) as asks, in the arrays
    `level_price_e8` and `level_size_e8`; size 0 deletes a level. `first_id`, `final_id` are Binance's U and u
    (both lastUpdateId on a snapshot); `previous_id` is pu, -1 where the venue gives none (spot, snapshots).
    """

    line: Int64
    heard_at_ns: Int64
    venue_at_ns: Int64
    first_id: Int64
    final_id: Int64
    previous_id: Int64
    is_snapshot: Flags
    level_from: Int64
    bids_to: Int64
    asks_to: Int64
    level_price_e8: Int64
    level_size_e8: Int64


@dataclass(frozen=True, slots=True)
class Marks:
    """Mark price, index price and funding rate (USD-M futures)."""

    line: Int64
    heard_at_ns: Int64
    venue_at_ns: Int64
    mark_e8: Int64
    index_e8: Int64
    funding_e8: Int64


@dataclass(frozen=True, slots=True)
class Recording:
    """All ticks of one symbol in one source, in line order."""

    source: Source
    symbol: str
    quotes: Quotes
    trades: Trades
    depth: Depth
    marks: Marks


@dataclass(frozen=True, slots=True)
class RecordingSet:
    """What a feed directory (or a simulated feed) holds: for each symbol its recordings, in time order.

    `fault_counts` is exact by kind; `faults` keeps the first samples. `notes` are sentences for the user (cache
    rebuilt, file ignored). `ignored` names files that no reader claims.
    """

    recordings: dict[str, tuple[Recording, ...]]
    fault_counts: dict[str, int]
    faults: tuple[FeedFault, ...]
    notes: tuple[str, ...]
    ignored: tuple[str, ...]
