"""The way of one account's requests to the venue: a queue, a few connections, the latch, and the silence timer."""

import asyncio
import random
import socket
import ssl
from collections import OrderedDict, deque
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from msgspec import Struct

from interlock.messages.effects import QueryOrder
from interlock.messages.observations import Observation
from interlock.messages.orders import ApprovedOrder
from interlock.messages.words import Purpose
from interlock.ports.clock import Clock
from interlock.ports.exchange.words import Market
from interlock.ports.latch import Latch
from interlock.units.money import ZERO
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS, NS_PER_S
from interlock.venues.binance.backoff import Backoff
from interlock.venues.binance.budget import Budget
from interlock.venues.binance.endpoints import Place
from interlock.venues.binance.line import not_sent, outcomes
from interlock.venues.binance.line.connection import Connection, Sent
from interlock.venues.binance.line.not_sent import NotSent
from interlock.venues.binance.line.outcomes import Told
from interlock.venues.binance.line.replies import Reply
from interlock.venues.binance.line.sending import PLACING, Deed, Sending
from interlock.venues.binance.line.terms import LineTerms
from interlock.venues.binance.line.wire import MakeSocket
from interlock.venues.binance.parse import order_replies as parse
from interlock.venues.binance.parse.errors import UNKNOWN_ORDER, VenueError, is_filter_error, is_outside_window
from interlock.venues.binance.parse.unreadable import Unreadable
from interlock.venues.binance.requests import (
    Inexpressible,
    cancelling,
    cancelling_algo,
    is_algo,
    placing,
    signed,
    tail_of,
)
from interlock.venues.binance.server_time import ServerTime
from interlock.venues.binance.signing import Signer

_ALGOS_MAX: Final = 10_000


class LaneHearers(Struct, frozen=True):
    """Who hears what. `told` gets the observations; `asked` that an order is to be asked for, with its trades.

    `clock_refused` is called when the venue says that our time is outside its window, `filters_refused` with the code
    when it says that our filters are not its own. None of them is called from within `place` or `cancel`.
    """

    told: Callable[[Observation], None]
    asked: Callable[[QueryOrder], None]
    clock_refused: Callable[[], None]
    filters_refused: Callable[[int], None]


