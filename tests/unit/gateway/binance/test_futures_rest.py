"""Futures orders, conditional orders, account and settings, asked over the protocol."""

import msgspec
import pytest

from interlock.ports.exchange.words import Market, OrderState
from tests.unit.gateway.binance.asking import KEY, Client, header, refused, told

ORDER = "/fapi/v1/order"
ALGO = "/fapi/v1/algoOrder"
LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.5",
    "price": "90.1",
}
MARKET = {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "0.25"}
STOP = {
    "algoType": "CONDITIONAL",
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "STOP_MARKET",
    "quantity": "0.5",
    "triggerPrice": "95",
}


def test_an_order_is_acknowledged_as_it_was_taken_in_before_it_met_the_market() -> None:
    client = Client()
    answer = told(client.signed("POST", ORDER, in_body=True, newClientOrderId="mine-1", **MARKET))
    assert (answer["status"], answer["executedQty"], answer["cumQuote"]) == ("NEW", "0.000", "0.00000")
    assert client.exchange.placed[0].state is OrderState.FILLED
    asked = told(client.signed("GET", ORDER, symbol="BTCUSDT", orderId=1000))
    assert (asked["status"], asked["executedQty"], asked["avgPrice"]) == ("FILLED", "0.250", "100.10000")


def test_an_order_is_answered_with_its_result_where_that_is_asked_for() -> None:
    client = Client()
    answer = told(client.signed("POST", ORDER, newClientOrderId="mine-1", newOrderRespType="RESULT", **MARKET))
    assert answer == {
        "orderId": 1000,
        "symbol": "BTCUSDT",
        "status": "FILLED",
        "clientOrderId": "mine-1",
        "price": "0.00",
        "avgPrice": "100.10000",
        "origQty": "0.250",
        "executedQty": "0.250",
        "cumQty": "0.250",
        "cumQuote": "25.02500",
        "timeInForce": "GTC",
        "type": "MARKET",
        "reduceOnly": False,
        "closePosition": False,
        "side": "SELL",
        "positionSide": "BOTH",
        "stopPrice": "0.00",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": "MARKET",
        "priceMatch": "NONE",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "goodTillDate": 0,
        "updateTime": client.exchange.clock_ms,
    }


@pytest.mark.parametrize("text", ["true", "True", "TRUE"])
def test_booleans_come_in_any_case(text: str) -> None:
    client = Client()
    client.signed("POST", ORDER, reduceOnly=text, **LIMIT)
    assert client.exchange.placed[0].reduce_only


def test_parameters_of_a_post_may_stand_in_the_query() -> None:
    assert Client().signed("POST", ORDER, in_body=False, **LIMIT).status == 200


def test_orders_cost_no_weight_and_are_counted() -> None:
    answer = Client().signed("POST", ORDER, **LIMIT)
    names = ("X-MBX-USED-WEIGHT-1M", "X-MBX-ORDER-COUNT-10S", "X-MBX-ORDER-COUNT-1M")
    assert [header(answer, name) for name in names] == ["0", "1", "1"]
    assert header(answer, "X-MBX-USED-WEIGHT") is None


def test_an_order_is_amended_where_it_rests() -> None:
    client = Client()
    client.signed("POST", ORDER, **LIMIT)
    change = {"symbol": "BTCUSDT", "orderId": 1000, "side": "BUY", "quantity": "0.4", "price": "89.5"}
    answer = told(client.signed("PUT", ORDER, **change))
    assert (answer["price"], answer["origQty"]) == ("89.50", "0.400")
    del change["price"]
    assert refused(client.signed("PUT", ORDER, **change))[1] == -1102


def test_an_open_order_is_told_until_it_ends() -> None:
    client = Client()
    client.signed("POST", ORDER, **LIMIT)
    key = {"symbol": "BTCUSDT", "orderId": 1000}
    assert told(client.signed("GET", "/fapi/v1/openOrder", **key))["time"] == client.exchange.clock_ms
    assert told(client.signed("DELETE", ORDER, **key))["status"] == "CANCELED"
    assert refused(client.signed("GET", "/fapi/v1/openOrder", **key))[1] == -2013
    assert [row["status"] for row in told(client.signed("GET", "/fapi/v1/allOrders", symbol="BTCUSDT"))] == ["CANCELED"]
    assert told(client.signed("GET", "/fapi/v1/openOrders")) == []


