"""One market socket with all that keeps its symbols whole: snapshots, looks at what is silent, the fallback."""

import asyncio
import ssl
from collections.abc import Callable

from msgspec import Struct

from interlock.ports.clock import Clock
from interlock.ports.exchange.words import Market
from interlock.venues.binance.backoff import Backoff
from interlock.venues.binance.parse.market_bodies import book_body, quote_body
from interlock.venues.binance.parse.market_events import SHUTDOWN_SOON
from interlock.venues.binance.parse.market_values import Answered, Origin, PassedOver, QuoteHeard, TradeHeard
from interlock.venues.binance.parse.unreadable import Unreadable
from interlock.venues.binance.streams.control import Awaited
from interlock.venues.binance.streams.facts import (
    ConnectFailed,
    FrameUnreadable,
    MarketOut,
    ReadTrouble,
    SymbolQuiet,
    SymbolSilent,
)
from interlock.venues.binance.streams.reads import NotRead, Reads, depth_wanted, quote_wanted
from interlock.venues.binance.streams.rest_fallback import FallbackOut, FallbackTerms, RestFallback
from interlock.venues.binance.streams.routes import Route, Want
from interlock.venues.binance.streams.socket import KeptSocket, Line, Sleep, SocketBounds
from interlock.venues.binance.streams.states.attendance import Attendance
from interlock.venues.binance.streams.states.intake import Intake
from interlock.venues.binance.streams.states.rotation import Rotation
from interlock.venues.binance.streams.states.silence import Look, Quiet, SilenceBounds, Silent

_SNAPSHOT_FIRST_MS = 200
_SNAPSHOTS_AT_ONCE = 2


class FeedTerms(Struct, frozen=True):
    """How a feed is kept. `levels` is how deep a snapshot is asked for."""

    socket: SocketBounds = SocketBounds()
    silence: SilenceBounds = SilenceBounds()
    fallback: FallbackTerms = FallbackTerms()
    levels: int = 1_000
    check_every_ms: int = 500


class Surroundings(Struct, frozen=True):
    """What comes from outside: requests, time, chance, patience, trust, and who is told."""

    reads: Reads
    clock: Clock
    draw: Callable[[], float]
    sleep: Sleep
    tell: Callable[[MarketOut], None]
    tls: ssl.SSLContext | None = None


