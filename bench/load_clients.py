"""Clients that cost little beside the exchange they load: they count what they hear, and look into little of it."""

import asyncio
import base64
import os
import time
from collections.abc import Callable
from decimal import Decimal
from typing import cast

from msgspec import Struct, structs

from bench.exchange_process import Trader
from bench.venue import body_of, is_whole
from interlock.units.faults import Fault

_TEXT, _PING, _CLOSE = 0x81, 0x89, 0x88
_FILLED = b'"status":"FILLED"'
_RESTING = "0.05"
_TAKEN = {"BTCUSDT": "0.002", "ETHUSDT": "0.01"}  # little: what is displayed has to do for all accounts


class Counted(Struct):
    """What has arrived at the clients: fills by answers and by events, and messages by kind."""

    fills: int = 0
    fills_heard: int = 0
    market: int = 0
    account: int = 0

    def hear(self, text: bytes) -> None:
        """Count a market message."""
        self.market += 1

    def hear_account(self, text: bytes) -> None:
        """Count an account's message."""
        self.account += 1
        if b'"x":"TRADE"' in text:
            self.fills_heard += 1

    def copied(self) -> "Counted":
        """Return what is counted now."""
        return structs.replace(self)

    def forget(self) -> None:
        """Count from nothing again."""
        self.fills = self.fills_heard = self.market = self.account = 0


class Subscriber(asyncio.Protocol):
    """A WebSocket that hands on every text and answers pings."""

    def __init__(self, path: str, heard: Callable[[bytes], None], port: int) -> None:
        self._path = path
        self._heard = heard
        self._port = port
        self._rest = b""
        self._has_shaken = False
        self._why_lost = ""
        self._is_ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def opened(cls, port: int, path: str, heard: Callable[[bytes], None]) -> "Subscriber":
        """Return one that is connected. Errors: Fault when it is refused."""
        loop = asyncio.get_running_loop()
        _, opened = await loop.create_connection(lambda: cls(path, heard, port), "127.0.0.1", port)
        await opened._is_ready
        return opened

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET {self._path} HTTP/1.1",
            f"Host: 127.0.0.1:{self._port}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
        )
        self._transport.write("\r\n".join((*lines, "", "")).encode())

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        at = 0
        if not self._has_shaken:
            at = data.find(b"\r\n\r\n") + 4
            if at < 4:
                self._rest = data
                return
            self._has_shaken = True
            if not data.startswith(b"HTTP/1.1 101"):
                self._is_ready.set_exception(Fault(f"The exchange refused a stream: {data!r}.", "Read its words."))
                return
            self._is_ready.set_result(None)
        size = len(data)
        while size - at >= 2:
            length, start = data[at + 1], at + 2
            if length == 126:
                length, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif length == 127:
                length, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            if size < start + length:
                break
            self._frame(data[at], data[start : start + length])
            at = start + length
        self._rest = data[at:]

    def connection_lost(self, error: Exception | None) -> None:
        self._why_lost = self._why_lost or f"it was lost: {error!r}"
        if not self._is_ready.done():
            self._is_ready.set_exception(Fault("The exchange closed a stream at once.", "See what it says."))

    def require_open(self) -> None:
        """Errors: Fault when it was closed meanwhile, for instance because it read too slowly."""
        if self._why_lost:
            raise Fault(f"A stream did not last: {self._why_lost}.", "Use fewer subscribers or a slower feed.")

    def close(self) -> None:
        """End it."""
        self._transport.close()

    def _frame(self, kind: int, payload: bytes) -> None:
        if kind == _TEXT:
            self._heard(payload)
        elif kind == _PING:
            self._transport.write(bytes((0x8A, 0x80 | len(payload), 0, 0, 0, 0)) + payload)  # masked with zeros
        elif kind == _CLOSE:
            self._why_lost = f"the exchange closed it: {payload[2:].decode()}"


class OrderConnection(asyncio.Protocol):
    """A kept connection that asks one thing after another."""

    def __init__(self) -> None:
        self._rest = b""
        self._answer: asyncio.Future[bytes] | None = None
        self._why_lost: Fault | None = None

    @classmethod
    async def opened(cls, port: int) -> "OrderConnection":
        """Return one that is connected."""
        _, opened = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return opened

    async def ask(self, request: bytes) -> bytes:
        """Return the body of a request's answer. Errors: Fault for a refusal, or when the connection is lost."""
        if self._why_lost is not None:
            raise self._why_lost
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return body_of(await self._answer)

    def close(self) -> None:
        """End it."""
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._rest += data
        if self._answer is not None and is_whole(self._rest):
            answer, self._answer = self._answer, None
            answer.set_result(self._rest)
            self._rest = b""

    def connection_lost(self, error: Exception | None) -> None:
        self._why_lost = Fault(f"The exchange closed a connection: {error!r}.", "See what it says by itself.")
        if self._answer is not None:
            self._answer.set_exception(self._why_lost)


class Taker:
    """A trader who rests some orders far away, and takes from the market, up and down, at a steady pace."""

    def __init__(self, trader: Trader, connection: OrderConnection, symbol: str, counted: Counted) -> None:
        self._trader = trader
        self._connection = connection
        self._symbol = symbol
        self._counted = counted
        self._asked = 0
        self.taken_ms: list[float] = []

    async def rest(self, count: int) -> None:
        """Rest so many orders, half of them on each side, so far away that the market does not come there."""
        quote = await self._ask(self._trader.keyed("GET", f"/fapi/v1/ticker/bookTicker?symbol={self._symbol}"))
        bid = Decimal(quote.partition(b'"bidPrice":"')[2].partition(b'"')[0].decode())
        for number in range(count):
            side, part = ("BUY", Decimal("0.4")) if number % 2 else ("SELL", Decimal("2.5"))
            price = str(int(bid * part) + number)
            await self._order(side, {"type": "LIMIT", "timeInForce": "GTC", "price": price, "quantity": _RESTING})

    async def heard(self, port: int) -> Subscriber:
        """Hear the account."""
        made = await self._ask(self._trader.keyed("POST", "/fapi/v1/listenKey"))
        key = made.partition(b'"listenKey":"')[2].partition(b'"')[0].decode()
        return await Subscriber.opened(port, f"/private/ws?listenKey={key}", self._counted.hear_account)

    async def open_orders(self) -> int:
        """Return how many orders of the account are open, as the exchange has it."""
        orders = self._trader.signed("GET", "/fapi/v1/openOrders", {"symbol": self._symbol})
        return (await self._ask(orders)).count(b'"orderId"')

    async def take(self, orders_per_s: float, phase: float, start: float, until: float) -> None:
        """Take at this pace, by the monotonic clock. An order that is late is followed by the next at once."""
        pause_s = 1 / orders_per_s
        due = start + phase * pause_s
        while due < until:
            await asyncio.sleep(due - time.monotonic())
            sent = time.monotonic()
            terms = {"type": "MARKET", "quantity": _TAKEN[self._symbol]}
            answer = await self._order("BUY" if self._asked % 2 else "SELL", terms)
            self.taken_ms.append((time.monotonic() - sent) * 1_000)
            self._counted.fills += _FILLED in answer
            due += pause_s

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    async def _order(self, side: str, terms: dict[str, str]) -> bytes:
        self._asked += 1
        given = {"symbol": self._symbol, "side": side, "newOrderRespType": "RESULT", **terms}
        given["newClientOrderId"] = f"{self._trader.name}-{self._asked}"
        return await self._ask(self._trader.signed("POST", "/fapi/v1/order", given))

    async def _ask(self, request: bytes) -> bytes:
        return await self._connection.ask(request)
