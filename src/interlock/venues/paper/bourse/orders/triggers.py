"""Who waits for which price: sorted, so that a tick looks at two numbers only."""

from bisect import insort
from typing import Generic, Protocol, TypeVar

from interlock.venues.paper.floor.resting import PRICE_NONE_E8


class Triggered(Protocol):
    """What waits for a price. It falls if a falling price pulls it."""

    @property
    def ordinal(self) -> int:
        """Its number; at one price the older comes first."""
        ...

    @property
    def trigger_e8(self) -> int:
        """The price it waits for."""
        ...

    @property
    def falls(self) -> bool:
        """Whether a price at or below pulls it, rather than one at or above."""
        ...


TriggeredT = TypeVar("TriggeredT", bound=Triggered)


class TriggerBoard(Generic[TriggeredT]):
    """Orders that wait for one price of one symbol. `falls_at_e8` and `rises_at_e8`: from where on any is pulled."""

    __slots__ = ("_falling", "_rising", "falls_at_e8", "rises_at_e8")

    def __init__(self) -> None:
        self._falling: list[TriggeredT] = []
        self._rising: list[TriggeredT] = []
        self.falls_at_e8 = -1
        self.rises_at_e8 = PRICE_NONE_E8

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._falling or self._rising)

    def add(self, order: TriggeredT) -> None:
        """Let an order wait."""
        insort(self._falling if order.falls else self._rising, order, key=_nearest)
        self._tune()

    def drop(self, order: TriggeredT) -> None:
        """Let an order wait no more."""
        side = self._falling if order.falls else self._rising
        if order in side:
            side.remove(order)
            self._tune()

    def pull(self, price_e8: int) -> list[TriggeredT]:
        """Return, nearest first, those that a price pulls, and forget them."""
        if self.falls_at_e8 < price_e8 < self.rises_at_e8:
            return []
        falling = [order for order in self._falling if order.trigger_e8 >= price_e8]
        rising = [order for order in self._rising if order.trigger_e8 <= price_e8]
        del self._falling[: len(falling)]
        del self._rising[: len(rising)]
        self._tune()
        return falling + rising

    def _tune(self) -> None:
        self.falls_at_e8 = self._falling[0].trigger_e8 if self._falling else -1
        self.rises_at_e8 = self._rising[0].trigger_e8 if self._rising else PRICE_NONE_E8


def _nearest(order: Triggered) -> tuple[int, int]:
    return (-order.trigger_e8 if order.falls else order.trigger_e8), order.ordinal
