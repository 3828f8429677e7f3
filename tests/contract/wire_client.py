"""The client that live will use, trading at a served paper exchange over real sockets; heard by a test, on one loop.

Nothing sleeps. A moment is over when every request was answered, and when an order that another hand placed after all
that was heard of on the account's stream: events of an account come in order.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from interlock.messages.effects import QueryOrder
from interlock.messages.observations import (
    AcceptReported,
    CancelRejectReported,
    CancelReported,
    ExpireReported,
    FillReported,
    Observation,
    RejectReported,
    SilenceReported,
)
from interlock.messages.orders import ApprovedOrder
from interlock.ports.exchange.words import Execution, Market
from interlock.ports.latch import Latch
from interlock.venues.binance.asking import Asker
from interlock.venues.binance.budget import RATE_LIMITS, Budget
from interlock.venues.binance.endpoints import Place, endpoints_of
from interlock.venues.binance.line.lane import Lane, LaneHearers
from interlock.venues.binance.line.order_line import OrderLine
from interlock.venues.binance.parse.user_values import OrderTold
from interlock.venues.binance.rest import RestReads
from interlock.venues.binance.server_time import ServerTime
from interlock.venues.binance.signing import HmacSigner
from interlock.venues.binance.streams.account import AccountSurroundings, is_of_our_making
from interlock.venues.binance.streams.asked_reads import AskedReads
from interlock.venues.binance.streams.facts import ConnectFailed, FrameUnreadable, StreamBack, StreamLost
from interlock.venues.binance.streams.states.user_intake import ForeignHeard, UserOut
from interlock.venues.binance.streams.user_stream import FuturesUserStream
from tests.contract.served_exchange import ACCOUNT, KEY, SECRET, ServedExchange
from tests.unit.venues.binance.scripted_venue import PATIENCE_S

Result = TypeVar("Result")
_PLACE, _CANCEL = "place", "cancel"
_OBSERVED = AcceptReported | RejectReported | FillReported | CancelReported | ExpireReported


class WireClient:
    """Implements `VenueOrders` and `VenueStops`: order line and account's stream at an exchange of its own."""

    def __init__(self, folder: Path, latch: Latch) -> None:
        self._loop = uvloop.new_event_loop()
        self._outstanding: set[tuple[str, str]] = set()
        self._told: list[Observation] = []
        self._marks = 0
        self._is_closing = False
        self._troubles: list[str] = []
        self.run(self._open(folder, latch))

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run something on the loop that all parts share, and return what comes of it."""

        async def bounded() -> Result:
            async with asyncio.timeout(PATIENCE_S):
                return await work

        return self._loop.run_until_complete(bounded())

    def call(self, act: Callable[[], Result]) -> Result:
        """Call something on that loop."""

        async def called() -> Result:
            return act()

        return self.run(called())

    def close(self) -> None:
        """End everything. Errors: AssertionError for what went wrong unheard."""
        try:
            self.run(self._close())
        finally:
            self._loop.close()
        troubles = self._troubles + self.exchange.failures
        assert troubles == [], "; ".join(troubles)

    def place(self, order: ApprovedOrder) -> None:
        """Hand an order to the line."""
        self.call(lambda: self.place_now(order))

    def place_now(self, order: ApprovedOrder) -> None:
        """Hand an order to the line, within a `call`."""
        self._outstanding.add((_PLACE, order.order_id))
        self._line.place(order)

    def cancel(self, account: str, symbol: str, order_id: str) -> None:
        """Ask for an order's cancellation."""
        self._outstanding.add((_CANCEL, order_id))
        self.call(lambda: self._line.cancel(account, symbol, order_id))

    def told(self) -> list[Observation]:
        """Return what answers and stream told, of all that was done and shown until now, since this was asked last."""
        self.run(self._settle())
        told, self._told = self._told, []
        return told

    # --- Inside ----------------------------------------------------------------------------------------------------

    async def _open(self, folder: Path, latch: Latch) -> None:
        loop = asyncio.get_running_loop()
        self._answered, self._is_up, self._mark_heard = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.exchange = ServedExchange(folder)
        place = await self.exchange.open()
        clock, signer, server_time = self.exchange.clock, HmacSigner(KEY, SECRET), ServerTime()
        budget = Budget(RATE_LIMITS[Market.USDM])
        hearers = LaneHearers(self._on_answer, self._on_asked, self._on_clock, self._on_filters)
        lane = Lane(ACCOUNT, Market.USDM, place, signer, latch, clock, hearers, budget, server_time, loop, seed=1)
        self._line = OrderLine([lane], clock, self._on_answer, loop.call_soon)
        self._asker = Asker(place, signer, clock, budget, server_time, loop, seed=2)
        self.reads = RestReads(Market.USDM, self._asker)
        self._line.start()
        self._asker.start()
        self._stream = loop.create_task(self._stream_of(place).run())
        await self._is_up.wait()

    def _stream_of(self, place: Place) -> FuturesUserStream:
        around = AccountSurroundings(
            reads=AskedReads(Market.USDM, self._asker),
            clock=self.exchange.clock,
            draw=random.Random(3).random,
            sleep=asyncio.sleep,
            tell=self._on_stream,
            rate=lambda asset: None,
            is_ours=is_of_our_making,
        )
        return FuturesUserStream(endpoints_of("paper", place, place), around)

    async def _close(self) -> None:
        self._is_closing = True
        self._stream.cancel()
        await asyncio.wait([self._stream])
        self._line.close()
        self._asker.close()
        await self.exchange.close()

    async def _settle(self) -> None:
        while self._outstanding:
            self._answered.clear()
            await self._answered.wait()
        self._marks += 1
        self._mark_heard.clear()
        await self.exchange.pass_by(f"mark-{self._marks}")
        await self._mark_heard.wait()

    def _on_answer(self, told: Observation) -> None:
        match told:
            case AcceptReported() | RejectReported() | SilenceReported():
                self._conclude(_PLACE, told.order_id)
            case CancelReported() | CancelRejectReported():
                self._conclude(_CANCEL, told.order_id)
            case _:
                pass  # what more there is in an answer
        self._hear(told)

    def _on_asked(self, query: QueryOrder) -> None:
        """The answer to a cancellation leaves it open how much was filled; the stream has told, or will."""
        self._conclude(_CANCEL, query.order_id)

    def _on_clock(self) -> None:
        self._troubles.append("the venue refused our clock")

    def _on_filters(self, code: int) -> None:
        """A test that breaks a filter is told by the refusal itself."""

    def _conclude(self, asked: str, order_id: str) -> None:
        self._outstanding.discard((asked, order_id))
        self._answered.set()

    def _on_stream(self, told: UserOut) -> None:
        match told:
            case StreamBack():
                self._is_up.set()
            case StreamLost() if self._is_closing:
                pass
            case StreamLost() | ConnectFailed() | FrameUnreadable():
                self._troubles.append(repr(told))
            case ForeignHeard(order=OrderTold(order_id=order_id, execution=Execution.EXPIRED)):
                if order_id == f"mark-{self._marks}":
                    self._mark_heard.set()
            case _ if isinstance(told, _OBSERVED):
                self._hear(told)
            case _:
                pass  # balances, and others' orders

    def _hear(self, told: Observation) -> None:
        self._told.append(told)
