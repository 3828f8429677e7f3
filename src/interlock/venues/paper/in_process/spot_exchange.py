"""The spot market of the paper exchange on virtual time: its own hall, one account, with latency both ways.

Matching, filters, wallet and fees are the hall's, which the exchange on the wire is made of, too. This is driven like
`PaperExchange`: hand orders over with `place`; show every good tick of a `watched` symbol through `on_quote` and
`on_trade`; whenever `due_ns` is reached, also right after such a tick, bring the displayed market (`liquidity`) to that
moment and call `advance`.
"""

import heapq
from collections import deque
from collections.abc import Mapping
from decimal import Decimal

from interlock.messages.observations import Observation
from interlock.messages.orders import ApprovedOrder
from interlock.messages.words import OrderType, TimeInForce
from interlock.ports.clock import Clock
from interlock.ports.exchange.events import OrderUpdated
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import NewOrder, OrderKey
from interlock.ports.exchange.words import OrderForce, OrderKind
from interlock.ports.liquidity import Liquidity
from interlock.units.instruments import Instrument
from interlock.units.money import ZERO
from interlock.venues.paper import rejections
from interlock.venues.paper.book_of_record import BookOfRecord, VenuePosition
from interlock.venues.paper.bourse.charges import ExchangeTerms
from interlock.venues.paper.bourse.outbox import Outbox
from interlock.venues.paper.bourse.pit import Pit
from interlock.venues.paper.bourse.spot_hall import SpotHall
from interlock.venues.paper.in_process.reports import Reports
from interlock.venues.paper.in_process.shown import SpotShown
from interlock.venues.paper.latency import Latency, Way
from interlock.venues.paper.terms import VenueTerms

QUOTE = "USDT"
"""What the wallet is opened with: the asset that all is bought for."""
_Cancel = tuple[str, str, str]
_Tick = tuple[str, bool, int, int, int, int]
_UID = 1
_KINDS = {OrderType.STOP_MARKET: OrderKind.STOP_LOSS, OrderType.TAKE_PROFIT_MARKET: OrderKind.TAKE_PROFIT}
_FORCES = {TimeInForce.GTC: OrderForce.GTC, TimeInForce.IOC: OrderForce.IOC, TimeInForce.FOK: OrderForce.FOK}


