"""One symbol of a hall: its resting orders of all accounts, and what waits for its price."""

from typing import Protocol

from interlock.ports.exchange.words import Market
from interlock.venues.paper.bourse.orders.algo import AlgoOrder
from interlock.venues.paper.bourse.orders.rules import SymbolRules
from interlock.venues.paper.bourse.orders.triggers import TriggerBoard
from interlock.venues.paper.bourse.orders.working import WorkingOrder
from interlock.venues.paper.bourse.records import TakenKept
from interlock.venues.paper.floor.symbol_floor import SymbolFloor
from interlock.venues.paper.floor.taking import Taking
from interlock.venues.paper.floor.workings import MatchingDesk


class PitDesk(MatchingDesk[WorkingOrder], Protocol):
    """The hall as its pits see it."""

    is_touched: bool
    market: Market

    def trailed(self, algo: AlgoOrder) -> None:
        """Have it kept how far a trailing stop has come."""
        ...

    def trigger(self, order: WorkingOrder | AlgoOrder, at_ns: int) -> None:
        """Let an order whose trigger was reached go to work."""
        ...

    def retry(self, live: WorkingOrder, at_ns: int) -> None:
        """Let an order that waits for a book meet it."""
        ...

    def close_turn(self, at_ns: int) -> None:
        """Do what follows from the fills of a turn, and tell of balances."""
        ...


class Pit(SymbolFloor[WorkingOrder]):
    """The shared matching, with triggers by the last price. Ticks that meet nothing cost two comparisons."""

    def __init__(self, rules: SymbolRules, taking: Taking[WorkingOrder], desk: PitDesk) -> None:
        super().__init__(taking, desk)
        self.rules = rules
        self.scale = rules.scale()
        self.taking = taking
        self.stops: TriggerBoard[WorkingOrder] = TriggerBoard()
        self.algos: TriggerBoard[AlgoOrder] = TriggerBoard()
        self.marks: TriggerBoard[AlgoOrder] = TriggerBoard()
        self.trailing: dict[int, AlgoOrder] = {}
        self.waiting: dict[int, WorkingOrder] = {}
        self._desk = desk
        self._taken = self.taken()
        self._has_taken = False

    def relist(self, rules: SymbolRules) -> None:
        """Go on under other rules; orders that are open keep their digits."""
        self.rules = rules
        self.scale = rules.scale()

    # --- Orders ----------------------------------------------------------------------------------------------------

    def own_best(self, live: WorkingOrder, limit_e8: int | None) -> WorkingOrder | None:
        """Return the account's own best order on the other side within reach of an order."""
        account = live.row.account
        is_buy = live.is_buy
        for other in (self._sells if is_buy else self._buys).orders:
            if limit_e8 is not None and (other.price_e8 > limit_e8 if is_buy else other.price_e8 < limit_e8):
                return None
            if other.is_open and other.row.account == account:
                return other
        return None

    def wait(self, live: WorkingOrder) -> None:
        """Let a triggered order wait for a book."""
        live.is_waiting = True
        self.waiting[live.order_id] = live
        self.tune()

    def rest(self, live: WorkingOrder) -> None:
        """Put an order back where it rested (a restart)."""
        (self._buys if live.is_buy else self._sells).add(live)
        live.is_resting = True
        self.tune()

    def drop(self, live: WorkingOrder) -> None:
        """Forget an order, wherever it was; who calls tunes."""
        if live.is_resting:
            (self._buys if live.is_buy else self._sells).remove(live)
            live.is_resting = False
        self.waiting.pop(live.order_id, None)

    def tune(self) -> None:
        """Say anew whether the next quote matters whatever its price."""
        self._is_restless = bool(self.waiting) or self._buys.has_unseated or self._sells.has_unseated

    # --- Ticks -----------------------------------------------------------------------------------------------------

    def on_quote(self, at_ns: int, bid_e8: int, ask_e8: int, bid_size_e8: int, ask_size_e8: int) -> None:
        """Take a quote in."""
        super().on_quote(at_ns, bid_e8, ask_e8, bid_size_e8, ask_size_e8)
        if self._desk.is_touched:
            self._desk.close_turn(at_ns)

    def on_trade(self, at_ns: int, price_e8: int, quantity_e8: int, buyer_is_aggressor: bool) -> None:
        """Take a market trade in: the last price from now on."""
        super().on_trade(at_ns, price_e8, quantity_e8, buyer_is_aggressor)
        stops, algos = self.stops, self.algos
        if not stops.falls_at_e8 < price_e8 < stops.rises_at_e8:
            for live in stops.pull(price_e8):
                self._desk.trigger(live, at_ns)
        if not algos.falls_at_e8 < price_e8 < algos.rises_at_e8:
            for algo in algos.pull(price_e8):
                self._desk.trigger(algo, at_ns)
        if self.trailing:
            self._follow(price_e8, False, at_ns)
        if self._desk.is_touched:
            self._desk.close_turn(at_ns)

    def on_mark(self, at_ns: int, mark_e8: int) -> None:
        """Take the mark price in."""
        for algo in self.marks.pull(mark_e8):
            self._desk.trigger(algo, at_ns)
        if self.trailing:
            self._follow(mark_e8, True, at_ns)

    def taken_anew(self, at_ns: int) -> list[TakenKept]:
        """Return what was taken from the sides that changed since this was asked last."""
        taking = self.taking
        if not taking.asks_taken.levels and not taking.bids_taken.levels and not self._has_taken:
            return []
        taking.asks_taken.forget_whole(at_ns)
        taking.bids_taken.forget_whole(at_ns)
        taken = self.taken()
        changed = [row for row, before in zip(taken, self._taken, strict=True) if row.levels != before.levels]
        self._taken = taken
        self._has_taken = bool(taken[0].levels or taken[1].levels)
        return changed

    def taken(self) -> list[TakenKept]:
        """Return what was taken from the displayed market, both sides."""
        row = self.rules.instrument
        market = self._desk.market
        sides = ((True, self.taking.asks_taken), (False, self.taking.bids_taken))
        return [
            TakenKept(
                market=market,
                symbol=row.symbol,
                is_asks=is_asks,
                levels=tuple([(price, level[0], level[1], level[2]) for price, level in side.levels.items()]),
            )
            for is_asks, side in sides
        ]

    def _follow(self, price_e8: int, by_mark: bool, at_ns: int) -> None:
        """Let the trailing stops follow a price."""
        for algo in [each for each in self.trailing.values() if each.is_by_mark is by_mark]:
            before = algo.progress
            if algo.follows(price_e8):
                self._desk.trigger(algo, at_ns)
            elif algo.progress != before:
                self._desk.trailed(algo)

    def _settle(self, at_ns: int) -> None:
        """Nothing at once: the turn's end does it."""

    def _pull_triggers(self, falling_e8: int, rising_e8: int, at_ns: int) -> None:
        """Let the orders that wait for a book try again."""
        waiting, self.waiting = self.waiting, {}
        self.tune()
        for live in waiting.values():
            self._desk.retry(live, at_ns)
