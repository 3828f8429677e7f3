"""Binance's REST protocol as a site of the server room: from a request to the endpoint and back to bytes."""

import asyncio
from collections.abc import Awaitable
from typing import Protocol

from interlock.gateway.binance import refusals
from interlock.gateway.binance.admission import admit, weight_of
from interlock.gateway.binance.desk import Asked, Desk, Route
from interlock.gateway.binance.interfering import disturbed, not_carried_out
from interlock.gateway.binance.keys.table import KeyTable
from interlock.gateway.binance.limits.allowances import Headers
from interlock.gateway.binance.limits.counters import Limited
from interlock.gateway.binance.requests.parameters import Parameters
from interlock.gateway.binance.rest.wallet import DENIED
from interlock.gateway.binance.routes import BY_PATH
from interlock.gateway.server.messages import Channel, Delivery, Request, Response, Session
from interlock.ports.exchange.interference import Call, Disturbance, Interference
from interlock.ports.exchange.refusals import ExchangeError, NoAnswer
from interlock.ports.exchange.words import Market

_SPOT_TYPE = "application/json;charset=UTF-8"
_FUTURES_TYPE = "application/json"
_HTML = "text/html"
_NOT_FOUND = b"<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1></body></html>"


class Sockets(Protocol):
    """Who takes WebSockets in, of one market."""

    @property
    def market(self) -> Market:
        """The market, whose bans hold for them."""
        ...

    def open_socket(self, request: Request, channel: Channel) -> Session | Response:
        """Take a WebSocket in, or refuse it with a response."""
        ...


class BinanceSite:
    """Serves every endpoint of `routes.ROUTES` over the desk's exchange, and hands WebSockets on.

    Several sites may share a desk, one for each port; the limits of an address then hold over all of them.
    """

    def __init__(
        self, desk: Desk, keys: KeyTable, sockets: Sockets, *, interference: Interference | None = None
    ) -> None:
        self._desk = desk
        self._keys = keys
        self._sockets = sockets
        self._interference = interference
        self._now_ms = desk.exchange.now_ms
        self._allowances = {market: desk.allowances.of(market) for market in Market}

    def ban(self, peer_host: str, seconds: int, market: Market | None = None) -> None:
        """Shut an address out of a market (of all) for so long, as if it had gone on asking over its limit.

        Zero seconds let it in again.
        """
        for each in Market if market is None else (market,):
            self._allowances[each].bans.ban(peer_host, seconds)

    def open_socket(self, request: Request, channel: Channel) -> Session | Response:
        """Take a WebSocket in, or refuse it: 418 to who is banned."""
        try:
            self._allowances[self._sockets.market].bans.check(_host(request.peer))
        except Limited as error:
            return _refused(error, _SPOT_TYPE, ())
        return self._sockets.open_socket(request, channel)

    def answer(self, request: Request) -> Response | Awaitable[Response]:
        """Answer a request; market data at once, what concerns an account later."""
        methods = BY_PATH.get(request.path)
        if methods is None:
            return _unknown_path(request.path)
        route = methods.get(request.method)
        if route is None:
            return Response(405, _NOT_ALLOWED, (("Allow", ", ".join(methods)),), content_type=_type(methods))
        if self._interference is None:
            return self._carried_out(route, request)
        account = self._keys.account_of(request.headers)
        call = Call(route.market, f"{route.method} {route.path}", account, is_socket=False)
        disturbance = self._interference.on_call(call)
        if disturbance is None:
            return self._carried_out(route, request)
        if disturbance.hold_ms > 0:
            return self._held(route, request, disturbance)
        return self._disturbed(route, request, disturbance)

    # --- What goes wrong on purpose ------------------------------------------------------------------------------

    def _disturbed(self, route: Route, request: Request, disturbance: Disturbance) -> Response | Awaitable[Response]:
        if not disturbance.has_effect:
            return disturbed(not_carried_out(), disturbance)
        answer = self._carried_out(route, request)
        return disturbed(answer, disturbance) if isinstance(answer, Response) else _later(answer, disturbance)

    async def _held(self, route: Route, request: Request, disturbance: Disturbance) -> Response:
        await asyncio.sleep(disturbance.hold_ms / 1_000)
        answer = self._disturbed(route, request, disturbance)
        return answer if isinstance(answer, Response) else await answer

    # --- What is asked -------------------------------------------------------------------------------------------

    def _carried_out(self, route: Route, request: Request) -> Response | Awaitable[Response]:
        market = route.market
        content_type = _SPOT_TYPE if market is Market.SPOT else _FUTURES_TYPE
        allowance, host = self._allowances[market], _host(request.peer)
        given = Parameters.received(request.query, request.body, is_strict=route.is_strict)
        try:
            used = allowance.spend(host, weight_of(route, given))
        except Limited as error:
            return _refused(error, content_type, allowance.weight_headers(allowance.used(host)))
        headers = allowance.weight_headers(used)
        try:
            account = admit(route, given, self._keys, request.headers, request.query, request.body, self._now_ms())
            asked = Asked(market, given, account)
            body = route.handler(self._desk, asked)
        except (ExchangeError, NoAnswer) as error:
            return _refused(error, content_type, headers)
        if isinstance(body, bytes):
            return Response(200, body, headers, content_type)
        return _awaited(body, asked, headers, content_type)


async def _awaited(body: Awaitable[bytes], asked: Asked, headers: Headers, content_type: str) -> Response:
    try:
        return Response(200, await body, headers + asked.headers, content_type)
    except (ExchangeError, NoAnswer) as error:
        return _refused(error, content_type, headers + asked.headers)


async def _later(answer: Awaitable[Response], disturbance: Disturbance) -> Response:
    return disturbed(await answer, disturbance)


def _refused(error: ExchangeError | NoAnswer, content_type: str, headers: Headers) -> Response:
    if isinstance(error, NoAnswer):
        delivery = Delivery(is_reset=True) if error.is_reset else Delivery(is_dropped=True)
        return Response(200, b"", delivery=delivery)
    if isinstance(error, Limited):
        headers = (*headers, ("Retry-After", str(error.retry_after_s)))
    return Response(error.status, refusals.body(error), headers, content_type)


def _unknown_path(path: str) -> Response:
    """Answer a path that is not served: denied where upstream moves money behind it, else not found."""
    if path.startswith(DENIED):
        return _refused(refusals.unauthorised(), _SPOT_TYPE, ())
    return Response(404, _NOT_FOUND, content_type=_HTML)


def _type(methods: dict[str, Route]) -> str:
    is_spot = any(route.market is Market.SPOT for route in methods.values())
    return _SPOT_TYPE if is_spot else _FUTURES_TYPE


_NOT_ALLOWED = refusals.body(ExchangeError(-1000, "Request method is not supported."))


def _host(peer: str) -> str:
    return peer.rpartition(":")[0] or peer
