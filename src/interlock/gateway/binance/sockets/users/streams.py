"""Listen keys as stream names: who listens under which key, and what happens to them when the key ends."""

from collections.abc import Callable

import msgspec

from interlock.gateway.binance.sockets.pushing import USER, Pusher
from interlock.gateway.binance.sockets.streams.hub import MarketHub
from interlock.gateway.binance.sockets.streams.names import PRIVATE, parse_stream, route_of
from interlock.gateway.binance.sockets.streams.session import StreamSession
from interlock.gateway.binance.sockets.users.feed import Hearer, PlainHearer, UserFeed, WrappedHearer
from interlock.gateway.binance.sockets.users.listen_keys import Ended, ListenKeys
from interlock.gateway.server.messages import text_frame
from interlock.ports.exchange.words import Market

_CLOSED_NORMALLY = 1_000


class MarketAndUserStreams:
    """Streams by name: of the account whose listen key the name is, else of the market."""

    def __init__(
        self,
        market: Market,
        hub: MarketHub,
        feed: UserFeed,
        keys: ListenKeys,
        pusher: Pusher,
        now_ms: Callable[[], int],
    ) -> None:
        self._market = market
        self._hub = hub
        self._feed = feed
        self._keys = keys
        self._pusher = pusher
        self._now_ms = now_ms
        self._listening: dict[str, dict[StreamSession, tuple[str, Hearer]]] = {}
        keys.on_end(self._ended)

    def subscribe(self, session: StreamSession, name: str, is_combined: bool) -> None:
        """Let the session's channel hear a stream, or hear it in the other wrapping from now on.

        A stream of another route than the connection's is heard in silence, as upstream.
        """
        account = self._keys.account_of(self._market, name)
        if session.route not in ("", self._route(name, account)):
            return
        if account is None:
            self._hub.subscribe(session.channel, name, is_combined)
            return
        self._leave(session, name)
        hearer: Hearer = PlainHearer(session.channel)
        if is_combined:
            hearer = WrappedHearer(session.channel, b'{"stream":"' + name.encode() + b'","data":')
        self._listening.setdefault(name, {})[session] = (account, hearer)
        self._feed.attach(account, hearer)

    def unsubscribe(self, session: StreamSession, name: str) -> None:
        """Let it hear the stream no more."""
        self._leave(session, name)
        self._hub.unsubscribe(session.channel, name)

    def _route(self, name: str, account: str | None) -> str:
        return PRIVATE if account is not None else route_of(parse_stream(self._market, name))

    def _leave(self, session: StreamSession, name: str) -> None:
        listening = self._listening.get(name)
        if listening is None:
            return
        account, hearer = listening.pop(session, (None, None))
        if account is not None and hearer is not None:
            self._feed.detach(account, hearer)
        if not listening:
            del self._listening[name]

    def _ended(self, ended: Ended) -> None:
        """Cut off who listens under a key that is no more; who heard nothing else is disconnected."""
        for session, (account, hearer) in self._listening.pop(ended.key, {}).items():
            if ended.has_expired:
                shape = {"e": "listenKeyExpired", "E": str(self._now_ms()), "listenKey": ended.key}
                self._pusher.push(USER, msgspec.json.encode(shape), _hearing(hearer))
            self._feed.detach(account, hearer)
            if session.names == (ended.key,):
                session.channel.close(_CLOSED_NORMALLY, "")


def _hearing(hearer: Hearer) -> Callable[[bytes], None]:
    return lambda message: hearer.hear(message, text_frame(message))
