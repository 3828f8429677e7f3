"""The driver: plays a tape against strategies, gate and exchange, from one moment with something due to the next.

Between two such moments nothing can happen but ticks, and those are walked one by one only for a strategy that wants
quotes or a symbol with live orders; otherwise the tape jumps. Then come, in a fixed order, the facts of the feed up to
that moment, and what is due at it: commit and release, exchange, timers, bars, marks.

Effects wait for their records to be on disk. On virtual time the commit may wait as long as nothing released by it
could have reached the exchange yet, so that one synced commit serves many orders and still precedes each of them.
"""

import heapq
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping

from interlock.market.tape import Tape
from interlock.market.window import Window
from interlock.messages.commands import RaiseSignal
from interlock.messages.effects import QueryOrder, SendCancel, SendOrder, WakeAt
from interlock.messages.market import MarketView, Signal
from interlock.messages.observations import MarkHeard, TimerFired
from interlock.ports.venue_orders import VenueOrders
from interlock.ports.venue_stops import VenueStops
from interlock.research.backtest.venue import TapeVenue
from interlock.research.backtest.virtual_clock import VirtualClock
from interlock.runtime.gate_loop import TURN_RECORDS_MAX, GateLoop
from interlock.strategies.interface import Quote, Strategy
from interlock.units.time import NS_PER_S

MARK_NS = NS_PER_S
"""How often what is held is shown to the core, where it is only valued by that."""
MARK_SPOT_NS = NS_PER_S // 20
"""The same on spot, as often as it may be: there targets are judged by it."""
COMMIT_WAIT_NS_MAX = NS_PER_S // 2
"""Effects wait no longer than this for their commit: the core asks to be woken a second ahead at the earliest."""
_ROWS_MIN, _ROWS_MAX = 256, 65_536
Tick = tuple[int, str, bool, int, int, int, int]
_NEVER = 1 << 62


