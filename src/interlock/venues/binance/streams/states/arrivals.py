"""What is new among quotes and trades: by the venue's ids, over two sockets and the fallback alike."""

from collections import deque
from typing import Final

from interlock.venues.binance.parse.market_values import Origin, QuoteHeard, TradeHeard
from interlock.venues.binance.streams.facts import Disordered, Repeated

_REMEMBERED: Final = 4_096


class Recent:
    """The last few thousand things that were heard, and whether one is among them."""

    __slots__ = ("_known", "_order", "_room")

    def __init__(self, room: int = _REMEMBERED) -> None:
        self._known: set[object] = set()
        self._order: deque[object] = deque()
        self._room = room

    def is_new(self, thing: object) -> bool:
        """Tell whether it was not heard before, and remember it."""
        if thing in self._known:
            return False
        self._known.add(thing)
        self._order.append(thing)
        if len(self._order) > self._room:
            self._known.discard(self._order.popleft())
        return True


class Arrivals:
    """The quotes and trades of one symbol. Each check returns the value if it is new, else what is odd, or None.

    None is an expected repetition: the same thing by the other socket of a rotation, or asked for again by the
    fallback.
    """

    __slots__ = ("_is_overlapping", "_quote_id", "_symbol", "_trades", "trade_id")

    def __init__(self, symbol: str) -> None:
        self._symbol = symbol
        self._quote_id = -1
        self.trade_id = -1
        self._trades = Recent()
        self._is_overlapping = False

    def overlap(self, is_overlapping: bool) -> None:
        """Two sockets carry the stream from now on, or one again."""
        self._is_overlapping = is_overlapping

    def forget(self) -> None:
        """No socket carries the stream any more: ids may begin anew. Trades are still not told twice."""
        self._quote_id = self.trade_id = -1
        self._is_overlapping = False

    def quote(self, quote: QuoteHeard) -> QuoteHeard | Repeated | Disordered | None:
        """Check a quote. One older than the last is worth nothing."""
        update_id = quote.update_id
        if quote.origin is Origin.FALLBACK:
            return quote
        if update_id > self._quote_id:
            self._quote_id = update_id
            return quote
        if self._is_overlapping:
            return None
        if update_id == self._quote_id:
            return Repeated("quote", self._symbol, update_id, quote.heard_at_ns)
        return Disordered("quote", self._symbol, update_id, self._quote_id, quote.heard_at_ns)

    def trade(self, trade: TradeHeard) -> TradeHeard | Repeated | Disordered | None:
        """Check a trade. While two sockets overlap one may run ahead of the other: then a late trade is none."""
        trade_id = trade.trade_id
        is_expected = self._is_overlapping or trade.origin is Origin.FALLBACK
        if not self._trades.is_new(trade_id):
            return None if is_expected else Repeated("trade", self._symbol, trade_id, trade.heard_at_ns)
        if trade_id > self.trade_id:
            self.trade_id = trade_id
            return trade
        if is_expected:
            return trade
        return Disordered("trade", self._symbol, trade_id, self.trade_id, trade.heard_at_ns)
