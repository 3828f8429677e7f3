"""The venue's words in parameters, and what they mean here."""

from interlock.gateway.binance import refusals
from interlock.gateway.binance.requests.parameters import Parameters
from interlock.gateway.binance.requests.values import word
from interlock.gateway.binance.symbols import Symbols
from interlock.ports.exchange.words import OrderForce, OrderKind, SelfTrade, WorkingPrice
from interlock.units.instruments import Instrument
from interlock.units.sides import Side

SIDES = {"BUY": Side.BUY, "SELL": Side.SELL}
SIDE_WORDS = {side: text for text, side in SIDES.items()}

_SELF_TRADES = {each.value: each for each in SelfTrade}
_WORKING_PRICES = {each.value: each for each in WorkingPrice}
_SPOT_FORCES = {each.value: each for each in (OrderForce.GTC, OrderForce.IOC, OrderForce.FOK)}
_FUTURES_FORCES = {each.value: each for each in OrderForce}


def instrument(given: Parameters, symbols: Symbols) -> Instrument:
    """Return the instrument of the mandatory `symbol`. Errors: -1102, -1100, -1121."""
    return symbols.need(given.need("symbol"))


def side(given: Parameters) -> Side:
    """Return the mandatory `side`. Errors: -1102, -1117."""
    return word(given.need("side"), SIDES, refusals.bad_side)


def kind(given: Parameters, kinds: dict[str, OrderKind]) -> OrderKind:
    """Return the mandatory `type`. Errors: -1102, -1116."""
    return word(given.need("type"), kinds, refusals.bad_kind)


def force(given: Parameters, is_spot: bool) -> OrderForce | None:
    """Return `timeInForce`, None when it was not sent. Errors: -1115."""
    text = given.get("timeInForce")
    return None if text is None else word(text, _SPOT_FORCES if is_spot else _FUTURES_FORCES, refusals.bad_force)


def self_trade(given: Parameters) -> SelfTrade:
    """Return `selfTradePreventionMode`, the venue's default when it was not sent. Errors: -1130."""
    text = given.get("selfTradePreventionMode")
    if text is None:
        return SelfTrade.EXPIRE_MAKER
    return word(text, _SELF_TRADES, lambda: refusals.not_valid("selfTradePreventionMode"))


def working_price(given: Parameters) -> WorkingPrice:
    """Return `workingType`, the last trade's price when it was not sent. Errors: -1130."""
    text = given.get("workingType")
    if text is None:
        return WorkingPrice.CONTRACT_PRICE
    return word(text, _WORKING_PRICES, lambda: refusals.not_valid("workingType"))
