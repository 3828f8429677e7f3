"""The book of one symbol as it is shown: whole once a snapshot and the diffs have joined, else not shown at all.

The rules are those of `market.books`, tick by tick: a diff that does not carry on from the one before is a gap, and the
book is whole again once a later snapshot joins the diffs heard since. Where the feed begins anew, the last book is held
and shown as it was until the new one is whole, so that there is something to trade against in between. Diffs are passed
on all the while, as a venue's stream would, so that a client can join by itself; what is older than the last update is
not.
"""

import sys
from collections import deque

from interlock.market.ladder import Ladder
from interlock.market.live.digits import Digits
from interlock.market.live.ticks import DepthTick, Levels
from interlock.ports.exchange.market_data import DepthChanged, DepthShown, Level
from interlock.units.sides import Side

# A snapshot is at most so many diffs older than what was heard; without one, older diffs are of no use.
_DIFFS_KEPT = 10_000
_LIMITS_KEPT = 16


class ShownBook:
    """Takes depth ticks, in order; shows the book after each."""

    def __init__(self, symbol: str, digits: Digits, is_spot: bool) -> None:
        self._symbol = symbol
        self._digits = digits
        self._is_spot = is_spot
        self.ladder = Ladder()
        self._levels: dict[Side, dict[int, Level]] = {Side.BUY: {}, Side.SELL: {}}
        self._kept: deque[DepthTick] = deque(maxlen=_DIFFS_KEPT)  # diffs since the last gap, while not synced
        self._snapshot: DepthTick | None = None  # a snapshot that no diff has joined yet
        self._shown: dict[int, DepthShown] = {}  # by limit, of this update
        self.heard_id = -1  # of the last diff heard
        self.highest_id = 0  # of all diffs heard
        self.last_id = -1  # of the last diff that is in the book
        self.changed_at_ns = 0
        self.is_synced = False
        self._is_held = False  # what is shown is the last book before the feed began anew

    def clear(self) -> None:
        """Hear that what comes next does not carry on: a whole book is held until the next one is."""
        self._is_held = self.is_synced
        if not self.is_synced:
            self._lose()
        self._kept.clear()
        self._snapshot = None
        self.heard_id = -1

    def take(self, tick: DepthTick) -> DepthChanged | None:
        """Take a snapshot or a diff; return what it changes, None for a snapshot and for a diff that is old."""
        if tick.is_snapshot:
            if self._is_held or not self.is_synced:
                self._snapshot = tick
                self._join()
            return None
        last_id = self.heard_id
        if 0 <= tick.last_id <= last_id:
            return None
        if last_id >= 0 and (tick.first_id != last_id + 1 if self._is_spot else tick.previous_id != last_id):
            self._lose()
        self.heard_id = tick.last_id
        self.highest_id = max(self.highest_id, tick.last_id)
        bids, asks = self._level_of(tick.bids), self._level_of(tick.asks)
        if self.is_synced and not self._is_held:
            self._show(tick)
            self._set(Side.BUY, tick.bids, bids)
            self._set(Side.SELL, tick.asks, asks)
        else:
            self._kept.append(tick)
            self._join()
        return DepthChanged(
            symbol=self._symbol,
            first_id=tick.first_id,
            last_id=tick.last_id,
            previous_id=last_id if self._is_spot else tick.previous_id,
            bids=bids,
            asks=asks,
            at_ns=tick.venue_at_ns,
        )

    def snapshot(self, at_ns: int) -> DepthTick | None:
        """Return a snapshot that the next diff joins, or the one that waits for it; None when no book is known."""
        if not self.is_synced:
            return self._snapshot
        bids, asks = self.ladder.best(Side.BUY, sys.maxsize), self.ladder.best(Side.SELL, sys.maxsize)
        levels = [([price for price, _ in side], [size for _, size in side]) for side in (bids, asks)]
        return DepthTick(self._symbol, at_ns, 0, True, self.last_id, self.last_id, -1, *levels)

    def depth(self, limit: int) -> DepthShown | None:
        """Return up to `limit` levels a side; None while the book is not whole, or its sides overlap."""
        if not self.is_synced or not self.ladder.is_sound:
            return None
        shown = self._shown.get(limit)
        if shown is None:
            if len(self._shown) >= _LIMITS_KEPT:
                self._shown.clear()
            shown = self._shown[limit] = DepthShown(
                symbol=self._symbol,
                update_id=self.last_id,
                bids=self._best(Side.BUY, limit),
                asks=self._best(Side.SELL, limit),
                at_ns=self.changed_at_ns,
            )
        return shown

    def twice_mid_e8(self) -> int | None:
        """Return twice the mid price; None when there is no sound book with both sides."""
        if not self.is_synced or not self.ladder.is_sound:
            return None
        bids, asks = self.ladder.best(Side.BUY, 1), self.ladder.best(Side.SELL, 1)
        return bids[0][0] + asks[0][0] if bids and asks else None

    def levels(self, side: Side, count: int) -> list[tuple[int, int]]:
        """Return up to `count` (price_e8, size_e8), best first; none when the book is not shown."""
        return self.ladder.best(side, count) if self.is_synced and self.ladder.is_sound else []

    def size_at(self, side: Side, price_e8: int) -> int | None:
        """Return the size at a price; None when it cannot be seen."""
        return self.ladder.size_at(side, price_e8) if self.is_synced and self.ladder.is_sound else None

    def _best(self, side: Side, limit: int) -> tuple[Level, ...]:
        levels = self._levels[side]
        return tuple([levels[price] for price, _ in self.ladder.best(side, limit)])

    def _level_of(self, side: Levels) -> tuple[Level, ...]:
        digits = self._digits
        return tuple(zip(map(digits.price, side[0]), map(digits.size, side[1]), strict=True))

    def _set(self, side: Side, changed: Levels, levels: tuple[Level, ...]) -> None:
        held = self._levels[side]
        for price, size, level in zip(*changed, levels, strict=True):
            if size:
                held[price] = level
            else:
                held.pop(price, None)
        (self.ladder.bids if side is Side.BUY else self.ladder.asks).change(*changed)

    def _lose(self) -> None:
        self.is_synced = self._is_held = False
        self._kept.clear()
        self._shown.clear()
        self.ladder = Ladder()
        self._levels = {Side.BUY: {}, Side.SELL: {}}

    def _join(self) -> None:
        """Join the waiting snapshot to the diffs kept, if one of them carries on from it."""
        snapshot = self._snapshot
        if snapshot is None:
            return
        wanted = snapshot.last_id + 1 if self._is_spot else snapshot.last_id
        following = [diff for diff in self._kept if diff.last_id >= wanted]
        if not following:
            return  # all diffs heard so far are older; the next one may join
        self._snapshot = None
        if following[0].first_id > wanted and following[0].previous_id != snapshot.last_id:
            return  # older than the diffs that were kept: of no use
        if self._is_held:
            self.ladder = Ladder()
            self._levels = {Side.BUY: {}, Side.SELL: {}}
        for tick in (snapshot, *following):
            self._set(Side.BUY, tick.bids, self._level_of(tick.bids))
            self._set(Side.SELL, tick.asks, self._level_of(tick.asks))
        self._kept.clear()
        self._show(following[-1])
        self.is_synced, self._is_held = True, False

    def _show(self, tick: DepthTick) -> None:
        """Note the diff that the book now goes up to."""
        self.last_id, self.changed_at_ns = tick.last_id, tick.venue_at_ns
        self._shown.clear()
