"""Policy numbers in the form the gate multiplies with, worked out once for each policy."""

from decimal import Decimal

from msgspec import Struct

from interlock.messages.policy import Policy
from interlock.units.money import BPS, HUNDRED
from interlock.units.time import NS_PER_S

_TWICE = Decimal(2)


class Factors(Struct, frozen=True, gc=False):
    """Shares of one (not basis points), and what a round trip costs at least. Both ways of a trip are counted."""

    policy: Policy
    risk: Decimal
    position: Decimal
    exposure: Decimal
    loss: Decimal
    collar: Decimal
    stop_min: Decimal
    stop_max: Decimal
    fee_bps: Decimal
    slippage_bps: Decimal
    fee_resting_bps: Decimal
    volatility: Decimal
    impact_bps_per_usdt: Decimal
    hold_ns_max: int


def _work_out(policy: Policy) -> Factors:
    sizing, costs, exits = policy.sizing, policy.costs, policy.exits
    return Factors(
        policy,
        sizing.risk_bps / BPS,
        sizing.position_bps_max / BPS,
        sizing.exposure_bps_max / BPS,
        policy.limits.loss_trade_bps_max / BPS,
        policy.limits.collar_bps_max / BPS,
        exits.stop_bps_min / BPS,
        exits.stop_bps_max / BPS,
        costs.taker_bps * _TWICE,
        costs.slippage_bps * _TWICE,
        costs.maker_bps + costs.taker_bps,
        costs.slippage_atr_percent / HUNDRED * _TWICE * BPS,
        costs.impact_bps_per_1000_usdt / 1_000 * _TWICE,
        policy.bars.period_s * NS_PER_S * exits.hold_periods_max,
    )


_last: Factors | None = None


def factors(policy: Policy) -> Factors:
    """Return the factors of a policy. The last ones are kept: a pure function, remembered."""
    global _last
    if _last is None or _last.policy is not policy:
        _last = _work_out(policy)
    return _last
