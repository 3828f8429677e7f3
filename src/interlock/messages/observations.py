"""Observations: what the core is told by the venue, the clock and the market."""

from decimal import Decimal

from msgspec import Struct

from interlock.messages.market import MarketView
from interlock.messages.words import Liquidity
from interlock.units.money import ZERO


class AcceptReported(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="accept_reported.v1"):
    """The venue has the order on its book, or took it for execution."""

    order_id: str
    venue_order_id: str
    venue_at_ns: int


class RejectReported(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="reject_reported.v1"):
    """The venue did not take the order. `code` and `text` are the venue's."""

    order_id: str
    code: int
    text: str
    venue_at_ns: int


class FillReported(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag="fill_reported.v1"
):
    """One trade of an order. Price in quote units, quantity in base units, fee in USDT (negative is a rebate).

    `fee_base` is the part of the quantity that the venue kept as its fee (spot, when buying), in base units; `fee` is
    then its value at the price, exact. It is not written where it is left out, which means none.
    """

    order_id: str
    trade_id: str
    price: Decimal
    quantity: Decimal
    fee: Decimal
    liquidity: Liquidity
    venue_at_ns: int
    fee_base: Decimal = ZERO


class CancelReported(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="cancel_reported.v1"):
    """The order was cancelled at the venue with `quantity_left` unfilled."""

    order_id: str
    quantity_left: Decimal
    venue_at_ns: int


class ExpireReported(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="expire_reported.v1"):
    """The venue ended the order by its own rules (time in force, reduce-only with nothing left to reduce)."""

    order_id: str
    quantity_left: Decimal
    text: str
    venue_at_ns: int


class CancelRejectReported(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="cancel_reject_reported.v1"
):
    """The venue could not cancel: it does not know the order, or the order has ended."""

    order_id: str
    code: int
    text: str
    venue_at_ns: int


class SilenceReported(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="silence_reported.v1"):
    """No usable answer to an order that may have been sent. It is unknown, never rejected."""

    order_id: str
    text: str


class TimerFired(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="timer_fired.v1"):
    """A timer of the core is due. `view` is the market of the symbol it concerns, None when there is none."""

    timer: str
    view: MarketView | None


class MarkHeard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="mark_heard.v1", gc=False):
    """A conflated mark, at most 20 a second a symbol. `view` as on a signal."""

    view: MarketView


class FeedGapHeard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="feed_gap_heard.v1"):
    """The depth feed of a symbol lost its sequence: `expected` and `found` are the venue's update ids."""

    symbol: str
    expected: int
    found: int
    source: str
    line: int


class FeedSyncHeard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="feed_sync_heard.v1"):
    """The book of a symbol is whole (again) from this update on."""

    symbol: str
    update_id: int
    source: str
    line: int


class ClockDriftHeard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="clock_drift_heard.v1"):
    """The recorder's clock moved against the venue's by more than `drift_ms_max` since its offset was first known.

    Told once for each time that it goes beyond. `offset_ms` is recorder less venue as it is now, rounded towards zero;
    `drift_ms` how far that is from the first, rounded up.
    """

    symbol: str
    offset_ms: int
    drift_ms: int
    drift_ms_max: int


class RefusalsCounted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="refusals_counted.v1"):
    """How often the refusal at record `seq` was repeated, unchanged, within the second that followed it."""

    seq: int
    owner: str
    count: int


Observation = (
    FillReported
    | AcceptReported
    | RejectReported
    | CancelReported
    | ExpireReported
    | CancelRejectReported
    | SilenceReported
    | TimerFired
    | MarkHeard
    | FeedGapHeard
    | FeedSyncHeard
    | ClockDriftHeard
    | RefusalsCounted
)
