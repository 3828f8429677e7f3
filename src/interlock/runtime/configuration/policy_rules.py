"""What a policy may hold at all: the hard bounds of every number, and what its values must be to one another.

These bounds are not the defaults and need no reason: they are where a value stops making sense. A tighter value is
always allowed.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import pairwise

from msgspec import Struct

from interlock.messages.policy import Policy
from interlock.runtime.configuration.schema import Bounds, bounds
from interlock.runtime.configuration.typed import Texts
from interlock.runtime.configuration.wording import shown
from interlock.units.money import BPS, trimmed

HOLD_S_MAX = 31_622_400
_LEVERAGE_MAX = 125
_USDT = bounds(0, 1_000_000_000)
_SHARE = bounds(0, int(BPS))
_LEVERED_SHARE = bounds(0, int(BPS) * _LEVERAGE_MAX)
_COST = bounds(0, 1_000)
_STOP = bounds("0.01", 9_000)
_MULTIPLE = bounds("0.01", 100)

POLICY_LIMITS: Mapping[str, Bounds] = {
    "sizing.risk_bps": bounds(0, 500),  # never above 5% of equity, whatever reason is given
    "sizing.position_bps_max": _LEVERED_SHARE,
    "sizing.exposure_bps_max": _LEVERED_SHARE,
    "limits.loss_trade_bps_max": _SHARE,
    "limits.order_usdt_max": _USDT,
    "limits.leverage_max": bounds(1, _LEVERAGE_MAX),
    "limits.collar_bps_max": _SHARE,
    "limits.spread_bps_max": _SHARE,
    "exits.stop_atr_multiple": _MULTIPLE,
    "exits.stop_bps_min": _STOP,
    "exits.stop_bps_max": _STOP,
    "exits.target_risk_multiple": _MULTIPLE,
    "exits.close_collar_bps[]": bounds("0.01", 5_000),
    "costs.maker_bps": _COST,
    "costs.taker_bps": _COST,
    "costs.slippage_bps": _COST,
    "costs.slippage_atr_percent": _COST,
    "costs.impact_free_usdt": _USDT,
    "costs.impact_bps_per_1000_usdt": _COST,
    "costs.edge_bps_min": _SHARE,
}

SYMBOL_PATTERN = r"[A-Z0-9]{2,30}(_[0-9]{6})?"  # the second part is a delivery date
POLICY_TEXTS: Mapping[str, Texts] = {
    "symbols.*": Texts(SYMBOL_PATTERN, "a symbol as the venue writes it, in capital letters and digits (BTCUSDT)"),
}


class Rule(Struct, frozen=True, kw_only=True):
    """A promise among several keys. It is told of the first key, and left out when one of them is in error itself."""

    keys: tuple[str, ...]
    holds: Callable[[Policy], bool]
    value: Callable[[Policy], str]
    allowed: Callable[[Policy], str]


def _at_most(key: str, limit_key: str, value: Callable[[Policy], Decimal], limit: Callable[[Policy], Decimal]) -> Rule:
    return Rule(
        keys=(key, limit_key),
        holds=lambda policy: value(policy) <= limit(policy),
        value=lambda policy: trimmed(value(policy)),
        allowed=lambda policy: f"at most {limit_key}, which is {trimmed(limit(policy))}",
    )


def _hold_s(policy: Policy) -> int:
    return policy.exits.hold_periods_max * policy.bars.period_s


RULES: tuple[Rule, ...] = (
    _at_most(
        "sizing.risk_bps",
        "limits.loss_trade_bps_max",
        lambda policy: policy.sizing.risk_bps,
        lambda policy: policy.limits.loss_trade_bps_max,
    ),
    _at_most(
        "sizing.position_bps_max",
        "sizing.exposure_bps_max",
        lambda policy: policy.sizing.position_bps_max,
        lambda policy: policy.sizing.exposure_bps_max,
    ),
    _at_most(
        "exits.stop_bps_min",
        "exits.stop_bps_max",
        lambda policy: policy.exits.stop_bps_min,
        lambda policy: policy.exits.stop_bps_max,
    ),
    _at_most(
        "bars.atr_periods",
        "bars.atr_baseline_periods",
        lambda policy: Decimal(policy.bars.atr_periods),
        lambda policy: Decimal(policy.bars.atr_baseline_periods),
    ),
    Rule(
        keys=("exits.close_collar_bps",),
        holds=lambda policy: all(one < next_one for one, next_one in pairwise(policy.exits.close_collar_bps)),
        value=lambda policy: f"[{', '.join(trimmed(step) for step in policy.exits.close_collar_bps)}]",
        allowed=lambda policy: "an ascending list, each step above the one before it",
    ),
    Rule(
        keys=("exits.hold_periods_max", "bars.period_s"),
        holds=lambda policy: _hold_s(policy) <= HOLD_S_MAX,
        value=lambda policy: f"{policy.exits.hold_periods_max} periods of {policy.bars.period_s} s",
        allowed=lambda policy: f"at most {HOLD_S_MAX // policy.bars.period_s} with this period, which is 366 days",
    ),
    Rule(
        keys=("symbols",),
        holds=lambda policy: all(len(sides) == len({*sides}) for sides in policy.symbols.values()),
        value=lambda policy: shown(policy.symbols),
        allowed=lambda policy: "each side at most once for a symbol",
    ),
)
