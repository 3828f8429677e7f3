"""Connections of a market: let in by path, spoken to by the rules, and ended by time, by hand or by too much talk."""

import asyncio
import json

import pytest

from interlock.gateway.binance.sockets import site
from interlock.gateway.binance.sockets.paths import Opening, parse_opening
from interlock.gateway.binance.sockets.site import MarketSockets
from interlock.ports.exchange.interference import Disturbance
from interlock.ports.exchange.words import Market
from tests.unit.gateway.binance.sockets.fakes import Scripted, dec, depth, quote_shown, traded
from tests.unit.gateway.binance.sockets.rows import ACCOUNT, filled
from tests.unit.gateway.binance.sockets.world import World

SPOT, USDM = Market.SPOT, Market.USDM


@pytest.mark.parametrize(
    ("market", "path", "query", "opening"),
    [
        (SPOT, "/ws", "", Opening()),
        (SPOT, "/ws/17", "", Opening()),
        (SPOT, "/ws/a@trade/b@depth", "", Opening(names=("a@trade", "b@depth"))),
        (SPOT, "/ws/%21ticker%40arr", "", Opening(names=("!ticker@arr",))),
        (SPOT, "/stream", "", Opening(is_combined=True)),
        (SPOT, "/stream", "streams=a@trade/b%40depth", Opening(is_combined=True, names=("a@trade", "b@depth"))),
        (SPOT, "/ws-api/v3", "", Opening(is_api=True)),
        (SPOT, "/ws-api/v3", "returnRateLimits=false", Opening(is_api=True, shows_limits=False)),
        (USDM, "/ws-fapi/v1", "", Opening(is_api=True)),
        (USDM, "/public/ws/3", "", Opening(route="public")),
        (USDM, "/market/stream", "streams=a@ticker", Opening(is_combined=True, names=("a@ticker",), route="market")),
        (USDM, "/private/ws", "listenKey=K", Opening(listen_key="K", route="private")),
        (USDM, "/ws", "listenKey=K", Opening(listen_key="K")),
        (SPOT, "/public/ws", "", None),
        (SPOT, "/ws-fapi/v1", "", None),
        (USDM, "/ws-api/v3", "", None),
        (USDM, "/public", "", None),
        (SPOT, "/", "", None),
        (SPOT, "/stream/more", "", None),
    ],
)
def test_a_path_asks_for_what_it_asks_for_upstream(
    market: Market, path: str, query: str, opening: Opening | None
) -> None:
    assert parse_opening(market, path, query.encode()) == opening


def test_a_place_that_is_not_served_is_not_found() -> None:
    assert World().refused("/nowhere").status == 404


def test_streams_of_the_path_are_heard_from_the_start() -> None:
    world = World()
    plain, wrapped = world.open("/ws/btcusdt@trade/btcusdt@bookTicker"), world.open("/stream", "streams=btcusdt@trade")
    world.exchange.show(SPOT, traded(1), quote_shown(2))
    world.exchange.show(USDM, traded(9))
    assert len(plain.heard()) == 2
    assert [each["stream"] for each in wrapped.heard()] == ["btcusdt@trade"]


def test_a_client_subscribes_lists_and_unsubscribes_on_the_way() -> None:
    world = World()
    client = world.open("/ws/0")
    assert client.asks("SUBSCRIBE", ["btcusdt@trade", "ethusdt@trade"], 7) == {"result": None, "id": 7}
    assert client.asks("LIST_SUBSCRIPTIONS", None, "x") == {"result": ["btcusdt@trade", "ethusdt@trade"], "id": "x"}
    assert client.asks("UNSUBSCRIBE", ["btcusdt@trade", "never@heard"]) == {"result": None, "id": 1}
    world.exchange.show(SPOT, traded(1), traded(2, "ETHUSDT"))
    assert [each["s"] for each in client.heard()] == ["ETHUSDT"]


def test_a_stream_asked_for_twice_is_heard_once() -> None:
    world = World()
    client = world.open("/ws/btcusdt@trade")
    client.asks("SUBSCRIBE", ["btcusdt@trade", "btcusdt@trade"])
    world.exchange.show(SPOT, traded(1))
    assert len(client.heard()) == 1


