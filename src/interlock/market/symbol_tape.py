"""All that is known of one symbol: its streams of ticks, and what is made of them."""

from decimal import Decimal
from functools import lru_cache

import numpy as np

from interlock.market.bars import Bars
from interlock.market.books import Book, FeedFact
from interlock.market.quality.bad_ticks import JudgedStream
from interlock.market.quality.judges import QuoteJudge, TradeJudge
from interlock.market.quality.places import Place, place_of
from interlock.market.quality.witnesses import WitnessOfQuotes, WitnessOfTrades
from interlock.market.recordings.columns import E8, Depth, Int64, Marks, Quotes, Recording, Trades
from interlock.market.streams import Stream
from interlock.market.time_normaliser import TimeNormaliser
from interlock.messages import policy
from interlock.messages.market import MarketView
from interlock.messages.words import BookState, Regime
from interlock.units.money import ZERO, bps_of, divide, from_e8
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS

_TWO = Decimal(2)
CONTRADICTED_PART = 100
"""A quote more than one part in so many away from the mid of a synced book is at odds with it."""


class SymbolTape:
    """One symbol's tape. `until_ns` bounds what is known: ticks heard before it. It never falls."""

    def __init__(self, symbol: str, recordings: tuple[tuple[Recording, int], ...], bars: policy.Bars) -> None:
        self.symbol = symbol
        quotes = Stream[Quotes]((each.quotes, each.source, n) for each, n in recordings)
        trades = Stream[Trades]((each.trades, each.source, n) for each, n in recordings)
        self.depth = Stream[Depth]((each.depth, each.source, n) for each, n in recordings)
        self.quotes = JudgedStream[Quotes](quotes, QuoteJudge(WitnessOfQuotes(symbol, trades, self.depth)))
        self.trades = JudgedStream[Trades](
            trades, TradeJudge(self._twice_mids_before, WitnessOfTrades(symbol, quotes, self.depth))
        )
        self.marks = Stream[Marks]((each.marks, each.source, n) for each, n in recordings)
        self.book = Book(symbol, self.depth)
        self.bars = Bars(symbol, self.quotes, bars)
        self.clock = TimeNormaliser((quotes, trades, self.depth))
        self.until_ns = 0
        self._facts: list[tuple[int, int, int, FeedFact]] = []
        self._looks: dict[tuple[Side, int], list[tuple[int, int]]] = {}
        self._looked_ns = -1

    def bounds_ns(self) -> list[int]:
        """Return the first and last heard time of each kind of tick that there is."""
        streams = (self.quotes.stream, self.trades.stream, self.depth, self.marks)
        return [at_ns for stream in streams if stream.bounds_ns for at_ns in stream.bounds_ns]

    def feed_book(self) -> None:
        """Let the book take the depth that is known."""
        known = self.depth.known(self.until_ns)
        if known > self.book.fed:
            self._facts += self.book.feed(known)

    def take_facts(self) -> list[tuple[int, int, int, FeedFact]]:
        """Return what the book found and nobody has taken yet, as (known_at_ns, file order, line, fact)."""
        facts, self._facts = self._facts, []
        return facts

    def bad_places(self) -> list[Place]:
        """Return where the first bad ticks stand that are known, by kind."""
        places = self.quotes.places(self.quotes.stream.known(self.until_ns))
        places += self.trades.places(self.trades.stream.known(self.until_ns))
        return places + [place_of(self.depth, row, "stale_diff") for row in self.book.stale_rows]

    def levels_accepted(self) -> list[Place]:
        """Return where the price levels begin that are known and had to be believed."""
        places = self.quotes.levels_accepted(self.quotes.stream.known(self.until_ns))
        return places + self.trades.levels_accepted(self.trades.stream.known(self.until_ns))

    def quote_row(self) -> int:
        """Return the row of the last good quote known, -1 if there is none."""
        return self.quotes.last_good(self.quotes.stream.known(self.until_ns))

    def mark_e8(self) -> int | None:
        """Return the mid price, rounded down to 1e-8; None before the first good quote."""
        row = self.quote_row()
        if row < 0:
            return None
        segment, at = self.quotes.stream.at(row)
        return int(segment.table.bid_e8[at] + segment.table.ask_e8[at]) // 2

    def view(self, at_ns: int, book: BookState) -> MarketView | None:
        """Return the market as known, None before the first good quote. `book` is the state of its depth."""
        known = self.quotes.stream.known(self.until_ns)
        row = self.quotes.last_good(known)
        if row < 0:
            return None
        segment, at = self.quotes.stream.at(row)
        quotes = segment.table
        bid, ask = _plain(quotes.bid_e8.item(at)), _plain(quotes.ask_e8.item(at))
        heard_at_ns = quotes.heard_at_ns.item(at)
        atr, atr_baseline = self.bars.statistics()
        return MarketView(
            symbol=self.symbol,
            bid=bid,
            ask=ask,
            bid_size=_plain(quotes.bid_size_e8.item(at)),
            ask_size=_plain(quotes.ask_size_e8.item(at)),
            spread_bps=bps_of(ask - bid, divide(bid + ask, _TWO)),
            atr=atr,
            atr_baseline=atr_baseline,
            regime=Regime.UNKNOWN,
            quote_heard_at_ns=heard_at_ns,
            age_ms=(at_ns - heard_at_ns) // NS_PER_MS,
            latency_ms=self._latency_ms(heard_at_ns, quotes.venue_at_ns.item(at)),
            is_quote_sane=self.quotes.is_sane(known) and not self._is_contradicted(),
            book=book,
            l2=None,
            source=segment.source.digest,
            line=quotes.line.item(at),
        )

    def levels(self, side: Side, count: int) -> list[tuple[int, int]]:
        """Return up to `count` (price_e8, size_e8), best first; what was looked up at one moment is kept for it."""
        if self._looked_ns != self.until_ns:
            self._looked_ns = self.until_ns
            self._looks.clear()
        look = self._looks.get((side, count))
        if look is None:
            look = self._looks[side, count] = self._look(side, count)
        return look

    def _look(self, side: Side, count: int) -> list[tuple[int, int]]:
        """Return the levels of a side; with quotes only, the displayed best.

        What the market has left is not to be had any more: depth comes in steps, so a newer quote overrules the top of
        the book, and a trade newer than the quote tells that nothing better than its price is left to hit. Where quote
        and book tell of different markets, nothing is shown.
        """
        best = self._best(side)
        if best is None or count < 1 or self._is_contradicted():
            return []
        left_e8 = self._left_behind_e8(side)
        if not self.depth.row_count:
            return [best] if left_e8 is None or not self._is_better(side, best[0], left_e8) else []
        is_newer = self._is_quote_newer()
        wanted = count
        while True:
            book = self.book.levels(side, wanted)
            levels = book
            if book and is_newer:
                levels = [best, *(level for level in book if self._is_better(side, best[0], level[0]))]
            if left_e8 is not None:
                levels = [level for level in levels if not self._is_better(side, level[0], left_e8)]
            if len(levels) >= count or len(book) < wanted:
                return levels[:count]
            wanted *= 2

    def _left_behind_e8(self, side: Side) -> int | None:
        """Return the price of the last trade that hit this side since the last quote; None when there is none."""
        row = self.trades.last_good(self.trades.stream.known(self.until_ns))
        if row < 0:
            return None
        trades, at = self.trades.stream.at(row)
        if bool(trades.table.buyer_is_aggressor[at]) is (side is Side.BUY):
            return None
        quotes, quote = self.quotes.stream.at(self.quote_row())
        traded = (trades.table.heard_at_ns.item(at), trades.order, trades.table.line.item(at))
        quoted = (quotes.table.heard_at_ns.item(quote), quotes.order, quotes.table.line.item(quote))
        return trades.table.price_e8.item(at) if traded > quoted else None

    def size_at(self, side: Side, price_e8: int) -> int | None:
        """Return the size displayed at a price, 0 when none is; None when that depth cannot be seen."""
        best = self._best(side)
        has_depth = self.depth.row_count > 0
        if self._is_contradicted():
            return None
        if best is None or (has_depth and not (self.book.is_synced and self._is_quote_newer())):
            return self.book.size_at(side, price_e8) if has_depth else None
        if price_e8 == best[0]:
            return best[1]
        if self._is_better(side, price_e8, best[0]):
            return 0
        return self.book.size_at(side, price_e8) if has_depth else None

    @staticmethod
    def _is_better(side: Side, price_e8: int, than_e8: int) -> bool:
        """Tell whether a resting price lies nearer to the other side than another."""
        return price_e8 > than_e8 if side is Side.BUY else price_e8 < than_e8

    def _is_contradicted(self) -> bool:
        """Tell whether the last good quote and the synced book are further apart than steps of the depth feed explain.

        Then one of them is wrong, and it cannot be known which.
        """
        mid_e8, row = self.book.twice_mid_e8(), self.quote_row()
        if mid_e8 is None or row < 0:
            return False
        segment, at = self.quotes.stream.at(row)
        quoted_e8 = segment.table.bid_e8.item(at) + segment.table.ask_e8.item(at)
        return bool(abs(quoted_e8 - mid_e8) > mid_e8 // CONTRADICTED_PART)

    def _is_quote_newer(self) -> bool:
        """Tell whether the last good quote tells of a later moment than the book, by the venue's update ids.

        Where quotes have none, what was heard later is newer.
        """
        segment, at = self.quotes.stream.at(self.quote_row())
        update_id = segment.table.update_id.item(at)
        if update_id:
            return bool(update_id > self.book.final_id)
        diff = self.depth.known(self.until_ns) - 1
        return diff < 0 or bool(segment.table.heard_at_ns.item(at) > self.depth.known_at_ns(diff))

    def _best(self, side: Side) -> tuple[int, int] | None:
        row = self.quote_row()
        if row < 0:
            return None
        segment, at = self.quotes.stream.at(row)
        quotes = segment.table
        if side is Side.BUY:
            return quotes.bid_e8.item(at), quotes.bid_size_e8.item(at)
        return quotes.ask_e8.item(at), quotes.ask_size_e8.item(at)

    def _latency_ms(self, heard_at_ns: int, venue_at_ns: int) -> int | None:
        """Return the latency of the quote, or of the last stamped tick where quotes have no venue time."""
        self.clock.catch_up(self.until_ns)
        if not venue_at_ns:
            heard_at_ns, venue_at_ns = self._last_stamp()
        latency_ns = self.clock.latency_ns(heard_at_ns, venue_at_ns)
        return None if latency_ns is None else latency_ns // NS_PER_MS

    def _last_stamp(self) -> tuple[int, int]:
        """Return (heard, venue) time of the last trade or diff known that has both; venue time 0 if there is none."""
        stamps = [(0, 0)]
        trade = self.trades.last_good(self.trades.stream.known(self.until_ns))
        if trade >= 0:
            trades, at = self.trades.stream.at(trade)
            stamps.append((trades.table.heard_at_ns.item(at), trades.table.venue_at_ns.item(at)))
        diff = self.depth.known(self.until_ns) - 1
        if diff >= 0:
            depth, at = self.depth.at(diff)
            stamps.append((depth.known_at_ns.item(at), depth.table.venue_at_ns.item(at)))
        return max(stamp for stamp in stamps if stamp[1] or not stamp[0])

    def _twice_mids_before(self, times_ns: Int64) -> Int64:
        """Return twice the last good mid heard before each time, 0 for none. The times must not fall."""
        stream = self.quotes.stream
        rows = self.quotes.last_good_each(stream.rows_before_each(times_ns))
        twice_mids = np.zeros(len(rows), dtype=np.int64)
        for segment in stream.segments:
            low, high = rows.searchsorted((segment.row_first, segment.row_end)).tolist()
            chosen = rows[low:high] - segment.row_first
            twice_mids[low:high] = segment.table.bid_e8[chosen] + segment.table.ask_e8[chosen]
        return twice_mids


@lru_cache(maxsize=8_192)  # sizes and prices recur, and a view is made for every signal
def _plain(value_e8: int) -> Decimal:
    """Return the Decimal with as many digits as it needs and no exponent."""
    whole, rest = divmod(value_e8, E8)
    return from_e8(value_e8).normalize() if rest else Decimal(whole) if whole else ZERO
