"""The end of a position whose margin is gone: the venue closes it, and its insurance pays what is missing.

Simpler than upstream, never kinder: the whole position goes at once, not bracket by bracket. The displayed depth takes
what it can; the insurance takes the rest over at the mark price.
"""

from decimal import Decimal

from interlock.ports.exchange.events import MarginCalled
from interlock.ports.exchange.rows import OrderRow
from interlock.ports.exchange.words import (
    BalanceReason,
    Execution,
    IncomeKind,
    Market,
    OrderForce,
    OrderKind,
    OrderState,
)
from interlock.units.money import ZERO, money, share_bps, to_e8
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS
from interlock.venues.paper.bourse.futures.trading import FuturesTrading
from interlock.venues.paper.bourse.orders.working import WorkingOrder
from interlock.venues.paper.bourse.wallets.futures import FuturesWallet, Standing
from interlock.venues.paper.bourse.wallets.margins import kept_by, position_row, unrealised
from interlock.venues.paper.floor.symbol_floor import SEEN

_CALL_RATIO = Decimal("0.8")
_LIQUIDATED = "liquidation: the margin of the account is gone"


class Liquidator:
    """Watches margins at the mark prices shown."""

    def __init__(self, trading: FuturesTrading) -> None:
        self._trading = trading
        self._is_closing = False

    def insure(self, wallet: FuturesWallet, at_ns: int) -> None:
        """Make good a balance below zero that no position stands behind any more. A liquidation sees to its own."""
        if self._is_closing or wallet.balance >= ZERO:
            return
        if any(standing.position.quantity for standing in wallet.standings.values()):
            return
        symbol = next(iter(wallet.changed), "")
        if wallet.changed:
            self._trading.tell_wallet(wallet, BalanceReason.ORDER, ZERO, at_ns)
        self._pay(wallet, -wallet.balance, symbol, at_ns)

    def _pay(self, wallet: FuturesWallet, change: Decimal, symbol: str, at_ns: int) -> None:
        """Pay from the insurance, or into it, and say so."""
        wallet.pay(change, at_ns)
        self._trading.income(wallet.account, IncomeKind.INSURANCE_CLEAR, symbol, change, at_ns)
        self._trading.tell_wallet(wallet, BalanceReason.INSURANCE_CLEAR, change, at_ns)

    def check(self, at_ns: int) -> None:
        """Liquidate what has to be, and call for margin where it is near."""
        for wallet in self._trading.wallets.values():
            held = [standing for _, standing in sorted(wallet.standings.items()) if standing.position.quantity]
            if not held:
                self.insure(wallet, at_ns)
                if wallet.is_called:
                    self._set_called(wallet, False)
                continue
            for standing in held:
                if standing.is_isolated and self._is_lost(standing.isolated, [standing]):
                    self._liquidate(wallet, [standing], at_ns)
            crossed = [standing for standing in held if not standing.is_isolated]
            if crossed and self._is_lost(wallet.cross(), crossed):
                self._liquidate(wallet, crossed, at_ns)
            else:
                self._call(wallet, crossed, at_ns)

    def _figures(self, standings: list[Standing]) -> tuple[Decimal, Decimal]:
        """Return (open profit, margin to be kept) of positions."""
        profit = kept = ZERO
        for standing in standings:
            mark = self._trading.position_mark(standing)
            profit += unrealised(standing, mark)
            kept += kept_by(standing, mark)
        return profit, kept

    def _is_lost(self, margin: Decimal, standings: list[Standing]) -> bool:
        profit, kept = self._figures(standings)
        return margin + profit < kept

    # --- Calls -----------------------------------------------------------------------------------------------------

    def _call(self, wallet: FuturesWallet, crossed: list[Standing], at_ns: int) -> None:
        """Tell once when the margin to be kept is near the margin there is."""
        profit, kept = self._figures(crossed)
        is_near = bool(crossed) and kept > (wallet.cross() + profit) * _CALL_RATIO
        if is_near and not wallet.is_called:
            rows = tuple(position_row(wallet, standing, self._trading.mark) for standing in crossed)
            event = MarginCalled(account=wallet.account, cross_wallet=wallet.cross(), positions=rows, at_ns=at_ns)
            self._trading.outbox.tell(Market.USDM, wallet.account, event)
        if is_near is not wallet.is_called:
            self._set_called(wallet, is_near)

    def _set_called(self, wallet: FuturesWallet, is_called: bool) -> None:
        wallet.is_called = is_called
        self._trading.outbox.mark(wallet.account, wallet.kept)

    # --- Liquidation -----------------------------------------------------------------------------------------------

    def _liquidate(self, wallet: FuturesWallet, standings: list[Standing], at_ns: int) -> None:
        """Cancel the orders of the positions, close these, take the fee, and make good what is missing."""
        trading = self._trading
        is_isolated = standings[0].is_isolated
        for live in trading.orders[wallet.account].of(standings[0].symbol if is_isolated else None):
            if is_isolated or not wallet.standing(live.row.symbol).is_isolated:
                trading.end(live, OrderState.CANCELED, Execution.CANCELED, _LIQUIDATED, at_ns)
        margin_before = standings[0].isolated
        balance_before, value = wallet.balance, ZERO
        self._is_closing = True
        for standing in sorted(standings, key=self._kept_by, reverse=True):
            value += self._close(wallet, standing, at_ns)
        trading.close_turn(at_ns)
        self._is_closing = False
        left = margin_before + wallet.balance - balance_before if is_isolated else wallet.cross()
        fee = min(money(share_bps(value, trading.terms.liquidation_bps)), max(left, ZERO))
        change = -fee if left >= ZERO else -left
        if change:
            self._pay(wallet, change, standings[0].symbol, at_ns)

    def _kept_by(self, standing: Standing) -> Decimal:
        return kept_by(standing, self._trading.position_mark(standing))

    def _close(self, wallet: FuturesWallet, standing: Standing, at_ns: int) -> Decimal:
        """Close one position by an order of the venue's own and return what it was worth at its fills."""
        trading = self._trading
        pit = trading.pit(standing.symbol)
        quantity = standing.position.quantity
        order_id = trading.outbox.next_order_id()
        row = OrderRow(
            market=Market.USDM,
            account=wallet.account,
            symbol=standing.symbol,
            order_id=order_id,
            client_order_id=f"autoclose-{at_ns // NS_PER_MS}-{order_id}",
            side=Side.SELL if quantity > ZERO else Side.BUY,
            kind=OrderKind.LIQUIDATION,
            asked_kind=OrderKind.LIQUIDATION,
            time_in_force=OrderForce.IOC,
            state=OrderState.NEW,
            quantity=abs(quantity),
            created_at_ns=at_ns,
            updated_at_ns=at_ns,
            working_at_ns=at_ns,
        )
        live = WorkingOrder(row, pit.scale)
        trading.orders[wallet.account].add(live)
        trading.outbox.report(row, Execution.NEW, None, at_ns)
        if pit.taking.state() in SEEN:
            pit.taking.sweep(live, None, None, at_ns)
        if live.is_open:
            mark_e8 = to_e8(money(trading.position_mark(standing)))
            trading.fill(live, mark_e8, live.left_e8, False, at_ns)
        return live.row.filled_quote
