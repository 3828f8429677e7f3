"""All the core remembers. Changed in place by `machine.evolve` alone; `decide` only reads it."""

from collections import deque
from decimal import Decimal

import msgspec
from msgspec import Struct, field
from msgspec.structs import astuple

from interlock.messages.commands import RunIdentity
from interlock.messages.orders import ApprovedOrder, ExitPlan, OrderTerms
from interlock.messages.policy import Policy
from interlock.messages.words import TERMINAL, LatchLevel, Mode, OrderStatus, Purpose
from interlock.units.digests import sha256_hex
from interlock.units.instruments import Instrument
from interlock.units.money import ZERO
from interlock.units.sides import Side

PositionKey = tuple[str, str, str]
"""(account, symbol, owner)."""


class Order(Struct, gc=False):
    """An order of ours and how far it got. `reserved` is the value it may still add to exposure, in USDT.

    `is_unknown` is true while it may or may not be at the venue, also once its cancellation has been asked for.
    """

    approved: ApprovedOrder
    exits: ExitPlan | None
    status: OrderStatus
    seq: int
    at_ns: int
    reserved: Decimal
    is_unknown: bool = False
    venue_order_id: str = ""
    quantity_filled: Decimal = ZERO
    trade_ids: list[str] = field(default_factory=list)

    @property
    def quantity_left(self) -> Decimal:
        """What may still fill."""
        return self.approved.quantity - self.quantity_filled

    @property
    def is_open(self) -> bool:
        """True while it may fill, as far as we know."""
        return self.status not in TERMINAL


class Leaving(Struct, frozen=True, gc=False):
    """The decision to sell a spot position whole: why, and the price it is measured from, zero for at market."""

    purpose: Purpose
    reference: Decimal


class Waiting(Struct, frozen=True, gc=False):
    """A sale of part of a spot position that goes out when its stop was taken back, and what it is measured from."""

    terms: OrderTerms
    reference_price: Decimal


class Dust(Struct, frozen=True, gc=False):
    """What is left of a spot position that ended: less than can be sold. `cost` is what was paid for it."""

    quantity: Decimal
    cost: Decimal


class Position(Struct):
    """What an owner holds in a symbol. `cost` is price times quantity of what is held, `value` its last valuation.

    `profit` and `fees` are those of its life so far. `stop_id`, `target_id`, `close_id` are its working exit orders.
    `close_reference` is the price its closing orders are measured from, `close_attempts` how many were made.
    On spot, `leaving` is the decision to sell it, and `waiting` are sales of parts of it that wait for its stop.
    """

    account: str
    symbol: str
    owner: str
    side: Side
    quantity: Decimal
    cost: Decimal
    value: Decimal
    profit: Decimal
    fees: Decimal
    opened_at_ns: int
    exits: ExitPlan | None
    unrealised: Decimal = ZERO
    stop_id: str = ""
    target_id: str = ""
    close_id: str = ""
    close_attempts: int = 0
    close_reference: Decimal = ZERO
    leaving: Leaving | None = None
    waiting: tuple[Waiting, ...] = ()

    @property
    def key(self) -> PositionKey:
        """Account, symbol, owner."""
        return (self.account, self.symbol, self.owner)


class Account(Struct):
    """A venue account. `balance` is the wallet in USDT, `exposure` values what is held, `reserved` what is asked.

    A purchase on spot leaves `balance` as it is, less its fee: what it cost stands with the position, or with the dust.
    """

    account: str
    venue: str
    balance: Decimal
    unrealised: Decimal = ZERO
    exposure: Decimal = ZERO
    reserved: Decimal = ZERO

    @property
    def equity(self) -> Decimal:
        """Balance and open profit together, in USDT."""
        return self.balance + self.unrealised


class Owner(Struct):
    """An automation or bot. `signals_at_ns` are the signals of the last hour, oldest first."""

    owner: str
    kind: str
    strategy: str
    account: str
    symbols: tuple[str, ...]
    signals_at_ns: deque[int] = field(default_factory=deque)


class LastEntry(Struct, frozen=True, gc=False):
    """The last entry of an owner in a symbol and side, to know a duplicate by."""

    at_ns: int
    quantity: Decimal


class State(Struct):
    """Everything. A new state is stopped: latch NO_NEW_RISK, mode Pause, not armed, no policy."""

    seq: int = 0
    at_ns: int = 0
    lease_epoch: int = 0
    run: RunIdentity | None = None
    is_ended: bool = False
    mode: Mode = Mode.PAUSE
    latch: LatchLevel = LatchLevel.NO_NEW_RISK
    is_armed: bool = False
    policy: Policy | None = None
    instruments: dict[str, Instrument] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    owners: dict[str, Owner] = field(default_factory=dict)
    positions: dict[PositionKey, Position] = field(default_factory=dict)
    dust: dict[PositionKey, Dust] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    open_orders: dict[str, dict[str, Order]] = field(default_factory=dict)
    orders_open: int = 0
    orders_at_ns: deque[int] = field(default_factory=deque)
    last_entries: dict[tuple[str, str, Side], LastEntry] = field(default_factory=dict)
    unknown_symbols: dict[str, int] = field(default_factory=dict)
    gapped_symbols: dict[str, int] = field(default_factory=dict)
    marked_at_ns: dict[tuple[str, str], int] = field(default_factory=dict)
    timers: dict[str, int] = field(default_factory=dict)


def digest(state: State) -> str:
    """Return a SHA-256 over the whole state: equal states, equal digests."""
    parts = [
        [state.seq, state.at_ns, state.lease_epoch, state.run, state.is_ended, state.mode, state.latch],
        [state.is_armed, state.policy, list(state.instruments.items()), list(state.accounts.items())],
        [[name, *astuple(owner)[1:5], list(owner.signals_at_ns)] for name, owner in state.owners.items()],
        [list(state.positions.values()), list(state.orders.values()), state.orders_open, list(state.orders_at_ns)],
        [[symbol, list(orders)] for symbol, orders in state.open_orders.items()],
        [[*key[:2], key[2].value, last] for key, last in state.last_entries.items()],
        [state.unknown_symbols, state.gapped_symbols, state.timers],
        [[*key, at_ns] for key, at_ns in state.marked_at_ns.items()],
        [[*key, dust] for key, dust in state.dust.items()],
    ]
    return sha256_hex(msgspec.json.encode(parts))
