"""Stops and take-profits: what triggers them, and what they meet then."""

import pytest

from interlock.messages.words import BookState
from tests.unit.venues.paper.shown_market import Venue, story

BIDS, ASKS = [("100.0", "9"), ("99.9", "9")], [("100.1", "9"), ("100.2", "9")]


@pytest.fixture
def venue() -> Venue:
    venue = Venue()
    venue.market.show(BIDS, ASKS)
    return venue


@pytest.mark.parametrize(
    ("is_buy", "kind", "trigger", "short_of_it", "at_it"),
    [
        (False, "stop", "99.0", "99.1", "99.0"),
        (True, "stop", "101.0", "100.9", "101.0"),
        (False, "target", "101.0", "100.9", "101.0"),
        (True, "target", "99.0", "99.1", "99.0"),
    ],
)
def test_a_market_trade_at_the_trigger_sends_the_order_to_market(
    venue: Venue, is_buy: bool, kind: str, trigger: str, short_of_it: str, at_it: str
) -> None:
    place = venue.buy if is_buy else venue.sell
    assert story(place("1", **{kind: trigger})) == ["accepted"]
    assert venue.trade(short_of_it, "1", buyer_is_aggressor=False) == []
    price = "100.10" if is_buy else "100.00"
    assert story(venue.trade(at_it, "1", buyer_is_aggressor=True)) == [f"taker 1.000 at {price}"]


def test_a_quote_triggers_only_when_it_lies_whole_at_or_through_the_price(venue: Venue) -> None:
    venue.sell("1", stop="99.0")
    assert venue.quote("98.9", "99.1") == []
    assert story(venue.quote("98.9", "99.0")) == ["taker 1.000 at 100.00"]


def test_a_triggered_stop_meets_the_market_shown_at_the_next_advance_and_not_an_older_one(venue: Venue) -> None:
    venue.sell("1", stop="99.0")
    venue.market.at_ns += 5
    venue.exchange.on_trade("BTCUSDT", venue.market.at_ns, 99 * 10**8, 10**8, False)
    assert venue.exchange.due_ns() == venue.market.at_ns
    venue.market.show([("98.5", "9")], [("98.6", "9")])
    assert story(venue.exchange.advance(venue.market.at_ns)) == ["taker 1.000 at 98.50"]


def test_a_stop_that_would_trigger_at_once_is_rejected(venue: Venue) -> None:
    assert story(venue.sell("1", stop="100.1")) == ["rejected -2021"]
    assert story(venue.buy("1", stop="100.0")) == ["rejected -2021"]
    assert story(venue.buy("1", target="100.1")) == ["rejected -2021"]


def test_a_triggered_stop_waits_for_a_book_and_is_never_lost(venue: Venue) -> None:
    venue.sell("1", stop="99.0")
    venue.market.show([], [], state=BookState.UNSYNCED)
    assert venue.trade("98.0", "1", buyer_is_aggressor=False) == []
    assert venue.quote("98.0", "98.1") == []
    venue.market.show([("97.0", "9")], [("97.1", "9")])
    assert story(venue.quote("97.0", "97.1")) == ["taker 1.000 at 97.00"]


def test_a_triggered_stop_takes_what_depth_there_is_and_the_rest_expires(venue: Venue) -> None:
    venue.sell("20", stop="99.0")
    assert story(venue.trade("99.0", "1", buyer_is_aggressor=False)) == [
        "taker 9.000 at 100.00",
        "taker 9.000 at 99.90",
        "expired 2.000: the visible depth was used up",
    ]


def test_a_trigger_fires_once(venue: Venue) -> None:
    venue.sell("1", stop="99.0")
    venue.trade("98.0", "1", buyer_is_aggressor=False)
    assert venue.trade("98.0", "1", buyer_is_aggressor=False) == []
    assert venue.held() == -1


def test_a_cancelled_stop_never_fires(venue: Venue) -> None:
    venue.sell("1", stop="99.0")
    assert story(venue.cancel("il1-1")) == ["cancelled 1.000"]
    assert venue.trade("98.0", "1", buyer_is_aggressor=False) == []


def test_a_triggered_stop_that_may_open_needs_margin_then() -> None:
    venue = Venue(balance="10")
    venue.market.show(BIDS, ASKS)
    venue.sell("1", stop="99.0")
    assert story(venue.trade("99.0", "1", buyer_is_aggressor=False)) == [
        "expired 1.000: triggered: Margin is insufficient."
    ]


def test_a_quote_that_fills_a_resting_order_triggers_no_stop_it_has_not_passed(venue: Venue) -> None:
    venue.sell("1", stop="99.0")
    venue.buy("1", "99.5")
    assert story(venue.quote("98.9", "99.1")) == ["maker 1.000 at 99.50"]


def test_a_stop_that_was_cancelled_at_the_moment_it_triggers_does_not_trade(venue: Venue) -> None:
    venue.sell("1", stop="99.0")
    venue.exchange.cancel("paper", "BTCUSDT", "il1-1")
    venue.exchange.on_trade("BTCUSDT", venue.market.at_ns, 99 * 10**8, 10**8, False)
    assert story(venue.wait_ms(0)) == ["cancelled 1.000"]
    assert venue.held() == 0
