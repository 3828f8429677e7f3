"""What an order takes from the displayed market, and what becomes of the rest."""

from decimal import Decimal

import pytest

from interlock.messages.observations import FillReported
from interlock.messages.words import BookState, TimeInForce
from interlock.units.money import ZERO
from interlock.venues.paper.terms import VenueTerms
from tests.unit.venues.paper.shown_market import AT_ONCE, Venue, story

BIDS = [("100.0", "1"), ("99.9", "2"), ("99.8", "5")]
ASKS = [("100.1", "1"), ("100.2", "2"), ("100.3", "5")]


@pytest.fixture
def venue() -> Venue:
    venue = Venue()
    venue.market.show([(str(Decimal(p) * 1000), s) for p, s in BIDS], [(str(Decimal(p) * 1000), s) for p, s in ASKS])
    return venue


def test_an_order_at_market_walks_the_displayed_levels_best_first(venue: Venue) -> None:
    assert story(venue.buy("2")) == ["accepted", "taker 1.000 at 100100.00", "taker 1.000 at 100200.00"]
    assert story(venue.sell("4")) == [
        "accepted",
        "taker 1.000 at 100000.00",
        "taker 2.000 at 99900.00",
        "taker 1.000 at 99800.00",
    ]


def test_what_is_beyond_the_visible_depth_expires(venue: Venue) -> None:
    reports = story(venue.buy("10"))
    assert reports[-1] == "expired 2.000: the visible depth was used up"
    assert venue.held() == 8


def test_a_deep_order_reaches_levels_beyond_the_first_few() -> None:
    venue = Venue()
    venue.market.show([("1000.0", "1")], [(f"{1001 + step}.0", "1") for step in range(30)])
    reports = venue.buy("30")
    fills = [report for report in reports if isinstance(report, FillReported)]
    assert [fill.price for fill in fills] == [Decimal(1001 + step) for step in range(30)]


def test_a_limit_is_never_crossed_and_the_rest_of_gtc_stays(venue: Venue) -> None:
    assert story(venue.buy("5", "100200.0")) == ["accepted", "taker 1.000 at 100100.00", "taker 2.000 at 100200.00"]
    assert venue.exchange.watched() == {"BTCUSDT"}
    assert story(venue.cancel("il1-1")) == ["cancelled 2.000"]


def test_the_rest_of_ioc_expires(venue: Venue) -> None:
    assert story(venue.buy("5", "100100.0", force=TimeInForce.IOC)) == [
        "accepted",
        "taker 1.000 at 100100.00",
        "expired 4.000: immediate or cancel: no more could be filled at once",
    ]


def test_fill_or_kill_fills_all_or_nothing(venue: Venue) -> None:
    assert story(venue.buy("4", "100200.0", force=TimeInForce.FOK)) == [
        "accepted",
        "expired 4.000: fill or kill: not all of it could be filled at once",
    ]
    assert story(venue.buy("3", "100200.0", force=TimeInForce.FOK)) == [
        "accepted",
        "taker 1.000 at 100100.00",
        "taker 2.000 at 100200.00",
    ]


def test_post_only_is_rejected_when_it_would_take_and_rests_otherwise(venue: Venue) -> None:
    assert story(venue.buy("1", "100100.0", force=TimeInForce.GTX)) == ["rejected -5022"]
    assert story(venue.buy("1", "100000.0", force=TimeInForce.GTX)) == ["accepted"]
    assert story(venue.sell("1", "100000.0", force=TimeInForce.GTX)) == ["rejected -5022"]


def test_what_one_order_took_the_next_one_does_not_find(venue: Venue) -> None:
    venue.buy("2")
    assert story(venue.buy("2")) == ["accepted", "taker 1.000 at 100200.00", "taker 1.000 at 100300.00"]


def test_a_level_gives_again_only_what_it_shows_in_addition(venue: Venue) -> None:
    venue.buy("1")
    venue.market.show([("100000.0", "1")], [("100100.0", "1.4"), ("100200.0", "2")])
    assert story(venue.buy("1")) == ["accepted", "taker 0.400 at 100100.00", "taker 0.600 at 100200.00"]


