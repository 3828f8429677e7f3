"""One symbol as it is shown: best quote, book, trades, candles, mark price; and the liquidity that a matching sees."""

from collections import deque
from itertools import islice

from interlock.market.live.candles import Candles
from interlock.market.live.digits import Digits
from interlock.market.live.marks import Marks
from interlock.market.live.shown_book import ShownBook
from interlock.market.live.standing.stands import NEVER_SHOWN, SymbolStanding
from interlock.market.live.ticks import QuoteTick, TradeTick
from interlock.market.quality.contradictions import CONTRADICTED_PART
from interlock.messages.words import BookState
from interlock.ports.exchange.market_data import DayTicker, DepthShown, MarketTrade, QuoteShown
from interlock.units.money import ZERO
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS

TRADES_KEPT = 2_000


class ShownSymbol:
    """What was played of a symbol so far. `has_depth` is false for a feed of quotes only."""

    def __init__(
        self, symbol: str, digits: Digits, is_spot: bool, has_depth: bool, stood: SymbolStanding = NEVER_SHOWN
    ) -> None:
        self.symbol = symbol
        self.digits = digits
        self.book = ShownBook(symbol, digits, is_spot)
        self.candles = Candles(symbol, digits)
        self.marks = Marks(symbol)
        self.quote: QuoteShown | None = None
        self.trades: deque[MarketTrade] = deque(maxlen=TRADES_KEPT)
        self.is_denied = False
        self._has_depth = has_depth
        self._stood = stood
        self._quoted: QuoteTick | None = None
        self._traded: TradeTick | None = None  # the last trade, if it came after the last quote

    def take_quote(self, tick: QuoteTick) -> QuoteShown:
        """Take a good quote and return what is shown of it."""
        price, size = self.digits.price, self.digits.size
        update_id = tick.update_id
        if not update_id:
            update_id = (self.quote.update_id if self.quote is not None else self._stood.update_id) + 1
        self._quoted, self._traded, self.is_denied = tick, None, False
        self.quote = QuoteShown(
            symbol=self.symbol,
            update_id=update_id,
            bid=price(tick.bid_e8),
            bid_size=size(tick.bid_size_e8),
            ask=price(tick.ask_e8),
            ask_size=size(tick.ask_size_e8),
            at_ns=tick.venue_at_ns,
        )
        return self.quote

    def take_trade(self, tick: TradeTick, second_ns: int) -> MarketTrade:
        """Take a good trade and return what is shown of it.

        A candle closes by the clock; a trade told only then is shown at the beginning of the running second, which
        starts at `second_ns`, so that trades and candles always agree.
        """
        self._traded = tick
        at_ns = max(tick.venue_at_ns, second_ns)
        trade = MarketTrade(
            symbol=self.symbol,
            trade_id=tick.trade_id,
            price=self.digits.price(tick.price_e8),
            quantity=self.digits.size(tick.quantity_e8),
            buyer_is_maker=not tick.buyer_is_aggressor,
            at_ns=at_ns,
        )
        self.trades.append(trade)
        self.candles.add(at_ns // NS_PER_MS, tick.trade_id, tick.price_e8, tick.quantity_e8, tick.buyer_is_aggressor)
        return trade

    def standing(self) -> SymbolStanding:
        """Return the last quote shown and the highest ids so far, those of earlier starts among them."""
        stood, quoted = self._stood, self._quoted
        quote_id = self.quote.update_id if self.quote is not None else 0
        return SymbolStanding(
            bid_e8=stood.bid_e8 if quoted is None else quoted.bid_e8,
            ask_e8=stood.ask_e8 if quoted is None else quoted.ask_e8,
            update_id=max(stood.update_id, quote_id, self.book.highest_id),
            trade_id=max(stood.trade_id, self.trades[-1].trade_id if self.trades else 0),
        )

    def twice_mid_e8(self) -> int:
        """Return twice the mid price of the last good quote, 0 before the first."""
        return self._quoted.bid_e8 + self._quoted.ask_e8 if self._quoted is not None else 0

    def depth(self, limit: int) -> DepthShown | None:
        """Return the whole book as known, None when it is not; with quotes only, the one level."""
        if self._has_depth:
            return self.book.depth(limit)
        quote = self.quote
        if quote is None:
            return None
        return DepthShown(
            symbol=self.symbol,
            update_id=quote.update_id,
            bids=((quote.bid, quote.bid_size),)[:limit],
            asks=((quote.ask, quote.ask_size),)[:limit],
            at_ns=quote.at_ns,
        )

    def recent(self, limit: int, from_id: int | None) -> list[MarketTrade]:
        """Return the last trades, oldest first; or those from an id on, as far as they are kept."""
        if from_id is None:
            return list(islice(self.trades, max(0, len(self.trades) - limit), None))
        return list(islice((trade for trade in self.trades if trade.trade_id >= from_id), limit))

    def day(self, now_ms: int) -> DayTicker | None:
        """Return the last 24 hours, None before the first quote. Before the first trade, prices are the best bid's."""
        quote = self.quote
        if quote is None:
            return None
        day = self.candles.day()
        none = self.digits.total(0)
        if day is None:
            return DayTicker(
                symbol=self.symbol,
                open=quote.bid,
                high=quote.bid,
                low=quote.bid,
                last=quote.bid,
                last_quantity=none,
                previous_close=quote.bid,
                volume=none,
                quote=ZERO,
                trades=0,
                first_trade_id=-1,
                last_trade_id=-1,
                quoted=quote,
                open_ms=now_ms,
                close_ms=now_ms,
            )
        return DayTicker(
            symbol=self.symbol,
            open=day.open,
            high=day.high,
            low=day.low,
            last=day.last,
            last_quantity=self.trades[-1].quantity,
            previous_close=day.previous_close,
            volume=day.volume,
            quote=day.quote,
            trades=day.trades,
            first_trade_id=day.first_trade_id,
            last_trade_id=day.last_trade_id,
            quoted=quote,
            open_ms=day.open_ms,
            close_ms=now_ms,
        )

    def state(self) -> BookState | None:
        """Return how deep the market can be seen, None when no quote is known."""
        if self._quoted is None:
            return None
        if not self._has_depth:
            return BookState.QUOTES_ONLY
        return BookState.SYNCED if self.book.is_synced else BookState.UNSYNCED

    def levels(self, side: Side, count: int) -> list[tuple[int, int]]:
        """Return up to `count` (price_e8, size_e8) that are to be had, best first, by the rules of the tape.

        Depth comes in steps: a newer quote overrules the top of the book, and a trade newer than the quote tells that
        nothing better than its price is left to hit. Where quote and book tell of different markets, nothing is shown.
        """
        best = self._best(side)
        if best is None or count < 1 or self._is_contradicted():
            return []
        left_e8 = self._left_behind_e8(side)
        if not self._has_depth:
            return [best] if left_e8 is None or not _is_better(side, best[0], left_e8) else []
        is_newer, wanted = self._is_quote_newer(), count
        while True:
            book = self.book.levels(side, wanted)
            levels = book
            if book and is_newer:
                levels = [best, *(level for level in book if _is_better(side, best[0], level[0]))]
            if left_e8 is not None:
                levels = [level for level in levels if not _is_better(side, level[0], left_e8)]
            if len(levels) >= count or len(book) < wanted:
                return levels[:count]
            wanted *= 2

    def size_at(self, side: Side, price_e8: int) -> int | None:
        """Return the size displayed at a price, 0 when none is; None when that depth cannot be seen."""
        best = self._best(side)
        if self._is_contradicted():
            return None
        if best is None or (self._has_depth and not (self.book.is_synced and self._is_quote_newer())):
            return self.book.size_at(side, price_e8)
        if price_e8 == best[0]:
            return best[1]
        if _is_better(side, price_e8, best[0]):
            return 0
        return self.book.size_at(side, price_e8)

    def _best(self, side: Side) -> tuple[int, int] | None:
        quoted = self._quoted
        if quoted is None:
            return None
        return (quoted.bid_e8, quoted.bid_size_e8) if side is Side.BUY else (quoted.ask_e8, quoted.ask_size_e8)

    def _left_behind_e8(self, side: Side) -> int | None:
        """Return the price of the last trade if it hit this side since the last quote; else None."""
        traded = self._traded
        if traded is None or traded.buyer_is_aggressor is (side is Side.BUY):
            return None
        return traded.price_e8

    def _is_quote_newer(self) -> bool:
        """Tell whether the last good quote tells of a later moment than the book."""
        quoted = self._quoted
        assert quoted is not None
        if quoted.update_id:
            return quoted.update_id > self.book.last_id
        return quoted.venue_at_ns > self.book.changed_at_ns

    def _is_contradicted(self) -> bool:
        """Tell whether quotes and the synced book are further apart than steps of the depth feed explain."""
        if self.is_denied:
            return True
        mid_e8 = self.book.twice_mid_e8() if self._has_depth else None
        quoted_e8 = self.twice_mid_e8()
        return bool(mid_e8 and quoted_e8 and abs(quoted_e8 - mid_e8) > mid_e8 // CONTRADICTED_PART)


def _is_better(side: Side, price_e8: int, than_e8: int) -> bool:
    """Tell whether a resting price lies nearer to the other side than another."""
    return price_e8 > than_e8 if side is Side.BUY else price_e8 < than_e8
