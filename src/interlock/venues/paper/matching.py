"""The matching of one symbol: what an order meets on arrival, and what later ticks make of it.

Triggers: a stop or take-profit is triggered by a market trade at or through its price, or, where quotes say it first,
by a quote that lies whole at or through it (both sides), so that any trade from then on would.
"""

from collections.abc import Callable
from decimal import Decimal

from interlock.messages.words import BookState, OrderType, TimeInForce
from interlock.units.instruments import Instrument
from interlock.units.money import ZERO, from_e8
from interlock.venues.paper import rejections
from interlock.venues.paper.book_of_record import LiveOrder
from interlock.venues.paper.desk import Desk
from interlock.venues.paper.filters import notional_rejection_of
from interlock.venues.paper.rejections import Rejection
from interlock.venues.paper.resting import PRICE_NONE_E8, RestingSide
from interlock.venues.paper.taking import Taking, blocks

_SEEN = (BookState.SYNCED, BookState.QUOTES_ONLY)
_AT_ONCE = (TimeInForce.IOC, TimeInForce.FOK)
# Looked up once: a member through its class costs as much as a call.
_LIMIT, _MARKET, _FOK, _GTX = OrderType.LIMIT, OrderType.MARKET, TimeInForce.FOK, TimeInForce.GTX
_E16 = Decimal("1E-16")
_POSITION_GONE = "reduce only: the position is gone"


