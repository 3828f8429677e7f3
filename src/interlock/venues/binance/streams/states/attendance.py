"""Which connections carry a stream: none, one, or two while one replaces the other; and what that means for it."""

from collections.abc import Callable

from interlock.ports.exchange.words import Market
from interlock.venues.binance.streams.facts import StreamBack, StreamLost


class Attendance:
    """Counts the connections of one stream and tells when it is lost and back.

    `overlap` is called when two connections carry it, and when it is one again.
    """

    def __init__(
        self,
        market: Market,
        name: str,
        tell: Callable[[StreamLost | StreamBack], None],
        overlap: Callable[[bool], None],
    ) -> None:
        self.market = market
        self.name = name
        self.lines: frozenset[int] = frozenset()
        self._carrying: dict[int, int] = {}  # and since when
        self._tell = tell
        self._overlap = overlap
        self._good_at_ns: int | None = None

    @property
    def is_up(self) -> bool:
        """Whether a connection carries what was asked for."""
        return bool(self._carrying)

    def attached(self, number: int) -> None:
        """A connection is there, and heard; what is asked for it need not carry yet."""
        self.lines |= {number}
        if len(self.lines) > 1:
            self._overlap(True)

    def opened(self, number: int, at_ns: int) -> bool:
        """A connection carries what was asked for; returns whether the stream was not carried before."""
        was_up = self.is_up
        self._carrying[number] = at_ns
        if not was_up:
            self._tell(StreamBack(self.market, self.name, self._good_at_ns, at_ns))
        return not was_up

    def closed(self, number: int, at_ns: int, good_at_ns: int, why: str) -> bool:
        """A connection is no more; returns whether the stream is lost with it.

        `good_at_ns` is when it was last known to bring all there is. Another that is there and does not carry the
        stream yet does not save it: what comes until it does is missed. One that began to carry it only after
        `good_at_ns` does, but what came in between was missed, too, and that is told.
        """
        carried = self._carrying.pop(number, None) is not None
        self.lines -= {number}
        if len(self.lines) == 1:
            self._overlap(False)
        if not carried:
            return False
        self._good_at_ns = max(good_at_ns, self._good_at_ns or 0)
        if self.is_up and min(self._carrying.values()) <= good_at_ns:
            return False
        self._tell(StreamLost(self.market, self.name, at_ns, why))
        if self.is_up:
            self._tell(StreamBack(self.market, self.name, good_at_ns, at_ns))
        return not self.is_up
