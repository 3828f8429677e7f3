"""Events: what was decided. State changes through these alone. When and who stand on the record."""

from decimal import Decimal

from msgspec import Struct

from interlock.messages.commands import RunIdentity
from interlock.messages.orders import ApprovedOrder, Check, CostEstimate, ExitPlan, SizeDerivation
from interlock.messages.policy import Policy
from interlock.messages.spot_events import DustJoined as DustJoined
from interlock.messages.spot_events import DustKept as DustKept
from interlock.messages.spot_events import ExitDecided as ExitDecided
from interlock.messages.spot_events import ReductionWaits as ReductionWaits
from interlock.messages.words import KillWay, Liquidity, Mode, Purpose
from interlock.units.instruments import Instrument
from interlock.units.money import ZERO
from interlock.units.sides import Side


class RunStarted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="run_started.v1"):
    """A run began with this identity."""

    run: RunIdentity


class RunEnded(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="run_ended.v1"):
    """The feed ended; the counts are exact."""

    ticks: int
    gaps: int
    bad_ticks: dict[str, int]
    reason: str


class PolicySeeded(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="policy_seeded.v1"):
    """The policy in force, whole, with the reason for each value looser than its default."""

    policy: Policy
    digest: str
    loosened: dict[str, str]


class InstrumentsListed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="instruments_listed.v1"):
    """What may be traded, and under which filters."""

    instruments: tuple[Instrument, ...]


class AccountOpened(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="account_opened.v1"):
    """An account with its balance in USDT."""

    account: str
    venue: str
    balance: Decimal


class OwnerEnrolled(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="owner_enrolled.v1"):
    """An automation or bot may own positions."""

    owner: str
    kind: str
    strategy: str
    account: str
    symbols: tuple[str, ...]
    reason: str


class Released(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="released.v1"):
    """The latch is open; the mode is Pause."""

    reason: str


class Armed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="armed.v1"):
    """This run may trade, as far as latch, mode and data allow."""

    reason: str


class Disarmed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="disarmed.v1"):
    """This run may not trade."""

    reason: str


class ModeChanged(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="mode_changed.v1"):
    """The mode went from one to another."""

    before: Mode
    after: Mode
    reason: str


class KillEngaged(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="kill_engaged.v1"):
    """No new risk until a release."""

    way: KillWay
    reason: str


class CommandRefused(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="command_refused.v1"):
    """A command other than an order was refused: its rule's code and what stood against it."""

    rule: str
    detail: str


class OrderRefused(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="order_refused.v1", gc=False):
    """An order or signal was refused by the rules in `refusals`; nothing was sent. All evidence is in `checks`."""

    owner: str
    symbol: str
    side: Side | None
    refusals: tuple[str, ...]
    checks: tuple[Check, ...]
    sizing: SizeDerivation | None
    costs: CostEstimate | None


class RefusalRepeated(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="refusal_repeated.v1"):
    """The refusal at record `seq` came `count` more times within the second after it."""

    seq: int
    owner: str
    count: int


class SignalTaken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="signal_taken.v1"):
    """A signal counts against its owner's hourly allowance."""

    owner: str


class OrderApproved(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="order_approved.v1", gc=False):
    """The order may leave. `sizing`, `costs` and `exits` are None on orders that only reduce."""

    order: ApprovedOrder
    checks: tuple[Check, ...]
    sizing: SizeDerivation | None
    costs: CostEstimate | None
    exits: ExitPlan | None


class OrderAcknowledged(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="order_acknowledged.v1"):
    """The venue has it."""

    order_id: str
    venue_order_id: str


class OrderFilled(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag="order_filled.v1"
):
    """One trade of the order. `slippage` is the cost against its reference price, in USDT; negative is a gain.

    `fee_base` is what the venue kept of the quantity as its fee, as on the report; not written where there is none.
    """

    order_id: str
    trade_id: str
    price: Decimal
    quantity: Decimal
    fee: Decimal
    slippage: Decimal
    liquidity: Liquidity
    quantity_filled: Decimal
    is_complete: bool
    fee_base: Decimal = ZERO


class OrderCancelRequested(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="order_cancel_requested.v1"
):
    """The venue is asked to cancel it."""

    order_id: str
    reason: str