def test_each_order_of_a_batch_stands_alone() -> None:
    client = Client()
    batch = [LIMIT, {**LIMIT, "side": "UP"}, {**MARKET, "quantity": 0.25, "reduceOnly": True}]
    text = msgspec.json.encode(batch).decode()
    answer = client.signed("POST", "/fapi/v1/batchOrders", in_body=True, batchOrders=text)
    first, second, third = told(answer)
    assert (first["status"], third["orderId"]) == ("NEW", 1001)
    assert second == {"code": -1117, "msg": "Invalid side."}
    assert client.exchange.placed[1].reduce_only
    assert (header(answer, "X-MBX-ORDER-COUNT-10S"), header(answer, "X-MBX-ORDER-COUNT-1M")) == ("3", "1")
    six = msgspec.json.encode([LIMIT] * 6).decode()
    assert refused(client.signed("POST", "/fapi/v1/batchOrders", batchOrders=six))[1] == -4082
    assert refused(client.signed("POST", "/fapi/v1/batchOrders", batchOrders="[1]"))[1] == -1130


def test_each_amendment_of_a_batch_stands_alone() -> None:
    client = Client()
    client.signed("POST", ORDER, **LIMIT)
    change = {"symbol": "BTCUSDT", "orderId": 1000, "side": "BUY", "quantity": "0.4", "price": "89.5"}
    text = msgspec.json.encode([change, {**change, "orderId": 7}]).decode()
    first, second = told(client.signed("PUT", "/fapi/v1/batchOrders", batchOrders=text))
    assert (first["price"], second["code"]) == ("89.50", -2013)


@pytest.mark.parametrize(
    "ids", ["orderIdList=[1000,7]", "orderidlist=[1000,7]", 'origClientOrderIdList=["mine-1","none"]']
)
def test_each_cancellation_of_a_batch_stands_alone(ids: str) -> None:
    client = Client()
    client.signed("POST", ORDER, newClientOrderId="mine-1", **LIMIT)
    name, _, value = ids.partition("=")
    first, second = told(client.signed("DELETE", "/fapi/v1/batchOrders", symbol="BTCUSDT", **{name: value}))
    assert (first["status"], second) == ("CANCELED", {"code": -2011, "msg": "Unknown order sent."})


def test_conditional_orders_have_endpoints_of_their_own() -> None:
    client = Client()
    old = {"symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET", "stopPrice": "95", "quantity": "0.5"}
    assert refused(client.signed("POST", ORDER, **old))[1] == -4120
    placed = told(client.signed("POST", ALGO, clientAlgoId="stop-1", **STOP))
    assert (placed["algoId"], placed["orderType"], placed["triggerPrice"]) == (9000, "STOP_MARKET", "95.00")
    assert placed["algoStatus"] == "NEW"
    asked = told(client.signed("GET", ALGO, clientAlgoId="stop-1"))
    assert asked["actualOrderId"] == ""
    assert told(client.signed("GET", "/fapi/v1/openAlgoOrders")) == [asked]
    assert told(client.signed("GET", "/fapi/v1/allAlgoOrders", symbol="BTCUSDT")) == [asked]
    assert told(client.signed("DELETE", ALGO, algoId=9000)) == {
        "algoId": 9000,
        "clientAlgoId": "stop-1",
        "code": "200",
        "msg": "success",
    }
    assert refused(client.signed("GET", ALGO, algoId=9000))[1] == -2013


def test_cancelling_all_orders_leaves_the_conditional_ones() -> None:
    client = Client()
    client.signed("POST", ORDER, **LIMIT)
    client.signed("POST", ALGO, **STOP)
    done = {"code": 200, "msg": "The operation of cancel all open order is done."}
    assert told(client.signed("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")) == done
    assert len(client.exchange.waiting) == 1
    assert told(client.signed("DELETE", "/fapi/v1/algoOpenOrders", symbol="BTCUSDT")) == done
    assert client.exchange.waiting == []


def test_a_trailing_stop_tells_how_it_trails() -> None:
    trail = {**STOP, "type": "TRAILING_STOP_MARKET", "callbackRate": "0.5", "activatePrice": "101"}
    del trail["triggerPrice"]
    answer = told(Client().signed("POST", ALGO, **trail))
    assert (answer["callbackRate"], answer["activatePrice"]) == ("0.5", "101.00")


# --- Account -------------------------------------------------------------------------------------------------------


def test_both_versions_of_the_account_tell_the_wallet() -> None:
    client = Client()
    old, new = told(client.signed("GET", "/fapi/v2/account")), told(client.signed("GET", "/fapi/v3/account"))
    for answer in (old, new):
        assert (answer["totalWalletBalance"], answer["totalCrossUnPnl"]) == ("1000.00000000", "-2.50000000")
        assert answer["assets"][0]["updateTime"] == client.exchange.clock_ms
    assert [(each["symbol"], each["positionAmt"]) for each in old["positions"]] == [
        ("BTCUSDT", "-4.000"),
        ("ETHUSDT", "0.000"),
    ]
    assert [each["symbol"] for each in new["positions"]] == ["BTCUSDT"]
    assert old["positions"][1]["leverage"] == "20"


