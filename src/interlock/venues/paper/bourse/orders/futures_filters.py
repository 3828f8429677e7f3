"""Futures' filters: a code of its own for each."""

from decimal import Decimal

from interlock.ports.exchange.requests import NewOrder
from interlock.ports.exchange.words import OrderKind
from interlock.units.money import ZERO, is_on_step, trimmed
from interlock.units.sides import Side
from interlock.venues.paper import rejections
from interlock.venues.paper.bourse.orders import refuse
from interlock.venues.paper.bourse.orders.rules import SymbolRules, digits_used
from interlock.venues.paper.rejections import Rejection

_LIMIT_KINDS = frozenset({OrderKind.LIMIT, OrderKind.STOP, OrderKind.TAKE_PROFIT})


def check_futures_amounts(order: NewOrder, rules: SymbolRules, mark: Decimal | None) -> None:
    """Refuse prices and quantities that the symbol does not take. `mark` is its mark price, None before any."""
    if order.quantity is not None and not order.close_position:
        _check_quantity(order.quantity, rules, order.kind not in _LIMIT_KINDS)
    for price in (order.price, order.trigger_price, order.activation_price):
        if price is not None:
            _check_price(price, rules)
    if order.price is not None and mark is not None:
        _check_percent(order.price, order.side, rules, mark)


def check_futures_value(order: NewOrder, quantity: Decimal, price: Decimal, rules: SymbolRules) -> None:
    """Refuse an order worth too little at `price`; what only reduces may be worth anything."""
    if order.reduce_only or order.close_position or quantity * price >= rules.instrument.notional_min:
        return
    refuse.refuse(rejections.notional_below_min(trimmed(rules.instrument.notional_min)))


def check_best_price(best: Decimal, side: Side, rules: SymbolRules, mark: Decimal | None) -> None:
    """Refuse an order at market whose first counterpart is too far off the mark price."""
    up, down = (rules.buy_up, rules.buy_down) if side is Side.BUY else (rules.sell_up, rules.sell_down)
    if mark is None:
        return
    if (up and side is Side.BUY and best > mark * up) or (down and side is Side.SELL and best < mark * down):
        refuse.refuse(refuse.PERCENT_AT_MARKET)


def _check_quantity(quantity: Decimal, rules: SymbolRules, at_market: bool) -> None:
    listed = rules.instrument
    if not quantity.is_finite() or quantity <= ZERO:
        refuse.refuse(rejections.QUANTITY_NOT_POSITIVE)
    if digits_used(quantity) > rules.quantity_digits:
        refuse.refuse(rejections.BAD_PRECISION)
    least = max(listed.quantity_min, rules.market_quantity_min) if at_market else listed.quantity_min
    most = listed.market_quantity_max if at_market else listed.quantity_max
    if quantity < least:
        refuse.refuse(rejections.QUANTITY_BELOW_MIN)
    if ZERO < most < quantity:
        refuse.refuse(rejections.QUANTITY_ABOVE_MAX)
    if not is_on_step(quantity, listed.quantity_step):
        refuse.refuse(rejections.QUANTITY_OFF_STEP)


def _check_price(price: Decimal, rules: SymbolRules) -> None:
    listed = rules.instrument
    if not price.is_finite() or price <= ZERO:
        refuse.refuse(rejections.PRICE_NOT_POSITIVE)
    if digits_used(price) > rules.price_digits:
        refuse.refuse(rejections.BAD_PRECISION)
    if price < listed.price_min:
        refuse.refuse(rejections.PRICE_BELOW_MIN)
    if ZERO < listed.price_max < price:
        refuse.refuse(rejections.PRICE_ABOVE_MAX)
    if not is_on_step(price, listed.price_tick):
        refuse.refuse(rejections.PRICE_OFF_TICK)


def _check_percent(price: Decimal, side: Side, rules: SymbolRules, mark: Decimal) -> None:
    """A buy may not be too high, a sell not too low: the far sides only wait."""
    tick = rules.instrument.price_tick
    if side is Side.BUY and rules.buy_up and price > mark * rules.buy_up:
        most = mark * rules.buy_up // tick * tick
        refuse.refuse(Rejection(-4016, f"Limit price can't be higher than {trimmed(most)}."))
    if side is Side.SELL and rules.sell_down and price < mark * rules.sell_down:
        least = mark * rules.sell_down // tick * tick
        refuse.refuse(Rejection(-4024, f"Limit price can't be lower than {trimmed(least)}."))