class Feed:
    """Hears one route of a market. It is the hearer of its socket."""

    def __init__(self, market: Market, route: Route, around: Surroundings, terms: FeedTerms) -> None:
        self.route = route
        self._market = market
        self._around = around
        self._terms = terms
        self._snapshot_wanted = asyncio.Event()
        self._snapshot_turns = asyncio.Semaphore(_SNAPSHOTS_AT_ONCE)
        self._being_made_whole: set[str] = set()
        self._down = asyncio.Event()
        self._down.set()
        self._awaited = Awaited()
        self._quotes_seen: dict[str, QuoteHeard] = {}
        at_ns = around.clock.now_ns()
        self.intake = Intake(market, route.symbols, around.tell, self._snapshot_wanted.set, at_ns, terms.silence)
        self._attendance = Attendance(market, route.name, around.tell, self.intake.overlap)
        self.fallback = RestFallback(
            market, route.symbols, route.wants, around.reads, around.clock, self._fallen_back, terms.fallback
        )
        self.socket = KeptSocket(
            self,
            around.clock,
            Backoff(around.draw),
            Rotation(around.draw),
            bounds=terms.socket,
            sleep=around.sleep,
            tls=around.tls,
        )

    @property
    def is_up(self) -> bool:
        """Whether a socket carries the streams."""
        return not self._down.is_set()

    async def run(self) -> None:
        """Hear the route until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.socket.run())
            group.create_task(self._fall_back())
            if Want.DEPTH in self.route.wants:
                group.create_task(self._snapshots())
            if Want.DEPTH in self.route.wants or Want.QUOTES in self.route.wants:
                group.create_task(self._listen_for_silence())

    # --- The socket's hearer -----------------------------------------------------------------------------------------

    async def address(self) -> str:
        """Return the route's address."""
        return self.route.url

    def attached(self, line: Line) -> None:
        """Hear another connection."""
        self._attendance.attached(line.number)

    async def greet(self, line: Line) -> None:
        """Ask for the streams that the address does not ask for."""
        await self._awaited.subscribe(line, self.route.asked)

    def opened(self, line: Line) -> None:
        """The streams are (again) carried by a connection."""
        self._snapshot_wanted.set()
        at_ns = self._around.clock.now_ns()
        if self._attendance.opened(line.number, at_ns):
            self._down.clear()
            self.intake.restart(at_ns)

    def heard(self, line: Line, text: bytes, heard_at_ns: int) -> None:
        """Take a frame."""
        odd = self.intake.frame(text, heard_at_ns, line.number)
        if odd is None:
            return
        if isinstance(odd, PassedOver):
            if odd.kind == SHUTDOWN_SOON:
                self.socket.rotate()
        elif not self._is_expected(line, odd):
            self._around.tell(FrameUnreadable("an answer", f"{odd.code} {odd.text}, nobody asked", heard_at_ns))

    def closed(self, line: Line, why: str) -> None:
        """A connection is no more; the last one takes the streams with it."""
        self._awaited.closed(line, why)
        at_ns = self._around.clock.now_ns()
        if self._attendance.closed(line.number, at_ns, line.good_at_ns, why):
            self._down.set()
            for symbol, arrivals in self.intake.arrivals.items():
                if arrivals.trade_id >= 0:
                    self.fallback.known(symbol, arrivals.trade_id)
            self._quotes_seen.clear()
            self.intake.forget(at_ns)

    def failed(self, why: str, wait_ms: int) -> None:
        """Tell that a connection could not be had."""
        at_ns = self._around.clock.now_ns()
        self._around.tell(ConnectFailed(self._market, self.route.name, at_ns, why, wait_ms))

    def _is_expected(self, line: Line, answer: Answered) -> bool:
        if answer.code:
            return self._awaited.refused(line, answer.asked_id, f"{answer.code} {answer.text}")
        return self._awaited.answered(line, answer.asked_id, b"")

    # --- What keeps the symbols whole --------------------------------------------------------------------------------

    async def _snapshots(self) -> None:
        """Have the books that are wanted asked for: each by itself, so that one that cannot be had delays no other."""
        async with asyncio.TaskGroup() as asking:
            while True:
                await self._snapshot_wanted.wait()
                self._snapshot_wanted.clear()
                for symbol, book in self.intake.books.items():
                    if book.wants_snapshot and symbol not in self._being_made_whole:
                        self._being_made_whole.add(symbol)
                        asking.create_task(self._make_whole(symbol))

    async def _make_whole(self, symbol: str) -> None:
        """Ask for a symbol's book, in turn with the others, while the stream is up and until there is no more need."""
        around = self._around
        backoff = Backoff(around.draw, first_ms=_SNAPSHOT_FIRST_MS)
        try:
            while self._can_use_snapshot(symbol):
                async with self._snapshot_turns:
                    if self._can_use_snapshot(symbol):
                        await self._snapshot(symbol)
                if self._can_use_snapshot(symbol):
                    await around.sleep(backoff.failed() / 1_000)
        finally:
            self._being_made_whole.discard(symbol)

    def _can_use_snapshot(self, symbol: str) -> bool:
        return self.is_up and self.intake.books[symbol].wants_snapshot

    async def _snapshot(self, symbol: str) -> None:
        lines = self._attendance.lines
        wanted = depth_wanted(self._market, symbol, self._terms.levels)
        try:
            body = await self._around.reads.public(wanted)
        except NotRead as failed:
            self._around.tell(ReadTrouble("the snapshot", symbol, str(failed), self._around.clock.now_ns()))
            return
        book = book_body(symbol, body, self._around.clock.now_ns(), Origin.STREAM)
        if isinstance(book, Unreadable):
            self._around.tell(ReadTrouble("the snapshot", symbol, book.what, self._around.clock.now_ns()))
        elif lines & self._attendance.lines:  # asked for and heard within the life of one stream
            self.intake.book(book)

    async def _listen_for_silence(self) -> None:
        async with asyncio.TaskGroup() as looks:
            while True:
                await self._around.sleep(self._terms.check_every_ms / 1_000)
                if not self.is_up:
                    continue
                at_ns = self._around.clock.now_ns()
                for kind in (Want.DEPTH, Want.QUOTES):
                    for verdict in self.intake.watches[kind].check(at_ns) if kind in self.route.wants else ():
                        match verdict:
                            case Look(symbol=symbol):
                                looks.create_task(self._look(kind, symbol))
                            case Quiet(symbol=symbol, silent_ns=silent_ns):
                                self._around.tell(SymbolQuiet(symbol, silent_ns, at_ns))
                            case Silent(symbol=symbol, silent_ns=silent_ns, usual_ns=usual_ns):
                                self._around.tell(SymbolSilent(symbol, silent_ns, usual_ns, at_ns))
                                self.socket.renew()

    async def _look(self, kind: Want, symbol: str) -> None:
        """Ask what the venue's book stands at, and note whether the stream ought to have told of it."""
        watch, market, clock = self.intake.watches[kind], self._market, self._around.clock
        wanted = quote_wanted(market, symbol) if kind is Want.QUOTES else depth_wanted(market, symbol, 5)
        try:
            body = await self._around.reads.public(wanted)
        except NotRead as failed:
            self._around.tell(ReadTrouble("the look at a silent symbol", symbol, str(failed), clock.now_ns()))
            if failed.is_held_back:
                watch.look_put_off(symbol)
            else:
                watch.look_failed(symbol, clock.now_ns())
            return
        if kind is Want.DEPTH:
            book = book_body(symbol, body, clock.now_ns(), Origin.FALLBACK)
            seen_id = -1 if isinstance(book, Unreadable) else book.update_id
        else:
            seen_id = self._quote_id_seen(symbol, body)
        if seen_id < 0:
            watch.look_failed(symbol, clock.now_ns())
        else:
            watch.looked(symbol, seen_id, clock.now_ns())

    def _quote_id_seen(self, symbol: str, body: bytes) -> int:
        """Return the last quote's id when the venue still shows that quote, the next id otherwise, -1 if unreadable.

        Where nothing was heard yet, the quote first seen stands for the last one.
        """
        seen = quote_body(symbol, body, self._around.clock.now_ns(), Origin.FALLBACK)
        if isinstance(seen, Unreadable):
            return -1
        last = self.intake.quotes.get(symbol) or self._quotes_seen.setdefault(symbol, seen)
        last_id = max(self.intake.watches[Want.QUOTES].heard_id(symbol), 0)
        shown = (seen.bid_e8, seen.bid_size_e8, seen.ask_e8, seen.ask_size_e8)
        is_same = shown == (last.bid_e8, last.bid_size_e8, last.ask_e8, last.ask_size_e8)
        return last_id if is_same else last_id + 1

    async def _fall_back(self) -> None:
        """Ask in turns while the stream is down, and once more for the trades when it is back."""
        while True:
            await self._down.wait()
            await self._around.sleep(self.fallback.terms.after_ms / 1_000)
            while self._down.is_set():
                await self.fallback.round()
                await self._around.sleep(self.fallback.terms.every_ms / 1_000)
            await self.fallback.trades()

    def _fallen_back(self, told: FallbackOut) -> None:
        """Tell what the fallback found; its trades are checked against those the stream told of."""
        if isinstance(told, TradeHeard):
            self.intake.trade(told)
        else:
            self._around.tell(told)
