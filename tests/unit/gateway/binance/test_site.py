"""The way of a request through the site: paths, methods, and what goes wrong on purpose."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path

import pytest

from interlock.gateway.binance.interfering import garbled
from interlock.gateway.binance.routes import BY_PATH, ROUTES
from interlock.gateway.binance.sockets.api.methods import METHODS
from interlock.gateway.binance.sockets.api.session import OWN_METHODS
from interlock.gateway.server.messages import Delivery, Request, Response
from interlock.ports.exchange.interference import Call, Disturbance
from interlock.ports.exchange.words import Market
from tests.unit.gateway.binance.asking import Client, header, refused, told

ORDER = {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "0.25"}
PAGE = Path(__file__).resolve().parents[4] / "docs" / "reference" / "venue-endpoints.md"


class Trouble:
    """Disturbs every call in the same way, and remembers the calls."""

    def __init__(self, disturbance: Disturbance | None) -> None:
        self.disturbance = disturbance
        self.calls: list[Call] = []

    def on_call(self, call: Call) -> Disturbance | None:
        self.calls.append(call)
        return self.disturbance

    def on_open(self, market: Market) -> Disturbance | None:
        return None

    def on_push(self, market: Market, stream: str, message: bytes) -> tuple[tuple[int, bytes], ...]:
        return ((0, message),)


def test_an_unknown_path_is_not_found() -> None:
    answer = Client().get("/api/v3/nothing")
    assert (answer.status, answer.content_type) == (404, "text/html")
    assert b"404" in answer.body


def test_a_method_that_is_not_served_names_those_that_are() -> None:
    answer = Client().send("PATCH", "/fapi/v1/order")
    assert (answer.status, header(answer, "Allow")) == (405, "POST, PUT, GET, DELETE")


@pytest.mark.parametrize(
    "path", ["/sapi/v1/capital/withdraw/apply", "/sapi/v1/asset/transfer", "/dapi/v1/order", "/papi/v1/um/order"]
)
def test_what_moves_money_upstream_is_denied(path: str) -> None:
    assert refused(Client().signed("POST", path, asset="USDT")) == (
        403,
        -1002,
        "You are not authorized to execute this request.",
    )


def test_each_market_answers_in_its_own_content_type() -> None:
    assert Client().get("/api/v3/ping").content_type == "application/json;charset=UTF-8"
    assert Client().get("/fapi/v1/ping").content_type == "application/json"


# --- What goes wrong on purpose ------------------------------------------------------------------------------------


def test_trouble_is_asked_once_for_each_request_and_told_who_asks() -> None:
    trouble = Trouble(None)
    client = Client(trouble)
    client.get("/fapi/v1/depth", symbol="BTCUSDT")
    client.signed("POST", "/api/v3/order", **ORDER)
    assert trouble.calls == [
        Call(Market.USDM, "GET /fapi/v1/depth", None, False),
        Call(Market.SPOT, "POST /api/v3/order", "main", False),
    ]
    assert len(client.exchange.placed) == 1


def test_a_call_without_effect_is_not_carried_out() -> None:
    body = b'{"code":-1007,"msg":"Timeout."}'
    client = Client(Trouble(Disturbance(has_effect=False, status=503, body=body, headers=(("X-Test", "1"),))))
    answer = client.signed("POST", "/api/v3/order", **ORDER)
    assert (answer.status, answer.body, header(answer, "X-Test")) == (503, body, "1")
    assert client.exchange.placed == []
    assert client.allowances.of(Market.SPOT).used("127.0.0.1") == 0


def test_a_call_without_effect_and_without_words_of_its_own_is_answered_as_unknown() -> None:
    client = Client(Trouble(Disturbance(has_effect=False)))
    assert refused(client.signed("POST", "/api/v3/order", **ORDER))[:2] == (503, -1007)


def test_an_answer_is_replaced_after_the_effect() -> None:
    client = Client(Trouble(Disturbance(status=502, body=b"<html>", headers=(("Content-Type", "text/html"),))))
    answer = client.signed("POST", "/api/v3/order", **ORDER)
    assert (answer.status, answer.body, answer.content_type) == (502, b"<html>", "text/html")
    assert len(client.exchange.placed) == 1


@pytest.mark.parametrize(
    ("disturbance", "delivery"),
    [
        (Disturbance(delay_ms=70), Delivery(delay_ms=70)),
        (Disturbance(cut_bytes=3), Delivery(cut_bytes=3)),
        (Disturbance(is_dropped=True), Delivery(is_dropped=True)),
        (Disturbance(is_reset=True), Delivery(is_reset=True)),
        (Disturbance(bytes_per_s=9), Delivery(bytes_per_s=9)),
        (Disturbance(), None),
    ],
)
def test_a_disturbed_delivery_is_the_servers_to_carry_out(disturbance: Disturbance, delivery: Delivery | None) -> None:
    for answer in (
        Client(Trouble(disturbance)).get("/api/v3/time"),
        Client(Trouble(disturbance)).signed("POST", "/api/v3/order", **ORDER),
    ):
        assert answer.delivery == delivery
        assert answer.status == 200


def test_a_garbled_answer_has_its_length_and_not_its_bytes() -> None:
    answer = Client(Trouble(Disturbance(is_garbled=True))).get("/api/v3/time")
    right = Client().get("/api/v3/time").body
    assert len(answer.body) == len(right)
    assert answer.body != right
    assert garbled(answer.body) == right


def test_a_held_request_is_looked_at_afterwards() -> None:
    client = Client(Trouble(Disturbance(hold_ms=1)))
    waiting = client.site.answer(Request("GET", "/api/v3/ping", b"", {}, b"", client.peer))
    assert not isinstance(waiting, Response)
    assert client.allowances.of(Market.SPOT).used("127.0.0.1") == 0
    assert asyncio.run(finished(waiting)).body == b"{}"
    assert client.allowances.of(Market.SPOT).used("127.0.0.1") == 1
    assert told(client.signed("POST", "/api/v3/order", **ORDER))["status"] == "FILLED"


async def finished(waiting: Awaitable[Response]) -> Response:
    """Return what is awaited."""
    return await waiting


# --- The table -----------------------------------------------------------------------------------------------------


def test_every_endpoint_is_on_the_page_with_its_weight_and_no_other_is() -> None:
    rows = [
        line
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith(("| GET", "| POST", "| PUT", "| DELETE"))
    ]
    written = [tuple(cell.strip().strip("`") for cell in row.strip("|").split("|")[:4]) for row in rows]
    served = [
        (route.method, route.path, route.security.value, route.weight_text or str(route.weight)) for route in ROUTES
    ]
    assert sorted(written) == sorted(served)


def test_every_method_of_the_socket_api_is_on_the_page_and_no_other_is() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    served = [f"| `{name}` | both | the connection's own |" for name in OWN_METHODS] + [
        f"| `{name}` | {market.value} | {method} `{path}` |"
        for market, methods in METHODS.items()
        for name, (method, path) in methods.items()
    ]
    assert rows == served


def test_a_weight_that_depends_says_on_what() -> None:
    assert [route.path for route in ROUTES if not isinstance(route.weight, int) and not route.weight_text] == []
    assert sum(len(methods) for methods in BY_PATH.values()) == len(ROUTES)