class SymbolMatching:
    """Our orders in one symbol against its market. `live` holds the open ones by ordinal, in order of arrival."""

    def __init__(
        self,
        instrument: Instrument,
        taking: Taking,
        desk: Desk,
        is_margin_short: Callable[[str, bool, Decimal], bool],
        schedule: Callable[[int, LiveOrder], None],
    ) -> None:
        self.live: dict[int, LiveOrder] = {}
        self._instrument = instrument
        self._taking = taking
        self._desk = desk
        self._is_margin_short = is_margin_short
        self._schedule = schedule
        self._buys = RestingSide(True, desk)
        self._sells = RestingSide(False, desk)
        self._conditional: list[LiveOrder] = []
        self._waiting: list[LiveOrder] = []
        self._falls_at_e8 = -1
        self._rises_at_e8 = PRICE_NONE_E8
        self._is_restless = False

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
            self._meet_limit(live, at_ns)
        elif order.order_type is _MARKET:
            self._meet_market(live, at_ns)
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
        best_e8 = self._taking.best_e8(live.is_buy) if self._taking.state() in _SEEN else None
        if best_e8 is None:
            self._waiting.append(live)
        elif not live.order.reduce_only and self._is_margin_short(
            live.order.symbol, live.is_buy, live.left() * from_e8(best_e8)
        ):
            self._desk.expire(live, f"triggered: {rejections.MARGIN_SHORT.text}", at_ns)
        else:
            self._meet_market(live, at_ns)
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

    # --- Ticks -----------------------------------------------------------------------------------------------------

    def on_quote(self, at_ns: int, bid_e8: int, ask_e8: int, bid_size_e8: int, ask_size_e8: int) -> None:
        """Take a quote in. Integers only, until something matches."""
        buys, sells = self._buys, self._sells
        is_near = bid_e8 <= buys.best_e8 or ask_e8 >= sells.best_e8
        if not is_near and ask_e8 > self._falls_at_e8 and bid_e8 < self._rises_at_e8 and not self._is_restless:
            return
        taking = self._taking
        is_touched = buys.meet_quote(bid_e8, bid_size_e8, ask_e8, ask_size_e8, taking.asks_taken, at_ns)
        is_touched |= sells.meet_quote(ask_e8, ask_size_e8, bid_e8, bid_size_e8, taking.bids_taken, at_ns)
        if is_touched:
            self._settle(at_ns)
        self._pull_triggers(ask_e8, bid_e8, at_ns)

    def on_trade(self, at_ns: int, price_e8: int, quantity_e8: int, buyer_is_aggressor: bool) -> None:
        """Take a market trade in. Integers only, until something matches."""
        if buyer_is_aggressor:
            is_touched = price_e8 >= self._sells.best_e8 and self._sells.meet_trade(price_e8, quantity_e8, at_ns)
        else:
            is_touched = price_e8 <= self._buys.best_e8 and self._buys.meet_trade(price_e8, quantity_e8, at_ns)
        if is_touched:
            self._settle(at_ns)
        if price_e8 <= self._falls_at_e8 or price_e8 >= self._rises_at_e8 or self._is_restless:
            self._pull_triggers(price_e8, price_e8, at_ns)

    # --- Inside ----------------------------------------------------------------------------------------------------

    def _rejection_of(self, live: LiveOrder) -> Rejection | None:
        """Return why the market or the account does not let the order in."""
        order = live.order
        if order.reduce_only and not self._desk.account.reducible(order.symbol, live.is_buy):
            return rejections.NOTHING_TO_REDUCE
        state, force = self._taking.state(), order.time_in_force
        is_seen = state in _SEEN
        if order.order_type is _LIMIT:
            if force in _AT_ONCE and not (is_seen and self._taking.best_e8(live.is_buy) is not None):
                return rejections.NO_QUOTE if state is None else rejections.NO_BOOK
            if force is _GTX and self._would_take(live, self._taking.best_e8(live.is_buy) if is_seen else None):
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

    def _would_take(self, live: LiveOrder, other_e8: int | None) -> bool:
        if blocks(self._other_best(live), live, live.price_e8):
            return True
        return other_e8 is not None and (other_e8 <= live.price_e8 if live.is_buy else other_e8 >= live.price_e8)

    def _is_through(self, live: LiveOrder) -> bool:
        """Tell whether the displayed quote lies whole at or through the order's trigger already."""
        if live.falls:
            ask_e8 = self._taking.best_e8(True)
            return ask_e8 is not None and ask_e8 <= live.trigger_e8
        bid_e8 = self._taking.best_e8(False)
        return bid_e8 is not None and bid_e8 >= live.trigger_e8

    def _other_best(self, live: LiveOrder) -> LiveOrder | None:
        return self._sells.best if live.is_buy else self._buys.best

    def _meet_market(self, live: LiveOrder, at_ns: int) -> None:
        own = self._other_best(live)
        self._taking.sweep(live, None, own, at_ns)
        if live.is_open:
            self._desk.expire(live, self._why_no_more(live, own, None, "the visible depth was used up"), at_ns)

    def _meet_limit(self, live: LiveOrder, at_ns: int) -> None:
        force, limit_e8, own = live.order.time_in_force, live.price_e8, self._other_best(live)
        if self._taking.state() in _SEEN:
            live.is_seated = True
            if force is _FOK:
                needed_e8 = self._desk.reducible_e8(live)
                if self._taking.fillable_e8(live, limit_e8, own, at_ns) < needed_e8:
                    self._desk.expire(live, "fill or kill: not all of it could be filled at once", at_ns)
                    return
            self._taking.sweep(live, limit_e8, own, at_ns)
        if not live.is_open:
            return
        if force in _AT_ONCE or blocks(own, live, limit_e8) or not self._desk.reducible_e8(live):
            text = "immediate or cancel: no more could be filled at once"
            self._desk.expire(live, self._why_no_more(live, own, limit_e8, text), at_ns)
        else:
            live.ahead_e8 = self._taking.queue_e8(live) if live.is_seated else -1
            (self._buys if live.is_buy else self._sells).add(live)

    def _why_no_more(self, live: LiveOrder, own: LiveOrder | None, limit_e8: int | None, otherwise: str) -> str:
        """Return why the rest of an order that met the market ends."""
        if not self._desk.reducible_e8(live):
            return _POSITION_GONE
        return "self-trade prevention: an own order rests there" if blocks(own, live, limit_e8) else otherwise

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
                self._desk.expire(live, _POSITION_GONE, at_ns)
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