def test_the_combined_property_is_told_and_set() -> None:
    world = World()
    client = world.open("/ws/btcusdt@trade")
    assert client.asks("GET_PROPERTY", ["combined"])["result"] is False
    assert client.asks("SET_PROPERTY", ["combined", True])["result"] is None
    assert client.asks("GET_PROPERTY", ["combined"])["result"] is True
    world.exchange.show(SPOT, traded(1))
    assert [each["stream"] for each in client.heard()] == ["btcusdt@trade"]


def test_a_wrong_request_is_answered_and_the_connection_stays() -> None:
    world = World()
    client = world.open("/ws")
    client.say(b"{nonsense")
    assert client.channel.last()["error"]["code"] == 3
    assert client.asks("SUBSCRIBER", [], 3)["error"]["code"] == 2
    assert client.channel.is_open


def test_a_connection_hears_at_most_1024_streams() -> None:
    world = World()
    client = world.open("/ws")
    assert client.asks("SUBSCRIBE", [f"s{n}@trade" for n in range(1_024)])["result"] is None
    assert client.asks("SUBSCRIBE", ["s0@trade"])["result"] is None, "it is heard already"
    refused = client.asks("SUBSCRIBE", ["btcusdt@trade"], 9)
    assert (refused["error"], refused["id"]) == ({"code": 4, "msg": "Too many subscriptions"}, 9)
    world.exchange.show(SPOT, traded(1))
    assert client.heard() == []
    assert world.refused("/stream", "streams=" + "/".join(f"s{n}@trade" for n in range(1_025))).status == 400


@pytest.mark.parametrize(("market", "most"), [(SPOT, 5), (USDM, 10)])
def test_a_client_that_talks_too_much_is_shut_out(market: Market, most: int) -> None:
    world = World(market)
    client = world.open("/ws")
    for _ in range(2):
        for _ in range(most):
            client.asks("LIST_SUBSCRIPTIONS")
        assert client.channel.is_open
        world.exchange.at_ms += 1_000
    for _ in range(most + 1):
        client.say({"method": "LIST_SUBSCRIPTIONS", "id": 1})
    assert len(client.heard()) == most
    assert client.channel.closed_with == (1008, "Too many requests")


def test_a_connection_lasts_a_day_and_is_told_before_it_ends() -> None:
    world = World(life_s=100)
    first, api = world.open("/ws/btcusdt@trade"), world.api()
    world.wait(60_000)
    second = world.open("/stream", "streams=btcusdt@trade")
    world.wait(39_999)
    assert first.channel.is_open
    world.wait(1)
    assert first.heard() == [{"e": "serverShutdown", "E": world.exchange.at_ms}]
    assert api.heard() == [{"event": {"e": "serverShutdown", "E": world.exchange.at_ms}}]
    assert first.channel.closed_with == api.channel.closed_with == (1001, "")
    assert second.channel.is_open
    world.wait(60_000)
    assert second.heard() == [{"stream": "!serverShutdown", "data": {"e": "serverShutdown", "E": world.exchange.at_ms}}]


def test_a_shutdown_tells_everybody_and_a_reset_nobody() -> None:
    world = World()
    clients = [world.open("/ws"), world.api()]
    world.sockets.abort_all()
    assert [client.heard() for client in clients] == [[], []]
    assert all(client.channel.is_aborted for client in clients)
    world = World()
    clients = [world.open("/ws"), world.api()]
    world.sockets.close_all()
    assert [len(client.heard()) for client in clients] == [1, 1]
    assert all(client.channel.closed_with for client in clients)


def test_who_left_is_forgotten() -> None:
    world = World()
    client, api = world.open("/ws/btcusdt@trade"), world.api()
    assert world.sockets.connections == 2
    client.leaves()
    api.leaves()
    assert world.sockets.connections == 0
    world.exchange.show(SPOT, traded(1))
    assert client.heard() == []


