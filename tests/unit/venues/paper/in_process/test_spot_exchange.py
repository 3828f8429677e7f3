"""The spot market in this process: orders in its words, a wallet that lends nothing, fees in coins, and latency."""

from decimal import Decimal

from msgspec.structs import replace

from interlock.messages.observations import AcceptReported, FillReported, Observation, RejectReported
from interlock.messages.words import BookState, Liquidity, OrderStatus, TimeInForce
from interlock.units.instruments import Instrument
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS
from interlock.venues.binance.instruments import embedded_instruments
from interlock.venues.paper.exchange import PaperExchange
from interlock.venues.paper.in_process.spot_exchange import SpotExchange
from interlock.venues.paper.terms import VenueTerms
from tests.unit.venues.paper.shown_market import ACCOUNT, AT_ONCE, SYMBOL, ShownMarket, Venue, e8, story

LISTED = replace(embedded_instruments("spot")[SYMBOL], price_min=Decimal("0.01"))
FEES = replace(AT_ONCE, maker_bps=Decimal(10), taker_bps=Decimal(10), leverage=1)


class SpotVenue(Venue):
    """The same driver at the spot market, with 1000 USDT and a book of 10 at 99.9 and 10 at 100.1."""

    def __init__(self, terms: VenueTerms = FEES, balance: str = "1000", listed: Instrument = LISTED) -> None:
        self.market = ShownMarket().show([("99.90", "10")], [("100.10", "10")])
        self.exchange: SpotExchange = SpotExchange(  # type: ignore[assignment]  # driven by the same words
            ACCOUNT, Decimal(balance), {SYMBOL: listed}, terms, self.market, self.market, 1
        )
        self._count = 0

    def moved(self, bid: str, ask: str) -> None:
        """Display another market."""
        self.market.show([(bid, "10")], [(ask, "10")])

    def usdt(self) -> Decimal:
        return self.exchange.book_of_record().balance


def fills(reports: list[Observation]) -> list[FillReported]:
    return [each for each in reports if isinstance(each, FillReported)]


def test_a_purchase_pays_its_fee_in_coins_and_tells_its_value() -> None:
    venue = SpotVenue()
    (fill,) = fills(venue.buy("2", "100.10", force=TimeInForce.IOC))
    assert (fill.quantity, fill.fee_base, fill.fee) == (Decimal(2), Decimal("0.002"), Decimal("0.2002"))
    assert fill.liquidity is Liquidity.TAKER
    assert (venue.held(), venue.usdt()) == (Decimal("1.998"), Decimal("799.80"))


def test_a_sale_pays_its_fee_in_the_quote() -> None:
    venue = SpotVenue()
    venue.buy("2")
    (fill,) = fills(venue.sell("1", reduce_only=True))
    assert (fill.fee_base, fill.fee) == (Decimal(0), Decimal("0.0999"))
    assert (venue.held(), venue.usdt()) == (Decimal("0.998"), Decimal("799.80") + Decimal("99.90") - Decimal("0.0999"))
    assert venue.exchange.book_of_record().fees == Decimal("0.2002") + Decimal("0.0999")


def test_the_wallet_lends_neither_quote_nor_coins() -> None:
    venue = SpotVenue()
    assert story(venue.buy("10", "100.10")) == ["rejected -2010"]
    assert story(venue.sell("1")) == ["rejected -2010"]
    venue.buy("2")
    assert story(venue.sell("2")) == ["rejected -2010"]


def test_a_stop_locks_the_coins_until_it_is_taken_back() -> None:
    venue = SpotVenue()
    venue.buy("2")
    stop = venue.order(Side.SELL, "1.998", stop="99.00", reduce_only=True)
    assert story(venue.send(stop)) == ["accepted"]
    assert story(venue.sell("1.998")) == ["rejected -2010"]
    assert story(venue.cancel(stop.order_id)) == ["cancelled 1.998"]
    assert story(venue.sell("1.998")) == ["accepted", "taker 1.99800 at 99.90"]


def test_a_stop_is_pulled_by_a_trade_and_meets_the_market_of_that_moment() -> None:
    """The tick comes before the displayed market has moved; it waits for `advance`, and is then sold into what is."""
    venue = SpotVenue()
    venue.buy("2")
    venue.send(venue.order(Side.SELL, "1.998", stop="99.00", reduce_only=True))
    at_ns = venue.market.at_ns + NS_PER_MS
    venue.exchange.on_trade(SYMBOL, at_ns, e8("99.00"), e8("1"), False)
    assert venue.exchange.due_ns() == at_ns
    venue.moved("98.50", "98.70")
    venue.market.at_ns = at_ns
    assert story(venue.exchange.advance(at_ns)) == ["taker 1.99800 at 98.50"]
    assert venue.exchange.watched() == frozenset()


def test_a_trade_above_the_stop_pulls_nothing_and_makes_nothing_due() -> None:
    venue = SpotVenue()
    venue.buy("2")
    venue.send(venue.order(Side.SELL, "1.998", stop="99.00", reduce_only=True))
    assert venue.trade("99.01", "1", False) == []
    assert venue.exchange.due_ns() is None