class Driver:
    """One run over one tape. `run` plays it to its end."""

    def __init__(
        self,
        tape: Tape,
        exchange: TapeVenue,
        loop: GateLoop,
        clock: VirtualClock,
        strategies: Mapping[str, tuple[str, Strategy]],
        progress: Callable[[int], None],
        mark_ns: int = MARK_NS,
    ) -> None:
        """Take the parts of a run. `strategies` maps an owner to (symbol, strategy); `progress` is told the time.

        `mark_ns` is how often what is held is shown to the core.
        """
        self._tape, self._exchange, self._loop, self._clock = tape, exchange, loop, clock
        self._orders: VenueOrders = exchange
        self._stops: VenueStops = exchange
        self._strategies = dict(strategies)
        self._quote_readers = {
            symbol: tuple((owner, s) for owner, (own, s) in strategies.items() if own == symbol and s.wants_quotes)
            for symbol in tape.symbols
        }
        self._bar_readers = {
            symbol: tuple((owner, s) for owner, (own, s) in strategies.items() if own == symbol)
            for symbol in tape.symbols
        }
        self._quoted = frozenset(symbol for symbol, readers in self._quote_readers.items() if readers)
        self._is_read_by_one = all(len(readers) < 2 for readers in self._quote_readers.values())
        self._progress = progress
        self._timers: list[tuple[int, int, str]] = []
        self._timer_count = 0
        self._release_ns = _NEVER
        self._mark_ns = _NEVER
        self._mark_every_ns = mark_ns
        self._wait_ns = min(exchange.arrival_floor_ns, COMMIT_WAIT_NS_MAX)
        self._window: Window | None = None
        self._window_watched: frozenset[str] = frozenset()
        self._shown = 0
        self._walked_ns = 0
        self._rows_max = _ROWS_MIN
        self.bars_closed = 0

    def run(self) -> None:
        """Play the tape to its end. What is still under way then stays under way."""
        end_ns = self._tape.end_ns + 1
        while True:
            due_ns = self._due_ns()
            due_ns = self._walk(due_ns if due_ns < end_ns else end_ns)
            self._advance(due_ns - 1)
            if due_ns >= end_ns:
                break
            self._handle(due_ns)
            self._progress(due_ns)
        self._loop.finish_repeats(self._tape.end_ns)
        self._progress(self._tape.end_ns)

    def _due_ns(self) -> int:
        """Return when something is due next. Written with comparisons: this is asked at every moment."""
        due_ns = self._tape.next_bar_ns
        if self._release_ns < due_ns:
            due_ns = self._release_ns
        if self._mark_ns < due_ns:
            due_ns = self._mark_ns
        if self._timers and self._timers[0][0] < due_ns:
            due_ns = self._timers[0][0]
        venue_ns = self._exchange.due_ns()
        return due_ns if venue_ns is None or venue_ns > due_ns else venue_ns

    def _advance(self, at_ns: int) -> None:
        self._tape.advance(at_ns)
        for heard_ns, fact in self._tape.feed_facts():
            self._loop.offer(max(heard_ns, self._clock.now_ns()), "market", fact)

    # --- Ticks one by one, where somebody looks ---------------------------------------------------------------------

    def _walk(self, due_ns: int) -> int:
        """Show the ticks before `due_ns` to whom they concern; return the time until which all was shown.

        That is earlier than asked where a tick made something due, or a strategy spoke.
        """
        watched = self._exchange.watched()
        if not watched and not self._quoted:
            self._window = None
            return due_ns
        window = self._window
        if window is None or self._walked_ns >= window.until_ns or not watched <= self._window_watched:
            window = self._take_window(watched)
        until_ns = due_ns if due_ns < window.until_ns else window.until_ns
        first, at_ns = self._shown, window.at_ns
        if first < len(at_ns) and at_ns[first] < until_ns:
            end = bisect_left(at_ns, until_ns, first)
            columns = (at_ns, window.symbol, window.is_trade, window.a, window.b, window.c, window.d)
            ticks = zip(*[column[first:end] for column in columns], strict=True)
            is_general = watched or not self._is_read_by_one
            until_ns = self._walk_all(ticks, until_ns, watched) if is_general else self._walk_quotes(ticks, until_ns)
            self._shown = bisect_left(at_ns, until_ns, first, end)
        self._walked_ns = until_ns
        return until_ns

    def _take_window(self, watched: frozenset[str]) -> Window:
        """Take the ticks ahead, of which the first `_shown` were shown. Kept until they end, or others are wanted.

        What is no longer watched stays in the window to its end, and is passed over: orders come and go. A new window
        is small at first, since what it holds is for nothing when soon others are wanted.
        """
        is_over = self._window is not None and watched <= self._window_watched
        self._rows_max = min(self._rows_max * 4, _ROWS_MAX) if is_over else _ROWS_MIN
        wanted = watched if is_over or self._window is None else watched | self._window_watched
        window = self._tape.window(self._tape.end_ns + 1, self._quoted | wanted, wanted, self._rows_max)
        self._window, self._window_watched, self._shown = window, wanted, 0
        return window

    def _walk_quotes(self, ticks: Iterable[Tick], until_ns: int) -> int:
        """The fast way: quotes for strategies only, at most one strategy a symbol."""
        on_quote = {symbol: readers[0][1].on_quote for symbol, readers in self._quote_readers.items() if readers}
        if self._window_watched:  # then there is more in the window
            ticks = (tick for tick in ticks if not tick[2] and tick[1] in on_quote)
        signals: list[tuple[str, Signal]] = []
        spoke_ns = 0
        for at_ns, symbol, _, bid, ask, bid_size, ask_size in ticks:
            if spoke_ns and at_ns != spoke_ns:
                break
            signal = on_quote[symbol](Quote(at_ns, bid, ask, bid_size, ask_size))
            if signal is not None:
                signals.append((self._quote_readers[symbol][0][0], signal))
                spoke_ns = at_ns
        if not signals:
            return until_ns
        self._act(spoke_ns, signals)
        return spoke_ns + 1

    def _walk_all(self, ticks: Iterable[Tick], until_ns: int, watched: frozenset[str]) -> int:
        """The general way: quotes and trades of several symbols, for the exchange and for strategies.

        Ticks heard at one time are shown together before anything acts on them.
        """
        exchange = self._exchange
        signals: list[tuple[str, Signal]] = []
        spoke_ns = 0
        for at_ns, symbol, is_trade, a, b, c, d in ticks:
            if at_ns >= until_ns or (signals and at_ns != spoke_ns):
                break
            if symbol in watched:
                if is_trade:
                    exchange.on_trade(symbol, at_ns, a, b, c == 1)
                else:
                    exchange.on_quote(symbol, at_ns, a, b, c, d)
                venue_ns = exchange.due_ns()
                if venue_ns is not None and venue_ns < until_ns:
                    until_ns = max(venue_ns, at_ns + 1)
            if not is_trade:
                for owner, strategy in self._quote_readers[symbol]:
                    signal = strategy.on_quote(Quote(at_ns, a, b, c, d))
                    if signal is not None:
                        signals.append((owner, signal))
                        spoke_ns = at_ns
        if not signals:
            return until_ns
        self._act(spoke_ns, signals)
        return spoke_ns + 1

    # --- What is due ------------------------------------------------------------------------------------------------

    def _handle(self, due_ns: int) -> None:
        """Do all that is due at one time, in the fixed order."""
        self._clock.set(due_ns)
        if self._release_ns <= due_ns:
            self._release()
        for told in self._exchange.advance(due_ns):
            self._loop.offer(due_ns, "venue:paper", told)
        while self._timers and self._timers[0][0] <= due_ns:
            _, _, timer = heapq.heappop(self._timers)
            self._loop.offer(due_ns, "clock", TimerFired(timer=timer, view=self._view_for(timer, due_ns)))
        if self._tape.next_bar_ns == due_ns:
            self._close_bars(due_ns)
        if self._mark_ns <= due_ns:
            self._mark(due_ns)
        self._settle(due_ns)

    def _close_bars(self, at_ns: int) -> None:
        for bar in self._tape.close_bars():
            self.bars_closed += 1
            for owner, strategy in self._bar_readers[bar.symbol]:
                signal = strategy.on_bar(bar)
                if signal is not None:
                    self._offer_signal(at_ns, owner, signal)

    def _act(self, at_ns: int, signals: list[tuple[str, Signal]]) -> None:
        """Put signals raised on quotes before the gate, with the market as it stands at their time."""
        self._advance(at_ns)
        self._clock.set(at_ns)
        for owner, signal in signals:
            self._offer_signal(at_ns, owner, signal)
        self._settle(at_ns)

    def _offer_signal(self, at_ns: int, owner: str, signal: Signal) -> None:
        known = signal.symbol in self._tape.symbols
        view = self._tape.view(signal.symbol, at_ns) if known else None
        self._loop.offer(at_ns, owner, RaiseSignal(owner=owner, signal=signal, view=view))

    def _mark(self, at_ns: int) -> None:
        for symbol in sorted({held.symbol for held in self._loop.state.positions.values()}):
            view = self._tape.view(symbol, at_ns)
            if view is not None:
                self._loop.offer(at_ns, "market", MarkHeard(view=view))
        self._mark_ns = _NEVER

    def _view_for(self, timer: str, at_ns: int) -> MarketView | None:
        """Return the market of the symbol that a timer concerns."""
        parts = timer.split("|")
        return self._tape.view(parts[2], at_ns) if len(parts) == 4 and parts[2] in self._tape.symbols else None

    # --- Commit and release -----------------------------------------------------------------------------------------

    def _settle(self, at_ns: int) -> None:
        """Plan the next mark and the release of what was decided."""
        if self._mark_ns == _NEVER and self._loop.state.positions:
            self._mark_ns = at_ns + self._mark_every_ns
        if self._loop.uncommitted >= TURN_RECORDS_MAX or (self._loop.effects_waiting and not self._wait_ns):
            self._release()
        elif self._release_ns == _NEVER and self._loop.effects_waiting:
            self._release_ns = at_ns + self._wait_ns

    def _release(self) -> None:
        """Commit, then hand each effect over at the time it was decided."""
        now_ns = self._clock.now_ns()
        self._release_ns = _NEVER
        for decided in self._loop.commit():
            self._clock.set(decided.at_ns)
            match decided.effect:
                case SendOrder(order):
                    self._orders.place(order)
                case SendCancel(account, symbol, order_id):
                    self._stops.cancel(account, symbol, order_id)
                case WakeAt(timer, at_ns):
                    self._timer_count += 1
                    heapq.heappush(self._timers, (at_ns, self._timer_count, timer))
                case QueryOrder(order_id=order_id):
                    raise AssertionError(f"{order_id} went unknown at an exchange that always answers")
        self._clock.set(now_ns)
