"""A WebSocket server on loopback that does what a test says, and a client's surroundings with time held in hand."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from interlock.ports.exchange.words import Market
from interlock.venues.binance.endpoints import Endpoints, Place, endpoints_of
from interlock.venues.binance.requests import Wanted
from interlock.venues.binance.streams.reads import NotRead

WITHIN_S = 5.0
_LONG_S = 60.0
START_NS = 1_700_000_000_000_000_000


class Told:
    """What was told, and a wait for what is to be told."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self._more = asyncio.Event()

    def take(self, value: object) -> None:
        """Note something."""
        self.all.append(value)
        self._more.set()

    def of(self, kind: type) -> list[Any]:
        """Return what was told of a kind."""
        return [each for each in self.all if type(each) is kind]

    async def until(self, kind: type, count: int = 1) -> Any:
        """Return the `count`-th thing of a kind, once it is told."""
        async with asyncio.timeout(WITHIN_S):
            while len(self.of(kind)) < count:
                self._more.clear()
                await self._more.wait()
        return self.of(kind)[count - 1]


class Hands:
    """A clock and a patience that go on when the test says so.

    Waits of the lengths named, and very long ones, are held until let go; others, as of a backoff, are over at once.
    """

    def __init__(self, *held_s: float) -> None:
        self.at_ns = START_NS
        self._held_s = frozenset(held_s)
        self._waiting: list[tuple[float, asyncio.Future[None]]] = []
        self._more = asyncio.Event()

    def now_ns(self) -> int:
        """Return the time; every look takes a microsecond."""
        self.at_ns += 1_000
        return self.at_ns

    async def sleep(self, seconds: float) -> None:
        """Wait until the test lets go."""
        if seconds < _LONG_S - 1 and seconds not in self._held_s:
            await asyncio.sleep(0)
            return
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((seconds, over))
        self._more.set()
        await over

    async def let_go(self, least_s: float, most_s: float | None = None) -> None:
        """End the next wait of this length, when there is one, at the time it would have ended."""
        most_s = least_s if most_s is None else most_s
        async with asyncio.timeout(WITHIN_S):
            while True:
                self._waiting = [each for each in self._waiting if not each[1].done()]
                for seconds, over in self._waiting:
                    if least_s <= seconds <= most_s:
                        self.at_ns += int(seconds * 1_000_000_000)
                        over.set_result(None)
                        return
                self._more.clear()
                await self._more.wait()


