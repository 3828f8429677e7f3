"""Parameters as received, and the words in which each wrong one is refused."""

import pytest

from interlock.gateway.binance.requests.parameters import Parameters
from interlock.ports.exchange.refusals import ExchangeError
from tests.unit.gateway.binance.asking import Client, refused, told

LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "90"}
STOP = {
    "algoType": "CONDITIONAL",
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "STOP_MARKET",
    "quantity": "1",
    "triggerPrice": "95",
}


def changed(base: dict[str, str], **changes: str | None) -> dict[str, str]:
    """Return parameters with some changed, and those set to None left out."""
    return {name: value for name, value in {**base, **changes}.items() if value is not None}


def spot(**changes: str | None) -> tuple[int, str]:
    """Return code and text of the refusal of a spot order that differs so from a right one."""
    status, code, text = refused(Client().signed("POST", "/api/v3/order", **changed(LIMIT, **changes)))
    assert status == 400
    return code, text


def futures(**changes: str | None) -> tuple[int, str]:
    """Return code and text of the refusal of a futures order that differs so from a right one."""
    status, code, text = refused(Client().signed("POST", "/fapi/v1/order", **changed(LIMIT, **changes)))
    assert status == 400
    return code, text


def algo(**changes: str | None) -> int:
    """Return the code of the refusal of a conditional order that differs so from a right one; 0 for none."""
    answer = Client().signed("POST", "/fapi/v1/algoOrder", **changed(STOP, **changes))
    return 0 if answer.status == 200 else refused(answer)[1]


def code_of(error: pytest.ExceptionInfo[ExchangeError]) -> int:
    """Return the code of a refusal."""
    return error.value.code


# --- As received ---------------------------------------------------------------------------------------------------


def test_query_and_body_are_both_read_and_the_query_counts() -> None:
    given = Parameters.received(b"a=1&b=%5B%22x%22%5D", b"a=2&c=x+y")
    assert [given.get(name) for name in "abc"] == ["1", '["x"]', "x y"]


def test_a_parameter_sent_twice_is_refused_unless_it_is_a_list() -> None:
    given = Parameters.received(b"a=1&a=2", b"")
    assert given.texts("a") == ["1", "2"]
    with pytest.raises(ExchangeError) as error:
        given.get("a")
    assert code_of(error) == -1101


def test_a_list_is_json_or_one_value() -> None:
    given = Parameters({"a": '["x","y"]', "b": "x", "c": "[1", "d": ""})
    assert (given.texts("a"), given.texts("b"), given.texts("e")) == (["x", "y"], ["x"], None)
    for name, code in (("c", -1100), ("d", -1105)):
        with pytest.raises(ExchangeError) as error:
            given.texts(name)
        assert code_of(error) == code


def test_what_nobody_reads_is_refused_on_a_strict_market_only() -> None:
    lenient, strict = Parameters({"a": "1", "b": "2"}), Parameters({"a": "1", "b": "2"}, is_strict=True)
    for given in (lenient, strict):
        given.get("a")
    lenient.finish()
    with pytest.raises(ExchangeError, match="-1101"):
        strict.finish()
    strict.is_signed = True
    with pytest.raises(ExchangeError, match=r"-1104 .*read '1' parameter.s. but was sent '2'"):
        strict.finish()
    strict.get("b")
    strict.finish()


def test_bytes_that_are_no_text_do_no_harm() -> None:
    given = Parameters.received(b"%ff=\xff&&=&symbol=%00", b"\xfe")
    assert given.need("symbol") == "\x00"


