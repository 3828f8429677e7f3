"""What fills an order that rests, and what does not: queue, trades, quotes, priority."""

import pytest

from interlock.messages.observations import FillReported
from interlock.messages.words import BookState, TimeInForce
from tests.unit.venues.paper.shown_market import Venue, story


@pytest.fixture
def venue() -> Venue:
    venue = Venue()
    venue.market.show([("100.0", "4"), ("99.9", "7")], [("100.1", "4"), ("100.2", "7")])
    return venue


def test_trades_at_the_price_use_up_the_queue_before_they_fill(venue: Venue) -> None:
    venue.buy("2", "100.0")
    assert venue.trade("100.0", "3", buyer_is_aggressor=False) == []
    assert story(venue.trade("100.0", "2", buyer_is_aggressor=False)) == ["maker 1.000 at 100.00"]
    assert story(venue.trade("100.0", "9", buyer_is_aggressor=False)) == ["maker 1.000 at 100.00"]


def test_trades_that_hit_the_other_side_fill_nothing(venue: Venue) -> None:
    venue.buy("2", "100.0")
    assert venue.trade("100.0", "50", buyer_is_aggressor=True) == []


def test_a_smaller_displayed_size_bounds_the_queue_and_a_larger_one_does_not_lengthen_it(venue: Venue) -> None:
    venue.buy("2", "100.0")
    venue.quote("100.0", "100.1", bid_size="1")
    venue.quote("100.0", "100.1", bid_size="30")
    assert story(venue.trade("100.0", "2", buyer_is_aggressor=False)) == ["maker 1.000 at 100.00"]


def test_a_best_price_below_the_order_leaves_nobody_ahead(venue: Venue) -> None:
    venue.buy("2", "100.0")
    venue.quote("99.9", "100.1")
    assert story(venue.trade("100.0", "2", buyer_is_aggressor=False)) == ["maker 2.000 at 100.00"]


def test_a_trade_through_the_price_fills_at_the_price_and_no_more_than_traded(venue: Venue) -> None:
    venue.buy("3", "99.9")
    assert story(venue.trade("99.8", "2", buyer_is_aggressor=False)) == ["maker 2.000 at 99.90"]


def test_a_quote_at_or_through_the_price_fills_no_more_than_it_shows(venue: Venue) -> None:
    venue.buy("3", "99.9")
    assert story(venue.quote("99.7", "99.8", ask_size="1")) == ["maker 1.000 at 99.90"]
    assert venue.quote("99.7", "99.8", ask_size="1") == []
    assert story(venue.quote("99.7", "99.8", ask_size="1.5")) == ["maker 0.500 at 99.90"]
    assert story(venue.quote("99.7", "99.9", ask_size="40")) == ["maker 1.500 at 99.90"]


def test_sells_rest_as_buys_do(venue: Venue) -> None:
    venue.sell("2", "100.1")
    assert venue.trade("100.1", "4", buyer_is_aggressor=True) == []
    assert story(venue.trade("100.1", "1", buyer_is_aggressor=True)) == ["maker 1.000 at 100.10"]
    assert story(venue.quote("100.1", "100.2")) == ["maker 1.000 at 100.10"]


def test_where_depth_cannot_be_seen_all_that_first_shows_counts_as_ahead() -> None:
    venue = Venue()
    venue.market.show([("100.0", "4")], [("100.1", "4")], state=BookState.QUOTES_ONLY)
    venue.buy("2", "99.9")
    assert venue.trade("99.9", "50", buyer_is_aggressor=False) == []
    venue.quote("99.9", "100.0", bid_size="3")
    assert venue.trade("99.9", "3", buyer_is_aggressor=False) == []
    assert story(venue.trade("99.9", "1", buyer_is_aggressor=False)) == ["maker 1.000 at 99.90"]


def test_own_orders_fill_by_price_then_by_time(venue: Venue) -> None:
    for limit in ("99.9", "100.0", "100.0"):
        venue.buy("1", limit)
    venue.quote("99.0", "100.05")
    reports = venue.trade("99.8", "2.5", buyer_is_aggressor=False)
    filled = [report.order_id for report in reports if isinstance(report, FillReported)]
    assert filled == ["il1-2", "il1-3", "il1-1"]
    book = venue.exchange.book_of_record()
    assert [str(order.quantity_filled) for order in book.orders] == ["0.500", "1.000", "1.000"]


def test_one_trade_is_never_given_to_two_orders(venue: Venue) -> None:
    venue.buy("1", "100.0")
    venue.buy("1", "100.0")
    assert story(venue.trade("100.0", "5", buyer_is_aggressor=False)) == ["maker 1.000 at 100.00"]
    assert story(venue.trade("100.0", "0.5", buyer_is_aggressor=False)) == ["maker 0.500 at 100.00"]


def test_the_rest_of_an_order_that_took_does_not_take_the_same_display_again(venue: Venue) -> None:
    venue.buy("5", "100.1")
    assert venue.quote("100.0", "100.1", ask_size="4") == []
    assert story(venue.quote("100.0", "100.1", ask_size="4.5")) == ["maker 0.500 at 100.10"]


def test_an_order_that_came_without_a_book_pays_for_what_it_takes() -> None:
    venue = Venue()
    venue.market.show([], [], state=BookState.UNSYNCED)
    assert story(venue.buy("2", "100.1")) == ["accepted"]
    assert story(venue.quote("99.9", "100.0", ask_size="1")) == ["taker 1.000 at 100.00"]
    assert story(venue.quote("99.9", "100.0", ask_size="3")) == ["maker 1.000 at 100.10"]


def test_post_only_that_came_without_a_book_expires_rather_than_takes() -> None:
    venue = Venue()
    venue.market.show([], [], state=BookState.UNSYNCED)
    venue.buy("2", "100.1", force=TimeInForce.GTX)
    assert story(venue.quote("99.9", "100.0")) == ["expired 2.000: post only: the order would have taken"]
    assert venue.exchange.watched() == frozenset()


def test_an_order_that_came_without_a_book_rests_once_a_quote_shows_it_does() -> None:
    venue = Venue()
    venue.market.show([], [], state=BookState.UNSYNCED)
    venue.buy("2", "99.0", force=TimeInForce.GTX)
    assert venue.quote("99.9", "100.0") == []
    assert story(venue.quote("98.0", "99.0", ask_size="9")) == ["maker 2.000 at 99.00"]


def test_ticks_of_unwatched_symbols_change_nothing(venue: Venue) -> None:
    assert venue.quote("1.0", "1.1") == []
    assert venue.trade("1.0", "1", buyer_is_aggressor=False) == []
    venue.buy("1", "99.9")
    venue.exchange.on_trade("ETHUSDT", 1, 1, 10**12, False)
    assert venue.exchange.due_ns() is None


def test_one_quote_seats_every_order_that_came_without_a_book() -> None:
    venue = Venue()
    venue.market.show([], [], state=BookState.UNSYNCED)
    venue.buy("1", "99.0")
    venue.buy("1", "98.0")
    venue.quote("99.9", "100.0")
    assert story(venue.quote("97.0", "98.0", ask_size="9")) == ["maker 1.000 at 99.00", "maker 1.000 at 98.00"]
