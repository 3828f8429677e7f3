"""A full life of python-binance on spot, over REST, by its asynchronous client."""

from typing import Any

from binance import AsyncClient  # type: ignore[import-not-found]  # it has an environment of its own
from binance.exceptions import BinanceAPIException  # type: ignore[import-not-found]  # it has an environment of its own

from tests.clients.life.python_binance_pointed import SYMBOL, point, spot_believed
from tests.clients.life.telling import Told, Where, first_trade, live, refusal


async def reads(client: Any, told: Told) -> None:
    await first_trade(lambda: client.get_recent_trades(symbol=SYMBOL))
    info = await client.get_exchange_info()
    told["symbols"] = [each["symbol"] for each in info["symbols"]]
    told["symbol_info"] = await client.get_symbol_info(SYMBOL)
    told["clock_off_ms"] = abs(client.timestamp_offset)
    told["status"] = await client.get_system_status()
    told["ticker"] = await client.get_ticker(symbol=SYMBOL)
    told["price"] = await client.get_symbol_ticker(symbol=SYMBOL)
    told["best"] = await client.get_orderbook_ticker(symbol=SYMBOL)
    told["average"] = await client.get_avg_price(symbol=SYMBOL)
    told["book"] = await client.get_order_book(symbol=SYMBOL, limit=5)
    told["candles"] = await client.get_klines(symbol=SYMBOL, interval="1m", limit=5)
    told["public_trades"] = await client.get_recent_trades(symbol=SYMBOL, limit=5)
    told["aggregates"] = await client.get_aggregate_trades(symbol=SYMBOL, limit=5)
    told["fee"] = await client.get_trade_fee(symbol=SYMBOL)
    told["balance_before"] = await client.get_asset_balance(asset="USDT")


async def orders(client: Any, told: Told) -> None:
    bid = float(told["best"]["bidPrice"])
    low, high = f"{bid * 0.9:.2f}", f"{bid * 1.1:.2f}"
    told["tested"] = await client.create_test_order(
        symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.01", price=low
    )
    told["market_buy"] = await client.order_market_buy(symbol=SYMBOL, quantity="0.02")
    told["market_sell"] = await client.order_market_sell(symbol=SYMBOL, quoteOrderQty="300")
    told["limit"] = await client.order_limit_buy(
        symbol=SYMBOL, quantity="0.01", price=low, newClientOrderId="limit-of-mine"
    )
    told["queried"] = await client.get_order(symbol=SYMBOL, origClientOrderId="limit-of-mine")
    told["replaced"] = await client.cancel_replace_order(
        symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.02", price=low,
        cancelReplaceMode="STOP_ON_FAILURE", cancelOrigClientOrderId="limit-of-mine",
    )  # fmt: skip
    told["open"] = await client.get_open_orders(symbol=SYMBOL)
    told["canceled"] = await client.cancel_order(symbol=SYMBOL, orderId=told["open"][0]["orderId"])
    sell = {"symbol": SYMBOL, "side": "SELL", "quantity": "0.004", "timeInForce": "GTC"}
    told["stop"] = await client.create_order(**sell, type="STOP_LOSS_LIMIT", stopPrice=low, price=low)
    told["take_profit"] = await client.create_order(**sell, type="TAKE_PROFIT_LIMIT", stopPrice=high, price=high)
    told["maker"] = await client.create_order(
        symbol=SYMBOL, side="SELL", quantity="0.004", type="LIMIT_MAKER", price=high
    )
    told["canceled_all"] = await client.cancel_all_open_orders(symbol=SYMBOL)
    told["open_after"] = await client.get_open_orders(symbol=SYMBOL)
    told["left_open"] = await client.order_limit_sell(symbol=SYMBOL, quantity="0.003", price=high)


async def refusals(client: Any, told: Told) -> None:
    bid = float(told["best"]["bidPrice"])
    low, high = f"{bid * 0.9:.2f}", f"{bid * 1.1:.2f}"
    no = BinanceAPIException
    told["refused"] = {
        "poor": await refusal(client.order_market_buy(symbol=SYMBOL, quantity="1"), no),
        "small": await refusal(client.order_limit_buy(symbol=SYMBOL, quantity="0.00001", price=low), no),
        "gone": await refusal(client.cancel_order(symbol=SYMBOL, origClientOrderId="limit-of-mine"), no),
        "unknown": await refusal(client.get_order(symbol=SYMBOL, orderId=999_999), no),
        "no symbol": await refusal(client.get_order_book(symbol="NONE"), no),
        "takes": await refusal(
            client.create_order(symbol=SYMBOL, side="BUY", quantity="0.01", type="LIMIT_MAKER", price=high), no
        ),
        "withdraw": await refusal(client.withdraw(coin="USDT", address="x", amount=1), no),
    }


async def life(where: Where, told: Told) -> None:
    point(where.spot, where.usdm)
    client = await AsyncClient.create(where.key, where.secret)
    try:
        await reads(client, told)
        await orders(client, told)
        await refusals(client, told)
        told["believed"] = spot_believed(
            await client.get_all_orders(symbol=SYMBOL),
            await client.get_my_trades(symbol=SYMBOL),
            await client.get_account(),
        )
    finally:
        await client.close_connection()


if __name__ == "__main__":
    live(life)
