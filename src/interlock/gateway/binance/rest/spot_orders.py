"""Spot orders: placed, tested, asked for, taken back and replaced."""

from typing import Any

from interlock.gateway.binance import refusals
from interlock.gateway.binance.desk import Asked, Desk, Route, Security
from interlock.gateway.binance.render import spot_orders as render
from interlock.gateway.binance.render.figures import encode
from interlock.gateway.binance.render.spot_account import order_commission
from interlock.gateway.binance.requests import words
from interlock.gateway.binance.requests.keys import optional_symbol, order_history, order_key
from interlock.gateway.binance.requests.parameters import Parameters
from interlock.gateway.binance.requests.spot_orders import new_order, replacement
from interlock.gateway.binance.requests.values import client_id, truth
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import OrderKey
from interlock.ports.exchange.words import Market, OrderState

_SPOT = Market.SPOT
_RESTRICTIONS = {"ONLY_NEW": OrderState.NEW, "ONLY_PARTIALLY_FILLED": OrderState.PARTIALLY_FILLED}
_REPLACE_CODES = frozenset({-2021, -2022})
_PARTLY_FAILED = ExchangeError(-2021, "Order cancel-replace partially failed.", status=409)
_FAILED = ExchangeError(-2022, "Order cancel-replace failed.", status=400)


async def place(desk: Desk, asked: Asked) -> bytes:
    """Place an order."""
    order, reply = new_order(asked.given, desk.symbols(_SPOT), desk.client_ids)
    asked.given.finish()
    asked.headers += desk.allowances.of(_SPOT).take_orders(asked.account)
    row, trades = await desk.exchange.place(_SPOT, asked.account, order)
    return encode(render.new_order(row, trades, reply))


async def test(desk: Desk, asked: Asked) -> bytes:
    """Judge an order and place nothing; answer the commission rates it would have if asked."""
    shows_rates = truth(asked.given, "computeCommissionRates")
    order, _ = new_order(asked.given, desk.symbols(_SPOT), desk.client_ids)
    asked.given.finish()
    await desk.exchange.test(_SPOT, asked.account, order)
    if not shows_rates:
        return b"{}"
    return encode(order_commission(await desk.exchange.spot_account(asked.account)))


async def ask(desk: Desk, asked: Asked) -> bytes:
    """Answer one order."""
    key = order_key(asked.given, desk.symbols(_SPOT), is_spot=True)
    asked.given.finish()
    return encode(render.order(await desk.exchange.order(_SPOT, asked.account, key)))


async def cancel(desk: Desk, asked: Asked) -> bytes:
    """Take an order back."""
    key = order_key(asked.given, desk.symbols(_SPOT), is_spot=True)
    cancel_as = client_id(asked.given, "newClientOrderId", is_spot=True) or desk.client_ids.draw()
    only = _restriction(asked.given)
    asked.given.finish()
    await _check_restriction(desk, asked, key, only)
    row = await desk.exchange.cancel(_SPOT, asked.account, key, cancel_as)
    return encode(render.cancelled(row, cancel_as))


def _restriction(given: Parameters) -> OrderState | None:
    text = given.get("cancelRestrictions")
    if text is None:
        return None
    if text not in _RESTRICTIONS:
        raise refusals.not_valid("cancelRestrictions")
    return _RESTRICTIONS[text]


async def _check_restriction(desk: Desk, asked: Asked, key: OrderKey, only: OrderState | None) -> None:
    if only is not None and (await desk.exchange.order(_SPOT, asked.account, key)).state is not only:
        raise ExchangeError(-2011, "Order was not canceled due to cancel restrictions.")


async def cancel_open(desk: Desk, asked: Asked) -> bytes:
    """Take all open orders of a symbol back."""
    symbol = words.instrument(asked.given, desk.symbols(_SPOT)).symbol
    asked.given.finish()
    drawn: list[str] = []

    def cancel_as() -> str:
        drawn.append(desk.client_ids.draw())
        return drawn[-1]

    rows = await desk.exchange.cancel_open(_SPOT, asked.account, symbol, cancel_as)
    return encode([render.cancelled(row, drawn_id) for row, drawn_id in zip(rows, drawn, strict=True)])


async def replace(desk: Desk, asked: Asked) -> bytes:
    """Take an order back and place another."""
    given = asked.given
    wanted, reply = replacement(given, desk.symbols(_SPOT), desk.client_ids)
    only = _restriction(given)
    given.mark_read("orderRateLimitExceededMode")
    given.finish()
    asked.headers += desk.allowances.of(_SPOT).take_orders(asked.account)
    await _check_restriction(desk, asked, wanted.cancel, only)
    try:
        cancelled, placed = await desk.exchange.replace(asked.account, wanted)
    except ExchangeError as error:
        if error.code not in _REPLACE_CODES or not isinstance(error.data, dict):
            raise
        halves: dict[str, Any] = error.data  # "cancel" and "place", each a row or its refusal
        shown = render.replaced(halves["cancel"], halves["place"], wanted.cancel_as, reply)
        raise ExchangeError(error.code, error.text, error.status, shown) from error
    shown = render.replaced(cancelled, placed, wanted.cancel_as, reply)
    if isinstance(cancelled, ExchangeError):
        failed = _FAILED if placed is None else _PARTLY_FAILED
        raise ExchangeError(failed.code, failed.text, failed.status, shown)
    return encode(shown)


async def open_orders(desk: Desk, asked: Asked) -> bytes:
    """Answer the open orders of a symbol, or all."""
    symbol = optional_symbol(asked.given, desk.symbols(_SPOT))
    asked.given.finish()
    rows = await desk.exchange.open_orders(_SPOT, asked.account, symbol)
    return encode([render.order(row) for row in rows])


async def orders(desk: Desk, asked: Asked) -> bytes:
    """Answer orders of a symbol, open and ended."""
    history = order_history(asked.given, desk.symbols(_SPOT), is_spot=True)
    asked.given.finish()
    rows = await desk.exchange.orders(_SPOT, asked.account, history)
    return encode([render.order(row) for row in rows])


def order_lists(desk: Desk, asked: Asked) -> bytes:
    """Answer an empty list: there are no order lists here."""
    asked.given.finish()
    return b"[]"


_SIGNED, _TRADE = Security.SIGNED, Security.TRADE


def _open_weight(given: Parameters) -> int:
    return 6 if given.has("symbol") else 80


def _test_weight(given: Parameters) -> int:
    return 20 if given.has("computeCommissionRates") else 1


ROUTES = (
    Route("POST", "/api/v3/order", _SPOT, _TRADE, 1, place),
    Route("POST", "/api/v3/order/test", _SPOT, _TRADE, _test_weight, test, "1, or 20 with rates"),
    Route("GET", "/api/v3/order", _SPOT, _SIGNED, 4, ask),
    Route("DELETE", "/api/v3/order", _SPOT, _TRADE, 1, cancel),
    Route("DELETE", "/api/v3/openOrders", _SPOT, _TRADE, 1, cancel_open),
    Route("POST", "/api/v3/order/cancelReplace", _SPOT, _TRADE, 1, replace),
    Route("GET", "/api/v3/openOrders", _SPOT, _SIGNED, _open_weight, open_orders, "6, or 80 for all"),
    Route("GET", "/api/v3/allOrders", _SPOT, _SIGNED, 20, orders),
    Route("GET", "/api/v3/openOrderList", _SPOT, _SIGNED, 6, order_lists),
)
