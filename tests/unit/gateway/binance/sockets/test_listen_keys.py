"""Listen keys: one an account, good for an hour, and those who listen under one that ended are cut off."""

from interlock.gateway.binance.sockets.users.listen_keys import LIFE_MS, Ended, ListenKeys, random_key
from interlock.ports.exchange.words import Market
from tests.unit.gateway.binance.sockets.rows import ACCOUNT, filled
from tests.unit.gateway.binance.sockets.world import World

SPOT, USDM = Market.SPOT, Market.USDM


class Clock:
    def __init__(self) -> None:
        self.at_ms = 1_000

    def __call__(self) -> int:
        return self.at_ms


def _keys(clock: Clock) -> tuple[ListenKeys, list[Ended]]:
    keys, ended = ListenKeys(clock, iter("KLMN").__next__), list[Ended]()
    keys.on_end(ended.append)
    return keys, ended


def test_an_account_has_the_same_key_while_it_is_good_and_each_market_its_own() -> None:
    keys, _ = _keys(Clock())
    assert keys.create(USDM, "alice") == keys.create(USDM, "alice") == "K"
    assert keys.create(SPOT, "alice") == "L"
    assert keys.create(USDM, "bob") == "M"
    assert (keys.account_of(USDM, "K"), keys.account_of(SPOT, "K"), keys.account_of(USDM, "X")) == ("alice", None, None)


def test_a_key_ends_after_an_hour_unless_it_is_kept_alive() -> None:
    clock = Clock()
    keys, ended = _keys(clock)
    key = keys.create(USDM, "alice")
    clock.at_ms += LIFE_MS - 1
    assert keys.keep_alive(USDM, "alice")
    clock.at_ms += LIFE_MS - 1
    keys.advance()
    assert (keys.account_of(USDM, key), ended) == ("alice", [])
    clock.at_ms += 1
    assert keys.account_of(USDM, key) is None
    keys.advance()
    assert ended == [Ended(key, USDM, "alice", True)]
    assert not keys.keep_alive(USDM, "alice")
    assert keys.create(USDM, "alice") != key


def test_only_the_accounts_own_key_is_kept_or_closed() -> None:
    keys, ended = _keys(Clock())
    key = keys.create(USDM, "alice")
    assert not keys.keep_alive(USDM, "bob", key)
    assert not keys.close(USDM, "bob", key)
    assert not keys.keep_alive(USDM, "alice", "another")
    assert not keys.close(USDM, "alice", "another")
    assert not keys.close(SPOT, "alice", key)
    assert keys.close(USDM, "alice", key)
    assert ended == [Ended(key, USDM, "alice", False)]
    assert not keys.close(USDM, "alice")


def test_keys_expire_by_hand_for_one_account_or_for_all() -> None:
    keys, ended = _keys(Clock())
    for account in ("alice", "bob", "carol"):
        keys.create(USDM, account)
    assert keys.expire("bob") == 1
    assert [each.account for each in ended] == ["bob"]
    assert keys.expire(market=SPOT) == 0
    assert keys.expire() == 2
    assert all(each.has_expired for each in ended)


def test_a_key_cannot_be_guessed() -> None:
    made = {random_key() for _ in range(100)}
    assert len(made) == 100
    assert all(len(key) == 64 and key.isalnum() for key in made)


# --- Those who listen ----------------------------------------------------------------------------------------------


def test_every_way_to_listen_hears_the_account() -> None:
    world = World(USDM)
    key = world.listen_keys.create(USDM, ACCOUNT)
    plain = [
        world.open("/private/ws", f"listenKey={key}"),
        world.open("/ws", f"listenKey={key}"),
        world.open(f"/ws/{key}"),
        world.open(f"/private/ws/{key}"),
    ]
    wrapped = [world.open("/private/stream", f"listenKey={key}"), world.open("/stream", f"streams=btcusdt@trade/{key}")]
    late = world.open("/ws/0")
    late.asks("SUBSCRIBE", [key])
    world.exchange.tell(filled(USDM))
    for client in (*plain, late):
        assert [each["e"] for each in client.heard()] == ["TRADE_LITE", "ORDER_TRADE_UPDATE"]
    for client in wrapped:
        assert [(each["stream"], each["data"]["e"]) for each in client.heard()] == [
            (key, "TRADE_LITE"),
            (key, "ORDER_TRADE_UPDATE"),
        ]


def test_the_other_markets_events_are_not_heard() -> None:
    world = World(USDM)
    client = world.open("/ws/" + world.listen_keys.create(USDM, ACCOUNT))
    world.exchange.tell(filled(SPOT))
    assert client.heard() == []


def test_spots_old_listen_keys_still_work() -> None:
    world = World(SPOT)
    client = world.open("/ws/" + world.listen_keys.create(SPOT, ACCOUNT))
    world.exchange.tell(filled(SPOT))
    assert [each["e"] for each in client.heard()] == ["executionReport"]


def test_a_listener_is_told_when_its_key_ran_out_and_is_disconnected() -> None:
    world = World(USDM)
    key = world.listen_keys.create(USDM, ACCOUNT)
    only, wrapped, also = world.open("/ws/" + key), world.open("/stream", f"streams={key}"), world.open("/ws/" + key)
    also.asks("SUBSCRIBE", ["btcusdt@trade"])
    world.wait(LIFE_MS)
    told = {"e": "listenKeyExpired", "E": str(world.exchange.at_ms), "listenKey": key}
    assert (only.heard(), also.heard()) == ([told], [told])
    assert wrapped.heard() == [{"stream": key, "data": told}]
    assert only.channel.closed_with == wrapped.channel.closed_with == (1000, "")
    assert also.channel.is_open, "it hears a market as well"
    world.exchange.tell(filled(USDM))
    assert also.heard() == []


def test_a_listener_is_cut_off_without_a_word_when_the_key_is_closed() -> None:
    world = World(USDM)
    client = world.open("/ws/" + world.listen_keys.create(USDM, ACCOUNT))
    world.listen_keys.close(USDM, ACCOUNT)
    assert client.heard() == []
    assert client.channel.closed_with is not None


def test_a_key_that_is_none_is_refused_where_one_is_named_and_silent_where_it_looks_like_a_stream() -> None:
    world = World(USDM)
    answer = world.refused("/private/ws", "listenKey=stale")
    assert (answer.status, b"-1125" in answer.body) == (400, True)
    client = world.open("/ws/stale")
    world.exchange.tell(filled(USDM))
    assert client.heard() == []
    assert client.channel.is_open


def test_who_unsubscribed_or_left_hears_no_more_events() -> None:
    world = World(USDM)
    key = world.listen_keys.create(USDM, ACCOUNT)
    stays, left = world.open("/ws/" + key), world.open("/ws/" + key)
    stays.asks("UNSUBSCRIBE", [key])
    left.leaves()
    world.exchange.tell(filled(USDM))
    assert (stays.heard(), left.heard()) == ([], [])


def test_the_wrapping_of_events_follows_the_connections_property() -> None:
    world = World(USDM)
    key = world.listen_keys.create(USDM, ACCOUNT)
    client = world.open("/ws/" + key)
    client.asks("SET_PROPERTY", ["combined", True])
    world.exchange.tell(filled(USDM))
    assert [each["stream"] for each in client.heard()] == [key, key]
