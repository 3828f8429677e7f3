"""All that is known of one symbol: its streams of ticks, and what is made of them."""

from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from interlock.market.bars import Bars
from interlock.market.books import Book, FeedFact
from interlock.market.quality.bad_ticks import JudgedStream
from interlock.market.quality.contradictions import CONTRADICTED_PART, Contradictions
from interlock.market.quality.judges import QuoteJudge, TradeJudge
from interlock.market.quality.places import Place, place_of
from interlock.market.quality.witnesses import WitnessOfQuotes, WitnessOfTrades
from interlock.market.recordings.columns import E8, Depth, Int64, Marks, Quotes, Recording, Trades
from interlock.market.streams import Stream
from interlock.market.time_normaliser import TimeNormaliser
from interlock.messages import policy
from interlock.messages.market import MarketView
from interlock.messages.words import Regime
from interlock.units.money import ZERO, bps_of, divide, from_e8
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS, NS_PER_S

_TWO = Decimal(2)
# Looked up once: a member through its class costs as much as a call.
_BUY, _UNKNOWN = Side.BUY, Regime.UNKNOWN
Levels = list[tuple[int, int]]


class _LastQuote(NamedTuple):
    """A quote in plain integers, read once and looked at many times."""

    heard_at_ns: int
    order: int
    line: int
    venue_at_ns: int
    update_id: int
    bid_e8: int
    bid_size_e8: int
    ask_e8: int
    ask_size_e8: int
    source: str