class Lane:
    """Sends for one account. Every method is called on the loop's thread; `place` and `cancel` never raise.

    A request is written at most once. What waits is asked about the latch when it is written, not before; the time and
    the signature are put on then, too.
    """

    def __init__(
        self,
        account: str,
        market: Market,
        place: Place,
        signer: Signer,
        latch: Latch,
        clock: Clock,
        hearers: LaneHearers,
        budget: Budget,
        server_time: ServerTime,
        loop: asyncio.AbstractEventLoop,
        seed: int,
        terms: LineTerms | None = None,
        tls: ssl.SSLContext | None = None,
        make_socket: MakeSocket = socket.socket,
    ) -> None:
        self.account = account
        self._market = market
        self._signer = signer
        self._latch = latch
        self._clock = clock
        self._hearers = hearers
        self._budget = budget
        self._server_time = server_time
        self._loop = loop
        self._terms = terms or LineTerms()
        self._tail = tail_of(place.authority, signer.api_key)
        draw = random.Random(seed).random
        self.connections = [
            Connection(loop, place, Backoff(draw), self._flush, tls, make_socket)
            for _ in range(self._terms.connections)
        ]
        self._exits: deque[Sending] = deque()
        self._entries: deque[Sending] = deque()
        self._algos: OrderedDict[str, Decimal] = OrderedDict()
        self._held: asyncio.TimerHandle | None = None
        self._is_closed = False

    def start(self) -> None:
        """Connect, and stay connected."""
        for connection in self.connections:
            connection.start()

    def close(self) -> None:
        """End it. What waits is not sent, what is in flight is silent."""
        self._is_closed = True
        if self._held is not None:
            self._held.cancel()
        for sending in (*self._exits, *self._entries):
            self._refuse(sending, not_sent.CLOSED)
        self._exits.clear()
        self._entries.clear()
        for connection in self.connections:
            connection.close()

    def remember(self, order: ApprovedOrder) -> None:
        """Take note of an open order from before a start, so that its cancellation goes to the right place at once."""
        if is_algo(self._market, order.order_type):
            self._algos[order.order_id] = order.quantity
            if len(self._algos) > _ALGOS_MAX:
                self._algos.popitem(last=False)

    def place(self, order: ApprovedOrder) -> None:
        """Send an order, once. What could open a position needs the latch open, whatever it is for."""
        deed = Deed.PLACE_ALGO if is_algo(self._market, order.order_type) else Deed.PLACE
        try:
            wanted = placing(self._market, order)
        except Inexpressible as error:
            why = NotSent(not_sent.INEXPRESSIBLE.code, f"{not_sent.INEXPRESSIBLE.text}: {error}")
            self._tell(outcomes.order_refused(order.order_id, why, self._venue_ns()))
            return
        self.remember(order)
        # Spot knows no reduceOnly, and whatever is bought there may be held.
        could_open = not order.reduce_only if self._market is Market.USDM else order.side is Side.BUY
        is_entry = order.purpose is Purpose.ENTRY or could_open
        self._submit(Sending(self, self._latch, deed, order.symbol, order.order_id, wanted, is_entry))

    def cancel(self, symbol: str, order_id: str) -> None:
        """Take an order back. One that still waits here is taken out of the queue, and was never sent."""
        for queue in (self._exits, self._entries):
            for sending in queue:
                if sending.order_id == order_id and sending.deed in PLACING:
                    queue.remove(sending)
                    self._refuse(sending, not_sent.TAKEN_BACK)
                    return
        deed = Deed.CANCEL_ALGO if order_id in self._algos else Deed.CANCEL
        self._cancel(deed, symbol, order_id, has_fallback=self._market is Market.USDM)

    def _cancel(self, deed: Deed, symbol: str, order_id: str, has_fallback: bool) -> None:
        wanted = cancelling_algo(order_id) if deed is Deed.CANCEL_ALGO else cancelling(self._market, symbol, order_id)
        sending = Sending(self, self._latch, deed, symbol, order_id, wanted, is_entry=False)
        sending.has_fallback = has_fallback
        self._submit(sending)

    # --- The way out -----------------------------------------------------------------------------------------------

    def _submit(self, sending: Sending) -> None:
        if self._is_closed:
            self._refuse(sending, not_sent.CLOSED)
            return
        if not self._exits and not (sending.is_entry and self._entries) and self._has_left(sending):
            return
        terms = self._terms
        wait_ms = terms.entry_wait_ms_max if sending.is_entry else terms.exit_wait_ms_max
        (self._entries if sending.is_entry else self._exits).append(sending)
        sending.timer = self._loop.call_later(wait_ms / 1_000, self._wait_over, sending)

    def _has_left(self, sending: Sending) -> bool:
        """Write a request, or refuse it by the latch; False when it has to wait, and nothing was written."""
        venue_ns = self._venue_ns()
        wait_ns = self._wait_ns(sending, venue_ns)
        if wait_ns:
            self._flush_after(wait_ns)
            return False
        while (connection := self._free_for(sending)) is not None:
            if self._has_left_by(connection, sending, venue_ns):
                return True
        return False

    def _free_for(self, sending: Sending) -> Connection | None:
        """Return a connection that takes this now. Entries leave the last one to what reduces and what cancels."""
        free = [connection for connection in self.connections if connection.is_ready]
        least = 2 if sending.is_entry and len(self.connections) > 1 else 1
        return free[0] if len(free) >= least else None

    def _has_left_by(self, connection: Connection, sending: Sending, venue_ns: int) -> bool:
        window_ms = self._terms.recv_window_ms
        data = signed(sending.wanted, self._signer, venue_ns // NS_PER_MS, window_ms, self._tail)
        sent = connection.send(data, sending)  # looks at the latch right before the system call
        if sent is Sent.NOTHING:
            return False
        sending.stop_timer()
        if sent is Sent.STOPPED:
            self._refuse(sending, not_sent.LATCHED)
            return True
        sending.connection = connection
        sending.timer = self._loop.call_later(self._terms.silence_ms_max / 1_000, self._silence_over, sending)
        if sending.deed in PLACING:
            self._budget.count_order(venue_ns)
        return True

    def _wait_ns(self, sending: Sending, venue_ns: int) -> int:
        budget = self._budget
        return budget.entry_wait_ns(venue_ns) if sending.is_entry else budget.exit_wait_ns(venue_ns)

    def _flush(self, _: Connection | None = None) -> None:
        """Send what waits: first what reduces and what cancels."""
        for queue in (self._exits, self._entries):
            while queue and self._has_left(queue[0]):
                queue.popleft()

    def _flush_after(self, wait_ns: int) -> None:
        over_at_s = self._loop.time() + wait_ns / NS_PER_S
        if self._held is not None:
            if self._held.when() <= over_at_s:
                return
            self._held.cancel()
        self._held = self._loop.call_at(over_at_s, self._hold_over)

    def _hold_over(self) -> None:
        self._held = None
        self._flush()

    def _wait_over(self, sending: Sending) -> None:
        sending.timer = None
        (self._entries if sending.is_entry else self._exits).remove(sending)
        self._refuse(sending, not_sent.HELD_BACK if self._wait_ns(sending, self._venue_ns()) else not_sent.WAITED)

    def _silence_over(self, sending: Sending) -> None:
        sending.timer = None
        assert sending.connection is not None, "only what was written is waited for"
        sending.connection.give_up(sending, f"no answer within {self._terms.silence_ms_max} ms")

    # --- The way back ----------------------------------------------------------------------------------------------

    def sending_answered(self, sending: Sending, reply: Reply) -> None:
        """Tell what an answer proves."""
        at_ns = self._venue_ns()
        self._budget.hear(at_ns, reply.status, reply.headers, reply.body)
        symbol, order_id, status, body = sending.symbol, sending.order_id, reply.status, reply.body
        match sending.deed:
            case Deed.PLACE:
                self._conclude(sending, parse.placed(symbol, order_id, status, body), at_ns)
            case Deed.PLACE_ALGO:
                self._conclude(sending, parse.algo_placed(symbol, order_id, status, body), at_ns)
            case Deed.CANCEL:
                self._conclude_cancel(sending, parse.cancelled(symbol, order_id, status, body), at_ns)
            case Deed.CANCEL_ALGO:
                self._conclude_cancel(sending, parse.algo_cancelled(order_id, status, body, at_ns), at_ns)

    def sending_unanswered(self, sending: Sending, why: str) -> None:
        """Tell that nobody knows what became of it. It is never sent again."""
        silence = Unreadable("the connection", why)
        if sending.deed in PLACING:
            self._conclude(sending, silence, self._venue_ns())
        else:
            self._conclude_cancel(sending, silence, self._venue_ns())

    def sending_cut_off(self, sending: Sending) -> None:
        """Tell that the latch stopped it halfway; a request that is not whole is not carried out."""
        self._refuse(sending, not_sent.CUT_OFF)

    def _conclude(self, sending: Sending, found: parse.Placed | VenueError | Unreadable, at_ns: int) -> None:
        if isinstance(found, VenueError):
            if is_outside_window(found.code):
                self._loop.call_soon(self._hearers.clock_refused)
            elif is_filter_error(found.code):
                self._loop.call_soon(self._hearers.filters_refused, found.code)
        self._pass_on(sending, outcomes.of_placing(sending.order_id, found, at_ns))

    def _conclude_cancel(self, sending: Sending, found: parse.Cancelled | VenueError | Unreadable, at_ns: int) -> None:
        if isinstance(found, VenueError):
            if is_outside_window(found.code):
                self._loop.call_soon(self._hearers.clock_refused)
            if found.code == UNKNOWN_ORDER and sending.has_fallback:
                other = Deed.CANCEL if sending.deed is Deed.CANCEL_ALGO else Deed.CANCEL_ALGO
                self._cancel(other, sending.symbol, sending.order_id, has_fallback=False)
                return
        elif isinstance(found, parse.Cancelled):
            self._loop.call_soon(self._algos.pop, sending.order_id, None)
        quantity = self._algos.get(sending.order_id, ZERO)
        self._pass_on(sending, outcomes.of_cancelling(sending.order_id, found, quantity, at_ns))

    def _pass_on(self, sending: Sending, told: Told) -> None:
        for observation in told.observations:
            self._tell(observation)
        if told.ask:
            query = QueryOrder(self.account, sending.symbol, sending.order_id)
            self._loop.call_soon(self._hearers.asked, query)

    def _refuse(self, sending: Sending, why: NotSent) -> None:
        sending.stop_timer()
        refusal = outcomes.order_refused if sending.deed in PLACING else outcomes.cancel_refused
        self._tell(refusal(sending.order_id, why, self._venue_ns()))

    def _tell(self, observation: Observation) -> None:
        self._loop.call_soon(self._hearers.told, observation)

    def _venue_ns(self) -> int:
        return self._server_time.venue_ns(self._clock.now_ns())
