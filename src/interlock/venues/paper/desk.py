"""The exchange's desk: it books every trade, keeps every order, and tells of both, in order, after the latency."""

from collections import deque
from decimal import Decimal

from interlock.messages.observations import (
    AcceptReported,
    CancelRejectReported,
    CancelReported,
    ExpireReported,
    FillReported,
    Observation,
    RejectReported,
)
from interlock.messages.words import Liquidity, OrderStatus
from interlock.units.money import ZERO, to_e8
from interlock.venues.paper.account import Account
from interlock.venues.paper.book_of_record import BookOfRecord, LiveOrder, VenuePosition, VenueTrade
from interlock.venues.paper.latency import Latency, Way
from interlock.venues.paper.rejections import Rejection
from interlock.venues.paper.terms import VenueTerms

_MAKER, _TAKER = Liquidity.MAKER, Liquidity.TAKER
_OF_CANCEL = -1
"""The step under which the answer to a refused cancel is drawn; the reports of orders count up from zero."""


class Desk:
    """Books and reports of one account.

    Reports are one stream, as over one connection: none overtakes an earlier one, whatever its latency. What one
    order meets at one moment travels together.
    """

    def __init__(self, name: str, balance: Decimal, terms: VenueTerms, seed: int) -> None:
        self.name = name
        self.account = Account(balance, terms)
        self.open: dict[str, LiveOrder] = {}
        self._orders: list[LiveOrder] = []
        self._trades: list[VenueTrade] = []
        self._reports: deque[tuple[int, Observation]] = deque()
        self._response = Latency(seed, Way.RESPONSE, terms.latency_response_ms_median, terms.latency_response_sigma)

    # --- What became of a request ----------------------------------------------------------------------------------

    def accept(self, live: LiveOrder, at_ns: int) -> None:
        """Take an order in and say so."""
        order_id = live.order.order_id
        assert order_id not in self.open, f"{order_id} is open twice"
        self.open[order_id] = live
        self._orders.append(live)
        report = AcceptReported(order_id=order_id, venue_order_id=live.venue_order_id, venue_at_ns=at_ns)
        self._tell(live, report, at_ns)

    def reject(self, ordinal: int, order_id: str, why: Rejection, at_ns: int) -> None:
        """Say that an order was not taken. It leaves no trace in the book of record, as at the venue."""
        report = RejectReported(order_id=order_id, code=why.code, text=why.text, venue_at_ns=at_ns)
        self._send(report, at_ns + self._response.draw_ns(ordinal))

    def reject_cancel(self, ordinal: int, order_id: str, why: Rejection, at_ns: int) -> None:
        """Say that there is nothing to cancel."""
        report = CancelRejectReported(order_id=order_id, code=why.code, text=why.text, venue_at_ns=at_ns)
        self._send(report, at_ns + self._response.draw_ns(ordinal, _OF_CANCEL))

    def fill(self, live: LiveOrder, price_e8: int, quantity_e8: int, is_maker: bool, at_ns: int) -> None:
        """Book a trade of an order and say so."""
        assert 0 < quantity_e8 <= live.left_e8, f"{quantity_e8} of {live.left_e8} cannot be filled"
        order, account = live.order, self.account
        price, quantity = live.scale.price(price_e8), live.scale.quantity(quantity_e8)
        position = account.positions.get(order.symbol)
        realised_before = position.realised if position is not None else ZERO
        fee = account.trade(order.symbol, quantity if live.is_buy else -quantity, price, is_maker)
        live.left_e8 -= quantity_e8
        liquidity = _MAKER if is_maker else _TAKER
        trade_id = str(len(self._trades) + 1)
        self._trades.append(
            VenueTrade(
                trade_id=trade_id,
                order_id=order.order_id,
                symbol=order.symbol,
                side=order.side,
                price=price,
                quantity=quantity,
                fee=fee,
                realised=account.positions[order.symbol].realised - realised_before,
                liquidity=liquidity,
                venue_at_ns=at_ns,
            )
        )
        if live.left_e8:
            live.status = OrderStatus.PARTLY_FILLED
        else:
            self._close(live, OrderStatus.FILLED, "")
        report = FillReported(
            order_id=order.order_id,
            trade_id=trade_id,
            price=price,
            quantity=quantity,
            fee=fee,
            liquidity=liquidity,
            venue_at_ns=at_ns,
        )
        self._tell(live, report, at_ns)

    def expire(self, live: LiveOrder, text: str, at_ns: int) -> None:
        """End an order by a rule of the venue and say so."""
        self._close(live, OrderStatus.EXPIRED, text)
        report = ExpireReported(order_id=live.order.order_id, quantity_left=live.left(), text=text, venue_at_ns=at_ns)
        self._tell(live, report, at_ns)

    def cancel(self, live: LiveOrder, at_ns: int) -> None:
        """End an order as its owner asked and say so."""
        self._close(live, OrderStatus.CANCELLED, "")
        report = CancelReported(order_id=live.order.order_id, quantity_left=live.left(), venue_at_ns=at_ns)
        self._tell(live, report, at_ns)

    def yields(self, own: LiveOrder, live: LiveOrder, at_ns: int) -> bool:
        """Never: an order ends before an own one that rests in its way."""
        return False

    def reducible_e8(self, live: LiveOrder) -> int:
        """Return how much of the order may trade now: all that is left, or the position when it is reduce-only."""
        if not live.order.reduce_only:
            return live.left_e8
        return min(live.left_e8, to_e8(self.account.reducible(live.order.symbol, live.is_buy)))

    # --- The stream of reports -------------------------------------------------------------------------------------

    def due_ns(self) -> int | None:
        """Return when the next report reaches us; those behind it wait for it."""
        return self._reports[0][0] if self._reports else None

    def take(self, at_ns: int) -> list[Observation]:
        """Return the reports that have reached us by `at_ns`, in the order of the venue's events."""
        reports = self._reports
        taken: list[Observation] = []
        while reports and reports[0][0] <= at_ns:
            taken.append(reports.popleft()[1])
        return taken

    def book_of_record(self) -> BookOfRecord:
        """Return all that is booked."""
        account = self.account
        return BookOfRecord(
            account=self.name,
            balance=account.balance,
            fees=account.fees,
            orders=tuple(live.record() for live in self._orders),
            trades=tuple(self._trades),
            positions=tuple(
                VenuePosition(
                    symbol=symbol,
                    quantity=position.quantity,
                    cost=position.cost,
                    entry_average=position.entry_average(),
                    realised=position.realised,
                )
                for symbol, position in sorted(account.positions.items())
            ),
        )

    def _close(self, live: LiveOrder, status: OrderStatus, text: str) -> None:
        assert live.is_open, f"{live.order.order_id} has ended already"
        live.status, live.text, live.is_open = status, text, False
        del self.open[live.order.order_id]

    def _tell(self, live: LiveOrder, report: Observation, at_ns: int) -> None:
        if live.reported_at_ns != at_ns:
            live.reported_at_ns = at_ns
            live.report_due_ns = at_ns + self._response.draw_ns(live.ordinal, live.steps)
            live.steps += 1
        self._send(report, live.report_due_ns)

    def _send(self, report: Observation, due_ns: int) -> None:
        self._reports.append((due_ns, report))
