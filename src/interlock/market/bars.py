"""Bars of mid prices from the good quotes of one symbol."""

from decimal import Decimal

from interlock.market.indicators import AverageTrueRange, quantised
from interlock.market.quality.bad_ticks import JudgedStream
from interlock.market.recordings.columns import Quotes
from interlock.messages import policy
from interlock.strategies.interface import Bar

# Twice a mid price in units of 1e-8, to quote units.
_TWICE_E8 = 2e8


class Bars:
    """Closes one bar a period. Quotes heard in [start, end) of a period are its quotes.

    The period of the first good quote is partial and is no bar. A period without quotes repeats the last close.
    """

    def __init__(self, symbol: str, quotes: JudgedStream[Quotes], terms: policy.Bars) -> None:
        self._symbol = symbol
        self._quotes = quotes
        self._row = 0
        self._close: float | None = None
        self._range = AverageTrueRange(terms.atr_periods, terms.atr_baseline_periods)
        self._quantised: tuple[Decimal | None, Decimal | None] | None = None

    def statistics(self) -> tuple[Decimal | None, Decimal | None]:
        """Return the ATR and its baseline after the last bar, each None while there are too few bars."""
        if self._quantised is None:
            self._quantised = quantised(self._range.value), quantised(self._range.baseline)
        return self._quantised

    def close(self, row_end: int, end_ns: int) -> Bar | None:
        """Close the period whose quotes end before `row_end`; None for one that is no bar."""
        count, first, last, low, high = 0, 0, 0, 0, 0
        for segment, rows in self._quotes.good(self._row, row_end):
            twice_mids = segment.table.bid_e8[rows] + segment.table.ask_e8[rows]
            piece_low, piece_high = int(twice_mids.min()), int(twice_mids.max())
            first = first if count else int(twice_mids[0])
            low, high = (min(low, piece_low), max(high, piece_high)) if count else (piece_low, piece_high)
            last = int(twice_mids[-1])
            count += len(twice_mids)
        self._row = row_end
        before = self._close
        if count:
            self._close = last / _TWICE_E8
        if self._close is None:
            return None
        if before is None:
            self._range.see_close(self._close)
            return None
        if count:
            bar_open, bar_high, bar_low = first / _TWICE_E8, high / _TWICE_E8, low / _TWICE_E8
        else:
            bar_open = bar_high = bar_low = before
        self._range.add(bar_high, bar_low, self._close)
        self._quantised = None
        return Bar(self._symbol, end_ns, bar_open, bar_high, bar_low, self._close, count, self._range.value)
