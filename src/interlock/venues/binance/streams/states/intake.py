"""All that one market socket carries, frame by frame: read, put in order by symbol, told on. No socket is needed."""

from collections.abc import Callable, Iterable

from interlock.ports.exchange.words import Market
from interlock.venues.binance.parse.market_events import market_message
from interlock.venues.binance.parse.market_values import (
    Answered,
    BookHeard,
    DiffHeard,
    MarkPriceHeard,
    PassedOver,
    QuoteHeard,
    TradeHeard,
)
from interlock.venues.binance.streams.facts import FrameUnreadable, MarketOut
from interlock.venues.binance.streams.routes import Want
from interlock.venues.binance.streams.states.arrivals import Arrivals
from interlock.venues.binance.streams.states.depth_sync import DepthSync
from interlock.venues.binance.streams.states.silence import SilenceBounds, SilenceWatch


class Intake:
    """The symbols of one socket. `want` is called when a book begins to want a snapshot."""

    def __init__(
        self,
        market: Market,
        symbols: Iterable[str],
        tell: Callable[[MarketOut], None],
        want: Callable[[], None],
        at_ns: int,
        bounds: SilenceBounds | None = None,
    ) -> None:
        symbols = tuple(symbols)
        self.books = {symbol: DepthSync(market, symbol, tell, want) for symbol in symbols}
        self.arrivals = {symbol: Arrivals(symbol) for symbol in symbols}
        self.watches = {want: SilenceWatch(symbols, at_ns, bounds) for want in (Want.DEPTH, Want.QUOTES)}
        self.quotes: dict[str, QuoteHeard] = {}
        self._market = market
        self._tell = tell
        self._depth_watch = self.watches[Want.DEPTH]
        self._quote_watch = self.watches[Want.QUOTES]

    def frame(self, text: bytes, heard_at_ns: int, line: int = 0) -> Answered | PassedOver | None:
        """Take a frame and tell what it says; `line` is the number of the connection that brought it.

        Returns what is not market data: an answer, or what is passed over.
        """
        value = market_message(self._market, text, heard_at_ns)
        match value:
            case DiffHeard():
                book = self.books.get(value.symbol)
                if book is None:
                    self._unasked("a depthUpdate message", value.symbol, heard_at_ns)
                else:
                    self._depth_watch.heard(value.symbol, value.final_id, heard_at_ns)
                    book.diff(value, line)
            case QuoteHeard():
                self._quote(value)
            case TradeHeard():
                self.trade(value)
            case MarkPriceHeard():
                if value.symbol in self.books:
                    self._tell(value)
                else:
                    self._unasked("a markPriceUpdate message", value.symbol, heard_at_ns)
            case Answered() | PassedOver():
                return value
            case _:
                self._tell(FrameUnreadable(value.where, value.what, heard_at_ns))
        return None

    def trade(self, trade: TradeHeard) -> None:
        """Take a trade, from the stream or by fallback."""
        arrivals = self.arrivals.get(trade.symbol)
        if arrivals is None:
            self._unasked("a trade message", trade.symbol, trade.heard_at_ns)
            return
        told = arrivals.trade(trade)
        if told is not None:
            self._tell(told)

    def book(self, book: BookHeard) -> None:
        """Take a snapshot that was asked for."""
        self.books[book.symbol].book(book)

    def overlap(self, is_overlapping: bool) -> None:
        """Two sockets carry the streams from now on, or one again."""
        for symbol, book in self.books.items():
            book.overlap(is_overlapping)
            self.arrivals[symbol].overlap(is_overlapping)

    def restart(self, at_ns: int) -> None:
        """A socket is up: every symbol has its time from now on."""
        for watch in self.watches.values():
            watch.restart(at_ns)

    def forget(self, at_ns: int) -> None:
        """No socket carries the streams any more."""
        self.quotes.clear()
        for symbol, book in self.books.items():
            book.forget(at_ns)
            self.arrivals[symbol].forget()

    def _quote(self, quote: QuoteHeard) -> None:
        arrivals = self.arrivals.get(quote.symbol)
        if arrivals is None:
            self._unasked("a bookTicker message", quote.symbol, quote.heard_at_ns)
            return
        self._quote_watch.heard(quote.symbol, quote.update_id, quote.heard_at_ns)
        told = arrivals.quote(quote)
        if told is None:
            return
        if told is quote:
            self.quotes[quote.symbol] = quote
        self._tell(told)

    def _unasked(self, where: str, symbol: str, at_ns: int) -> None:
        self._tell(FrameUnreadable(where, f"s is {symbol[:40]!r}, nothing was asked of it", at_ns))
