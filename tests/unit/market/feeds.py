"""Small feeds built by hand: rows in plain numbers, columns out. Prices and sizes in whole units, times in ms."""

from collections.abc import Sequence

import numpy as np

from interlock.market.recordings.columns import E8, Depth, Int64, Marks, Quotes, Recording, RecordingSet, Source, Trades
from interlock.market.recordings.tables import join, join_depth
from interlock.units.time import NS_PER_MS

START_MS = 1_700_000_000_000
START_NS = START_MS * NS_PER_MS
USDM = Source("hand.jsonl", "d" * 64, "binance-wire", "usdm")
SPOT = Source("hand-spot.jsonl", "e" * 64, "binance-wire", "spot")

Level = tuple[float, float]


def ints(values: Sequence[int]) -> Int64:
    return np.array(values, dtype=np.int64)


def e8(values: Sequence[float]) -> Int64:
    return ints([round(value * E8) for value in values])


def moments(offsets_ms: Sequence[float | None]) -> Int64:
    """Return times in ns; None stands for no time."""
    return ints([0 if each is None else START_NS + round(each * NS_PER_MS) for each in offsets_ms])


def quotes(
    rows: Sequence[tuple[float, float, float]],
    venue_ms: Sequence[float | None] | None = None,
    update_ids: Sequence[int] | None = None,
    lines: Sequence[int] | None = None,
    sizes: Sequence[float] | None = None,
) -> Quotes:
    """Return quotes from (heard ms, bid, ask). Without ids they count up from 1; without venue times there are none."""
    count = len(rows)
    return Quotes(
        line=ints(lines or range(1, count + 1)),
        heard_at_ns=moments([row[0] for row in rows]),
        venue_at_ns=moments(venue_ms or [None] * count),
        update_id=ints(range(1, count + 1) if update_ids is None else update_ids),
        bid_e8=e8([row[1] for row in rows]),
        ask_e8=e8([row[2] for row in rows]),
        bid_size_e8=e8(sizes or [1.0] * count),
        ask_size_e8=e8([2.0] * count),
    )


def trades(
    rows: Sequence[tuple[float, float]],
    venue_ms: Sequence[float | None] | None = None,
    trade_ids: Sequence[int] | None = None,
    lines: Sequence[int] | None = None,
    is_market: Sequence[bool] | None = None,
    are_bought: bool = True,
) -> Trades:
    """Return trades of one unit each from (heard ms, price). `are_bought` says that buyers were the aggressors."""
    count = len(rows)
    return Trades(
        line=ints(lines or range(1, count + 1)),
        heard_at_ns=moments([row[0] for row in rows]),
        venue_at_ns=moments(venue_ms or [None] * count),
        trade_id=ints(range(1, count + 1) if trade_ids is None else trade_ids),
        price_e8=e8([row[1] for row in rows]),
        quantity_e8=e8([1.0] * count),
        buyer_is_aggressor=np.array([are_bought] * count, dtype=np.bool_),
        is_market=np.array(is_market or [True] * count, dtype=np.bool_),
    )


def diff(
    heard_ms: float,
    ids: tuple[int, int, int],
    bids: Sequence[Level] = (),
    asks: Sequence[Level] = (),
    is_snapshot: bool = False,
    line: int = 0,
) -> Depth:
    """Return one depth row. `ids` are U, u and pu."""
    levels = [*bids, *asks]
    return Depth(
        line=ints([line or round(heard_ms) + 1]),
        heard_at_ns=moments([heard_ms]),
        venue_at_ns=moments([None if is_snapshot else heard_ms]),
        first_id=ints([ids[0]]),
        final_id=ints([ids[1]]),
        previous_id=ints([ids[2]]),
        is_snapshot=np.array([is_snapshot], dtype=np.bool_),
        level_from=ints([0]),
        bids_to=ints([len(bids)]),
        asks_to=ints([len(levels)]),
        level_price_e8=e8([price for price, _ in levels]),
        level_size_e8=e8([size for _, size in levels]),
    )


def snapshot(heard_ms: float, last_id: int, bids: Sequence[Level], asks: Sequence[Level]) -> Depth:
    return diff(heard_ms, (last_id, last_id, -1), bids, asks, is_snapshot=True)


def recording(
    symbol: str = "BTCUSDT",
    quotes: Quotes | None = None,
    trades: Trades | None = None,
    depth: Sequence[Depth] = (),
    source: Source = USDM,
) -> Recording:
    return Recording(
        source=source,
        symbol=symbol,
        quotes=quotes or join(Quotes, []),
        trades=trades or join(Trades, []),
        depth=join_depth(depth),
        marks=join(Marks, []),
    )


def recording_set(*recordings: Recording, fault_counts: dict[str, int] | None = None) -> RecordingSet:
    by_symbol: dict[str, tuple[Recording, ...]] = {}
    for each in recordings:
        by_symbol[each.symbol] = (*by_symbol.get(each.symbol, ()), each)
    return RecordingSet(by_symbol, fault_counts or {}, (), (), ())
