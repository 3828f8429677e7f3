"""Where a WebSocket was opened: what the path and the query ask to hear."""

from urllib.parse import parse_qs, unquote

from msgspec import Struct

from interlock.gateway.binance.sockets.streams.names import MARKET, PRIVATE, PUBLIC
from interlock.ports.exchange.words import Market

_ROUTES = frozenset({PUBLIC, MARKET, PRIVATE})
_API = {Market.SPOT: "ws-api/v3", Market.USDM: "ws-fapi/v1"}


class Opening(Struct, frozen=True):
    """A connection as asked for. `listen_key` is one given as such, which has to be valid.

    `route` is the part of futures' streams that is told here, empty for all of them.
    """

    is_api: bool = False
    is_combined: bool = False
    names: tuple[str, ...] = ()
    listen_key: str | None = None
    shows_limits: bool = True
    route: str = ""


def parse_opening(market: Market, path: str, query: bytes) -> Opening | None:
    """Return what a path and a query ask for, None for a place that is not served.

    Futures' paths may begin with the route that upstream sorts its streams by.
    """
    given = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    whole = unquote(path).strip("/")
    if whole == _API[market]:
        return Opening(is_api=True, shows_limits=given.get("returnRateLimits", ["true"])[-1].lower() != "false")
    first, *rest = whole.split("/")
    route = ""
    if market is Market.USDM and first in _ROUTES and rest:
        route, first, *rest = first, *rest
    listen_key = given.get("listenKey", [None])[-1]
    if first == "ws":
        # A bare number only tells one connection of a client from another.
        names = tuple(name for name in rest if name and not name.isdigit())
        return Opening(names=names, listen_key=listen_key, route=route)
    if first == "stream" and not rest:
        names = tuple(name for text in given.get("streams", []) for name in text.split("/") if name)
        return Opening(is_combined=True, names=names, listen_key=listen_key, route=route)
    return None
