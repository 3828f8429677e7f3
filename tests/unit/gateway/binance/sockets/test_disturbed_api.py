"""What may go wrong on purpose with a request over the WebSocket API, and what goes wrong by itself."""

import asyncio
from typing import Any

import pytest

from interlock.ports.exchange.interference import Call, Disturbance
from interlock.ports.exchange.refusals import ExchangeError, NoAnswer
from interlock.ports.exchange.words import Market
from tests.unit.gateway.binance.sockets.fakes import Scripted
from tests.unit.gateway.binance.sockets.rows import ACCOUNT
from tests.unit.gateway.binance.sockets.test_api import LIMIT
from tests.unit.gateway.binance.sockets.world import Client, World


def _placed(disturbance: Disturbance | None) -> tuple[World, Client, Scripted]:
    scripted = Scripted()
    world = World(interference=scripted)
    client = world.api()
    scripted.disturbance = disturbance

    async def run() -> None:
        client.say({"id": 1, "method": "order.place", "params": world.signed(LIMIT)})
        for _ in range(10):
            await asyncio.sleep(0)

    asyncio.run(run())
    return world, client, scripted


def test_a_request_is_named_with_its_account() -> None:
    _, client, scripted = _placed(None)
    assert scripted.calls == [Call(Market.SPOT, "order.place", ACCOUNT, True)]
    assert client.channel.last()["status"] == 200


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (503, b'{"timestamp":1,"path":"order.place","msg":"Unknown error."}', {"code": -1000, "msg": "Unknown error."}),
        (418, b'{"code":-1003,"msg":"Way too much."}', {"code": -1003, "msg": "Way too much."}),
        (502, b"<html></html>", {"code": -1000, "msg": "An unknown error occurred while processing the request."}),
    ],
)
def test_an_error_put_in_place_of_an_answer_has_a_code_and_a_text(
    status: int, body: bytes, error: dict[str, Any]
) -> None:
    _, client, _ = _placed(Disturbance(status=status, body=body))
    answer = client.channel.last()
    assert (answer["status"], answer["error"]) == (status, error)


def test_a_late_answer_comes_late_and_whole() -> None:
    world, client, _ = _placed(Disturbance(delay_ms=250))
    assert len(world.exchange.orders) == 1
    assert client.heard() == []
    assert world.later.waiting[0][0] == 0.25
    world.later.run()
    assert client.channel.last()["status"] == 200


def test_a_held_request_is_looked_at_when_it_is_let_go() -> None:
    scripted = Scripted()
    world = World(interference=scripted)
    client = world.api()
    scripted.disturbance = Disturbance(hold_ms=500)

    async def run() -> None:
        client.say({"id": 1, "method": "order.place", "params": world.signed(LIMIT)})
        assert client.heard() == []
        assert world.later.waiting[0][0] == 0.5
        world.exchange.at_ms += 6_000
        world.later.run()

    asyncio.run(run())
    assert client.channel.last()["error"]["code"] == -1021
    assert world.exchange.orders == []


def test_a_request_that_is_not_carried_out_is_answered_as_unknown() -> None:
    world, client, _ = _placed(Disturbance(has_effect=False))
    assert client.channel.last()["error"]["code"] == -1007
    assert world.exchange.orders == []


def test_a_slow_answer_takes_as_long_as_its_bytes() -> None:
    world, client, _ = _placed(Disturbance(bytes_per_s=100))
    assert client.heard() == []
    assert world.later.waiting[0][0] > 1


@pytest.mark.parametrize("has_effect", [True, False])
def test_an_answer_is_replaced_before_or_after_the_effect(has_effect: bool) -> None:
    body = b'{"code":-1007,"msg":"Timeout"}'
    world, client, _ = _placed(Disturbance(has_effect=has_effect, status=503, body=body))
    assert len(world.exchange.orders) == has_effect
    assert client.channel.last() == {"id": 1, "status": 503, "error": {"code": -1007, "msg": "Timeout"}}


@pytest.mark.parametrize("has_effect", [True, False])
def test_an_answer_is_dropped_before_or_after_the_effect(has_effect: bool) -> None:
    world, client, _ = _placed(Disturbance(has_effect=has_effect, is_dropped=True))
    assert len(world.exchange.orders) == has_effect
    assert client.heard() == []
    assert client.channel.is_open


@pytest.mark.parametrize("has_effect", [True, False])
def test_a_connection_is_reset_before_or_after_the_effect(has_effect: bool) -> None:
    world, client, _ = _placed(Disturbance(has_effect=has_effect, is_reset=True))
    assert len(world.exchange.orders) == has_effect
    assert client.channel.is_aborted


def test_an_answer_is_cut_short_and_the_connection_reset() -> None:
    _, client, _ = _placed(Disturbance(cut_bytes=20))
    assert [len(text) for text in client.channel.texts] == [20]
    assert client.channel.is_aborted


def test_a_garbled_answer_is_as_long_and_no_answer() -> None:
    _, whole, _ = _placed(None)
    _, client, _ = _placed(Disturbance(is_garbled=True))
    assert len(client.channel.texts[0]) == len(whole.channel.texts[0])
    with pytest.raises(ValueError, match=r"line 1 column"):
        client.heard()


# --- By itself -----------------------------------------------------------------------------------------------------


def _failing(error: Exception) -> tuple[Client, list[dict[str, Any]]]:
    world = World()
    client = world.api()
    world.exchange.fails_with = error
    reported: list[dict[str, Any]] = []

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
        client.say({"id": 1, "method": "order.place", "params": world.signed(LIMIT)})
        for _ in range(10):
            await asyncio.sleep(0)

    asyncio.run(run())
    return client, reported


def test_what_the_exchange_refuses_is_refused_in_its_words() -> None:
    client, reported = _failing(ExchangeError(-2010, "Account has insufficient balance.", data={"a": 1}))
    answer = client.channel.last()
    assert answer["status"] == 400
    assert answer["error"] == {"code": -2010, "msg": "Account has insufficient balance.", "data": {"a": 1}}
    assert reported == []


@pytest.mark.parametrize("is_reset", [True, False])
def test_where_there_is_no_answer_none_is_made_up(is_reset: bool) -> None:
    client, _ = _failing(NoAnswer(is_reset))
    assert client.heard() == []
    assert client.channel.is_aborted == is_reset


def test_a_defect_is_reported_and_the_client_is_not_left_waiting() -> None:
    defect = RuntimeError("a defect")
    client, reported = _failing(defect)
    assert (client.channel.last()["status"], [each["exception"] for each in reported]) == (500, [defect])
