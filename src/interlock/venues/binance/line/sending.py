"""One request of the order line, from the moment it is asked for until it is known what became of it."""

import asyncio
from enum import Enum
from typing import Final, Protocol

from interlock.ports.latch import OPEN, SILENT, Latch
from interlock.venues.binance.line.connection import Connection
from interlock.venues.binance.line.replies import Reply
from interlock.venues.binance.requests import Wanted


class Deed(Enum):
    """What is asked of the venue; "algo" is a futures conditional order, which has endpoints of its own."""

    PLACE = "place"
    PLACE_ALGO = "place algo"
    CANCEL = "cancel"
    CANCEL_ALGO = "cancel algo"


PLACING: Final = frozenset({Deed.PLACE, Deed.PLACE_ALGO})


class SendingListener(Protocol):
    """Who is told what became of a sending."""

    def sending_answered(self, sending: "Sending", reply: Reply) -> None: ...

    def sending_unanswered(self, sending: "Sending", why: str) -> None: ...

    def sending_cut_off(self, sending: "Sending") -> None: ...


class Sending:
    """A request on its way. Implements `Exchange`."""

    __slots__ = (
        "_listener",
        "connection",
        "deed",
        "has_fallback",
        "is_entry",
        "latch",
        "order_id",
        "symbol",
        "timer",
        "wanted",
    )

    def __init__(
        self,
        listener: SendingListener,
        latch: Latch,
        deed: Deed,
        symbol: str,
        order_id: str,
        wanted: Wanted,
        is_entry: bool,
    ) -> None:
        self._listener = listener
        self.latch = latch
        self.deed = deed
        self.symbol = symbol
        self.order_id = order_id
        self.wanted = wanted
        self.is_entry = is_entry
        self.has_fallback = False
        self.connection: Connection | None = None
        self.timer: asyncio.TimerHandle | None = None

    def may_leave(self, level: int) -> bool:
        """Entries need the latch OPEN, all else needs anything but SILENT."""
        return level == OPEN or (level != SILENT and not self.is_entry)

    def answered(self, reply: Reply) -> None:
        """The venue answered."""
        self.stop_timer()
        self._listener.sending_answered(self, reply)

    def unanswered(self, why: str) -> None:
        """Nobody can tell what became of it."""
        self.stop_timer()
        self._listener.sending_unanswered(self, why)

    def cut_off(self) -> None:
        """The latch stopped it halfway."""
        self.stop_timer()
        self._listener.sending_cut_off(self)

    def stop_timer(self) -> None:
        """Let the timer of the present wait go."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