# --- Spot orders ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["symbol", "side", "type", "timeInForce", "quantity", "price"])
def test_a_limit_order_needs_its_terms(name: str) -> None:
    assert spot(**{name: None}) == (-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
    assert futures(**{name: None})[0] == -1102
    assert spot(**{name: ""}) == (-1105, f"Parameter '{name}' was empty.")


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"side": "UP"}, -1117, "Invalid side."),
        ({"type": "STOP"}, -1116, "Invalid orderType."),
        ({"timeInForce": "GTX"}, -1115, "Invalid timeInForce."),
        ({"symbol": "NONE"}, -1121, "Invalid symbol."),
        ({"symbol": "btcusdt"}, -1100, None),
        ({"newClientOrderId": "a b"}, -1100, None),
        ({"newClientOrderId": "x" * 37}, -1100, None),
        ({"quantity": "1e-3"}, -1100, None),
        ({"quantity": "-1"}, -1100, None),
        ({"quantity": "1."}, -1100, None),
        ({"quantity": "²"}, -1100, None),
        ({"quantity": "0.123456789"}, -1111, "Parameter 'quantity' has too much precision."),
        ({"stopPrice": "89"}, -1106, "Parameter 'stopPrice' sent when not required."),
        ({"quoteOrderQty": "89"}, -1106, "Parameter 'quoteOrderQty' sent when not required."),
        ({"type": "MARKET", "timeInForce": None}, -1106, "Parameter 'price' sent when not required."),
        ({"type": "MARKET", "price": None}, -1106, "Parameter 'timeInForce' sent when not required."),
        ({"type": "LIMIT_MAKER"}, -1106, "Parameter 'timeInForce' sent when not required."),
        ({"type": "STOP_LOSS_LIMIT"}, -1102, None),
        ({"icebergQty": "0.1"}, -2010, "Iceberg orders are not supported for this symbol."),
        ({"newOrderRespType": "ALL"}, -1130, "Data sent for parameter 'newOrderRespType' is not valid."),
        ({"selfTradePreventionMode": "X"}, -1130, None),
        ({"strategyType": "5"}, -1130, None),
        ({"colour": "red"}, -1104, "Not all sent parameters were read; read '8' parameter(s) but was sent '9'."),
    ],
)
def test_a_wrong_spot_order_is_refused_in_the_venues_words(
    changes: dict[str, str | None], code: int, text: str | None
) -> None:
    refusal = spot(**changes)
    assert refusal[0] == code
    assert text in (None, refusal[1])


def test_the_recorded_refusal_of_an_exponent_is_ours_to_the_letter() -> None:
    assert spot(price="1.0e-6") == (
        -1100,
        "Illegal characters found in parameter 'price'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'.",
    )


def test_a_market_order_has_one_amount() -> None:
    market = {"type": "MARKET", "timeInForce": None, "price": None}
    assert spot(**market, quantity=None) == (
        -1102,
        "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!",
    )
    assert spot(**market, quoteOrderQty="5")[0] == -1128


@pytest.mark.parametrize(
    "order",
    [
        changed(LIMIT, quantity="0.12345678000"),
        changed(LIMIT, type="LIMIT_MAKER", timeInForce=None),
        changed(LIMIT, type="STOP_LOSS", stopPrice="95", timeInForce=None, price=None),
        changed(LIMIT, type="TAKE_PROFIT", stopPrice="95", timeInForce=None, price=None),
        changed(LIMIT, type="TAKE_PROFIT_LIMIT", stopPrice="95"),
        changed(LIMIT, strategyId="1", strategyType="1000000", icebergQty="0"),
    ],
)
def test_a_right_spot_order_of_each_kind_is_taken(order: dict[str, str]) -> None:
    assert Client().signed("POST", "/api/v3/order", **order).status == 200


# --- Futures orders ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"quantity": "0.0001"}, -1111),
        ({"price": "90.001"}, -1111),
        ({"timeInForce": "DAY"}, -1115),
        ({"type": "LIMIT_MAKER"}, -1116),
        ({"side": "buy"}, -1117),
        ({"symbol": "btcusdt"}, -1121),
        ({"positionSide": "LONG"}, -4061),
        ({"priceMatch": "QUEUE"}, -1130),
        ({"reduceOnly": "maybe"}, -1130),
        ({"workingType": "INDEX"}, -1130),
        ({"timeInForce": "GTD"}, -1102),
        ({"goodTillDate": "1800000000000"}, -1106),
        ({"stopPrice": "95"}, -1106),
        ({"closePosition": "true"}, -1106),
        ({"type": "MARKET"}, -1106),
        ({"newOrderRespType": "FULL"}, -1130),
        ({"newClientOrderId": "a b"}, -1100),
        ({"type": "STOP"}, -4120),
        ({"type": "STOP_MARKET"}, -4120),
        ({"type": "TAKE_PROFIT"}, -4120),
        ({"type": "TAKE_PROFIT_MARKET"}, -4120),
        ({"type": "TRAILING_STOP_MARKET"}, -4120),
    ],
)
def test_a_wrong_futures_order_is_refused_in_the_venues_words(changes: dict[str, str | None], code: int) -> None:
    assert futures(**changes)[0] == code


