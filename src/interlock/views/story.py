"""What is told of one order: the trade it belongs to, or the refusal that stood in its way."""

from decimal import Decimal

from msgspec import Struct, field

from interlock.messages.events import Event
from interlock.messages.orders import ApprovedOrder, Check, CostEstimate, ExitPlan, SizeDerivation
from interlock.messages.record import Input
from interlock.messages.words import Purpose
from interlock.units.money import BPS, MONEY_STEP, ZERO, divide
from interlock.units.sides import Side


class Happening(Struct, frozen=True, kw_only=True):
    """What became of an order: an event, with the record it stands in."""

    seq: int
    at_ns: int
    event: Event


class OrderPart(Struct, kw_only=True):
    """One order of a trade: what led to it (`asked`), its evidence, the order, and what became of it.

    `fees` and `slippage` are what its fills cost, in USDT; `value_filled` is price times quantity of them. `reason` is
    why a spot position is sold, decided before its stop was taken back; empty elsewhere.
    """

    seq: int
    at_ns: int
    actor: str
    asked: Input
    checks: tuple[Check, ...]
    sizing: SizeDerivation | None
    costs_expected: CostEstimate | None
    exits: ExitPlan | None
    order: ApprovedOrder
    happenings: list[Happening] = field(default_factory=list)
    quantity_filled: Decimal = ZERO
    value_filled: Decimal = ZERO
    fees: Decimal = ZERO
    slippage: Decimal = ZERO
    reason: str = ""


class Outcome(Struct, frozen=True, kw_only=True):
    """What a trade came to, in USDT.

    `profit` is what its closed part realised at the prices of its fills; `profit_with_costs` is that less the fees, and
    `profit_without_costs` that at the reference prices. `costs_expected` is the gate's estimate for what was filled.
    `quantity_left` is what is still held: of an open position, or as the dust of one that ended.
    """

    opened_at_ns: int | None
    closed_at_ns: int | None
    closed_by: Purpose | None
    quantity_left: Decimal
    fees: Decimal
    slippage: Decimal
    costs_expected: Decimal
    costs_paid: Decimal
    profit: Decimal
    profit_with_costs: Decimal
    profit_without_costs: Decimal


class Trade(Struct, kw_only=True, tag_field="story", tag="trade"):
    """A position's life with all its orders, from the first entry to the last exit."""

    asked: str
    account: str
    symbol: str
    owner: str
    orders: list[OrderPart] = field(default_factory=list)
    outcome: Outcome | None = None


class Refusal(Struct, kw_only=True, tag_field="story", tag="refusal"):
    """What was asked, and every rule with its evidence. `repeated` is how often the same came again within a second.

    For a refused command there are no checks, and `detail` says what stood against it.
    """

    asked: str
    seq: int
    at_ns: int
    actor: str
    command: Input
    symbol: str
    side: Side | None
    rules: tuple[str, ...]
    checks: tuple[Check, ...]
    sizing: SizeDerivation | None
    costs_expected: CostEstimate | None
    detail: str
    repeated: int = 0


Story = Trade | Refusal


def outcome_of(
    trade: Trade,
    opened_at_ns: int | None,
    closed_at_ns: int | None,
    closed_by: Purpose | None,
    quantity_left: Decimal,
    profit: Decimal,
) -> Outcome:
    """Return what a trade came to, its costs added up over all its orders."""
    fees = sum((part.fees for part in trade.orders), ZERO)
    slippage = sum((part.slippage for part in trade.orders), ZERO)
    return Outcome(
        opened_at_ns=opened_at_ns,
        closed_at_ns=closed_at_ns,
        closed_by=closed_by,
        quantity_left=quantity_left,
        fees=fees,
        slippage=slippage,
        costs_expected=sum((_expected(part) for part in trade.orders), ZERO),
        costs_paid=fees + slippage,
        profit=profit,
        profit_with_costs=profit - fees,
        profit_without_costs=profit + slippage,
    )


def _expected(part: OrderPart) -> Decimal:
    """Return what the filled part of an entry was expected to cost, way out included, in USDT."""
    if part.costs_expected is None:
        return ZERO
    return divide(part.value_filled * part.costs_expected.total_bps, BPS).quantize(MONEY_STEP)