def test_a_pulled_stop_waits_for_a_book() -> None:
    venue = SpotVenue()
    venue.buy("2")
    venue.send(venue.order(Side.SELL, "1.998", stop="99.00", reduce_only=True))
    venue.market.show([], [], state=BookState.UNSYNCED)
    assert story(venue.trade("98.90", "1", False)) == []
    venue.moved("98.80", "98.90")
    assert story(venue.quote("98.80", "98.90")) == ["taker 1.99800 at 98.80"]


def test_a_resting_order_is_filled_as_maker_and_watched_until_then() -> None:
    venue = SpotVenue()
    assert story(venue.buy("1", "99.80", force=TimeInForce.GTX)) == ["accepted"]
    assert venue.exchange.watched() == {SYMBOL}
    assert story(venue.trade("99.70", "5", False)) == ["maker 1.00000 at 99.80"]
    assert venue.exchange.watched() == frozenset()
    (order,) = venue.exchange.book_of_record().orders
    assert (order.status, order.quantity_filled) == (OrderStatus.FILLED, Decimal(1))


def test_what_the_venue_does_not_take_is_told_in_its_own_words() -> None:
    venue = SpotVenue()
    assert story(venue.buy("1", "99.80", account="another")) == ["rejected -2015"]
    assert story(venue.buy("1", "99.80", symbol="NOSUCHUSDT")) == ["rejected -1121"]
    assert story(venue.buy("0.00001", "99.80")) == ["rejected -1013"]
    assert story(venue.buy("1", "100.10", force=TimeInForce.GTX)) == ["rejected -2010"]
    assert story(venue.cancel("nobodys")) == ["cancel rejected -2011"]
    twice = venue.order(Side.BUY, "1", "99.80")
    assert story(venue.send(twice)) == ["accepted"]
    assert story(venue.send(twice)) == ["rejected -2010"]
    assert story(venue.cancel(twice.order_id)) == ["cancelled 1"]
    venue.market.show([], [], state=BookState.UNSYNCED)
    assert story(venue.buy("1")) == ["rejected -1013"]


def test_what_an_order_took_is_gone_until_it_is_shown_anew() -> None:
    venue = SpotVenue(balance="100000")
    assert story(venue.buy("12", force=TimeInForce.IOC))[-1] == "expired 2.00000: the visible depth was used up"
    assert story(venue.buy("1")) == ["accepted", "expired 1: the visible depth was used up"]
    venue.market.at_ns += FEES.refill_ms * NS_PER_MS
    assert story(venue.buy("1")) == ["accepted", "taker 1.00000 at 100.10"]


def test_requests_and_answers_take_as_long_as_at_the_futures_engine() -> None:
    slow = VenueTerms()
    spot = SpotVenue(replace(slow, maker_bps=Decimal(10)))
    futures = PaperExchange(ACCOUNT, Decimal(1000), {SYMBOL: LISTED}, slow, spot.market, spot.market, 1)
    assert spot.exchange.arrival_floor_ns == futures.arrival_floor_ns > 0
    for exchange in (spot.exchange, futures):
        exchange.place(spot.order(Side.BUY, "1", "99.80", order_id="il1-1"))
    arrives_ns = spot.exchange.due_ns()
    assert arrives_ns is not None
    assert arrives_ns == futures.due_ns()
    for exchange in (spot.exchange, futures):
        assert exchange.advance(arrives_ns) == []
    heard_ns = spot.exchange.due_ns()
    assert heard_ns is not None
    assert heard_ns == futures.due_ns()
    (told,) = spot.exchange.advance(heard_ns)
    assert isinstance(told, AcceptReported)
    assert told.venue_at_ns == arrives_ns


def test_no_report_overtakes_an_earlier_one() -> None:
    venue = SpotVenue(replace(FEES, latency_response_ms_median=Decimal(10), latency_response_sigma=Decimal(3)))
    sent = [venue.order(Side.BUY, "0.1", "99.80") for _ in range(8)]
    heard = [report for order in sent for report in venue.send(order)] + venue.wait_ms(3_600_000)
    assert [each.order_id for each in heard if isinstance(each, AcceptReported | RejectReported)] == [
        order.order_id for order in sent
    ]


def test_a_quote_that_a_pulled_stop_waits_for_is_met_when_its_market_is_shown() -> None:
    venue = SpotVenue()
    venue.buy("2")
    venue.send(venue.order(Side.SELL, "1.998", stop="99.00", reduce_only=True))
    venue.market.show([], [], state=BookState.UNSYNCED)
    venue.trade("98.90", "1", False)
    at_ns = venue.market.at_ns + NS_PER_MS
    venue.exchange.on_quote(SYMBOL, at_ns, e8("98.80"), e8("98.90"), e8("10"), e8("10"))
    assert venue.exchange.due_ns() == at_ns
    venue.moved("98.80", "98.90")
    venue.market.at_ns = at_ns
    assert story(venue.exchange.advance(at_ns)) == ["taker 1.99800 at 98.80"]
