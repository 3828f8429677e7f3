"""Quotes that the synced book denies, and no trade confirms.

Asked for every quote, so it begins with what is cheap. Where all trades around a block of quotes agree with all of it,
none is denied. Else each quote is held against the last trade before it, and only one that no fresh trade agrees with
against the book, which is built for this alone and as far as it was heard before that quote.
"""

import numpy as np
from numpy.typing import NDArray

from interlock.market.books import Book
from interlock.market.quality.level import FAR_PART
from interlock.market.quality.witnesses import PRICE_E8_MAX
from interlock.market.recordings.columns import Depth, Int64, Trades
from interlock.market.streams import Stream
from interlock.units.time import NS_PER_S

Mask = NDArray[np.bool_]
CONTRADICTED_PART = 100
"""A quote whose mid is more than one part in so many away from that of a synced book is at odds with it."""
# Depth heard longer ago says nothing: where it has stopped, the book is what is wrong.
_BOOK_FRESH_NS = 2 * NS_PER_S
_TRADE_FRESH_NS = 10 * NS_PER_S


class Contradictions:
    """Judges the quotes of one symbol by its book and trades, block after block. Levels are twice the price."""

    def __init__(self, symbol: str, trades: Stream[Trades], depth: Stream[Depth]) -> None:
        self._trades = trades
        self._depth = depth
        self._book = Book(symbol, depth)
        self._row = 0  # trades before it are too old for what comes

    def find(self, twice_mids: Int64, known_ns: Int64, is_good: Mask | None) -> tuple[Int64, Int64] | None:
        """Return the places of the quotes denied: those within a tenth of the book, and those further away; or None.

        `is_good` tells which rows are to be judged, None for all. Each is judged by what was heard before it.
        """
        if not self._depth.row_count:
            return None
        prices, heard_ns = self._sound_trades(known_ns.item(0), known_ns.item(-1))
        if len(prices) and _are_all_confirmed(twice_mids, known_ns, prices, heard_ns):
            return None
        judged = ~_are_confirmed(twice_mids, known_ns, prices, heard_ns)
        places = np.flatnonzero(judged if is_good is None else judged & is_good)
        if not len(places):
            return None
        books = self._books(known_ns[places])
        distances = np.abs(twice_mids[places] - books)
        is_denied = (books > 0) & (distances > books // CONTRADICTED_PART)
        is_far = distances > books // FAR_PART
        return places[is_denied & ~is_far], places[is_denied & is_far]

    def _sound_trades(self, first_ns: int, last_ns: int) -> tuple[Int64, Int64]:
        """Return (twice the price, when known) of the trades that can confirm a quote of the block, in order."""
        self._row = self._trades.rows_before(first_ns - _TRADE_FRESH_NS, self._row)
        prices, heard_ns = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        for segment, at, end in self._trades.pieces(self._row, self._trades.rows_before(last_ns, self._row)):
            trades, price, known = segment.table, segment.table.price_e8[at:end], segment.known_at_ns[at:end]
            is_sound = (price > 0) & (price <= PRICE_E8_MAX) & (trades.quantity_e8[at:end] > 0)
            is_sound &= trades.is_market[at:end]
            if not is_sound.all():
                price, known = price[is_sound], known[is_sound]
            prices.append(price * 2)
            heard_ns.append(known)
        return np.concatenate(prices), np.concatenate(heard_ns)

    def _books(self, known_ns: Int64) -> Int64:
        """Return for each time twice the mid of the book as heard before it, 0 where no fresh and sound one was."""
        books = np.zeros(len(known_ns), dtype=np.int64)
        row_ends = self._depth.rows_before_each(known_ns)
        starts = np.flatnonzero(np.diff(row_ends, prepend=-1)).tolist()
        for start, end in zip(starts, [*starts[1:], len(known_ns)], strict=True):
            row_end = int(row_ends[start])
            if not row_end or known_ns.item(start) - self._depth.known_at_ns(row_end - 1) >= _BOOK_FRESH_NS:
                continue
            self._book.feed(row_end)
            is_fresh = known_ns[start:end] - self._depth.known_at_ns(row_end - 1) < _BOOK_FRESH_NS
            books[start:end] = np.where(is_fresh, self._book.twice_mid_e8() or 0, 0)
        return books


def _are_all_confirmed(twice_mids: Int64, known_ns: Int64, prices: Int64, heard_ns: Int64) -> bool:
    """Tell whether every quote of a block agrees with every trade around it, and none lacks a fresh one before it."""
    low = min(int(twice_mids.min()), int(prices.min()))
    high = max(int(twice_mids.max()), int(prices.max()))
    if low <= 0 or high - low > low // CONTRADICTED_PART or heard_ns[0] >= known_ns[0]:
        return False
    gap_ns = max(int(np.diff(heard_ns).max(initial=0)), int(known_ns[-1] - heard_ns[-1]))
    return gap_ns < _TRADE_FRESH_NS


def _are_confirmed(twice_mids: Int64, known_ns: Int64, prices: Int64, heard_ns: Int64) -> Mask:
    """Tell for each quote whether the last trade before it is fresh and agrees."""
    if not len(prices):
        return np.zeros(len(known_ns), dtype=np.bool_)
    rows = heard_ns.searchsorted(known_ns) - 1
    price, is_fresh = prices[rows], known_ns - heard_ns[rows] < _TRADE_FRESH_NS
    agrees: Mask = np.abs(twice_mids - price) <= price // CONTRADICTED_PART
    return agrees & is_fresh & (rows >= 0)
