"""The WebSocket API: the endpoints under other names, with its own signatures, logon, limits and account streams."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.gateway.binance.routes import BY_PATH
from interlock.gateway.binance.sockets.api.envelope import parse_request, signed_payload
from interlock.gateway.binance.sockets.api.methods import METHODS
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import NewOrder
from interlock.ports.exchange.words import Execution, Market
from tests.unit.gateway.binance.sockets.fakes import NOW_MS, SYMBOL, RecordingChannel
from tests.unit.gateway.binance.sockets.rows import ACCOUNT, filled, updated
from tests.unit.gateway.binance.sockets.world import ED_KEY, HMAC_KEY, READ_KEY, World

SPOT, USDM = Market.SPOT, Market.USDM
LIMIT: dict[str, object] = {
    "symbol": SYMBOL,
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "1.000",
    "price": "60000.00",
    "newClientOrderId": "mine-1",
}


def _error(answer: dict[str, Any]) -> tuple[int, int]:
    return answer["status"], answer["error"]["code"]


# --- Requests and answers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked_id", [1, "e2a85d9f-07a5-4f94-8d5f-789dc3deb097", None, 2**60])
def test_an_answer_carries_the_requests_id_its_status_and_what_is_used(asked_id: object) -> None:
    answer = World().api().asks("time", asked_id=asked_id)
    assert list(answer) == ["id", "status", "result", "rateLimits"]
    assert (answer["id"], answer["status"], answer["result"]) == (asked_id, 200, {"serverTime": NOW_MS})
    (limit,) = answer["rateLimits"]
    assert limit == {
        "rateLimitType": "REQUEST_WEIGHT",
        "interval": "MINUTE",
        "intervalNum": 1,
        "limit": 100,
        "count": limit["count"],
    }
    assert limit["count"] > 2, "connecting and asking both cost"


def test_limits_are_left_out_where_asked_for_one_request_or_for_the_connection() -> None:
    world = World()
    assert "rateLimits" not in world.api().asks("ping", {"returnRateLimits": False})
    quiet = world.api("returnRateLimits=false")
    assert "rateLimits" not in quiet.asks("ping")
    assert "rateLimits" in quiet.asks("ping", {"returnRateLimits": True})


@pytest.mark.parametrize("text", [b"nonsense", b"[]", b"{}", b'{"id":{},"method":"ping"}', b'{"id":1}', b"[" * 50_000])
def test_what_is_no_request_is_refused_and_the_connection_stays(text: bytes) -> None:
    client = World().api()
    client.say(text)
    assert client.channel.last() == {
        "id": None,
        "status": 400,
        "error": {"code": -1135, "msg": "Invalid JSON Request"},
    }
    assert client.asks("ping")["status"] == 200


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_any_bytes_are_a_request_or_a_refusal(text: bytes) -> None:
    try:
        assert parse_request(text).method
    except ExchangeError as error:
        assert error.code == -1135


def test_a_method_that_is_none_is_refused() -> None:
    assert _error(World().api().asks("order.invent")) == (400, -1020)


@pytest.mark.parametrize("market", list(Market))
def test_every_method_is_an_endpoint_of_its_market(market: Market) -> None:
    for name, (verb, path) in METHODS[market].items():
        assert BY_PATH[path][verb].market is market, name


def test_public_data_needs_no_key_and_is_what_the_endpoint_answers() -> None:
    for market in Market:
        client = World(market).api()
        for method, params in (
            ("exchangeInfo", {"symbol": SYMBOL} if market is SPOT else None),
            ("ticker.book", {"symbol": SYMBOL}),
            ("klines", {"symbol": SYMBOL, "interval": "1m"}),
            ("trades.recent", {"symbol": SYMBOL}),
        ):
            assert client.asks(method, params)["status"] == 200, method


def test_parameters_are_typed_and_refused_as_the_endpoint_does() -> None:
    client = World().api()
    assert _error(client.asks("depth", {"symbol": "NOPE"})) == (400, -1121)
    assert _error(client.asks("depth", {"symbol": SYMBOL, "surplus": 1})) == (400, -1101)
    assert _error(client.asks("depth")) == (400, -1102)


# --- Who asks ------------------------------------------------------------------------------------------------------


def test_a_signature_covers_all_parameters_sorted_and_as_written() -> None:
    request = parse_request(
        b'{"id":1,"method":"order.place","params":{"b":1.50,"a":"x y","signature":"s","c":true,"n":null,"d":[1,2]}}'
    )
    assert signed_payload(request.values) == b"a=x y&b=1.50&c=true&d=[1,2]"


@pytest.mark.parametrize("key", [HMAC_KEY, ED_KEY])
def test_a_signed_order_is_placed(key: str) -> None:
    world = World()
    client = world.api()
    answer = asyncio.run(client.waits("order.place", world.signed(LIMIT, key)))
    assert answer["status"] == 200
    assert answer["result"]["clientOrderId"] == "mine-1"
    ((market, account, order),) = world.exchange.orders
    assert (market, account) == (SPOT, ACCOUNT)
    assert isinstance(order, NewOrder)
    assert (order.symbol, order.quantity, order.price) == (SYMBOL, Decimal("1.000"), Decimal("60000.00"))
    assert [limit["rateLimitType"] for limit in answer["rateLimits"]] == ["ORDERS", "ORDERS", "REQUEST_WEIGHT"]
    assert [limit["count"] for limit in answer["rateLimits"]][:2] == [1, 1]


def test_a_method_may_carry_its_version() -> None:
    world = World()
    assert asyncio.run(world.api().waits("v3/order.place", world.signed(LIMIT)))["status"] == 200


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"signature": "00" * 32}, (400, -1022)),
        ({"quantity": "2.000"}, (400, -1022)),
        ({"signature": ""}, (400, -1102)),
        ({"apiKey": "unknownkey"}, (401, -2015)),
        ({"apiKey": "not a key!"}, (401, -2014)),
        ({"timestamp": NOW_MS - 6_000}, (400, -1021)),
    ],
)
def test_an_order_that_proves_nothing_is_not_placed(changes: dict[str, object], refused: tuple[int, int]) -> None:
    world = World()
    answer = asyncio.run(world.api().waits("order.place", world.signed(LIMIT) | changes))
    assert _error(answer) == refused
    assert world.exchange.orders == []


def test_an_order_without_any_key_is_refused() -> None:
    world = World()
    assert _error(world.api().asks("order.place", {**LIMIT, "timestamp": NOW_MS})) == (400, -1102)


def test_a_key_that_may_not_trade_places_nothing() -> None:
    world = World()
    assert _error(world.api().asks("order.place", world.signed(LIMIT, READ_KEY))) == (401, -2015)
    assert world.exchange.orders == []


def test_a_logon_speaks_for_the_requests_that_follow_until_the_logout() -> None:
    world = World()
    client = world.api()
    status = client.asks("session.status")["result"]
    assert (status["apiKey"], status["authorizedSince"], status["connectedSince"]) == (None, None, NOW_MS)
    status = client.asks("session.logon", world.signed(key=ED_KEY))["result"]
    assert (status["apiKey"], status["authorizedSince"]) == (ED_KEY, NOW_MS)
    order = {**LIMIT, "timestamp": NOW_MS}
    assert asyncio.run(client.waits("order.place", order))["status"] == 200
    assert _error(client.asks("order.place", LIMIT)) == (400, -1102), "the time is asked for all the same"
    assert client.asks("session.logout")["result"]["apiKey"] is None
    assert _error(client.asks("order.place", order)) == (400, -1102)
    assert len(world.exchange.orders) == 1


def test_a_logon_takes_an_ed25519_key_and_no_other() -> None:
    world = World()
    client = world.api()
    assert _error(client.asks("session.logon", world.signed(key=HMAC_KEY))) == (400, -2028)
    wrong = world.signed(key=ED_KEY) | {"timestamp": NOW_MS - 1}
    assert _error(client.asks("session.logon", wrong)) == (400, -1022)
    assert client.asks("session.status")["result"]["apiKey"] is None


# --- Limits --------------------------------------------------------------------------------------------------------


def test_who_asks_too_much_is_told_when_to_ask_again_then_banned_and_not_let_in() -> None:
    world = World()
    client = world.api()
    refused: dict[int, dict[str, Any]] = {}
    for _ in range(1_000):  # how long it takes to be banned is the limits' own matter
        answer = client.asks("ping")
        if answer["status"] != 200:
            refused[answer["status"]] = answer["error"]
        if 418 in refused:
            break
    assert refused[429]["code"] == refused[418]["code"] == -1003
    assert refused[429]["data"]["serverTime"] == NOW_MS
    assert refused[429]["data"]["retryAfter"] > NOW_MS
    assert world.refused("/ws-api/v3").status == 418


def test_orders_are_counted_for_the_account_wherever_they_come_from() -> None:
    world = World()
    clients = [world.api(), world.api()]
    answers = [asyncio.run(clients[n % 2].waits("order.place", world.signed(LIMIT))) for n in range(4)]
    assert [answer["status"] for answer in answers] == [200, 200, 200, 429]
    assert answers[3]["error"]["code"] == -1015
    assert len(world.exchange.orders) == 3


# --- Account streams -----------------------------------------------------------------------------------------------


def test_events_come_by_subscription_signed_or_logged_on() -> None:
    world = World()
    client = world.api()
    assert _error(client.asks("userDataStream.subscribe")) == (400, -1193)
    signed = client.asks("userDataStream.subscribe.signature", world.signed())
    assert signed["result"] == {"subscriptionId": 0}
    logged_on = world.api()
    logged_on.asks("session.logon", world.signed(key=ED_KEY))
    assert logged_on.asks("userDataStream.subscribe")["result"] == {"subscriptionId": 0}
    assert client.asks("session.subscriptions")["result"] == [{"subscriptionId": 0}]
    world.exchange.tell(updated(SPOT, Execution.NEW), filled(SPOT))
    for told in (client.heard(), logged_on.heard()):
        assert [(each["subscriptionId"], each["event"]["x"]) for each in told] == [(0, "NEW"), (0, "TRADE")]


def test_a_connection_hears_an_account_once() -> None:
    world = World()
    client = world.api()
    client.asks("userDataStream.subscribe.signature", world.signed())
    assert _error(client.asks("userDataStream.subscribe.signature", world.signed())) == (400, -2035)
    client.asks("session.logon", world.signed(key=ED_KEY))
    assert _error(client.asks("userDataStream.subscribe")) == (400, -2035)
    world.exchange.tell(filled(SPOT))
    assert len(client.heard()) == 1
    client.asks("userDataStream.unsubscribe")
    assert client.asks("userDataStream.subscribe")["result"] == {"subscriptionId": 1}


def test_a_key_named_on_connecting_may_hear_its_account() -> None:
    world = World()
    client = world.api(headers={"x-mbx-apikey": HMAC_KEY})
    assert client.asks("userDataStream.subscribe")["result"] == {"subscriptionId": 0}
    assert _error(world.api(headers={"x-mbx-apikey": "unknown"}).asks("userDataStream.subscribe")) == (400, -1193)


@pytest.mark.parametrize("number", [0, "0"], ids=["a number", "a text"])
def test_a_subscription_ends_by_its_number_in_either_form_and_says_so(number: object) -> None:
    world = World()
    client = world.api()
    client.asks("userDataStream.subscribe.signature", world.signed())
    client.say({"id": 5, "method": "userDataStream.unsubscribe", "params": {"subscriptionId": number}})
    terminated, answer = client.heard()
    assert terminated == {"subscriptionId": 0, "event": {"e": "eventStreamTerminated", "E": NOW_MS}}
    assert (answer["id"], answer["result"]) == (5, {})
    world.exchange.tell(filled(SPOT))
    assert client.heard() == []


@pytest.mark.parametrize("is_signed", [True, False])
def test_a_logout_ends_what_the_logon_began_and_leaves_what_was_signed(is_signed: bool) -> None:
    world = World()
    client = world.api()
    client.asks("session.logon", world.signed(key=ED_KEY))
    if is_signed:
        client.asks("userDataStream.subscribe.signature", world.signed())
    else:
        client.asks("userDataStream.subscribe")
    client.asks("session.logout")
    client.heard()
    world.exchange.tell(filled(SPOT))
    assert [each["subscriptionId"] for each in client.heard()] == ([0] if is_signed else [])


def test_a_subscription_without_a_right_signature_hears_nothing() -> None:
    world = World()
    client = world.api()
    wrong = world.signed() | {"signature": "00"}
    assert _error(client.asks("userDataStream.subscribe.signature", wrong)) == (400, -1022)
    world.exchange.tell(filled(SPOT))
    assert client.heard() == []


def test_listen_keys_are_made_kept_and_ended_by_a_key_alone() -> None:
    world = World(USDM)
    client = world.api()
    key = client.asks("userDataStream.start", {"apiKey": HMAC_KEY})["result"]["listenKey"]
    assert world.listen_keys.account_of(USDM, key) == ACCOUNT
    assert client.asks("userDataStream.ping", {"apiKey": HMAC_KEY})["result"] == {"listenKey": key}
    assert client.asks("userDataStream.stop", {"apiKey": HMAC_KEY})["result"] == {}
    assert world.listen_keys.account_of(USDM, key) is None
    assert _error(client.asks("userDataStream.ping", {"apiKey": HMAC_KEY})) == (400, -1125)
    named = world.api(headers={"x-mbx-apikey": HMAC_KEY})
    assert "listenKey" in named.asks("userDataStream.start")["result"]


def test_futures_orders_go_the_same_way() -> None:
    world = World(USDM)
    client = world.api()
    answer = asyncio.run(client.waits("order.place", world.signed(LIMIT)))
    assert (answer["status"], answer["result"]["clientOrderId"]) == (200, "mine-1")
    cancelled = world.signed({"symbol": SYMBOL, "origClientOrderId": "mine-1"})
    assert asyncio.run(client.waits("order.cancel", cancelled))["result"]["status"] == "CANCELED"
    assert [key.client_order_id for key in world.exchange.taken_back] == ["mine-1"]


def test_an_order_goes_on_when_its_connection_ends() -> None:
    world = World()
    client = world.api()

    async def run() -> None:
        client.say({"id": 1, "method": "order.place", "params": world.signed(LIMIT)})
        client.channel.abort()
        client.leaves()
        for _ in range(10):
            await asyncio.sleep(0)

    asyncio.run(run())
    assert len(world.exchange.orders) == 1
    assert isinstance(client.channel, RecordingChannel)
    assert client.heard() == []


def test_requests_are_begun_in_the_order_they_came() -> None:
    world = World()
    client = world.api()

    async def run() -> None:
        for number in range(3):
            order = LIMIT | {"newClientOrderId": f"mine-{number}"}
            client.say({"id": number, "method": "order.place", "params": world.signed(order)})
        for _ in range(10):
            await asyncio.sleep(0)

    asyncio.run(run())
    assert [order.client_order_id for _, _, order in world.exchange.orders] == ["mine-0", "mine-1", "mine-2"]
    assert [each["id"] for each in client.heard()] == [0, 1, 2]