class OrderCancelled(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="order_cancelled.v1"):
    """It ended with this much unfilled."""

    order_id: str
    quantity_left: Decimal


class OrderExpired(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="order_expired.v1"):
    """The venue ended it by its own rules."""

    order_id: str
    quantity_left: Decimal
    text: str


class OrderRejected(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="order_rejected.v1"):
    """The venue did not take it."""

    order_id: str
    code: int
    text: str


class OrderWentUnknown(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="order_went_unknown.v1"):
    """It may or may not be at the venue. Its worst case counts as exposure until the venue is asked."""

    order_id: str
    text: str


class CancelRefusedByVenue(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="cancel_refused_by_venue.v1"
):
    """The venue had nothing to cancel; the order's own end is reported apart."""

    order_id: str
    code: int
    text: str


class PositionOpened(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="position_opened.v1"):
    """A position began. `cost` is what was paid for it (price times quantity), without fees."""

    account: str
    symbol: str
    owner: str
    side: Side
    quantity: Decimal
    cost: Decimal
    fee: Decimal
    exits: ExitPlan | None


class PositionIncreased(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="position_increased.v1"):
    """A position grew to `quantity` at `cost`."""

    account: str
    symbol: str
    owner: str
    quantity: Decimal
    cost: Decimal
    fee: Decimal
    exits: ExitPlan | None


class PositionReduced(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="position_reduced.v1"):
    """A position shrank to `quantity` at `cost`; `profit` is what the closed part realised, before `fee`."""

    account: str
    symbol: str
    owner: str
    quantity: Decimal
    cost: Decimal
    profit: Decimal
    fee: Decimal
    purpose: Purpose


class PositionClosed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="position_closed.v1"):
    """A position ended. `profit_total` and `fees_total` are those of its whole life."""

    account: str
    symbol: str
    owner: str
    profit: Decimal
    fee: Decimal
    purpose: Purpose
    profit_total: Decimal
    fees_total: Decimal


class UnownedFillFound(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="unowned_fill_found.v1"):
    """The venue told of a fill that no order or position of ours explains. Nothing was invented from it."""

    order_id: str
    trade_id: str
    price: Decimal
    quantity: Decimal
    detail: str


class MarkTaken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="mark_taken.v1", gc=False):
    """What is held in a symbol was valued at `price`. Equity and exposure are the account's, in USDT."""

    account: str
    symbol: str
    price: Decimal
    unrealised: Decimal
    equity: Decimal
    exposure: Decimal


class TimerSet(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="timer_set.v1"):
    """The core asked to be woken."""

    timer: str
    at_ns: int


class TimerEnded(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="timer_ended.v1"):
    """A timer fired or is no longer needed."""

    timer: str


class FeedGapFound(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="feed_gap_found.v1"):
    """The book of a symbol is not whole."""

    symbol: str
    expected: int
    found: int


class FeedSynced(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="feed_synced.v1"):
    """The book of a symbol is whole."""

    symbol: str
    update_id: int


class ClockDrifted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="clock_drifted.v1"):
    """The clock offset of a symbol's feed is `drift_ms` from where it began, beyond `drift_ms_max`."""

    symbol: str
    drift_ms: int
    drift_ms_max: int


Event = (
    OrderApproved
    | OrderFilled
    | OrderAcknowledged
    | PositionOpened
    | PositionIncreased
    | PositionReduced
    | PositionClosed
    | MarkTaken
    | SignalTaken
    | OrderRefused
    | RefusalRepeated
    | OrderCancelRequested
    | OrderCancelled
    | OrderExpired
    | OrderRejected
    | OrderWentUnknown
    | CancelRefusedByVenue
    | UnownedFillFound
    | ExitDecided
    | ReductionWaits
    | DustKept
    | DustJoined
    | TimerSet
    | TimerEnded
    | FeedGapFound
    | FeedSynced
    | ClockDrifted
    | CommandRefused
    | RunStarted
    | RunEnded
    | PolicySeeded
    | InstrumentsListed
    | AccountOpened
    | OwnerEnrolled
    | Released
    | Armed
    | Disarmed
    | ModeChanged
    | KillEngaged
)
