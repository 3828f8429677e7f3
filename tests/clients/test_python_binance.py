"""python-binance, both its clients and its sockets, as it is installed, lives a full life against `interlock venue`."""

from pathlib import Path
from typing import Any

import pytest

from tests.clients.book_agrees import check_futures, check_spot, check_states_heard
from tests.clients.lives import Life, lived

CLIENT = "python-binance"
SPEED = 5  # what waits for the market does not wait long
CLOCK_MS_MAX = 1_000  # the client takes the time of the whole request into it
INSUFFICIENT = "APIError(code=-2010): Account has insufficient balance for requested action."


@pytest.fixture(scope="module")
def spot_life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    return lived(tmp_path_factory.mktemp("spot_life"), CLIENT, "python_binance_spot")


@pytest.fixture(scope="module")
def futures_life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    return lived(tmp_path_factory.mktemp("futures_life"), CLIENT, "python_binance_futures")


def states(*orders: dict[str, Any]) -> list[str]:
    """Return the statuses of orders as they were answered."""
    return [order["status"] for order in orders]


def codes(refused: dict[str, list[str]]) -> dict[str, int]:
    """Return the code of each refusal, as the client's own exception holds it."""
    assert {kind for kind, _ in refused.values()} == {"BinanceAPIException"}
    return {name: int(text.split("code=")[1].split(")")[0]) for name, (_, text) in refused.items()}


def test_spot_over_rest(spot_life: Life) -> None:
    told, book = spot_life
    assert told["symbols"] == ["BTCUSDT", "ETHUSDT"]
    assert told["symbol_info"]["status"] == "TRADING"
    assert told["clock_off_ms"] < CLOCK_MS_MAX
    assert told["status"] == {"status": 0, "msg": "normal"}
    assert float(told["best"]["bidPrice"]) < float(told["best"]["askPrice"])
    assert len(told["book"]["bids"]) == len(told["book"]["asks"]) == 5
    assert all(len(candle) == 12 for candle in told["candles"])
    assert told["ticker"]["lastPrice"]
    assert told["price"]["symbol"] == told["fee"][0]["symbol"] == "BTCUSDT"
    assert told["average"]["mins"] == 5
    assert {each["id"] for each in told["public_trades"]} & {each["a"] for each in told["aggregates"]}
    assert told["balance_before"] == {"asset": "USDT", "free": "10000.00000000", "locked": "0.00000000"}
    assert told["tested"] == {}
    assert states(told["market_buy"], told["market_sell"]) == ["FILLED", "FILLED"]
    assert 299 < float(told["market_sell"]["cummulativeQuoteQty"]) <= 300
    assert states(told["limit"], told["queried"]) == ["NEW", "NEW"]
    replaced = told["replaced"]
    assert (replaced["cancelResult"], replaced["newOrderResult"]) == ("SUCCESS", "SUCCESS")
    assert [order["orderId"] for order in told["open"]] == [replaced["newOrderResponse"]["orderId"]]
    assert states(told["canceled"]) == ["CANCELED"]
    resting = [told[name]["orderId"] for name in ("stop", "take_profit", "maker")]
    assert [order["orderId"] for order in told["canceled_all"]] == resting
    assert told["open_after"] == []
    check_spot(told["believed"], book)


def test_spot_refusals_are_the_venues_own(spot_life: Life) -> None:
    told, _ = spot_life
    assert told["refused"]["poor"][1] == INSUFFICIENT
    assert codes(told["refused"]) == {
        "poor": -2010,
        "small": -1013,
        "gone": -2011,
        "unknown": -2013,
        "no symbol": -1121,
        "takes": -2010,
        "withdraw": -1002,
    }


