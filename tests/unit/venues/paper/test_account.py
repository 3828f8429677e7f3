"""Positions, profit, fees, margin and reduce-only at the venue, to the last digit."""

from decimal import Decimal

from interlock.messages.words import TimeInForce
from interlock.units.money import install_context
from interlock.venues.paper.account import Account, Position
from interlock.venues.paper.terms import VenueTerms
from tests.unit.venues.paper.shown_market import Venue, story

install_context()


def whole(*numbers: int) -> tuple[Decimal, ...]:
    return tuple(Decimal(number) for number in numbers)


def priced(bid: str = "100.0", ask: str = "100.1", balance: str = "10000000") -> Venue:
    venue = Venue(balance=balance)
    venue.market.show([(bid, "50")], [(ask, "50")])
    return venue


def test_a_position_opens_grows_shrinks_and_closes_with_its_profit() -> None:
    position = Position()
    assert position.trade(Decimal("1"), Decimal("100")) == 0
    assert position.trade(Decimal("2"), Decimal("103")) == 0
    assert (position.quantity, position.cost, position.entry_average()) == whole(3, 306, 102)
    assert position.trade(Decimal("-1"), Decimal("104")) == 2
    assert position.trade(Decimal("-2"), Decimal("101")) == -2
    assert (position.quantity, position.cost, position.realised, position.entry_average()) == whole(0, 0, 0, 0)


def test_a_short_position_earns_when_the_price_falls() -> None:
    position = Position()
    position.trade(Decimal("-2"), Decimal("100"))
    assert (position.quantity, position.cost, position.entry_average()) == whole(-2, -200, 100)
    assert position.trade(Decimal("0.5"), Decimal("90")) == 5


def test_a_trade_beyond_the_position_closes_it_and_opens_the_other_way() -> None:
    position = Position()
    position.trade(Decimal("1"), Decimal("100"))
    assert position.trade(Decimal("-3"), Decimal("110")) == 10
    assert (position.quantity, position.cost) == whole(-2, -220)


def test_a_thirdwise_close_loses_no_digit() -> None:
    position = Position()
    position.trade(Decimal("3"), Decimal("0.33333333"))
    position.trade(Decimal("4"), Decimal("0.1"))
    profits = [position.trade(Decimal("-1"), Decimal("0.2")) for _ in range(7)]
    assert sum(profits) == Decimal("1.4") - Decimal("1.39999999")
    assert position.cost == 0


def test_maker_and_taker_pay_their_own_fee() -> None:
    account = Account(Decimal(1000), VenueTerms())
    assert account.trade("BTCUSDT", Decimal("1"), Decimal("100"), True) == Decimal("0.02")
    assert account.trade("BTCUSDT", Decimal("-1"), Decimal("101"), False) == Decimal("0.0404")
    assert account.balance == Decimal(1000) + 1 - Decimal("0.0604")
    assert account.fees == Decimal("0.0604")


def test_the_balance_moves_by_profit_and_fees_alone() -> None:
    venue = priced()
    venue.buy("10")
    venue.market.show([("102.0", "50")], [("102.1", "50")])
    venue.sell("10")
    book = venue.exchange.book_of_record()
    assert book.balance == Decimal(10_000_000) + Decimal("19") - book.fees
    assert book.fees == Decimal("0.4004") + Decimal("0.408")
    assert sum(trade.realised for trade in book.trades) == Decimal("19")


def test_an_order_beyond_the_initial_margin_is_rejected() -> None:
    venue = priced(balance="1000")
    assert story(venue.buy("49.9", "100.1")) == ["accepted", "taker 49.900 at 100.10"]
    assert story(venue.buy("1", "99.0", force=TimeInForce.GTX)) == ["rejected -2019"]
    assert story(venue.buy("1")) == ["rejected -2019"]


def test_resting_orders_hold_their_margin_back_and_cancelled_ones_do_not() -> None:
    venue = priced(balance="1000")
    venue.buy("40", "99.0")
    assert story(venue.buy("20", "99.0")) == ["rejected -2019"]
    venue.cancel("il1-1")
    assert story(venue.buy("20", "99.0")) == ["accepted"]


def test_an_open_loss_uses_up_margin() -> None:
    venue = priced(balance="1000")
    venue.buy("20")
    venue.market.show([("70.0", "50")], [("70.1", "50")])
    assert story(venue.buy("10")) == ["rejected -2019"]


def test_an_order_that_reduces_needs_no_margin() -> None:
    venue = priced(balance="1000")
    venue.buy("49")
    venue.market.show([("60.0", "50")], [("60.1", "50")])
    assert story(venue.sell("49")) == ["accepted", "taker 49.000 at 60.00"]


def test_reduce_only_with_nothing_to_reduce_is_rejected() -> None:
    venue = priced()
    assert story(venue.sell("1", reduce_only=True)) == ["rejected -2022"]
    venue.buy("1")
    assert story(venue.buy("1", reduce_only=True)) == ["rejected -2022"]


def test_reduce_only_never_trades_more_than_the_position_when_it_executes() -> None:
    venue = priced()
    venue.buy("2")
    assert story(venue.sell("5", reduce_only=True)) == [
        "accepted",
        "taker 2.000 at 100.00",
        "expired 3.000: reduce only: the position is gone",
    ]
    assert venue.held() == 0


def test_resting_reduce_only_orders_expire_when_the_position_is_gone() -> None:
    venue = priced()
    venue.buy("2")
    venue.sell("2", stop="95.0", reduce_only=True)
    venue.sell("2", "105.0", reduce_only=True)
    reports = story(venue.quote("105.0", "105.1", bid_size="9"))
    assert reports == ["maker 2.000 at 105.00", "expired 2.000: reduce only: the position is gone"]
    assert venue.exchange.watched() == frozenset()


def test_a_position_that_shrank_caps_what_rests_against_it() -> None:
    venue = priced()
    venue.buy("3")
    venue.sell("3", "105.0", reduce_only=True)
    venue.sell("2")
    assert story(venue.quote("105.0", "105.1", bid_size="9")) == [
        "maker 1.000 at 105.00",
        "expired 2.000: reduce only: the position is gone",
    ]


def test_reduce_only_orders_expire_when_the_position_turns_over() -> None:
    venue = priced()
    venue.buy("1")
    venue.sell("1", "105.0", reduce_only=True)
    assert story(venue.sell("3")) == [
        "accepted",
        "taker 3.000 at 100.00",
        "expired 1.000: reduce only: the position is gone",
    ]
    assert venue.held() == -2


def test_two_exits_at_one_tick_close_the_position_once() -> None:
    venue = priced()
    venue.buy("2")
    venue.sell("2", "105.0", reduce_only=True)
    venue.sell("2", "105.0", reduce_only=True)
    assert story(venue.quote("106.0", "106.1", bid_size="9")) == [
        "maker 2.000 at 105.00",
        "expired 2.000: reduce only: the position is gone",
    ]
    assert venue.held() == 0
