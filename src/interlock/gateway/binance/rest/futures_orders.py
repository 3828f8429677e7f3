"""Futures orders: placed one by one or several at once, amended, asked for and taken back."""

from collections.abc import Awaitable, Callable

from interlock.gateway.binance.desk import Asked, Desk, Route, Security
from interlock.gateway.binance.render import futures_orders as render
from interlock.gateway.binance.render.figures import encode
from interlock.gateway.binance.render.futures_positions import trade
from interlock.gateway.binance.render.spot_orders import refusal
from interlock.gateway.binance.requests import batches, words
from interlock.gateway.binance.requests.futures_orders import amendment, new_order
from interlock.gateway.binance.requests.keys import optional_symbol, order_history, order_key, trade_history
from interlock.gateway.binance.requests.parameters import Parameters
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import OrderKey
from interlock.ports.exchange.rows import OrderRow
from interlock.ports.exchange.words import Market

_USDM = Market.USDM
_ALL_CANCELLED = b'{"code":200,"msg":"The operation of cancel all open order is done."}'


async def place(desk: Desk, asked: Asked) -> bytes:
    """Place an order."""
    _count(desk, asked, 1)
    return encode(await _place(desk, asked.account, asked.given))


async def _place(desk: Desk, account: str, given: Parameters) -> render.OrderShown:
    order, reply = new_order(given, desk.symbols(_USDM), desk.client_ids)
    row, _ = await desk.exchange.place(_USDM, account, order)
    return render.new_order(row, desk.symbols(_USDM).digits(row.symbol), reply)


async def test(desk: Desk, asked: Asked) -> bytes:
    """Judge an order and place nothing."""
    order, _ = new_order(asked.given, desk.symbols(_USDM), desk.client_ids)
    await desk.exchange.test(_USDM, asked.account, order)
    return b"{}"


async def amend(desk: Desk, asked: Asked) -> bytes:
    """Change price and quantity of a resting order."""
    _count(desk, asked, 1)
    return encode(await _amend(desk, asked.account, asked.given))


async def _amend(desk: Desk, account: str, given: Parameters) -> render.OrderShown:
    row = await desk.exchange.amend(account, amendment(given, desk.symbols(_USDM)))
    return _changed(desk, row)


async def ask(desk: Desk, asked: Asked) -> bytes:
    """Answer one order."""
    key = order_key(asked.given, desk.symbols(_USDM), is_spot=False)
    return encode(_order(desk, await desk.exchange.order(_USDM, asked.account, key)))


async def ask_open(desk: Desk, asked: Asked) -> bytes:
    """Answer one order, if it is open."""
    key = order_key(asked.given, desk.symbols(_USDM), is_spot=False)
    rows = await desk.exchange.open_orders(_USDM, asked.account, key.symbol)
    for row in rows:
        if key.order_id in (None, row.order_id) and key.client_order_id in (None, row.client_order_id):
            return encode(_order(desk, row))
    raise ExchangeError(-2013, "Order does not exist.")


async def cancel(desk: Desk, asked: Asked) -> bytes:
    """Take an order back."""
    key = order_key(asked.given, desk.symbols(_USDM), is_spot=False)
    return encode(_changed(desk, await desk.exchange.cancel(_USDM, asked.account, key)))


async def cancel_open(desk: Desk, asked: Asked) -> bytes:
    """Take all open orders of a symbol back. Conditional ones stay, as upstream."""
    symbol = words.instrument(asked.given, desk.symbols(_USDM)).symbol
    await desk.exchange.cancel_open(_USDM, asked.account, symbol)
    return _ALL_CANCELLED


async def open_orders(desk: Desk, asked: Asked) -> bytes:
    """Answer the open orders of a symbol, or all."""
    symbol = optional_symbol(asked.given, desk.symbols(_USDM))
    rows = await desk.exchange.open_orders(_USDM, asked.account, symbol)
    return encode([_order(desk, row) for row in rows])