class SpotExchange:
    """One spot account at a simulated venue. Implements `VenueOrders` and `VenueStops`.

    `clock` tells when requests leave; the latencies are those of `PaperExchange` for the same seed. Of `terms`, what
    concerns leverage has no meaning here.
    """

    def __init__(
        self,
        account: str,
        balance: Decimal,
        instruments: Mapping[str, Instrument],
        terms: VenueTerms,
        liquidity: Liquidity,
        clock: Clock,
        seed: int,
    ) -> None:
        self._account = account
        self._instruments = dict(instruments)
        self._clock = clock
        self._outbox = Outbox()
        charges = ExchangeTerms(
            spot_maker_bps=terms.maker_bps, spot_taker_bps=terms.taker_bps, refill_ms=terms.refill_ms
        )
        self._hall = SpotHall(self._outbox, SpotShown(instruments, liquidity), liquidity, charges)
        self._hall.seat(account, _UID)
        self._hall.deposit(0, account, {QUOTE: balance})
        self._reports = Reports(
            Latency(seed, Way.RESPONSE, terms.latency_response_ms_median, terms.latency_response_sigma), instruments
        )
        self._entry = Latency(seed, Way.ENTRY, terms.latency_entry_ms_median, terms.latency_entry_sigma)
        self._cancel = Latency(seed, Way.CANCEL, terms.latency_entry_ms_median, terms.latency_entry_sigma)
        self._arrival_floor_ns = min(self._entry.floor_ns(), self._cancel.floor_ns())
        self._arrivals: list[tuple[int, int, int, ApprovedOrder | _Cancel]] = []
        self._arrivals_count = 0
        self._orders_count = 0
        self._cancels_count = 0
        self._ticks: deque[tuple[int, _Tick]] = deque()
        self._engine_ns = 0

    # --- The ports -------------------------------------------------------------------------------------------------

    def place(self, order: ApprovedOrder) -> None:
        """Send an order off; its answer comes out of `advance`."""
        self._orders_count += 1
        at_ns = self._clock.now_ns() + self._entry.draw_ns(self._orders_count)
        self._enqueue(at_ns, self._orders_count, order)

    def cancel(self, account: str, symbol: str, order_id: str) -> None:
        """Send a cancellation off; its answer comes out of `advance`."""
        self._cancels_count += 1
        at_ns = self._clock.now_ns() + self._cancel.draw_ns(self._cancels_count)
        self._enqueue(at_ns, self._cancels_count, (account, symbol, order_id))

    # --- Time ------------------------------------------------------------------------------------------------------

    def due_ns(self) -> int | None:
        """Return when the next request arrives, the next report is due, or a tick waits for its market."""
        due_ns = self._reports.due_ns()
        if self._arrivals and (due_ns is None or self._arrivals[0][0] < due_ns):
            due_ns = self._arrivals[0][0]
        if self._ticks and (due_ns is None or self._ticks[0][0] < due_ns):
            due_ns = self._ticks[0][0]
        return due_ns

    @property
    def arrival_floor_ns(self) -> int:
        """The shortest time, in ns, that any request can take to arrive."""
        return self._arrival_floor_ns

    def advance(self, at_ns: int) -> list[Observation]:
        """Let what has come by `at_ns` meet the market shown now; return the reports that have come by then."""
        arrivals = self._arrivals
        self._meet_ticks(arrivals[0][0] if arrivals else at_ns + 1, at_ns)
        while arrivals and arrivals[0][0] <= at_ns:
            arrived_ns, _, ordinal, request = heapq.heappop(arrivals)
            self._engine_ns = max(self._engine_ns, arrived_ns)
            if isinstance(request, ApprovedOrder):
                self._meet_order(request, ordinal, self._engine_ns)
            else:
                self._meet_cancel(request, ordinal, self._engine_ns)
            self._meet_ticks(arrivals[0][0] if arrivals else at_ns + 1, at_ns)
        return self._reports.take(at_ns)

    # --- The market ------------------------------------------------------------------------------------------------

    def watched(self) -> frozenset[str]:
        """Return the symbols with open orders, whose every good tick the caller shows."""
        return self._reports.watched()

    def on_quote(self, symbol: str, at_ns: int, bid_e8: int, ask_e8: int, bid_size_e8: int, ask_size_e8: int) -> None:
        """Show a quote. What it fills shows in `due_ns`."""
        pit = self._hall.pits.get(symbol)
        if pit is None:
            return
        if pit.waiting or self._ticks:
            self._ticks.append((at_ns, (symbol, False, bid_e8, ask_e8, bid_size_e8, ask_size_e8)))
        else:
            self._show(pit, at_ns, (symbol, False, bid_e8, ask_e8, bid_size_e8, ask_size_e8))

    def on_trade(self, symbol: str, at_ns: int, price_e8: int, quantity_e8: int, buyer_is_aggressor: bool) -> None:
        """Show a market trade. What it fills or triggers shows in `due_ns`: a trigger meets the market of its moment,
        which the caller brings about first.
        """
        pit = self._hall.pits.get(symbol)
        if pit is None:
            return
        tick = (symbol, True, price_e8, quantity_e8, int(buyer_is_aggressor), 0)
        is_pulled = not pit.stops.falls_at_e8 < price_e8 < pit.stops.rises_at_e8
        if is_pulled or pit.waiting or self._ticks:
            self._ticks.append((at_ns, tick))
        else:
            self._show(pit, at_ns, tick)

    def book_of_record(self) -> BookOfRecord:
        """Return what the exchange itself has booked. `balance` is all of the quote, locked or not; a position's
        quantity is all of the coins. A spot wallet knows no cost and no profit: those are zero.
        """
        wallet = self._hall.wallets[self._account]
        return BookOfRecord(
            account=self._account,
            balance=wallet.total(QUOTE),
            fees=self._reports.fees,
            orders=self._reports.orders(),
            trades=self._reports.trades(),
            positions=tuple(
                VenuePosition(
                    symbol=symbol, quantity=wallet.total(each.base), cost=ZERO, entry_average=ZERO, realised=ZERO
                )
                for symbol, each in sorted(self._instruments.items())
                if wallet.total(each.base)
            ),
        )

    # --- Inside ----------------------------------------------------------------------------------------------------

    def _enqueue(self, at_ns: int, ordinal: int, request: ApprovedOrder | _Cancel) -> None:
        self._arrivals_count += 1
        heapq.heappush(self._arrivals, (at_ns, self._arrivals_count, ordinal, request))

    def _meet_ticks(self, before_ns: int, at_ns: int) -> None:
        """Let the ticks that waited meet the market shown now, up to a request that came first."""
        while self._ticks and self._ticks[0][0] < before_ns and self._ticks[0][0] <= at_ns:
            heard_ns, tick = self._ticks.popleft()
            self._show(self._hall.pits[tick[0]], heard_ns, tick)

    def _show(self, pit: Pit, at_ns: int, tick: _Tick) -> None:
        if at_ns > self._engine_ns:
            self._engine_ns = at_ns
        _, is_trade, a, b, c, d = tick
        if is_trade:
            pit.on_trade(self._engine_ns, a, b, c == 1)
        else:
            pit.on_quote(self._engine_ns, a, b, c, d)
        if self._outbox.is_telling:
            self._tell()

    def _meet_order(self, order: ApprovedOrder, ordinal: int, at_ns: int) -> None:
        if order.account != self._account:
            why = rejections.ACCOUNT_UNKNOWN
            self._reports.reject(order.order_id, ordinal, why.code, why.text, at_ns)
            return
        try:
            self._hall.place(at_ns, self._account, new_order(order))
        except ExchangeError as refusal:
            self._reports.reject(order.order_id, ordinal, refusal.code, refusal.text, at_ns)
            return
        self._reports.expect(order, ordinal)
        self._tell()

    def _meet_cancel(self, request: _Cancel, ordinal: int, at_ns: int) -> None:
        account, symbol, order_id = request
        if account != self._account:
            why = rejections.ACCOUNT_UNKNOWN
            self._reports.reject_cancel(order_id, ordinal, why.code, why.text, at_ns)
            return
        try:
            self._hall.cancel(at_ns, account, OrderKey(symbol=symbol, client_order_id=order_id), None)
        except ExchangeError as refusal:
            self._reports.reject_cancel(order_id, ordinal, refusal.code, refusal.text, at_ns)
            return
        self._tell()

    def _tell(self) -> None:
        """Take the hall's events; its rows are for exchanges that are kept on disk."""
        for told in self._outbox.drain().told:
            if isinstance(told.event, OrderUpdated):
                self._reports.tell(told.event)


def new_order(order: ApprovedOrder) -> NewOrder:
    """Return an approved order in the words of the spot market. That it only reduces has no word there: it sells."""
    kind, force = _KINDS.get(order.order_type, OrderKind.MARKET), None
    if order.order_type is OrderType.LIMIT:
        is_maker = order.time_in_force is TimeInForce.GTX
        kind = OrderKind.LIMIT_MAKER if is_maker else OrderKind.LIMIT
        force = None if is_maker else _FORCES[order.time_in_force]
    return NewOrder(
        symbol=order.symbol,
        side=order.side,
        kind=kind,
        client_order_id=order.order_id,
        quantity=order.quantity,
        price=order.limit_price,
        time_in_force=force,
        trigger_price=order.trigger_price,
    )