@pytest.mark.parametrize(
    "changes",
    [
        {"timeInForce": "GTX"},
        {"timeInForce": "GTD", "goodTillDate": "1800000000000"},
        {"positionSide": "BOTH", "priceMatch": "NONE", "newClientOrderId": "web:a/b.c"},
        {"price": "90.10000", "colour": "red"},
        {"type": "MARKET", "timeInForce": None, "price": None},
    ],
)
def test_a_right_futures_order_of_each_kind_is_taken(changes: dict[str, str | None]) -> None:
    assert Client().signed("POST", "/fapi/v1/order", **changed(LIMIT, **changes)).status == 200


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 0),
        ({"algoType": None}, -1102),
        ({"algoType": "VP"}, -1130),
        ({"type": "LIMIT"}, -1116),
        ({"triggerPrice": None}, -1102),
        ({"quantity": None}, -1102),
        ({"price": "94"}, -1106),
        ({"type": "STOP"}, -1102),
        ({"type": "STOP", "price": "94"}, 0),
        ({"type": "TAKE_PROFIT", "price": "94", "closePosition": "true"}, -1106),
        ({"closePosition": "true"}, -4137),
        ({"closePosition": "true", "quantity": None}, 0),
        ({"closePosition": "true", "quantity": None, "reduceOnly": "true"}, -1106),
        ({"type": "TRAILING_STOP_MARKET"}, -1102),
        ({"type": "TRAILING_STOP_MARKET", "callbackRate": "1"}, -1106),
        ({"type": "TRAILING_STOP_MARKET", "callbackRate": "11", "triggerPrice": None}, -2007),
        ({"type": "TRAILING_STOP_MARKET", "callbackRate": "1", "triggerPrice": None, "activationPrice": "99"}, 0),
        ({"callbackRate": "1"}, -1106),
        ({"positionSide": "SHORT"}, -4061),
    ],
)
def test_a_conditional_order_is_judged_by_its_kind(changes: dict[str, str | None], code: int) -> None:
    assert algo(**changes) == code


# --- Histories -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "parameters", "code"),
    [
        ("/fapi/v1/allOrders", {"startTime": 2, "endTime": 1}, -1023),
        ("/fapi/v1/allOrders", {"startTime": 0, "endTime": 7 * 86_400_000 + 1}, -1127),
        ("/fapi/v1/userTrades", {"fromId": 1, "startTime": 1}, -1128),
        ("/fapi/v1/userTrades", {"limit": 1001}, -1130),
        ("/api/v3/myTrades", {"fromId": 1, "startTime": 1}, -1128),
        ("/api/v3/allOrders", {"limit": 0}, -1130),
        ("/api/v3/allOrders", {"limit": "ten"}, -1100),
        ("/api/v3/allOrders", {"orderId": "9" * 21}, -1100),
        ("/api/v3/allOrders", {"orderId": 2**63}, -1102),
    ],
)
def test_a_history_is_asked_for_within_bounds(path: str, parameters: dict[str, object], code: int) -> None:
    assert refused(Client().signed("GET", path, symbol="BTCUSDT", **parameters))[1] == code


def test_spot_gives_at_most_what_it_gives() -> None:
    answer = Client().signed("GET", "/api/v3/allOrders", symbol="BTCUSDT", limit=5000)
    assert told(answer) == []
