"""Futures' conditional orders: they wait apart from plain orders, become one when triggered, and end with it."""

from collections.abc import Sequence

from interlock.ports.exchange.events import AlgoUpdated, TriggerRejected
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import AlgoKey, NewOrder
from interlock.ports.exchange.rows import AlgoRow, OrderRow
from interlock.ports.exchange.words import AlgoState, Market, OrderForce, OrderKind, OrderState
from interlock.units.money import ZERO
from interlock.units.time import NS_PER_MS
from interlock.venues.paper import rejections
from interlock.venues.paper.bourse.futures.trading import FuturesTrading
from interlock.venues.paper.bourse.orders import refuse
from interlock.venues.paper.bourse.orders.algo import AlgoOrder
from interlock.venues.paper.bourse.orders.futures_filters import check_futures_amounts, check_futures_value
from interlock.venues.paper.bourse.orders.shape import ALGO_LIMIT_KINDS, check_algo_shape
from interlock.venues.paper.bourse.records import TrailKept
from interlock.venues.paper.rejections import Rejection

_ENDED = Rejection(-2011, "Unknown order sent.")


class Algos:
    """The conditional orders of all accounts: those that wait, and those whose order is open."""

    def __init__(self, trading: FuturesTrading) -> None:
        self.by_id: dict[int, AlgoOrder] = {}
        self._trading = trading
        self._outbox = trading.outbox

    # --- Verbs -----------------------------------------------------------------------------------------------------

    def place(self, at_ns: int, account: str, order: NewOrder) -> AlgoRow:
        """Take a conditional order in."""
        trading = self._trading
        check_algo_shape(order, at_ns // NS_PER_MS)
        rules = trading.tradable(order.symbol)
        waiting = [each for each in self.by_id.values() if each.row.account == account and each.is_waiting]
        if any(each.row.client_algo_id == order.client_order_id for each in waiting):
            refuse.refuse(rejections.ID_DUPLICATED)
        of_symbol = [each.row for each in waiting if each.row.symbol == order.symbol]
        if len(of_symbol) >= rules.algos_max:
            refuse.refuse(refuse.ALGOS_MAX)
        if order.close_position and any(
            row.close_position and row.side is order.side and row.kind is order.kind for row in of_symbol
        ):
            refuse.refuse(refuse.CLOSE_EXISTS)
        check_futures_amounts(order, rules, None)
        price = order.price or order.trigger_price or order.activation_price
        if price is not None:
            check_futures_value(order, order.quantity or ZERO, price, rules)
        algo = AlgoOrder(_row(account, order, at_ns))
        self._check_trigger(algo)
        algo.row = _row(account, order, at_ns, self._outbox.next_algo_id())
        algo.ordinal = algo.row.algo_id
        self.by_id[algo.ordinal] = algo
        self.let_wait(algo)
        self.tell(algo, at_ns)
        if algo.trails:
            self.trailed(algo)
        return algo.row

    def _check_trigger(self, algo: AlgoOrder) -> None:
        """Refuse a trigger that the price has reached already."""
        trading, symbol = self._trading, algo.row.symbol
        price = trading.mark(symbol) if algo.is_by_mark else trading.last(symbol)
        if algo.trails or price is None:
            return
        if price <= algo.row.trigger_price if algo.falls else price >= algo.row.trigger_price:
            refuse.refuse(rejections.TRIGGERS_AT_ONCE)

    def cancel(self, at_ns: int, account: str, key: AlgoKey) -> AlgoRow:
        """Take one that waits back."""
        algo = self.find(account, key)
        if algo is None or not algo.is_waiting:
            refuse.refuse(_ENDED)
        self.end(algo, AlgoState.CANCELED, at_ns)
        return algo.row

    def cancel_open(self, at_ns: int, account: str, symbol: str) -> Sequence[AlgoRow]:
        """Take all of a symbol that wait back."""
        self._trading.rules_for(symbol)
        waiting = self.waiting(account, symbol)
        for algo in waiting:
            self.end(algo, AlgoState.CANCELED, at_ns)
        return [algo.row for algo in waiting]

    def find(self, account: str, key: AlgoKey) -> AlgoOrder | None:
        """Return one that waits or whose order is open; of several with a client id the latest."""
        if key.algo_id is not None:
            algo = self.by_id.get(key.algo_id)
            if algo is None or algo.row.account != account:
                return None
            return algo if key.client_algo_id in (None, algo.row.client_algo_id) else None
        found = [
            each
            for each in self.by_id.values()
            if each.row.client_algo_id == key.client_algo_id and each.row.account == account
        ]
        return found[-1] if found else None

    def waiting(self, account: str, symbol: str | None) -> list[AlgoOrder]:
        """Return those that wait, oldest first."""
        return [
            each
            for each in self.by_id.values()
            if each.is_waiting and each.row.account == account and symbol in (None, each.row.symbol)
        ]

    # --- Life ------------------------------------------------------------------------------------------------------

    def let_wait(self, algo: AlgoOrder) -> None:
        """Let it wait for its price."""
        pit = self._trading.pit(algo.row.symbol)
        if algo.trails:
            pit.trailing[algo.ordinal] = algo
        else:
            (pit.marks if algo.is_by_mark else pit.algos).add(algo)

    def end(self, algo: AlgoOrder, state: AlgoState, at_ns: int, text: str = "") -> None:
        """End one, whatever it is waiting for."""
        pit = self._trading.pit(algo.row.symbol)
        if algo.trails:
            pit.trailing.pop(algo.ordinal, None)
        else:
            (pit.marks if algo.is_by_mark else pit.algos).drop(algo)
        algo.change(at_ns, state, text=text)
        self.by_id.pop(algo.ordinal, None)
        self.tell(algo, at_ns)
        if algo.trails:
            self.trailed(algo)

    def trigger(self, algo: AlgoOrder, at_ns: int) -> None:
        """Turn it into an order, which is judged as any other; its refusal is told, and ends it."""
        trading, row = self._trading, algo.row
        trading.pit(row.symbol).trailing.pop(algo.ordinal, None)
        algo.change(at_ns, AlgoState.TRIGGERING)
        self.tell(algo, at_ns)
        try:
            order = self._order(algo)
            live = trading.admit_row(_order_row(algo, order, at_ns), order, trading.rules_for(row.symbol))
        except ExchangeError as error:
            order_id = self._outbox.next_order_id()
            rejected = TriggerRejected(
                account=row.account, symbol=row.symbol, order_id=order_id, text=error.text, at_ns=at_ns
            )
            self._outbox.tell(Market.USDM, row.account, rejected)
            self.end(algo, AlgoState.REJECTED, at_ns, error.text)
            trading.is_touched = True
            return
        algo.change(at_ns, AlgoState.TRIGGERED, order_id=self._outbox.order_id_next)
        self.tell(algo, at_ns)
        trading.work(live, at_ns)

    def filled(self, order: OrderRow) -> None:
        """Note what the order that one became has been filled with. Nobody is told: the order's own events say it."""
        algo = self.by_id.get(order.algo_id)
        if algo is not None:
            self._outbox.write_algo(algo.fill(order))

    def finish(self, order: OrderRow, at_ns: int) -> None:
        """Note that the order it became has ended, with what it was filled with."""
        algo = self.by_id.get(order.algo_id)
        if algo is not None:
            algo.fill(order)
            self.end(algo, AlgoState.FINISHED, at_ns)

    def trailed(self, algo: AlgoOrder) -> None:
        """Have it kept how far a trailing stop has come."""
        self._outbox.mark(("trail", algo.ordinal), algo.trail)

    def tell(self, algo: AlgoOrder, at_ns: int) -> None:
        """Have its row written and its change told."""
        self._outbox.write_algo(algo.row)
        self._outbox.tell(Market.USDM, algo.row.account, AlgoUpdated(algo=algo.row, at_ns=at_ns))

    def restore(self, row: AlgoRow, trail: TrailKept | None) -> None:
        """Put one back."""
        algo = self.by_id[row.algo_id] = AlgoOrder(row)
        if algo.is_waiting:
            if trail is not None:
                algo.restore(trail)
            self.let_wait(algo)

    def _order(self, algo: AlgoOrder) -> NewOrder:
        """Return the order it becomes. One that closes a position takes all of it, and nothing where there is none."""
        row = algo.row
        quantity = row.quantity
        if row.close_position:
            is_buy = row.side.value == "buy"
            quantity = self._trading.wallets[row.account].standing(row.symbol).reducible(is_buy)
            if not quantity:
                refuse.refuse(rejections.NOTHING_TO_REDUCE)
        has_limit = row.kind in ALGO_LIMIT_KINDS
        return NewOrder(
            symbol=row.symbol,
            side=row.side,
            kind=OrderKind.LIMIT if has_limit else OrderKind.MARKET,
            client_order_id=row.client_algo_id,
            quantity=quantity,
            price=row.price if has_limit else None,
            time_in_force=row.time_in_force if has_limit else None,
            reduce_only=row.reduce_only or row.close_position,
            self_trade=row.self_trade,
            good_till_ms=row.good_till_ms or None,
        )


def _order_row(algo: AlgoOrder, order: NewOrder, at_ns: int) -> OrderRow:
    """Return the row of the order that a conditional one becomes."""
    row = algo.row
    return OrderRow(
        market=Market.USDM,
        account=row.account,
        symbol=row.symbol,
        order_id=0,
        client_order_id=row.client_algo_id,
        side=row.side,
        kind=order.kind,
        asked_kind=row.kind,
        time_in_force=order.time_in_force or OrderForce.GTC,
        state=OrderState.NEW,
        quantity=order.quantity or ZERO,
        price=order.price or ZERO,
        trigger_price=ZERO,
        reduce_only=order.reduce_only,
        close_position=row.close_position,
        price_protect=row.price_protect,
        working_price=row.working_price,
        self_trade=row.self_trade,
        good_till_ms=row.good_till_ms,
        algo_id=row.algo_id,
        created_at_ns=at_ns,
        updated_at_ns=at_ns,
        working_at_ns=at_ns,
    )


def _row(account: str, order: NewOrder, at_ns: int, algo_id: int = 0) -> AlgoRow:
    """Return a conditional order as it comes in."""
    is_dated = order.time_in_force is OrderForce.GTD
    return AlgoRow(
        account=account,
        symbol=order.symbol,
        algo_id=algo_id,
        client_algo_id=order.client_order_id,
        side=order.side,
        kind=order.kind,
        time_in_force=order.time_in_force or OrderForce.GTC,
        state=AlgoState.NEW,
        quantity=order.quantity or ZERO,
        price=order.price or ZERO,
        trigger_price=order.trigger_price or ZERO,
        activation_price=order.activation_price or ZERO,
        callback_rate=order.callback_rate or ZERO,
        working_price=order.working_price,
        reduce_only=order.reduce_only,
        close_position=order.close_position,
        price_protect=order.price_protect,
        self_trade=order.self_trade,
        good_till_ms=(order.good_till_ms or 0) if is_dated else 0,
        created_at_ns=at_ns,
        updated_at_ns=at_ns,
    )
