"""Numbers in the form the gate works with: those of a policy worked out once for it, those of an equity once for it."""

from decimal import Decimal

from msgspec import Struct

from interlock.core.state import Account
from interlock.messages.orders import Check
from interlock.messages.policy import Policy
from interlock.units.money import BPS, HUNDRED, ONE
from interlock.units.time import NS_PER_S

_TWICE = Decimal(2)
COUNTS_KEPT = 64
"""The evidence of counts below this is made once for each policy: most counts are small, and come again."""


class Factors(Struct, frozen=True, gc=False):
    """Shares of one (not basis points), and what a round trip costs at least. Both ways of a trip are counted.

    `leverage` is what the policy allows, on spot once: a spot wallet lends nothing.
    """

    policy: Policy
    is_spot: bool
    leverage: Decimal
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
    orders_open: tuple[Check, ...]
    orders_minute: tuple[Check, ...]
    signals_hour: tuple[Check, ...]
    positions_open: tuple[Check, ...]
    not_duplicated: Check


class Means(Struct, frozen=True, gc=False):
    """An account's equity and what of it an entry may use, in USDT."""

    equity: Decimal
    risk: Decimal
    position: Decimal
    exposure: Decimal
    leverage: Decimal
    loss: Decimal


def counted(code: str, count: int, most: int) -> Check:
    """Return the evidence of a count that may reach `most`."""
    return Check(code, count, most, count * 100 // most, count <= most)


def _counts(code: str, most: int) -> tuple[Check, ...]:
    return tuple([counted(code, count, most) for count in range(COUNTS_KEPT)])


def _work_out(policy: Policy, is_spot: bool) -> Factors:
    sizing, costs, exits, limits = policy.sizing, policy.costs, policy.exits, policy.limits
    window = limits.duplicate_window_ms
    return Factors(
        policy,
        is_spot,
        min(limits.leverage_max, ONE) if is_spot else limits.leverage_max,
        sizing.risk_bps / BPS,
        sizing.position_bps_max / BPS,
        sizing.exposure_bps_max / BPS,
        limits.loss_trade_bps_max / BPS,
        limits.collar_bps_max / BPS,
        exits.stop_bps_min / BPS,
        exits.stop_bps_max / BPS,
        costs.taker_bps * _TWICE,
        costs.slippage_bps * _TWICE,
        costs.maker_bps + costs.taker_bps,
        costs.slippage_atr_percent / HUNDRED * _TWICE * BPS,
        costs.impact_bps_per_1000_usdt / 1_000 * _TWICE,
        policy.bars.period_s * NS_PER_S * exits.hold_periods_max,
        _counts("RISK-026", limits.orders_open_max),
        _counts("RISK-027", limits.orders_minute_max),
        _counts("RISK-028", limits.signals_hour_max),
        _counts("RISK-025", limits.positions_open_max),
        Check("RISK-031", window, window, 100, True),
    )


_last: Factors | None = None


def factors(policy: Policy, is_spot: bool = False) -> Factors:
    """Return the factors of a policy in a market. The last ones are kept: a pure function, remembered."""
    global _last
    if _last is None or _last.policy is not policy or _last.is_spot is not is_spot:
        _last = _work_out(policy, is_spot)
    return _last


_means_last: tuple[Factors, Decimal, Decimal, Means] | None = None


def means(by: Factors, account: Account) -> Means:
    """Return what an account may use. The last are kept: a pure function, remembered.

    They hold for the very same amounts only, since equal ones may be written with other digits.
    """
    global _means_last
    balance, unrealised, last = account.balance, account.unrealised, _means_last
    if last is not None and last[1] is balance and last[2] is unrealised and last[0] is by:
        return last[3]
    equity = balance + unrealised
    found = Means(
        equity, equity * by.risk, equity * by.position, equity * by.exposure, equity * by.leverage, equity * by.loss
    )
    _means_last = (by, balance, unrealised, found)
    return found
