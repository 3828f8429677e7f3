"""One symbol of the in-process engine: what the venue lets in of one account, its triggers, and what follows a trade.

What orders meet on arrival, and what ticks make of them, is the floor's (`floor/symbol_floor.py`).

Triggers: a stop or take-profit is triggered by a market trade at or through its price, or, where quotes say it first,
by a quote that lies whole at or through it (both sides), so that any trade from then on would.
"""

from collections.abc import Callable
from decimal import Decimal

from interlock.messages.words import OrderType, TimeInForce
from interlock.units.instruments import Instrument
from interlock.units.money import ZERO, from_e8
from interlock.venues.paper import rejections
from interlock.venues.paper.book_of_record import LiveOrder
from interlock.venues.paper.desk import Desk
from interlock.venues.paper.filters import notional_rejection_of
from interlock.venues.paper.floor.resting import PRICE_NONE_E8
from interlock.venues.paper.floor.symbol_floor import POSITION_GONE, SEEN, SymbolFloor
from interlock.venues.paper.floor.taking import Taking
from interlock.venues.paper.rejections import Rejection

_AT_ONCE = (TimeInForce.IOC, TimeInForce.FOK)
# Looked up once: a member through its class costs as much as a call.
_LIMIT, _MARKET, _GTX = OrderType.LIMIT, OrderType.MARKET, TimeInForce.GTX
_E16 = Decimal("1E-16")


