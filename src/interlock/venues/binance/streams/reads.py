"""What the streams ask of the venue by plain requests: snapshots, quotes, trades, and listen keys.

Weights are those of the venue's documents; whoever carries a request out counts them against its budget.
"""

from typing import Final, Protocol

from interlock.ports.exchange.words import Market
from interlock.venues.binance.requests import Wanted, reading

_DEPTHS: Final = {Market.SPOT: "/api/v3/depth", Market.USDM: "/fapi/v1/depth"}
_QUOTES: Final = {Market.SPOT: "/api/v3/ticker/bookTicker", Market.USDM: "/fapi/v1/ticker/bookTicker"}
_TRADES: Final = {Market.SPOT: "/api/v3/trades", Market.USDM: "/fapi/v1/trades"}
_LISTEN_KEY: Final = b"/fapi/v1/listenKey"


class NotRead(Exception):
    """A request of a stream was not answered with a success. `code` is the venue's, 0 when there was none.

    `is_held_back` means that it was never sent, by our own rate limits: that says nothing of the venue.
    """

    def __init__(self, why: str, code: int = 0, *, is_held_back: bool = False) -> None:
        super().__init__(why)
        self.code = code
        self.is_held_back = is_held_back


class Reads(Protocol):
    """Who carries such requests out, within the rate budget."""

    async def public(self, wanted: Wanted) -> bytes:
        """Return the body of a successful answer to a request without key and signature. Errors: NotRead."""
        ...

    async def keyed(self, wanted: Wanted) -> bytes:
        """Return the body of a successful answer to a request with the API key alone. Errors: NotRead."""
        ...


def depth_wanted(market: Market, symbol: str, count: int) -> Wanted:
    """Return the request for a book."""
    return reading(_DEPTHS[market], symbol=symbol, limit=count)


def quote_wanted(market: Market, symbol: str) -> Wanted:
    """Return the request for the best quote."""
    return reading(_QUOTES[market], symbol=symbol)


def trades_wanted(market: Market, symbol: str, count: int) -> Wanted:
    """Return the request for the recent trades."""
    return reading(_TRADES[market], symbol=symbol, limit=count)


def listen_key_wanted() -> Wanted:
    """Return the request that makes a futures listen key, or gives the one there is another hour."""
    return Wanted(b"POST", _LISTEN_KEY)


def listen_key_renewal() -> Wanted:
    """Return the request that gives the futures listen key another hour."""
    return Wanted(b"PUT", _LISTEN_KEY)
