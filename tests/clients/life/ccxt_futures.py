"""A full life of ccxt on USD-margined futures, over REST."""

from typing import Any

import ccxt.async_support as ccxt  # type: ignore[import-not-found]  # it has an environment of its own

from tests.clients.life.ccxt_pointed import FUTURES, believed, pointed
from tests.clients.life.telling import Told, Where, first_trade, live

TRIGGERED = {"trigger": True}
REDUCING = {"reduceOnly": True}


async def reads(client: Any, told: Told) -> None:
    markets = await client.load_markets()
    await first_trade(lambda: client.fetch_trades(FUTURES))
    told["markets"] = sorted(markets)
    told["precision"] = markets[FUTURES]["precision"]
    told["clock_ms"] = [client.milliseconds(), await client.fetch_time(), client.milliseconds()]
    told["ticker"] = await client.fetch_ticker(FUTURES)
    told["book"] = await client.fetch_order_book(FUTURES, 20)
    told["candles"] = await client.fetch_ohlcv(FUTURES, "1m", limit=5)
    told["mark_candles"] = await client.fetch_mark_ohlcv(FUTURES, "1m", limit=5)
    told["public_trades"] = await client.fetch_trades(FUTURES, limit=5)
    told["funding_rate"] = await client.fetch_funding_rate(FUTURES)
    told["tiers"] = await client.fetch_market_leverage_tiers(FUTURES)
    told["fee"] = await client.fetch_trading_fee(FUTURES)
    told["balance_before"] = (await client.fetch_balance())["USDT"]


async def position(client: Any, told: Told) -> None:
    told["mode"] = await client.fetch_position_mode(FUTURES)
    told["margin_mode"] = await client.set_margin_mode("isolated", FUTURES)
    told["leverage"] = await client.set_leverage(5, FUTURES)
    told["market_buy"] = await client.create_order(FUTURES, "market", "buy", 0.02)
    told["positions"] = await client.fetch_positions([FUTURES])
    told["margin_and_leverage"] = [await client.fetch_margin_mode(FUTURES), await client.fetch_leverage(FUTURES)]


async def conditional(client: Any, told: Told) -> None:
    last = told["ticker"]["last"]
    stop_at, take_at = round(last * 0.95, 1), round(last * 1.05, 1)
    stop = await client.create_order(FUTURES, "STOP_MARKET", "sell", 0.01, None, {"stopPrice": stop_at, **REDUCING})
    told["stop"] = stop
    told["take_profit"] = await client.create_order(
        FUTURES, "TAKE_PROFIT_MARKET", "sell", 0.01, None, {"stopPrice": take_at, **REDUCING}
    )
    told["queried_algo"] = await client.fetch_order(stop["id"], FUTURES, TRIGGERED)
    told["algos"] = [order["id"] for order in await client.fetch_open_orders(FUTURES, params=TRIGGERED)]
    one = await client.create_order(FUTURES, "STOP_MARKET", "sell", 0.01, None, {"stopPrice": stop_at, **REDUCING})
    told["canceled_algo"] = await client.cancel_order(one["id"], FUTURES, TRIGGERED)


async def plain(client: Any, told: Told) -> None:
    away = round(told["ticker"]["last"] * 0.9, 1)
    limit = await client.create_order(FUTURES, "limit", "buy", 0.01, away, {"clientOrderId": "limit-of-mine"})
    told["limit"] = limit
    told["queried"] = await client.fetch_order(limit["id"], FUTURES)
    told["amended"] = await client.edit_order(limit["id"], FUTURES, "limit", "buy", 0.02, away - 10)
    told["canceled"] = await client.cancel_order(limit["id"], FUTURES)
    request = {"symbol": FUTURES, "type": "limit", "side": "buy", "amount": 0.01}
    told["batch"] = await client.create_orders([{**request, "price": away}, {**request, "price": away - 1}])
    told["batch_canceled"] = await client.cancel_orders([told["batch"][0]["id"]], FUTURES)
    told["open"] = [order["id"] for order in await client.fetch_open_orders(FUTURES)]


async def cancel_all(client: Any, told: Told) -> None:
    await client.cancel_all_orders(FUTURES)
    told["open_after_plain"] = [order["id"] for order in await client.fetch_open_orders(FUTURES)]
    told["algos_after_plain"] = [order["id"] for order in await client.fetch_open_orders(FUTURES, params=TRIGGERED)]
    await client.cancel_all_orders(FUTURES, TRIGGERED)
    told["algos_after_both"] = [order["id"] for order in await client.fetch_open_orders(FUTURES, params=TRIGGERED)]


async def countdown(client: Any, told: Told) -> None:
    away = round(told["ticker"]["last"] * 0.9, 1)
    order = await client.create_order(FUTURES, "limit", "buy", 0.01, away)
    told["countdown"] = await client.fapiPrivatePostCountdownCancelAll({"symbol": "BTCUSDT", "countdownTime": 200})
    while (await client.fetch_order(order["id"], FUTURES))["status"] == "open":
        pass  # the exchange's own clock takes it back; asking is what there is to wait with
    told["counted_down"] = await client.fetch_order(order["id"], FUTURES)


async def ending(client: Any, told: Told) -> None:
    told["market_sell"] = await client.create_order(FUTURES, "market", "sell", 0.012, None, REDUCING)
    told["left_open"] = await client.create_order(
        FUTURES, "limit", "sell", 0.004, round(told["ticker"]["last"] * 1.1, 1), REDUCING
    )
    told["believed"] = await believed(client, FUTURES)
    told["believed"]["positions"] = {
        each["info"]["symbol"]: str(each["contracts"] if each["side"] == "long" else -each["contracts"])
        for each in await client.fetch_positions([FUTURES])
    }
    told["believed"]["income"] = {
        each["tranId"]: [each["incomeType"], each["income"], each["asset"]]
        for each in await client.fapiPrivateGetIncome({"limit": 1000})
    }
    told["believed"]["wallet"] = (await client.fapiPrivateV3GetAccount())["totalWalletBalance"]


async def life(where: Where, told: Told) -> None:
    client = pointed(ccxt.binance, where, "future")
    try:
        for stage in (reads, position, conditional, plain, cancel_all, countdown, ending):
            await stage(client, told)
    finally:
        await client.close()


if __name__ == "__main__":
    live(life)
