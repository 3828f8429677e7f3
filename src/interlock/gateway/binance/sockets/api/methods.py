"""The methods of the WebSocket API, and which endpoint each of them is. What they do is told in one place: there."""

from interlock.ports.exchange.words import Market

Endpoint = tuple[str, str]

_SPOT: dict[str, Endpoint] = {
    "ping": ("GET", "ping"),
    "time": ("GET", "time"),
    "exchangeInfo": ("GET", "exchangeInfo"),
    "depth": ("GET", "depth"),
    "trades.recent": ("GET", "trades"),
    "trades.historical": ("GET", "historicalTrades"),
    "trades.aggregate": ("GET", "aggTrades"),
    "klines": ("GET", "klines"),
    "uiKlines": ("GET", "uiKlines"),
    "avgPrice": ("GET", "avgPrice"),
    "ticker.24hr": ("GET", "ticker/24hr"),
    "ticker.price": ("GET", "ticker/price"),
    "ticker.book": ("GET", "ticker/bookTicker"),
    "order.place": ("POST", "order"),
    "order.test": ("POST", "order/test"),
    "order.status": ("GET", "order"),
    "order.cancel": ("DELETE", "order"),
    "order.cancelReplace": ("POST", "order/cancelReplace"),
    "openOrders.status": ("GET", "openOrders"),
    "openOrders.cancelAll": ("DELETE", "openOrders"),
    "allOrders": ("GET", "allOrders"),
    "myTrades": ("GET", "myTrades"),
    "account.status": ("GET", "account"),
    "account.rateLimits.orders": ("GET", "rateLimit/order"),
    "userDataStream.start": ("POST", "userDataStream"),
    "userDataStream.ping": ("PUT", "userDataStream"),
    "userDataStream.stop": ("DELETE", "userDataStream"),
}

_USDM: dict[str, Endpoint] = {
    "ping": ("GET", "v1/ping"),
    "time": ("GET", "v1/time"),
    "exchangeInfo": ("GET", "v1/exchangeInfo"),
    "depth": ("GET", "v1/depth"),
    "trades.recent": ("GET", "v1/trades"),
    "klines": ("GET", "v1/klines"),
    "ticker.price": ("GET", "v1/ticker/price"),
    "ticker.book": ("GET", "v1/ticker/bookTicker"),
    "order.place": ("POST", "v1/order"),
    "order.test": ("POST", "v1/order/test"),
    "order.modify": ("PUT", "v1/order"),
    "order.status": ("GET", "v1/order"),
    "order.cancel": ("DELETE", "v1/order"),
    "openOrders.status": ("GET", "v1/openOrders"),
    "openOrders.cancelAll": ("DELETE", "v1/allOpenOrders"),
    "allOrders": ("GET", "v1/allOrders"),
    "myTrades": ("GET", "v1/userTrades"),
    "algoOrder.place": ("POST", "v1/algoOrder"),
    "algoOrder.cancel": ("DELETE", "v1/algoOrder"),
    "account.status": ("GET", "v2/account"),
    "v2/account.status": ("GET", "v3/account"),
    "account.balance": ("GET", "v2/balance"),
    "v2/account.balance": ("GET", "v3/balance"),
    "account.position": ("GET", "v2/positionRisk"),
    "v2/account.position": ("GET", "v3/positionRisk"),
    "userDataStream.start": ("POST", "v1/listenKey"),
    "userDataStream.ping": ("PUT", "v1/listenKey"),
    "userDataStream.stop": ("DELETE", "v1/listenKey"),
}

_PREFIX = {Market.SPOT: "/api/v3/", Market.USDM: "/fapi/"}

METHODS: dict[Market, dict[str, Endpoint]] = {
    market: {name: (verb, _PREFIX[market] + path) for name, (verb, path) in methods.items()}
    for market, methods in ((Market.SPOT, _SPOT), (Market.USDM, _USDM))
}

_VERSION = "v3/"
"""Spot's methods may name their version."""

_TAKES_ORDERS = frozenset(
    {
        "order.place",
        "order.test",
        "order.cancelReplace",
        "order.modify",
        "order.cancel",
        "algoOrder.place",
        "account.rateLimits.orders",
    }
)


def plain_name(market: Market, method: str) -> str:
    """Return a method's name without the version that spot's may carry."""
    return method.removeprefix(_VERSION) if market is Market.SPOT else method


def shows_order_limits(method: str) -> bool:
    """Whether the answer shows what is left of the account's orders."""
    return method in _TAKES_ORDERS
