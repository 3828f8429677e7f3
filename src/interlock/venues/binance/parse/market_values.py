"""What is heard of a market, as small values: prices and sizes in units of 1e-8, times in UTC nanoseconds.

`venue_at_ns` is the venue's event time at the resolution of a millisecond, 0 where it gives none (spot quotes);
`heard_at_ns` is our clock when the bytes had come.
"""

from enum import Enum

from msgspec import Struct


class Origin(Enum):
    """How a value came: by the stream, or by asking in turns while the stream was down."""

    STREAM = "stream"
    FALLBACK = "fallback"


class QuoteHeard(Struct, frozen=True, gc=False):
    """The best bid and ask."""

    symbol: str
    update_id: int
    bid_e8: int
    bid_size_e8: int
    ask_e8: int
    ask_size_e8: int
    venue_at_ns: int
    heard_at_ns: int
    origin: Origin


class TradeHeard(Struct, frozen=True, gc=False):
    """A print. `is_market` is false for one that nobody traded at the book (insurance fund, deleveraging)."""

    symbol: str
    trade_id: int
    price_e8: int
    quantity_e8: int
    is_buyer_taker: bool
    is_market: bool
    venue_at_ns: int
    heard_at_ns: int
    origin: Origin


class MarkPriceHeard(Struct, frozen=True, gc=False):
    """A futures symbol's mark and index price, and the funding rate that is next due."""

    symbol: str
    mark_e8: int
    index_e8: int
    funding_e8: int
    funding_at_ns: int
    venue_at_ns: int
    heard_at_ns: int


class DiffHeard(Struct, frozen=True, gc=False):
    """A change of a book by the updates `first_id` to `final_id`; a size of 0 deletes its level.

    `previous_id` is the final id of the change before it on futures, -1 on spot.
    """

    symbol: str
    first_id: int
    final_id: int
    previous_id: int
    bids: list[tuple[int, int]]
    asks: list[tuple[int, int]]
    venue_at_ns: int
    heard_at_ns: int


class BookHeard(Struct, frozen=True, gc=False):
    """A whole book up to an update, as deep as it was asked for, best first: what a reader starts anew from."""

    symbol: str
    update_id: int
    bids: list[tuple[int, int]]
    asks: list[tuple[int, int]]
    venue_at_ns: int
    heard_at_ns: int
    origin: Origin


class Answered(Struct, frozen=True):
    """The answer to a request made on a stream's own socket. `code` is 0 when it was done."""

    asked_id: int | str | None
    code: int
    text: str


class PassedOver(Struct, frozen=True):
    """A message of a kind that is known and not used."""

    kind: str
