"""Spot orders and account, asked over the protocol."""

from decimal import Decimal

import pytest

from interlock.ports.exchange.refusals import ExchangeError, NoAnswer
from tests.unit.gateway.binance.asking import OTHER, READER, Client, header, refused, told

ORDER = "/api/v3/order"
LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.5",
    "price": "90.00",
}
MARKET = {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "0.25"}


def test_a_limit_order_rests_and_is_answered_in_full() -> None:
    client = Client()
    answer = client.signed("POST", ORDER, in_body=True, newClientOrderId="mine-1", **LIMIT)
    assert answer.status == 200
    assert told(answer) == {
        "symbol": "BTCUSDT",
        "orderId": 1000,
        "orderListId": -1,
        "clientOrderId": "mine-1",
        "transactTime": client.exchange.clock_ms,
        "price": "90.00000000",
        "origQty": "0.50000000",
        "executedQty": "0.00000000",
        "origQuoteOrderQty": "0.00000000",
        "cummulativeQuoteQty": "0.00000000",
        "status": "NEW",
        "timeInForce": "GTC",
        "type": "LIMIT",
        "side": "BUY",
        "workingTime": client.exchange.clock_ms,
        "fills": [],
        "selfTradePreventionMode": "EXPIRE_MAKER",
    }


def test_a_market_order_tells_its_fills() -> None:
    answer = told(Client().signed("POST", ORDER, **MARKET))
    assert answer["status"] == "FILLED"
    assert answer["cummulativeQuoteQty"] == "25.02500000"
    assert answer["fills"] == [
        {
            "price": "100.10000000",
            "qty": "0.25000000",
            "commission": "0.00025000",
            "commissionAsset": "BTC",
            "tradeId": 50,
        }
    ]


def test_a_stop_order_is_only_acknowledged_unless_more_is_asked_for() -> None:
    client = Client()
    stop = {**LIMIT, "type": "STOP_LOSS_LIMIT", "stopPrice": "89"}
    assert set(told(client.signed("POST", ORDER, **stop))) == {
        "symbol",
        "orderId",
        "orderListId",
        "clientOrderId",
        "transactTime",
    }
    whole = told(client.signed("POST", ORDER, newOrderRespType="RESULT", **stop))
    assert (whole["stopPrice"], whole["workingTime"]) == ("89.00000000", -1)
    assert "fills" not in whole


def test_an_order_without_a_client_id_gets_one_of_its_own() -> None:
    client = Client()
    first, second = (told(client.signed("POST", ORDER, **LIMIT))["clientOrderId"] for _ in range(2))
    assert first != second
    assert len(first) == len(second) == 22


