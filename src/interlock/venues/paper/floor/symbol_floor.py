"""The floor of one symbol: the matching that the in-process engine and the exchange on the wire share.

An order that arrives takes from the displayed market, level by level, and what may stay rests; ticks fill what rests.
Who the orders belong to, what they cost and how their triggers are pulled is the business of those who build on it.
"""

from abc import ABC, abstractmethod
from typing import Generic

from interlock.messages.words import BookState
from interlock.venues.paper.floor.resting import PRICE_NONE_E8, RestingSide
from interlock.venues.paper.floor.taking import Taking, blocks
from interlock.venues.paper.floor.workings import MatchingDesk, OrderT

SEEN = (BookState.SYNCED, BookState.QUOTES_ONLY)
POSITION_GONE = "reduce only: the position is gone"
SELF_TRADE = "self-trade prevention: an own order rests there"
NOT_ALL = "fill or kill: not all of it could be filled at once"
NO_MORE_AT_ONCE = "immediate or cancel: no more could be filled at once"
DEPTH_USED_UP = "the visible depth was used up"


class SymbolFloor(ABC, Generic[OrderT]):
    """Both sides' resting orders and what may be taken."""

    def __init__(self, taking: Taking[OrderT], desk: MatchingDesk[OrderT]) -> None:
        self._taking = taking
        self._booking = desk
        self._buys: RestingSide[OrderT] = RestingSide(True, desk)
        self._sells: RestingSide[OrderT] = RestingSide(False, desk)
        self._falls_at_e8 = -1
        self._rises_at_e8 = PRICE_NONE_E8
        self._is_restless = False

    # --- Arrivals --------------------------------------------------------------------------------------------------

    def own_best(self, live: OrderT, limit_e8: int | None) -> OrderT | None:
        """Return the order that an arriving one must not trade with: the best one of its owner on the other side."""
        return self._sells.best if live.is_buy else self._buys.best

    def would_take(self, live: OrderT, other_e8: int | None) -> bool:
        """Tell whether a limit order would meet the displayed market, or an own order, at once."""
        if blocks(self.own_best(live, live.price_e8), live, live.price_e8):
            return True
        return other_e8 is not None and (other_e8 <= live.price_e8 if live.is_buy else other_e8 >= live.price_e8)

    def meet_market(self, live: OrderT, at_ns: int) -> None:
        """Fill an order from the displayed market; what is left of it ends."""
        own = self._take(live, None, at_ns)
        if live.is_open:
            self._booking.expire(live, self._why_no_more(live, own, None, DEPTH_USED_UP), at_ns)

    def meet_limit(self, live: OrderT, at_ns: int) -> None:
        """Fill an order from the displayed market up to its limit; what is left of it ends, or rests."""
        limit_e8, desk = live.price_e8, self._booking
        if self._taking.state() in SEEN:
            live.is_seated = True
            if live.is_all_or_none and self._reachable_e8(live, at_ns) < desk.reducible_e8(live):
                desk.expire(live, NOT_ALL, at_ns)
                return
            own = self._take(live, limit_e8, at_ns)
        else:
            own = self.own_best(live, limit_e8)
        if not live.is_open:
            return
        if live.is_at_once or blocks(own, live, limit_e8) or not desk.reducible_e8(live):
            desk.expire(live, self._why_no_more(live, own, limit_e8, NO_MORE_AT_ONCE), at_ns)
        else:
            live.ahead_e8 = self._taking.queue_e8(live) if live.is_seated else -1
            (self._buys if live.is_buy else self._sells).add(live)

    def _reachable_e8(self, live: OrderT, at_ns: int) -> int:
        """Return how much of an all-or-none order could be filled now."""
        own = None if live.passes_own else self.own_best(live, live.price_e8)
        return self._taking.fillable_e8(live, live.price_e8, own, at_ns)

    def _take(self, live: OrderT, limit_e8: int | None, at_ns: int) -> OrderT | None:
        """Take what there is; return the own order that stood in the way at last, None when none did."""
        while True:
            own = self.own_best(live, limit_e8)
            self._taking.sweep(live, limit_e8, own, at_ns)
            if own is None or not live.is_open or not blocks(own, live, limit_e8):
                return own
            if not self._booking.reducible_e8(live) or not self._booking.yields(own, live, at_ns):
                return own

    def _why_no_more(self, live: OrderT, own: OrderT | None, limit_e8: int | None, otherwise: str) -> str:
        """Return why the rest of an order that met the market ends."""
        if not self._booking.reducible_e8(live):
            return POSITION_GONE
        return SELF_TRADE if blocks(own, live, limit_e8) else otherwise

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

    @abstractmethod
    def _settle(self, at_ns: int) -> None:
        """After a trade: end what has nothing to reduce any more, and forget what has ended."""

    @abstractmethod
    def _pull_triggers(self, falling_e8: int, rising_e8: int, at_ns: int) -> None:
        """Let orders whose trigger was reached, and those that wait for a book, meet the market."""
