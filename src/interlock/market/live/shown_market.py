"""One market of a paper exchange as it is shown now: a feed played onto the present, for clients and for the matching.

How to drive it: at `due_ns`, or whenever there is time, call `advance`. It shows every tick that is due, in order:
first to whoever matches orders (`hear`), then, all of one call together, to whoever tells clients (`watch`).
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from interlock.market.live.digits import Digits, digits_of
from interlock.market.live.marks import FUNDING_MS
from interlock.market.live.player import LAG_MS_MAX, FeedPlayer
from interlock.market.live.shown_symbol import ShownSymbol
from interlock.market.live.standing.stands import BEGINNING, MarketStanding
from interlock.market.live.ticks import DepthTick, MarkTick, QuoteDenied, QuoteTick, Tick, TradeTick
from interlock.messages.words import BookState
from interlock.ports.exchange.market_data import (
    KLINE_MS,
    DayTicker,
    DepthShown,
    FundingPaid,
    Kline,
    Listing,
    MarketEvent,
    MarketTrade,
    MarkShown,
    QuoteShown,
)
from interlock.ports.exchange.words import Market
from interlock.units.faults import Fault
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS, NS_PER_S

QuoteHeard = Callable[[Market, str, int, int, int, int, int], None]
"""(market, symbol, at_ns, bid_e8, ask_e8, bid_size_e8, ask_size_e8)"""
TradeHeard = Callable[[Market, str, int, int, int, bool], None]
"""(market, symbol, at_ns, price_e8, quantity_e8, buyer_is_aggressor)"""
Watcher = Callable[[Market, Sequence[MarketEvent]], None]

_FUNDING_NS = FUNDING_MS * NS_PER_MS
# How often open candles are told while they change: as the venue's fastest streams, on spot and on futures.
_PACE_NS = {Market.SPOT: NS_PER_S, Market.USDM: NS_PER_S // 4}


class ShownMarket:
    """`MarketData` for clients and `Liquidity` for a matching, of one market. Symbols without a feed show nothing."""

    def __init__(
        self,
        listing: Listing,
        player: FeedPlayer,
        digits: Mapping[str, Digits] | None = None,
        stood: MarketStanding = BEGINNING,
    ) -> None:
        """Show the symbols listed that the feed plays. `digits` overrules those of tick and step where it names any.

        `stood` is where the feed was told to go on; what it keeps of symbols that are no longer shown is kept.
        Errors: Fault when the feed is of another market or plays none of the symbols listed.
        """
        feed = player.feed
        shown = [symbol for symbol in feed.symbols if symbol in listing.instruments]
        if feed.market is not listing.market or not shown:
            raise Fault(
                f"The feed plays {', '.join(feed.symbols)} of {feed.market.value}; "
                f"none of these is listed on {listing.market.value}, so there is nothing to show.",
                "Name a feed and exchange information of the same market with at least one symbol in common.",
            )
        self._listing = listing
        self._player = player
        self._is_spot = listing.market is Market.SPOT
        self._symbols = {
            symbol: ShownSymbol(
                symbol,
                (digits or {}).get(symbol) or digits_of(listing.instruments[symbol]),
                self._is_spot,
                symbol in feed.depth_symbols,
                stood.of(symbol),
            )
            for symbol in shown
        }
        self._stood = stood
        self._pace_ns = _PACE_NS[listing.market]
        start_ns = player.due_ns() or 0
        self._now_ns = start_ns
        self._beat_ns = start_ns // self._pace_ns * self._pace_ns  # the last one
        self._watchers: list[Watcher] = []
        self._quote_hearers: list[QuoteHeard] = []
        self._trade_hearers: list[TradeHeard] = []
        self._events: list[MarketEvent] = []

    # --- Driving it ------------------------------------------------------------------------------------------------

    @property
    def has_ended(self) -> bool:
        """Tell whether the feed is over. What was shown last stays."""
        return self._player.has_ended

    @property
    def lag_ns(self) -> int:
        """Return how much time was lost so far because ticks were due too long ago."""
        return self._player.lag_ns

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols that are shown."""
        return tuple(self._symbols)

    def due_ns(self) -> int:
        """Return when there is next something to do."""
        beat_ns, due_ns = self._beat_ns + self._pace_ns, self._player.due_ns()
        return beat_ns if due_ns is None else min(beat_ns, due_ns)

    def feed_due_ns(self) -> int | None:
        """Return when the feed's next tick is due, None when it is over."""
        return self._player.due_ns()

    def end_history(self) -> None:
        """Be in the present from now on: what comes due too late is put off."""
        self._player.lag_ms_max = LAG_MS_MAX

    def advance(self, now_ns: int, ticks_max: int = 512) -> int:
        """Show what is due, at most `ticks_max` ticks, and return how many; what is left over stays due."""
        ticks = self._player.advance(now_ns, ticks_max)
        for tick in ticks:
            self._beat_to(tick.at_ns)
            self._take(tick)
        due_ns = self._player.due_ns()
        if due_ns is None or due_ns > now_ns:
            self._beat_to(now_ns)
        if self._events:
            events, self._events = self._events, []
            for watcher in self._watchers:
                watcher(self.market, events)
        self._player.prepare()
        return len(ticks)

    def hear(self, on_quote: QuoteHeard, on_trade: TradeHeard) -> None:
        """Call back with each quote and trade, after it became what is shown and before the next tick does."""
        self._quote_hearers.append(on_quote)
        self._trade_hearers.append(on_trade)

    def watch(self, shown: Watcher) -> None:
        """Call back with what is shown, in order, each once; what one `advance` showed comes in one call."""
        self._watchers.append(shown)

    def relist(self, listing: Listing) -> None:
        """List other filters from now on. Symbols and digits that are shown stay as they are."""
        assert listing.market is self.market, f"{listing.market} is not {self.market}"
        self._listing = listing

    def standing(self) -> MarketStanding:
        """Return how far the market has come, for a later start to go on from."""
        symbols = self._stood.symbols | {symbol: shown.standing() for symbol, shown in self._symbols.items()}
        return MarketStanding(self._player.played_ns, self._stood.starts, symbols)

    def set_funding_rate(self, symbol: str, rate: Decimal) -> None:
        """Set the funding rate of a symbol, until the feed tells another."""
        self._symbols[symbol].marks.rate = rate

    # --- What clients see ------------------------------------------------------------------------------------------

    @property
    def market(self) -> Market:
        """Which market this is."""
        return self._listing.market

    def listing(self) -> Listing:
        """Return what is traded."""
        return self._listing

    def depth(self, symbol: str, limit: int) -> DepthShown | None:
        """Return up to `limit` levels a side, None when no whole book is known."""
        shown = self._shown(symbol)
        return None if shown is None else shown.depth(limit)

    def quote(self, symbol: str) -> QuoteShown | None:
        """Return the best bid and ask, None before the first."""
        shown = self._shown(symbol)
        return None if shown is None else shown.quote

    def trades(self, symbol: str, limit: int, from_id: int | None = None) -> list[MarketTrade]:
        """Return the most recent trades, oldest first; with `from_id`, those from that id on."""
        shown = self._shown(symbol)
        return [] if shown is None else shown.recent(limit, from_id)

    def klines(
        self, symbol: str, interval: str, limit: int, start_ms: int | None = None, end_ms: int | None = None
    ) -> list[Kline]:
        """Return candles, oldest first; the last one may still be open. Errors: KeyError, also for the interval."""
        shown = self._shown(symbol)
        if interval not in KLINE_MS:
            raise KeyError(interval)
        return [] if shown is None else shown.candles.history(interval, limit, start_ms, end_ms)

    def day(self, symbol: str) -> DayTicker | None:
        """Return the last 24 hours, None before the first quote."""
        shown = self._shown(symbol)
        return None if shown is None else shown.day(self._now_ns // NS_PER_MS)

    def mark(self, symbol: str) -> MarkShown | None:
        """Return mark price and funding, None for spot or before the first quote."""
        shown = self._shown(symbol)
        if shown is None or self._is_spot:
            return None
        shown.marks.follow(shown.twice_mid_e8())
        return shown.marks.shown(self._now_ns)

    def funding(self, symbol: str | None, limit: int) -> list[FundingPaid]:
        """Return the last fundings that were due, oldest first."""
        if symbol is not None:
            shown = self._shown(symbol)
            return [] if shown is None else list(shown.marks.fundings)[-limit:]
        every = [paid for shown in self._symbols.values() for paid in shown.marks.fundings]
        return sorted(every, key=lambda paid: paid.at_ms)[-limit:]

    # --- What a matching sees --------------------------------------------------------------------------------------

    def state(self, symbol: str) -> BookState | None:
        """Return how deep the market can be seen, None when no quote is known."""
        shown = self._symbols.get(symbol)
        return None if shown is None else shown.state()

    def levels(self, symbol: str, side: Side, count: int) -> list[tuple[int, int]]:
        """Return up to `count` (price_e8, size_e8) of resting orders, best first."""
        shown = self._symbols.get(symbol)
        return [] if shown is None else shown.levels(side, count)

    def size_at(self, symbol: str, side: Side, price_e8: int) -> int | None:
        """Return the size displayed at a price, 0 when none is; None when that depth cannot be seen."""
        shown = self._symbols.get(symbol)
        return None if shown is None else shown.size_at(side, price_e8)

    # --- Ticks and beats -------------------------------------------------------------------------------------------

    def _shown(self, symbol: str) -> ShownSymbol | None:
        """Return a symbol's market, None for one that is listed and has no feed. Errors: KeyError when not listed."""
        shown = self._symbols.get(symbol)
        if shown is None and symbol not in self._listing.instruments:
            raise KeyError(symbol)
        return shown

    def _take(self, tick: Tick) -> None:
        shown = self._symbols.get(tick.symbol)
        if shown is None:
            return
        if isinstance(tick, QuoteTick):
            self._events.append(shown.take_quote(tick))
            for on_quote in self._quote_hearers:
                on_quote(
                    self.market,
                    tick.symbol,
                    tick.at_ns,
                    tick.bid_e8,
                    tick.ask_e8,
                    tick.bid_size_e8,
                    tick.ask_size_e8,
                )
        elif isinstance(tick, TradeTick):
            self._events.append(shown.take_trade(tick, self._beat_ns // NS_PER_S * NS_PER_S))
            for on_trade in self._trade_hearers:
                on_trade(self.market, tick.symbol, tick.at_ns, tick.price_e8, tick.quantity_e8, tick.buyer_is_aggressor)
        elif isinstance(tick, DepthTick):
            changed = shown.book.take(tick)
            if changed is not None:
                self._events.append(changed)
        elif isinstance(tick, MarkTick):
            if shown.marks.take(tick, shown.twice_mid_e8()):
                self._tell_mark(shown, tick.at_ns)
        elif isinstance(tick, QuoteDenied):
            shown.is_denied = True
        else:
            shown.book.clear()

    def _beat_to(self, at_ns: int) -> None:
        """Let the clock run: close candles, follow the mid price, let fundings fall due, tell open candles."""
        self._now_ns = max(self._now_ns, at_ns)
        while self._beat_ns + self._pace_ns <= at_ns:
            due_ns = self._beat_ns + self._pace_ns
            if at_ns - due_ns > NS_PER_S:
                # Nothing was shown for a while: what lies between is made up in one go, fundings each at its time.
                funding_ns = (self._beat_ns // _FUNDING_NS + 1) * _FUNDING_NS
                due_ns = min(at_ns // self._pace_ns * self._pace_ns, max(due_ns, funding_ns))
            self._beat(due_ns)

    def _beat(self, at_ns: int) -> None:
        is_second = at_ns // NS_PER_S > self._beat_ns // NS_PER_S
        is_funding = at_ns // _FUNDING_NS > self._beat_ns // _FUNDING_NS
        self._beat_ns = at_ns
        for shown in self._symbols.values():
            if is_second:
                self._events += shown.candles.roll(at_ns // NS_PER_MS)
                if not self._is_spot and shown.marks.follow(shown.twice_mid_e8()):
                    self._tell_mark(shown, at_ns)
            if is_funding:  # of no effect on spot, which has no mark price
                shown.marks.fall_due(at_ns // _FUNDING_NS * FUNDING_MS)
            self._events += shown.candles.take_open()

    def _tell_mark(self, shown: ShownSymbol, at_ns: int) -> None:
        mark = shown.marks.shown(at_ns)
        if mark is not None:
            self._events.append(mark)
