"""The paper exchange: a synchronous matching engine on virtual time, with latency both ways and its own books.

How to drive it: hand orders over with `place`; show every good tick of a `watched` symbol through `on_quote` and
`on_trade`; whenever `due_ns` is reached, also right after such a tick, bring the displayed market (`liquidity`) to that
moment and call `advance`.
"""

import heapq
from collections.abc import Mapping
from decimal import Decimal

from interlock.messages.observations import Observation
from interlock.messages.orders import ApprovedOrder
from interlock.ports.clock import Clock
from interlock.ports.liquidity import Liquidity
from interlock.units.instruments import Instrument
from interlock.units.money import ZERO, from_e8
from interlock.units.sides import Side
from interlock.venues.paper import rejections
from interlock.venues.paper.book_of_record import BookOfRecord, LiveOrder, Scale
from interlock.venues.paper.desk import Desk
from interlock.venues.paper.filters import rejection_of
from interlock.venues.paper.floor.taking import Taking
from interlock.venues.paper.latency import Latency, Way
from interlock.venues.paper.matching import SymbolMatching
from interlock.venues.paper.rejections import Rejection
from interlock.venues.paper.terms import VenueTerms

_Cancel = tuple[str, str, str]
_Request = ApprovedOrder | LiveOrder | _Cancel