class SymbolTape:
    """One symbol's tape. `until_ns` bounds what is known: ticks heard before it. It never falls.

    What is displayed changes with ticks only, not with time, so what was worked out is kept until the next tick.
    """

    def __init__(self, symbol: str, recordings: tuple[tuple[Recording, int], ...], bars: policy.Bars) -> None:
        self.symbol = symbol
        quotes = Stream[Quotes]((each.quotes, each.source, n) for each, n in recordings)
        trades = Stream[Trades]((each.trades, each.source, n) for each, n in recordings)
        self.depth = Stream[Depth]((each.depth, each.source, n) for each, n in recordings)
        judge = QuoteJudge(WitnessOfQuotes(symbol, trades, self.depth), Contradictions(symbol, trades, self.depth))
        self.quotes = JudgedStream[Quotes](quotes, judge)
        self.trades = JudgedStream[Trades](
            trades, TradeJudge(self._twice_mids_before, WitnessOfTrades(symbol, quotes, self.depth))
        )
        self.marks = Stream[Marks]((each.marks, each.source, n) for each, n in recordings)
        self.book = Book(symbol, self.depth)
        self.bars = Bars(symbol, self.quotes, bars)
        self.clock = TimeNormaliser(symbol, (quotes, trades, self.depth))
        self.until_ns = 0
        self._facts: list[tuple[int, int, int, FeedFact]] = []
        self.news_ns = -1  # when the next quote, trade or diff becomes known
        self._looks: dict[bool, tuple[int, Levels]] = {}  # by whether bids: how many were looked for, and found
        self._contradicted: bool | None = None  # None until somebody asks
        self._is_quote_read = False
        self._quote: tuple[int, _LastQuote | None] = (-1, None)

    def bounds_ns(self) -> list[int]:
        """Return the first and last heard time of each kind of tick that there is."""
        streams = (self.quotes.stream, self.trades.stream, self.depth, self.marks)
        return [at_ns for stream in streams if stream.bounds_ns for at_ns in stream.bounds_ns]

    def hear(self, until_ns: int) -> None:
        """Make known what was heard before a time that never falls; let the book take the depth of it.

        Until `news_ns`, nothing else becomes known, and nothing need be heard.
        """
        self.until_ns = until_ns
        if until_ns <= self.news_ns:
            return
        quotes, trades, depth = self.quotes.stream, self.trades.stream, self.depth
        quotes.known(until_ns)
        trades.known(until_ns)
        if until_ns > depth.next_ns:
            self._facts += self.book.feed(depth.known(until_ns))
        second_end_ns = (until_ns // NS_PER_S + 1) * NS_PER_S - 1  # a second that ends is news for the clock
        self.news_ns = min(quotes.next_ns, trades.next_ns, depth.next_ns, second_end_ns)
        self._looks.clear()
        self._contradicted, self._is_quote_read = None, False

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

    def last_quote(self) -> _LastQuote | None:
        """Return the last good quote known, None if there is none."""
        if not self._is_quote_read:
            self._is_quote_read = True
            row = self.quotes.last_good(self.quotes.stream.known(self.until_ns))
            if row != self._quote[0]:
                self._quote = (row, self._read(row) if row >= 0 else None)
        return self._quote[1]

    def _read(self, row: int) -> _LastQuote:
        segment, at = self.quotes.stream.at(row)
        table = segment.table
        return _LastQuote(
            heard_at_ns=table.heard_at_ns.item(at),
            order=segment.order,
            line=table.line.item(at),
            venue_at_ns=table.venue_at_ns.item(at),
            update_id=table.update_id.item(at),
            bid_e8=table.bid_e8.item(at),
            bid_size_e8=table.bid_size_e8.item(at),
            ask_e8=table.ask_e8.item(at),
            ask_size_e8=table.ask_size_e8.item(at),
            source=segment.source.digest,
        )

    def mark_e8(self) -> int | None:
        """Return the mid price, rounded down to 1e-8; None before the first good quote."""
        quote = self.last_quote()
        return None if quote is None else (quote.bid_e8 + quote.ask_e8) // 2

    def view(self, at_ns: int) -> MarketView | None:
        """Return the market as known, None before the first good quote."""
        quote = self.last_quote()
        if quote is None:
            return None
        bid, ask = _plain(quote.bid_e8), _plain(quote.ask_e8)
        heard_at_ns = quote.heard_at_ns
        atr, atr_baseline = self.bars.statistics()
        return MarketView(
            symbol=self.symbol,
            bid=bid,
            ask=ask,
            bid_size=_plain(quote.bid_size_e8),
            ask_size=_plain(quote.ask_size_e8),
            spread_bps=bps_of(ask - bid, divide(bid + ask, _TWO)),
            atr=atr,
            atr_baseline=atr_baseline,
            regime=_UNKNOWN,
            quote_heard_at_ns=heard_at_ns,
            age_ms=(at_ns - heard_at_ns) // NS_PER_MS,
            latency_ms=self._latency_ms(heard_at_ns, quote.venue_at_ns),
            is_quote_sane=self.quotes.is_sane(self.quotes.stream.known(self.until_ns)) and not self._is_contradicted(),
            book=self.book.state,
            l2=None,
            source=quote.source,
            line=quote.line,
        )

    def levels(self, side: Side, count: int) -> Levels:
        """Return up to `count` (price_e8, size_e8), best first. What was looked up is kept until the next tick."""
        if count < 1:
            return []
        is_buy = side is _BUY
        look = self._looks.get(is_buy)
        if look is None or len(look[1]) == look[0] < count:
            look = self._looks[is_buy] = (count, self._look(side, count))
        levels = look[1]
        return levels if len(levels) <= count else levels[:count]

    def _look(self, side: Side, count: int) -> Levels:
        """Return the levels of a side; with quotes only, the displayed best.

        What the market has left is not to be had any more: depth comes in steps, so a newer quote overrules the top of
        the book, and a trade newer than the quote tells that nothing better than its price is left to hit. Where quote
        and book tell of different markets, nothing is shown.
        """
        quote = self.last_quote()
        if quote is None or self._is_contradicted():
            return []
        is_buy = side is _BUY
        best = (quote.bid_e8, quote.bid_size_e8) if is_buy else (quote.ask_e8, quote.ask_size_e8)
        left_e8 = self._left_behind_e8(is_buy, quote)
        if not self.depth.row_count:
            return [best] if left_e8 is None else [best][_reaching([best], left_e8, is_buy) :]
        is_newer = self._is_quote_newer(quote)
        wanted = count
        while True:
            book = self.book.levels(side, wanted)
            levels = book
            if book and is_newer:
                levels = [best, *book[_behind(book, best[0], is_buy) :]]
            if left_e8 is not None:
                levels = levels[_reaching(levels, left_e8, is_buy) :]
            if len(levels) >= count or len(book) < wanted:
                return levels[:count]
            wanted *= 2

    def _left_behind_e8(self, is_buy: bool, quote: _LastQuote) -> int | None:
        """Return the price of the last trade that hit this side since the last quote; None when there is none."""
        row = self.trades.last_good(self.trades.stream.known(self.until_ns))
        if row < 0:
            return None
        segment, at = self.trades.stream.at(row)
        trades = segment.table
        if trades.buyer_is_aggressor.item(at) is is_buy:
            return None
        traded = (trades.heard_at_ns.item(at), segment.order, trades.line.item(at))
        return trades.price_e8.item(at) if traded > quote[:3] else None

    def size_at(self, side: Side, price_e8: int) -> int | None:
        """Return the size displayed at a price, 0 when none is; None when that depth cannot be seen."""
        quote = self.last_quote()
        has_depth = self.depth.row_count > 0
        if self._is_contradicted():
            return None
        if quote is None or (has_depth and not (self.book.is_synced and self._is_quote_newer(quote))):
            return self.book.size_at(side, price_e8) if has_depth else None
        is_buy = side is _BUY
        best_e8, size_e8 = (quote.bid_e8, quote.bid_size_e8) if is_buy else (quote.ask_e8, quote.ask_size_e8)
        if price_e8 == best_e8:
            return size_e8
        if price_e8 > best_e8 if is_buy else price_e8 < best_e8:
            return 0
        return self.book.size_at(side, price_e8) if has_depth else None

    def _is_contradicted(self) -> bool:
        """Tell whether quotes and the synced book are further apart than steps of the depth feed explain.

        Then one of them is wrong, and it cannot be known which. Either the last quote was found bad by that when it was
        heard, or the book has moved away from the last good one since.
        """
        if self._contradicted is None:
            mid_e8, quote = self.book.twice_mid_e8(), self.last_quote()
            self._contradicted = self.quotes.is_denied(self.quotes.stream.known(self.until_ns)) or (
                mid_e8 is not None
                and quote is not None
                and abs(quote.bid_e8 + quote.ask_e8 - mid_e8) > mid_e8 // CONTRADICTED_PART
            )
        return self._contradicted

    def _is_quote_newer(self, quote: _LastQuote) -> bool:
        """Tell whether the last good quote tells of a later moment than the book, by the venue's update ids.

        Where quotes have none, what was heard later is newer.
        """
        if quote.update_id:
            return quote.update_id > self.book.final_id
        diff = self.depth.known(self.until_ns) - 1
        return diff < 0 or quote.heard_at_ns > self.depth.known_at_ns(diff)

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


def _behind(levels: Levels, price_e8: int, is_buy: bool) -> int:
    """Return how many of the levels, best first, lead up to a price or lie at it."""
    for at, (level_e8, _) in enumerate(levels):
        if level_e8 < price_e8 if is_buy else level_e8 > price_e8:
            return at
    return len(levels)


def _reaching(levels: Levels, price_e8: int, is_buy: bool) -> int:
    """Return how many of the levels, best first, are better than a price."""
    for at, (level_e8, _) in enumerate(levels):
        if level_e8 <= price_e8 if is_buy else level_e8 >= price_e8:
            return at
    return len(levels)


@lru_cache(maxsize=8_192)  # sizes and prices recur, and a view is made for every signal
def _plain(value_e8: int) -> Decimal:
    """Return the Decimal with as many digits as it needs and no exponent."""
    whole, rest = divmod(value_e8, E8)
    return from_e8(value_e8).normalize() if rest else Decimal(whole) if whole else ZERO