class ScriptedReads:
    """Answers requests as the test says: by the end of their path, with bodies or failures."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.answers: dict[str, Callable[[], bytes | NotRead]] = {}
        self.gate: asyncio.Event | None = None
        self.refused = b"no symbol"

    async def public(self, wanted: Wanted) -> bytes:
        """Answer a read; what is asked while there is a gate, as things stood then, once it is open."""
        if self.refused in wanted.query:
            raise NotRead("no such symbol", -1121)
        gate, body = self.gate, self._answer(wanted)
        if gate is not None:
            await gate.wait()
        return body

    async def keyed(self, wanted: Wanted) -> bytes:
        """Answer a request with the key alone."""
        return self._answer(wanted)

    def count(self, name: str) -> int:
        """Return how often something was asked."""
        return sum(path.endswith(name) for _, path in self.asked)

    def _answer(self, wanted: Wanted) -> bytes:
        method, path = wanted.method.decode(), wanted.path.decode()
        self.asked.append((method, path))
        name = path.rpartition("/")[2]
        make = self.answers.get(f"{method} {name}") or self.answers.get(name)
        answer = NotRead(f"{name} is not answered") if make is None else make()
        if isinstance(answer, NotRead):
            raise answer
        return answer


class ScriptedVenue:
    """Connections in the order they came, what they said, and a door to say things on them."""

    def __init__(self) -> None:
        self.connections: list[ServerConnection] = []
        self.paths: list[str] = []
        self.heard: list[tuple[int, Any]] = []
        self.reply: Callable[[dict[str, Any]], object] | None = lambda asked: {"result": None, "id": asked["id"]}
        self._more = asyncio.Event()
        self.place = Place("127.0.0.1", 1, False)
        self._server: Server | None = None

    @property
    def endpoints(self) -> Endpoints:
        """Where the client finds it."""
        return endpoints_of("paper", self.place, self.place)

    async def open(self) -> None:
        """Listen, at the same place when it was open before."""
        port = 0 if self.place.port == 1 else self.place.port
        self._server = await serve(self._serve, "127.0.0.1", port, ping_interval=None)
        (socket,) = self._server.sockets
        self.place = Place("127.0.0.1", socket.getsockname()[1], False)

    async def shut(self) -> None:
        """Listen no more, and cut who is there."""
        assert self._server is not None
        for connection in self.connections:
            connection.transport.abort()
        self._server.close()
        await self._server.wait_closed()

    async def connected(self, count: int) -> ServerConnection:
        """Return the `count`-th connection, once it is there."""
        await self._until(lambda: len(self.connections) >= count)
        return self.connections[count - 1]

    async def said(self, count: int) -> Any:
        """Return the `count`-th message that a client sent."""
        await self._until(lambda: len(self.heard) >= count)
        return self.heard[count - 1][1]

    async def tell(self, number: int, *messages: object) -> None:
        """Send messages on a connection, counted from 1: text as it is, all else as JSON."""
        connection = await self.connected(number)
        for message in messages:
            await connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def _until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not is_so():
                self._more.clear()
                await self._more.wait()

    async def _serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.connections.append(connection)
        self.paths.append(connection.request.path)
        number = len(self.connections)
        self._more.set()
        try:
            async for text in connection:
                asked = json.loads(text)
                answer = None if self.reply is None else self.reply(asked)
                if answer is not None:
                    await connection.send(json.dumps(answer))
                self.heard.append((number, asked))
                self._more.set()
        except ConnectionClosed as closed:
            self.heard.append((number, str(closed)))
            self._more.set()


@asynccontextmanager
async def running(venue: ScriptedVenue, run: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Open the venue and run a stream at it; a stream that ends by itself fails the test."""
    await venue.open()
    task = asyncio.ensure_future(run())
    try:
        yield
        assert not task.done(), "a stream keeps running"
    finally:
        task.cancel()
        await asyncio.wait({task})
        await venue.shut()
        if not task.cancelled():
            task.result()


def depth_frame(market: Market, symbol: str, ids: tuple[int, int, int], **changed: object) -> dict[str, object]:
    """Return a diff (first, final, previous id) as a combined frame."""
    first, final, previous = ids
    data: dict[str, object] = {"e": "depthUpdate", "E": 1_700_000_000_000, "s": symbol, "U": first, "u": final}
    if market is Market.USDM:
        data["pu"] = previous
    data |= {"b": [["100.5", str(final)]], "a": [["101.5", "1"]]}
    return {"stream": f"{symbol.lower()}@depth@100ms", "data": data | changed}


def trade_frame(symbol: str, trade_id: int) -> dict[str, object]:
    """Return a trade as a plain frame."""
    return {"e": "trade", "E": 1_700_000_000_001, "s": symbol, "t": trade_id, "p": "101", "q": "0.5", "T": 1, "m": True}


def book_body(update_id: int) -> bytes:
    """Return a snapshot's body."""
    return json.dumps({"lastUpdateId": update_id, "bids": [["100", "1"]], "asks": [["102", "1"]]}).encode()


def quote_body(symbol: str, bid: str = "100") -> bytes:
    """Return a best quote's body."""
    return json.dumps({"symbol": symbol, "bidPrice": bid, "bidQty": "1", "askPrice": "102", "askQty": "1"}).encode()


def trades_body(*ids: int) -> bytes:
    """Return recent trades' body."""
    return json.dumps([{"id": i, "price": "1", "qty": "1", "time": 1, "isBuyerMaker": True} for i in ids]).encode()
