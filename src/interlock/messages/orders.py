"""The order that may leave, and the evidence it carries."""

from decimal import Decimal

from msgspec import Struct

from interlock.messages.words import Approval, OrderType, Purpose, TimeInForce
from interlock.units.sides import Side


class Check(Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """One rule's evidence: what was measured, what is allowed, how much of it is used, and whether it passed.

    Stands in the log as an array. Unit and wording of value and limit are the rule's, in `refusals.RULES`: counts and
    milliseconds are integers, amounts are decimals. `utilisation_percent` is whole percent, rounded down, and written
    like its value (an integer for counts, a decimal for amounts).
    """

    rule: str
    value: Decimal | int
    limit: Decimal | int
    utilisation_percent: Decimal | int
    passed: bool


class SizeDerivation(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """How a size came about: the risk budget over the stop distance, then the cap that bound it, if any.

    `capped_by` is "risk" when no cap bound, else the name of the cap.
    """

    equity: Decimal
    risk_bps: Decimal
    risk_usdt: Decimal
    stop_distance: Decimal
    quantity_by_risk: Decimal
    capped_by: str
    cap_usdt: Decimal
    quantity: Decimal


class CostEstimate(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """What a round trip is expected to cost, in basis points of the order's value, part by part."""

    fee_bps: Decimal
    slippage_bps: Decimal
    volatility_bps: Decimal
    impact_bps: Decimal
    total_bps: Decimal


class ExitPlan(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """The exits an entry brings with it: distances in quote units from the fill, and the time limit."""

    stop_distance: Decimal
    target_distance: Decimal
    target_price: Decimal | None
    hold_ns_max: int


class ApprovedOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """An order the gate let through. Only the gate makes one, and nothing else can be placed.

    `reference_price` is what the order is measured against for slippage: the mid price at the decision, or its own
    trigger or limit price when it rests.
    """

    order_id: str
    account: str
    owner: str
    symbol: str
    purpose: Purpose
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal
    limit_price: Decimal | None
    trigger_price: Decimal | None
    reduce_only: bool
    reference_price: Decimal
    approval: Approval


class OrderTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """An order as a bot or a person proposes it, before the gate."""

    symbol: str
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal
    limit_price: Decimal | None
    trigger_price: Decimal | None
    reduce_only: bool
