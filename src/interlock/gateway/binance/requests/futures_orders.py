"""A futures order's parameters, plain and conditional: what each type needs, and what it must not have."""

from decimal import Decimal

from interlock.gateway.binance import refusals
from interlock.gateway.binance.client_ids import ClientIds
from interlock.gateway.binance.requests import words
from interlock.gateway.binance.requests.keys import order_key
from interlock.gateway.binance.requests.parameters import Parameters
from interlock.gateway.binance.requests.spot_orders import Reply
from interlock.gateway.binance.requests.values import client_id, decimal, integer, truth, word
from interlock.gateway.binance.symbols import Digits, Symbols
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import Amendment, NewOrder
from interlock.ports.exchange.words import OrderForce, OrderKind

_CONDITIONAL = frozenset(
    {
        OrderKind.STOP,
        OrderKind.STOP_MARKET,
        OrderKind.TAKE_PROFIT,
        OrderKind.TAKE_PROFIT_MARKET,
        OrderKind.TRAILING_STOP_MARKET,
    }
)
_KINDS = {
    each.value: each for each in (OrderKind.LIMIT, OrderKind.MARKET, *sorted(_CONDITIONAL, key=lambda k: k.value))
}
_REPLIES = {each.value: each for each in (Reply.ACK, Reply.RESULT)}
_WITH_PRICE = frozenset({OrderKind.STOP, OrderKind.TAKE_PROFIT})
_CLOSING = frozenset({OrderKind.STOP_MARKET, OrderKind.TAKE_PROFIT_MARKET})
_CALLBACK_MIN, _CALLBACK_MAX = Decimal("0.1"), Decimal(10)


def new_order(given: Parameters, symbols: Symbols, client_ids: ClientIds) -> tuple[NewOrder, Reply]:
    """Return the plain order that is asked for, and how its answer is to look.

    Errors: -1100, -1102, -1105, -1106, -1111, -1115, -1116, -1117, -1121, -1130, -4061, and -4120 for a conditional
    type, which has had endpoints of its own since December 2025.
    """
    listed = words.instrument(given, symbols)
    digits = symbols.digits(listed.symbol)
    side = words.side(given)
    kind = words.kind(given, _KINDS)
    if kind in _CONDITIONAL:
        raise refusals.switch_to_algo()
    _check_position_side(given)
    _check_price_match(given)
    price, force = _price(given, digits), words.force(given, is_spot=False)
    if kind is OrderKind.LIMIT:
        _need(given, ("timeInForce", "quantity", "price"))
    else:
        _need(given, ("quantity",))
        _refuse(given, ("timeInForce", "price"))
    _refuse(given, ("stopPrice", "activationPrice", "activatePrice", "callbackRate"))
    if truth(given, "closePosition"):
        raise refusals.not_required("closePosition")
    truth(given, "priceProtect")
    order = NewOrder(
        symbol=listed.symbol,
        side=side,
        kind=kind,
        client_order_id=client_id(given, "newClientOrderId", is_spot=False) or client_ids.draw(),
        quantity=decimal(given, "quantity", digits.quantity, is_spot=False),
        price=price,
        time_in_force=force,
        working_price=words.working_price(given),
        reduce_only=truth(given, "reduceOnly"),
        self_trade=words.self_trade(given),
        good_till_ms=_good_till(given, force),
    )
    return order, reply(given)


