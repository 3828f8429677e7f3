"""One client's connection to the WebSocket API: its logon, its account streams, its requests."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from interlock.gateway.binance import refusals
from interlock.gateway.binance.admission import weight_of
from interlock.gateway.binance.requests.parameters import Parameters
from interlock.gateway.binance.sockets.api.delivery import Misdelivery
from interlock.gateway.binance.sockets.api.door import ApiDoor
from interlock.gateway.binance.sockets.api.envelope import (
    UNKNOWN_ERROR,
    UNKNOWN_TEXT,
    ApiRequest,
    Limits,
    answer,
    parse_request,
    refusal,
)
from interlock.gateway.binance.sockets.api.methods import shows_order_limits
from interlock.gateway.binance.sockets.api.proof import PROOFS, Logon
from interlock.gateway.binance.sockets.api.subscriptions import Subscriptions
from interlock.gateway.binance.sockets.pushing import USER
from interlock.gateway.binance.sockets.users.feed import UserFeed
from interlock.gateway.server.messages import Channel
from interlock.ports.exchange.interference import Disturbance
from interlock.ports.exchange.refusals import ExchangeError, NoAnswer

Send = Callable[[bytes], None]
_SESSION_WEIGHT = 2
_NO_ID = b"null"


def _parameters(request: ApiRequest, *, is_strict: bool) -> Parameters:
    values = {name: value for name, value in request.values.items() if name not in PROOFS}
    return Parameters(values, is_strict=is_strict)


def _unknown() -> ExchangeError:
    return ExchangeError(UNKNOWN_ERROR, UNKNOWN_TEXT, status=500)


class ApiSession:
    """A connection under `/ws-api/v3` or `/ws-fapi/v1`. Requests are begun in the order they came in."""

    def __init__(
        self,
        door: ApiDoor,
        feed: UserFeed,
        channel: Channel,
        host: str,
        header_key: str | None,
        shows_limits: bool,
        forget: Callable[["ApiSession"], None],
    ) -> None:
        self.channel = channel
        self._door = door
        self._host = host
        self._shows_limits = shows_limits
        self._forget = forget
        self._since_ms = door.now_ms()
        self._logon = Logon(door.keys, header_key, door.now_ms)
        self._subscriptions = Subscriptions(channel, feed, door.now_ms)
        self._running: set[asyncio.Future[None]] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """What it hears without asking again: an account's events."""
        return (USER,) if self._subscriptions.numbers() else ()

    def received(self, text: bytes) -> None:
        """Take a request, and answer it: at once where that is possible."""
        try:
            request = parse_request(text)
        except ExchangeError as error:
            self.channel.send(refusal(_NO_ID, error, None))
            return
        disturbance = self._door.disturbance(request, self._logon.account(request.values))
        if disturbance is None:
            self._carry_out(request, self.channel.send)
        elif disturbance.hold_ms > 0:
            self._door.later(disturbance.hold_ms / 1_000, lambda: self._disturbed(request, disturbance))
        else:
            self._disturbed(request, disturbance)

    def closed(self) -> None:
        """The connection is over. What was asked goes on, as it would have upstream."""
        self._subscriptions.end_all()
        self._forget(self)

    # --- Requests ----------------------------------------------------------------------------------------------------

    def _disturbed(self, request: ApiRequest, disturbance: Disturbance) -> None:
        send = Misdelivery(self.channel, request.id, disturbance, self._door.later).send
        if disturbance.has_effect:
            self._carry_out(request, send)
        else:
            send(refusal(request.id, refusals.timed_out(), None))

    def _carry_out(self, request: ApiRequest, send: Send) -> None:
        method = self._door.plain(request.method)
        account: str | None = None
        try:
            own = OWN_METHODS.get(method)
            if own is not None:
                self._door.spend(self._host, _SESSION_WEIGHT)
                given = _parameters(request, is_strict=True)
                result: bytes | Awaitable[bytes] = msgspec.json.encode(own(self, request, given))
            else:
                route = self._door.route(method)
                given = _parameters(request, is_strict=route.is_strict)
                self._door.spend(self._host, weight_of(route, given))
                account = self._logon.proven(route.security, request.values, given)
                result = self._door.call(route, given, account)
        except ExchangeError as error:
            self._refuse(request, error, account, send)
            return
        if isinstance(result, bytes):
            send(answer(request.id, result, self._limits(request, method, account)))
            return
        task = asyncio.ensure_future(self._awaited(request, method, account, result, send))
        self._running.add(task)
        task.add_done_callback(self._ended)

    async def _awaited(
        self, request: ApiRequest, method: str, account: str | None, result: Awaitable[bytes], send: Send
    ) -> None:
        try:
            body = await result
        except ExchangeError as error:
            self._refuse(request, error, account, send)
        except NoAnswer as nothing:
            if nothing.is_reset:
                self.channel.abort()
        except Exception:
            # Whatever it is, the client must not wait for ever.
            self._refuse(request, _unknown(), account, send)
            raise
        else:
            send(answer(request.id, body, self._limits(request, method, account)))

    def _ended(self, task: asyncio.Future[None]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            report = {"message": "A request over the WebSocket API failed.", "exception": error}
            task.get_loop().call_exception_handler(report)

    def _refuse(self, request: ApiRequest, error: ExchangeError, account: str | None, send: Send) -> None:
        limits = self._limits(request, self._door.plain(request.method), account)
        send(refusal(request.id, self._door.with_retry(error), limits))

    def _limits(self, request: ApiRequest, method: str, account: str | None) -> Limits | None:
        asked = request.values.get("returnRateLimits")
        if not (self._shows_limits if asked is None else asked == "true"):
            return None
        return self._door.limits(self._host, account if shows_order_limits(method) else None)

    # --- The connection's own ----------------------------------------------------------------------------------------

    def _session_logon(self, request: ApiRequest, given: Parameters) -> object:
        self._logon.start(request.values, given)
        given.finish()
        return self._status()

    def _session_status(self, request: ApiRequest, given: Parameters) -> object:
        given.finish()
        return self._status()

    def _session_logout(self, request: ApiRequest, given: Parameters) -> object:
        given.finish()
        self._logon.end()
        self._subscriptions.end_of_logon()
        return self._status()

    def _session_subscriptions(self, request: ApiRequest, given: Parameters) -> object:
        given.finish()
        return [{"subscriptionId": number} for number in self._subscriptions.numbers()]

    def _subscribe(self, request: ApiRequest, given: Parameters) -> object:
        account = self._logon.subscriber()
        if account is None:
            raise ExchangeError(-1193, "WebSocket session not authenticated. Recommendation: use `session.logon`")
        given.finish()
        return {"subscriptionId": self._subscriptions.start(account, of_logon=True)}

    def _subscribe_signed(self, request: ApiRequest, given: Parameters) -> object:
        account = self._logon.signed(request.values, given).account
        given.finish()
        return {"subscriptionId": self._subscriptions.start(account, of_logon=False)}

    def _unsubscribe(self, request: ApiRequest, given: Parameters) -> object:
        number = given.get("subscriptionId")
        given.finish()
        self._subscriptions.end(number)
        return {}

    def _status(self) -> object:
        key = self._logon.key
        return {
            "apiKey": key.key if key else None,
            "authorizedSince": self._logon.since_ms,
            "connectedSince": self._since_ms,
            "returnRateLimits": self._shows_limits,
            "serverTime": self._door.now_ms(),
            "userDataStream": bool(self._subscriptions.numbers()),
        }


OWN_METHODS: Final[dict[str, Callable[[ApiSession, ApiRequest, Parameters], object]]] = {
    "session.logon": ApiSession._session_logon,
    "session.status": ApiSession._session_status,
    "session.logout": ApiSession._session_logout,
    "session.subscriptions": ApiSession._session_subscriptions,
    "userDataStream.subscribe": ApiSession._subscribe,
    "userDataStream.subscribe.signature": ApiSession._subscribe_signed,
    "userDataStream.unsubscribe": ApiSession._unsubscribe,
}
"""The methods that are no endpoint, in both markets: the connection's own."""
