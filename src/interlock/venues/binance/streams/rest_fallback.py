"""What is known of a market while its stream is down: asked for in turns. All it yields is labelled as fallback."""

from collections.abc import Callable, Iterable

from msgspec import Struct

from interlock.ports.clock import Clock
from interlock.ports.exchange.words import Market
from interlock.venues.binance.parse.market_bodies import book_body, quote_body, trades_body
from interlock.venues.binance.parse.market_values import BookHeard, Origin, QuoteHeard, TradeHeard
from interlock.venues.binance.parse.unreadable import Unreadable
from interlock.venues.binance.requests import Wanted
from interlock.venues.binance.streams.facts import ReadTrouble
from interlock.venues.binance.streams.reads import NotRead, Reads, depth_wanted, quote_wanted, trades_wanted
from interlock.venues.binance.streams.routes import Want

FallbackOut = QuoteHeard | TradeHeard | BookHeard | ReadTrouble


class FallbackTerms(Struct, frozen=True):
    """How often and how much is asked: trades, which weigh most, in every `trades_every`-th round only."""

    after_ms: int = 500
    every_ms: int = 1_000
    trades_every: int = 5
    levels: int = 20
    trades: int = 500


class RestFallback:
    """Asks for quotes, books and trades of symbols, one round at a time."""

    def __init__(
        self,
        market: Market,
        symbols: Iterable[str],
        wants: Iterable[Want],
        reads: Reads,
        clock: Clock,
        tell: Callable[[FallbackOut], None],
        terms: FallbackTerms | None = None,
    ) -> None:
        self._market = market
        self._symbols = tuple(symbols)
        self._wants = frozenset(wants)
        self._reads = reads
        self._clock = clock
        self._tell = tell
        self.terms = terms or FallbackTerms()
        self._rounds = 0
        self._trade_ids: dict[str, int] = {}

    def known(self, symbol: str, trade_id: int) -> None:
        """Note the newest trade that the stream told of: only later ones are asked for."""
        self._trade_ids[symbol] = max(trade_id, self._trade_ids.get(symbol, -1))

    async def round(self) -> None:
        """Ask once for all that is wanted. What fails is told, and asked for again in the next round."""
        is_trades_turn = self._rounds % self.terms.trades_every == 0
        self._rounds += 1
        for symbol in self._symbols:
            if Want.QUOTES in self._wants:
                await self._quote(symbol)
            if Want.DEPTH in self._wants:
                await self._depth(symbol)
            if is_trades_turn:
                await self._trades(symbol)

    async def trades(self) -> None:
        """Ask for the trades once more: those up to the stream's return."""
        for symbol in self._symbols:
            await self._trades(symbol)

    async def _quote(self, symbol: str) -> None:
        body = await self._ask("the best quote", symbol, quote_wanted(self._market, symbol))
        if body is not None:
            quote = quote_body(symbol, body, self._clock.now_ns(), Origin.FALLBACK)
            self._tell(self._or_trouble(symbol, quote))

    async def _depth(self, symbol: str) -> None:
        body = await self._ask("the depth", symbol, depth_wanted(self._market, symbol, self.terms.levels))
        if body is not None:
            book = book_body(symbol, body, self._clock.now_ns(), Origin.FALLBACK)
            self._tell(self._or_trouble(symbol, book))

    async def _trades(self, symbol: str) -> None:
        """Ask for the trades. Those before the first that is known are history: nothing was missed there."""
        if Want.TRADES not in self._wants:
            return
        body = await self._ask("the recent trades", symbol, trades_wanted(self._market, symbol, self.terms.trades))
        if body is None:
            return
        trades = trades_body(symbol, body, self._clock.now_ns(), Origin.FALLBACK)
        if isinstance(trades, Unreadable):
            self._tell(self._or_trouble(symbol, trades))
            return
        last_id = self._trade_ids.get(symbol)
        for trade in trades:
            if last_id is not None and trade.trade_id > last_id:
                self._tell(trade)
        if trades:
            self.known(symbol, trades[-1].trade_id)

    async def _ask(self, what: str, symbol: str, wanted: Wanted) -> bytes | None:
        try:
            return await self._reads.public(wanted)
        except NotRead as failed:
            self._tell(ReadTrouble(what, symbol, str(failed), self._clock.now_ns()))
            return None

    def _or_trouble(self, symbol: str, told: QuoteHeard | BookHeard | Unreadable) -> FallbackOut:
        if isinstance(told, Unreadable):
            return ReadTrouble(told.where, symbol, told.what, self._clock.now_ns())
        return told
