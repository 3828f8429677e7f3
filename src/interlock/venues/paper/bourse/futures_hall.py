"""The futures market whole: plain and conditional orders, settings, and what time and margins do to accounts."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from interlock.ports.exchange.events import LeverageChanged
from interlock.ports.exchange.market_data import MarketData
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import AlgoKey, NewOrder
from interlock.ports.exchange.rows import AlgoRow, Bracket, Countdown, FuturesAccount, SymbolSettings, TradeRow
from interlock.ports.exchange.words import AlgoState, BalanceReason, Execution, IncomeKind, MarginType, Market
from interlock.ports.liquidity import Liquidity
from interlock.units.money import ZERO, money, to_e8
from interlock.units.time import NS_PER_S
from interlock.venues.paper.bourse.charges import ExchangeTerms
from interlock.venues.paper.bourse.futures.algos import Algos
from interlock.venues.paper.bourse.futures.clockwork import Clockwork
from interlock.venues.paper.bourse.futures.liquidation import Liquidator
from interlock.venues.paper.bourse.futures.trading import FuturesTrading
from interlock.venues.paper.bourse.orders import refuse
from interlock.venues.paper.bourse.orders.algo import AlgoOrder
from interlock.venues.paper.bourse.orders.working import WorkingOrder
from interlock.venues.paper.bourse.outbox import Outbox
from interlock.venues.paper.bourse.records import CountdownKept, Row, StandingKept, TrailKept, WalletKept
from interlock.venues.paper.bourse.wallets.brackets import brackets_of, notional_cap
from interlock.venues.paper.bourse.wallets.futures import FuturesWallet, Standing
from interlock.venues.paper.bourse.wallets.margins import account_view, available, exposure

_MARK_NS = NS_PER_S
"""How often marks are looked at while anything hangs on them."""


class FuturesHall(FuturesTrading):
    """Futures accounts and all that can happen to them."""

    def __init__(self, outbox: Outbox, shown: MarketData, liquidity: Liquidity, terms: ExchangeTerms) -> None:
        super().__init__(outbox, shown, liquidity, terms)
        self._algos = Algos(self)
        self._clockwork = Clockwork(self, self._algos)
        self._liquidator = Liquidator(self)

    # --- Accounts --------------------------------------------------------------------------------------------------

    def deposit(self, at_ns: int, account: str, amount: Decimal) -> None:
        """Take USDT in."""
        wallet = self.wallets[account]
        wallet.pay(amount, at_ns)
        self.income(account, IncomeKind.TRANSFER, "", amount, at_ns)
        self.tell_wallet(wallet, BalanceReason.DEPOSIT, amount, at_ns)
        self.tell_balances(at_ns)

    def account(self, account: str) -> FuturesAccount:
        """Return wallet and positions at the marks shown now."""
        terms = self.terms
        return account_view(self.wallets[account], self.mark, terms.futures_maker_bps, terms.futures_taker_bps)

    def settings(self, account: str, symbol: str | None) -> Sequence[SymbolSettings]:
        """Return leverage and margin type."""
        if symbol is not None:
            self.rules_for(symbol)
        wallet = self.wallets[account]
        return [wallet.standing(each).settings() for each in ([symbol] if symbol is not None else sorted(self.rules))]

    def set_leverage(self, at_ns: int, account: str, symbol: str, leverage: int) -> SymbolSettings:
        """Set a symbol's leverage; a lower one needs the margin for it."""
        self.rules_for(symbol)
        if not 1 <= leverage <= brackets_of(symbol)[0].leverage_max:
            raise ExchangeError(-4028, refuse.LEVERAGE_INVALID.format(leverage))
        wallet = self.wallets[account]
        standing = wallet.standing(symbol)
        before = standing.leverage
        if standing.is_isolated and standing.position.quantity and leverage < before:
            refuse.refuse(refuse.LEVERAGE_ISOLATED)
        if exposure(standing, self.position_mark(standing)) > notional_cap(symbol, leverage):
            refuse.refuse(refuse.POSITION_TOO_LARGE)
        standing.leverage = leverage
        if leverage < before and standing.counts and available(wallet, self.mark) < ZERO:
            standing.leverage = before
            refuse.refuse(refuse.LEVERAGE_TOO_SMALL)
        self._tell_settings(standing, at_ns)
        return standing.settings()

    def set_margin_type(self, at_ns: int, account: str, symbol: str, margin_type: MarginType) -> None:
        """Set a symbol's margin type, while nothing is open in it."""
        self.rules_for(symbol)
        wallet = self.wallets[account]
        standing = wallet.standing(symbol)
        if standing.margin_type is margin_type:
            refuse.refuse(refuse.MARGIN_TYPE_SAME)
        if standing.position.quantity:
            refuse.refuse(refuse.MARGIN_TYPE_POSITION)
        if self.orders[account].of(symbol) or self._algos.waiting(account, symbol):
            refuse.refuse(refuse.MARGIN_TYPE_ORDERS)
        standing.margin_type = margin_type
        self._tell_settings(standing, at_ns)

    def _tell_settings(self, standing: Standing, at_ns: int) -> None:
        self.wallets[standing.account].standings[standing.symbol] = standing
        event = LeverageChanged(
            account=standing.account,
            symbol=standing.symbol,
            leverage=standing.leverage,
            margin_type=standing.margin_type,
            at_ns=at_ns,
        )
        self.outbox.mark((standing.account, standing.symbol), standing.kept)
        self.outbox.tell(Market.USDM, standing.account, event)

    def brackets(self, symbol: str | None) -> dict[str, tuple[Bracket, ...]]:
        """Return the leverage brackets."""
        if symbol is not None:
            self.rules_for(symbol)
            return {symbol: brackets_of(symbol)}
        return {each: brackets_of(each) for each in sorted(self.rules)}

    # --- Conditional orders ----------------------------------------------------------------------------------------

    def place_algo(self, at_ns: int, account: str, order: NewOrder) -> AlgoRow:
        """Take a conditional order in."""
        return self._algos.place(at_ns, account, order)

    def cancel_algo(self, at_ns: int, account: str, key: AlgoKey) -> AlgoRow:
        """Take a conditional order back."""
        return self._algos.cancel(at_ns, account, key)

    def cancel_open_algos(self, at_ns: int, account: str, symbol: str) -> Sequence[AlgoRow]:
        """Take all conditional orders of a symbol back."""
        return self._algos.cancel_open(at_ns, account, symbol)

    def algo(self, account: str, key: AlgoKey) -> AlgoRow | None:
        """Return a conditional order that waits, or whose order is open."""
        found = self._algos.find(account, key)
        return found.row if found is not None else None

    def open_algos(self, account: str, symbol: str | None) -> Sequence[AlgoRow]:
        """Return those that wait."""
        return [algo.row for algo in self._algos.waiting(account, symbol)]

    def trigger(self, order: WorkingOrder | AlgoOrder, at_ns: int) -> None:
        """Let a conditional order whose price was reached become a plain one."""
        assert isinstance(order, AlgoOrder), "a plain futures order has no trigger"
        self._algos.trigger(order, at_ns)

    def trailed(self, algo: AlgoOrder) -> None:
        """Have it kept how far a trailing stop has come."""
        self._algos.trailed(algo)

    def retry(self, live: WorkingOrder, at_ns: int) -> None:
        """No futures order waits for a book: without one, what triggers is refused."""
        raise AssertionError(f"order {live.order_id} waits for a book")

    def release(self, live: WorkingOrder, at_ns: int) -> None:
        """Count an order no more, and finish the conditional order it came from."""
        super().release(live, at_ns)
        if live.row.algo_id and not live.is_open:
            self._algos.finish(live.row, at_ns)

    def book(self, live: WorkingOrder, trade: TradeRow, quantity_e8: int, execution: Execution) -> None:
        """Take a trade in, and let the conditional order it came from show it."""
        super().book(live, trade, quantity_e8, execution)
        if live.row.algo_id and live.is_open:
            self._algos.filled(live.row)

    # --- Time ------------------------------------------------------------------------------------------------------

    def set_countdown(self, at_ns: int, account: str, symbol: str, countdown_ms: int) -> Countdown:
        """Start, restart or stop the countdown of cancel-all."""
        return self._clockwork.set_countdown(at_ns, self.wallets[account], symbol, countdown_ms)

    def due_ns(self, at_ns: int) -> int | None:
        """Return when time has something to do."""
        due_ns = self._clockwork.due_ns()
        standings = [standing for wallet in self.wallets.values() for standing in wallet.standings.values()]
        hangs = any(standing.position.quantity for standing in standings)
        if not hangs and not any(pit.marks or pit.trailing for pit in self.pits.values()):
            return due_ns
        mark_ns = (at_ns // _MARK_NS + 1) * _MARK_NS
        return mark_ns if due_ns is None else min(due_ns, mark_ns)

    def advance(self, at_ns: int) -> None:
        """Do what is due, then look at the marks."""
        self._clockwork.advance(at_ns)
        for symbol, pit in sorted(self.pits.items()):
            if pit.marks or pit.trailing:
                mark = self.mark(symbol)
                if mark is not None:
                    pit.on_mark(at_ns, to_e8(money(mark)))
        self.close_turn(at_ns)
        self._liquidator.check(at_ns)
        self.close_turn(at_ns)

    def settle(self, at_ns: int) -> None:
        """Do what follows from fills, and make good what an account lost beyond all it had."""
        super().settle(at_ns)
        for account in tuple(self._changed):
            self._liquidator.insure(self.wallets[account], at_ns)

    # --- Restart ---------------------------------------------------------------------------------------------------

    def rows(self) -> Iterable[Row]:
        """Return every row a restart needs."""
        for wallet in self.wallets.values():
            yield wallet.kept()
            for standing in wallet.standings.values():
                yield standing.kept()
            for symbol in wallet.countdowns:
                yield wallet.kept_countdown(symbol)
        for algo in self._algos.by_id.values():
            yield algo.row
            if algo.trails and algo.is_waiting:
                yield algo.trail()
        yield from self.order_rows()

    def restore(self, rows: Iterable[Row]) -> None:
        """Stand where a former process stood."""
        kept = list(rows)
        trails = {row.algo_id: row for row in kept if isinstance(row, TrailKept)}
        algos: list[AlgoRow] = []
        for row in kept:
            if isinstance(row, WalletKept):
                self._restore_wallet(self.wallets[row.account], row)
            elif isinstance(row, StandingKept):
                self.wallets[row.account].restore_standing(row)
            elif isinstance(row, CountdownKept) and row.countdown_ms:
                self._clockwork.restore(row)
            elif isinstance(row, AlgoRow) and row.state in (AlgoState.NEW, AlgoState.TRIGGERED):
                algos.append(row)
        self.restore_orders(kept)
        for orders in self.orders.values():
            for live in orders.of(None):
                self.reserve(live, 0)
        open_ids = {live.row.algo_id for orders in self.orders.values() for live in orders.of(None)}
        for algo in sorted(algos, key=lambda each: each.algo_id):
            if algo.state is AlgoState.NEW or algo.algo_id in open_ids:
                self._algos.restore(algo, trails.get(algo.algo_id))

    def _restore_wallet(self, wallet: FuturesWallet, row: WalletKept) -> None:
        wallet.balance, wallet.is_called, wallet.updated_at_ns = row.wallet, row.is_called, row.updated_at_ns
