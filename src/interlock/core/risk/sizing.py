"""How large an entry may be: fixed risk to the stop, then the caps."""

from decimal import Decimal

from interlock.core.risk.factors import Factors, Means
from interlock.messages.orders import SizeDerivation
from interlock.units.instruments import Instrument
from interlock.units.money import MONEY_STEP, ZERO


def fixed_risk(
    factors: Factors,
    instrument: Instrument,
    means: Means,
    price_worst: Decimal,
    stop_distance: Decimal,
    position_usdt: Decimal,
    exposure_usdt: Decimal,
) -> SizeDerivation:
    """Return the size that loses `risk_bps` of equity at the stop, cut to the room that the caps leave.

    `price_worst` is the worst price the entry may fill at, so that no cap is exceeded by a fill; `position_usdt` and
    `exposure_usdt` are what is held and reserved already, in USDT. Rounded down to the lot; zero when there is no room.
    Source: fixed fractional sizing, risk money divided by the distance to the stop.
    """
    policy = factors.policy
    risk_usdt = means.risk
    by_risk = (risk_usdt / stop_distance).quantize(MONEY_STEP)
    cap_usdt, capped_by = means.position - position_usdt, "position"
    room = means.exposure - exposure_usdt
    if room < cap_usdt:
        cap_usdt, capped_by = room, "exposure"
    order_usdt_max = policy.limits.order_usdt_max
    if order_usdt_max < cap_usdt:
        cap_usdt, capped_by = order_usdt_max, "order value"
    if by_risk * price_worst <= cap_usdt:
        quantity, capped_by = by_risk, "risk"
    else:
        quantity = cap_usdt / price_worst if cap_usdt > ZERO else ZERO
    step = instrument.quantity_step
    quantity = quantity // step * step
    risk_bps = policy.sizing.risk_bps
    return SizeDerivation(means.equity, risk_bps, risk_usdt, stop_distance, by_risk, capped_by, cap_usdt, quantity)
