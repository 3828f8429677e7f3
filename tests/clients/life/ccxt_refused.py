"""What ccxt makes of refusals, of an Ed25519 key, and of its own tables when it is pointed at a bare address."""

from typing import Any

import ccxt.async_support as ccxt  # type: ignore[import-not-found]  # it has an environment of its own

from tests.clients.life.ccxt_pointed import FUTURES, SPOT, pointed
from tests.clients.life.telling import Told, Where, first_trade, live, refusal


async def spot(client: Any, told: Told) -> None:
    await first_trade(lambda: client.fetch_trades(SPOT))
    bid = (await client.fetch_ticker(SPOT))["bid"]
    low, high = round(bid * 0.9, 2), round(bid * 1.1, 2)
    asked: dict[str, tuple[Any, ...]] = {
        "poor": ("market", "buy", 10, None),
        "small": ("limit", "buy", 0.00001, low),
        "takes": ("limit", "buy", 0.01, high, {"postOnly": True}),
        "at once": ("STOP_LOSS_LIMIT", "buy", 0.01, high, {"stopPrice": low}),
    }
    told["spot"] = {
        name: await refusal(client.create_order(SPOT, *request), ccxt.BaseError) for name, request in asked.items()
    }
    told["spot"]["gone"] = await refusal(client.cancel_order("999999", SPOT), ccxt.BaseError)
    told["spot"]["unknown"] = await refusal(client.fetch_order("999999", SPOT), ccxt.BaseError)
    # Past what ccxt itself rounds and checks.
    raw = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
    told["spot"]["off tick"] = await refusal(client.privatePostOrder({**raw, "price": "54000.001"}), ccxt.BaseError)
    told["spot"]["no symbol"] = await refusal(client.publicGetDepth({"symbol": "NONE"}), ccxt.BaseError)


async def futures(client: Any, told: Told) -> None:
    await first_trade(lambda: client.fetch_trades(FUTURES))
    last = (await client.fetch_ticker(FUTURES))["last"]
    asked: dict[str, tuple[Any, ...]] = {
        "poor": ("market", "buy", 100, None),
        "reduces nothing": ("market", "buy", 0.01, None, {"reduceOnly": True}),
        "small": ("limit", "buy", 0.001, round(last * 0.9, 1)),
        "at once": ("STOP_MARKET", "sell", 0.01, None, {"stopPrice": round(last * 1.1, 1)}),
    }
    told["futures"] = {
        name: await refusal(client.create_order(FUTURES, *request), ccxt.BaseError) for name, request in asked.items()
    }
    told["tables"] = len(client.get_exceptions_by_url(client.urls["api"]["fapiPrivate"], "exact"))
    client.exceptions["exact"] |= client.exceptions["linear"]["exact"]
    told["with its table"] = {
        name: await refusal(client.create_order(FUTURES, *request), ccxt.BaseError) for name, request in asked.items()
    }


async def keys(where: Where, told: Told) -> None:
    signs = pointed(ccxt.binance, where._replace(key=where.ed25519_key, secret=where.ed25519_private_pem), "spot")
    forged = pointed(ccxt.binance, where._replace(secret="not the secret"), "spot")
    strange = pointed(ccxt.binance, where._replace(key="x" * 64), "spot")
    late = pointed(ccxt.binance, where, "spot")
    late.options["timeDifference"] = 60_000
    clients = {"forged": forged, "strange": strange, "late": late}
    try:
        told["ed25519"] = (await signs.fetch_balance())["USDT"]["total"]
        told["keys"] = {name: await refusal(client.fetch_balance(), ccxt.BaseError) for name, client in clients.items()}
    finally:
        for client in (signs, *clients.values()):
            await client.close()


async def life(where: Where, told: Told) -> None:
    for market, asks in (("spot", spot), ("future", futures)):
        client = pointed(ccxt.binance, where, market)
        try:
            await client.load_markets()
            await asks(client, told)
        finally:
            await client.close()
    await keys(where, told)


if __name__ == "__main__":
    live(life)
