"""What the spot hall tells of our orders, as the core hears it: observations, in order, after the latency."""

from collections import deque
from collections.abc import Mapping

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
from interlock.messages.words import Liquidity, OrderStatus
from interlock.ports.exchange.events import OrderUpdated
from interlock.ports.exchange.rows import OrderRow, TradeRow
from interlock.ports.exchange.words import OPEN, Execution, OrderState
from interlock.units.instruments import Instrument
from interlock.units.money import ZERO
from interlock.venues.paper.book_of_record import VenueOrder, VenueTrade
from interlock.venues.paper.latency import Latency

_OF_CANCEL = -1
"""The step under which the answer to a refused cancel is drawn; the reports of orders count up from zero."""
_STATUS = {
    OrderState.NEW: OrderStatus.ACKNOWLEDGED,
    OrderState.PARTIALLY_FILLED: OrderStatus.PARTLY_FILLED,
    OrderState.FILLED: OrderStatus.FILLED,
    OrderState.CANCELED: OrderStatus.CANCELLED,
    OrderState.REJECTED: OrderStatus.REJECTED,
    OrderState.EXPIRED: OrderStatus.EXPIRED,
    OrderState.EXPIRED_IN_MATCH: OrderStatus.EXPIRED,
}


class _Line:
    """An order that the hall took in, as it stands there, and where its reports stand."""

    __slots__ = ("order", "ordinal", "report_due_ns", "reported_at_ns", "row", "steps")

    def __init__(self, order: ApprovedOrder, ordinal: int, row: OrderRow) -> None:
        self.order = order
        self.ordinal = ordinal
        self.row = row
        self.steps = 0
        self.reported_at_ns = -1
        self.report_due_ns = -1


