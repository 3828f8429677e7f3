"""How a venue is driven by the contract tests, and the drivers there are: in this process, and over the wire."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from interlock.messages.observations import (
    AcceptReported,
    CancelReported,
    ExpireReported,
    Observation,
)
from interlock.ports.venue_orders import VenueOrders
from interlock.ports.venue_stops import VenueStops
from interlock.units.time import NS_PER_MS
from tests.contract import served_exchange
from tests.contract.wire_client import WireClient
from tests.unit.venues.binance.scripted_venue import TestLatch
from tests.unit.venues.paper.shown_market import ACCOUNT, SYMBOL, Venue


class Driver(Protocol):
    """A venue with one funded futures account and one symbol, whose market the test shows.

    The symbol's tick is 0.1, its lot 0.001, its least value 5. Amounts are text.
    """

    account: str
    symbol: str
    orders: VenueOrders
    stops: VenueStops

    def show(self, bid: str, ask: str, bid_size: str = "10", ask_size: str = "10") -> None:
        """Display a quote with nothing behind it; it stays until the next."""
        ...

    def trade(self, price: str, quantity: str, *, buyer_is_aggressor: bool) -> None:
        """Show a trade of the market."""
        ...

    def hear(self, count: int) -> list[Observation]:
        """Return the next observations, at least so many, and all that came until then."""
        ...

    def is_quiet(self) -> bool:
        """Tell whether nothing more is told of what was done so far."""
        ...


class InProcess:
    """The matching engine in this process, on virtual time."""

    account, symbol = ACCOUNT, SYMBOL

    def __init__(self) -> None:
        self._venue = Venue()
        self.orders: VenueOrders = self._venue.exchange
        self.stops: VenueStops = self._venue.exchange
        self._told: list[Observation] = []

    def show(self, bid: str, ask: str, bid_size: str = "10", ask_size: str = "10") -> None:
        self._advance()
        self._venue.market.show([(bid, bid_size)], [(ask, ask_size)])
        self._told += self._venue.quote(bid, ask, bid_size, ask_size)

    def trade(self, price: str, quantity: str, *, buyer_is_aggressor: bool) -> None:
        self._advance()
        self._told += self._venue.trade(price, quantity, buyer_is_aggressor)

    def hear(self, count: int) -> list[Observation]:
        self._advance()
        assert len(self._told) >= count, f"{count} were to come, {self._told} came"
        told, self._told = self._told, []
        return told

    def is_quiet(self) -> bool:
        self._advance()
        return not self._told

    def _advance(self) -> None:
        """Let what is under way arrive and be answered."""
        exchange, market = self._venue.exchange, self._venue.market
        market.at_ns += NS_PER_MS
        self._told += exchange.advance(market.at_ns)
        while (due_ns := exchange.due_ns()) is not None:
            market.at_ns = max(market.at_ns, due_ns)
            self._told += exchange.advance(market.at_ns)


@contextmanager
def in_process() -> Iterator[Driver]:
    """Drive the engine in this process."""
    yield InProcess()


class OverTheWire:
    """Order line and account's stream, at an exchange that serves Binance's protocol on loopback; real time.

    What differs from the engine in this process: an acknowledgement or an end may be told twice, by the answer and by
    the stream, whichever is first. The core counts each once (core/trading/orders.py), and so does this.
    """

    account, symbol = served_exchange.ACCOUNT, SYMBOL

    def __init__(self, client: WireClient) -> None:
        self._client = client
        self.orders: VenueOrders = client
        self.stops: VenueStops = client
        self._told: list[Observation] = []
        self._counted: dict[tuple[type[Observation], str], Observation] = {}

    def show(self, bid: str, ask: str, bid_size: str = "10", ask_size: str = "10") -> None:
        self._advance()
        self._client.call(lambda: self._client.exchange.show(self.symbol, bid, ask, bid_size, ask_size))

    def trade(self, price: str, quantity: str, *, buyer_is_aggressor: bool) -> None:
        self._advance()
        self._client.call(lambda: self._client.exchange.trade(price, quantity, buyer_is_aggressor))

    def hear(self, count: int) -> list[Observation]:
        self._advance()
        assert len(self._told) >= count, f"{count} were to come, {self._told} came"
        told, self._told = self._told, []
        return told

    def is_quiet(self) -> bool:
        self._advance()
        return not self._told

    def _advance(self) -> None:
        """Let what is under way arrive, be answered and be heard of."""
        for told in self._client.told():
            if isinstance(told, AcceptReported | CancelReported | ExpireReported):
                first = self._counted.setdefault((type(told), told.order_id), told)
                if first is not told:
                    assert left_of(first) == left_of(told), f"{first} and {told} are of one order"
                    continue
            self._told.append(told)


def left_of(told: Observation) -> Decimal | None:
    """Return what an end left of its order."""
    return told.quantity_left if isinstance(told, CancelReported | ExpireReported) else None


@contextmanager
def over_the_wire() -> Iterator[Driver]:
    """Drive a served exchange through the client."""
    with tempfile.TemporaryDirectory() as folder:
        client = WireClient(Path(folder), TestLatch())
        try:
            yield OverTheWire(client)
        finally:
            client.close()


DRIVERS: dict[str, Callable[[], AbstractContextManager[Driver]]] = {
    "in process": in_process,
    "over the wire": over_the_wire,
}
