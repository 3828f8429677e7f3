"""What a round trip is expected to cost, before it is entered."""

from decimal import Decimal

from interlock.core.risk.factors import Factors
from interlock.messages.market import MarketView
from interlock.messages.orders import CostEstimate
from interlock.units.money import BPS_STEP, ZERO


def round_trip(
    factors: Factors, view: MarketView, mid: Decimal, order_usdt: Decimal, is_resting: bool = False
) -> CostEstimate:
    """Return the expected cost of entering and leaving, in basis points of the order's value.

    Fees and slippage count on both ways; an entry that can only rest (post only) pays the maker's fee. Volatility adds
    a share of the ATR, impact a rate on the value above the part that moves nothing. The worst way out is assumed: a
    stop is a taker, so is a time exit.
    """
    fee, slippage = factors.fee_resting_bps if is_resting else factors.fee_bps, factors.slippage_bps
    volatility = ZERO if view.atr is None else (view.atr * factors.volatility / mid).quantize(BPS_STEP)
    excess = order_usdt - factors.policy.costs.impact_free_usdt
    impact = (excess * factors.impact_bps_per_usdt).quantize(BPS_STEP) if excess > ZERO else ZERO
    return CostEstimate(fee, slippage, volatility, impact, fee + slippage + volatility + impact)
