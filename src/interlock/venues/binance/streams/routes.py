"""Which socket carries which streams: the paths and the names of streams, by market and by what is wanted."""

from collections.abc import Sequence
from enum import Enum
from typing import Final

from msgspec import Struct

from interlock.ports.exchange.words import Market
from interlock.venues.binance.endpoints import Endpoints, Place

SYMBOLS_PER_SOCKET: Final = 60
"""Three streams each: within the 200 streams a socket that futures allow, and far within spot's 1,024."""
_PUBLIC: Final = "/public"
_MARKET: Final = "/market"
_PRIVATE: Final = "/private"


class Want(Enum):
    """What is wanted of a symbol."""

    DEPTH = "depth@100ms"
    QUOTES = "bookTicker"
    TRADES = "trade"
    MARKS = "markPrice@1s"


class Asking(Enum):
    """How streams are asked for: in the address, or by messages once the socket is up; and in which wrapping."""

    BY_ADDRESS = "by address"
    IN_BAND = "in band"
    IN_BAND_COMBINED = "in band, combined"


# Futures sort their streams by route; the depth's and quotes' is "public".
_ROUTES: Final = {Want.DEPTH: _PUBLIC, Want.QUOTES: _PUBLIC, Want.TRADES: _PUBLIC, Want.MARKS: _MARKET}


class Route(Struct, frozen=True, kw_only=True):
    """One socket: where it is opened, and what it carries. `asked` is what is still to be asked for in band."""

    name: str
    url: str
    symbols: tuple[str, ...]
    wants: tuple[Want, ...]
    asked: tuple[str, ...]


def market_routes(
    endpoints: Endpoints, market: Market, symbols: Sequence[str], wants: Sequence[Want], asking: Asking
) -> tuple[Route, ...]:
    """Return the sockets that carry what is wanted of the symbols. All of a symbol's book is on one of them.

    Errors: AssertionError when nothing is wanted, a symbol twice, or marks of spot.
    """
    assert symbols and wants and len(set(symbols)) == len(symbols), "symbols and wants are given, each once"
    assert market is Market.USDM or Want.MARKS not in wants, "spot has no mark price"
    place = endpoints.spot_streams if market is Market.SPOT else endpoints.usdm_streams
    routes = []
    for prefix in (_PUBLIC, _MARKET):
        carried = tuple(want for want in Want if want in wants and _ROUTES[want] == prefix)
        for at in range(0, len(symbols) if carried else 0, SYMBOLS_PER_SOCKET):
            some = tuple(symbols[at : at + SYMBOLS_PER_SOCKET])
            names = tuple(f"{symbol.lower()}@{want.value}" for symbol in some for want in carried)
            start = prefix if market is Market.USDM else ""
            routes.append(
                Route(
                    name=f"{market.value} {prefix.removeprefix('/')} {at // SYMBOLS_PER_SOCKET + 1}",
                    url=url_of(place, start + _path(asking, names)),
                    symbols=some,
                    wants=carried,
                    asked=() if asking is Asking.BY_ADDRESS else names,
                )
            )
    return tuple(routes)


def user_url(endpoints: Endpoints, listen_key: str) -> str:
    """Return where the events of a futures account are heard."""
    return url_of(endpoints.usdm_streams, f"{_PRIVATE}/ws?listenKey={listen_key}")


def socket_api_url(endpoints: Endpoints) -> str:
    """Return where spot's WebSocket API is."""
    return url_of(endpoints.spot_socket_api, "/ws-api/v3?returnRateLimits=false")


def url_of(place: Place, path: str) -> str:
    """Return a WebSocket address."""
    return f"{'wss' if place.is_tls else 'ws'}://{place.authority}{path}"


def _path(asking: Asking, names: tuple[str, ...]) -> str:
    if asking is Asking.BY_ADDRESS:
        return f"/stream?streams={'/'.join(names)}"
    return "/ws" if asking is Asking.IN_BAND else "/stream"
