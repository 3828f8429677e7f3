"""python-binance, pointed at an exchange at one address for spot and one for futures; otherwise as it is installed."""

from typing import Any

from binance import BinanceSocketManager  # type: ignore[import-not-found]  # it has an environment of its own
from binance.base_client import BaseClient  # type: ignore[import-not-found]  # it has an environment of its own

from tests.clients.life.telling import Told

SYMBOL = "BTCUSDT"


def point(spot: str, usdm: str) -> None:
    """Point all clients that are made from now on; they read these when they are made."""
    BaseClient.API_URL = f"http://{spot}/api"
    BaseClient.MARGIN_API_URL = f"http://{spot}/sapi"
    BaseClient.WS_API_URL = f"ws://{spot}/ws-api/v3"
    BaseClient.FUTURES_URL = f"http://{usdm}/fapi"
    BaseClient.FUTURES_DATA_URL = f"http://{usdm}/futures/data"
    BaseClient.WS_FUTURES_URL = f"ws://{usdm}/ws-fapi/v1"
    BinanceSocketManager.STREAM_URL = f"ws://{spot}/"
    BinanceSocketManager.FSTREAM_URL = f"ws://{usdm}/"


def order_believed(order: Any) -> Told:
    """Return what the client was told of an order, spot or futures, in the words that tests compare in."""
    return {
        "client_order_id": order["clientOrderId"],
        "side": order["side"].lower(),
        "state": order["status"],
        "quantity": order["origQty"],
        "filled": order["executedQty"],
        "filled_quote": order.get("cummulativeQuoteQty", order.get("cumQuote")),
    }


def trade_believed(trade: Any) -> Told:
    """Return what the client was told of a trade, spot or futures."""
    is_buy = trade["isBuyer"] if "isBuyer" in trade else trade["buyer"]
    return {
        "order_id": trade["orderId"],
        "side": "buy" if is_buy else "sell",
        "price": trade["price"],
        "quantity": trade["qty"],
        "commission": trade["commission"],
        "commission_asset": trade["commissionAsset"],
        "is_maker": trade["isMaker"] if "isMaker" in trade else trade["maker"],
    }


def spot_believed(orders: Any, trades: Any, account: Any) -> Told:
    """Return what the client was told of spot at the end."""
    return {
        "orders": {str(order["orderId"]): order_believed(order) for order in orders},
        "trades": {str(trade["id"]): trade_believed(trade) for trade in trades},
        "balances": {each["asset"]: [each["free"], each["locked"]] for each in account["balances"]},
    }


def futures_believed(orders: Any, trades: Any, account: Any, income: Any) -> Told:
    """Return what the client was told of futures at the end."""
    return {
        "orders": {str(order["orderId"]): order_believed(order) for order in orders},
        "trades": {str(trade["id"]): trade_believed(trade) for trade in trades},
        "wallet": account["totalWalletBalance"],
        "positions": {each["symbol"]: each["positionAmt"] for each in account["positions"]},
        "income": {str(each["tranId"]): [each["incomeType"], each["income"], each["asset"]] for each in income},
    }
