"""Binance behind both order ports: an order goes the way of its account."""

from collections.abc import Callable, Iterable

from interlock.messages.observations import Observation
from interlock.messages.orders import ApprovedOrder
from interlock.ports.clock import Clock
from interlock.venues.binance.line import not_sent, outcomes
from interlock.venues.binance.line.lane import Lane


class OrderLine:
    """Implements `VenueOrders` and `VenueStops`. One lane an account: a venue's spot and futures wallets are two.

    `told` hears of what has no lane, and never from within a call: it is handed to `soon`, the loop's `call_soon`.
    """

    def __init__(
        self,
        lanes: Iterable[Lane],
        clock: Clock,
        told: Callable[[Observation], None],
        soon: Callable[[Callable[[Observation], None], Observation], object],
    ) -> None:
        self._lanes = {lane.account: lane for lane in lanes}
        self._clock = clock
        self._told = told
        self._soon = soon

    def start(self) -> None:
        """Connect every lane."""
        for lane in self._lanes.values():
            lane.start()

    def close(self) -> None:
        """End every lane."""
        for lane in self._lanes.values():
            lane.close()

    def remember(self, orders: Iterable[ApprovedOrder]) -> None:
        """Take note of the orders that are open at a start."""
        for order in orders:
            lane = self._lanes.get(order.account)
            if lane is not None:
                lane.remember(order)

    def place(self, order: ApprovedOrder) -> None:
        """Hand an order over, once. Never raises; the answer comes as an observation."""
        lane = self._lanes.get(order.account)
        if lane is not None:
            lane.place(order)
        else:
            refusal = outcomes.order_refused(order.order_id, not_sent.NO_ACCOUNT, self._clock.now_ns())
            self._soon(self._told, refusal)

    def cancel(self, account: str, symbol: str, order_id: str) -> None:
        """Ask for a cancellation. Never raises; the answer comes as an observation."""
        lane = self._lanes.get(account)
        if lane is not None:
            lane.cancel(symbol, order_id)
        else:
            refusal = outcomes.cancel_refused(order_id, not_sent.NO_ACCOUNT, self._clock.now_ns())
            self._soon(self._told, refusal)