def test_a_level_the_market_left_is_whole_when_it_comes_back(venue: Venue) -> None:
    venue.buy("1")
    venue.market.show([("100000.0", "1")], [("100200.0", "2")])
    venue.buy("1")
    venue.market.show([("100000.0", "1")], [("100100.0", "1"), ("100200.0", "2")])
    assert story(venue.buy("1")) == ["accepted", "taker 1.000 at 100100.00"]


def test_a_level_is_whole_after_the_refill_time(venue: Venue) -> None:
    venue.buy("1")
    venue.wait_ms(AT_ONCE.refill_ms - 1)
    assert story(venue.buy("1")) == ["accepted", "taker 1.000 at 100200.00"]
    venue.wait_ms(1)
    assert story(venue.buy("1")) == ["accepted", "taker 1.000 at 100100.00"]


def test_with_quotes_only_no_more_than_the_displayed_best_is_filled() -> None:
    venue = Venue()
    venue.market.show([("100000.0", "1")], [("100100.0", "0.5")], state=BookState.QUOTES_ONLY)
    assert story(venue.buy("2")) == [
        "accepted",
        "taker 0.500 at 100100.00",
        "expired 1.500: the visible depth was used up",
    ]


@pytest.mark.parametrize("force", [TimeInForce.IOC, TimeInForce.FOK])
def test_without_a_valid_book_nothing_takes(force: TimeInForce) -> None:
    venue = Venue()
    assert story(venue.buy("1")) == ["rejected -2020"]
    venue.market.show([("100000.0", "1")], [("100100.0", "1")], state=BookState.UNSYNCED)
    assert story(venue.buy("1")) == ["rejected -2020"]
    assert story(venue.buy("1", "100100.0", force=force)) == ["rejected -2020"]
    assert venue.held() == 0


def test_a_displayed_size_off_the_lot_step_is_filled_in_whole_lots_only() -> None:
    venue = Venue()
    venue.market.show([("100000.0", "1")], [("100100.0", "0.0019"), ("100200.0", "1")])
    assert story(venue.buy("0.002")) == ["accepted", "taker 0.001 at 100100.00", "taker 0.001 at 100200.00"]


@pytest.mark.parametrize(("limit", "force"), [(None, TimeInForce.GTC), ("100300.0", TimeInForce.GTC)])
def test_an_order_never_trades_with_an_own_one_and_its_rest_expires(
    venue: Venue, limit: str | None, force: TimeInForce
) -> None:
    venue.sell("1", "100200.0")
    assert story(venue.buy("6", limit, force=force)) == [
        "accepted",
        "taker 1.000 at 100100.00",
        "taker 2.000 at 100200.00",
        "expired 3.000: self-trade prevention: an own order rests there",
    ]


def test_orders_whose_prices_do_not_meet_live_side_by_side(venue: Venue) -> None:
    venue.sell("1", "100200.0")
    assert story(venue.buy("1", "100150.0")) == ["accepted", "taker 1.000 at 100100.00"]
    assert story(venue.buy("1", "100150.0")) == ["accepted"]
    assert story(venue.buy("1", "100200.0", force=TimeInForce.GTX)) == ["rejected -5022"]


def test_before_an_own_order_only_the_queue_ahead_of_it_may_be_taken(venue: Venue) -> None:
    venue.sell("1", "100200.0")
    venue.trade("100200.0", "1.5", buyer_is_aggressor=True)
    assert story(venue.buy("6")) == [
        "accepted",
        "taker 1.000 at 100100.00",
        "taker 0.500 at 100200.00",
        "expired 4.500: self-trade prevention: an own order rests there",
    ]


def test_a_level_is_counted_once_however_often_it_is_looked_at() -> None:
    venue = Venue(VenueTerms(latency_entry_ms_median=ZERO, latency_response_ms_median=ZERO, refill_ms=0))
    venue.market.show([("1000.0", "1")], [(f"{1001 + step}.0", "1") for step in range(30)])
    assert story(venue.buy("31", "2000.0", force=TimeInForce.FOK)) == [
        "accepted",
        "expired 31.000: fill or kill: not all of it could be filled at once",
    ]
    venue.buy("31")
    assert venue.held() == 30
