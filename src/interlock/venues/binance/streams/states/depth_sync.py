"""One symbol's book by the venue's sequence rules: a snapshot that was asked for, and the diffs that follow it.

Rules (Binance, "How to manage a local order book correctly"). Diffs are kept until the snapshot is there; those before
it are dropped. Spot: the first diff used has U <= lastUpdateId + 1 <= u, each later one U equal to the u before it plus
one. USD-M: the first has U <= lastUpdateId <= u, or says by pu that it follows the snapshot; each later one has pu
equal to the u before it. Anything else is a gap: it is told, and the book is asked for anew.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from interlock.ports.exchange.words import Market
from interlock.venues.binance.parse.market_values import BookHeard, DiffHeard
from interlock.venues.binance.streams.facts import DepthLost, DepthOut, DepthSynced, Disordered, Repeated

KEPT_MAX: Final = 2_000
_REMEMBERED: Final = 128


class DepthSync:
    """Takes a symbol's diffs and snapshots, and tells the whole book, the diffs that chain to it, and all that is odd.

    While two sockets overlap, a diff that runs ahead is held until the slower socket has brought what lies between.
    A gap within the one socket that has brought anything yet is told at once.
    """

    def __init__(self, market: Market, symbol: str, tell: Callable[[DepthOut], None], want: Callable[[], None]) -> None:
        """`tell` takes all that comes out, `want` is called when a snapshot begins to be wanted."""
        self.symbol = symbol
        self.is_synced = False
        self.final_id = -1
        self.stale_count = 0
        self.overlapped_count = 0
        self._is_spot = market is Market.SPOT
        self._tell = tell
        self._want = want
        self._kept: deque[DiffHeard] = deque(maxlen=KEPT_MAX)
        self._snapshot: BookHeard | None = None
        self._remembered: deque[int] = deque(maxlen=_REMEMBERED)
        self._is_overlapping = False
        self._held: list[DiffHeard] = []
        self._brought: set[int] = set()

    @property
    def wants_snapshot(self) -> bool:
        """Whether a snapshot would help now: the book is not whole, and none waits for the next diff."""
        return not self.is_synced and self._snapshot is None

    def diff(self, diff: DiffHeard, line: int = 0) -> None:
        """Take a diff as it was heard, and the number of the connection that brought it."""
        is_first = line not in self._brought
        if is_first:
            self._brought.add(line)
        self._take(diff, self._is_overlapping and (is_first or len(self._brought) > 1))

    def _take(self, diff: DiffHeard, may_come: bool) -> None:
        """Put a diff in its place. `may_come`: what lies before it may still come by the other socket."""
        final = self.final_id
        if (diff.first_id == final + 1) if self._is_spot else (diff.previous_id == final):
            self._chain(diff)
            if self._held:
                self._release()
        elif final < 0:
            self._chain(diff)
        elif diff.final_id <= final:
            self._drop(diff)
        elif may_come and len(self._held) < KEPT_MAX:
            self._hold(diff)
        else:
            self._lose(diff)
            self._held.clear()

    def book(self, book: BookHeard) -> None:
        """Take the snapshot that was asked for. One that comes while the book is whole is of no use."""
        if not self.is_synced:
            self._snapshot = book
            self._join(book.heard_at_ns)

    def overlap(self, is_overlapping: bool) -> None:
        """Two sockets carry the diffs from now on, or one again: then what is still held shows a gap."""
        self._is_overlapping = is_overlapping
        if is_overlapping:
            return
        self._brought.clear()
        held, self._held = sorted(self._held, key=lambda diff: diff.final_id), []
        for diff in held:
            self._take(diff, False)

    def forget(self, at_ns: int) -> None:
        """No socket carries the diffs any more: what comes next need not follow what came before."""
        if self.is_synced:
            self._tell(DepthLost(self.symbol, self.final_id, -1, at_ns))
        self.is_synced = self._is_overlapping = False
        self.final_id = -1
        self._snapshot = None
        self._kept.clear()
        self._held.clear()
        self._remembered.clear()
        self._brought.clear()

    def _chain(self, diff: DiffHeard) -> None:
        self.final_id = diff.final_id
        self._remembered.append(diff.final_id)
        if self.is_synced:
            self._tell(diff)
            return
        self._kept.append(diff)
        if self._snapshot is not None:
            self._join(diff.heard_at_ns)

    def _drop(self, diff: DiffHeard) -> None:
        if self._is_overlapping:
            self.overlapped_count += 1
        elif diff.final_id in self._remembered:
            self._tell(Repeated("depth", self.symbol, diff.final_id, diff.heard_at_ns))
        else:
            self._tell(Disordered("depth", self.symbol, diff.final_id, self.final_id, diff.heard_at_ns))

    def _hold(self, diff: DiffHeard) -> None:
        if any(diff.final_id == held.final_id for held in self._held):
            self.overlapped_count += 1
        else:
            self._held.append(diff)

    def _release(self) -> None:
        """Bring what is held and chains by now."""
        self._held.sort(key=lambda diff: diff.final_id)
        waiting, self._held = self._held, []
        for diff in waiting:
            self._take(diff, True)

    def _lose(self, diff: DiffHeard) -> None:
        if self._is_spot:
            expected, found = self.final_id + 1, diff.first_id
        else:
            expected, found = self.final_id, diff.previous_id
        self.is_synced = False
        self._snapshot = None
        self._kept.clear()
        self._tell(DepthLost(self.symbol, expected, found, diff.heard_at_ns))
        self._chain(diff)
        self._want()

    def _join(self, at_ns: int) -> None:
        """Join the snapshot to the diffs kept, if the first that reaches it carries on from it."""
        book = self._snapshot
        assert book is not None
        wanted = book.update_id + 1 if self._is_spot else book.update_id
        while self._kept and self._kept[0].final_id < wanted:
            self._kept.popleft()
            self.stale_count += 1
        if not self._kept:
            return  # nothing newer was heard yet: the next diff may join
        first = self._kept[0]
        self._snapshot = None
        if first.first_id > wanted and (self._is_spot or first.previous_id != book.update_id):
            self._want()  # the snapshot is older than what was kept
            return
        self.is_synced = True
        self._tell(book)
        for diff in self._kept:
            self._tell(diff)
        self._kept.clear()
        self._tell(DepthSynced(self.symbol, self.final_id, at_ns))
