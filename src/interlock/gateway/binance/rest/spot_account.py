"""The spot account: balances, fills, commissions and what is left of the order limits."""

from interlock.gateway.binance.desk import Asked, Desk, Route, Security
from interlock.gateway.binance.limits.allowances import Allowance
from interlock.gateway.binance.render import spot_account as render
from interlock.gateway.binance.render.figures import encode
from interlock.gateway.binance.requests import words
from interlock.gateway.binance.requests.keys import trade_history
from interlock.gateway.binance.requests.values import truth
from interlock.ports.exchange.words import Market

_SPOT = Market.SPOT


async def account(desk: Desk, asked: Asked) -> bytes:
    """Answer the wallet."""
    omits_zero = truth(asked.given, "omitZeroBalances")
    asked.given.finish()
    row = await desk.exchange.spot_account(asked.account)
    return encode(render.account(row, omits_zero=omits_zero))


async def trades(desk: Desk, asked: Asked) -> bytes:
    """Answer the account's fills of a symbol."""
    history = trade_history(asked.given, desk.symbols(_SPOT), is_spot=True)
    asked.given.finish()
    return encode([render.trade(row) for row in await desk.exchange.trades(_SPOT, asked.account, history)])


async def commission(desk: Desk, asked: Asked) -> bytes:
    """Answer the commission rates of a symbol."""
    symbol = words.instrument(asked.given, desk.symbols(_SPOT)).symbol
    asked.given.finish()
    return encode(render.commission(symbol, await desk.exchange.spot_account(asked.account)))


def order_limits(desk: Desk, asked: Asked) -> bytes:
    """Answer the limits of orders and what is used of them."""
    asked.given.finish()
    return encode(shown_limits(desk.allowances.of(asked.market), asked.account))


def shown_limits(allowance: Allowance, account: str) -> list[dict[str, object]]:
    """Return the limits of orders as the venue tells them."""
    return [
        {
            "rateLimitType": "ORDERS",
            "interval": limit.unit,
            "intervalNum": limit.number,
            "limit": limit.orders_max,
            "count": count,
        }
        for limit, count in allowance.order_counts(account)
    ]


_SIGNED = Security.SIGNED

ROUTES = (
    Route("GET", "/api/v3/account", _SPOT, _SIGNED, 20, account),
    Route(
        "GET",
        "/api/v3/myTrades",
        _SPOT,
        _SIGNED,
        lambda given: 5 if given.has("orderId") else 20,
        trades,
        "20, or 5 of one order",
    ),
    Route("GET", "/api/v3/account/commission", _SPOT, _SIGNED, 20, commission),
    Route("GET", "/api/v3/rateLimit/order", _SPOT, _SIGNED, 40, order_limits),
    Route("GET", "/fapi/v1/rateLimit/order", Market.USDM, _SIGNED, 1, order_limits),
)
