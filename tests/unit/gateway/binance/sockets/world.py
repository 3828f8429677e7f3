"""A market's sockets over a fake exchange, with keys, clock and clients."""

import asyncio
import hashlib
import hmac
import json
from base64 import b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from interlock.gateway.binance.client_ids import ClientIds
from interlock.gateway.binance.desk import Desk
from interlock.gateway.binance.keys.table import ApiKey, KeyTable
from interlock.gateway.binance.limits.allowances import Allowances, MarketLimits, OrderLimit
from interlock.gateway.binance.sockets.api.door import ApiDoor
from interlock.gateway.binance.sockets.site import MarketSockets
from interlock.gateway.binance.sockets.users.listen_keys import ListenKeys
from interlock.gateway.server.messages import Response, Session
from interlock.ports.exchange.words import Market
from tests.unit.gateway.binance.sockets.fakes import FakeExchange, FakeLater, RecordingChannel, Scripted, request
from tests.unit.gateway.binance.sockets.rows import ACCOUNT

SECRET = b"a secret of the tests"
HMAC_KEY = "hmackeyofalice"
ED_KEY = "edkeyofalice"
READ_KEY = "readkeyofalice"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LIMITS = {market: MarketLimits(100, (OrderLimit(1_000, 10, 3), OrderLimit(86_400_000, 1, 200))) for market in Market}


class Client:
    """One connection: what the client says on it, and what it hears."""

    def __init__(self, session: Session, channel: RecordingChannel) -> None:
        self.session = session
        self.channel = channel

    def say(self, body: object) -> None:
        self.session.received(body if isinstance(body, bytes) else json.dumps(body).encode())

    def asks(self, method: str, params: object = None, asked_id: object = 1) -> dict[str, Any]:
        """Ask, and return the answer, which has to be there at once."""
        self.say({"id": asked_id, "method": method, **({} if params is None else {"params": params})})
        return self.channel.last()

    async def waits(self, method: str, params: object = None, asked_id: object = 1) -> dict[str, Any]:
        """Ask, and return the answer, which may take some turns of the loop."""
        self.say({"id": asked_id, "method": method, **({} if params is None else {"params": params})})
        for _ in range(10):
            await asyncio.sleep(0)
        return self.channel.last()

    def heard(self) -> list[dict[str, Any]]:
        return self.channel.said()

    def leaves(self) -> None:
        self.session.closed()


class World:
    """All of it. `open` connects; `wait` lets time pass on both clocks."""

    def __init__(
        self, market: Market = Market.SPOT, interference: Scripted | None = None, life_s: int = 86_400
    ) -> None:
        self.exchange = FakeExchange()
        self.market = market
        self.later = FakeLater()
        self.listen_keys = ListenKeys(self.exchange.now_ms, iter("KLMNOP").__next__)
        exchange = self.exchange.whole()
        allowances = Allowances(exchange.now_ms, LIMITS)
        self.desk = Desk(exchange, self.listen_keys, allowances, ClientIds(b"seed"))
        self.keys = KeyTable(
            [
                ApiKey(key=HMAC_KEY, account=ACCOUNT, secret=SECRET),
                ApiKey(key=ED_KEY, account=ACCOUNT, secret=PRIVATE.public_key()),
                ApiKey(key=READ_KEY, account=ACCOUNT, secret=SECRET, may_trade=False),
            ]
        )
        door = ApiDoor(market, self.desk, self.keys, interference=interference, later=self.later)
        self.sockets = MarketSockets(
            market, exchange, self.listen_keys, door, interference=interference, later=self.later, life_s=life_s
        )
        self.at_ns = 5_000_000_000
        self.sockets.advance(self.at_ns)

    def open(self, path: str, query: str = "", headers: dict[str, str] | None = None) -> Client:
        channel = RecordingChannel()
        session = self.sockets.open_socket(request(path, query, headers), channel)
        assert not isinstance(session, Response), session
        return Client(session, channel)

    def refused(self, path: str, query: str = "") -> Response:
        answer = self.sockets.open_socket(request(path, query), RecordingChannel())
        assert isinstance(answer, Response)
        return answer

    def api(self, query: str = "", headers: dict[str, str] | None = None) -> Client:
        return self.open("/ws-api/v3" if self.market is Market.SPOT else "/ws-fapi/v1", query, headers)

    def wait(self, ms: int) -> None:
        self.exchange.at_ms += ms
        self.at_ns += ms * 1_000_000
        self.sockets.advance(self.at_ns)

    def signed(self, params: dict[str, object] | None = None, key: str = HMAC_KEY) -> dict[str, object]:
        """Return the parameters with key, time and signature, sorted and unencoded as this API wants it."""
        given: dict[str, object] = {"timestamp": self.exchange.at_ms, "apiKey": key, **(params or {})}
        payload = "&".join(f"{name}={given[name]}" for name in sorted(given)).encode()
        if key == ED_KEY:
            return {**given, "signature": b64encode(PRIVATE.sign(payload)).decode()}
        return {**given, "signature": hmac.new(SECRET, payload, hashlib.sha256).hexdigest()}