class Reports:
    """One stream, as over one connection: none overtakes an earlier one, and what happens at once travels together."""

    def __init__(self, response: Latency, instruments: Mapping[str, Instrument]) -> None:
        self._response = response
        self._coins = {symbol: each.base for symbol, each in instruments.items()}
        self._stream: deque[tuple[int, Observation]] = deque()
        self._lines: dict[str, _Line] = {}
        self._asked: dict[str, tuple[ApprovedOrder, int]] = {}
        self._open: dict[str, set[str]] = {}
        self._watched: frozenset[str] | None = frozenset()
        self._trades: list[VenueTrade] = []
        self.fees = ZERO

    # --- What happened ----------------------------------------------------------------------------------------------

    def expect(self, order: ApprovedOrder, ordinal: int) -> None:
        """Know an order by its id from now on, until it is taken in or refused."""
        self._asked[order.order_id] = (order, ordinal)

    def reject(self, order_id: str, ordinal: int, code: int, text: str, at_ns: int) -> None:
        """Tell that an order was not taken."""
        self._asked.pop(order_id, None)
        report = RejectReported(order_id=order_id, code=code, text=text, venue_at_ns=at_ns)
        self._stream.append((at_ns + self._response.draw_ns(ordinal), report))

    def reject_cancel(self, order_id: str, ordinal: int, code: int, text: str, at_ns: int) -> None:
        """Tell that there was nothing to cancel."""
        report = CancelRejectReported(order_id=order_id, code=code, text=text, venue_at_ns=at_ns)
        self._stream.append((at_ns + self._response.draw_ns(ordinal, _OF_CANCEL), report))

    def tell(self, event: OrderUpdated) -> None:
        """Tell of a change of an order. That a stop was triggered is not told: its fills tell it."""
        row, order_id = event.order, event.order.client_order_id
        asked = self._asked.pop(order_id, None)
        if asked is not None:
            self._lines[order_id] = _Line(*asked, row)
        line = self._lines[order_id]
        line.row = row
        self._note(row)
        left = row.quantity - row.filled
        match event.execution:
            case Execution.NEW:
                if asked is None:
                    return
                report: Observation = AcceptReported(
                    order_id=order_id, venue_order_id=str(row.order_id), venue_at_ns=event.at_ns
                )
            case Execution.TRADE:
                assert event.trade is not None, f"{order_id} was filled by no trade"
                report = self._fill(line, event.trade)
            case Execution.CANCELED:
                report = CancelReported(order_id=order_id, quantity_left=left, venue_at_ns=event.at_ns)
            case Execution.EXPIRED | Execution.TRADE_PREVENTION:
                report = ExpireReported(order_id=order_id, quantity_left=left, text=row.text, venue_at_ns=event.at_ns)
            case _:
                raise AssertionError(f"{event.execution} of {order_id} does not happen here")
        if line.reported_at_ns != event.at_ns:
            line.reported_at_ns = event.at_ns
            line.report_due_ns = event.at_ns + self._response.draw_ns(line.ordinal, line.steps)
            line.steps += 1
        self._stream.append((line.report_due_ns, report))

    def _fill(self, line: _Line, trade: TradeRow) -> FillReported:
        """Return a trade as the core hears it; a commission in coins counts at the trade's price."""
        in_coins = trade.commission_asset == self._coins[trade.symbol]
        fee = trade.commission * trade.price if in_coins else trade.commission
        liquidity = Liquidity.MAKER if trade.is_maker else Liquidity.TAKER
        self.fees += fee
        self._trades.append(
            VenueTrade(
                trade_id=str(trade.trade_id),
                order_id=line.order.order_id,
                symbol=trade.symbol,
                side=trade.side,
                price=trade.price,
                quantity=trade.quantity,
                fee=fee,
                realised=ZERO,
                liquidity=liquidity,
                venue_at_ns=trade.at_ns,
            )
        )
        return FillReported(
            order_id=line.order.order_id,
            trade_id=str(trade.trade_id),
            price=trade.price,
            quantity=trade.quantity,
            fee=fee,
            liquidity=liquidity,
            venue_at_ns=trade.at_ns,
            fee_base=trade.commission if in_coins else ZERO,
        )

    def _note(self, row: OrderRow) -> None:
        """Keep which symbols have open orders."""
        of_symbol = self._open.setdefault(row.symbol, set())
        was_open = bool(of_symbol)
        if row.state in OPEN:
            of_symbol.add(row.client_order_id)
        else:
            of_symbol.discard(row.client_order_id)
        if was_open is not bool(of_symbol):
            self._watched = None

    # --- What is heard ----------------------------------------------------------------------------------------------

    def due_ns(self) -> int | None:
        """Return when the next report reaches us; those behind it wait for it."""
        return self._stream[0][0] if self._stream else None

    def take(self, at_ns: int) -> list[Observation]:
        """Return the reports that have reached us by `at_ns`, in the order of the venue's events."""
        stream = self._stream
        taken: list[Observation] = []
        while stream and stream[0][0] <= at_ns:
            taken.append(stream.popleft()[1])
        return taken

    def watched(self) -> frozenset[str]:
        """Return the symbols with open orders."""
        watched = self._watched
        if watched is None:
            watched = self._watched = frozenset([symbol for symbol, ids in self._open.items() if ids])
        return watched

    # --- What is on the books ---------------------------------------------------------------------------------------

    def trades(self) -> tuple[VenueTrade, ...]:
        """Return all trades."""
        return tuple(self._trades)

    def orders(self) -> tuple[VenueOrder, ...]:
        """Return all orders that were taken in, in the words they were sent in."""
        return tuple(_order(line) for line in self._lines.values())


def _order(line: _Line) -> VenueOrder:
    order, row = line.order, line.row
    return VenueOrder(
        order_id=order.order_id,
        venue_order_id=str(row.order_id),
        symbol=order.symbol,
        side=order.side,
        order_type=order.order_type,
        time_in_force=order.time_in_force,
        reduce_only=False,
        quantity=order.quantity,
        quantity_filled=row.filled,
        limit_price=order.limit_price,
        trigger_price=order.trigger_price,
        status=_STATUS[row.state],
        text=row.text,
        venue_at_ns=row.created_at_ns,
    )
