"""Spot's filters: -1013 with the filter's name, -1111 for more digits than there are."""

from decimal import Decimal

from interlock.ports.exchange.requests import NewOrder
from interlock.ports.exchange.words import OrderKind
from interlock.units.money import ZERO, is_on_step
from interlock.venues.paper.bourse.orders.refuse import fail_filter, too_precise
from interlock.venues.paper.bourse.orders.rules import SymbolRules, digits_used
from interlock.venues.paper.bourse.orders.working import AT_MARKET

_DIGITS_MAX = 8


def check_spot_amounts(order: NewOrder, rules: SymbolRules, reference: Decimal | None) -> None:
    """Refuse prices and quantities that the symbol does not take. `reference` is its price now, None before any."""
    at_market = order.kind in AT_MARKET
    for name, price in (("price", order.price), ("stopPrice", order.trigger_price)):
        if price is not None:
            _check_price(name, price, rules)
    if order.quantity is not None:
        _check_lot(order.quantity, rules, order.kind is OrderKind.MARKET)
    if order.quote_quantity is not None and (
        not order.quote_quantity.is_finite() or digits_used(order.quote_quantity) > _DIGITS_MAX
    ):
        too_precise("quoteOrderQty")
    if reference is not None and order.price is not None:
        up, down = (rules.buy_up, rules.buy_down) if order.side.value == "buy" else (rules.sell_up, rules.sell_down)
        if (up and order.price > reference * up) or (down and order.price < reference * down):
            fail_filter(rules.percent_filter)
    value = order.quote_quantity
    if value is None and order.quantity is not None:
        price = order.trigger_price if at_market and order.trigger_price else order.price or reference
        value = order.quantity * price if price is not None else None
    if value is not None:
        check_spot_value(value, rules, order.kind is OrderKind.MARKET)


def check_spot_value(value: Decimal, rules: SymbolRules, at_market: bool) -> None:
    """Refuse an order worth too little or too much; at market only where the filter says so."""
    if value < rules.instrument.notional_min and (rules.is_notional_min_at_market or not at_market):
        fail_filter(rules.notional_filter)
    if ZERO < rules.notional_max < value and (rules.is_notional_max_at_market or not at_market):
        fail_filter(rules.notional_filter)


def _check_price(name: str, price: Decimal, rules: SymbolRules) -> None:
    listed = rules.instrument
    if not price.is_finite() or digits_used(price) > _DIGITS_MAX:
        too_precise(name)
    if price <= ZERO or price < listed.price_min or ZERO < listed.price_max < price:
        fail_filter("PRICE_FILTER")
    if not is_on_step(price, listed.price_tick):
        fail_filter("PRICE_FILTER")


def _check_lot(quantity: Decimal, rules: SymbolRules, at_market: bool) -> None:
    listed = rules.instrument
    if not quantity.is_finite() or digits_used(quantity) > _DIGITS_MAX:
        too_precise("quantity")
    if quantity <= ZERO or not listed.quantity_min <= quantity <= listed.quantity_max:
        fail_filter("LOT_SIZE")
    if not is_on_step(quantity, listed.quantity_step):
        fail_filter("LOT_SIZE")
    if not at_market:
        return
    if quantity < rules.market_quantity_min or ZERO < listed.market_quantity_max < quantity:
        fail_filter("MARKET_LOT_SIZE")
    if rules.market_quantity_step and not is_on_step(quantity, rules.market_quantity_step):
        fail_filter("MARKET_LOT_SIZE")
