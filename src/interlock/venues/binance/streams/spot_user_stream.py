"""A spot account's events over the WebSocket API: subscribed to with a signature, or within a session logged on to."""

from collections.abc import Callable
from enum import Enum
from typing import Final
from urllib.parse import unquote_to_bytes

from interlock.ports.exchange.words import Market
from interlock.venues.binance.backoff import Backoff
from interlock.venues.binance.endpoints import Endpoints
from interlock.venues.binance.parse.user_values import ApiAnswered, Terminated
from interlock.venues.binance.signing import Signer
from interlock.venues.binance.streams.account import AccountSurroundings
from interlock.venues.binance.streams.control import Awaited
from interlock.venues.binance.streams.facts import ConnectFailed, FrameUnreadable
from interlock.venues.binance.streams.routes import socket_api_url
from interlock.venues.binance.streams.socket import KeptSocket, Line, SocketBounds
from interlock.venues.binance.streams.states.attendance import Attendance
from interlock.venues.binance.streams.states.rotation import Rotation
from interlock.venues.binance.streams.states.user_intake import UserIntake

_NAME: Final = "spot user"


class Way(Enum):
    """How a connection is let hear the account. A session needs an Ed25519 key."""

    SIGNATURE = "signature"
    SESSION = "session"


class SpotUserStream:
    """Hears a spot account. Each StreamBack means: ask what happened since it was lost.

    `venue_now_ms` is the venue's time as far as we know it, for the signatures.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        signer: Signer,
        way: Way,
        venue_now_ms: Callable[[], int],
        around: AccountSurroundings,
        bounds: SocketBounds | None = None,
    ) -> None:
        self._url = socket_api_url(endpoints)
        self._signer = signer
        self._way = way
        self._venue_now_ms = venue_now_ms
        self._around = around
        self._awaited = Awaited()
        self.intake = UserIntake(Market.SPOT, around.is_ours, around.rate, around.tell)
        self.attendance = Attendance(Market.SPOT, _NAME, around.tell, self.intake.overlap)
        self.socket = KeptSocket(
            self,
            around.clock,
            Backoff(around.draw),
            Rotation(around.draw),
            bounds=bounds,
            sleep=around.sleep,
            tls=around.tls,
        )

    async def run(self) -> None:
        """Hear the account until cancelled."""
        await self.socket.run()

    async def address(self) -> str:
        """Return where the WebSocket API is."""
        return self._url

    def attached(self, line: Line) -> None:
        """Hear another connection."""
        self.attendance.attached(line.number)

    async def greet(self, line: Line) -> None:
        """Subscribe to the account's events. Errors: GreetingRefused."""
        if self._way is Way.SESSION:
            await self._awaited.ask(line, "session.logon", self._signed())
            await self._awaited.ask(line, "userDataStream.subscribe", {})
        else:
            await self._awaited.ask(line, "userDataStream.subscribe.signature", self._signed())

    def opened(self, line: Line) -> None:
        """The events are (again) heard."""
        self.attendance.opened(line.number, self._around.clock.now_ns())

    def heard(self, line: Line, text: bytes, heard_at_ns: int) -> None:
        """Take a frame."""
        odd = self.intake.frame(text, heard_at_ns)
        match odd:
            case None:
                return
            case ApiAnswered():
                is_expected = self._answered(line, odd)
            case Terminated():
                self.socket.renew(line)
                return
            case _:
                is_expected = False
        if not is_expected:
            self._around.tell(FrameUnreadable("an account's frame", "an answer that nobody asked for", heard_at_ns))

    def closed(self, line: Line, why: str) -> None:
        """A connection is no more."""
        self._awaited.closed(line, why)
        self.attendance.closed(line.number, self._around.clock.now_ns(), line.good_at_ns, why)

    def failed(self, why: str, wait_ms: int) -> None:
        """Tell that a connection could not be had."""
        self._around.tell(ConnectFailed(Market.SPOT, _NAME, self._around.clock.now_ns(), why, wait_ms))

    def _answered(self, line: Line, answer: ApiAnswered) -> bool:
        if answer.code:
            return self._awaited.refused(line, answer.asked_id, f"{answer.code} {answer.text}")
        return self._awaited.answered(line, answer.asked_id, answer.result)

    def _signed(self) -> dict[str, object]:
        """Return a request's proof of who asks: signed over the parameters in the order of their names."""
        api_key, at_ms = self._signer.api_key, self._venue_now_ms()
        signature = unquote_to_bytes(self._signer.sign(b"apiKey=%s&timestamp=%d" % (api_key, at_ms)))
        return {"apiKey": api_key.decode("ascii"), "timestamp": at_ms, "signature": signature.decode("ascii")}