async def orders(desk: Desk, asked: Asked) -> bytes:
    """Answer orders of a symbol, open and ended."""
    history = order_history(asked.given, desk.symbols(_USDM), is_spot=False)
    return encode([_order(desk, row) for row in await desk.exchange.orders(_USDM, asked.account, history)])


async def trades(desk: Desk, asked: Asked) -> bytes:
    """Answer the account's fills of a symbol."""
    symbols = desk.symbols(_USDM)
    history = trade_history(asked.given, symbols, is_spot=False)
    return encode([trade(row, symbols) for row in await desk.exchange.trades(_USDM, asked.account, history)])


# --- Several at once: each is taken or refused alone ---------------------------------------------------------------


async def place_several(desk: Desk, asked: Asked) -> bytes:
    """Place several orders."""
    return await _several(desk, asked, _place)


async def amend_several(desk: Desk, asked: Asked) -> bytes:
    """Amend several orders."""
    return await _several(desk, asked, _amend)


async def _several(
    desk: Desk, asked: Asked, one: Callable[[Desk, str, Parameters], Awaitable[render.OrderShown]]
) -> bytes:
    elements = batches.elements(asked.given)
    asked.headers += desk.allowances.of(_USDM).take_orders(asked.account, len(elements), 1)
    shown: list[object] = []
    for element in elements:
        try:
            shown.append(await one(desk, asked.account, element))
        except ExchangeError as error:
            shown.append(refusal(error))
    return encode(shown)


async def cancel_several(desk: Desk, asked: Asked) -> bytes:
    """Take several orders of a symbol back."""
    symbol = words.instrument(asked.given, desk.symbols(_USDM)).symbol
    shown = [await _cancel_one(desk, asked.account, key) for key in batches.keys(asked.given, symbol)]
    return encode(shown)


async def _cancel_one(desk: Desk, account: str, key: OrderKey) -> object:
    try:
        return _changed(desk, await desk.exchange.cancel(_USDM, account, key))
    except ExchangeError as error:
        return refusal(error)


def _count(desk: Desk, asked: Asked, orders: int) -> None:
    asked.headers += desk.allowances.of(_USDM).take_orders(asked.account, orders)


def _order(desk: Desk, row: OrderRow) -> render.OrderShown:
    return render.order(row, desk.symbols(_USDM).digits(row.symbol))


def _changed(desk: Desk, row: OrderRow) -> render.OrderShown:
    return render.changed(row, desk.symbols(_USDM).digits(row.symbol))


_SIGNED, _TRADE = Security.SIGNED, Security.TRADE


def _open_weight(given: Parameters) -> int:
    return 1 if given.has("symbol") else 40


ROUTES = (
    Route("POST", "/fapi/v1/order", _USDM, _TRADE, 0, place),
    Route("POST", "/fapi/v1/order/test", _USDM, _TRADE, 0, test),
    Route("PUT", "/fapi/v1/order", _USDM, _TRADE, 0, amend),
    Route("GET", "/fapi/v1/order", _USDM, _SIGNED, 1, ask),
    Route("DELETE", "/fapi/v1/order", _USDM, _TRADE, 1, cancel),
    Route("GET", "/fapi/v1/openOrder", _USDM, _SIGNED, 1, ask_open),
    Route("POST", "/fapi/v1/batchOrders", _USDM, _TRADE, 5, place_several),
    Route("PUT", "/fapi/v1/batchOrders", _USDM, _TRADE, 5, amend_several),
    Route("DELETE", "/fapi/v1/batchOrders", _USDM, _TRADE, 1, cancel_several),
    Route("DELETE", "/fapi/v1/allOpenOrders", _USDM, _TRADE, 1, cancel_open),
    Route("GET", "/fapi/v1/openOrders", _USDM, _SIGNED, _open_weight, open_orders, "1, or 40 for all"),
    Route("GET", "/fapi/v1/allOrders", _USDM, _SIGNED, 5, orders),
    Route("GET", "/fapi/v1/userTrades", _USDM, _SIGNED, 5, trades),
)
