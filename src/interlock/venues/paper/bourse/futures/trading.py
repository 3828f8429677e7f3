"""Futures orders: what lets them in, what their fills do to balance and position, and how they are changed."""

from decimal import Decimal

from msgspec.structs import replace

from interlock.ports.exchange.events import FuturesBalance, FuturesUpdated
from interlock.ports.exchange.market_data import MarketData
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import Amendment, NewOrder
from interlock.ports.exchange.rows import IncomeRow, OrderRow, TradeRow
from interlock.ports.exchange.words import (
    BalanceReason,
    Execution,
    IncomeKind,
    Market,
    OrderForce,
    OrderKind,
    OrderState,
)
from interlock.ports.liquidity import Liquidity
from interlock.units.money import ZERO, from_e8, money, share_bps, to_e8
from interlock.units.time import NS_PER_MS
from interlock.venues.paper import rejections
from interlock.venues.paper.bourse.charges import ExchangeTerms
from interlock.venues.paper.bourse.hall import Hall
from interlock.venues.paper.bourse.orders import refuse
from interlock.venues.paper.bourse.orders.futures_filters import (
    check_best_price,
    check_futures_amounts,
    check_futures_value,
)
from interlock.venues.paper.bourse.orders.index import OpenOrders
from interlock.venues.paper.bourse.orders.rules import SymbolRules
from interlock.venues.paper.bourse.orders.shape import check_futures_shape
from interlock.venues.paper.bourse.orders.working import WorkingOrder
from interlock.venues.paper.bourse.outbox import Outbox
from interlock.venues.paper.bourse.pit import Pit
from interlock.venues.paper.bourse.wallets.brackets import notional_cap
from interlock.venues.paper.bourse.wallets.futures import MARGIN_ASSET, FuturesWallet, Standing
from interlock.venues.paper.bourse.wallets.margins import available, exposure, initial, mark_of, position_row
from interlock.venues.paper.floor.symbol_floor import POSITION_GONE


