"""Commands: what is asked of the core. Imperative. A command that stops trading is never refused."""

from decimal import Decimal

from msgspec import Struct

from interlock.messages.market import MarketView, Signal
from interlock.messages.orders import OrderTerms
from interlock.messages.policy import Policy
from interlock.messages.words import KillWay, Mode
from interlock.units.instruments import Instrument


class BlobReference(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something too large for a record, kept beside it: the SHA-256 of its bytes in hex, and how many they are."""

    blob: str
    size: int


class RunIdentity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What made a run: enough to make it again, and to know whether a replay may decide again.

    `build`, `lock`, `policy`, `schema` are sha256 digests; `settings` refers to what the run was set up with; `feed`
    names it ("simulated", or the directory's base name), `sources` are the digests of its files in reading order,
    `seed` drives every draw.
    """

    kind: str
    build: str
    lock: str
    policy: str
    schema: str
    settings: BlobReference
    feed: str
    sources: tuple[str, ...]
    seed: int


class StartRun(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="start_run.v1"):
    """Begin: the first input after every start."""

    run: RunIdentity


class EndRun(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="end_run.v1"):
    """The feed is over. Counts are exact; `bad_ticks` by kind."""

    ticks: int
    gaps: int
    bad_ticks: dict[str, int]
    reason: str


class SeedPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="seed_policy.v1"):
    """Set the policy of an empty log. `loosened` maps each key that is looser than its default to the reason why."""

    policy: Policy
    digest: str
    loosened: dict[str, str]


class ListInstruments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="list_instruments.v1"):
    """Tell what may be traded and under which filters."""

    instruments: tuple[Instrument, ...]


class OpenAccount(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="open_account.v1"):
    """Give the core an account of a venue with its balance in USDT."""

    account: str
    venue: str
    balance: Decimal


class EnrolOwner(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="enrol_owner.v1"):
    """Let an automation (one configured strategy) or a bot own positions in an account."""

    owner: str
    kind: str
    strategy: str
    account: str
    symbols: tuple[str, ...]
    reason: str


class Release(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="release.v1"):
    """Open the latch. Returns to Pause; arming is an act of its own."""

    reason: str


class Arm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="arm.v1"):
    """Allow this run to trade."""

    reason: str


class Disarm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="disarm.v1"):
    """Withdraw the permission to trade."""

    reason: str


class SetMode(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="set_mode.v1"):
    """Go to a mode."""

    mode: Mode
    reason: str


class EngageKill(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="engage_kill.v1"):
    """Stop. Latches until a release."""

    way: KillWay
    reason: str


class RaiseSignal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="raise_signal.v1", gc=False):
    """A strategy's signal, with the market as it stood. `view` is None when no quote is known."""

    owner: str
    signal: Signal
    view: MarketView | None


class ProposeOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="propose_order.v1", gc=False):
    """An order of a bot or a person, sized by them."""

    owner: str
    terms: OrderTerms
    view: MarketView | None


class RequestCancel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="request_cancel.v1"):
    """Take an open order back."""

    order_id: str
    reason: str


Command = (
    RaiseSignal
    | ProposeOrder
    | RequestCancel
    | StartRun
    | EndRun
    | SeedPolicy
    | ListInstruments
    | OpenAccount
    | EnrolOwner
    | Release
    | Arm
    | Disarm
    | SetMode
    | EngageKill
)
