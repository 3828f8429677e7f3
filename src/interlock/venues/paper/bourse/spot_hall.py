"""The spot market: orders lock what they need, fills move assets, and the commission is kept of what is received."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from interlock.ports.exchange.backend import Placed
from interlock.ports.exchange.events import SpotBalancesUpdated
from interlock.ports.exchange.market_data import MarketData
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import NewOrder, Replacement
from interlock.ports.exchange.rows import OrderRow, SpotAccount, TradeRow
from interlock.ports.exchange.words import Execution, Market, OrderForce, OrderKind, OrderState, StopMode
from interlock.ports.liquidity import Liquidity
from interlock.units.money import ZERO, from_e8, money, share_bps
from interlock.venues.paper.bourse.charges import ExchangeTerms
from interlock.venues.paper.bourse.hall import Hall
from interlock.venues.paper.bourse.orders import refuse
from interlock.venues.paper.bourse.orders.algo import AlgoOrder
from interlock.venues.paper.bourse.orders.index import OpenOrders
from interlock.venues.paper.bourse.orders.rules import SymbolRules
from interlock.venues.paper.bourse.orders.shape import check_spot_shape
from interlock.venues.paper.bourse.orders.spot_filters import check_spot_amounts, check_spot_value
from interlock.venues.paper.bourse.orders.working import WorkingOrder
from interlock.venues.paper.bourse.orders.worth import quantity_for_e8, worth
from interlock.venues.paper.bourse.outbox import Outbox
from interlock.venues.paper.bourse.pit import Pit
from interlock.venues.paper.bourse.records import AssetKept, Row
from interlock.venues.paper.bourse.wallets.spot import Holding, SpotWallet

_FAILED = "Order cancel-replace failed."
_HALF_FAILED = "Order cancel-replace partially failed."
_FUNDS_SHORT = "triggered: the account has insufficient balance"


class SpotHall(Hall):
    """Spot orders and wallets. A buy locks its quote value at its limit, a sell its quantity."""

    market = Market.SPOT

    def __init__(self, outbox: Outbox, shown: MarketData, liquidity: Liquidity, terms: ExchangeTerms) -> None:
        super().__init__(outbox, shown, liquidity, terms, terms.spot_algos_max)
        self.wallets: dict[str, SpotWallet] = {}
        self._changed: dict[str, SpotWallet] = {}

    # --- Accounts --------------------------------------------------------------------------------------------------

    def seat(self, account: str, uid: int) -> None:
        """Let an account in."""
        self.orders[account] = OpenOrders()
        self.wallets[account] = SpotWallet(account, uid, self._mark)

    def deposit(self, at_ns: int, account: str, assets: Mapping[str, Decimal]) -> None:
        """Take assets in."""
        self.wallets[account].deposit(assets, at_ns)
        self.tell_balances(at_ns)

    def account(self, account: str) -> SpotAccount:
        """Return the wallet."""
        wallet = self.wallets[account]
        return SpotAccount(
            uid=wallet.uid,
            maker_bps=self.terms.spot_maker_bps,
            taker_bps=self.terms.spot_taker_bps,
            balances=wallet.balances(),
            updated_at_ns=wallet.updated_at_ns,
        )

    # --- Admission -------------------------------------------------------------------------------------------------

    def admit(self, at_ns: int, account: str, order: NewOrder) -> WorkingOrder:
        """Return an order that may come in; refuse it otherwise."""
        live, best_e8 = self._judge_by_filters(at_ns, account, order)
        if order.client_order_id in self.orders[account].by_client:
            refuse.refuse(refuse.SPOT_DUPLICATE)
        pit = self.pit(order.symbol)
        if live.is_working:
            is_needed = order.kind is OrderKind.MARKET or live.is_at_once
            if best_e8 is None and is_needed:
                refuse.refuse(refuse.SPOT_CLOSED)
            if order.kind is OrderKind.LIMIT_MAKER and pit.would_take(live, best_e8):
                refuse.refuse(refuse.SPOT_WOULD_TAKE)
        else:
            reference = self.last(order.symbol)
            if reference is not None and (
                reference <= live.row.trigger_price if live.falls else reference >= live.row.trigger_price
            ):
                refuse.refuse(refuse.SPOT_TRIGGERS_AT_ONCE)
        live.reserve = self._need(pit, live, at_ns)
        if live.reserve > self.wallets[account].free(self._asset(live)):
            refuse.refuse(refuse.SPOT_FUNDS_SHORT)
        return live

    def _judge_by_filters(self, at_ns: int, account: str, order: NewOrder) -> tuple[WorkingOrder, int | None]:
        """Return an order that breaks no filter, and the best price it would meet; funds are not looked at."""
        check_spot_shape(order)
        rules = self.tradable(order.symbol)
        reference = self.last(order.symbol)
        check_spot_amounts(order, rules, reference)
        self._check_counts(account, order, rules)
        pit = self.pit(order.symbol)
        quantity = order.quantity if order.quantity is not None else ZERO
        live = WorkingOrder(_row(account, order, quantity, at_ns), pit.scale)
        best_e8 = self.best(pit, live.is_buy)
        if order.kind is OrderKind.MARKET and best_e8 is not None:
            if order.quote_quantity is not None:
                live = self._by_value(pit, live, order.quote_quantity, rules, at_ns)
            check_spot_value(live.row.quantity * from_e8(best_e8), rules, True)
        base = rules.instrument.base
        if rules.position_max > ZERO and live.is_buy and self._would_hold(live, base) > rules.position_max:
            refuse.fail_filter("MAX_POSITION")
        return live, best_e8

    def _check_counts(self, account: str, order: NewOrder, rules: SymbolRules) -> None:
        of_symbol = self.orders[account].by_symbol.get(order.symbol, {})
        if order.kind is not OrderKind.MARKET and len(of_symbol) >= rules.orders_max:
            refuse.fail_filter("MAX_NUM_ORDERS")
        if order.trigger_price and sum(not each.is_working for each in of_symbol.values()) >= rules.algos_max:
            refuse.fail_filter("MAX_NUM_ALGO_ORDERS")

    def _would_hold(self, live: WorkingOrder, base: str) -> Decimal:
        """Return what the account would hold of the base if all its buys were filled."""
        row = live.row
        buys = [each.left() for each in self.orders[row.account].of(row.symbol) if each.is_buy]
        return self.wallets[row.account].total(base) + sum(buys, row.quantity)

    def _by_value(self, pit: Pit, live: WorkingOrder, value: Decimal, rules: SymbolRules, at_ns: int) -> WorkingOrder:
        """Return a market order by value as one by quantity: as many whole lots as the value pays for now."""
        quantity_e8 = quantity_for_e8(pit, live, value, at_ns)
        quantity = pit.scale.quantity(quantity_e8)
        if quantity < rules.instrument.quantity_min or quantity == ZERO:
            refuse.fail_filter("LOT_SIZE")
        return WorkingOrder(replace(live.row, quantity=quantity), pit.scale)

    # --- Funds -----------------------------------------------------------------------------------------------------

    def _need(self, pit: Pit, live: WorkingOrder, at_ns: int) -> Decimal:
        """Return what an order has to lock: a sell its rest, a buy what its rest may cost."""
        if not live.is_buy:
            return live.left()
        if live.price_e8:
            return live.row.price * live.left()
        if not live.is_working:
            return live.row.trigger_price * live.left()
        return worth(pit, live, at_ns)

    def reserve(self, live: WorkingOrder, at_ns: int) -> None:
        """Lock what was found to be needed at admission."""
        wallet = self._wallet(live)
        wallet.move(self._asset(live), -live.reserve, live.reserve, at_ns)

    def release(self, live: WorkingOrder, at_ns: int) -> None:
        """Unlock what is left."""
        if live.reserve:
            self._wallet(live).move(self._asset(live), live.reserve, -live.reserve, at_ns)
            live.reserve = ZERO

    def fill(self, live: WorkingOrder, price_e8: int, quantity_e8: int, is_maker: bool, at_ns: int) -> None:
        """Move the assets of a trade, and keep the commission of what is received, rounded to 1e-8."""
        assert 0 < quantity_e8 <= live.left_e8, f"{quantity_e8} of {live.left_e8} cannot be filled"
        row, scale = live.row, live.scale
        listed = self.pits[row.symbol].rules.instrument
        price, quantity = scale.price(price_e8), scale.quantity(quantity_e8)
        quote = price * quantity
        spent, received = (quote, quantity) if live.is_buy else (quantity, quote)
        bought_asset = listed.base if live.is_buy else listed.quote
        commission = money(share_bps(received, self.terms.spot_maker_bps if is_maker else self.terms.spot_taker_bps))
        if not live.is_buy:
            unlocked = quantity
        elif live.price_e8:
            unlocked = row.price * quantity
        else:
            unlocked = min(spent, live.reserve)
        live.reserve -= unlocked
        wallet = self._wallet(live)
        wallet.move(self._asset(live), unlocked - spent, -unlocked, at_ns)
        wallet.move(bought_asset, received - commission, ZERO, at_ns)
        trade = TradeRow(
            market=Market.SPOT,
            account=row.account,
            symbol=row.symbol,
            trade_id=self.outbox.next_trade_id(),
            order_id=live.order_id,
            side=row.side,
            price=price,
            quantity=quantity,
            quote=quote,
            commission=commission,
            commission_asset=bought_asset,
            realised=ZERO,
            is_maker=is_maker,
            at_ns=at_ns,
        )
        self.book(live, trade, quantity_e8, Execution.TRADE)

    # --- Conditional orders ----------------------------------------------------------------------------------------

    def trigger(self, order: WorkingOrder | AlgoOrder, at_ns: int) -> None:
        """Let an order go to work: told as NEW once more, on the book from now on."""
        assert isinstance(order, WorkingOrder), "spot has no algo orders"
        order.is_working = True
        order.row = replace(order.row, working_at_ns=at_ns, updated_at_ns=at_ns)
        self.outbox.report(order.row, Execution.NEW, None, at_ns)
        self.retry(order, at_ns)

    def retry(self, live: WorkingOrder, at_ns: int) -> None:
        """Let a triggered order meet the market; at market it waits for a book, and pays what is free."""
        pit = self.pit(live.row.symbol)
        self.touch(pit, live)
        if not live.price_e8:
            if self.best(pit, live.is_buy) is None:
                pit.wait(live)
                return
            need = self._need(pit, live, at_ns)
            wallet, asset = self._wallet(live), self._asset(live)
            if need > live.reserve + wallet.free(asset):
                self.end(live, OrderState.EXPIRED, Execution.EXPIRED, _FUNDS_SHORT, at_ns)
                return
            wallet.move(asset, live.reserve - need, need - live.reserve, at_ns)
            live.reserve = need
        live.is_waiting = False
        self.meet(pit, live, at_ns)

    def cancel_open(
        self, at_ns: int, account: str, symbol: str, cancel_as: Callable[[], str] | None = None
    ) -> Sequence[OrderRow]:
        """Take all open orders of a symbol back. Errors: -2011 when there is none."""
        self.rules_for(symbol)
        if symbol not in self.orders[account].by_symbol:
            refuse.refuse(refuse.CANCEL_UNKNOWN)
        return super().cancel_open(at_ns, account, symbol, cancel_as)

    # --- Cancel-replace --------------------------------------------------------------------------------------------

    def replace(
        self, at_ns: int, account: str, replacement: Replacement
    ) -> tuple[OrderRow | ExchangeError, Placed | None]:
        """Cancel and place. Errors: -2021 one half failed, -2022 both did (or the second was not tried).

        As upstream, filters and counts of orders are judged first, with the old order still there: a new order that
        breaks one is refused as any other, and nothing is cancelled.
        """
        self._judge_by_filters(at_ns, account, replacement.order)
        cancelled: OrderRow | ExchangeError
        try:
            cancelled = self.cancel(at_ns, account, replacement.cancel, replacement.cancel_as)
        except ExchangeError as error:
            if replacement.mode is StopMode.STOP_ON_FAILURE:
                raise ExchangeError(-2022, _FAILED, 400, {"cancel": error, "place": None}) from error
            cancelled = error
        try:
            placed = self.place(at_ns, account, replacement.order)
        except ExchangeError as error:
            is_whole = isinstance(cancelled, ExchangeError)
            code = -2022 if is_whole else -2021
            text = _FAILED if is_whole else _HALF_FAILED
            raise ExchangeError(code, text, 400 if is_whole else 409, {"cancel": cancelled, "place": error}) from error
        if isinstance(cancelled, ExchangeError):
            raise ExchangeError(-2021, _HALF_FAILED, 409, {"cancel": cancelled, "place": placed})
        return cancelled, placed

    # --- Turns and restart -----------------------------------------------------------------------------------------

    def settle(self, at_ns: int) -> None:
        """Nothing follows from a spot fill."""

    def tell_balances(self, at_ns: int) -> None:
        """Tell of the balances the turn changed."""
        for account, wallet in self._changed.items():
            rows = tuple(holding.row() for holding in wallet.changed.values())
            wallet.changed.clear()
            self.outbox.tell(Market.SPOT, account, SpotBalancesUpdated(account=account, balances=rows, at_ns=at_ns))
        self._changed.clear()

    def rows(self) -> Iterable[Row]:
        """Return every row a restart needs."""
        for wallet in self.wallets.values():
            yield from wallet.kept()
        yield from self.order_rows()

    def restore(self, rows: Iterable[Row]) -> None:
        """Stand where a former process stood."""
        for row in rows:
            if isinstance(row, AssetKept):
                self.wallets[row.account].restore(row)
        self.restore_orders(rows)

    def _wallet(self, live: WorkingOrder) -> SpotWallet:
        return self.wallets[live.row.account]

    def _asset(self, live: WorkingOrder) -> str:
        listed = self.pits[live.row.symbol].rules.instrument
        return listed.quote if live.is_buy else listed.base

    def _mark(self, holding: Holding) -> None:
        self._changed[holding.account] = self.wallets[holding.account]
        self.outbox.mark((holding.account, holding.asset), holding.kept)


def _row(account: str, order: NewOrder, quantity: Decimal, at_ns: int) -> OrderRow:
    """Return a spot order as it comes in. A limit maker and what works at market have no time in force: GTC."""
    has_trigger = order.trigger_price is not None
    return OrderRow(
        market=Market.SPOT,
        account=account,
        symbol=order.symbol,
        order_id=0,
        client_order_id=order.client_order_id,
        side=order.side,
        kind=order.kind,
        asked_kind=order.kind,
        time_in_force=order.time_in_force or OrderForce.GTC,
        state=OrderState.NEW,
        quantity=quantity,
        quote_quantity=order.quote_quantity or ZERO,
        price=order.price or ZERO,
        trigger_price=order.trigger_price or ZERO,
        self_trade=order.self_trade,
        created_at_ns=at_ns,
        updated_at_ns=at_ns,
        working_at_ns=-1 if has_trigger else at_ns,
    )
