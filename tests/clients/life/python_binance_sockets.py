"""A life of python-binance over WebSockets, on spot or futures: the market, the account, and orders by socket."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from binance import AsyncClient, BinanceSocketManager  # type: ignore[import-not-found]  # it has its own environment
from binance.exceptions import BinanceAPIException  # type: ignore[import-not-found]  # it has its own environment
from binance.ws.depthcache import DepthCacheManager  # type: ignore[import-not-found]  # it has its own environment

from tests.clients.life.following import Following
from tests.clients.life.python_binance_pointed import SYMBOL, futures_believed, point, spot_believed
from tests.clients.life.telling import Told, Where, live, soon

IS_SPOT = sys.argv[2] == "spot"
DIGITS = 2 if IS_SPOT else 1
LEVELS = 5
Call = Callable[..., Awaitable[Any]]


async def shown(sockets: Any, told: Told) -> None:
    """Hear each kind of stream once."""
    if IS_SPOT:
        streams = {
            "trade": sockets.trade_socket(SYMBOL),
            "aggregate": sockets.aggtrade_socket(SYMBOL),
            "candle": sockets.kline_socket(SYMBOL, interval="1m"),
            "ticker": sockets.symbol_ticker_socket(SYMBOL),
            "mini tickers": sockets.miniticker_socket(),
            "best": sockets.symbol_book_ticker_socket(SYMBOL),
            "depth": sockets.depth_socket(SYMBOL, depth="5"),
            "combined": sockets.multiplex_socket(["btcusdt@bookTicker", "ethusdt@bookTicker"]),
        }
    else:
        streams = {
            "aggregate": sockets.aggtrade_futures_socket(SYMBOL),
            "candle": sockets.futures_multiplex_socket(["btcusdt@kline_1m"]),
            "ticker": sockets.individual_symbol_ticker_futures_socket(SYMBOL),
            "mark": sockets.symbol_mark_price_socket(SYMBOL),
            "marks": sockets.all_mark_price_socket(),
            "best": sockets.symbol_ticker_futures_socket(SYMBOL),
            "depth": sockets.futures_depth_socket(SYMBOL, depth="5"),
            "combined": sockets.futures_multiplex_socket(["btcusdt@aggTrade", "ethusdt@markPrice@1s"]),
        }
    told["shown"] = dict(zip(streams, await asyncio.gather(*map(first, streams.values())), strict=True))


async def first(stream: Any) -> Any:
    async with stream:
        return await soon(stream.recv())


async def kept_book(client: Any, told: Told) -> None:
    """Keep spot's book until it stands where one that was asked for stands."""
    async with DepthCacheManager(client, symbol=SYMBOL, ws_interval=100) as keeper:
        kept = await soon(keeper.recv())
        while True:
            asked = await client.get_order_book(symbol=SYMBOL, limit=LEVELS)
            while kept.update_time is None or keeper._last_update_id < asked["lastUpdateId"]:
                kept = await soon(keeper.recv())
            if keeper._last_update_id == asked["lastUpdateId"]:
                break
        told["book_kept"] = [kept.get_bids()[:LEVELS], kept.get_asks()[:LEVELS]]
        told["book_asked"] = [[[float(text) for text in level] for level in asked[side]] for side in ("bids", "asks")]


def update(event: Any) -> tuple[str, str] | None:
    """Return which order an event tells of and its state; None for an event that tells of none."""
    match event:
        case {"e": "executionReport"}:
            return str(event["i"]), event["X"]
        case {"e": "ORDER_TRADE_UPDATE", "o": order}:
            return str(order["i"]), order["X"]
        case {"e": "ALGO_UPDATE", "o": order}:
            return f"algo {order['aid']}", order["X"]
        case _:
            return None


def states(heard: Following) -> dict[str, str]:
    """Return the last state that was heard of each order."""
    return dict(found for event in heard.heard["user"] if (found := update(event)))


