"""A paper exchange that serves USD-margined futures on loopback, with a real book, over a market that a test shows."""

from decimal import Decimal
from pathlib import Path

from interlock.gateway.binance.client_ids import ClientIds
from interlock.gateway.binance.desk import Desk
from interlock.gateway.binance.keys.table import ApiKey, KeyTable
from interlock.gateway.binance.limits.allowances import Allowances
from interlock.gateway.binance.site import BinanceSite
from interlock.gateway.binance.sockets.api.door import ApiDoor
from interlock.gateway.binance.sockets.site import MarketSockets
from interlock.gateway.binance.sockets.users.listen_keys import ListenKeys
from interlock.gateway.server.listener import Listener, serve
from interlock.market.live.listing import made_listing
from interlock.ports.exchange.market_data import MarketTrade
from interlock.ports.exchange.requests import NewOrder
from interlock.ports.exchange.words import Market, OrderForce, OrderKind
from interlock.units.sides import Side
from interlock.venues.binance.endpoints import Place
from interlock.venues.binance.instruments import embedded_instruments
from interlock.venues.paper.bourse.charges import ExchangeTerms
from interlock.venues.paper.bourse.durable import DurableExchange
from interlock.venues.paper.bourse.kernel import Kernel
from tests.unit.venues.binance.scripted_venue import WallClock
from tests.unit.venues.paper.bourse.house import SPOT_LISTED, SYMBOL, USDM_LISTED, Shown
from tests.unit.venues.paper.shown_market import e8

ACCOUNT, KEY, SECRET = "paper", "k" * 64, "s" * 64
OTHER_SYMBOL = "ETHUSDT"  # where another hand orders, so that it touches nothing of a test's
_HOST = "127.0.0.1"
_NEVER_MS = 3_600_000  # what was taken of a level stays gone: no test waits for others to fill it up


class ServedExchange:
    """One account's futures, served. All calls are made on the running loop, the same for all parts."""

    def __init__(self, folder: Path) -> None:
        self.clock = WallClock()
        self.failures: list[str] = []
        listed = {SYMBOL: USDM_LISTED, OTHER_SYMBOL: embedded_instruments("usdm")[OTHER_SYMBOL]}
        self._usdm = Shown(Market.USDM, listed, made_listing(Market.USDM, listed, 0).body)
        shown = {Market.SPOT: Shown(Market.SPOT, {SYMBOL: SPOT_LISTED}), Market.USDM: self._usdm}
        kernel = Kernel(shown, shown, ExchangeTerms(refill_ms=_NEVER_MS))
        self._exchange = DurableExchange.open(folder, kernel, shown, self.clock, self._failed)
        self._trade_id = 0
        self._sockets: MarketSockets
        self._listener: Listener

    async def open(self) -> Place:
        """Open the account and serve it; return where."""
        await self._exchange.open_account(ACCOUNT, None, Decimal(10_000_000))
        self.show(OTHER_SYMBOL, "2000.00", "2000.01", "10", "10")
        now_ms = self._exchange.now_ms
        listen_keys = ListenKeys(now_ms)
        desk = Desk(self._exchange, listen_keys, Allowances(now_ms), ClientIds(b"contract"))
        keys = KeyTable([ApiKey(key=KEY, account=ACCOUNT, secret=SECRET.encode())])
        self._sockets = MarketSockets(Market.USDM, self._exchange, listen_keys, ApiDoor(Market.USDM, desk, keys))
        self._sockets.start()
        self._listener = await serve(BinanceSite(desk, keys, self._sockets), _HOST, 0, on_failure=self._site_failed)
        return Place(_HOST, self._listener.port, is_tls=False)

    async def close(self) -> None:
        """End it, its book whole."""
        self._sockets.stop()
        self._sockets.close_all()
        await self._listener.close()
        self._exchange.close()

    def show(self, symbol: str, bid: str, ask: str, bid_size: str, ask_size: str) -> None:
        """Display a quote with nothing behind it."""
        self._usdm.show([(bid, bid_size)], [(ask, ask_size)], symbol)
        sizes = e8(bid_size), e8(ask_size)
        self._exchange.on_quote(Market.USDM, symbol, self.clock.now_ns(), e8(bid), e8(ask), *sizes)

    def trade(self, price: str, quantity: str, buyer_is_aggressor: bool) -> None:
        """Show a trade of the market."""
        self._trade_id += 1
        at_ns = self.clock.now_ns()
        self._usdm.last_trades[SYMBOL] = MarketTrade(
            symbol=SYMBOL,
            trade_id=self._trade_id,
            price=Decimal(price),
            quantity=Decimal(quantity),
            buyer_is_maker=not buyer_is_aggressor,
            at_ns=at_ns,
        )
        self._exchange.on_trade(Market.USDM, SYMBOL, at_ns, e8(price), e8(quantity), buyer_is_aggressor)

    async def pass_by(self, client_order_id: str) -> None:
        """Place an order of the account by another hand, which expires as it comes; return when that is durable."""
        order = NewOrder(
            symbol=OTHER_SYMBOL,
            side=Side.BUY,
            kind=OrderKind.LIMIT,
            client_order_id=client_order_id,
            quantity=Decimal(1),
            price=Decimal("1999.00"),
            time_in_force=OrderForce.IOC,
        )
        _, trades = await self._exchange.place(Market.USDM, ACCOUNT, order)
        assert trades == (), "nothing is offered at its price"

    def _failed(self, error: Exception) -> None:
        self.failures.append(f"the exchange failed: {error!r}")

    def _site_failed(self, doing: str, error: BaseException) -> None:
        self.failures.append(f"{doing} failed: {error!r}")