class SymbolMatching(SymbolFloor[LiveOrder]):
    """Our orders in one symbol against its market. `live` holds the open ones by ordinal, in order of arrival."""

    def __init__(
        self,
        instrument: Instrument,
        taking: Taking[LiveOrder],
        desk: Desk,
        is_margin_short: Callable[[str, bool, Decimal], bool],
        schedule: Callable[[int, LiveOrder], None],
    ) -> None:
        super().__init__(taking, desk)
        self.live: dict[int, LiveOrder] = {}
        self._instrument = instrument
        self._desk = desk
        self._is_margin_short = is_margin_short
        self._schedule = schedule
        self._conditional: list[LiveOrder] = []
        self._waiting: list[LiveOrder] = []

    # --- Arrivals --------------------------------------------------------------------------------------------------

    def arrive(self, live: LiveOrder, at_ns: int) -> Rejection | None:
        """Take an order in and match it, or return why it is not taken."""
        order = live.order
        rejection = self._rejection_of(live)
        if rejection is not None:
            return rejection
        self._desk.accept(live, at_ns)
        left_before_e8 = live.left_e8
        if order.order_type is _LIMIT:
            self.meet_limit(live, at_ns)
        elif order.order_type is _MARKET:
            self.meet_market(live, at_ns)
        else:
            self._conditional.append(live)
        if live.is_open:
            self.live[live.ordinal] = live
        if live.left_e8 != left_before_e8:
            self._settle(at_ns)
        else:
            self._tune()
        return None

    def trigger(self, live: LiveOrder, at_ns: int) -> None:
        """Let a triggered order meet the market. While no book is to be seen it waits for the next tick."""
        if not live.is_open:
            return
        best_e8 = self._taking.best_e8(live.is_buy) if self._taking.state() in SEEN else None
        if best_e8 is None:
            self._waiting.append(live)
        elif not live.order.reduce_only and self._is_margin_short(
            live.order.symbol, live.is_buy, live.left() * from_e8(best_e8)
        ):
            self._desk.expire(live, f"triggered: {rejections.MARGIN_SHORT.text}", at_ns)
        else:
            self.meet_market(live, at_ns)
        self._settle(at_ns)

    def cancel(self, live: LiveOrder, at_ns: int) -> None:
        """Take an open order off the book."""
        self._desk.cancel(live, at_ns)
        self._forget()

    def open_values(self) -> tuple[Decimal, Decimal]:
        """Return what the resting orders that may open are worth, buys and sells apart."""
        if not self.live:
            return ZERO, ZERO
        buys = sum([live.price_e8 * live.left_e8 for live in self._buys.orders if not live.order.reduce_only])
        sells = sum([live.price_e8 * live.left_e8 for live in self._sells.orders if not live.order.reduce_only])
        return buys * _E16 if buys else ZERO, sells * _E16 if sells else ZERO

    # --- Inside ----------------------------------------------------------------------------------------------------

    def _rejection_of(self, live: LiveOrder) -> Rejection | None:
        """Return why the market or the account does not let the order in."""
        order = live.order
        if order.reduce_only and not self._desk.account.reducible(order.symbol, live.is_buy):
            return rejections.NOTHING_TO_REDUCE
        state, force = self._taking.state(), order.time_in_force
        is_seen = state in SEEN
        if order.order_type is _LIMIT:
            if force in _AT_ONCE and not (is_seen and self._taking.best_e8(live.is_buy) is not None):
                return rejections.NO_QUOTE if state is None else rejections.NO_BOOK
            if force is _GTX and self.would_take(live, self._taking.best_e8(live.is_buy) if is_seen else None):
                return rejections.WOULD_TAKE
            price = order.limit_price
        elif order.order_type is _MARKET:
            other_e8 = self._taking.best_e8(live.is_buy) if is_seen else None
            if other_e8 is None:
                return rejections.NO_QUOTE if state is None else rejections.NO_BOOK
            price = from_e8(other_e8)
        else:
            price = order.trigger_price
            if is_seen and self._is_through(live):
                return rejections.TRIGGERS_AT_ONCE
        assert price is not None, f"{order.order_id} has no price and passed the filters"
        rejection = notional_rejection_of(order, self._instrument, price)
        if rejection is not None or order.reduce_only or order.trigger_price is not None:
            return rejection
        short = self._is_margin_short(order.symbol, live.is_buy, order.quantity * price)
        return rejections.MARGIN_SHORT if short else None

    def _is_through(self, live: LiveOrder) -> bool:
        """Tell whether the displayed quote lies whole at or through the order's trigger already."""
        if live.falls:
            ask_e8 = self._taking.best_e8(True)
            return ask_e8 is not None and ask_e8 <= live.trigger_e8
        bid_e8 = self._taking.best_e8(False)
        return bid_e8 is not None and bid_e8 >= live.trigger_e8

    def _pull_triggers(self, falling_e8: int, rising_e8: int, at_ns: int) -> None:
        """Send the orders whose trigger was reached, and those that wait for a book, to meet the market."""
        reached = [
            live
            for live in self._conditional
            if (falling_e8 <= live.trigger_e8 if live.falls else rising_e8 >= live.trigger_e8)
        ]
        for live in (*self._waiting, *reached):
            self._schedule(at_ns, live)
        if reached or self._waiting:
            self._conditional = [live for live in self._conditional if live not in reached]
            self._waiting = []
            self._tune()

    def _settle(self, at_ns: int) -> None:
        """After a trade: expire what has nothing to reduce any more, and forget what has ended."""
        held = self._desk.account.held(self._instrument.symbol)
        for live in self.live.values():
            if live.is_open and live.order.reduce_only and (held >= ZERO if live.is_buy else held <= ZERO):
                self._desk.expire(live, POSITION_GONE, at_ns)
        self._forget()

    def _forget(self) -> None:
        """Forget what has ended."""
        if False in [live.is_open for live in self.live.values()]:
            self.live = {ordinal: live for ordinal, live in self.live.items() if live.is_open}
            self._conditional = [live for live in self._conditional if live.is_open]
            self._waiting = [live for live in self._waiting if live.is_open]
            self._buys.drop_ended()
            self._sells.drop_ended()
        self._tune()

    def _tune(self) -> None:
        falls_at_e8, rises_at_e8 = -1, PRICE_NONE_E8
        for live in self._conditional:
            if live.falls:
                if live.trigger_e8 > falls_at_e8:
                    falls_at_e8 = live.trigger_e8
            elif live.trigger_e8 < rises_at_e8:
                rises_at_e8 = live.trigger_e8
        self._falls_at_e8, self._rises_at_e8 = falls_at_e8, rises_at_e8
        self._is_restless = bool(self._waiting) or self._buys.has_unseated or self._sells.has_unseated
