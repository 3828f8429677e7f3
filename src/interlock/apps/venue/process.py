"""The paper exchange as a process: feed, kernel, book, server room and faults put together, driven and ended."""

import asyncio
import secrets
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from interlock.apps.garbage import set_aside
from interlock.apps.venue.admin import SOCKET_NAME, AdminSite
from interlock.apps.venue.keys import AccountKeys, note_shown, read_or_draw, table_of
from interlock.apps.venue.market_file import read_markets, write_markets
from interlock.apps.venue.markets import AnyMarket, Feeds, coarsened, make_up_history, open_markets
from interlock.gateway.binance.client_ids import ClientIds
from interlock.gateway.binance.desk import Desk
from interlock.gateway.binance.limits.allowances import Allowances
from interlock.gateway.binance.site import BinanceSite
from interlock.gateway.binance.sockets.api.door import ApiDoor
from interlock.gateway.binance.sockets.site import MarketSockets
from interlock.gateway.binance.sockets.users.listen_keys import ListenKeys
from interlock.gateway.server.listener import Listener, serve, serve_unix
from interlock.market.live.shown_market import ShownMarket
from interlock.messages.words import BookState
from interlock.ports.exchange.words import Market
from interlock.runtime.boot_clock import BootClock
from interlock.runtime.configuration.settings import Settings
from interlock.units.money import ZERO
from interlock.units.time import NS_PER_MS, NS_PER_S
from interlock.venues.paper.bourse.charges import ExchangeTerms
from interlock.venues.paper.bourse.durable import DurableExchange
from interlock.venues.paper.bourse.kernel import Kernel
from interlock.venues.paper.bourse.store.faults import BookFault
from interlock.venues.paper.faults.chance import PROFILES, SeededFaults
from interlock.venues.paper.faults.paper_faults import Levers, PaperFaults

TICKS_MAX = 256
"""Ticks of one market that are shown in one turn; requests take their turn in between."""
_TURN_S_MIN = 0.001
_SEEN_NS_MAX = 5 * NS_PER_S
_KEPT_EVERY_S = 1.0


class VenuePlan(Struct, frozen=True, kw_only=True):
    """What an exchange is to be: its folder, its feeds, its settings. `faults_seed` None is an undisturbed one."""

    folder: Path
    feeds: Feeds
    settings: Settings
    faults_seed: int | None


class VenueReady(Struct, frozen=True, kw_only=True):
    """An exchange that serves: its ports, what each market shows, and the keys that were drawn for new accounts."""

    host: str
    port_spot: int
    port_usdm: int
    symbols: dict[str, tuple[str, ...]]
    accounts: tuple[str, ...]
    drawn: tuple[AccountKeys, ...]


async def run_venue(plan: VenuePlan, ready: Callable[[VenueReady], None], tell: Callable[[int], None]) -> None:
    """Serve until told to stop (SIGINT, SIGTERM), until the feed ends where so planned, or until the book fails.

    `ready` is called once everything listens; before, `tell` with the seconds of history that are still to be made up,
    now and then. Errors: a Fault; the book is whole as far as it was acknowledged.
    """
    venue = _Venue(plan, tell)
    await venue.serve(ready)


