"""Whatever is ordered and whatever the market does: nothing is made or lost, and no fill is better than the market."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

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
from interlock.messages.words import BookState, Liquidity, OrderStatus, OrderType, TimeInForce
from interlock.units.money import from_e8
from interlock.units.sides import SIGN, Side
from interlock.units.time import NS_PER_MS
from interlock.venues.paper.book_of_record import BookOfRecord
from interlock.venues.paper.terms import VenueTerms
from tests.unit.venues.paper.shown_market import ACCOUNT, ROOMY, SYMBOL, Venue

BALANCE = "5000"
TERMS = VenueTerms(
    maker_bps=Decimal("1.7"),
    taker_bps=Decimal("4.3"),
    latency_entry_ms_median=Decimal(2),
    latency_response_ms_median=Decimal(3),
    refill_ms=20,
)
INSTRUMENT = replace(ROOMY, price_tick=Decimal("0.1"), quantity_step=Decimal("0.001"), notional_min=Decimal("0.1"))
E8 = 10**8

prices_e8 = st.integers(950, 1_050).map(lambda ticks: ticks * E8 // 10)
sizes_e8 = st.integers(1, 4_000).map(lambda lots: lots * E8 // 1_000)


@dataclass(frozen=True)
class Ordered:
    """An order to place."""

    side: Side
    kind: OrderType
    force: TimeInForce
    price_e8: int
    quantity_e8: int
    reduce_only: bool


@dataclass(frozen=True)
class Cancelled:
    """A cancellation of the order placed so many orders ago."""

    back: int


@dataclass(frozen=True)
class Shown:
    """A book that is shown from now on, and its quote as a tick."""

    bid_e8: int
    spread_ticks: int
    sizes_e8: tuple[int, int, int, int]
    state: BookState


@dataclass(frozen=True)
class Traded:
    """A market trade."""

    price_e8: int
    quantity_e8: int
    buyer_is_aggressor: bool


steps = st.one_of(
    st.builds(
        Ordered,
        st.sampled_from(Side),
        st.sampled_from(OrderType),
        st.sampled_from(TimeInForce),
        prices_e8,
        sizes_e8,
        st.booleans(),
    ),
    st.builds(Cancelled, st.integers(1, 4)),
    st.builds(
        Shown,
        prices_e8,
        st.integers(1, 20),
        st.tuples(sizes_e8, sizes_e8, sizes_e8, sizes_e8),
        st.sampled_from([BookState.SYNCED, BookState.SYNCED, BookState.QUOTES_ONLY, BookState.UNSYNCED]),
    ),
    st.builds(Traded, prices_e8, sizes_e8, st.booleans()),
)


class Script:
    """Plays steps against the exchange, as the driver of a run does, and checks the promises after each."""

    def __init__(self) -> None:
        self.venue = Venue(TERMS, BALANCE, {SYMBOL: INSTRUMENT}, seed=3)
        self.orders: list[ApprovedOrder] = []
        self.reports: list[Observation] = []
        self.best: dict[Side, int | None] = {Side.BUY: None, Side.SELL: None}

    def play(self, step: Ordered | Cancelled | Shown | Traded, wait_ms: int) -> None:
        venue, exchange = self.venue, self.venue.exchange
        venue.market.at_ns += wait_ms * NS_PER_MS
        self.advance()
        at_ns = venue.market.at_ns
        match step:
            case Ordered():
                order = self.order_of(step)
                self.orders.append(order)
                exchange.place(order)
            case Cancelled(back=back) if back <= len(self.orders):
                exchange.cancel(ACCOUNT, SYMBOL, self.orders[-back].order_id)
            case Shown(bid_e8=bid_e8, sizes_e8=(bid_size, ask_size, deep_bid, deep_ask)):
                ask_e8 = bid_e8 + step.spread_ticks * E8 // 10
                market = venue.market
                market.states[SYMBOL] = step.state
                deep = step.state is BookState.SYNCED
                market.books[SYMBOL, Side.BUY] = [(bid_e8, bid_size), (bid_e8 - E8, deep_bid)][: 1 + deep]
                market.books[SYMBOL, Side.SELL] = [(ask_e8, ask_size), (ask_e8 + E8, deep_ask)][: 1 + deep]
                if SYMBOL in exchange.watched():
                    exchange.on_quote(SYMBOL, at_ns, bid_e8, ask_e8, bid_size, ask_size)
            case Traded():
                if SYMBOL in exchange.watched():
                    exchange.on_trade(SYMBOL, at_ns, step.price_e8, step.quantity_e8, step.buyer_is_aggressor)
            case _:
                pass
        self.advance()
        self.check_books(exchange.book_of_record())

    def order_of(self, step: Ordered) -> ApprovedOrder:
        price = from_e8(step.price_e8)
        is_limit = step.kind is OrderType.LIMIT
        is_conditional = step.kind in (OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET)
        order = self.venue.order(step.side, str(from_e8(step.quantity_e8)), force=step.force)
        return replace(
            order,
            order_type=step.kind,
            limit_price=price if is_limit else None,
            trigger_price=price if is_conditional else None,
            reduce_only=step.reduce_only,
        )

    def advance(self) -> None:
        """Bring the exchange to now, one due moment at a time, and check each fill against what is displayed."""
        trades_before = len(self.venue.exchange.book_of_record().trades)
        self.reports += self.venue.exchange.advance(self.venue.market.at_ns)
        levels = {side: dict(self.venue.market.books.get((SYMBOL, side), [])) for side in Side}
        by_id = {order.order_id: order for order in self.orders}
        taken: Counter[tuple[Side, Decimal]] = Counter()
        for trade in self.venue.exchange.book_of_record().trades[trades_before:]:
            shown = levels[trade.side.opposite]
            taken[trade.side.opposite, trade.price] += int(trade.quantity * E8)
            if trade.liquidity is Liquidity.TAKER:
                assert int(trade.price * E8) in shown, "a fill at a price that is not displayed"
                assert taken[trade.side.opposite, trade.price] <= shown[int(trade.price * E8)], "beyond what is shown"
            limit = by_id[trade.order_id].limit_price
            if limit is not None:
                assert SIGN[trade.side] * (limit - trade.price) >= 0, "beyond the limit"

    def check_books(self, book: BookOfRecord) -> None:
        fees = sum((trade.fee for trade in book.trades), Decimal(0))
        realised = sum((trade.realised for trade in book.trades), Decimal(0))
        assert book.fees == fees
        assert book.balance == Decimal(BALANCE) + realised - fees
        filled: dict[str, Decimal] = defaultdict(Decimal)
        for trade in book.trades:
            filled[trade.order_id] += trade.quantity
        by_id = {order.order_id: order for order in self.orders}
        for order in book.orders:
            assert order.quantity_filled == filled[order.order_id] <= by_id[order.order_id].quantity
            assert (order.status is OrderStatus.FILLED) is (order.quantity_filled == order.quantity)
        held = sum((SIGN[trade.side] * trade.quantity for trade in book.trades), Decimal(0))
        paid = sum((SIGN[trade.side] * trade.quantity * trade.price for trade in book.trades), Decimal(0))
        (position,) = book.positions or (None,)
        assert (position.quantity if position else 0) == held
        assert (position.cost if position else 0) - realised == paid
        assert (position.realised if position else 0) == realised
        self.check_reduce_only(book)

    def check_reduce_only(self, book: BookOfRecord) -> None:
        held = Decimal(0)
        by_id = {order.order_id: order for order in self.orders}
        for trade in book.trades:
            change = SIGN[trade.side] * trade.quantity
            if by_id[trade.order_id].reduce_only:
                assert held * change < 0 and abs(change) <= abs(held), "a reduce-only order opened"
            held += change

    def check_reports(self) -> None:
        """When all is reported, the reports tell exactly what is booked, each order from its beginning to one end."""
        self.venue.market.at_ns += 3_600_000 * NS_PER_MS
        self.advance()
        book = self.venue.exchange.book_of_record()
        told: dict[str, list[Observation]] = {order.order_id: [] for order in self.orders}
        for report in self.reports:
            if not isinstance(report, CancelRejectReported):
                told[told_of(report)].append(report)
        booked = {order.order_id: order for order in book.orders}
        for order_id, reports in told.items():
            if order_id not in booked:
                assert [type(each) for each in reports] == [RejectReported]
                continue
            order = booked[order_id]
            assert isinstance(reports[0], AcceptReported)
            fills = [each for each in reports if isinstance(each, FillReported)]
            assert sum((each.quantity for each in fills), Decimal(0)) == order.quantity_filled
            ends = [each for each in reports if isinstance(each, CancelReported | ExpireReported)]
            assert len(ends) == (order.status in (OrderStatus.CANCELLED, OrderStatus.EXPIRED))
            for end in ends:
                assert end is reports[-1]
                assert end.quantity_left == order.quantity - order.quantity_filled
        assert [each.trade_id for each in self.reports if isinstance(each, FillReported)] == [
            trade.trade_id for trade in book.trades
        ]


def told_of(report: Observation) -> str:
    """Return the order a report is about."""
    assert isinstance(report, FillReported | AcceptReported | RejectReported | CancelReported | ExpireReported)
    return report.order_id


@settings(max_examples=300)
@given(st.lists(st.tuples(steps, st.integers(0, 12)), max_size=60))
def test_matching_conserves(script: list[tuple[Ordered | Cancelled | Shown | Traded, int]]) -> None:
    played = Script()
    for step, wait_ms in script:
        played.play(step, wait_ms)
    played.check_reports()
