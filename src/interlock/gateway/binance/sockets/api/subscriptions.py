"""Account streams on a WebSocket API connection, by number; the events of each are wrapped with it."""

from collections.abc import Callable

import msgspec
from msgspec import Struct

from interlock.gateway.binance import refusals
from interlock.gateway.binance.sockets.users.feed import UserFeed, WrappedHearer
from interlock.gateway.server.messages import Channel
from interlock.ports.exchange.refusals import ExchangeError


class _Subscription(Struct, frozen=True):
    account: str
    hearer: WrappedHearer
    of_logon: bool


class Subscriptions:
    """The subscriptions of one connection. Numbers count from zero, and none is given twice."""

    def __init__(self, channel: Channel, feed: UserFeed, now_ms: Callable[[], int]) -> None:
        self._channel = channel
        self._feed = feed
        self._now_ms = now_ms
        self._next = 0
        self._by_number: dict[int, _Subscription] = {}

    def numbers(self) -> list[int]:
        """Return the numbers of those that run."""
        return list(self._by_number)

    def start(self, account: str, *, of_logon: bool) -> int:
        """Hear an account's events from now on, and return the subscription's number.

        Errors: -2035 when the connection hears that account already.
        """
        if any(each.account == account for each in self._by_number.values()):
            raise ExchangeError(-2035, "User Data Stream subscription already active.")
        number = self._next
        self._next += 1
        hearer = WrappedHearer(self._channel, b'{"subscriptionId":%d,"event":' % number)
        self._by_number[number] = _Subscription(account, hearer, of_logon)
        self._feed.attach(account, hearer)
        return number

    def end(self, number: str | None) -> None:
        """End one, or all when none is named. A number that does not run is no error, as upstream. Errors: -1130."""
        if number is None:
            ended = self.numbers()
        elif number.isascii() and number.isdigit():
            ended = [int(number)]
        else:
            raise refusals.not_valid("subscriptionId")
        self._end(ended)

    def end_of_logon(self) -> None:
        """End those that were started by the connection's logon, not those that were signed for themselves."""
        self._end([number for number, each in self._by_number.items() if each.of_logon])

    def end_all(self) -> None:
        """Hear nothing more, and say nothing: the connection is over."""
        for each in self._by_number.values():
            self._feed.detach(each.account, each.hearer)
        self._by_number.clear()

    def _end(self, numbers: list[int]) -> None:
        for number in numbers:
            found = self._by_number.pop(number, None)
            if found is None:
                continue
            self._feed.detach(found.account, found.hearer)
            shape = {"e": "eventStreamTerminated", "E": self._now_ms()}
            found.hearer.hear(msgspec.json.encode(shape), b"")
