"""What the venue does not take on its face, and the code it says so with."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from interlock.messages.observations import RejectReported
from interlock.messages.words import OrderType
from interlock.units.sides import Side
from interlock.venues.binance.instruments import embedded_instruments
from interlock.venues.paper.book_of_record import Scale
from tests.unit.venues.paper.shown_market import ROOMY, SYMBOL, Venue, e8, story


@pytest.fixture
def venue() -> Venue:
    venue = Venue(instruments=embedded_instruments("usdm"))
    venue.market.show([("50000.0", "900")], [("50000.1", "900")])
    venue.market.show([("2000.0", "900")], [("2000.01", "900")], symbol="ETHUSDT")
    return venue


@pytest.mark.parametrize(
    ("quantity", "code"),
    [("0", -4003), ("-1", -4003), ("NaN", -4003), ("0.0015", -1111), ("120.001", -4005), ("1E+9", -4005)],
)
def test_a_quantity_that_fits_no_filter_is_rejected(venue: Venue, quantity: str, code: int) -> None:
    assert story(venue.buy(quantity)) == [f"rejected {code}"]


def test_a_resting_order_may_be_larger_than_one_at_market(venue: Venue) -> None:
    assert story(venue.buy("121", "40000.0")) == ["accepted"]
    assert story(venue.buy("1000.001", "40000.0")) == ["rejected -4005"]


@pytest.mark.parametrize(
    ("price", "code"),
    [("0", -4001), ("-5", -4001), ("Infinity", -4001), ("40000.05", -4014), ("556.7", -4013), ("4529764.1", -4002)],
)
def test_a_price_that_fits_no_filter_is_rejected(venue: Venue, price: str, code: int) -> None:
    assert story(venue.buy("1", price)) == [f"rejected {code}"]
    assert story(venue.sell("1", stop=price)) == [f"rejected {code}"]


def test_an_order_worth_too_little_is_rejected_unless_it_reduces(venue: Venue) -> None:
    assert story(venue.buy("0.001")) == ["rejected -4164"]
    assert story(venue.buy("0.002", "49999.9")) == ["rejected -4164"]
    assert story(venue.buy("0.002"))[0] == "accepted"
    assert story(venue.sell("0.001", reduce_only=True))[0] == "accepted"


def test_an_id_is_taken_once_while_its_order_is_open(venue: Venue) -> None:
    assert story(venue.buy("1", "40000.0", order_id="same")) == ["accepted"]
    assert story(venue.buy("1", "40000.0", order_id="same")) == ["rejected -4116"]
    venue.cancel("same")
    assert story(venue.buy("1", "40000.0", order_id="same")) == ["accepted"]


@pytest.mark.parametrize("order_id", ["x" * 37, "no spaces", "naïve"])
def test_an_id_the_venue_cannot_hold_is_rejected(venue: Venue, order_id: str) -> None:
    assert story(venue.buy("1", "40000.0", order_id=order_id)) == ["rejected -4015"]


def test_what_the_venue_does_not_know_is_named(venue: Venue) -> None:
    assert story(venue.buy("1", symbol="NOPEUSDT")) == ["rejected -1121"]
    assert story(venue.buy("1", account="other")) == ["rejected -2015"]
    assert story(venue.cancel("il1-9")) == ["cancel rejected -2011"]
    assert story(venue.cancel("il1-9", symbol="NOPEUSDT")) == ["cancel rejected -1121"]
    venue.exchange.cancel("other", "BTCUSDT", "il1-9")
    assert story(venue.wait_ms(0)) == ["cancel rejected -2015"]


def test_an_order_is_cancelled_under_its_own_symbol_only(venue: Venue) -> None:
    venue.buy("1", "40000.0", order_id="mine")
    assert story(venue.cancel("mine", symbol="ETHUSDT")) == ["cancel rejected -2011"]
    assert story(venue.cancel("mine")) == ["cancelled 1.000"]
    assert story(venue.cancel("mine")) == ["cancel rejected -2011"]


def test_an_order_lacks_and_brings_nothing_that_its_type_does_not_want(venue: Venue) -> None:
    for kind, limit, code in (
        (OrderType.LIMIT, None, -1102),
        (OrderType.STOP_MARKET, None, -1102),
        (OrderType.MARKET, "40000.0", -1106),
    ):
        order = replace(venue.order(Side.BUY, "1", limit), order_type=kind)
        assert story(venue.send(order)) == [f"rejected {code}"]


def test_orders_of_what_is_not_traded_are_rejected_and_say_why() -> None:
    shut = replace(embedded_instruments("usdm")["BTCUSDT"], is_tradable=False, why_not_tradable="it is being settled")
    venue = Venue(instruments={"BTCUSDT": shut})
    venue.market.show([("50000.0", "900")], [("50000.1", "900")])
    (report,) = venue.buy("1")
    assert isinstance(report, RejectReported)
    assert report.code == -2010
    assert report.text == "BTCUSDT is not traded here: it is being settled."


def test_amounts_come_back_at_the_digits_of_the_filters() -> None:
    scale = Scale(Decimal("0.10"), Decimal("0.001"))
    assert str(scale.price(e8("50000.1"))) == "50000.10"
    assert str(scale.price(e8("50000.12345678"))) == "50000.12345678"
    assert str(scale.quantity(e8("2"))) == "2.000"
    assert str(Scale(Decimal("5"), Decimal("10")).price(e8("35"))) == "35"


def test_a_quantity_off_a_coarse_step_or_below_the_least_is_told_apart_from_too_many_digits() -> None:
    coarse = replace(ROOMY, quantity_step=Decimal(5), quantity_min=Decimal(10))
    venue = Venue(instruments={SYMBOL: coarse})
    assert story(venue.buy("12", "100.0")) == ["rejected -4023"]
    assert story(venue.buy("12.5", "100.0")) == ["rejected -1111"]
    assert story(venue.buy("5", "100.0")) == ["rejected -4004"]
    assert story(venue.buy("10", "100.0")) == ["accepted"]
