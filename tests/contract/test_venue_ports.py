"""What every venue promises to whoever trades there (ports/venue_orders.py, ports/venue_stops.py)."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import count

import pytest

from interlock.messages.observations import (
    AcceptReported,
    CancelRejectReported,
    CancelReported,
    ExpireReported,
    FillReported,
    Observation,
    RejectReported,
)
from interlock.messages.orders import ApprovedOrder
from interlock.messages.words import Liquidity, OrderType, Purpose, TimeInForce
from interlock.units.sides import Side
from tests.contract.venue_drivers import DRIVERS, Driver
from tests.unit.venues.binance.scripted_venue import approved

_numbers = count(1)


@pytest.fixture(params=DRIVERS)
def venue(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """Drive each venue in turn, its market at 100.0 and 100.2 with 10 on either side."""
    with DRIVERS[request.param]() as driver:
        driver.show("100.0", "100.2")
        assert driver.is_quiet()
        yield driver


def order(venue: Driver, side: Side, quantity: str, limit: str | None = None, **terms: object) -> ApprovedOrder:
    """Return an order under an id of its own: LIMIT with a limit, else MARKET."""
    told: dict[str, object] = {
        "account": venue.account,
        "symbol": venue.symbol,
        "side": side,
        "quantity": Decimal(quantity),
        "order_type": OrderType.MARKET if limit is None else OrderType.LIMIT,
        "limit_price": None if limit is None else Decimal(limit),
    }
    return approved(f"il1-{next(_numbers):x}-0", **(told | terms))


def fills(told: list[Observation]) -> list[FillReported]:
    return [each for each in told if isinstance(each, FillReported)]


def test_an_order_that_rests_is_acknowledged_under_our_id(venue: Driver) -> None:
    resting = order(venue, Side.BUY, "1", "99.0")
    venue.orders.place(resting)
    (told,) = venue.hear(1)
    assert isinstance(told, AcceptReported)
    assert told.order_id == resting.order_id
    assert told.venue_order_id


def test_an_order_that_takes_is_acknowledged_first_and_filled_within_its_price_as_taker(venue: Driver) -> None:
    taking = order(venue, Side.BUY, "4", "100.3", time_in_force=TimeInForce.IOC)
    venue.orders.place(taking)
    told = venue.hear(2)
    assert isinstance(told[0], AcceptReported)
    filled = fills(told)
    assert {each.order_id for each in told} == {taking.order_id}  # type: ignore[union-attr]  # each is of an order
    assert sum((each.quantity for each in filled), Decimal(0)) == 4
    assert all(each.price == Decimal("100.2") and each.liquidity is Liquidity.TAKER for each in filled)
    assert all(each.fee > 0 for each in filled)
    assert len({each.trade_id for each in filled}) == len(filled)
    assert venue.is_quiet()


def test_a_market_order_gets_what_is_displayed_and_the_rest_expires(venue: Driver) -> None:
    taking = order(venue, Side.SELL, "12")
    venue.orders.place(taking)
    told = venue.hear(3)
    assert sum((each.quantity for each in fills(told)), Decimal(0)) == 10
    assert isinstance(told[-1], ExpireReported)
    assert told[-1].quantity_left == 2


def test_what_one_order_took_is_gone_for_the_next(venue: Driver) -> None:
    for quantity in ("7", "7"):
        venue.orders.place(order(venue, Side.BUY, quantity, "100.2", time_in_force=TimeInForce.IOC))
    told = venue.hear(5)
    assert sum((each.quantity for each in fills(told)), Decimal(0)) == 10


@pytest.mark.parametrize(
    ("quantity", "limit", "code"), [("0.0001", "100.0", None), ("1", "100.05", None), ("0.001", "100.0", -4164)]
)
def test_an_order_against_a_filter_is_rejected_with_the_venues_code(
    venue: Driver, quantity: str, limit: str, code: int | None
) -> None:
    refused = order(venue, Side.BUY, quantity, limit)
    venue.orders.place(refused)
    (told,) = venue.hear(1)
    assert isinstance(told, RejectReported)
    assert told.order_id == refused.order_id
    assert told.code < 0
    assert code in (None, told.code)
    assert venue.is_quiet()


def test_a_post_only_order_never_takes(venue: Driver) -> None:
    venue.orders.place(order(venue, Side.BUY, "1", "100.2", time_in_force=TimeInForce.GTX))
    (told,) = venue.hear(1)
    assert isinstance(told, RejectReported)
    venue.orders.place(order(venue, Side.BUY, "1", "100.1", time_in_force=TimeInForce.GTX))
    (told,) = venue.hear(1)
    assert isinstance(told, AcceptReported)


def test_a_fill_or_kill_order_is_filled_whole_or_not_at_all(venue: Driver) -> None:
    venue.orders.place(order(venue, Side.BUY, "11", "100.2", time_in_force=TimeInForce.FOK))
    told = venue.hear(1)
    assert fills(told) == []
    assert isinstance(told[-1], ExpireReported | RejectReported)
    venue.orders.place(order(venue, Side.BUY, "10", "100.2", time_in_force=TimeInForce.FOK))
    assert sum((each.quantity for each in fills(venue.hear(2))), Decimal(0)) == 10


def test_what_only_reduces_never_opens(venue: Driver) -> None:
    venue.orders.place(order(venue, Side.SELL, "1", purpose=Purpose.CLOSE, reduce_only=True))
    (told,) = venue.hear(1)
    assert isinstance(told, RejectReported)
    assert told.code == -2022
    assert venue.is_quiet()


def test_a_resting_order_is_filled_as_maker_at_its_price_when_the_market_trades_through(venue: Driver) -> None:
    resting = order(venue, Side.BUY, "1", "99.0")
    venue.orders.place(resting)
    venue.hear(1)
    venue.trade("98.9", "5", buyer_is_aggressor=False)
    filled = fills(venue.hear(1))
    assert [(each.order_id, each.price, each.liquidity) for each in filled] == [
        (resting.order_id, Decimal("99.0"), Liquidity.MAKER)
    ]
    assert filled[0].quantity == 1


def test_a_stop_rests_until_its_price_is_reached_and_then_reduces(venue: Driver) -> None:
    venue.orders.place(order(venue, Side.BUY, "1"))
    venue.hear(2)
    stop = order(
        venue,
        Side.SELL,
        "1",
        order_type=OrderType.STOP_MARKET,
        trigger_price=Decimal("98.0"),
        purpose=Purpose.STOP,
        reduce_only=True,
    )
    venue.orders.place(stop)
    (told,) = venue.hear(1)
    assert isinstance(told, AcceptReported)
    venue.trade("98.1", "1", buyer_is_aggressor=False)
    assert venue.is_quiet()
    venue.show("97.8", "98.0")
    venue.trade("97.9", "1", buyer_is_aggressor=False)
    filled = fills(venue.hear(1))
    assert [each.order_id for each in filled] == [stop.order_id]
    assert filled[0].quantity == 1


def test_a_cancelled_order_is_told_with_what_was_left_and_is_filled_no_more(venue: Driver) -> None:
    resting = order(venue, Side.BUY, "1", "99.0")
    venue.orders.place(resting)
    venue.hear(1)
    venue.stops.cancel(venue.account, venue.symbol, resting.order_id)
    (told,) = venue.hear(1)
    assert isinstance(told, CancelReported)
    assert (told.order_id, told.quantity_left) == (resting.order_id, Decimal(1))
    venue.trade("98.0", "5", buyer_is_aggressor=False)
    assert venue.is_quiet()


def test_a_stop_is_cancelled_like_any_order(venue: Driver) -> None:
    stop = order(
        venue, Side.SELL, "1", order_type=OrderType.STOP_MARKET, trigger_price=Decimal("98.0"), purpose=Purpose.STOP
    )
    venue.orders.place(stop)
    venue.hear(1)
    venue.stops.cancel(venue.account, venue.symbol, stop.order_id)
    (told,) = venue.hear(1)
    assert isinstance(told, CancelReported)
    assert told.quantity_left == 1


def test_what_is_not_there_cannot_be_cancelled(venue: Driver) -> None:
    gone = order(venue, Side.BUY, "1")
    venue.orders.place(gone)
    venue.hear(2)
    for order_id in (gone.order_id, "il1-never-0"):
        venue.stops.cancel(venue.account, venue.symbol, order_id)
        (told,) = venue.hear(1)
        assert isinstance(told, CancelRejectReported)
        assert (told.order_id, told.code) == (order_id, -2011)
