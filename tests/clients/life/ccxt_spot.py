"""A full life of ccxt on spot, over REST."""

from typing import Any

import ccxt.async_support as ccxt  # type: ignore[import-not-found]  # it has an environment of its own

from tests.clients.life.ccxt_pointed import SPOT, believed, pointed
from tests.clients.life.telling import Told, Where, first_trade, live


async def reads(client: Any, told: Told) -> None:
    markets = await client.load_markets()
    await first_trade(lambda: client.fetch_trades(SPOT))
    told["markets"] = sorted(markets)
    told["precision"] = markets[SPOT]["precision"]
    told["limits"] = markets[SPOT]["limits"]
    told["clock_ms"] = [client.milliseconds(), await client.fetch_time(), client.milliseconds()]
    told["status"] = (await client.fetch_status())["status"]
    told["ticker"] = await client.fetch_ticker(SPOT)
    told["tickers"] = sorted(await client.fetch_tickers())
    told["bids_asks"] = sorted(await client.fetch_bids_asks())
    told["book"] = await client.fetch_order_book(SPOT, 20)
    told["public_trades"] = await client.fetch_trades(SPOT, limit=5)
    told["candles"] = await client.fetch_ohlcv(SPOT, "1m", limit=5)
    told["fee"] = await client.fetch_trading_fee(SPOT)
    told["balance_before"] = (await client.fetch_balance())["USDT"]


async def trades(client: Any, told: Told) -> None:
    told["market_buy"] = await client.create_order(SPOT, "market", "buy", 0.02)
    told["by_cost"] = await client.create_market_buy_order_with_cost(SPOT, 100)
    told["market_sell"] = await client.create_order(SPOT, "market", "sell", 0.005)


async def orders(client: Any, told: Told) -> None:
    bid = told["ticker"]["bid"]
    named = {"clientOrderId": "limit-of-mine"}
    limit = await client.create_order(SPOT, "limit", "buy", 0.01, round(bid * 0.9, 2), named)
    told["limit"] = limit
    told["queried"] = await client.fetch_order(limit["id"], SPOT)
    told["open"] = [order["id"] for order in await client.fetch_open_orders(SPOT)]
    edited = await client.edit_order(limit["id"], SPOT, "limit", "buy", 0.02, round(bid * 0.91, 2))
    told["edited"] = edited
    told["canceled"] = await client.cancel_order(edited["id"], SPOT)
    told["post_only"] = await client.create_order(SPOT, "limit", "buy", 0.01, round(bid * 0.92, 2), {"postOnly": True})
    told["stop"] = await client.create_order(
        SPOT, "STOP_LOSS_LIMIT", "sell", 0.005, round(bid * 0.9, 2), {"stopPrice": round(bid * 0.92, 2)}
    )
    told["take_profit"] = await client.create_order(
        SPOT, "TAKE_PROFIT_LIMIT", "sell", 0.005, round(bid * 1.1, 2), {"stopPrice": round(bid * 1.09, 2)}
    )
    told["canceled_all"] = [order["id"] for order in await client.cancel_all_orders(SPOT)]
    told["open_after"] = [order["id"] for order in await client.fetch_open_orders(SPOT)]
    away = await client.create_order(SPOT, "limit", "buy", 0.01, round(bid * 0.9, 2), {"timeInForce": "IOC"})
    told["away"] = await client.fetch_order(away["id"], SPOT)
    told["left_open"] = await client.create_order(SPOT, "limit", "sell", 0.003, round(bid * 1.1, 2))


async def life(where: Where, told: Told) -> None:
    client = pointed(ccxt.binance, where, "spot")
    try:
        await reads(client, told)
        await trades(client, told)
        await orders(client, told)
        told["of_order"] = await client.fetch_order_trades(told["market_buy"]["id"], SPOT)
        told["believed"] = await believed(client, SPOT)
    finally:
        await client.close()


if __name__ == "__main__":
    live(life)
