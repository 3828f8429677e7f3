"""The streams' requests over the client's own connections for reads, within their rate budget."""

from typing import Final

from interlock.ports.exchange.words import Market
from interlock.venues.binance.asking import Asker, ReadFailed, Security, Why
from interlock.venues.binance.requests import Wanted
from interlock.venues.binance.streams.reads import NotRead

_KEY_WEIGHT: Final = 2
# By the venue's documents: depth by how many levels are asked for, the others by symbol.
_DEPTH_WEIGHTS: Final = {
    Market.SPOT: ((100, 5), (500, 25), (1_000, 50), (5_000, 250)),
    Market.USDM: ((50, 2), (100, 5), (500, 10), (1_000, 20)),
}
_WEIGHTS: Final = {
    (Market.SPOT, "bookTicker"): 2,
    (Market.SPOT, "trades"): 25,
    (Market.USDM, "bookTicker"): 2,
    (Market.USDM, "trades"): 5,
}


class AskedReads:
    """Carries out what the streams of one market ask. Implements `Reads`."""

    def __init__(self, market: Market, asker: Asker) -> None:
        self._market = market
        self._asker = asker

    async def public(self, wanted: Wanted) -> bytes:
        """Return the body of a success. Errors: NotRead, also while the budget holds reads back."""
        return _body(await self._asker.ask(wanted, weight_of(self._market, wanted)))

    async def keyed(self, wanted: Wanted) -> bytes:
        """Return the body of a success, asked with the API key, ahead of the reads' share. Errors: NotRead."""
        return _body(await self._asker.ask(wanted, _KEY_WEIGHT, Security.KEY, can_wait=False))


def weight_of(market: Market, wanted: Wanted) -> int:
    """Return what a public read of the streams weighs."""
    name = wanted.path.decode("ascii").rpartition("/")[2]
    if name != "depth":
        return _WEIGHTS[market, name]
    levels = int(wanted.query.rpartition(b"limit=")[2])
    return next((weight for most, weight in _DEPTH_WEIGHTS[market] if levels <= most), _DEPTH_WEIGHTS[market][-1][1])


def _body(answer: bytes | ReadFailed) -> bytes:
    if isinstance(answer, ReadFailed):
        is_held_back = answer.why in (Why.HELD_BACK, Why.TOO_MANY)
        raise NotRead(f"{answer.why.value}: {answer.text}", answer.code, is_held_back=is_held_back)
    return answer
