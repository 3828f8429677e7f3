"""A futures account's events by listen key: made at each connection, renewed every half hour, made anew when lost."""

import asyncio
from typing import Final

import msgspec
from msgspec import Struct

from interlock.ports.exchange.words import Market
from interlock.units.time import NS_PER_S
from interlock.venues.binance.backoff import Backoff
from interlock.venues.binance.endpoints import Endpoints
from interlock.venues.binance.parse.unreadable import Unreadable, decoded
from interlock.venues.binance.parse.user_values import KeyExpired
from interlock.venues.binance.streams.account import AccountSurroundings
from interlock.venues.binance.streams.facts import ConnectFailed, FrameUnreadable, ReadTrouble
from interlock.venues.binance.streams.reads import NotRead, listen_key_renewal, listen_key_wanted
from interlock.venues.binance.streams.routes import user_url
from interlock.venues.binance.streams.socket import GreetingRefused, KeptSocket, Line, SocketBounds
from interlock.venues.binance.streams.states.attendance import Attendance
from interlock.venues.binance.streams.states.listen_key import Act, KeyKeeping
from interlock.venues.binance.streams.states.rotation import Rotation
from interlock.venues.binance.streams.states.user_intake import UserIntake

_NAME: Final = "usdm user"
_KEY: Final = "the listen key"
_NO_SUCH_KEY: Final = -1125


class _Key(Struct):
    listen_key: str = msgspec.field(name="listenKey", default="")


_keys = msgspec.json.Decoder(_Key)


class FuturesUserStream:
    """Hears a futures account. Each StreamBack means: ask what happened since it was lost."""

    def __init__(self, endpoints: Endpoints, around: AccountSurroundings, bounds: SocketBounds | None = None) -> None:
        self._endpoints = endpoints
        self._around = around
        self._keeping = KeyKeeping()
        self._key_made = asyncio.Event()
        self._key_asked = ""
        self._keys: dict[Line, str] = {}
        self.intake = UserIntake(Market.USDM, around.is_ours, around.rate, around.tell)
        self.attendance = Attendance(Market.USDM, _NAME, around.tell, self.intake.overlap)
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
        async with asyncio.TaskGroup() as group:
            group.create_task(self.socket.run())
            group.create_task(self._keep_key())

    async def address(self) -> str:
        """Return where the account's key is heard. The key is asked for each time: it then lives its whole hour."""
        key = _key_of(await self._around.reads.keyed(listen_key_wanted()))
        if not key:
            raise NotRead("the venue gave no listen key")
        self._keeping.created(key, self._around.clock.now_ns())
        self._key_asked = key
        self._key_made.set()
        return user_url(self._endpoints, key)

    def attached(self, line: Line) -> None:
        """Hear another connection."""
        self._keys[line] = self._key_asked
        self.attendance.attached(line.number)

    async def greet(self, line: Line) -> None:
        """The address says all, if its key still stands. Errors: GreetingRefused."""
        if self._keeping.key is None:
            raise GreetingRefused("the listen key ended while the connection was made")

    def opened(self, line: Line) -> None:
        """The events are (again) heard."""
        self.attendance.opened(line.number, self._around.clock.now_ns())

    def heard(self, line: Line, text: bytes, heard_at_ns: int) -> None:
        """Take a frame."""
        odd = self.intake.frame(text, heard_at_ns)
        if isinstance(odd, KeyExpired):
            self._key_ended(odd.key or self._keys[line])
        elif odd is not None:
            self._around.tell(FrameUnreadable("an account's frame", "an answer that nobody asked for", heard_at_ns))

    def closed(self, line: Line, why: str) -> None:
        """A connection is no more."""
        self._keys.pop(line, None)
        self.attendance.closed(line.number, self._around.clock.now_ns(), line.good_at_ns, why)

    def failed(self, why: str, wait_ms: int) -> None:
        """Tell that a connection could not be had."""
        self._around.tell(ConnectFailed(Market.USDM, _NAME, self._around.clock.now_ns(), why, wait_ms))

    def _key_ended(self, key: str) -> None:
        """Give up what is heard by a key: two connections may be, while one replaces the other."""
        self._keeping.expired(key)
        for line in [line for line, its_key in self._keys.items() if its_key == key]:
            self.socket.renew(line)

    async def _keep_key(self) -> None:
        """Renew the key when it is time. A key that is lost takes its connection with it: the next makes another."""
        clock = self._around.clock
        while True:
            await self._key_made.wait()
            act, wait_ns = self._keeping.next_act(clock.now_ns())
            match act:
                case Act.WAIT:
                    await self._around.sleep(wait_ns / NS_PER_S)
                case Act.RENEW:
                    await self._renew()
                case Act.CREATE:
                    self._key_made.clear()
                    for line in self._keys:  # since when it was no more is not known
                        line.good_at_ns = min(line.good_at_ns, self._keeping.good_from_ns)
                    self.socket.renew()

    async def _renew(self) -> None:
        clock = self._around.clock
        try:
            key = _key_of(await self._around.reads.keyed(listen_key_renewal()))
        except NotRead as failed:
            self._around.tell(ReadTrouble(_KEY, "", str(failed), clock.now_ns()))
            if failed.code == _NO_SUCH_KEY:
                self._keeping.expired("")
            else:
                self._keeping.renewal_failed(clock.now_ns())
            return
        if self._keeping.renewed(key, clock.now_ns()):
            self.socket.rotate()


def _key_of(body: bytes) -> str:
    """Return the key that an answer names, "" when it names none. Errors: NotRead for what cannot be read."""
    try:
        key = decoded(_keys, _KEY, body).listen_key
    except Unreadable as unreadable:
        raise NotRead(str(unreadable)) from unreadable
    if not key.isascii() or (key and not key.isalnum()):
        raise NotRead(f"the listen key has {len(key)} characters that are not all letters and digits")
    return key
