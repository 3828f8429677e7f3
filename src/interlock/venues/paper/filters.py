"""What the venue checks of an order before the market is asked: its parameters against the instrument's filters."""

import re
from decimal import Decimal

from interlock.messages.orders import ApprovedOrder
from interlock.messages.words import OrderType
from interlock.units.ids import CLIENT_ORDER_ID_LENGTH_MAX
from interlock.units.instruments import Instrument
from interlock.units.money import ZERO, is_on_step, trimmed
from interlock.venues.paper import rejections
from interlock.venues.paper.rejections import Rejection

_ID = re.compile(rf"[.A-Za-z0-9:/_-]{{1,{CLIENT_ORDER_ID_LENGTH_MAX}}}")
_TRIGGERED = (OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET)


def rejection_of(order: ApprovedOrder, instrument: Instrument) -> Rejection | None:
    """Return why the venue would not take the order on its face, None when it would.

    A price bound of zero is switched off, as in the venue's exchangeInfo. The least value is judged apart (see
    `notional_rejection_of`), since an order at market has no price of its own.
    """
    if not instrument.is_tradable:
        return Rejection(rejections.ORDER_REFUSED, f"{order.symbol} is not traded here: {instrument.why_not_tradable}.")
    if not _ID.fullmatch(order.order_id):
        return rejections.ID_INVALID
    return _misfit(order) or _quantity_rejection(order, instrument) or _prices_rejection(order, instrument)


def notional_rejection_of(order: ApprovedOrder, instrument: Instrument, price: Decimal) -> Rejection | None:
    """Return the rejection of an order worth too little at `price`; what reduces may be worth anything."""
    if order.reduce_only or order.quantity * price >= instrument.notional_min:
        return None
    return rejections.notional_below_min(trimmed(instrument.notional_min))


def _misfit(order: ApprovedOrder) -> Rejection | None:
    """Return the rejection of an order whose parameters do not suit its type."""
    has_limit, has_trigger = order.limit_price is not None, order.trigger_price is not None
    if has_limit is not (order.order_type is OrderType.LIMIT):
        return (rejections.parameter_superfluous if has_limit else rejections.parameter_missing)("price")
    if has_trigger is not (order.order_type in _TRIGGERED):
        return (rejections.parameter_superfluous if has_trigger else rejections.parameter_missing)("triggerPrice")
    return None


def _quantity_rejection(order: ApprovedOrder, instrument: Instrument) -> Rejection | None:
    quantity, step = order.quantity, instrument.quantity_step
    if not quantity.is_finite() or quantity <= ZERO:
        return rejections.QUANTITY_NOT_POSITIVE
    if not is_on_step(quantity, step):
        return rejections.BAD_PRECISION if _digits(quantity) > _digits(step) else rejections.QUANTITY_OFF_STEP
    if quantity < instrument.quantity_min:
        return rejections.QUANTITY_BELOW_MIN
    most = instrument.quantity_max if order.order_type is OrderType.LIMIT else instrument.market_quantity_max
    return rejections.QUANTITY_ABOVE_MAX if quantity > most else None


def _prices_rejection(order: ApprovedOrder, instrument: Instrument) -> Rejection | None:
    for price in (order.limit_price, order.trigger_price):
        if price is None:
            continue
        if not price.is_finite() or price <= ZERO:
            return rejections.PRICE_NOT_POSITIVE
        if not is_on_step(price, instrument.price_tick):
            return rejections.PRICE_OFF_TICK
        if price < instrument.price_min:
            return rejections.PRICE_BELOW_MIN
        if ZERO < instrument.price_max < price:
            return rejections.PRICE_ABOVE_MAX
    return None


def _digits(value: Decimal) -> int:
    """Return how many digits after the point the value needs."""
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int), f"{value} is not finite"
    return max(0, -exponent)