def algo_order(given: Parameters, symbols: Symbols, client_ids: ClientIds) -> NewOrder:
    """Return the conditional order that is asked for. Errors: as `new_order`, -4137 and -2007 (callback rate)."""
    if given.need("algoType") != "CONDITIONAL":
        raise refusals.not_valid("algoType")
    listed = words.instrument(given, symbols)
    digits = symbols.digits(listed.symbol)
    side = words.side(given)
    kind = words.kind(given, _KINDS)
    if kind not in _CONDITIONAL:
        raise refusals.bad_kind()
    _check_position_side(given)
    _check_price_match(given)
    closes, reduces = truth(given, "closePosition"), truth(given, "reduceOnly")
    _check_algo_terms(given, kind, closes)
    force = words.force(given, is_spot=False)
    rate = decimal(given, "callbackRate", 1, is_spot=False)
    if rate is not None and not _CALLBACK_MIN <= rate <= _CALLBACK_MAX:
        raise ExchangeError(-2007, "Invalid callBack rate.")
    activation = "activationPrice" if given.has("activationPrice") else "activatePrice"  # old word and new
    return NewOrder(
        symbol=listed.symbol,
        side=side,
        kind=kind,
        client_order_id=client_id(given, "clientAlgoId", is_spot=False) or client_ids.draw(),
        quantity=decimal(given, "quantity", digits.quantity, is_spot=False),
        price=_price(given, digits),
        time_in_force=force,
        trigger_price=_price(given, digits, "triggerPrice"),
        activation_price=_price(given, digits, activation),
        callback_rate=rate,
        working_price=words.working_price(given),
        reduce_only=reduces,
        close_position=closes,
        price_protect=truth(given, "priceProtect"),
        self_trade=words.self_trade(given),
        good_till_ms=_good_till(given, force),
    )


def _check_algo_terms(given: Parameters, kind: OrderKind, closes: bool) -> None:
    if kind is OrderKind.TRAILING_STOP_MARKET:
        _need(given, ("quantity", "callbackRate"))
        _refuse(given, ("price", "triggerPrice"))
    else:
        _need(given, ("triggerPrice",))
        _refuse(given, ("callbackRate", "activationPrice", "activatePrice"))
    if kind in _WITH_PRICE:
        _need(given, ("quantity", "price"))
    else:
        _refuse(given, ("price",))
    if not closes:
        _need(given, ("quantity",))
        return
    if kind not in _CLOSING:
        raise refusals.not_required("closePosition")
    if given.has("quantity"):
        raise ExchangeError(-4137, "Quantity must be zero with closePosition equals true")
    _refuse(given, ("reduceOnly",))


def amendment(given: Parameters, symbols: Symbols) -> Amendment:
    """Return the amendment that is asked for. Errors: -1102, -1111, -1117, -1121."""
    key = order_key(given, symbols, is_spot=False)
    digits = symbols.digits(key.symbol)
    side = words.side(given)
    _check_price_match(given)
    quantity = decimal(given, "quantity", digits.quantity, is_spot=False)
    price = _price(given, digits)
    if quantity is None:
        raise refusals.missing("quantity")
    if price is None:
        raise refusals.missing("price")
    return Amendment(key=key, side=side, quantity=quantity, price=price)


def reply(given: Parameters) -> Reply:
    """Return how the answer to an order is to look: ACK unless RESULT is asked for. Errors: -1130."""
    text = given.get("newOrderRespType")
    return Reply.ACK if text is None else word(text, _REPLIES, lambda: refusals.not_valid("newOrderRespType"))


def _price(given: Parameters, digits: Digits, name: str = "price") -> Decimal | None:
    return decimal(given, name, digits.price, is_spot=False)


def _need(given: Parameters, names: tuple[str, ...]) -> None:
    for name in names:
        if not given.has(name):
            raise refusals.missing(name)


def _refuse(given: Parameters, names: tuple[str, ...]) -> None:
    for name in names:
        if given.has(name):
            raise refusals.not_required(name)


def _check_position_side(given: Parameters) -> None:
    text = given.get("positionSide")
    if text not in (None, "BOTH"):
        raise ExchangeError(-4061, "Order's position side does not match user's setting.")


def _check_price_match(given: Parameters) -> None:
    """Prices that follow the book are not done here."""
    if given.get("priceMatch") not in (None, "NONE"):
        raise refusals.not_valid("priceMatch")


def _good_till(given: Parameters, force: OrderForce | None) -> int | None:
    at_ms = integer(given, "goodTillDate")
    if force is OrderForce.GTD:
        if at_ms is None:
            raise refusals.missing("goodTillDate")
        return at_ms
    if at_ms:
        raise refusals.not_required("goodTillDate")
    return None
