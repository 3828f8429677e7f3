"""A full life of python-binance on futures, over REST, by its synchronous client.

It signs by Ed25519, save for batches, which this client can only sign by HMAC.
"""

from typing import Any

from binance import Client  # type: ignore[import-not-found]  # it has an environment of its own
from binance.exceptions import BinanceAPIException  # type: ignore[import-not-found]  # it has an environment of its own

from tests.clients.life.python_binance_pointed import SYMBOL, futures_believed, point
from tests.clients.life.telling import Told, Where, live

BUY = {"symbol": SYMBOL, "side": "BUY"}
SELL = {"symbol": SYMBOL, "side": "SELL"}


def reads(client: Any, told: Told) -> None:
    while not client.futures_recent_trades(symbol=SYMBOL):
        pass  # the feed begins when the exchange does; asking is what there is to wait with
    told["symbols"] = [each["symbol"] for each in client.futures_exchange_info()["symbols"]]
    told["time"] = client.futures_time()
    told["ticker"] = client.futures_ticker(symbol=SYMBOL)
    told["book"] = client.futures_order_book(symbol=SYMBOL, limit=5)
    told["candles"] = client.futures_klines(symbol=SYMBOL, interval="1m", limit=5)
    told["public_trades"] = client.futures_recent_trades(symbol=SYMBOL, limit=5)
    told["mark"] = client.futures_mark_price(symbol=SYMBOL)
    told["funding"] = client.futures_funding_rate(symbol=SYMBOL, limit=5)
    told["brackets"] = client.futures_leverage_bracket(symbol=SYMBOL)
    told["mode"] = client.futures_get_position_mode()
    told["balance_before"] = client.futures_account_balance()


def position(client: Any, told: Told) -> None:
    told["margin_type"] = client.futures_change_margin_type(symbol=SYMBOL, marginType="ISOLATED")
    told["leverage"] = client.futures_change_leverage(symbol=SYMBOL, leverage=10)
    told["market_buy"] = client.futures_create_order(**BUY, type="MARKET", quantity="0.02", newOrderRespType="RESULT")
    told["position"] = client.futures_position_information(symbol=SYMBOL)


def orders(client: Any, told: Told) -> None:
    last = float(told["ticker"]["lastPrice"])
    low, lower = f"{last * 0.9:.1f}", f"{last * 0.89:.1f}"
    limit = client.futures_create_order(
        **BUY, type="LIMIT", timeInForce="GTC", quantity="0.01", price=low, newClientOrderId="limit-of-mine"
    )
    told["limit"] = limit
    told["queried"] = client.futures_get_order(symbol=SYMBOL, orderId=limit["orderId"])
    told["amended"] = client.futures_modify_order(**BUY, orderId=limit["orderId"], quantity="0.02", price=lower)
    told["canceled"] = client.futures_cancel_order(symbol=SYMBOL, origClientOrderId="limit-of-mine")


def batches(client: Any, told: Told) -> None:
    last = float(told["ticker"]["lastPrice"])
    low, lower = f"{last * 0.9:.1f}", f"{last * 0.89:.1f}"
    one = {**BUY, "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01", "price": low}
    told["batch"] = client.futures_place_batch_order(batchOrders=[dict(one), {**one, "price": lower}, dict(one)])
    told["batch_canceled"] = client.futures_cancel_orders(symbol=SYMBOL, orderidlist=[told["batch"][0]["orderId"]])
    told["open"] = client.futures_get_open_orders(symbol=SYMBOL)


