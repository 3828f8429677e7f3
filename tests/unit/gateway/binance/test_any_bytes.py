"""Whatever bytes come in, an answer goes out."""

import asyncio

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from interlock.gateway.binance.desk import Route
from interlock.gateway.binance.routes import ROUTES
from interlock.gateway.server.messages import Request, Response
from tests.unit.gateway.binance.asking import KEY, Client, sign
from tests.unit.gateway.binance.fake_market import NOW_MS

NAMES = [
    "symbol",
    "symbols",
    "side",
    "type",
    "timeInForce",
    "quantity",
    "quoteOrderQty",
    "price",
    "stopPrice",
    "triggerPrice",
    "callbackRate",
    "orderId",
    "origClientOrderId",
    "newClientOrderId",
    "algoId",
    "algoType",
    "batchOrders",
    "orderIdList",
    "limit",
    "interval",
    "startTime",
    "endTime",
    "fromId",
    "page",
    "leverage",
    "countdownTime",
    "closePosition",
    "windowSize",
    "cancelReplaceMode",
    "cancelOrderId",
    "recvWindow",
    "permissions",
    "pair",
]
VALUES = [
    "BTCUSDT",
    "ETHUSDT",
    "BUY",
    "SELL",
    "LIMIT",
    "MARKET",
    "STOP_MARKET",
    "TRAILING_STOP_MARKET",
    "CONDITIONAL",
    "STOP_ON_FAILURE",
    "ALLOW_FAILURE",
    "GTC",
    "GTD",
    "true",
    "1",
    "0",
    "1000",
    "99999999999999999999",
    "0.5",
    "90.1",
    "1m",
    "1h",
    "[1]",
    "[1000,7]",
    '["BTCUSDT"]',
    '[{"symbol":"BTCUSDT","side":null,"type":[],"quantity":{}}]',
    '[{"symbol":"BTCUSDT","side":"BUY","type":"MARKET","quantity":1e400}]',
    "",
    "%",
    "%00",
    "\ud7ff",
]
PARAMETERS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=9)


async def answered(client: Client, request: Request) -> Response:
    """Return the answer, awaited where it comes later."""
    answer = client.site.answer(request)
    return answer if isinstance(answer, Response) else await answer


@given(st.sampled_from(ROUTES), st.binary(max_size=60), st.binary(max_size=60))
def test_any_bytes_are_answered(route: Route, query: bytes, body: bytes) -> None:
    client = Client()
    request = Request(route.method, route.path, query, {"x-mbx-apikey": KEY}, body, client.peer)
    answer = asyncio.run(answered(client, request))
    assert msgspec.json.decode(answer.body) is not None


@given(st.sampled_from(ROUTES), PARAMETERS, PARAMETERS)
def test_any_signed_parameters_are_answered(
    route: Route, query: list[tuple[str, str]], body: list[tuple[str, str]]
) -> None:
    client = Client()
    in_query, in_body = ("&".join(f"{name}={value}" for name, value in pairs) for pairs in (query, body))
    in_query = f"timestamp={NOW_MS}&{in_query}"
    in_query += f"&signature={sign(in_query + in_body)}"
    headers = {"x-mbx-apikey": KEY}
    request = Request(route.method, route.path, in_query.encode(), headers, in_body.encode(), client.peer)
    answer = asyncio.run(answered(client, request))
    assert msgspec.json.decode(answer.body) is not None
    if answer.status != 200:
        assert msgspec.json.decode(answer.body)["code"] != -1022
