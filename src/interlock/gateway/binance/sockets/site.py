"""All WebSockets of one market: who is let in, what time does to them, and how they are all closed."""

import asyncio
from collections.abc import Sequence
from fnmatch import fnmatchcase

import msgspec

from interlock.gateway.binance import refusals
from interlock.gateway.binance.interfering import disturbed, not_carried_out
from interlock.gateway.binance.sockets.api.door import CONNECT_WEIGHT, ApiDoor
from interlock.gateway.binance.sockets.api.session import ApiSession
from interlock.gateway.binance.sockets.paths import Opening, parse_opening
from interlock.gateway.binance.sockets.pushing import USER, Later, Pusher, loop_later
from interlock.gateway.binance.sockets.rate import MESSAGES_PER_S_MAX, MessageRate
from interlock.gateway.binance.sockets.streams.control import Refused
from interlock.gateway.binance.sockets.streams.hub import MarketHub
from interlock.gateway.binance.sockets.streams.session import STREAMS_MAX, StreamSession
from interlock.gateway.binance.sockets.users.feed import UserFeed
from interlock.gateway.binance.sockets.users.listen_keys import ListenKeys
from interlock.gateway.binance.sockets.users.streams import MarketAndUserStreams
from interlock.gateway.server.messages import Channel, Request, Response, Session
from interlock.ports.exchange.backend import Exchange
from interlock.ports.exchange.interference import Interference
from interlock.ports.exchange.market_data import MarketEvent
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.words import Market
from interlock.units.time import NS_PER_S

LIFE_S = 86_400
TICK_S = 0.02
_GOING_AWAY = 1_001
_NOT_SERVED = Response(404, b"", content_type="text/html")


class MarketSockets:
    """The WebSockets of one market. It answers `open_socket` of the server's site, one object for each market's port.

    `api` serves the WebSocket API; `life_s` is how long a connection may last.
    """

    def __init__(
        self,
        market: Market,
        exchange: Exchange,
        keys: ListenKeys,
        api: ApiDoor,
        *,
        interference: Interference | None = None,
        later: Later = loop_later,
        life_s: int = LIFE_S,
    ) -> None:
        self.market = market
        self._now_ms = exchange.now_ms
        self._interference = interference
        self._keys = keys
        self._api = api
        self._life_ns = life_s * NS_PER_S
        self._clock_ns = 0
        self._timer: asyncio.TimerHandle | None = None
        self._open: dict[StreamSession | ApiSession, int] = {}  # to when it may last, the oldest first
        pusher = Pusher(market, interference, later)
        self._hub = MarketHub(exchange.data(market), pusher, exchange.now_ms)
        self._feed = UserFeed(market, pusher, exchange.now_ms, self._hub.liquidated)
        self._streams = MarketAndUserStreams(market, self._hub, self._feed, keys, pusher, exchange.now_ms)
        exchange.listen(self._feed.told)
        exchange.watch(self._shown)

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._open)

    def open_socket(self, request: Request, channel: Channel) -> Session | Response:
        """Let a client in, or answer why not."""
        refused = self._interference.on_open(self.market) if self._interference is not None else None
        if refused is not None:
            return disturbed(not_carried_out(), refused)
        opening = parse_opening(self.market, request.path, request.query)
        if opening is None:
            return _NOT_SERVED
        if opening.is_api:
            return self._open_api(opening, request, channel)
        return self._open_streams(opening, channel)

    def advance(self, now_ns: int) -> None:
        """Do what is due: streams with a speed, listen keys that ran out, connections that lasted a day.

        The time is any that only grows; listen keys go by the exchange's own clock.
        """
        self._clock_ns = now_ns
        self._hub.advance(now_ns)
        self._keys.advance()
        for session in [session for session, end_ns in self._open.items() if 0 < end_ns <= now_ns]:
            self._say_goodbye(session)
        for session, end_ns in self._open.items():
            if not end_ns:
                self._open[session] = now_ns + self._life_ns

    def start(self) -> None:
        """Keep time by the running event loop until `stop`."""
        loop = asyncio.get_running_loop()
        self.advance(int(loop.time() * NS_PER_S))
        self._timer = loop.call_later(TICK_S, self.start)

    def stop(self) -> None:
        """Keep time no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close_all(self) -> None:
        """Tell everybody that the server shuts down, and close every connection."""
        for session in tuple(self._open):
            self._say_goodbye(session)

    def abort_all(self) -> None:
        """Reset every connection, without a word."""
        for session in tuple(self._open):
            session.channel.abort()

    def disconnect(self, pattern: str | None) -> None:
        """Reset the connections that hear a stream of such a name, account events under "user"; None for all."""
        for session in tuple(self._open):
            if pattern is None or any(fnmatchcase(name, pattern) for name in self._told_names(session)):
                session.channel.abort()

    def _told_names(self, session: StreamSession | ApiSession) -> list[str]:
        """Return what a connection hears, by the names under which it can be disturbed."""
        is_key = self._keys.account_of
        return [name if is_key(self.market, name) is None else USER for name in session.names]

    def _open_api(self, opening: Opening, request: Request, channel: Channel) -> Session | Response:
        host = request.peer.rpartition(":")[0] or request.peer
        try:
            self._api.spend(host, CONNECT_WEIGHT[self.market])
        except ExchangeError as error:
            return Response(error.status, refusals.body(error))
        header_key = request.headers.get("x-mbx-apikey")
        shows_limits = opening.shows_limits
        session = ApiSession(self._api, self._feed, channel, host, header_key, shows_limits, self._forget)
        self._let_in(session)
        return session

    def _open_streams(self, opening: Opening, channel: Channel) -> Session | Response:
        names = opening.names
        if opening.listen_key is not None:
            if self._keys.account_of(self.market, opening.listen_key) is None:
                return Response(400, refusals.body(refusals.bad_listen_key()))
            names = (*names, opening.listen_key)
        rate = MessageRate(MESSAGES_PER_S_MAX[self.market], self._now_ms)
        session = StreamSession(channel, self._streams, rate, opening.is_combined, self._forget, opening.route)
        try:
            session.subscribe(names)
        except Refused:
            return Response(400, b'{"code":-1,"msg":"More than %d streams."}' % STREAMS_MAX)
        self._let_in(session)
        return session

    def _let_in(self, session: StreamSession | ApiSession) -> None:
        self._open[session] = self._clock_ns + self._life_ns if self._clock_ns else 0

    def _forget(self, session: StreamSession | ApiSession) -> None:
        self._open.pop(session, None)

    def _say_goodbye(self, session: StreamSession | ApiSession) -> None:
        """Send the event that upstream sends before it goes, and close."""
        goodbye = msgspec.json.encode({"e": "serverShutdown", "E": self._now_ms()})
        if isinstance(session, ApiSession):
            goodbye = b'{"event":' + goodbye + b"}"
        elif session.is_combined:
            goodbye = b'{"stream":"!serverShutdown","data":' + goodbye + b"}"
        session.channel.send(goodbye)
        session.channel.close(_GOING_AWAY, "")
        self._forget(session)

    def _shown(self, market: Market, events: Sequence[MarketEvent]) -> None:
        if market is self.market:
            self._hub.shown(events)
