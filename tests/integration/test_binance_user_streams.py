"""Accounts' streams against a real WebSocket server: whatever ends a stream is told, and another one is had."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Awaitable, Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from interlock.messages.observations import AcceptReported, FillReported
from interlock.units.time import NS_PER_S
from interlock.venues.binance.signing import Ed25519Signer, HmacSigner, Signer
from interlock.venues.binance.streams.account import AccountSurroundings, is_of_our_making
from interlock.venues.binance.streams.facts import ConnectFailed, FrameUnreadable, ReadTrouble, StreamBack, StreamLost
from interlock.venues.binance.streams.reads import NotRead
from interlock.venues.binance.streams.socket import SocketBounds
from interlock.venues.binance.streams.spot_user_stream import SpotUserStream, Way
from interlock.venues.binance.streams.states.listen_key import RENEW_NS, RETRY_NS
from interlock.venues.binance.streams.states.user_intake import EventRepeated
from interlock.venues.binance.streams.user_stream import FuturesUserStream
from tests.integration.scripted_venue import START_NS, Hands, ScriptedReads, ScriptedVenue, Told, running
from tests.unit.venues.binance.streams.user_frames import futures_order, spot_order

OVERLAP_S, RETRY_S, RENEW_S, ROTATION_S = 7.0, RETRY_NS / 1e9, RENEW_NS / 1e9, (80_000.0, 90_000.0)
BOUNDS = SocketBounds(open_ms=5_000, close_ms=500, overlap_ms=7_000)
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PEM = PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
NOW_MS = 1_700_000_000_123


class _Bench:
    def __init__(self) -> None:
        self.venue, self.reads, self.told = ScriptedVenue(), ScriptedReads(), Told()
        self.hands = Hands(OVERLAP_S)
        self.keys = 0
        self.reads.answers["POST listenKey"] = self._make_key
        self.around = AccountSurroundings(
            reads=self.reads,
            clock=self.hands,
            draw=lambda: 0.5,
            sleep=self.hands.sleep,
            tell=self.told.take,
            rate=lambda asset: None,
            is_ours=is_of_our_making,
        )

    def futures(self) -> Callable[[], Awaitable[None]]:
        return lambda: FuturesUserStream(self.venue.endpoints, self.around, BOUNDS).run()

    def spot(self, signer: Signer, way: Way) -> Callable[[], Awaitable[None]]:
        self.venue.reply = self._api_reply
        return lambda: SpotUserStream(self.venue.endpoints, signer, way, lambda: NOW_MS, self.around, BOUNDS).run()

    def _make_key(self) -> bytes:
        self.keys += 1
        return json.dumps({"listenKey": f"key{self.keys}"}).encode()

    def _api_reply(self, asked: dict[str, object]) -> object:
        return {"id": asked["id"], "status": 200, "result": {"subscriptionId": 0}}


def _fill(trade_id: int) -> dict[str, object]:
    return futures_order("TRADE", "PARTIALLY_FILLED", t=trade_id, l="0.001", z="0.005", L="60000")


def _run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(30):
            await test()

    asyncio.run(bounded())


def test_a_futures_account_is_heard_by_its_key_and_a_cut_asks_the_core_to_ask() -> None:
    bench = _Bench()

    async def test() -> None:
        async with running(bench.venue, bench.futures()):
            assert (await bench.told.until(StreamBack)).lost_at_ns is None
            await bench.venue.tell(1, _fill(1))
            assert (await bench.told.until(FillReported)).trade_id == "1"
            await (await bench.venue.connected(1)).close(1001)
            lost = await bench.told.until(StreamLost)
            assert START_NS < (await bench.told.until(StreamBack, 2)).lost_at_ns <= lost.at_ns
            await bench.venue.tell(2, _fill(1), _fill(2))  # the first once more: heard before the cut
            assert (await bench.told.until(FillReported, 2)).trade_id == "2"
            assert len(bench.told.of(EventRepeated)) == 1
        assert bench.venue.paths == ["/private/ws?listenKey=key1", "/private/ws?listenKey=key2"]

    _run(test)


def test_a_rotation_of_an_accounts_stream_tells_every_event_once() -> None:
    bench = _Bench()

    async def test() -> None:
        async with running(bench.venue, bench.futures()):
            await bench.told.until(StreamBack)
            await bench.hands.let_go(*ROTATION_S)
            await bench.venue.connected(2)
            await bench.venue.tell(1, _fill(1), _fill(2))
            await bench.told.until(FillReported, 2)
            await bench.venue.tell(2, _fill(1), _fill(2), _fill(3))
            await bench.told.until(FillReported, 3)
            await bench.hands.let_go(OVERLAP_S)
            await (await bench.venue.connected(1)).wait_closed()
            await bench.venue.tell(2, _fill(4))
            await bench.told.until(FillReported, 4)
            assert [each.trade_id for each in bench.told.of(FillReported)] == ["1", "2", "3", "4"]
            assert bench.told.of(StreamLost) == bench.told.of(EventRepeated) == []

    _run(test)


def test_a_key_is_renewed_every_half_hour_and_a_failed_renewal_is_tried_again() -> None:
    bench = _Bench()
    answers: list[bytes | NotRead] = [b"{}", NotRead("status 503"), b'{"listenKey":"key1"}']
    bench.reads.answers["PUT listenKey"] = lambda: answers.pop()

    async def test() -> None:
        async with running(bench.venue, bench.futures()):
            await bench.told.until(StreamBack)
            await bench.hands.let_go(RENEW_S - 1, RENEW_S)
            await bench.hands.let_go(RENEW_S - 1, RENEW_S)
            assert (await bench.told.until(ReadTrouble)).why == "status 503"
            await bench.hands.let_go(RETRY_S - 1, RETRY_S)
            while answers:
                await asyncio.sleep(0)
            assert len(bench.venue.connections) == 1

    _run(test)


@pytest.mark.parametrize("ending", ["told", "refused"])
def test_a_key_that_is_no_more_is_made_anew_with_its_connection(ending: str) -> None:
    bench = _Bench()
    bench.reads.answers["PUT listenKey"] = lambda: NotRead("no such key", -1125)

    async def test() -> None:
        async with running(bench.venue, bench.futures()):
            await bench.told.until(StreamBack)
            if ending == "told":
                await bench.venue.tell(1, {"e": "listenKeyExpired", "E": 1, "listenKey": "another"})
                await bench.venue.tell(1, {"e": "listenKeyExpired", "E": 1, "listenKey": "key1"})
            else:
                await bench.hands.let_go(RENEW_S - 1, RENEW_S)
            await bench.told.until(StreamBack, 2)
            assert bench.venue.paths[-1] == "/private/ws?listenKey=key2"
            assert len(bench.venue.connections) == 2
            await bench.venue.tell(2, _fill(7))
            await bench.told.until(FillReported)

    _run(test)


def test_a_key_that_cannot_be_had_or_is_no_key_opens_no_connection() -> None:
    bench = _Bench()
    bad: list[bytes | NotRead] = [b'{"listenKey":"a/../b?"}', b"{}", b"no", NotRead("status 503")]
    good = bench.reads.answers["POST listenKey"]
    bench.reads.answers["POST listenKey"] = lambda: bad.pop() if bad else good()

    async def test() -> None:
        async with running(bench.venue, bench.futures()):
            await bench.told.until(StreamBack)
            assert len(bench.told.of(ConnectFailed)) == 4
            assert bench.venue.paths == ["/private/ws?listenKey=key1"]

    _run(test)


def test_a_spot_account_is_subscribed_to_with_a_signature_over_the_sorted_parameters() -> None:
    bench, signer = _Bench(), HmacSigner("KEY", "SECRET")

    async def test() -> None:
        async with running(bench.venue, bench.spot(signer, Way.SIGNATURE)):
            await bench.told.until(StreamBack)
            asked = await bench.venue.said(1)
            assert asked["method"] == "userDataStream.subscribe.signature"
            expected = signer.sign(b"apiKey=KEY&timestamp=1700000000123").decode()
            assert asked["params"] == {"apiKey": "KEY", "timestamp": NOW_MS, "signature": expected}
            await bench.venue.tell(1, {"subscriptionId": 0, "event": spot_order("NEW", "NEW")})
            assert (await bench.told.until(AcceptReported)).order_id == "il1-3-0"
        assert bench.venue.paths[0].startswith("/ws-api/v3")

    _run(test)


def test_a_session_is_logged_on_to_with_a_private_key_before_it_is_subscribed_to() -> None:
    bench = _Bench()

    async def test() -> None:
        async with running(bench.venue, bench.spot(Ed25519Signer("KEY", PEM), Way.SESSION)):
            await bench.told.until(StreamBack)
            logon, subscribe = await bench.venue.said(1), await bench.venue.said(2)
            assert (logon["method"], subscribe["method"]) == ("session.logon", "userDataStream.subscribe")
            proof = PRIVATE.sign(b"apiKey=KEY&timestamp=1700000000123")
            assert logon["params"]["signature"] == b64encode(proof).decode()

    _run(test)


def test_a_refused_subscription_is_told_and_tried_again_and_no_event_is_thought_to_be_heard() -> None:
    bench, refusals = _Bench(), [-1021, -1022]

    async def test() -> None:
        run = bench.spot(HmacSigner("KEY", "SECRET"), Way.SIGNATURE)
        done = bench.venue.reply

        def reply(asked: dict[str, object]) -> object:
            if not refusals:
                return done(asked) if done is not None else None
            return {"id": asked["id"], "status": 400, "error": {"code": refusals.pop(), "msg": "no"}}

        bench.venue.reply = reply
        async with running(bench.venue, run):
            await bench.told.until(StreamBack)
            assert [type(each) for each in bench.told.all] == [ConnectFailed, ConnectFailed, StreamBack]
            assert "-1022 no" in bench.told.all[0].why

    _run(test)


def test_a_terminated_or_unreadable_stream_of_events_is_not_taken_for_silence() -> None:
    bench = _Bench()

    async def test() -> None:
        async with running(bench.venue, bench.spot(HmacSigner("KEY", "SECRET"), Way.SIGNATURE)):
            await bench.told.until(StreamBack)
            await bench.venue.tell(1, {"subscriptionId": 0, "event": spot_order("TRADE", "NEW_STATE")})
            assert "NEW_STATE" in (await bench.told.until(FrameUnreadable)).what
            await bench.venue.tell(1, {"subscriptionId": 0, "event": {"e": "eventStreamTerminated", "E": 1}})
            lost = await bench.told.until(StreamLost)
            assert START_NS < (await bench.told.until(StreamBack, 2)).lost_at_ns <= lost.at_ns

    _run(test)


def test_a_dead_connection_was_lost_from_its_last_sign_of_life_not_from_when_that_was_noticed() -> None:
    bench = _Bench()

    async def test() -> None:
        async with running(bench.venue, bench.futures()):
            await bench.told.until(StreamBack)
            connection = await bench.venue.connected(1)
            bench.hands.at_ns += 10 * NS_PER_S
            await (await connection.ping())
            bench.hands.at_ns += 30 * NS_PER_S
            connection.transport.abort()
            lost = await bench.told.until(StreamLost)
            back = await bench.told.until(StreamBack, 2)
            assert lost.at_ns >= START_NS + 40 * NS_PER_S
            assert START_NS + 10 * NS_PER_S < back.lost_at_ns < START_NS + 11 * NS_PER_S

    _run(test)


def test_the_end_of_an_old_connections_events_leaves_the_one_that_replaced_it_alone() -> None:
    bench = _Bench()

    async def test() -> None:
        async with running(bench.venue, bench.spot(HmacSigner("KEY", "SECRET"), Way.SIGNATURE)):
            await bench.told.until(StreamBack)
            await bench.hands.let_go(*ROTATION_S)
            await bench.venue.said(2)
            await bench.venue.tell(2, {"subscriptionId": 0, "event": spot_order("NEW", "NEW")})
            await bench.told.until(AcceptReported)
            await bench.venue.tell(1, {"subscriptionId": 0, "event": {"e": "eventStreamTerminated", "E": 1}})
            await (await bench.venue.connected(1)).wait_closed()
            await bench.venue.tell(2, {"subscriptionId": 0, "event": spot_order("NEW", "NEW", c="il1-4-0")})
            await bench.told.until(AcceptReported, 2)
            assert len(bench.venue.connections) == 2
            assert bench.told.of(StreamLost) == []

    _run(test)


@pytest.mark.parametrize("is_same_key", [True, False])
def test_a_key_that_ends_takes_all_connections_that_it_opened_and_no_other(is_same_key: bool) -> None:
    bench = _Bench()
    made = bench.reads.answers["POST listenKey"]
    if is_same_key:
        bench.reads.answers["POST listenKey"] = lambda: b'{"listenKey":"key1"}'

    async def test() -> None:
        async with running(bench.venue, bench.futures()):
            await bench.told.until(StreamBack)
            await bench.hands.let_go(*ROTATION_S)
            await bench.venue.tell(2, _fill(1))
            await bench.told.until(FillReported)
            bench.reads.answers["POST listenKey"] = made
            await bench.venue.tell(1, {"e": "listenKeyExpired", "E": 1, "listenKey": "key1"})
            await (await bench.venue.connected(1)).wait_closed()
            if is_same_key:
                await bench.told.until(StreamLost)
                await bench.told.until(StreamBack, 2)
                assert len(bench.venue.connections) == 3
            else:
                await bench.venue.tell(2, _fill(2))
                await bench.told.until(FillReported, 2)
                assert bench.told.of(StreamLost) == []
                assert len(bench.venue.connections) == 2

    _run(test)
