"""The paper exchange as the server room sees it: the kernel's verbs, each answered when all it tells is on disk."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

from interlock.ports.clock import Clock
from interlock.ports.exchange.backend import Placed
from interlock.ports.exchange.events import Told
from interlock.ports.exchange.market_data import MarketData, MarketEvent
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import AlgoKey, Amendment, History, NewOrder, OrderKey, Replacement
from interlock.ports.exchange.rows import (
    AlgoRow,
    Bracket,
    Countdown,
    FuturesAccount,
    IncomeRow,
    OrderRow,
    SpotAccount,
    SymbolSettings,
    TradeRow,
)
from interlock.ports.exchange.words import MarginType, Market
from interlock.units.time import NS_PER_MS, NS_PER_S
from interlock.venues.paper.bourse.kernel import Kernel
from interlock.venues.paper.bourse.store.book_store import BookStore
from interlock.venues.paper.bourse.turns import Turns

_Asked = ParamSpec("_Asked")
_Answer = TypeVar("_Answer")
_TIMER_S_MIN: Final = 0.001


class DurableExchange:
    """Implements `Exchange` over a kernel and a book of record.

    Each verb acts at once, in the order of arrival, and answers after the commit of its turn; so do refusals and reads,
    which may rest on what the turn changed. `show`, `on_quote`, `on_trade` and `advance` are for who plays the market.
    """

    def __init__(
        self,
        kernel: Kernel,
        store: BookStore,
        data: Mapping[Market, MarketData],
        clock: Clock,
        failed: Callable[[Exception], None],
        speed: int = 1,
    ) -> None:
        """Take over parts that `open` has put together."""
        self._kernel = kernel
        self._data = dict(data)
        self._clock = clock
        self._speed = speed
        self._shift_ms = 0
        self._histories = store.histories
        self._turns = Turns(kernel, store, failed, self._set_timer)
        self._watchers: list[Callable[[Market, Sequence[MarketEvent]], None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._timer_ns = 0

    @classmethod
    def open(
        cls,
        directory: Path,
        kernel: Kernel,
        data: Mapping[Market, MarketData],
        clock: Clock,
        failed: Callable[[Exception], None],
        speed: int = 1,
    ) -> "DurableExchange":
        """Return the exchange of a folder, gone on from where it stopped; a new one where there is none.

        To be called in a running event loop. `kernel` is a new one; it is filled from the book. What was due while the
        exchange was down is done before this returns. `failed` is called once, when the book cannot be written or the
        kernel fails: the process must end then. `speed` is how many seconds `clock` goes in one of ours. Errors: Fault.
        """
        store = BookStore.open(directory)
        try:
            at_ns, rows = store.latest()
            kernel.restore(rows)
            exchange = cls(kernel, store, data, clock, failed, speed)
            # The clock may have been set back meanwhile; the exchange's own time never is.
            exchange._turns.at_ns = at_ns
            if kernel.accounts():
                kernel.advance(exchange._moment_ns())
            if kernel.is_dirty:
                store.commit(exchange._turns.at_ns, kernel.drain().rows)
            exchange._set_timer()
        except BaseException:
            store.abandon()
            raise
        return exchange

    def close(self) -> None:
        """Commit what is left and let go of the book. Nothing is answered any more. Errors: a Fault."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._turns.close()

    def abandon(self) -> None:
        """Let go of the book as it stands, as a crash would: after a failure."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._turns.abandon()

    # --- Clock and market ------------------------------------------------------------------------------------------

    def now_ms(self) -> int:
        """Return the exchange's own clock, UTC milliseconds, with the shift of a fault."""
        return self._moment_ns() // NS_PER_MS + self._shift_ms

    def shift_clock(self, offset_ms: int) -> None:
        """Let the clock that is told go ahead by so much (behind, below zero). What happens is timed without it."""
        self._shift_ms = offset_ms

    def data(self, market: Market) -> MarketData:
        """Return what is shown of a market."""
        return self._data[market]

    def show(self, market: Market, events: Sequence[MarketEvent]) -> None:
        """Pass on what a market shows to those who watch."""
        for watcher in self._watchers:
            watcher(market, events)

    def on_quote(
        self, market: Market, symbol: str, at_ns: int, bid_e8: int, ask_e8: int, bid_size_e8: int, ask_size_e8: int
    ) -> None:
        """Show a quote to the orders, after the displayed market was brought to it."""
        self._act(self._kernel.on_quote, market, symbol, self._tick_ns(at_ns), bid_e8, ask_e8, bid_size_e8, ask_size_e8)

    def on_trade(
        self, market: Market, symbol: str, at_ns: int, price_e8: int, quantity_e8: int, buyer_is_aggressor: bool
    ) -> None:
        """Show a market trade to the orders, after the displayed market was brought to it."""
        self._act(
            self._kernel.on_trade, market, symbol, self._tick_ns(at_ns), price_e8, quantity_e8, buyer_is_aggressor
        )

    def advance(self) -> None:
        """Do what is due by now: countdowns, ends of orders, funding, triggers, liquidations."""
        self._act(self._kernel.advance, self._moment_ns())

    def relist(self) -> None:
        """Read the listings again: filters changed."""
        self._act(self._kernel.relist, self._moment_ns())

    # --- Orders ----------------------------------------------------------------------------------------------------

    async def place(self, market: Market, account: str, order: NewOrder) -> Placed:
        """Take an order in, match it, and return it with the fills it had at once."""
        return await self._durable(self._kernel.place, market, account, order)

    async def test(self, market: Market, account: str, order: NewOrder) -> None:
        """Judge an order and place nothing."""
        await self._durable(self._kernel.test, market, account, order)

    async def cancel(self, market: Market, account: str, key: OrderKey, cancel_as: str | None = None) -> OrderRow:
        """Take an open order back."""
        return await self._durable(self._kernel.cancel, market, account, key, cancel_as)

    async def cancel_open(
        self, market: Market, account: str, symbol: str, cancel_as: Callable[[], str] | None = None
    ) -> Sequence[OrderRow]:
        """Take all open orders of a symbol back."""
        return await self._durable(self._kernel.cancel_open, market, account, symbol, cancel_as)

    async def replace(self, account: str, replacement: Replacement) -> tuple[OrderRow | ExchangeError, Placed | None]:
        """Spot: cancel and place."""
        return await self._durable(self._kernel.replace, account, replacement)

    async def amend(self, account: str, amendment: Amendment) -> OrderRow:
        """Futures: change price and quantity of a resting limit order."""
        return await self._durable(self._kernel.amend, account, amendment)

    async def order(self, market: Market, account: str, key: OrderKey) -> OrderRow:
        """Return one order, open or ended."""
        row = await self._durable(self._kernel.order, market, account, key)
        row = row or self._histories.order(market, account, key)
        if row is None:
            raise ExchangeError(-2013, "Order does not exist.")
        return row

    async def open_orders(self, market: Market, account: str, symbol: str | None) -> Sequence[OrderRow]:
        """Return the open orders, oldest first."""
        return await self._durable(self._kernel.open_orders, market, account, symbol)

    async def orders(self, market: Market, account: str, history: History) -> Sequence[OrderRow]:
        """Return orders of a symbol, open and ended, oldest first."""
        await self._readable(market, account)
        return self._histories.orders(market, account, history)

    async def trades(self, market: Market, account: str, history: History) -> Sequence[TradeRow]:
        """Return fills of a symbol, oldest first."""
        await self._readable(market, account)
        return self._histories.trades(market, account, history)

    # --- Futures conditional orders --------------------------------------------------------------------------------

    async def place_algo(self, account: str, order: NewOrder) -> AlgoRow:
        """Take a conditional order in."""
        return await self._durable(self._kernel.place_algo, account, order)

    async def cancel_algo(self, account: str, key: AlgoKey) -> AlgoRow:
        """Take a conditional order back."""
        return await self._durable(self._kernel.cancel_algo, account, key)

    async def cancel_open_algos(self, account: str, symbol: str) -> Sequence[AlgoRow]:
        """Take all conditional orders of a symbol back."""
        return await self._durable(self._kernel.cancel_open_algos, account, symbol)

    async def algo(self, account: str, key: AlgoKey) -> AlgoRow:
        """Return one conditional order, open or ended."""
        row = await self._durable(self._kernel.algo, account, key)
        row = row or self._histories.algo(account, key)
        if row is None:
            raise ExchangeError(-2013, "Order does not exist.")
        return row

    async def open_algos(self, account: str, symbol: str | None) -> Sequence[AlgoRow]:
        """Return the conditional orders that wait, oldest first."""
        return await self._durable(self._kernel.open_algos, account, symbol)

    async def algos(self, account: str, history: History) -> Sequence[AlgoRow]:
        """Return conditional orders, waiting and ended, oldest first."""
        await self._readable(Market.USDM, account)
        return self._histories.algos(account, history)

    # --- Accounts --------------------------------------------------------------------------------------------------

    def accounts(self) -> Sequence[str]:
        """Return the names of the accounts, in the order they were opened."""
        return self._kernel.accounts()

    async def open_account(self, name: str, spot: Mapping[str, Decimal] | None, futures_usdt: Decimal | None) -> None:
        """Open an account with what it has to begin with; None is no wallet of that market. No name twice."""
        await self._durable(self._kernel.open_account, name, spot, futures_usdt)

    async def spot_account(self, account: str) -> SpotAccount:
        """Return the spot wallet."""
        return await self._durable(self._kernel.spot_account, account)

    async def futures_account(self, account: str) -> FuturesAccount:
        """Return the futures wallet and positions, marked at the current mark prices."""
        return await self._durable(self._kernel.futures_account, account)

    async def income(self, account: str, history: History, kind: str | None) -> Sequence[IncomeRow]:
        """Return changes of the futures balance, oldest first."""
        await self._readable(Market.USDM, account)
        return self._histories.income(account, history, kind)

    async def settings(self, account: str, symbol: str | None) -> Sequence[SymbolSettings]:
        """Return leverage and margin type, of one symbol or of all listed."""
        return await self._durable(self._kernel.settings, account, symbol)

    async def set_leverage(self, account: str, symbol: str, leverage: int) -> SymbolSettings:
        """Set a symbol's leverage."""
        return await self._durable(self._kernel.set_leverage, account, symbol, leverage)

    async def set_margin_type(self, account: str, symbol: str, margin_type: MarginType) -> None:
        """Set a symbol's margin type."""
        await self._durable(self._kernel.set_margin_type, account, symbol, margin_type)

    async def set_countdown(self, account: str, symbol: str, countdown_ms: int) -> Countdown:
        """Start, restart, or with 0 stop the countdown after which all open orders of the symbol are cancelled."""
        return await self._durable(self._kernel.set_countdown, account, symbol, countdown_ms)

    def brackets(self, symbol: str | None) -> dict[str, tuple[Bracket, ...]]:
        """Return the leverage brackets, of one symbol or of all listed."""
        return self._kernel.brackets(symbol)

    # --- What it tells of its own accord ---------------------------------------------------------------------------

    def listen(self, told: Callable[[Sequence[Told]], None]) -> None:
        """Call back with the events of accounts, in order, each once, after they are durable."""
        self._turns.listen(told)

    def watch(self, shown: Callable[[Market, Sequence[MarketEvent]], None]) -> None:
        """Call back with what the markets show, in order, as it happens."""
        self._watchers.append(shown)

    # --- Inside ----------------------------------------------------------------------------------------------------

    async def _durable(
        self, verb: Callable[Concatenate[int, _Asked], _Answer], *args: _Asked.args, **named: _Asked.kwargs
    ) -> _Answer:
        """Act now, and return or raise what came of it when all that has changed is on disk."""
        self._turns.require_going()
        try:
            answer = verb(self._moment_ns(), *args, **named)
        except ExchangeError:
            if self._kernel.is_dirty:
                await self._turns.committed()
            raise
        except Exception as error:
            # What such a verb left half done must never be written.
            self._turns.fail(error)
            raise
        if self._kernel.is_dirty:
            await self._turns.committed()
        return answer

    def _act(self, verb: Callable[_Asked, None], *args: _Asked.args, **named: _Asked.kwargs) -> None:
        """Act as the market or time wants, and have what it changed committed."""
        self._turns.require_going()
        try:
            verb(*args, **named)
        except Exception as error:
            self._turns.fail(error)
            raise
        if self._kernel.is_dirty:
            self._turns.changed()

    async def _readable(self, market: Market, account: str) -> None:
        """Return when the account's history can be read from disk."""
        self._turns.require_going()
        self._kernel.require(market, account)
        if self._kernel.is_dirty:
            await self._turns.committed()

    def _moment_ns(self) -> int:
        now_ns = self._clock.now_ns()
        if now_ns > self._turns.at_ns:
            self._turns.at_ns = now_ns
        return self._turns.at_ns

    def _tick_ns(self, at_ns: int) -> int:
        if at_ns > self._turns.at_ns:
            self._turns.at_ns = at_ns
        return self._turns.at_ns

    def _set_timer(self) -> None:
        """Have `advance` called when the kernel is due, if nobody calls it before."""
        due_ns = self._kernel.due_ns()
        if due_ns is None or (self._timer is not None and self._timer_ns <= due_ns):
            return
        if self._timer is not None:
            self._timer.cancel()
        wait_s = (due_ns - self._moment_ns()) / NS_PER_S / self._speed
        self._timer_ns = due_ns
        self._timer = asyncio.get_running_loop().call_later(max(wait_s, _TIMER_S_MIN), self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self.advance()
        self._set_timer()
