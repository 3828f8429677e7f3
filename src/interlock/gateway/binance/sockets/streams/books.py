"""The book as streams tell it: changes gathered for a while, joined without a gap, and its top."""

from collections.abc import Sequence
from decimal import Decimal

from interlock.gateway.binance.sockets.figures import own_digits
from interlock.ports.exchange.market_data import DepthChanged, DepthShown, Level
from interlock.ports.exchange.words import Market
from interlock.units.time import NS_PER_MS


def joined(changes: list[DepthChanged]) -> list[DepthChanged]:
    """Return changes (at least one, in order) as few as possible: one, or one more at each gap between them.

    The last word on a level counts. A gap in the feed stays a gap in the stream: whoever listens must see it.
    """
    runs: list[list[DepthChanged]] = [[changes[0]]]
    for change in changes[1:]:
        if change.previous_id == runs[-1][-1].last_id:
            runs[-1].append(change)
        else:
            runs.append([change])
    return [_as_one(run) for run in runs]


def _as_one(run: list[DepthChanged]) -> DepthChanged:
    first, last = run[0], run[-1]
    if first is last:
        return first
    bids: dict[Decimal, Decimal] = {}
    asks: dict[Decimal, Decimal] = {}
    for change in run:
        bids.update(change.bids)
        asks.update(change.asks)
    return DepthChanged(
        symbol=first.symbol,
        first_id=first.first_id,
        last_id=last.last_id,
        previous_id=first.previous_id,
        bids=tuple(bids.items()),
        asks=tuple(asks.items()),
        at_ns=last.at_ns,
    )


def depth_change(market: Market, told_ms: int, change: DepthChanged) -> str:
    """Return what changed. Spot's bids fall from the best, futures' rise towards it; asks rise in both, as upstream."""
    bids = levels(market, sorted(change.bids, reverse=market is Market.SPOT))
    asks = levels(market, sorted(change.asks))
    if market is Market.SPOT:
        return (
            f'{{"e":"depthUpdate","E":{told_ms},"s":"{change.symbol}","U":{change.first_id},"u":{change.last_id},'
            f'"b":[{bids}],"a":[{asks}]}}'
        )
    return _futures(told_ms, change, bids, asks)


def depth_top(market: Market, told_ms: int, shown: DepthShown, since: DepthChanged | None, previous_id: int) -> str:
    """Return the top of the book, best first. Futures' names the updates it comes from.

    `since` is the first change it includes, None for the first message; `previous_id` the last update told before.
    """
    bids, asks = levels(market, shown.bids), levels(market, shown.asks)
    if market is Market.SPOT:
        return f'{{"lastUpdateId":{shown.update_id},"bids":[{bids}],"asks":[{asks}]}}'
    change = DepthChanged(
        symbol=shown.symbol,
        first_id=since.first_id if since else shown.update_id,
        last_id=shown.update_id,
        previous_id=previous_id if since else shown.update_id - 1,
        bids=(),
        asks=(),
        at_ns=shown.at_ns,
    )
    return _futures(told_ms, change, bids, asks)


def levels(market: Market, side: Sequence[Level]) -> str:
    """Return one side's levels as a JSON list without its brackets. Most of what is sent is this: no call a level."""
    if market is Market.SPOT:
        return ",".join([f'["{price:.8f}","{quantity:.8f}"]' for price, quantity in side])
    text = ",".join([f'["{price!s}","{quantity!s}"]' for price, quantity in side])
    if "E" in text:  # an exponent, which is rare
        text = ",".join([f'["{own_digits(price)}","{own_digits(quantity)}"]' for price, quantity in side])
    return text


def _futures(told_ms: int, change: DepthChanged, bids: str, asks: str) -> str:
    return (
        f'{{"e":"depthUpdate","E":{told_ms},"T":{change.at_ns // NS_PER_MS},"s":"{change.symbol}",'
        f'"ps":"{change.symbol}","st":1,"U":{change.first_id},"u":{change.last_id},"pu":{change.previous_id},'
        f'"b":[{bids}],"a":[{asks}]}}'
    )
