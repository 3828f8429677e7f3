"""ccxt, pointed at an exchange at one address for spot and one for futures; otherwise as it is installed."""

from typing import Any
from urllib.parse import urlsplit

from tests.clients.life.telling import Told, Where

STATES = {"open": "NEW", "closed": "FILLED", "canceled": "CANCELED", "expired": "EXPIRED"}
SPOT, FUTURES = "BTC/USDT", "BTC/USDT:USDT"


def redirected(url: Any, spot: str, usdm: str) -> Any:
    """Return ccxt's tree of addresses with every host replaced."""
    if isinstance(url, dict):
        return {name: redirected(inner, spot, usdm) for name, inner in url.items()}
    parts = urlsplit(url)
    is_usdm = "fapi" in parts.path or parts.netloc.startswith(("fapi.", "fstream.", "ws-fapi."))
    scheme = "ws" if parts.scheme.startswith("ws") else "http"
    # ccxt takes a socket for one of spot only if its address holds "/stream"; a user's name is a place for it.
    user = "stream@" if scheme == "ws" and not is_usdm and "ws-api" not in parts.path else ""
    return f"{scheme}://{user}{usdm if is_usdm else spot}{parts.path}"


def pointed(kind: Any, where: Where, market: str) -> Any:
    """Return a client of this class of ccxt for "spot" or "future"."""
    client = kind({"apiKey": where.key, "secret": where.secret, "options": {"defaultType": market}})
    client.urls["api"] = redirected(client.urls["api"], where.spot, where.usdm)
    return client


def order_believed(order: Any) -> Told:
    """Return what ccxt believes of an order, in the words that tests compare in."""
    return {
        "client_order_id": order["clientOrderId"],
        "side": order["side"],
        "state": STATES[order["status"]],
        "quantity": str(order["amount"]),
        "filled": str(order["filled"]),
        "filled_quote": str(order["cost"]),
    }


def trade_believed(trade: Any) -> Told:
    """Return what ccxt believes of a trade."""
    return {
        "order_id": int(trade["order"]),
        "side": trade["side"],
        "price": str(trade["price"]),
        "quantity": str(trade["amount"]),
        "commission": str(trade["fee"]["cost"]),
        "commission_asset": trade["fee"]["currency"],
        "is_maker": trade["takerOrMaker"] == "maker",
    }


async def believed(client: Any, symbol: str) -> Told:
    """Return what ccxt believes at the end: orders, trades and balances."""
    orders = await client.fetch_orders(symbol, limit=500)
    trades = await client.fetch_my_trades(symbol, limit=500)
    balance = await client.fetch_balance()
    return {
        "orders": {order["id"]: order_believed(order) for order in orders},
        "trades": {trade["id"]: trade_believed(trade) for trade in trades},
        "balances": {
            asset: [str(balance["free"][asset]), str(balance["used"][asset])]
            for asset, total in balance["total"].items()
            if total
        },
    }