def test_the_running_loop_keeps_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    turned: list[int] = []
    real = MarketSockets.advance

    def counted(sockets: MarketSockets, now_ns: int) -> None:
        turned.append(now_ns)
        real(sockets, now_ns)

    async def run() -> None:
        world.sockets.start()
        while len(turned) < 3:
            await asyncio.sleep(0)
        world.sockets.stop()

    monkeypatch.setattr(site, "TICK_S", 0)
    monkeypatch.setattr(MarketSockets, "advance", counted)
    asyncio.run(run())
    assert turned == sorted(turned)


def test_any_streams_messages_are_json() -> None:
    world = World(USDM)
    client = world.open("/stream", "streams=btcusdt@trade/btcusdt@aggTrade/btcusdt@bookTicker")
    world.exchange.show(USDM, traded(1), quote_shown(2))
    assert [json.loads(text)["data"]["s"] for text in client.channel.texts] == ["BTCUSDT"] * 3


# --- Routes of futures' streams ------------------------------------------------------------------------------------

STREAMS = ["btcusdt@depth@0ms", "btcusdt@bookTicker", "btcusdt@trade", "btcusdt@aggTrade"]


def _hears(world: World, path: str) -> list[str]:
    """Return the kinds of events a connection hears that asks for every stream."""
    key = world.listen_keys.create(USDM, ACCOUNT)
    client = world.open(path)
    assert client.asks("SUBSCRIBE", [*STREAMS, key])["result"] is None
    assert client.asks("LIST_SUBSCRIPTIONS")["result"] == [*STREAMS, key]
    world.exchange.show(USDM, depth(1, 2, 0, [(dec("1"), dec("2"))]), quote_shown(3), traded(4))
    world.exchange.tell(filled(USDM))
    return [each["e"] for each in client.heard()]


@pytest.mark.parametrize(
    ("path", "events"),
    [
        ("/public/ws", ["depthUpdate", "bookTicker", "trade"]),
        ("/market/ws", ["aggTrade"]),
        ("/private/ws", ["TRADE_LITE", "ORDER_TRADE_UPDATE"]),
        ("/ws", ["depthUpdate", "bookTicker", "trade", "aggTrade", "TRADE_LITE", "ORDER_TRADE_UPDATE"]),
    ],
)
def test_a_route_tells_its_own_streams_and_is_silent_about_the_others(path: str, events: list[str]) -> None:
    assert _hears(World(USDM), path) == events


def test_a_stream_of_another_route_stays_silent_when_the_wrapping_changes() -> None:
    world = World(USDM)
    client = world.open("/market/ws/btcusdt@bookTicker")
    client.asks("SET_PROPERTY", ["combined", True])
    world.exchange.show(USDM, quote_shown(3))
    assert client.heard() == []


# --- Disconnected on purpose ---------------------------------------------------------------------------------------


def test_connections_are_reset_by_the_name_of_a_stream_they_hear() -> None:
    world = World(USDM)
    key = world.listen_keys.create(USDM, ACCOUNT)
    quotes, user = world.open("/ws/btcusdt@bookTicker"), world.open(f"/ws/{key}")
    world.sockets.disconnect("btcusdt@*")
    assert (quotes.channel.is_aborted, user.channel.is_aborted) == (True, False)
    world.sockets.disconnect("user")
    assert user.channel.is_aborted
    everything = world.open("/ws")
    world.sockets.disconnect("*")
    assert not everything.channel.is_aborted, "it hears nothing"
    world.sockets.disconnect(None)
    assert everything.channel.is_aborted


def test_the_socket_api_is_reset_as_a_user_stream_only_where_it_is_one() -> None:
    world = World()
    asking, hearing = world.api(), world.api()
    hearing.asks("userDataStream.subscribe.signature", world.signed())
    world.sockets.disconnect("user")
    assert (asking.channel.is_aborted, hearing.channel.is_aborted) == (False, True)


@pytest.mark.parametrize("path", ["/ws", "/ws-api/v3"])
def test_an_interference_keeps_new_sockets_out_in_its_own_words(path: str) -> None:
    scripted = Scripted()
    world = World(interference=scripted)
    scripted.refusal = Disturbance(has_effect=False, status=418, body=b"{}", headers=(("Retry-After", "9"),))
    answer = world.refused(path)
    assert (answer.status, answer.body, answer.headers) == (418, b"{}", (("Retry-After", "9"),))
    scripted.refusal = None
    world.open(path)