def test_futures_over_rest(futures_life: Life) -> None:
    told, book = futures_life
    assert told["symbols"] == ["BTCUSDT", "ETHUSDT"]
    assert told["time"]["serverTime"] > 0
    assert len(told["book"]["bids"]) == 5
    assert all(len(candle) == 12 for candle in told["candles"])
    assert float(told["mark"]["markPrice"]) > 0
    assert told["public_trades"]
    assert told["brackets"][0]["brackets"][0]["initialLeverage"] == 125
    assert told["mode"] == {"dualSidePosition": False}
    assert told["balance_before"][0]["balance"] == "10000.00000000"
    assert (told["margin_type"]["code"], told["leverage"]["leverage"]) == (200, 10)
    (position,) = told["position"]
    assert (position["positionAmt"], position["entryPrice"]) == ("0.020", told["market_buy"]["avgPrice"] + "000")
    assert states(told["limit"], told["queried"], told["canceled"]) == ["NEW", "NEW", "CANCELED"]
    assert (told["amended"]["orderId"], told["amended"]["origQty"]) == (told["limit"]["orderId"], "0.020")
    assert states(*told["batch"], *told["batch_canceled"]) == ["NEW", "NEW", "NEW", "CANCELED"]
    assert sorted(order["orderId"] for order in told["open"]) == [order["orderId"] for order in told["batch"][1:]]
    assert told["countdown"] == {"symbol": "BTCUSDT", "countdownTime": "200"}
    assert states(told["counted_down"], told["market_sell"]) == ["CANCELED", "FILLED"]
    assert codes(told["refused"]) == {
        "poor": -2019,
        "reduces nothing": -2022,
        "small": -4164,
        "at once": -2021,
        "takes": -5022,
        "margin type again": -4046,
    }
    check_futures(told["believed"], book)


def test_cancel_all_leaves_conditional_futures_orders_until_they_are_asked_for(futures_life: Life) -> None:
    told, book = futures_life
    assert told["queried_algo"]["algoStatus"] == "NEW"
    assert told["canceled_algo"]["code"] == "200"
    assert told["canceled_plain"]["code"] == told["canceled_algos"]["code"] == 200
    assert told["open_after_plain"] == []
    assert [algo["algoId"] for algo in told["algos_after_plain"]] == [told["stop"]["algoId"]]
    assert told["algos_after_both"] == []
    assert {algo.state.value for algo in book.algos} == {"CANCELED"}


def test_spot_over_sockets(tmp_path: Path) -> None:
    told, book = lived(tmp_path, CLIENT, "python_binance_sockets", "spot", speed=SPEED)
    shown = told["shown"]
    names = {name: shown[name]["e"] for name in ("trade", "aggregate", "candle", "ticker")}
    assert names == {"trade": "trade", "aggregate": "aggTrade", "candle": "kline", "ticker": "24hrTicker"}
    assert shown["mini tickers"][0]["e"] == "24hrMiniTicker"
    assert len(shown["depth"]["bids"]) == 5
    assert float(shown["best"]["b"]) < float(shown["best"]["a"])
    assert shown["combined"]["stream"] in ("btcusdt@bookTicker", "ethusdt@bookTicker")
    assert told["book_kept"] == told["book_asked"]
    assert states(told["placed"], told["queried"], told["canceled"]) == ["NEW", "NEW", "CANCELED"]
    assert [order["orderId"] for order in told["canceled_all"]] == [told["rested"]["orderId"]]
    assert told["account"]["accountType"] == "SPOT"
    check_spot(told["believed"], book)
    check_states_heard(told["states"], told["placed"]["orderId"], book, "spot")
    heard = {asset["a"]: float(asset["f"]) for event in told["events"] for asset in event.get("B", [])}
    assert heard == {each.asset: float(each.free) for each in book.assets}


def test_futures_over_sockets(tmp_path: Path) -> None:
    told, book = lived(tmp_path, CLIENT, "python_binance_sockets", "future", speed=SPEED)
    shown = told["shown"]
    names = {name: shown[name]["data"]["e"] for name in ("aggregate", "candle", "ticker", "mark", "best", "depth")}
    assert names == {
        "aggregate": "aggTrade",
        "candle": "kline",
        "ticker": "24hrTicker",
        "mark": "markPriceUpdate",
        "best": "bookTicker",
        "depth": "depthUpdate",
    }
    assert [each["s"] for each in shown["marks"]["data"]] == ["BTCUSDT", "ETHUSDT"]
    assert states(told["placed"], told["queried"], told["canceled"]) == ["NEW", "NEW", "CANCELED"]
    assert told["amended"]["origQty"] == "0.020"
    assert told["positions"][0]["positionAmt"] == "0.020"
    assert told["canceled_stop"]["algoId"] == told["stop"]["algoId"]
    opened, asked, extended = told["listen_key"]
    assert opened == asked == extended["listenKey"]
    check_futures(told["believed"], book)
    check_states_heard(told["states"], told["placed"]["orderId"], book, "usdm")
    balances = [event["a"]["B"][0]["wb"] for event in told["events"] if event["e"] == "ACCOUNT_UPDATE"]
    assert float(balances[-1]) == float(book.wallets[0].wallet)