async def orders_by_socket(client: Any, told: Told, heard: Following, low: str) -> None:
    limit = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01", "price": low}
    place: Call = client.ws_create_order if IS_SPOT else client.ws_futures_create_order
    query: Call = client.ws_get_order if IS_SPOT else client.ws_futures_get_order
    cancel: Call = client.ws_cancel_order if IS_SPOT else client.ws_futures_cancel_order
    placed = await place(**limit)
    told["placed"] = placed
    told["queried"] = await query(symbol=SYMBOL, orderId=placed["orderId"])
    if not IS_SPOT:
        told["amended"] = await client.ws_futures_edit_order(
            symbol=SYMBOL, side="BUY", orderId=placed["orderId"], quantity="0.02", price=low
        )
    told["canceled"] = await cancel(symbol=SYMBOL, orderId=placed["orderId"])
    await heard.until(lambda: states(heard).get(str(placed["orderId"])) == "CANCELED")
    bought = await place(symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.02")
    told["bought"] = bought
    await heard.until(lambda: states(heard).get(str(bought["orderId"])) == "FILLED")
    if IS_SPOT:
        told["account"] = await client.ws_get_account()
        told["rested"] = await place(**limit)
        told["canceled_all"] = await client.ws_cancel_all_open_orders(symbol=SYMBOL)
    else:
        told["account"] = await client.ws_futures_v2_account_status()
        told["positions"] = await client.ws_futures_v2_account_position(symbol=SYMBOL)
        stop = await place(
            symbol=SYMBOL, side="SELL", type="STOP_MARKET", triggerPrice=low, quantity="0.01", reduceOnly="true"
        )
        told["stop"] = stop
        told["canceled_stop"] = await client.ws_futures_cancel_algo_order(algoId=stop["algoId"])


async def triggered(client: Any, heard: Following) -> None:
    """Put one conditional order above the price and one below it: the market sets off one of them."""
    names = [await put(client, "SELL", -30), await put(client, "BUY", 30)]
    await heard.until(lambda: any(states(heard).get(name) in ("FILLED", "FINISHED") for name in names))
    if IS_SPOT:
        await client.cancel_all_open_orders(symbol=SYMBOL)
    else:
        await client.futures_cancel_all_algo_open_orders(symbol=SYMBOL)
    ended = ("FILLED", "FINISHED", "CANCELED")
    await heard.until(lambda: all(states(heard).get(name) in ended for name in names))


async def put(client: Any, side: str, away: float) -> str:
    """Put a conditional order so far from the price, and return the name it is heard under."""
    place: Call = client.create_order if IS_SPOT else client.futures_create_order
    kind = "STOP_LOSS" if IS_SPOT else "STOP_MARKET"
    while True:
        price = f"{await last_price(client) + away:.{DIGITS}f}"
        try:
            order = await place(symbol=SYMBOL, side=side, type=kind, stopPrice=price, quantity="0.005")
        except BinanceAPIException as error:
            if "immediately" not in str(error):
                raise
        else:
            return str(order["orderId"]) if IS_SPOT else f"algo {order['algoId']}"


async def last_price(client: Any) -> float:
    ticker = await (client.get_symbol_ticker if IS_SPOT else client.futures_symbol_ticker)(symbol=SYMBOL)
    return float(ticker["price"])


async def believed(client: Any) -> Told:
    if IS_SPOT:
        return spot_believed(
            await client.get_all_orders(symbol=SYMBOL),
            await client.get_my_trades(symbol=SYMBOL),
            await client.get_account(),
        )
    return futures_believed(
        await client.futures_get_all_orders(symbol=SYMBOL),
        await client.futures_account_trades(symbol=SYMBOL),
        await client.futures_account(),
        await client.futures_income_history(),
    )


async def life(where: Where, told: Told) -> None:
    point(where.spot, where.usdm)
    client = await AsyncClient.create(where.key, where.secret)
    sockets = BinanceSocketManager(client)
    heard = Following()
    try:
        await shown(sockets, told)
        if IS_SPOT:
            await kept_book(client, told)
        async with sockets.user_socket() if IS_SPOT else sockets.futures_user_socket() as user:
            heard.follow("user", user.recv)
            await orders_by_socket(client, told, heard, f"{await last_price(client) * 0.9:.{DIGITS}f}")
            if not IS_SPOT:
                key = await client.futures_stream_get_listen_key()
                told["listen_key"] = [user._listen_key, key, await client.futures_stream_keepalive(key)]
            await triggered(client, heard)
            told["believed"] = await believed(client)
            told["events"], told["states"] = heard.heard["user"], states(heard)
            await heard.stop()
    finally:
        await heard.stop()
        await client.close_connection()
        await client.ws_future.close()


if __name__ == "__main__":
    live(life)
