"""A life of ccxt over WebSockets, on spot or futures: the market, the account, and orders by the WebSocket API."""

import sys
from typing import Any

import ccxt.pro as ccxt  # type: ignore[import-not-found]  # it has an environment of its own

from tests.clients.life.ccxt_pointed import FUTURES, SPOT, STATES, believed, pointed, trade_believed
from tests.clients.life.following import Following
from tests.clients.life.telling import Told, Where, live, soon

MARKET = sys.argv[2]
SYMBOL, DIGITS = (SPOT, 2) if MARKET == "spot" else (FUTURES, 1)
LEVELS = 5


async def shown(client: Any, told: Told) -> None:
    """Watch the market, and the book until it stands where one that was asked for stands."""
    told["trades"] = await soon(client.watch_trades(SYMBOL))
    told["candle"] = (await soon(client.watch_ohlcv(SYMBOL, "1m")))[-1]
    told["ticker"] = await soon(client.watch_ticker(SYMBOL))
    told["tickers"] = sorted(await soon(client.watch_tickers([SYMBOL])))
    told["bids_asks"] = (await soon(client.watch_bids_asks([SYMBOL])))[SYMBOL]
    watched = await soon(client.watch_order_book(SYMBOL))
    while True:
        asked = await client.fetch_order_book(SYMBOL, LEVELS)
        while watched["nonce"] < asked["nonce"]:
            watched = await soon(client.watch_order_book(SYMBOL))
        if watched["nonce"] == asked["nonce"]:
            break
    sides = ("bids", "asks")
    told["book_watched"] = [[list(level[:2]) for level in watched[side][:LEVELS]] for side in sides]
    told["book_asked"] = [asked[side] for side in sides]


def states(heard: Following) -> dict[str, str]:
    """Return the last state that was heard of each order, conditional ones under names of their own."""
    return {_name(order): STATES[order["status"]] for order in heard.heard["orders"]}


def _name(order: Any) -> str:
    return f"algo {order['id']}" if "aid" in order["info"] else str(order["id"])


async def account(client: Any, told: Told, heard: Following) -> None:
    """Trade by the WebSocket API, and hear of it."""
    away = round(told["ticker"]["last"] * 0.9, DIGITS)
    while not heard.heard[
        "orders"
    ]:  # nobody says when a stream of the account begins: orders are put until one is heard
        knock = await client.create_order(SYMBOL, "limit", "buy", 0.01, away)
        await client.cancel_order(knock["id"], SYMBOL)
    # ccxt reads no balance out of this answer; what it was answered is beside it.
    told["balance_asked"] = (await soon(client.fetch_balance_ws()))["info"]
    placed = await soon(client.create_order_ws(SYMBOL, "limit", "buy", 0.01, away))
    told["placed"] = placed
    await heard.until(lambda: states(heard).get(placed["id"]) == "NEW")
    told["queried"] = await soon(client.fetch_order_ws(placed["id"], SYMBOL))
    edited = await soon(client.edit_order_ws(placed["id"], SYMBOL, "limit", "buy", 0.02, away - 10))
    told["edited"] = edited
    told["canceled"] = await soon(client.cancel_order_ws(edited["id"], SYMBOL))
    await heard.until(lambda: states(heard).get(edited["id"]) == "CANCELED")
    bought = await client.create_order(SYMBOL, "market", "buy", 0.02)
    told["bought"] = bought
    await heard.until(lambda: states(heard).get(bought["id"]) == "FILLED")
    await heard.until(lambda: bought["id"] in {trade["order"] for trade in heard.heard["my_trades"]})


async def triggered(client: Any, told: Told, heard: Following) -> None:
    """Put one conditional order above the price and one below it: the market sets off one of them."""
    names = [await put(client, "sell", -30), await put(client, "buy", 30)]
    await heard.until(lambda: any(states(heard).get(name) == "FILLED" for name in names))
    told["conditional"] = {name: states(heard).get(name) for name in names}
    await client.cancel_all_orders(SYMBOL, {} if MARKET == "spot" else {"trigger": True})
    await heard.until(lambda: all(states(heard).get(name) in ("FILLED", "CANCELED") for name in names))


async def put(client: Any, side: str, away: float) -> str:
    """Put a conditional order so far from the price, and return the name it is heard under."""
    kind = "STOP_LOSS" if MARKET == "spot" else "STOP_MARKET"
    while True:
        last = (await client.fetch_ticker(SYMBOL))["last"]
        try:
            request = {"stopPrice": round(last + away, DIGITS)}
            order = await client.create_order(SYMBOL, kind, side, 0.005, None, request)
        except ccxt.ExchangeError as error:
            if "immediately" not in str(error):
                raise
        else:
            return str(order["id"]) if MARKET == "spot" else f"algo {order['id']}"


async def life(where: Where, told: Told) -> None:
    client = pointed(ccxt.binance, where, MARKET)
    heard = Following()
    try:
        await client.load_markets()
        await shown(client, told)
        heard.follow("orders", lambda: client.watch_orders(SYMBOL))
        heard.follow("my_trades", lambda: client.watch_my_trades(SYMBOL))
        heard.follow("balances", client.watch_balance)
        if MARKET == "future":
            heard.follow("positions", lambda: client.watch_positions([SYMBOL]))
        await account(client, told, heard)
        await triggered(client, told, heard)
        told["believed"] = await believed(client, SYMBOL)
        await heard.until(lambda: len(heard.heard["my_trades"]) >= len(told["believed"]["trades"]))
        told["states"] = states(heard)
        told["trades_heard"] = {trade["id"]: trade_believed(trade) for trade in heard.heard["my_trades"]}
        told["balance_heard"] = heard.heard["balances"][-1]["total"]
        told["positions_heard"] = [[each["side"], str(each["contracts"])] for each in heard.heard.get("positions", [])]
        if MARKET == "future":
            await client.keep_alive_listen_key({"type": "linear"})
            told["listen_key"] = client.options["linear"]["listenKey"]
    finally:
        await heard.stop()
        await client.close()


if __name__ == "__main__":
    live(life)