def conditional(client: Any, told: Told) -> None:
    last = float(told["ticker"]["lastPrice"])
    stop_at, take_at = f"{last * 0.9:.1f}", f"{last * 1.1:.1f}"
    told["stop"] = client.futures_create_order(**SELL, type="STOP_MARKET", stopPrice=stop_at, closePosition="true")
    told["take_profit"] = client.futures_create_algo_order(
        **SELL, type="TAKE_PROFIT", algoType="CONDITIONAL", triggerPrice=take_at, price=take_at, quantity="0.01"
    )
    told["queried_algo"] = client.futures_get_algo_order(algoId=told["stop"]["algoId"])
    told["canceled_algo"] = client.futures_cancel_algo_order(algoId=told["take_profit"]["algoId"])
    told["canceled_plain"] = client.futures_cancel_all_open_orders(symbol=SYMBOL)
    told["open_after_plain"] = client.futures_get_open_orders(symbol=SYMBOL)
    told["algos_after_plain"] = client.futures_get_open_algo_orders(symbol=SYMBOL)
    told["canceled_algos"] = client.futures_cancel_all_algo_open_orders(symbol=SYMBOL)
    told["algos_after_both"] = client.futures_get_open_algo_orders(symbol=SYMBOL)


def countdown(client: Any, told: Told) -> None:
    low = f"{float(told['ticker']['lastPrice']) * 0.9:.1f}"
    put = client.futures_create_order(**BUY, type="LIMIT", timeInForce="GTC", quantity="0.01", price=low)
    told["countdown"] = client.futures_countdown_cancel_all(symbol=SYMBOL, countdownTime=200)
    while client.futures_get_order(symbol=SYMBOL, orderId=put["orderId"])["status"] == "NEW":
        pass  # the exchange's own clock takes it back; asking is what there is to wait with
    told["counted_down"] = client.futures_get_order(symbol=SYMBOL, orderId=put["orderId"])


def refusals(client: Any, told: Told) -> None:
    last = float(told["ticker"]["lastPrice"])
    price = f"{last * 0.9:.1f}"
    asked = {
        "poor": {**BUY, "type": "MARKET", "quantity": "100"},
        "reduces nothing": {**BUY, "type": "MARKET", "quantity": "0.01", "reduceOnly": "true"},
        "small": {**BUY, "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001", "price": price},
        "at once": {**SELL, "type": "STOP_MARKET", "stopPrice": f"{last * 1.05:.1f}", "quantity": "0.01"},
        "takes": {**BUY, "type": "LIMIT", "timeInForce": "GTX", "quantity": "0.01", "price": f"{last * 1.02:.1f}"},
    }
    told["refused"] = {name: _refused(client, request) for name, request in asked.items()}
    try:
        client.futures_change_margin_type(symbol=SYMBOL, marginType="ISOLATED")
    except BinanceAPIException as error:
        told["refused"]["margin type again"] = [type(error).__name__, str(error)]


def _refused(client: Any, request: dict[str, str]) -> list[str]:
    try:
        answer = client.futures_create_order(**request)
    except BinanceAPIException as error:
        return [type(error).__name__, str(error)]
    if answer["status"] == "NEW":  # acknowledged before it met the market: what came of it is another question
        answer = client.futures_get_order(symbol=SYMBOL, orderId=answer["orderId"])
    return [answer["status"], ""]


async def life(where: Where, told: Told) -> None:
    point(where.spot, where.usdm)
    client = Client(where.ed25519_key, private_key=where.ed25519_private_pem)
    for stage in (reads, position, orders):
        stage(client, told)
    batches(Client(where.key, where.secret), told)
    for stage in (conditional, countdown, refusals):
        stage(client, told)
    last = float(told["ticker"]["lastPrice"])
    told["market_sell"] = client.futures_create_order(
        **SELL, type="MARKET", quantity="0.012", reduceOnly="true", newOrderRespType="RESULT"
    )
    told["left_open"] = client.futures_create_order(
        **SELL, type="LIMIT", timeInForce="GTC", quantity="0.004", price=f"{last * 1.1:.1f}", reduceOnly="true"
    )
    told["believed"] = futures_believed(
        client.futures_get_all_orders(symbol=SYMBOL),
        client.futures_account_trades(symbol=SYMBOL),
        client.futures_account(),
        client.futures_income_history(),
    )


if __name__ == "__main__":
    live(life)
