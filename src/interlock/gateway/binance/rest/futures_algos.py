"""Futures conditional ("algo") orders: placed, asked for and taken back."""

from interlock.gateway.binance import refusals
from interlock.gateway.binance.desk import Asked, Desk, Route, Security
from interlock.gateway.binance.render import futures_orders as render
from interlock.gateway.binance.render.figures import encode
from interlock.gateway.binance.requests import words
from interlock.gateway.binance.requests.futures_orders import algo_order
from interlock.gateway.binance.requests.keys import algo_key, optional_symbol, order_history
from interlock.gateway.binance.requests.parameters import Parameters
from interlock.ports.exchange.rows import AlgoRow
from interlock.ports.exchange.words import Market

_USDM = Market.USDM
_ALL_CANCELLED = b'{"code":200,"msg":"The operation of cancel all open order is done."}'


async def place(desk: Desk, asked: Asked) -> bytes:
    """Take a conditional order in."""
    order = algo_order(asked.given, desk.symbols(_USDM), desk.client_ids)
    asked.headers += desk.allowances.of(_USDM).take_orders(asked.account)
    return encode(_shown(desk, await desk.exchange.place_algo(asked.account, order), is_query=False))


async def cancel(desk: Desk, asked: Asked) -> bytes:
    """Take a conditional order back."""
    return encode(render.algo_cancelled(await desk.exchange.cancel_algo(asked.account, algo_key(asked.given))))


async def cancel_open(desk: Desk, asked: Asked) -> bytes:
    """Take all conditional orders of a symbol back."""
    symbol = words.instrument(asked.given, desk.symbols(_USDM)).symbol
    await desk.exchange.cancel_open_algos(asked.account, symbol)
    return _ALL_CANCELLED


async def ask(desk: Desk, asked: Asked) -> bytes:
    """Answer one conditional order."""
    return encode(_shown(desk, await desk.exchange.algo(asked.account, algo_key(asked.given)), is_query=True))


async def open_algos(desk: Desk, asked: Asked) -> bytes:
    """Answer the conditional orders that wait, of a symbol or all."""
    if asked.given.get("algoType") not in (None, "CONDITIONAL"):
        raise refusals.not_valid("algoType")
    symbol = optional_symbol(asked.given, desk.symbols(_USDM))
    rows = await desk.exchange.open_algos(asked.account, symbol)
    return encode([_shown(desk, row, is_query=True) for row in rows])


async def algos(desk: Desk, asked: Asked) -> bytes:
    """Answer conditional orders of a symbol, waiting and ended."""
    history = order_history(asked.given, desk.symbols(_USDM), is_spot=False, id_name="algoId")
    rows = await desk.exchange.algos(asked.account, history)
    return encode([_shown(desk, row, is_query=True) for row in rows])


def _shown(desk: Desk, row: AlgoRow, *, is_query: bool) -> render.AlgoShown:
    return render.algo(row, desk.symbols(_USDM).digits(row.symbol), is_query=is_query)


_SIGNED, _TRADE = Security.SIGNED, Security.TRADE


def _open_weight(given: Parameters) -> int:
    return 1 if given.has("symbol") else 40


ROUTES = (
    Route("POST", "/fapi/v1/algoOrder", _USDM, _TRADE, 0, place),
    Route("DELETE", "/fapi/v1/algoOrder", _USDM, _TRADE, 1, cancel),
    Route("DELETE", "/fapi/v1/algoOpenOrders", _USDM, _TRADE, 1, cancel_open),
    Route("GET", "/fapi/v1/algoOrder", _USDM, _SIGNED, 1, ask),
    Route("GET", "/fapi/v1/openAlgoOrders", _USDM, _SIGNED, _open_weight, open_algos, "1, or 40 for all"),
    Route("GET", "/fapi/v1/allAlgoOrders", _USDM, _SIGNED, 5, algos),
)
