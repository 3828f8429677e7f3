"""What Binance is asked for over REST, typed: account, orders, trades, depth, filters and time of one market."""

from collections.abc import Callable
from typing import Final, TypeVar

from interlock.ports.exchange.words import Market
from interlock.units.faults import Fault
from interlock.units.instruments import Instrument
from interlock.venues.binance.asking import Asker, ReadFailed, Security, Why
from interlock.venues.binance.filter_cache import FilterCache
from interlock.venues.binance.parse import queries
from interlock.venues.binance.parse.errors import is_outside_window
from interlock.venues.binance.parse.queries import AccountFound, DepthFound, OrderFound, TradeFound
from interlock.venues.binance.parse.unreadable import Unreadable
from interlock.venues.binance.requests import Wanted, asking, asking_algo, reading

Value = TypeVar("Value")
_BASES: Final = {Market.SPOT: "/api/v3/", Market.USDM: "/fapi/v1/"}
_ACCOUNTS: Final = {Market.SPOT: "/api/v3/account", Market.USDM: "/fapi/v2/account"}
_TRADES: Final = {Market.SPOT: "myTrades", Market.USDM: "userTrades"}
# What each read weighs, by the venue's documents: (spot, futures).
_WEIGHTS: Final = {
    "account": (20, 5),
    "order": (4, 1),
    "orders of a symbol": (6, 1),
    "orders of all": (80, 40),
    "trades": (20, 5),
    "filters": (20, 1),
    "time": (1, 1),
}
_DEPTH_WEIGHTS: Final = {
    Market.SPOT: ((100, 5), (500, 25), (1_000, 50), (5_000, 250)),
    Market.USDM: ((50, 2), (100, 5), (500, 10), (1_000, 20)),
}


class RestReads:
    """Reads of one market. Each returns its value, or a ReadFailed that says why there is none; none raises."""

    def __init__(self, market: Market, asker: Asker) -> None:
        self.market = market
        self._asker = asker
        self._base = _BASES[market]

    async def measure_time(self) -> ReadFailed | None:
        """Ask the venue's time once and let the clock offset learn from it; return why not, None when it did."""
        clock = self._asker.clock
        sent_at_ns = clock.now_ns()
        body = await self._asker.ask(reading(self._base + "time"), self._weight("time"), can_wait=False)
        if isinstance(body, ReadFailed):
            return body
        venue_at_ns = _read(queries.server_time_ns, body)
        if isinstance(venue_at_ns, ReadFailed):
            return venue_at_ns
        self._asker.server_time.measured(sent_at_ns, clock.now_ns(), venue_at_ns)
        return None

    async def exchange_info(self) -> bytes | ReadFailed:
        """Return the body that lists the filters, as it came."""
        return await self._asker.ask(reading(self._base + "exchangeInfo"), self._weight("filters"))

    async def instruments(self, cache: FilterCache, *, is_forced: bool = False) -> dict[str, Instrument] | ReadFailed:
        """Return the filters: from the cache while they are good, else fetched and kept. `is_forced` fetches."""
        at_ns = self._asker.clock.now_ns()
        found = None if is_forced else cache.instruments(at_ns)
        if found is not None:
            return found
        body = await self.exchange_info()
        if isinstance(body, ReadFailed):
            return body
        try:
            return cache.store(body, self._asker.clock.now_ns())
        except Fault as fault:
            return ReadFailed(Why.UNREADABLE, fault.what)

    async def depth(self, symbol: str, limit: int) -> DepthFound | ReadFailed:
        """Return a snapshot of a book, at most so many levels a side."""
        weight = next(weight for most, weight in _DEPTH_WEIGHTS[self.market] if limit <= most)
        body = await self._asker.ask(reading(self._base + "depth", symbol=symbol, limit=limit), weight)
        return _read(queries.depth, body)

    async def account(self) -> AccountFound | ReadFailed:
        """Return balances and positions."""
        read = queries.spot_account if self.market is Market.SPOT else queries.futures_account
        return _read(read, await self._signed(reading(_ACCOUNTS[self.market]), "account"))

    async def order(self, symbol: str, order_id: str) -> OrderFound | ReadFailed:
        """Return a plain order by our id. That there is none is REFUSED with -2013, and no proof by itself."""
        return _read(queries.order, await self._signed(asking(self.market, symbol, order_id), "order"))

    async def algo(self, order_id: str) -> OrderFound | ReadFailed:
        """Return a futures conditional order by our id."""
        assert self.market is Market.USDM, "spot has no such orders"
        return _read(queries.algo, await self._signed(asking_algo(order_id), "order"))

    async def open_orders(self, symbol: str | None = None) -> tuple[OrderFound, ...] | ReadFailed:
        """Return the open plain orders, of a symbol or all."""
        kind = "orders of all" if symbol is None else "orders of a symbol"
        return _read(queries.orders, await self._signed(reading(self._base + "openOrders", symbol=symbol), kind))

    async def open_algos(self, symbol: str | None = None) -> tuple[OrderFound, ...] | ReadFailed:
        """Return the waiting futures conditional orders, of a symbol or all."""
        assert self.market is Market.USDM, "spot has no such orders"
        kind = "orders of all" if symbol is None else "orders of a symbol"
        return _read(queries.algos, await self._signed(reading("/fapi/v1/openAlgoOrders", symbol=symbol), kind))

    async def trades(self, symbol: str, venue_order_id: int | None = None) -> tuple[TradeFound, ...] | ReadFailed:
        """Return the account's last trades in a symbol, or those of one order by the venue's id."""
        wanted = reading(self._base + _TRADES[self.market], symbol=symbol, orderId=venue_order_id, limit=1_000)
        return _read(queries.trades, await self._signed(wanted, "trades"))

    async def _signed(self, wanted: Wanted, kind: str) -> bytes | ReadFailed:
        body = await self._asker.ask(wanted, self._weight(kind), Security.SIGNED)
        if isinstance(body, ReadFailed) and is_outside_window(body.code):
            self._asker.server_time.forget()
            await self.measure_time()
        return body

    def _weight(self, kind: str) -> int:
        return _WEIGHTS[kind][self.market is Market.USDM]


def _read(parse: Callable[[bytes], Value | Unreadable], body: bytes | ReadFailed) -> Value | ReadFailed:
    if isinstance(body, ReadFailed):
        return body
    found = parse(body)
    return ReadFailed(Why.UNREADABLE, str(found)) if isinstance(found, Unreadable) else found
