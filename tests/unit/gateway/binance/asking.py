"""A client's side of the protocol: requests with keys and signatures, and answers taken apart."""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from interlock.gateway.binance.client_ids import ClientIds
from interlock.gateway.binance.desk import Desk
from interlock.gateway.binance.keys.table import ApiKey, KeyTable
from interlock.gateway.binance.limits.allowances import Allowances
from interlock.gateway.binance.site import BinanceSite
from interlock.gateway.server.messages import Channel, Request, Response, Session
from interlock.ports.exchange.interference import Interference
from interlock.ports.exchange.words import Market
from interlock.units.money import install_context
from tests.unit.gateway.binance.fake_exchange import ACCOUNT, FakeExchange

KEY, SECRET = "K" * 64, b"a secret of the client"
READER = "R" * 64
OTHER = "O" * 64


class FakeListenKeys:
    """One key for each account."""

    def __init__(self) -> None:
        self.open: dict[tuple[Market, str], str] = {}

    def create(self, market: Market, account: str) -> str:
        return self.open.setdefault((market, account), f"listen-{market.value}-{account}")

    def keep_alive(self, market: Market, account: str, key: str | None = None) -> bool:
        return self.open.get((market, account)) is not None and key in (None, self.open[market, account])

    def close(self, market: Market, account: str, key: str | None = None) -> bool:
        if not self.keep_alive(market, account, key):
            return False
        del self.open[market, account]
        return True


class ClosedSockets:
    """Takes no WebSocket in."""

    market = Market.SPOT

    def open_socket(self, request: Request, channel: Channel) -> Session | Response:
        return Response(404, b"no sockets")


class Client:
    """Asks a site of its own, over a fake exchange."""

    def __init__(self, interference: Interference | None = None, peer: str = "127.0.0.1:5000") -> None:
        install_context()
        self.exchange = FakeExchange()
        self.peer = peer
        self.allowances = Allowances(self.exchange.now_ms)
        desk = Desk(self.exchange, FakeListenKeys(), self.allowances, ClientIds(b"seed"))
        keys = KeyTable(
            [
                ApiKey(key=KEY, account=ACCOUNT, secret=SECRET),
                ApiKey(key=READER, account=ACCOUNT, secret=SECRET, may_trade=False),
                ApiKey(key=OTHER, account="nobody", secret=SECRET),
            ]
        )
        self.site = BinanceSite(desk, keys, ClosedSockets(), interference=interference)

    def send(
        self, method: str, path: str, query: str = "", body: str = "", headers: Mapping[str, str] | None = None
    ) -> Response:
        """Send bytes as they are, and wait for the answer."""
        request = Request(method, path, query.encode(), dict(headers or {}), body.encode(), self.peer)
        answer = self.site.answer(request)
        return answer if isinstance(answer, Response) else asyncio.run(_awaited(answer))

    def get(self, path: str, **parameters: object) -> Response:
        """Ask what is public."""
        return self.send("GET", path, urlencode(parameters))

    def signed(self, method: str, path: str, key: Any = KEY, in_body: Any = False, **parameters: Any) -> Response:
        """Ask as the account of a key, signed, in the query or in the body."""
        text = urlencode({**parameters, "timestamp": self.exchange.clock_ms})
        text = f"{text}&signature={sign(text)}"
        headers = {"x-mbx-apikey": key}
        return self.send(method, path, "" if in_body else text, text if in_body else "", headers)


async def _awaited(answer: Any) -> Response:
    response: Response = await answer
    return response


def sign(text: str, secret: bytes = SECRET) -> str:
    """Return the HMAC of a text as clients send it."""
    return hmac.digest(secret, text.encode(), hashlib.sha256).hex()


def told(response: Response) -> Any:
    """Return the body of an answer."""
    return msgspec.json.decode(response.body)


def refused(response: Response) -> tuple[int, int, str]:
    """Return status, code and text of a refusal."""
    body = told(response)
    return response.status, body["code"], body["msg"]


def header(response: Response, name: str) -> str | None:
    """Return a header of an answer, None when it has none of that name."""
    return next((value for known, value in response.headers if known == name), None)