class PaperExchange:
    """One futures account at a simulated venue. Implements `VenueOrders` and `VenueStops`.

    `clock` tells when requests leave. A request arrives after its entry latency and meets the market as `liquidity`
    shows it at the `advance` that reaches its arrival. Everything is fixed by the seed and the calls.
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
        self._instruments = dict(instruments)
        self._terms = terms
        self._liquidity = liquidity
        self._clock = clock
        self._desk = Desk(account, balance, terms, seed)
        self._entry = Latency(seed, Way.ENTRY, terms.latency_entry_ms_median, terms.latency_entry_sigma)
        self._cancel = Latency(seed, Way.CANCEL, terms.latency_entry_ms_median, terms.latency_entry_sigma)
        self._arrival_floor_ns = min(self._entry.floor_ns(), self._cancel.floor_ns())
        self._symbols: dict[str, SymbolMatching] = {}
        self._scales: dict[str, Scale] = {}
        self._watched: frozenset[str] = frozenset()
        self._arrivals: list[tuple[int, int, int, _Request]] = []
        self._arrivals_count = 0
        self._orders_count = 0
        self._cancels_count = 0
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
        """Return when the next request arrives or the next report is due; None when nothing is under way."""
        report_ns = self._desk.due_ns()
        if not self._arrivals:
            return report_ns
        arrival_ns = self._arrivals[0][0]
        return arrival_ns if report_ns is None or arrival_ns < report_ns else report_ns

    @property
    def arrival_floor_ns(self) -> int:
        """The shortest time, in ns, that any request can take to arrive."""
        return self._arrival_floor_ns

    def advance(self, at_ns: int) -> list[Observation]:
        """Let what has arrived by `at_ns` meet the market shown now; return the reports that have come by then."""
        arrivals = self._arrivals
        while arrivals and arrivals[0][0] <= at_ns:
            arrived_ns, _, ordinal, request = heapq.heappop(arrivals)
            self._engine_ns = max(self._engine_ns, arrived_ns)
            if isinstance(request, ApprovedOrder):
                self._meet_order(request, ordinal, self._engine_ns)
            elif isinstance(request, LiveOrder):
                self._symbols[request.order.symbol].trigger(request, self._engine_ns)
            else:
                self._meet_cancel(request, ordinal, self._engine_ns)
        return self._desk.take(at_ns)

    # --- The market ------------------------------------------------------------------------------------------------

    def watched(self) -> frozenset[str]:
        """Return the symbols with live orders, whose every good tick the caller shows."""
        watched = self._watched
        for symbol, matching in self._symbols.items():
            if bool(matching.live) is not (symbol in watched):
                self._watched = frozenset([each for each, one in self._symbols.items() if one.live])
                break
        return self._watched

    def on_quote(self, symbol: str, at_ns: int, bid_e8: int, ask_e8: int, bid_size_e8: int, ask_size_e8: int) -> None:
        """Show a quote. What it fills or triggers shows in `due_ns`."""
        matching = self._symbols.get(symbol)
        if matching is not None and matching.live:
            if at_ns > self._engine_ns:
                self._engine_ns = at_ns
            matching.on_quote(self._engine_ns, bid_e8, ask_e8, bid_size_e8, ask_size_e8)

    def on_trade(self, symbol: str, at_ns: int, price_e8: int, quantity_e8: int, buyer_is_aggressor: bool) -> None:
        """Show a market trade. What it fills or triggers shows in `due_ns`."""
        matching = self._symbols.get(symbol)
        if matching is not None and matching.live:
            if at_ns > self._engine_ns:
                self._engine_ns = at_ns
            matching.on_trade(self._engine_ns, price_e8, quantity_e8, buyer_is_aggressor)

    def book_of_record(self) -> BookOfRecord:
        """Return what the exchange itself has booked: orders, trades, positions, balance."""
        return self._desk.book_of_record()

    # --- Inside ----------------------------------------------------------------------------------------------------

    def _enqueue(self, at_ns: int, ordinal: int, request: _Request) -> None:
        self._arrivals_count += 1
        heapq.heappush(self._arrivals, (at_ns, self._arrivals_count, ordinal, request))

    def _meet_order(self, order: ApprovedOrder, ordinal: int, at_ns: int) -> None:
        instrument = self._instruments.get(order.symbol)
        rejection: Rejection | None
        if order.account != self._desk.name:
            rejection = rejections.ACCOUNT_UNKNOWN
        elif instrument is None:
            rejection = rejections.SYMBOL_UNKNOWN
        elif order.order_id in self._desk.open:
            rejection = rejections.ID_DUPLICATED
        else:
            rejection = rejection_of(order, instrument)
            if rejection is None:
                matching = self._symbols.get(order.symbol) or self._open_symbol(instrument)
                live = LiveOrder(order, ordinal, self._scales[order.symbol], at_ns)
                rejection = matching.arrive(live, at_ns)
        if rejection is not None:
            self._desk.reject(ordinal, order.order_id, rejection, at_ns)

    def _meet_cancel(self, request: _Cancel, ordinal: int, at_ns: int) -> None:
        account, symbol, order_id = request
        live = self._desk.open.get(order_id)
        if account != self._desk.name:
            self._desk.reject_cancel(ordinal, order_id, rejections.ACCOUNT_UNKNOWN, at_ns)
        elif symbol not in self._instruments:
            self._desk.reject_cancel(ordinal, order_id, rejections.SYMBOL_UNKNOWN, at_ns)
        elif live is None or live.order.symbol != symbol:
            self._desk.reject_cancel(ordinal, order_id, rejections.CANCEL_UNKNOWN, at_ns)
        else:
            self._symbols[symbol].cancel(live, at_ns)

    def _open_symbol(self, instrument: Instrument) -> SymbolMatching:
        symbol = instrument.symbol
        self._scales[symbol] = Scale(instrument.price_tick, instrument.quantity_step)
        taking = Taking(symbol, self._liquidity, self._desk, self._terms.refill_ms)
        matching = SymbolMatching(instrument, taking, self._desk, self._is_margin_short, self._schedule)
        self._symbols[symbol] = matching
        return matching

    def _schedule(self, at_ns: int, live: LiveOrder) -> None:
        """Let a triggered order meet the market at the next `advance`."""
        self._enqueue(at_ns, live.ordinal, live)

    def _is_margin_short(self, symbol: str, is_buy: bool, value: Decimal) -> bool:
        """Tell whether an order worth `value` adds exposure that balance and open profit cannot carry.

        Exposure is the worst case of position and open orders, symbol by symbol; open profit is taken at the displayed
        price it could be closed at, zero where none is displayed. An order that adds no exposure needs no margin.
        """
        account = self._desk.account
        before = after = ZERO
        for each, matching in self._symbols.items():
            buys, sells = matching.open_values()
            exposure = account.exposure(each, buys, sells)
            before += exposure
            if each == symbol:
                exposure = account.exposure(each, buys + value if is_buy else buys, sells if is_buy else sells + value)
            after += exposure
        return after > before and not account.carries(after, self._unrealised())

    def _unrealised(self) -> Decimal:
        """Return the open profit of all that is held."""
        account, unrealised = self._desk.account, ZERO
        for symbol in self._symbols:
            held = account.held(symbol)
            if held:
                levels = self._liquidity.levels(symbol, Side.BUY if held > ZERO else Side.SELL, 1)
                unrealised += account.unrealised(symbol, from_e8(levels[0][0])) if levels else ZERO
        return unrealised
