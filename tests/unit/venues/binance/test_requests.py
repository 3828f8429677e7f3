from decimal import Decimal
from urllib.parse import parse_qs

import pytest

from interlock.messages.words import OrderType, Purpose, TimeInForce
from interlock.ports.exchange.words import Market
from interlock.units.sides import Side
from interlock.venues.binance import requests
from interlock.venues.binance.requests import Inexpressible, Wanted
from interlock.venues.binance.signing import HmacSigner
from tests.unit.venues.binance.scripted_venue import approved


def said(wanted: Wanted) -> tuple[str, str, dict[str, str]]:
    query = parse_qs(wanted.query.decode(), strict_parsing=True)
    assert all(len(values) == 1 for values in query.values())
    return wanted.method.decode(), wanted.path.decode(), {name: values[0] for name, values in query.items()}


COMMON = {"symbol": "BTCUSDT", "side": "SELL", "quantity": "0.002"}
NAMED = {"newClientOrderId": "il1-1-0", "newOrderRespType": "RESULT"}
ALGO = {"algoType": "CONDITIONAL", "clientAlgoId": "il1-1-0", "newOrderRespType": "RESULT", "reduceOnly": "true"}
PRICED = {"price": "50000.10"}


@pytest.mark.parametrize(
    ("order_type", "force", "path", "terms"),
    [
        (OrderType.MARKET, TimeInForce.GTC, "order", {"type": "MARKET", "reduceOnly": "true"} | NAMED),
        (
            OrderType.LIMIT,
            TimeInForce.GTX,
            "order",
            {"type": "LIMIT", "timeInForce": "GTX", "reduceOnly": "true"} | PRICED | NAMED,
        ),
        (OrderType.STOP_MARKET, TimeInForce.GTC, "algoOrder", {"type": "STOP_MARKET", "triggerPrice": "40000"} | ALGO),
        (
            OrderType.TAKE_PROFIT_MARKET,
            TimeInForce.GTC,
            "algoOrder",
            {"type": "TAKE_PROFIT_MARKET", "triggerPrice": "40000"} | ALGO,
        ),
    ],
)
def test_a_futures_order_in_the_venues_words(
    order_type: OrderType, force: TimeInForce, path: str, terms: dict[str, str]
) -> None:
    order = approved(
        "il1-1-0",
        purpose=Purpose.REDUCE,
        side=Side.SELL,
        order_type=order_type,
        time_in_force=force,
        limit_price=Decimal("50000.10"),
        trigger_price=Decimal("4E+4"),
        reduce_only=True,
    )
    assert said(requests.placing(Market.USDM, order)) == ("POST", f"/fapi/v1/{path}", COMMON | terms)


@pytest.mark.parametrize(
    ("order_type", "force", "terms"),
    [
        (OrderType.MARKET, TimeInForce.GTC, {"type": "MARKET"}),
        (OrderType.LIMIT, TimeInForce.IOC, {"type": "LIMIT", "timeInForce": "IOC"} | PRICED),
        (OrderType.LIMIT, TimeInForce.GTX, {"type": "LIMIT_MAKER"} | PRICED),
        (OrderType.STOP_MARKET, TimeInForce.GTC, {"type": "STOP_LOSS", "stopPrice": "40000"}),
        (OrderType.TAKE_PROFIT_MARKET, TimeInForce.GTC, {"type": "TAKE_PROFIT", "stopPrice": "40000"}),
    ],
)
def test_a_spot_order_in_the_venues_words_without_reduce_only(
    order_type: OrderType, force: TimeInForce, terms: dict[str, str]
) -> None:
    order = approved(
        "il1-1-0",
        purpose=Purpose.STOP,
        side=Side.SELL,
        order_type=order_type,
        time_in_force=force,
        limit_price=Decimal("50000.10"),
        trigger_price=Decimal("4E+4"),
        reduce_only=True,
    )
    assert said(requests.placing(Market.SPOT, order)) == ("POST", "/api/v3/order", COMMON | terms | NAMED)


@pytest.mark.parametrize("market", Market)
@pytest.mark.parametrize("order_type", [OrderType.LIMIT, OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET])
def test_an_order_that_lacks_what_its_type_needs_cannot_be_said(market: Market, order_type: OrderType) -> None:
    with pytest.raises(Inexpressible, match="il1-1-0"):
        requests.placing(market, approved("il1-1-0", order_type=order_type))


def test_orders_are_named_by_our_id_and_algo_orders_in_their_own_place() -> None:
    key = {"symbol": "BTCUSDT", "origClientOrderId": "il1-1-0"}
    assert said(requests.cancelling(Market.SPOT, "BTCUSDT", "il1-1-0")) == ("DELETE", "/api/v3/order", key)
    assert said(requests.asking(Market.USDM, "BTCUSDT", "il1-1-0")) == ("GET", "/fapi/v1/order", key)
    assert said(requests.cancelling_algo("il1-1-0")) == ("DELETE", "/fapi/v1/algoOrder", {"clientAlgoId": "il1-1-0"})
    assert said(requests.asking_algo("il1-1-0")) == ("GET", "/fapi/v1/algoOrder", {"clientAlgoId": "il1-1-0"})


def test_what_is_signed_is_what_stands_before_the_signature() -> None:
    signer = HmacSigner("key", "secret")
    tail = requests.tail_of("host:1", signer.api_key)
    raw = requests.signed(Wanted(b"GET", b"/p", b"a=1"), signer, 1_700_000_000_123, 5_000, tail)
    line, _, head = raw.partition(b"\r\n")
    assert line == (
        b"GET /p?a=1&recvWindow=5000&timestamp=1700000000123&signature="
        + signer.sign(b"a=1&recvWindow=5000&timestamp=1700000000123")
        + b" HTTP/1.1"
    )
    assert head == b"Host: host:1\r\nX-MBX-APIKEY: key\r\nContent-Length: 0\r\n\r\n"
    bare = requests.signed(Wanted(b"GET", b"/p"), signer, 1, 2, tail)
    assert bare.startswith(b"GET /p?recvWindow=2&timestamp=1&signature=")
    assert requests.unsigned(Wanted(b"GET", b"/p"), b"!") == b"GET /p!"


def test_a_symbol_of_any_letters_cannot_leave_its_parameter() -> None:
    wanted = requests.reading("/fapi/v1/depth", symbol="币&limit=1 HTTP/1.1\r\n", limit=5, left_out=None)
    assert wanted.query == b"symbol=%E5%B8%81%26limit%3D1%20HTTP%2F1.1%0D%0A&limit=5"
