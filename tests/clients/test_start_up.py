"""Bots too large to install here start up and trade: their logged requests, in their order, are all answered."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.clients.exchange import Exchange, open_exchange
from tests.clients.raw_bot import RawBot, call, heard

SYMBOL = "BTCUSDT"


class Bots(NamedTuple):
    """The same bot on both markets."""

    exchange: Exchange
    spot: RawBot
    usdm: RawBot


@pytest.fixture(scope="module")
def bots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bots]:
    with open_exchange(tmp_path_factory.mktemp("exchange")) as exchange:
        spot, usdm = RawBot(exchange, exchange.spot), RawBot(exchange, exchange.usdm)
        yield Bots(exchange, spot, usdm)
        spot.close()
        usdm.close()


def low_price(bot: RawBot, path: str) -> str:
    return f"{float(bot.get(path, symbol=SYMBOL, limit='5')['bids'][0][0]) * 0.9:.1f}"


def test_freqtrade_on_spot(bots: Bots) -> None:
    bot = bots.spot
    bot.signed("GET", "/sapi/v1/capital/config/getall")
    bot.with_key("GET", "/sapi/v1/margin/allPairs")
    bot.get("/api/v3/exchangeInfo")
    bot.with_key("GET", "/sapi/v1/margin/allPairs")
    bot.with_key("GET", "/sapi/v1/margin/isolated/allPairs")
    bots.usdm.get("/fapi/v1/exchangeInfo")
    assert bot.get("/dapi/v1/exchangeInfo")["symbols"] == []
    bot.get("/api/v3/time")
    bot.signed("GET", "/api/v3/account")
    with bot.socket("/ws/0") as socket:
        assert call(socket, "SUBSCRIBE", ["btcusdt@kline_1m"], 1) is None
        assert heard(socket)["e"] == "kline"
    bot.get("/api/v3/klines", symbol=SYMBOL, interval="1m", limit="1000")
    price = low_price(bot, "/api/v3/depth")
    order = bot.signed_body(
        "POST", "/api/v3/order", symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC", price=price,
        quantity="0.00999", newClientOrderId="x-TKT5PX2F0001", newOrderRespType="RESULT", recvWindow="10000",
    )  # fmt: skip
    asked = bot.signed("GET", "/api/v3/order", symbol=SYMBOL, orderId=str(order["orderId"]), recvWindow="10000")
    assert (asked["clientOrderId"], asked["status"]) == ("x-TKT5PX2F0001", "NEW")
    bot.signed_body("DELETE", "/api/v3/order", symbol=SYMBOL, orderId=str(order["orderId"]))


def test_freqtrade_on_futures(bots: Bots) -> None:
    bot = bots.usdm
    bot.get("/fapi/v1/time")
    bot.signed("GET", "/fapi/v1/leverageBracket")
    assert bot.signed("GET", "/fapi/v1/positionSide/dual")["dualSidePosition"] is False
    assert bot.signed("GET", "/fapi/v1/multiAssetsMargin")["multiAssetsMargin"] is False
    (asset,) = bot.signed("GET", "/fapi/v3/account")["assets"]
    assert asset["updateTime"] > 0, "ccxt leaves out an asset that was never updated"
    bot.signed("GET", "/fapi/v3/positionRisk")
    bot.get("/fapi/v1/klines", symbol=SYMBOL, interval="1m", limit="499")
    bot.get("/fapi/v1/depth", symbol=SYMBOL, limit="5")
    bot.signed_body("POST", "/fapi/v1/marginType", symbol=SYMBOL, marginType="ISOLATED")
    bot.signed_body("POST", "/fapi/v1/leverage", symbol=SYMBOL, leverage="3")
    entry = bot.signed_body(
        "POST", "/fapi/v1/order", symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.010", newOrderRespType="RESULT"
    )
    assert entry["status"] == "FILLED"
    (held,) = bot.signed("GET", "/fapi/v3/positionRisk")
    trades = bot.signed("GET", "/fapi/v1/userTrades", symbol=SYMBOL, orderId=str(entry["orderId"]))
    assert (held["positionAmt"], sum(float(trade["qty"]) for trade in trades)) == ("0.010", 0.01)
    bot.signed_body("POST", "/fapi/v1/leverage", symbol=SYMBOL, leverage="3")
    stop = bot.signed_body(
        "POST", "/fapi/v1/algoOrder", symbol=SYMBOL, side="SELL", type="STOP_MARKET", quantity="0.010",
        algoType="CONDITIONAL", triggerPrice=low_price(bot, "/fapi/v1/depth"), reduceOnly="true",
        clientAlgoId="x-cvBPrNm90001", workingType="CONTRACT_PRICE",
    )  # fmt: skip
    asked = bot.signed("GET", "/fapi/v1/algoOrder", algoId=str(stop["algoId"]))
    assert (asked["clientAlgoId"], asked["algoStatus"]) == ("x-cvBPrNm90001", "NEW")
    bot.signed_body("DELETE", "/fapi/v1/algoOrder", algoId=str(stop["algoId"]))
    left = bot.signed_body("POST", "/fapi/v1/order", symbol=SYMBOL, side="SELL", type="MARKET", quantity="0.010",
                           reduceOnly="true", newOrderRespType="RESULT")  # fmt: skip
    assert left["status"] == "FILLED"


def test_nautilus_on_spot(bots: Bots) -> None:
    bot = bots.spot
    bot.signed("GET", "/sapi/v1/asset/tradeFee", symbol=SYMBOL)
    info = bot.get("/api/v3/exchangeInfo", symbols='["BTCUSDT"]')
    assert [each["symbol"] for each in info["symbols"]] == [SYMBOL]
    bot.signed("GET", "/api/v3/account", recvWindow="5000")
    bot.get("/api/v3/time")
    with bot.socket("/ws-api/v3", {"X-MBX-APIKEY": bots.exchange.keys["ed25519_key"]}) as user:
        assert call(user, "session.logon", bot.logon(), "1")["apiKey"] == bots.exchange.keys["ed25519_key"]
        subscription = call(user, "userDataStream.subscribe", {}, "2")["subscriptionId"]
        assert bot.signed("GET", "/api/v3/openOrders") == []
        with bot.socket("/stream") as streams:
            assert call(streams, "SUBSCRIBE", ["btcusdt@trade", "btcusdt@bookTicker"], 0) is None
            assert heard(streams)["stream"].startswith("btcusdt@")
        bot.get("/api/v3/depth", symbol=SYMBOL, limit="1000")
        order = bot.signed(
            "POST", "/api/v3/order", symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.01",
            price=low_price(bot, "/api/v3/depth"), newClientOrderId="O-20260101-000000-001-001-1", recvWindow="5000",
        )  # fmt: skip
        told = heard(user)
        assert (told["subscriptionId"], told["event"]["c"]) == (subscription, "O-20260101-000000-001-001-1")
        bot.signed("DELETE", "/api/v3/order", symbol=SYMBOL, origClientOrderId=order["clientOrderId"])
        assert call(user, "userDataStream.unsubscribe", {"subscriptionId": str(subscription)}, "3") == {}


def test_nautilus_on_futures(bots: Bots) -> None:
    bot = bots.usdm
    bot.get("/fapi/v1/exchangeInfo")
    assert bot.signed("GET", "/fapi/v2/account")["canTrade"] is True
    bot.signed("GET", "/fapi/v3/positionRisk")
    bot.signed("GET", "/fapi/v2/account")
    bot.signed("GET", "/fapi/v1/symbolConfig")
    bot.signed("GET", "/fapi/v1/positionSide/dual")
    bot.get("/fapi/v1/time")
    key = bot.with_key("POST", "/fapi/v1/listenKey")["listenKey"]
    with bot.socket(f"/ws?listenKey={key}") as user, bot.socket("/stream?streams=btcusdt@aggTrade") as streams:
        for _ in range(3):
            bot.signed("GET", "/fapi/v3/positionRisk")
        assert bot.signed("GET", "/fapi/v1/openOrders") == bot.signed("GET", "/fapi/v1/openAlgoOrders") == []
        bot.signed(
            "POST", "/fapi/v1/order", symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.010",
            price=low_price(bot, "/fapi/v1/depth"), reduceOnly="False", newClientOrderId="O-1", positionSide="BOTH",
        )  # fmt: skip
        told = heard(user)
        assert (told["e"], told["o"]["c"], told["o"]["X"]) == ("ORDER_TRADE_UPDATE", "O-1", "NEW")
        assert heard(streams)["data"]["e"] == "aggTrade"
        bot.signed("DELETE", "/fapi/v1/allOpenOrders", symbol=SYMBOL)
    bot.with_key("PUT", "/fapi/v1/listenKey")
    bot.with_key("DELETE", "/fapi/v1/listenKey")


def test_hummingbot_on_spot(bots: Bots) -> None:
    bot = bots.spot
    bot.get("/api/v3/time")
    with bot.socket("/ws") as streams, bot.socket("/ws-api/v3") as user:
        assert call(streams, "SUBSCRIBE", ["btcusdt@trade", "btcusdt@depth@100ms"], 1) is None
        bot.get("/api/v3/time")
        assert "subscriptionId" in call(user, "userDataStream.subscribe.signature", bot.subscription(), "a")
        bot.get("/api/v3/exchangeInfo")
        bot.get("/api/v3/exchangeInfo")
        bot.signed("GET", "/api/v3/account")
        bot.get("/api/v3/depth", symbol=SYMBOL, limit="1000")
        bot.get("/api/v3/ticker/24hr", symbol=SYMBOL)
        assert heard(streams)["e"] in ("trade", "depthUpdate")
        placed = bot.signed_body(
            "POST", "/api/v3/order", "application/json", symbol=SYMBOL, side="BUY", type="LIMIT_MAKER",
            quantity="0.01", price=low_price(bot, "/api/v3/depth"), newClientOrderId="x-MG43PCSNBBTCUT1",
        )  # fmt: skip
        assert heard(user)["event"]["c"] == placed["clientOrderId"]
        bot.signed("GET", "/api/v3/order", symbol=SYMBOL, origClientOrderId="x-MG43PCSNBBTCUT1")
        bot.signed("GET", "/api/v3/myTrades", symbol=SYMBOL, orderId=str(placed["orderId"]))
        gone = bot.signed("DELETE", "/api/v3/order", symbol=SYMBOL, origClientOrderId="x-MG43PCSNBBTCUT1")
        assert gone["status"] == "CANCELED"


def test_hummingbot_on_futures(bots: Bots) -> None:
    bot = bots.usdm
    bot.get("/fapi/v1/time")
    with bot.socket("/public/stream") as public, bot.socket("/market/stream") as market:
        assert call(public, "SUBSCRIBE", ["btcusdt@depth"], 1) is None
        bot.signed("GET", "/fapi/v1/positionSide/dual")
        bot.get("/fapi/v1/exchangeInfo")
        key = bot.with_key("POST", "/fapi/v1/listenKey")["listenKey"]
        bot.get("/fapi/v1/depth", symbol=SYMBOL, limit="1000")
        assert call(market, "SUBSCRIBE", ["btcusdt@aggTrade", "btcusdt@markPrice"], 2) is None
        bot.signed("GET", "/fapi/v2/account")
        bot.signed("GET", "/fapi/v2/positionRisk")
        bot.get("/fapi/v1/premiumIndex", symbol=SYMBOL)
        with bot.socket(f"/private/ws?listenKey={key}") as user:
            bot.signed("GET", "/fapi/v1/income", incomeType="FUNDING_FEE", symbol=SYMBOL)
            bot.get("/fapi/v1/ticker/24hr", symbol=SYMBOL)
            assert heard(public)["data"]["e"] == "depthUpdate"
            assert heard(market)["stream"] in ("btcusdt@aggTrade", "btcusdt@markPrice")
            order = bot.signed_body(
                "POST", "/fapi/v1/order", symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTX", quantity="0.010",
                price=low_price(bot, "/fapi/v1/depth"), newClientOrderId="x-nbQe1H39BBTCUT1",
            )  # fmt: skip
            assert heard(user)["o"]["c"] == order["clientOrderId"]
            bot.signed("DELETE", "/fapi/v1/order", symbol=SYMBOL, origClientOrderId="x-nbQe1H39BBTCUT1")