class _Venue:
    def __init__(self, plan: VenuePlan, tell: Callable[[int], None]) -> None:
        self._plan = plan
        self._tell = tell
        self._clock = BootClock()
        self._ended = asyncio.Event()
        self._failure: Exception | None = None
        self._turn_timer: asyncio.TimerHandle | None = None

    async def serve(self, ready: Callable[[VenueReady], None]) -> None:
        plan, settings = self._plan, self._plan.settings
        plan.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        opened = open_markets(plan.feeds, settings, self._clock.now_ns(), read_markets(plan.folder))
        self._opened, self._markets = opened, opened.shown
        kernel = Kernel(opened.shown, opened.shown, _terms(settings))
        exchange = DurableExchange.open(plan.folder, kernel, opened.shown, self._clock, self._fail)
        self._exchange = exchange
        try:
            for shown in self._shown():
                if plan.feeds.history_min:
                    make_up_history(shown, self._clock.now_ns, self._tell)
                shown.end_history()
            # Before anybody is shown an id of this start, the next one knows that it must go on above.
            write_markets(plan.folder, opened.standing())
            await self._open_accounts()
            known, untold = read_or_draw(plan.folder, exchange.accounts())
            listeners = await self._listen(known)
            try:
                loop = asyncio.get_running_loop()
                for name in (signal.SIGINT, signal.SIGTERM):
                    loop.add_signal_handler(name, self._ended.set)
                for shown in self._shown():
                    shown.hear(exchange.on_quote, exchange.on_trade)
                    shown.watch(exchange.show)
                self._turn()
                await self._seen()
                set_aside()
                write_markets(plan.folder, opened.standing())
                ready(self._ready(listeners, untold))
                note_shown(plan.folder)
                await self._keep_markets()
            finally:
                if self._turn_timer is not None:
                    self._turn_timer.cancel()
                for sockets in self._sockets.values():
                    sockets.stop()
                    sockets.close_all()
                for listener in listeners.values():
                    await listener.close()
                (plan.folder / SOCKET_NAME).unlink(missing_ok=True)
        except BaseException:
            exchange.abandon()
            raise
        if self._failure is not None:
            exchange.abandon()
            raise self._failure
        try:
            write_markets(plan.folder, opened.standing())
        finally:
            exchange.close()

    async def _keep_markets(self) -> None:
        """Write down where the markets stand, about once a second, until the end."""
        while not self._ended.is_set():
            try:
                await asyncio.to_thread(write_markets, self._plan.folder, self._opened.standing())
            except BookFault as fault:
                self._fail(fault)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), _KEPT_EVERY_S)

    def _fail(self, error: Exception) -> None:
        self._failure = error
        self._ended.set()

    def _shown(self) -> list[ShownMarket]:
        return [each for each in self._markets.values() if isinstance(each, ShownMarket)]

    async def _open_accounts(self) -> None:
        known = self._exchange.accounts()
        for account in self._plan.settings.venue.accounts:
            if account.name not in known:
                spot = {asset: amount for asset, amount in account.spot.items() if amount > ZERO}
                await self._exchange.open_account(account.name, spot, account.futures_usdt)

    # --- The server room -------------------------------------------------------------------------------------------

    async def _listen(self, known: dict[str, AccountKeys]) -> dict[str, Listener]:
        exchange, venue = self._exchange, self._plan.settings.venue
        listen_keys = ListenKeys(exchange.now_ms)
        faults = PaperFaults(self._now_ms, self._levers(listen_keys), self._seeded())
        keys = table_of(known.values())
        desk = Desk(exchange, listen_keys, Allowances(exchange.now_ms), ClientIds(secrets.token_bytes(32)))
        self._sockets: dict[Market, MarketSockets] = {}
        listeners: dict[str, Listener] = {}
        for market, port in ((Market.SPOT, venue.port_spot), (Market.USDM, venue.port_usdm)):
            door = ApiDoor(market, desk, keys, interference=faults)
            sockets = MarketSockets(market, exchange, listen_keys, door, interference=faults)
            sockets.start()
            self._sockets[market] = sockets
            site = BinanceSite(desk, keys, sockets, interference=faults)
            listeners[market.value] = await serve(site, venue.host, port, on_failure=self._site_failed)
        path = self._plan.folder / SOCKET_NAME
        path.unlink(missing_ok=True)
        admin = AdminSite(faults, exchange.accounts, self._now_ms)
        listeners["admin"] = await serve_unix(admin, path, on_failure=self._site_failed)
        path.chmod(0o600)
        return listeners

    def _site_failed(self, where: str, error: BaseException) -> None:
        """A defect of the server room: the client was answered 500; the loop's handler tells of it here."""
        asyncio.get_running_loop().call_exception_handler({"message": where, "exception": error})

    def _levers(self, listen_keys: ListenKeys) -> Levers:
        loop = asyncio.get_running_loop()
        return Levers(
            later=lambda delay_ms, call: loop.call_later(delay_ms / 1_000, call),
            shift_clock=self._exchange.shift_clock,
            expire_listen_keys=lambda market, account: _ignore(listen_keys.expire(account, market)),
            relist=self._relist,
            disconnect=self._disconnect,
        )

    def _disconnect(self, market: Market | None, pattern: str | None) -> None:
        for sockets in self._sockets.values():
            if market in (None, sockets.market):
                sockets.disconnect(pattern)

    def _relist(self, market: Market | None, symbol: str, factor: int) -> None:
        for shown in self._shown():
            if market in (None, shown.market):
                shown.relist(coarsened(shown.listing(), symbol, factor))
        self._exchange.relist()

    def _seeded(self) -> SeededFaults | None:
        seed = self._plan.faults_seed
        return None if seed is None else SeededFaults(seed, PROFILES["rough"])

    def _now_ms(self) -> int:
        return self._clock.now_ns() // NS_PER_MS

    # --- The feed --------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        """Show what is due, and come again when more is."""
        now_ns, due_ns = self._clock.now_ns(), 0
        for shown in self._shown():
            shown.advance(now_ns, TICKS_MAX)
            due_ns = min(due_ns or shown.due_ns(), shown.due_ns())
        if not self._plan.feeds.is_looped and all(shown.has_ended for shown in self._shown()):
            self._ended.set()
            return
        wait_s = max(_TURN_S_MIN, (due_ns - now_ns) / NS_PER_S)
        self._turn_timer = asyncio.get_running_loop().call_later(wait_s, self._turn)

    async def _seen(self) -> None:
        """Wait until every market shows what orders can meet, for a while: some recordings never show a book."""
        until_ns = self._clock.now_ns() + _SEEN_NS_MAX
        while self._clock.now_ns() < until_ns and not self._ended.is_set():
            states = [shown.state(symbol) for shown in self._shown() for symbol in shown.symbols]
            if all(state in (BookState.SYNCED, BookState.QUOTES_ONLY) for state in states):
                return
            await asyncio.sleep(_TURN_S_MIN)

    def _ready(self, listeners: dict[str, Listener], drawn: tuple[AccountKeys, ...]) -> VenueReady:
        return VenueReady(
            host=self._plan.settings.venue.host,
            port_spot=listeners[Market.SPOT.value].port,
            port_usdm=listeners[Market.USDM.value].port,
            symbols={market.value: _symbols(each) for market, each in self._markets.items()},
            accounts=tuple(self._exchange.accounts()),
            drawn=drawn,
        )


def _symbols(market: AnyMarket) -> tuple[str, ...]:
    return market.symbols if isinstance(market, ShownMarket) else ()


def _ignore(count: int) -> None:
    """Levers answer nothing."""


def _terms(settings: Settings) -> ExchangeTerms:
    return ExchangeTerms(
        spot_maker_bps=settings.venue.spot_maker_bps,
        spot_taker_bps=settings.venue.spot_taker_bps,
        futures_maker_bps=settings.paper.maker_bps,
        futures_taker_bps=settings.paper.taker_bps,
        leverage=settings.paper.leverage,
        refill_ms=settings.paper.refill_ms,
    )
