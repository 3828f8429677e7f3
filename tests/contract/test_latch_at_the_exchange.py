"""The latch, end to end: a real latch file, order line and sockets, with the exchange's own book as the witness."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from interlock.messages.observations import (
    AcceptReported,
    CancelRejectReported,
    CancelReported,
    Observation,
    RejectReported,
)
from interlock.messages.orders import ApprovedOrder
from interlock.messages.words import OrderType, Purpose
from interlock.ports.latch import NO_NEW_RISK, OPEN, SILENT
from interlock.runtime.latch import LatchView, engage, read_level, release
from interlock.units.sides import Side
from interlock.venues.binance.asking import ReadFailed
from interlock.venues.binance.line import not_sent
from tests.contract.served_exchange import ACCOUNT
from tests.contract.wire_client import WireClient
from tests.unit.venues.binance.scripted_venue import SYMBOL, approved


class Traded:
    """A client at an exchange that shows 100.0 and 100.2, behind a latch file that stands open."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "latch")
        engage(self.path, NO_NEW_RISK)
        self.release()
        self.latch = LatchView(self.path)
        assert self.latch.cell[0] == OPEN
        self.client = WireClient(folder / "venue", self.latch)
        self.client.call(lambda: self.client.exchange.show(SYMBOL, "100.0", "100.2", "10", "10"))

    def release(self) -> None:
        """Open the latch as the gate does."""
        assert release(self.path, read_level(self.path)[1])

    def place(self, order: ApprovedOrder) -> list[Observation]:
        """Place an order and return all that is told of it."""
        self.client.place(order)
        return self.client.told()

    def cancel(self, order_id: str) -> list[Observation]:
        """Cancel an order and return all that is told of it."""
        self.client.cancel(ACCOUNT, SYMBOL, order_id)
        return self.client.told()

    def book(self) -> set[str]:
        """Return our ids of all that is open at the exchange, as it answers who asks."""
        orders = self.client.run(self.client.reads.open_orders(SYMBOL))
        algos = self.client.run(self.client.reads.open_algos(SYMBOL))
        assert not isinstance(orders, ReadFailed), orders
        assert not isinstance(algos, ReadFailed), algos
        return {each.order_id for each in (*orders, *algos)}

    def held(self) -> Decimal:
        """Return the position at the exchange."""
        account = self.client.run(self.client.reads.account())
        assert not isinstance(account, ReadFailed), account
        return sum((each.quantity for each in account.positions if each.symbol == SYMBOL), Decimal(0))


@pytest.fixture
def traded(tmp_path: Path) -> Iterator[Traded]:
    """Hold one, with an entry that rests under il1-1-0."""
    opened = Traded(tmp_path)
    try:
        assert any(isinstance(each, AcceptReported) for each in opened.place(entry("il1-1-0", "99.0")))
        assert opened.place(order("il1-2-0", Side.BUY, "1"))
        assert opened.held() == 1
        yield opened
    finally:
        opened.client.close()
        opened.latch.close()


def order(order_id: str, side: Side, quantity: str, **terms: object) -> ApprovedOrder:
    return approved(order_id, account=ACCOUNT, symbol=SYMBOL, side=side, quantity=Decimal(quantity), **terms)


def entry(order_id: str, limit: str) -> ApprovedOrder:
    return order(order_id, Side.BUY, "1", order_type=OrderType.LIMIT, limit_price=Decimal(limit))


def stop(order_id: str) -> ApprovedOrder:
    terms = {"order_type": OrderType.STOP_MARKET, "trigger_price": Decimal("98.0")}
    return order(order_id, Side.SELL, "1", purpose=Purpose.STOP, reduce_only=True, **terms)


def close(order_id: str) -> ApprovedOrder:
    return order(order_id, Side.SELL, "1", purpose=Purpose.CLOSE, reduce_only=True)


def test_behind_an_engaged_latch_no_entry_comes_to_the_book_while_stops_cancels_and_closes_do(traded: Traded) -> None:
    engage(traded.path, NO_NEW_RISK)
    (refused,) = traded.place(entry("il1-3-0", "99.1"))
    assert isinstance(refused, RejectReported)
    assert (refused.code, refused.text) == not_sent.LATCHED
    assert traded.place(order("il1-4-0", Side.BUY, "1"))  # an entry at market
    assert traded.book() == {"il1-1-0"}
    assert traded.held() == 1
    assert any(isinstance(each, AcceptReported) for each in traded.place(stop("il1-5-0")))
    assert traded.book() == {"il1-1-0", "il1-5-0"}
    assert any(isinstance(each, CancelReported) for each in traded.cancel("il1-1-0"))
    traded.place(close("il1-6-0"))
    assert traded.held() == 0
    assert "il1-1-0" not in traded.book()


def test_a_silent_latch_lets_nothing_to_the_exchange_not_even_a_cancellation(traded: Traded) -> None:
    engage(traded.path, SILENT)
    for order_to_reduce in (stop("il1-3-0"), close("il1-4-0")):
        (refused,) = traded.place(order_to_reduce)
        assert isinstance(refused, RejectReported)
        assert refused.code == not_sent.LATCHED.code
    (refused,) = traded.cancel("il1-1-0")
    assert isinstance(refused, CancelRejectReported)
    assert refused.code == not_sent.LATCHED.code
    assert traded.book() == {"il1-1-0"}
    assert traded.held() == 1


def test_a_released_latch_lets_the_next_entry_out_and_never_the_one_it_stopped(traded: Traded) -> None:
    engage(traded.path, NO_NEW_RISK)
    traded.place(entry("il1-3-0", "99.1"))
    traded.release()
    assert any(isinstance(each, AcceptReported) for each in traded.place(entry("il1-4-0", "99.2")))
    assert traded.book() == {"il1-1-0", "il1-4-0"}


def test_a_latch_engaged_while_entries_wait_their_turn_stops_those_that_were_not_written(traded: Traded) -> None:
    def place_and_engage() -> None:
        for number in range(3, 7):  # two connections: two are written, two wait
            traded.client.place_now(entry(f"il1-{number}-0", "99.1"))
        engage(traded.path, NO_NEW_RISK)

    traded.client.call(place_and_engage)
    told = traded.client.told()
    stopped = {each.order_id for each in told if isinstance(each, RejectReported)}
    assert stopped == {"il1-5-0", "il1-6-0"}
    assert traded.book() == {"il1-1-0", "il1-3-0", "il1-4-0"}
