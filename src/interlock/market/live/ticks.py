"""What a feed plays: good ticks only, in the order in which they were heard.

A feed stamps ticks with its own time; the player moves both stamps onto the present. `at_ns` is when the tick is
shown, `venue_at_ns` when the venue says it happened (0 where it does not say). Prices and sizes in units of 1e-8.
"""

from typing import Protocol

from msgspec import Struct

from interlock.ports.exchange.words import Market

Levels = tuple[list[int], list[int]]
"""Prices and sizes side by side; size 0 takes a level away."""


class QuoteTick(Struct, gc=False):
    """The best bid and ask. `update_id` is 0 where the venue gives none."""

    symbol: str
    at_ns: int
    venue_at_ns: int
    update_id: int
    bid_e8: int
    ask_e8: int
    bid_size_e8: int
    ask_size_e8: int


class TradeTick(Struct, gc=False):
    """A trade."""

    symbol: str
    at_ns: int
    venue_at_ns: int
    trade_id: int
    price_e8: int
    quantity_e8: int
    buyer_is_aggressor: bool


class DepthTick(Struct):
    """A diff of the book from `first_id` to `last_id`, after `previous_id` (-1 on spot); or a snapshot at `last_id`."""

    symbol: str
    at_ns: int
    venue_at_ns: int
    is_snapshot: bool
    first_id: int
    last_id: int
    previous_id: int
    bids: Levels
    asks: Levels


class MarkTick(Struct, gc=False):
    """Mark price, index price and funding rate, as recorded."""

    symbol: str
    at_ns: int
    venue_at_ns: int
    mark_e8: int
    index_e8: int
    funding_e8: int


class QuoteDenied(Struct, gc=False):
    """A quote was heard that book and trades contradict: not shown, but what to believe is open until the next."""

    symbol: str
    at_ns: int
    venue_at_ns: int


class BookCleared(Struct, gc=False):
    """The book is void: what comes next does not carry on from it."""

    symbol: str
    at_ns: int
    venue_at_ns: int


Tick = QuoteTick | TradeTick | DepthTick | MarkTick | QuoteDenied | BookCleared


class Feed(Protocol):
    """A source of ticks of one market, in its own time."""

    @property
    def market(self) -> Market:
        """Which market it is of."""
        ...

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols it plays."""
        ...

    @property
    def depth_symbols(self) -> frozenset[str]:
        """Those of them whose depth it plays; of the others only quotes are seen."""
        ...

    @property
    def start_ns(self) -> int:
        """The feed's time of its first tick."""
        ...

    def next_ticks(self) -> list[Tick]:
        """Return the next ticks, in order, bounded in number; none when the feed has ended."""
        ...
