"""Account events to those who may hear them: rendered once an event, in order, then framed for each kind of hearer."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from interlock.gateway.binance.sockets.pushing import USER, Pusher
from interlock.gateway.binance.sockets.users.futures_events import futures_events
from interlock.gateway.binance.sockets.users.spot_events import spot_events
from interlock.gateway.server.messages import Channel, text_frame
from interlock.ports.exchange.events import OrderUpdated, Told
from interlock.ports.exchange.rows import OrderRow
from interlock.ports.exchange.words import Execution, Market, OrderKind

_RENDER = {Market.SPOT: spot_events, Market.USDM: futures_events}
_LIQUIDATIONS = frozenset({Execution.TRADE, Execution.CALCULATED})


class Hearer(Protocol):
    """One way an account's events go out."""

    def hear(self, message: bytes, frame: bytes) -> None:
        """Send an event: as JSON, and the same already framed."""
        ...


class PlainHearer:
    """Events as they are, under `/ws`."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def hear(self, message: bytes, frame: bytes) -> None:
        """Send the event as it is."""
        self._channel.send_frame(frame)


class WrappedHearer:
    """Events within something: the stream's name under `/stream`, the subscription's number in the WebSocket API."""

    def __init__(self, channel: Channel, opening: bytes) -> None:
        self._channel = channel
        self._opening = opening

    def hear(self, message: bytes, frame: bytes) -> None:
        """Send the event within its wrapping."""
        self._channel.send(b"".join((self._opening, message, b"}")))


class UserFeed:
    """The account events of one market."""

    def __init__(
        self,
        market: Market,
        pusher: Pusher,
        now_ms: Callable[[], int],
        liquidated: Callable[[OrderRow], None],
    ) -> None:
        self._market = market
        self._pusher = pusher
        self._now_ms = now_ms
        self._liquidated = liquidated
        self._render = _RENDER[market]
        self._hearers: dict[str, dict[Hearer, None]] = {}

    def attach(self, account: str, hearer: Hearer) -> None:
        """Let a hearer have the account's events from now on."""
        self._hearers.setdefault(account, {})[hearer] = None

    def detach(self, account: str, hearer: Hearer) -> None:
        """Let it have them no more."""
        hearers = self._hearers.get(account, {})
        hearers.pop(hearer, None)
        if not hearers:
            self._hearers.pop(account, None)

    def told(self, events: Sequence[Told]) -> None:
        """Take what the exchange tells its accounts, in order, and pass on what is of this market."""
        for told in events:
            if told.market is not self._market:
                continue
            if told.account in self._hearers:
                for shape in self._render(told.event, self._now_ms()):
                    message = msgspec.json.encode(shape)
                    self._pusher.push(USER, message, self._sender(told.account))
            event = told.event
            if (
                isinstance(event, OrderUpdated)
                and event.execution in _LIQUIDATIONS
                and event.order.kind is OrderKind.LIQUIDATION
            ):
                self._liquidated(event.order)

    def _sender(self, account: str) -> Callable[[bytes], None]:
        return lambda message: self._send(account, message)

    def _send(self, account: str, message: bytes) -> None:
        frame = text_frame(message)
        for hearer in tuple(self._hearers.get(account, ())):
            hearer.hear(message, frame)
