"""The WebSocket API of one market: what all its connections share, and the way into the endpoints."""

from collections.abc import Awaitable, Callable

from interlock.gateway.binance.desk import Asked, Desk, Route
from interlock.gateway.binance.keys.table import KeyTable
from interlock.gateway.binance.limits.counters import Limited
from interlock.gateway.binance.requests.parameters import Parameters
from interlock.gateway.binance.routes import BY_PATH
from interlock.gateway.binance.sockets.api.envelope import ApiRequest, Limits
from interlock.gateway.binance.sockets.api.methods import METHODS, plain_name
from interlock.gateway.binance.sockets.pushing import Later, loop_later
from interlock.ports.exchange.interference import Call, Disturbance, Interference
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.words import Market

CONNECT_WEIGHT = {Market.SPOT: 2, Market.USDM: 5}


class ApiDoor:
    """The endpoints as methods, with their keys, limits and disturbances."""

    def __init__(
        self,
        market: Market,
        desk: Desk,
        keys: KeyTable,
        *,
        interference: Interference | None = None,
        later: Later = loop_later,
    ) -> None:
        self.market = market
        self.keys = keys
        self.now_ms: Callable[[], int] = desk.exchange.now_ms
        self._desk = desk
        self._allowance = desk.allowances.of(market)
        self._interference = interference
        self.later = later
        self._routes = {name: BY_PATH[path][verb] for name, (verb, path) in METHODS[market].items()}

    def plain(self, method: str) -> str:
        """Return a method's name without its version."""
        return plain_name(self.market, method)

    def route(self, method: str) -> Route:
        """Return a method's endpoint. Errors: -1020 when there is none."""
        found = self._routes.get(method)
        if found is None:
            raise ExchangeError(-1020, "This operation is not supported.")
        return found

    def call(self, route: Route, given: Parameters, account: str) -> bytes | Awaitable[bytes]:
        """Ask an endpoint."""
        return route.handler(self._desk, Asked(self.market, given, account))

    def spend(self, host: str, weight: int) -> None:
        """Use weight. Errors: Limited when there is none left."""
        self._allowance.spend(host, weight)

    def with_retry(self, error: ExchangeError) -> ExchangeError:
        """Return a refusal for asking too much with when to ask again, as this API tells it."""
        if not isinstance(error, Limited):
            return error
        now_ms = self.now_ms()
        data = {"serverTime": now_ms, "retryAfter": now_ms + error.retry_after_s * 1_000}
        return ExchangeError(error.code, error.text, error.status, data)

    def limits(self, host: str, account: str | None) -> Limits:
        """Return what has been used: orders where an account is given, and the address's weight."""
        shown: Limits = []
        if account:
            for limit, count in self._allowance.order_counts(account):
                shown.append(_limit("ORDERS", limit.unit, limit.number, limit.orders_max, count))
        most = self._allowance.limits.weight_minute_max
        shown.append(_limit("REQUEST_WEIGHT", "MINUTE", 1, most, self._allowance.used(host)))
        return shown

    def disturbance(self, request: ApiRequest, account: str | None) -> Disturbance | None:
        """Return what goes wrong with a request on purpose."""
        if self._interference is None:
            return None
        return self._interference.on_call(Call(self.market, self.plain(request.method), account, True))


def _limit(kind: str, interval: str, number: int, most: int, count: int) -> dict[str, object]:
    return {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": most, "count": count}
