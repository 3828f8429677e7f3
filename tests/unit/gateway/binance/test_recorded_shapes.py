"""What is answered has the very members of what the venue was recorded to answer, and of its documented examples."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tests.recordings import recording
from tests.unit.gateway.binance.asking import KEY, Client, told

SPOT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "90"}
MARKET = {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "0.25"}
STOP = {
    "algoType": "CONDITIONAL",
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "STOP_MARKET",
    "quantity": "1",
    "triggerPrice": "95",
}
SYMBOL = {"symbol": "BTCUSDT"}
ONE = {**SYMBOL, "orderId": 1000}


def fixture(name: str) -> Any:
    """Return an example of an answer."""
    return msgspec.json.decode((recording("binance-wire") / "fixtures" / "rest" / f"{name}.json").read_bytes())


def recorded(name: str) -> Any:
    """Return the body of the first answer of a recording."""
    pairs = msgspec.json.decode((recording("binance-wire") / "rest-recorded" / f"{name}.json").read_bytes())
    return msgspec.json.decode(pairs[0]["response"]["body"])


def members(value: Any) -> Any:
    """Return the names and types within a JSON value, of lists those of the first item."""
    if isinstance(value, dict):
        return {name: members(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [members(value[0])] if value else []
    return type(value).__name__


Ask = Callable[[Client], Any]

EXAMPLES: list[tuple[str, Ask]] = [
    ("spot-account_response", lambda c: c.signed("GET", "/api/v3/account")),
    ("spot-account_trades_response", lambda c: c.signed("GET", "/api/v3/myTrades", **SYMBOL)),
    ("spot-all_orders_response", lambda c: c.signed("GET", "/api/v3/allOrders", **SYMBOL)),
    ("spot-avg_price_response", lambda c: c.get("/api/v3/avgPrice", **SYMBOL)),
    ("spot-book_ticker_response", lambda c: c.get("/api/v3/ticker/bookTicker", **SYMBOL)),
    ("spot-cancel_order_response", lambda c: c.signed("DELETE", "/api/v3/order", **ONE)),
    ("spot-depth_response", lambda c: c.get("/api/v3/depth", **SYMBOL)),
    ("spot-klines_response", lambda c: c.get("/api/v3/klines", interval="1m", **SYMBOL)),
    ("spot-new_order_full_response", lambda c: c.signed("POST", "/api/v3/order", **MARKET)),
    ("spot-open_orders_response", lambda c: c.signed("GET", "/api/v3/openOrders")),
    ("spot-order_response", lambda c: c.signed("GET", "/api/v3/order", **ONE)),
    ("spot-ping_response", lambda c: c.get("/api/v3/ping")),
    ("spot-server_time_response", lambda c: c.get("/api/v3/time")),
    ("spot-ticker_24hr_response", lambda c: c.get("/api/v3/ticker/24hr", **SYMBOL)),
    ("spot-ticker_price_response", lambda c: c.get("/api/v3/ticker/price", **SYMBOL)),
    ("spot-trades_response", lambda c: c.get("/api/v3/trades", **SYMBOL)),
    ("http_spot_market_agg_trades", lambda c: c.get("/api/v3/aggTrades", **SYMBOL)),
    ("http_wallet_trading_fees", lambda c: c.signed("GET", "/sapi/v1/asset/tradeFee")),
    ("futures-balance", lambda c: c.signed("GET", "/fapi/v2/balance")),
    ("futures-order_response", lambda c: c.signed("GET", "/fapi/v1/order", **ONE)),
    ("futures-position_risk", lambda c: c.signed("GET", "/fapi/v2/positionRisk")),
    ("http_futures_account_position_side_dual", lambda c: c.signed("GET", "/fapi/v1/positionSide/dual")),
    ("http_futures_account_symbol_config", lambda c: c.signed("GET", "/fapi/v1/symbolConfig")),
    ("http_futures_account_trades", lambda c: c.signed("GET", "/fapi/v1/userTrades", **SYMBOL)),
    ("http_futures_market_agg_trades", lambda c: c.get("/fapi/v1/aggTrades", **SYMBOL)),
    ("http_futures_market_depth", lambda c: c.get("/fapi/v1/depth", **SYMBOL)),
    ("http_futures_market_klines", lambda c: c.get("/fapi/v1/klines", interval="1m", **SYMBOL)),
    ("http_futures_market_open_interest", lambda c: c.get("/fapi/v1/openInterest", **SYMBOL)),
    ("http_futures_market_premium_index", lambda c: c.get("/fapi/v1/premiumIndex", **SYMBOL)),
    ("http_futures_market_ticker_24hr", lambda c: c.get("/fapi/v1/ticker/24hr", **SYMBOL)),
    ("http_futures_market_ticker_price", lambda c: c.get("/fapi/v2/ticker/price", **SYMBOL)),
    (
        "http_futures_market_mark_price_klines",
        lambda c: c.get("/fapi/v1/markPriceKlines", interval="1m", **SYMBOL),
    ),
]

LARGER: list[tuple[str, Ask, set[str]]] = [
    ("futures-account_info_v2", lambda c: c.signed("GET", "/fapi/v2/account"), {"feeBurn"}),
    ("http_futures_market_book_ticker", lambda c: c.get("/fapi/v1/ticker/bookTicker", **SYMBOL), {"lastUpdateId"}),
    ("http_futures_market_funding_rate", lambda c: c.get("/fapi/v1/fundingRate", **SYMBOL), {"markPrice"}),
    ("http_futures_market_trades", lambda c: c.get("/fapi/v1/trades", **SYMBOL), {"isRPITrade"}),
]
"""Examples that are older than some members, with those."""


def client_with_orders() -> Client:
    """Return a client whose account has a resting order, a fill and a conditional order on each market."""
    client = Client()
    for path in ("/api/v3/order", "/fapi/v1/order"):
        client.signed("POST", path, **SPOT)
    client.exchange.placed[1] = msgspec.structs.replace(client.exchange.placed[1], order_id=1000)
    for path in ("/api/v3/order", "/fapi/v1/order"):
        client.signed("POST", path, **MARKET)
    client.signed("POST", "/fapi/v1/algoOrder", **STOP)
    return client


@pytest.mark.parametrize(("name", "ask"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_an_answer_has_the_members_of_its_example(name: str, ask: Ask) -> None:
    assert members(told(ask(client_with_orders()))) == members(fixture(name))


@pytest.mark.parametrize(("name", "ask", "newer"), LARGER, ids=[name for name, _, _ in LARGER])
def test_an_answer_has_the_members_of_an_older_example_and_the_newer_ones(name: str, ask: Ask, newer: set[str]) -> None:
    ours, example = (
        value[0] if isinstance(value, list) else value for value in (told(ask(client_with_orders())), fixture(name))
    )
    assert set(ours) == set(example) | newer
    assert all(type(ours[member]) is type(example[member]) for member in example)


def test_a_conditional_order_has_the_members_of_its_example_under_their_newer_names() -> None:
    (example,) = fixture("futures-open_algo_orders")
    (ours,) = told(client_with_orders().signed("GET", "/fapi/v1/openAlgoOrders"))
    assert set(example) - set(ours) == {"type"}  # documented as orderType since
    assert ours["orderType"] == "STOP_MARKET"


@pytest.mark.parametrize(
    ("name", "ask"),
    [
        ("spot-get_depth_error", lambda c: c.get("/api/v3/depth", symbol="IDONTEXIST", limit=1000)),
        ("spot-get_ticker_error", lambda c: c.get("/api/v3/ticker/24hr", symbol="IDONTEXIST")),
        ("spot-get_klines_interval_err", lambda c: c.get("/api/v3/klines", interval="1", **SYMBOL)),
        ("futures-cancel_all_orders_by_symbol_error", lambda c: c.signed("DELETE", "/fapi/v1/allOpenOrders")),
        ("futures-cancel_all_orders_by_symbol", lambda c: c.signed("DELETE", "/fapi/v1/allOpenOrders", **SYMBOL)),
        ("futures-get_order_error", lambda c: c.signed("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=5)),
        ("spot-get_open_orders_for_api_key_and_secret_key", lambda c: c.signed("GET", "/api/v3/openOrders", key="")),
        ("spot-get_system_status_ok", lambda c: c.get("/sapi/v1/system/status")),
        ("spot-get_account_status", lambda c: c.signed("GET", "/sapi/v1/account/status")),
        (
            "spot-keep_alive_listen_key_ok",
            lambda c: (
                c.send("POST", "/api/v3/userDataStream", headers={"x-mbx-apikey": KEY}),
                c.send("PUT", "/api/v3/userDataStream", "listenKey=listen-spot-main", headers={"x-mbx-apikey": KEY}),
            )[1],
        ),
    ],
)
def test_an_answer_is_the_recorded_one_to_the_letter(name: str, ask: Ask) -> None:
    assert told(ask(Client())) == recorded(name)


def test_what_was_recorded_of_an_order_is_still_told_of_ours() -> None:
    """Recordings are from 2018 to 2021; members have come since, and none has gone but a position mode's."""
    client = client_with_orders()
    for name, ours in (
        ("spot-get_order_by_string_symbol_and_orderid_success", client.signed("GET", "/api/v3/order", **ONE)),
        ("spot-order_limit_buy_very_low_price", client.signed("POST", "/api/v3/order", **SPOT)),
        (
            "futures-order_limit_buy_good_til_cancel_default_duration_success",
            client.signed("POST", "/fapi/v1/order", **SPOT),
        ),
        ("futures-get_open_orders_without_symbol_success", client.signed("GET", "/fapi/v1/openOrders")),
        ("futures-get_position_ok", client.signed("GET", "/fapi/v2/positionRisk")),
        ("futures-get_index_price", client.get("/fapi/v1/premiumIndex", **SYMBOL)),
        ("spot-get_ticker_ok", client.get("/api/v3/ticker/24hr", **SYMBOL)),
        ("spot-get_historical_trades_ok", client.get("/api/v3/historicalTrades", **SYMBOL)),
    ):
        before, now = (value[0] if isinstance(value, list) else value for value in (recorded(name), told(ours)))
        assert set(before) <= set(now), name
        assert all(type(now[member]) is type(before[member]) for member in before), name
