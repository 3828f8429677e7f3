"""What else was heard of a symbol while ticks of one kind claim that its price has leapt.

Each witness looks only at what was heard before the tick that asks, and takes nothing from the judgement of that kind
of tick; so two kinds can vouch for each other without going round in a circle. It is asked in the order of time.
"""

import numpy as np

from interlock.market.books import Book
from interlock.market.quality.level import Level
from interlock.market.recordings.columns import Depth, Quotes, Trades
from interlock.market.streams import Segment, Stream

# Above this the sum of two prices might not fit; no price is that high.
PRICE_E8_MAX = 4_000_000_000 * 100_000_000


class _BookWitness:
    """A book of its own, built only once somebody asks: judging runs ahead of what is known to a run."""

    def __init__(self, symbol: str, depth: Stream[Depth]) -> None:
        self._depth = depth
        self._book = Book(symbol, depth)

    def prices(self, at_ns: int) -> list[int]:
        """Return twice the mid of the synced book as it was heard before a time; nothing when there is none."""
        self._book.feed(self._depth.rows_before(at_ns, self._book.fed))
        twice_mid = self._book.twice_mid_e8()
        return [] if twice_mid is None else [twice_mid]


class WitnessOfQuotes:
    """Trades and the book, asked when quotes leap. Where either was ever heard, one of them has to agree."""

    def __init__(self, symbol: str, trades: Stream[Trades], depth: Stream[Depth]) -> None:
        self._trades = trades
        self._depth = depth
        self._book = _BookWitness(symbol, depth)
        self._since = (-1, -1)
        self._row = 0
        self._trail = Level(None)

    def prices(self, good_e8: int, good_ns: int, at_ns: int) -> list[int]:
        """Return the last good trade since the last good quote, and the book's mid."""
        if self._since != (good_e8, good_ns):
            self._since, self._row = (good_e8, good_ns), self._trades.rows_before(good_ns, 0)
            self._trail = Level(None)
            self._trail.last = good_e8
        # Trades that walk there in steps from the last good quote are good, or many that stand there for long.
        row_end = self._trades.rows_before(at_ns, self._row)
        for segment, at, end in self._trades.pieces(self._row, row_end):
            self._follow(segment, at, end)
        self._row = row_end
        return [self._trail.last, *self._book.prices(at_ns)]

    def can_speak(self, good_ns: int, at_ns: int) -> bool:
        """Tell whether a trade or depth was ever heard."""
        return any(_was_heard(stream, 0, at_ns) for stream in (self._trades, self._depth))

    def _follow(self, segment: Segment[Trades], at: int, end: int) -> None:
        trades, known = segment.table, segment.known_at_ns[at:end]
        price = trades.price_e8[at:end]
        is_sound = (price > 0) & (price <= PRICE_E8_MAX) & (trades.quantity_e8[at:end] > 0)
        is_sound &= trades.is_market[at:end] & (trades.heard_at_ns[at:end] == known)
        rows = np.flatnonzero(is_sound)
        self._trail.judge(price[rows] * 2, None, known[rows], rows)


class WitnessOfTrades:
    """Quotes and the book, asked when trades leap. Where both are silent since, there is nobody to ask."""

    def __init__(self, symbol: str, quotes: Stream[Quotes], depth: Stream[Depth]) -> None:
        self._quotes = quotes
        self._depth = depth
        self._book = _BookWitness(symbol, depth)
        self._row = 0

    def prices(self, good_e8: int, good_ns: int, at_ns: int) -> list[int]:
        """Return the mid of the last quote, where it is sound by itself and newer than the last good trade; the book's.

        Such a quote may be far from the last good one: where quotes and trades leap together, one must go first.
        """
        said = self._book.prices(at_ns)
        self._row = self._quotes.rows_before(at_ns, self._row)
        if not self._row:
            return said
        segment, at = self._quotes.at(self._row - 1)
        bid, ask = int(segment.table.bid_e8[at]), int(segment.table.ask_e8[at])
        is_new = int(segment.table.heard_at_ns[at]) == int(segment.known_at_ns[at]) >= good_ns
        return [*said, bid + ask] if is_new and 0 < bid < ask <= PRICE_E8_MAX else said

    def can_speak(self, good_ns: int, at_ns: int) -> bool:
        """Tell whether a quote or depth was heard since the last good trade."""
        return any(_was_heard(stream, good_ns, at_ns) for stream in (self._quotes, self._depth))


def _was_heard(stream: Stream[Quotes] | Stream[Trades] | Stream[Depth], from_ns: int, until_ns: int) -> bool:
    return stream.rows_before(from_ns, 0) < stream.rows_before(until_ns, 0)