def test_both_versions_of_the_positions_tell_what_is_held() -> None:
    client = Client()
    old, new = told(client.signed("GET", "/fapi/v2/positionRisk")), told(client.signed("GET", "/fapi/v3/positionRisk"))
    assert [each["symbol"] for each in old] == ["BTCUSDT", "ETHUSDT"]
    assert [each["symbol"] for each in new] == ["BTCUSDT"]
    for row in (old[0], new[0]):
        assert (row["unRealizedProfit"], row["liquidationPrice"], row["notional"]) == ("-2.50000000", "340.2", "-400.6")
    assert (old[0]["marginType"], new[0]["marginAsset"]) == ("cross", "USDT")
    assert told(client.signed("GET", "/fapi/v3/positionRisk", symbol="ETHUSDT")) == []


def test_balances_income_and_rates_are_told() -> None:
    client = Client()
    for version in ("v2", "v3"):
        (row,) = told(client.signed("GET", f"/fapi/{version}/balance"))
        assert (row["asset"], row["balance"], row["availableBalance"]) == ("USDT", "1000.00000000", "977.50000000")
    pages = [told(client.signed("GET", "/fapi/v1/income", limit=2, page=page)) for page in (1, 3)]
    assert [[row["tranId"] for row in page] for page in pages] == [[0, 1], [4]]
    assert pages[0][0]["income"] == "-0.04000000"
    rate = told(client.signed("GET", "/fapi/v1/commissionRate", symbol="BTCUSDT"))
    assert (rate["makerCommissionRate"], rate["takerCommissionRate"]) == ("0.000200", "0.000400")


def test_fills_are_told_with_what_they_realised() -> None:
    client = Client()
    client.signed("POST", ORDER, **MARKET)
    (row,) = told(client.signed("GET", "/fapi/v1/userTrades", symbol="BTCUSDT"))
    assert (row["realizedPnl"], row["quoteQty"], row["side"], row["buyer"]) == (
        "-0.50000000",
        "25.02500",
        "SELL",
        False,
    )


def test_leverage_and_margin_type_are_set() -> None:
    client = Client()
    answer = told(client.signed("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=7))
    assert answer == {"symbol": "BTCUSDT", "leverage": 7, "maxNotionalValue": "250000"}
    (row,) = told(client.signed("GET", "/fapi/v1/symbolConfig", symbol="BTCUSDT"))
    assert row["leverage"] == 7
    assert refused(client.signed("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=0))[1] == -4028
    margin = {"symbol": "BTCUSDT", "marginType": "ISOLATED"}
    assert told(client.signed("POST", "/fapi/v1/marginType", **margin)) == {"code": 200, "msg": "success"}
    assert refused(client.signed("POST", "/fapi/v1/marginType", **{**margin, "marginType": "CROSSED"}))[1] == -4046


def test_brackets_are_numbers() -> None:
    body = Client().signed("GET", "/fapi/v1/leverageBracket", symbol="BTCUSDT").body
    assert b'"notionalCap":50000,"notionalFloor":0,"maintMarginRatio":0.004,"cum":0' in body


def test_modes_are_one_way_and_one_asset() -> None:
    client = Client()
    assert told(client.signed("GET", "/fapi/v1/positionSide/dual")) == {"dualSidePosition": False}
    assert refused(client.signed("POST", "/fapi/v1/positionSide/dual", dualSidePosition="false"))[1] == -4059
    assert refused(client.signed("POST", "/fapi/v1/positionSide/dual", dualSidePosition="true"))[1] == -1130
    assert told(client.signed("GET", "/fapi/v1/multiAssetsMargin")) == {"multiAssetsMargin": False}
    assert refused(client.signed("POST", "/fapi/v1/multiAssetsMargin", multiAssetsMargin="false"))[1] == -4171


def test_a_countdown_is_answered_in_text() -> None:
    answer = told(Client().signed("POST", "/fapi/v1/countdownCancelAll", symbol="BTCUSDT", countdownTime=120_000))
    assert answer == {"symbol": "BTCUSDT", "countdownTime": "120000"}


@pytest.mark.parametrize(
    ("path", "market", "named"),
    [("/fapi/v1/listenKey", Market.USDM, False), ("/api/v3/userDataStream", Market.SPOT, True)],
)
def test_a_listen_key_needs_a_key_and_no_signature(path: str, market: Market, named: bool) -> None:
    client = Client()
    headers = {"x-mbx-apikey": KEY}
    key = told(client.send("POST", path, headers=headers))["listenKey"]
    body = f"listenKey={key}" if named else ""
    assert client.send("PUT", path, body=body, headers=headers).status == 200
    assert told(client.send("DELETE", path, body=body, headers=headers)) == {}
    assert refused(client.send("PUT", path, body=body, headers=headers)) == (
        400,
        -1125,
        "This listenKey does not exist.",
    )
    assert refused(client.send("POST", path)) == (401, -2014, "API-key format invalid.")
