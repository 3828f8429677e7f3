"""Time at the exchange: when orders arrive, when reports come back, and in which order."""

from decimal import Decimal

from interlock.messages.observations import AcceptReported, FillReported
from interlock.messages.words import OrderStatus
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS
from interlock.venues.paper.latency import Latency, Way
from interlock.venues.paper.terms import VenueTerms
from tests.unit.venues.paper.shown_market import SYMBOL, Venue, story

SLOW = VenueTerms()


def slow_venue(seed: int = 1, terms: VenueTerms = SLOW) -> Venue:
    venue = Venue(terms, seed=seed)
    venue.market.show([("100.0", "50")], [("100.1", "50")])
    return venue


def test_an_order_meets_the_market_of_its_arrival_and_not_of_its_sending() -> None:
    venue = slow_venue()
    venue.exchange.place(venue.order(Side.BUY, "1"))
    arrives_ns = Latency(1, Way.ENTRY, SLOW.latency_entry_ms_median, SLOW.latency_entry_sigma).draw_ns(1)
    assert venue.exchange.due_ns() == arrives_ns
    assert venue.exchange.advance(arrives_ns - 1) == []
    venue.market.show([("101.0", "50")], [("101.1", "50")])
    assert venue.exchange.advance(arrives_ns) == []
    due_ns = venue.exchange.due_ns()
    assert due_ns is not None and due_ns > arrives_ns
    assert venue.exchange.advance(due_ns - 1) == []
    accepted, filled = venue.exchange.advance(due_ns)
    assert isinstance(accepted, AcceptReported) and isinstance(filled, FillReported)
    assert (accepted.venue_at_ns, filled.venue_at_ns, filled.price) == (arrives_ns, arrives_ns, Decimal("101.1"))
    assert venue.exchange.due_ns() is None


def test_reports_never_overtake_one_another() -> None:
    venue = slow_venue(terms=VenueTerms(latency_response_sigma=Decimal(3)))
    for _ in range(200):
        venue.exchange.place(venue.order(Side.BUY, "0.1"))
    seen = []
    while (due_ns := venue.exchange.due_ns()) is not None:
        reports = venue.exchange.advance(due_ns)
        seen += [each.venue_at_ns for each in reports if isinstance(each, AcceptReported | FillReported)]
    assert len(seen) == 400
    assert seen == sorted(seen)


def test_the_latency_of_one_order_does_not_depend_on_the_fills_of_others() -> None:
    def told_at(others: str) -> int | None:
        venue = slow_venue(terms=VenueTerms(latency_response_sigma=Decimal(0)))
        venue.exchange.place(venue.order(Side.BUY, others))
        venue.exchange.advance(10**9)
        venue.market.at_ns = 10**9
        venue.exchange.place(venue.order(Side.BUY, "1"))
        venue.exchange.advance(venue.exchange.due_ns() or 0)
        return venue.exchange.due_ns()

    assert told_at("1") == told_at("70") == told_at("0.3")


def test_a_cancel_may_come_too_late() -> None:
    venue = slow_venue()
    order = venue.order(Side.BUY, "1")
    venue.exchange.place(order)
    venue.exchange.cancel("paper", SYMBOL, order.order_id)
    told = story(venue.wait_ms(10_000))
    assert sorted(told) == ["accepted", "cancel rejected -2011", "taker 1.000 at 100.10"]


def test_one_seed_gives_one_history_and_another_seed_another() -> None:
    def history(seed: int) -> list[object]:
        venue = slow_venue(seed)
        reports: list[object] = []
        for step in range(40):
            venue.exchange.place(venue.order(Side.BUY if step % 3 else Side.SELL, "1", "100.1" if step % 2 else None))
            reports += venue.quote("100.0", "100.1", ask_size=str(1 + step % 7))
            reports += venue.wait_ms(7)
        return [*reports, venue.exchange.book_of_record()]

    assert history(1) == history(1)
    assert history(1) != history(2)


def test_symbols_are_watched_while_they_have_live_orders() -> None:
    venue = Venue()
    venue.market.show([("100.0", "50")], [("100.1", "50")])
    assert venue.exchange.watched() == frozenset()
    venue.buy("1")
    assert venue.exchange.watched() == frozenset()
    venue.buy("1", "99.0")
    assert venue.exchange.watched() == {SYMBOL}
    venue.cancel("il1-2")
    assert venue.exchange.watched() == frozenset()


def test_the_book_of_record_has_every_order_and_trade_with_its_end() -> None:
    venue = Venue()
    venue.market.show([("100.0", "5")], [("100.1", "5")])
    venue.buy("6")
    venue.buy("1", "99.0")
    venue.cancel("il1-2")
    venue.sell("1", "105.0")
    venue.buy("1", symbol="NOPE")
    book = venue.exchange.book_of_record()
    assert [order.status for order in book.orders] == [
        OrderStatus.EXPIRED,
        OrderStatus.CANCELLED,
        OrderStatus.ACKNOWLEDGED,
    ]
    assert [str(order.quantity_filled) for order in book.orders] == ["5.000", "0.000", "0.000"]
    (trade,) = book.trades
    assert (trade.order_id, trade.price, trade.quantity) == ("il1-1", Decimal("100.1"), Decimal(5))
    (position,) = book.positions
    assert (position.quantity, position.cost, position.entry_average) == (
        Decimal(5),
        Decimal("500.5"),
        Decimal("100.1"),
    )
    assert book.balance == 10_000_000 - book.fees


def test_an_arrival_older_than_a_tick_that_was_shown_does_not_turn_time_back() -> None:
    venue = slow_venue(terms=VenueTerms(latency_response_ms_median=Decimal(0)))
    venue.exchange.place(venue.order(Side.BUY, "1", "99.0"))
    venue.wait_ms(1_000)
    venue.exchange.place(venue.order(Side.BUY, "1", "99.0"))
    late_ns = venue.market.at_ns + 900 * NS_PER_MS
    venue.exchange.on_quote(SYMBOL, late_ns, 10**10, 10**10 + 1, 10**8, 10**8)
    (accepted,) = venue.exchange.advance(late_ns)
    assert isinstance(accepted, AcceptReported)
    assert accepted.venue_at_ns == late_ns
