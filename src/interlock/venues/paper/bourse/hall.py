"""One market of the exchange: what spot and futures have in common about orders, turns and the market shown.

A *turn* is one request or one tick with all that follows from it. Fills and endings of a turn only mark what they
touched; its end settles what follows, forgets what ended, and tells of balances once.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from interlock.ports.exchange.backend import Placed
from interlock.ports.exchange.market_data import MarketData
from interlock.ports.exchange.requests import NewOrder, OrderKey
from interlock.ports.exchange.rows import OrderRow, TradeRow
from interlock.ports.exchange.words import OPEN, Execution, Market, OrderState, SelfTrade
from interlock.ports.liquidity import Liquidity
from interlock.units.faults import Fault
from interlock.venues.paper.bourse.charges import ExchangeTerms
from interlock.venues.paper.bourse.orders import refuse
from interlock.venues.paper.bourse.orders.algo import AlgoOrder
from interlock.venues.paper.bourse.orders.index import OpenOrders
from interlock.venues.paper.bourse.orders.rules import SymbolRules, rules_of
from interlock.venues.paper.bourse.orders.working import WorkingOrder
from interlock.venues.paper.bourse.outbox import Outbox
from interlock.venues.paper.bourse.pit import Pit
from interlock.venues.paper.bourse.records import PlaceKept, Row, TakenKept
from interlock.venues.paper.floor.symbol_floor import SEEN, SELF_TRADE
from interlock.venues.paper.floor.taking import Taking
from interlock.venues.paper.rejections import ORDER_REFUSED, Rejection


class Hall(ABC):
    """The orders of all accounts in one market. Implements `PitDesk`, less what is the market's own."""

    market: Market

    def __init__(
        self, outbox: Outbox, shown: MarketData, liquidity: Liquidity, terms: ExchangeTerms, algos_max: int
    ) -> None:
        self.pits: dict[str, Pit] = {}
        self.is_touched = False
        self.shown = shown
        self.outbox = outbox
        self.terms = terms
        self.orders: dict[str, OpenOrders] = {}
        self._liquidity = liquidity
        self._algos_max = algos_max
        self._touched: dict[str, Pit] = {}
        self._ended: list[WorkingOrder] = []
        self._trades: list[TradeRow] = []
        self.rules: dict[str, SymbolRules] = {}
        self.relist()

    # --- Verbs -----------------------------------------------------------------------------------------------------

    def place(self, at_ns: int, account: str, order: NewOrder) -> Placed:
        """Take an order in and match it."""
        live = self.admit(at_ns, account, order)
        self.work(live, at_ns)
        trades = tuple(self._trades)
        self.close_turn(at_ns)
        return live.row, trades

    def judge(self, at_ns: int, account: str, order: NewOrder) -> None:
        """Refuse an order that `place` would refuse."""
        self.admit(at_ns, account, order)

    def cancel(self, at_ns: int, account: str, key: OrderKey, cancel_as: str | None) -> OrderRow:
        """Take an open order back."""
        self.rules_for(key.symbol)
        live = self.orders[account].find(key)
        if live is None:
            refuse.refuse(refuse.CANCEL_UNKNOWN)
        self.end(live, OrderState.CANCELED, Execution.CANCELED, "", at_ns, cancel_as or "")
        self.close_turn(at_ns)
        return live.row

    def cancel_open(
        self, at_ns: int, account: str, symbol: str, cancel_as: Callable[[], str] | None = None
    ) -> Sequence[OrderRow]:
        """Take all open orders of a symbol back, each under an id of its own where `cancel_as` draws them."""
        self.rules_for(symbol)
        ended = self.orders[account].of(symbol)
        for live in ended:
            drawn = cancel_as() if cancel_as is not None else ""
            self.end(live, OrderState.CANCELED, Execution.CANCELED, "", at_ns, drawn)
        self.close_turn(at_ns)
        return [live.row for live in ended]

    def order(self, account: str, key: OrderKey) -> OrderRow | None:
        """Return an open order."""
        live = self.orders[account].find(key)
        return live.row if live is not None else None

    def open_orders(self, account: str, symbol: str | None) -> Sequence[OrderRow]:
        """Return the open orders, oldest first."""
        return [live.row for live in self.orders[account].of(symbol)]

    def relist(self) -> None:
        """Read the listing."""
        self.rules = rules_of(self.shown.listing(), self.terms, self._algos_max)
        for symbol, pit in self.pits.items():
            pit.relist(self.rules.get(symbol, pit.rules))

    # --- What the market decides -----------------------------------------------------------------------------------

    @abstractmethod
    def admit(self, at_ns: int, account: str, order: NewOrder) -> WorkingOrder:
        """Return an order that may come in, without a number yet; refuse it otherwise. Changes nothing."""

    @abstractmethod
    def fill(self, live: WorkingOrder, price_e8: int, quantity_e8: int, is_maker: bool, at_ns: int) -> None:
        """Book a trade."""

    @abstractmethod
    def trigger(self, order: WorkingOrder | AlgoOrder, at_ns: int) -> None:
        """Let an order whose trigger was reached go to work."""

    @abstractmethod
    def retry(self, live: WorkingOrder, at_ns: int) -> None:
        """Let an order that waits for a book meet it."""

    @abstractmethod
    def reserve(self, live: WorkingOrder, at_ns: int) -> None:
        """Bind what an order needs while it is open."""

    @abstractmethod
    def release(self, live: WorkingOrder, at_ns: int) -> None:
        """Give back what an order that ended had bound."""

    @abstractmethod
    def settle(self, at_ns: int) -> None:
        """Do what follows from the turn's fills."""

    @abstractmethod
    def tell_balances(self, at_ns: int) -> None:
        """Tell of the balances the turn changed, each account once."""

    # --- Working ---------------------------------------------------------------------------------------------------

    def work(self, live: WorkingOrder, at_ns: int) -> None:
        """Take an admitted order in and let it meet the market, or wait for its trigger."""
        live.assign(self.outbox.next_order_id())
        self.orders[live.row.account].add(live)
        self.reserve(live, at_ns)
        self.outbox.report(live.row, Execution.NEW, None, at_ns)
        pit = self.pit(live.row.symbol)
        self._trades = []
        if live.is_working:
            self.meet(pit, live, at_ns)
        else:
            pit.stops.add(live)
        self.touch(pit, live)

    def meet(self, pit: Pit, live: WorkingOrder, at_ns: int) -> None:
        """Let a working order meet the market."""
        if not live.price_e8:
            pit.meet_market(live, at_ns)
            return
        pit.meet_limit(live, at_ns)
        live.is_resting = live.is_open

    def end(
        self,
        live: WorkingOrder,
        state: OrderState,
        execution: Execution,
        text: str,
        at_ns: int,
        cancel_as: str = "",
    ) -> None:
        """End an open order and say so."""
        row = live.end(state, text, at_ns)
        self.orders[row.account].remove(live)
        self.release(live, at_ns)
        self.outbox.report(row, execution, None, at_ns, cancel_as)
        pit = self.pit(row.symbol)
        if not live.is_working:
            pit.stops.drop(live)
        self.touch(pit, live)

    def expire(self, live: WorkingOrder, text: str, at_ns: int) -> None:
        """End an order by a rule of the venue."""
        if text == SELF_TRADE:
            self.end(live, OrderState.EXPIRED_IN_MATCH, self._prevented, text, at_ns)
        else:
            self.end(live, OrderState.EXPIRED, Execution.EXPIRED, text, at_ns)

    def yields(self, own: WorkingOrder, live: WorkingOrder, at_ns: int) -> bool:
        """Take the own resting order away where the arriving one says so; with EXPIRE_BOTH that one goes no further.

        NONE is taken as EXPIRE_TAKER: an account's orders never trade with each other here.
        """
        if live.row.self_trade not in (SelfTrade.EXPIRE_MAKER, SelfTrade.EXPIRE_BOTH):
            return False
        self.expire(own, SELF_TRADE, at_ns)
        return live.passes_own

    def reducible_e8(self, live: WorkingOrder) -> int:
        """Return how much of the order may trade now."""
        return live.left_e8

    def trailed(self, algo: AlgoOrder) -> None:
        """Have it kept how far a trailing stop has come."""
        raise AssertionError(f"{self.market.value} has no trailing stops")

    def touch(self, pit: Pit, live: WorkingOrder) -> None:
        """Note that a turn changed an order."""
        self.is_touched = True
        if not live.is_open:
            self._ended.append(live)
        self._touched[live.row.symbol] = pit
        self.outbox.mark((self.market.value, live.order_id), live.place)

    def book(self, live: WorkingOrder, trade: TradeRow, quantity_e8: int, execution: Execution) -> None:
        """Take a trade into its order's row and tell of both."""
        row = live.fill(trade.price, trade.quantity, trade.quote, quantity_e8, trade.at_ns)
        self._trades.append(trade)
        self.outbox.report(row, execution, trade, trade.at_ns)
        if not live.is_open:
            self.orders[row.account].remove(live)
            self.release(live, trade.at_ns)
        self.touch(self.pit(row.symbol), live)

    def close_turn(self, at_ns: int) -> None:
        """Settle what follows, forget what ended, and tell of balances."""
        self.settle(at_ns)
        for live in self._ended:
            self.pits[live.row.symbol].drop(live)
        self._ended.clear()
        for pit in self._touched.values():
            pit.tune()
            for row in pit.taken_anew(at_ns):
                self.outbox.keep(row)
        self._touched.clear()
        self._trades = []
        self.is_touched = False
        self.tell_balances(at_ns)

    # --- Looking up ------------------------------------------------------------------------------------------------

    def rules_for(self, symbol: str) -> SymbolRules:
        """Return a symbol's rules. Errors: -1121."""
        rules = self.rules.get(symbol)
        if rules is None:
            refuse.refuse(refuse.SYMBOL_UNKNOWN)
        return rules

    def tradable(self, symbol: str) -> SymbolRules:
        """Return the rules of a symbol that is traded."""
        rules = self.rules_for(symbol)
        listed = rules.instrument
        if not listed.is_tradable:
            refuse.refuse(Rejection(ORDER_REFUSED, f"{symbol} is not traded here: {listed.why_not_tradable}."))
        return rules

    def pit(self, symbol: str) -> Pit:
        """Return a symbol's pit; the first order of a symbol opens it.

        Errors: Fault when there is an order of a symbol that is not listed (a restart with another listing).
        """
        pit = self.pits.get(symbol)
        if pit is None:
            if symbol not in self.rules:
                raise Fault(
                    f"an order in {symbol} is open on the {self.market.value} book, and {symbol} is not listed",
                    "start the exchange with the listing it ran with, or with one that has this symbol too",
                )
            taking = Taking(symbol, self._liquidity, self, self.terms.refill_ms)
            pit = self.pits[symbol] = Pit(self.rules[symbol], taking, self)
        return pit

    def best(self, pit: Pit, asks: bool) -> int | None:
        """Return the best displayed price of a side, None while no book is to be seen."""
        return pit.taking.best_e8(asks) if pit.taking.state() in SEEN else None

    def last(self, symbol: str) -> Decimal | None:
        """Return the last price; before any trade the middle of the quote, None before both."""
        trades = self.shown.trades(symbol, 1)
        if trades:
            return trades[-1].price
        quote = self.shown.quote(symbol)
        return (quote.bid + quote.ask) / 2 if quote is not None else None

    @property
    def _prevented(self) -> Execution:
        """What an order that ended by self-trade prevention is told as."""
        return Execution.TRADE_PREVENTION if self.market is Market.SPOT else Execution.EXPIRED

    # --- Restart ---------------------------------------------------------------------------------------------------

    def order_rows(self) -> Iterable[Row]:
        """Return the open orders, where they stand, and what was taken from the market."""
        for orders in self.orders.values():
            for live in orders.of(None):
                yield live.row
                yield live.place()
        for pit in self.pits.values():
            yield from (row for row in pit.taken() if row.levels)

    def restore_orders(self, rows: Iterable[Row]) -> None:
        """Put open orders back where they stood."""
        kept: dict[int, PlaceKept] = {}
        orders: list[OrderRow] = []
        taken: list[TakenKept] = []
        for row in rows:
            if isinstance(row, OrderRow) and row.market is self.market and row.state in OPEN:
                orders.append(row)
            elif isinstance(row, PlaceKept) and row.market is self.market:
                kept[row.order_id] = row
            elif isinstance(row, TakenKept) and row.market is self.market and row.symbol in self.rules:
                taken.append(row)
        for row in sorted(orders, key=lambda each: each.order_id):
            self._put_back(row, kept.get(row.order_id))
        for row in taken:
            taking = self.pit(row.symbol).taking
            side = taking.asks_taken if row.is_asks else taking.bids_taken
            side.levels = {level[0]: list(level[1:]) for level in row.levels}

    def _put_back(self, row: OrderRow, place: PlaceKept | None) -> None:
        pit = self.pit(row.symbol)
        live = WorkingOrder(row, pit.scale)
        if place is not None:
            live.restore(place)
        self.orders[row.account].add(live)
        if not live.is_working:
            pit.stops.add(live)
        elif live.is_waiting:
            pit.wait(live)
        else:
            pit.rest(live)