class FuturesTrading(Hall):
    """Orders and fills of USD-margined futures in one-way mode, with one balance an account."""

    market = Market.USDM

    def __init__(self, outbox: Outbox, shown: MarketData, liquidity: Liquidity, terms: ExchangeTerms) -> None:
        super().__init__(outbox, shown, liquidity, terms, terms.futures_algos_max)
        self.wallets: dict[str, FuturesWallet] = {}
        self._changed: dict[str, FuturesWallet] = {}

    def seat(self, account: str, uid: int) -> None:
        """Let an account in."""
        self.orders[account] = OpenOrders()
        self.wallets[account] = FuturesWallet(account, uid, self.terms.leverage, self._mark)

    def mark(self, symbol: str) -> Decimal | None:
        """Return the mark price shown now; before any the middle of the quote, None before both."""
        shown = self.shown.mark(symbol)
        if shown is not None:
            return shown.mark
        quote = self.shown.quote(symbol)
        return (quote.bid + quote.ask) / 2 if quote is not None else None

    # --- Admission -------------------------------------------------------------------------------------------------

    def admit(self, at_ns: int, account: str, order: NewOrder) -> WorkingOrder:
        """Return an order that may come in; refuse it otherwise."""
        check_futures_shape(order, at_ns // NS_PER_MS)
        rules = self.tradable(order.symbol)
        orders = self.orders[account]
        if order.client_order_id in orders.by_client:
            refuse.refuse(rejections.ID_DUPLICATED)
        of_symbol = orders.by_symbol.get(order.symbol)
        if of_symbol is not None and order.kind is OrderKind.LIMIT and len(of_symbol) >= rules.orders_max:
            refuse.refuse(refuse.ORDERS_MAX)
        check_futures_amounts(order, rules, self.mark(order.symbol))
        return self.admit_row(_row(account, order, at_ns), order, rules)

    def admit_row(self, row: OrderRow, order: NewOrder, rules: SymbolRules) -> WorkingOrder:
        """Judge an order against the market shown, the position and the margin."""
        pit = self.pit(row.symbol)
        live = WorkingOrder(row, pit.scale)
        wallet = self.wallets[row.account]
        standing = wallet.standing(row.symbol)
        if row.reduce_only and not standing.reducible(live.is_buy):
            refuse.refuse(rejections.NOTHING_TO_REDUCE)
        best_e8 = self.best(pit, live.is_buy)
        if best_e8 is None and (not live.price_e8 or live.is_at_once):
            refuse.refuse(rejections.NO_BOOK)
        if live.is_post_only and pit.would_take(live, best_e8):
            refuse.refuse(rejections.WOULD_TAKE)
        price = row.price
        if not live.price_e8 and best_e8 is not None:
            price = from_e8(best_e8)
            check_best_price(price, row.side, rules, self.mark(row.symbol))
        check_futures_value(order, row.quantity, price, rules)
        if not row.reduce_only:
            self._check_margin(wallet, standing, row.quantity, price, live.is_buy)
        return live

    def _check_margin(
        self, wallet: FuturesWallet, standing: Standing, quantity: Decimal, price: Decimal, is_buy: bool
    ) -> None:
        """Refuse what the leverage does not allow, or what the free margin does not carry: margin and open loss."""
        mark = self.mark(standing.symbol)
        if mark is None:
            mark = price
        value = quantity * price
        buys, sells = (value, ZERO) if is_buy else (ZERO, value)
        after = exposure(standing, mark, buys, sells)
        more = initial(standing, mark, buys, sells) - initial(standing, mark)
        if more <= ZERO:
            return
        if after > notional_cap(standing.symbol, standing.leverage):
            refuse.refuse(refuse.POSITION_TOO_LARGE)
        loss = quantity * max(price - mark if is_buy else mark - price, ZERO)
        if more + loss > available(wallet, self.mark):
            refuse.refuse(rejections.MARGIN_SHORT)

    # --- Working ---------------------------------------------------------------------------------------------------

    def reserve(self, live: WorkingOrder, at_ns: int) -> None:
        """Count an order with a limit among what may open a position."""
        if live.price_e8 and not live.row.reduce_only:
            live.is_counted = True
            self._count(live, live.price_e8 * live.left_e8)

    def release(self, live: WorkingOrder, at_ns: int) -> None:
        """Count it no more."""
        if live.is_counted:
            live.is_counted = False
            self._count(live, -live.price_e8 * live.left_e8)

    def _count(self, live: WorkingOrder, value_e16: int) -> None:
        standing = self.wallets[live.row.account].open_standing(live.row.symbol)
        if live.is_buy:
            standing.buys_e16 += value_e16
        else:
            standing.sells_e16 += value_e16

    def reducible_e8(self, live: WorkingOrder) -> int:
        """Return what is left, or the position when that is less and the order only reduces."""
        if not live.row.reduce_only:
            return live.left_e8
        return min(live.left_e8, to_e8(self.wallets[live.row.account].standing(live.row.symbol).reducible(live.is_buy)))

    def fill(self, live: WorkingOrder, price_e8: int, quantity_e8: int, is_maker: bool, at_ns: int) -> None:
        """Book a trade: profit and commission to the balance, the rest to the position."""
        assert 0 < quantity_e8 <= live.left_e8, f"{quantity_e8} of {live.left_e8} cannot be filled"
        row, terms = live.row, self.terms
        price, quantity = live.scale.price(price_e8), live.scale.quantity(quantity_e8)
        quote = price * quantity
        commission = money(share_bps(quote, terms.futures_maker_bps if is_maker else terms.futures_taker_bps))
        wallet = self.wallets[row.account]
        standing = wallet.open_standing(row.symbol)
        held = standing.position.quantity
        realised = standing.trade(quantity if live.is_buy else -quantity, price, commission, at_ns)
        if held and (held > ZERO) != (standing.position.quantity > ZERO):
            wallet.turned[row.symbol] = standing
        if live.is_counted:
            self._count(live, -live.price_e8 * quantity_e8)
        wallet.pay(realised - commission, at_ns)
        wallet.note(standing)
        trade = TradeRow(
            market=Market.USDM,
            account=row.account,
            symbol=row.symbol,
            trade_id=self.outbox.next_trade_id(),
            order_id=live.order_id,
            side=row.side,
            price=price,
            quantity=quantity,
            quote=quote,
            commission=commission,
            commission_asset=MARGIN_ASSET,
            realised=realised,
            is_maker=is_maker,
            at_ns=at_ns,
        )
        is_liquidation = row.kind is OrderKind.LIQUIDATION
        self.book(live, trade, quantity_e8, Execution.CALCULATED if is_liquidation else Execution.TRADE)
        if realised:
            self.income(row.account, IncomeKind.REALIZED_PNL, row.symbol, realised, at_ns, str(trade.trade_id))
        if commission:
            self.income(row.account, IncomeKind.COMMISSION, row.symbol, -commission, at_ns, str(trade.trade_id))

    def income(
        self, account: str, kind: IncomeKind, symbol: str, amount: Decimal, at_ns: int, trade_id: str = ""
    ) -> None:
        """Write down why the balance changed."""
        self.outbox.write_income(
            IncomeRow(
                account=account,
                income_id=0,
                kind=kind,
                symbol=symbol,
                asset=MARGIN_ASSET,
                amount=amount,
                info=trade_id or kind.value,
                trade_id=trade_id,
                at_ns=at_ns,
            )
        )

    # --- Amendment -------------------------------------------------------------------------------------------------

    def amend(self, at_ns: int, account: str, amendment: Amendment) -> OrderRow:
        """Change price and quantity of a resting limit order.

        Only a smaller quantity at the same price keeps its place in the queue. A quantity at or under what is filled
        cancels it. A post-only order that would take then is refused and stays as it is.
        """
        rules = self.tradable(amendment.key.symbol)
        live = self.orders[account].find(amendment.key)
        if live is None:
            refuse.refuse(refuse.ORDER_UNKNOWN)
        row = live.row
        if row.kind is not OrderKind.LIMIT or row.side is not amendment.side:
            refuse.refuse(refuse.AMEND_KIND)
        if (amendment.price, amendment.quantity) == (row.price, row.quantity):
            refuse.refuse(refuse.AMEND_SAME)
        changed = replace(row, price=amendment.price, quantity=amendment.quantity, updated_at_ns=at_ns)
        order = _asked(changed)
        check_futures_amounts(order, rules, self.mark(row.symbol))
        pit = self.pit(row.symbol)
        if amendment.quantity <= row.filled:
            self.end(live, OrderState.CANCELED, Execution.CANCELED, "", at_ns)
        elif amendment.price == row.price and amendment.quantity < row.quantity:
            check_futures_value(order, amendment.quantity, amendment.price, rules)
            self.release(live, at_ns)
            live.row, live.left_e8 = changed, to_e8(changed.quantity - changed.filled)
            self.reserve(live, at_ns)
            self.outbox.report(changed, Execution.AMENDMENT, None, at_ns)
            self.touch(pit, live)
        else:
            self._move(pit, live, changed, order, rules, at_ns)
        self.close_turn(at_ns)
        return live.row

    def _move(
        self, pit: Pit, live: WorkingOrder, changed: OrderRow, order: NewOrder, rules: SymbolRules, at_ns: int
    ) -> None:
        """Take an order off the book and let it come in anew, under its number."""
        self.release(live, at_ns)
        try:
            self.admit_row(replace(changed, quantity=changed.quantity - changed.filled, filled=ZERO), order, rules)
        except ExchangeError:
            self.reserve(live, at_ns)
            raise
        pit.drop(live)
        live.row, live.price_e8 = changed, to_e8(changed.price)
        live.left_e8 = to_e8(changed.quantity - changed.filled)
        live.ahead_e8, live.is_seated, live.ordinal = -1, False, self.outbox.next_order_id()
        self.reserve(live, at_ns)
        self.outbox.report(changed, Execution.AMENDMENT, None, at_ns)
        self.touch(pit, live)
        self.meet(pit, live, at_ns)

    # --- Turns -----------------------------------------------------------------------------------------------------

    def settle(self, at_ns: int) -> None:
        """End the orders that only reduce, where a position is gone or stands the other way now."""
        for wallet in self._changed.values():
            turned, wallet.turned = wallet.turned, {}
            for symbol, standing in turned.items():
                for live in self.orders[wallet.account].of(symbol):
                    if live.row.reduce_only and not standing.reducible(live.is_buy):
                        self.expire(live, POSITION_GONE, at_ns)

    def tell_balances(self, at_ns: int) -> None:
        """Tell of balances and positions that fills changed."""
        for wallet in self._changed.values():
            if wallet.changed:
                self.tell_wallet(wallet, BalanceReason.ORDER, ZERO, at_ns)
        self._changed.clear()

    def tell_wallet(self, wallet: FuturesWallet, reason: BalanceReason, change: Decimal, at_ns: int) -> None:
        """Tell of a balance, and of the positions that changed since the last time."""
        changed = wallet.changed.values()
        event = FuturesUpdated(
            account=wallet.account,
            reason=reason,
            balances=(
                FuturesBalance(asset=MARGIN_ASSET, wallet=wallet.balance, cross_wallet=wallet.cross(), change=change),
            ),
            positions=tuple([position_row(wallet, standing, self.mark) for standing in changed]),
            accumulated={standing.symbol: standing.position.realised for standing in changed},
            at_ns=at_ns,
        )
        wallet.changed.clear()
        self.outbox.tell(Market.USDM, wallet.account, event)

    def position_mark(self, standing: Standing) -> Decimal:
        """Return the mark a position is judged at."""
        return mark_of(standing, self.mark)

    def _mark(self, account: str, standing: Standing | None) -> None:
        wallet = self.wallets[account]
        self._changed[account] = wallet
        if standing is None:
            self.outbox.mark(account, wallet.kept)
        else:
            self.outbox.mark((account, standing.symbol), standing.kept)


def _asked(row: OrderRow) -> NewOrder:
    """Return the terms of an order on the books, to be judged anew."""
    return NewOrder(
        symbol=row.symbol,
        side=row.side,
        kind=row.kind,
        client_order_id=row.client_order_id,
        quantity=row.quantity,
        price=row.price,
        reduce_only=row.reduce_only,
    )


def _row(account: str, order: NewOrder, at_ns: int) -> OrderRow:
    """Return a plain futures order as it comes in."""
    is_dated = order.time_in_force is OrderForce.GTD
    return OrderRow(
        market=Market.USDM,
        account=account,
        symbol=order.symbol,
        order_id=0,
        client_order_id=order.client_order_id,
        side=order.side,
        kind=order.kind,
        asked_kind=order.kind,
        time_in_force=order.time_in_force or OrderForce.GTC,
        state=OrderState.NEW,
        quantity=order.quantity or ZERO,
        price=order.price or ZERO,
        reduce_only=order.reduce_only,
        price_protect=order.price_protect,
        working_price=order.working_price,
        self_trade=order.self_trade,
        good_till_ms=(order.good_till_ms or 0) if is_dated else 0,
        created_at_ns=at_ns,
        updated_at_ns=at_ns,
        working_at_ns=at_ns,
    )