def test_a_market_order_by_value_reaches_the_exchange_as_such() -> None:
    client = Client()
    client.signed("POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quoteOrderQty="50.1")
    assert client.exchange.placed[0].quote_quantity == Decimal("50.1")


def test_an_order_is_asked_for_by_either_id() -> None:
    client = Client()
    client.signed("POST", ORDER, newClientOrderId="mine-1", **LIMIT)
    by_id = told(client.signed("GET", ORDER, symbol="BTCUSDT", orderId=1000))
    assert by_id == told(client.signed("GET", ORDER, symbol="BTCUSDT", origClientOrderId="mine-1"))
    assert (by_id["status"], by_id["isWorking"], by_id["time"]) == ("NEW", True, client.exchange.clock_ms)
    assert refused(client.signed("GET", ORDER, symbol="BTCUSDT", orderId=5)) == (400, -2013, "Order does not exist.")
    assert refused(client.signed("GET", ORDER, symbol="BTCUSDT")) == (
        400,
        -1102,
        "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
    )


def test_a_cancelled_order_keeps_its_id_beside_that_of_its_cancellation() -> None:
    client = Client()
    client.signed("POST", ORDER, newClientOrderId="mine-1", **LIMIT)
    answer = told(client.signed("DELETE", ORDER, symbol="BTCUSDT", orderId=1000, newClientOrderId="end-1"))
    assert (answer["origClientOrderId"], answer["clientOrderId"], answer["status"]) == ("mine-1", "end-1", "CANCELED")
    assert refused(client.signed("DELETE", ORDER, symbol="BTCUSDT", orderId=1000))[1] == -2011


def test_a_cancellation_with_parameters_in_the_body_is_understood() -> None:
    client = Client()
    client.signed("POST", ORDER, **LIMIT)
    assert told(client.signed("DELETE", ORDER, in_body=True, symbol="BTCUSDT", orderId=1000))["status"] == "CANCELED"


def test_a_cancellation_restricted_to_another_state_leaves_the_order() -> None:
    client = Client()
    client.signed("POST", ORDER, **LIMIT)
    only = {"symbol": "BTCUSDT", "orderId": 1000, "cancelRestrictions": "ONLY_PARTIALLY_FILLED"}
    assert refused(client.signed("DELETE", ORDER, **only))[1] == -2011
    assert len(told(client.signed("GET", "/api/v3/openOrders"))) == 1


def test_all_open_orders_of_a_symbol_go_at_once() -> None:
    client = Client()
    for _ in range(2):
        client.signed("POST", ORDER, **LIMIT)
    assert [row["status"] for row in told(client.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT"))] == [
        "CANCELED",
        "CANCELED",
    ]
    assert told(client.signed("GET", "/api/v3/openOrders", symbol="BTCUSDT")) == []


def test_each_order_of_a_cancel_all_is_answered_under_the_id_its_cancellation_was_told_by() -> None:
    client = Client()
    for _ in range(2):
        client.signed("POST", ORDER, **LIMIT)
    rows = told(client.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT"))
    assert [row["clientOrderId"] for row in rows] == client.exchange.cancelled_as
    assert len(set(client.exchange.cancelled_as)) == 2


def test_both_ids_of_an_order_are_handed_on() -> None:
    client = Client()
    client.signed("POST", ORDER, **LIMIT, newClientOrderId="mine")
    both = {"symbol": "BTCUSDT", "orderId": 1000, "origClientOrderId": "other"}
    assert refused(client.signed("GET", ORDER, **both))[1] == -2013
    assert refused(client.signed("DELETE", ORDER, **both))[1] == -2011
    assert told(client.signed("DELETE", ORDER, **{**both, "origClientOrderId": "mine"}))["status"] == "CANCELED"


REPLACE = {**LIMIT, "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": 1000}


def test_a_cancel_replace_tells_both_halves() -> None:
    client = Client()
    client.signed("POST", ORDER, **LIMIT)
    answer = told(client.signed("POST", "/api/v3/order/cancelReplace", **REPLACE))
    assert (answer["cancelResult"], answer["newOrderResult"]) == ("SUCCESS", "SUCCESS")
    assert answer["cancelResponse"]["status"] == "CANCELED"
    assert answer["newOrderResponse"]["orderId"] == 1001


def test_a_cancel_replace_stops_when_there_is_nothing_to_cancel() -> None:
    client = Client()
    answer = client.signed("POST", "/api/v3/order/cancelReplace", **REPLACE)
    assert refused(answer) == (400, -2022, "Order cancel-replace failed.")
    assert told(answer)["data"] == {
        "cancelResult": "FAILURE",
        "newOrderResult": "NOT_ATTEMPTED",
        "cancelResponse": {"code": -2011, "msg": "Unknown order sent."},
        "newOrderResponse": None,
    }
    assert client.exchange.placed == []


def test_a_cancel_replace_may_place_all_the_same() -> None:
    client = Client()
    answer = client.signed("POST", "/api/v3/order/cancelReplace", **{**REPLACE, "cancelReplaceMode": "ALLOW_FAILURE"})
    assert refused(answer) == (409, -2021, "Order cancel-replace partially failed.")
    data = told(answer)["data"]
    assert (data["cancelResult"], data["newOrderResult"]) == ("FAILURE", "SUCCESS")
    assert data["newOrderResponse"]["status"] == "NEW"


def test_a_cancel_replace_whose_new_order_is_refused_tells_what_was_cancelled() -> None:
    client = Client()
    client.signed("POST", ORDER, **LIMIT)
    client.exchange.refusal = ExchangeError(-2010, "Account has insufficient balance for requested action.")
    answer = client.signed("POST", "/api/v3/order/cancelReplace", **REPLACE)
    data = told(answer)["data"]
    assert (answer.status, data["cancelResult"], data["newOrderResult"]) == (409, "SUCCESS", "FAILURE")
    assert data["cancelResponse"]["orderId"] == 1000
    assert data["newOrderResponse"]["code"] == -2010


def test_a_tested_order_is_judged_and_not_placed() -> None:
    client = Client()
    assert told(client.signed("POST", "/api/v3/order/test", **MARKET)) == {}
    rates = told(client.signed("POST", "/api/v3/order/test", computeCommissionRates="true", **MARKET))
    assert rates["standardCommissionForOrder"] == {"maker": "0.00100000", "taker": "0.00100000"}
    too_much = {**MARKET, "quantity": "5000"}
    assert refused(client.signed("POST", "/api/v3/order/test", **too_much))[1:] == (-1013, "Filter failure: LOT_SIZE")
    assert client.exchange.placed == []


def test_the_account_shows_its_balances() -> None:
    client = Client()
    answer = told(client.signed("GET", "/api/v3/account"))
    assert answer["balances"][0] == {"asset": "BTC", "free": "1.50000000", "locked": "0.00000000"}
    assert answer["commissionRates"]["maker"] == "0.00100000"
    held = told(client.signed("GET", "/api/v3/account", omitZeroBalances="true"))["balances"]
    assert [each["asset"] for each in held] == ["BTC", "USDT"]
    assert refused(client.signed("GET", "/api/v3/account", key=OTHER))[:2] == (401, -2015)


def test_fills_are_told_with_their_order() -> None:
    client = Client()
    client.signed("POST", ORDER, **MARKET)
    (row,) = told(client.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT", orderId=1000))
    assert (row["id"], row["quoteQty"], row["isBuyer"], row["isMaker"]) == (50, "25.02500000", False, False)


def test_a_history_longer_than_a_day_is_refused() -> None:
    client = Client()
    day = {"symbol": "BTCUSDT", "startTime": 0, "endTime": 86_400_000}
    assert client.signed("GET", "/api/v3/allOrders", **day).status == 200
    longer = {**day, "endTime": 86_400_001}
    for path in ("/api/v3/allOrders", "/api/v3/myTrades"):
        assert refused(client.signed("GET", path, **longer))[1] == -1127


def test_a_key_that_may_not_trade_reads_and_places_nothing() -> None:
    client = Client()
    assert client.signed("GET", "/api/v3/account", key=READER).status == 200
    assert refused(client.signed("POST", ORDER, key=READER, **LIMIT)) == (
        401,
        -2015,
        "Invalid API-key, IP, or permissions for action.",
    )
    assert client.exchange.placed == []


@pytest.mark.parametrize("is_reset", [True, False])
def test_no_answer_is_a_connection_that_ends(is_reset: bool) -> None:
    client = Client()
    client.exchange.refusal = NoAnswer(is_reset)
    delivery = client.signed("POST", ORDER, **LIMIT).delivery
    assert delivery is not None
    assert (delivery.is_reset, delivery.is_dropped) == (is_reset, not is_reset)


def test_orders_are_counted_and_refused_beyond_their_limit() -> None:
    client = Client()
    answer = client.signed("POST", ORDER, **LIMIT)
    assert (header(answer, "X-MBX-ORDER-COUNT-10S"), header(answer, "X-MBX-ORDER-COUNT-1D")) == ("1", "1")
    for _ in range(99):
        answer = client.signed("POST", ORDER, **LIMIT)
    assert header(answer, "X-MBX-ORDER-COUNT-10S") == "100"
    answer = client.signed("POST", ORDER, **LIMIT)
    assert refused(answer) == (429, -1015, "Too many new orders; current limit is 100 orders per 10 SECOND.")
    assert header(answer, "Retry-After") == "10"
    assert len(client.exchange.placed) == 100
    counts = told(client.signed("GET", "/api/v3/rateLimit/order"))
    assert [(each["interval"], each["intervalNum"], each["count"]) for each in counts] == [
        ("SECOND", 10, 100),
        ("DAY", 1, 100),
    ]
    client.exchange.clock_ms += 10_000
    assert header(client.signed("POST", ORDER, **LIMIT), "X-MBX-ORDER-COUNT-1D") == "101"


def test_the_wallet_tells_what_clients_ask_at_their_start() -> None:
    client = Client()
    coins = told(client.signed("GET", "/sapi/v1/capital/config/getall"))
    assert [(each["coin"], each["free"]) for each in coins] == [
        ("BTC", "1.50000000"),
        ("ETH", "0.00000000"),
        ("USDT", "1000.00000000"),
    ]
    assert told(client.signed("GET", "/sapi/v1/asset/tradeFee", symbol="BTCUSDT")) == [
        {"symbol": "BTCUSDT", "makerCommission": "0.00100000", "takerCommission": "0.00100000"}
    ]
    assert told(client.get("/sapi/v1/system/status")) == {"status": 0, "msg": "normal"}
    assert told(client.get("/dapi/v1/exchangeInfo"))["symbols"] == []
