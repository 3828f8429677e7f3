"""The exchange on a market that shows what a test tells it to, with accounts to order from."""

from decimal import Decimal

from msgspec.structs import replace

from interlock.ports.exchange.backend import Placed
from interlock.ports.exchange.events import Told
from interlock.ports.exchange.market_data import (
    DayTicker,
    DepthShown,
    FundingPaid,
    Kline,
    Listing,
    MarketTrade,
    MarkShown,
    QuoteShown,
)
from interlock.ports.exchange.requests import NewOrder, OrderKey
from interlock.ports.exchange.words import Market, OrderForce, OrderKind
from interlock.units.instruments import Instrument
from interlock.units.money import ZERO, from_e8, install_context
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS
from interlock.venues.binance.instruments import embedded_instruments
from interlock.venues.paper.bourse.charges import ExchangeTerms
from interlock.venues.paper.bourse.kernel import Kernel
from interlock.venues.paper.bourse.records import Row
from tests.unit.venues.paper.shown_market import Levels, ShownMarket, e8

install_context()

SYMBOL = "BTCUSDT"
START_NS = 1_700_000_000_000 * NS_PER_MS
SPOT_LISTED = replace(
    embedded_instruments("spot")[SYMBOL],
    price_tick=Decimal("0.1"),
    quantity_step=Decimal("0.001"),
    quantity_min=Decimal("0.001"),
    is_tradable=True,
    why_not_tradable="",
)
USDM_LISTED = replace(
    embedded_instruments("usdm")[SYMBOL],
    price_min=Decimal("0.1"),
    market_quantity_max=Decimal(1_000),
    notional_min=Decimal(5),
)


def amounts(*numbers: str | int) -> tuple[Decimal, ...]:
    """Return numbers as amounts, to be compared with what is held."""
    return tuple(Decimal(number) for number in numbers)


class Shown(ShownMarket):
    """Implements MarketData and Liquidity of one market: book, last trade, mark and funding as a test has them."""

    def __init__(self, market: Market, listed: dict[str, Instrument], filters: bytes = b"") -> None:
        super().__init__()
        self._market = market
        self.listed = listed
        self.filters = filters
        self.last_trades: dict[str, MarketTrade] = {}
        self.marks: dict[str, MarkShown] = {}
        self.paid: list[FundingPaid] = []

    @property
    def market(self) -> Market:
        return self._market

    def listing(self) -> Listing:
        return Listing(market=self._market, instruments=self.listed, body=self.filters)

    def quote(self, symbol: str) -> QuoteShown | None:
        bids, asks = self.books.get((symbol, Side.BUY)), self.books.get((symbol, Side.SELL))
        if not bids or not asks:
            return None
        return QuoteShown(
            symbol=symbol,
            update_id=1,
            bid=from_e8(bids[0][0]),
            bid_size=from_e8(bids[0][1]),
            ask=from_e8(asks[0][0]),
            ask_size=from_e8(asks[0][1]),
            at_ns=0,
        )

    def trades(self, symbol: str, limit: int, from_id: int | None = None) -> list[MarketTrade]:
        trade = self.last_trades.get(symbol)
        return [trade] if trade is not None else []

    def mark(self, symbol: str) -> MarkShown | None:
        return self.marks.get(symbol)

    def funding(self, symbol: str | None, limit: int) -> list[FundingPaid]:
        return [paid for paid in self.paid if symbol in (None, paid.symbol)]

    def depth(self, symbol: str, limit: int) -> DepthShown | None:
        raise AssertionError("the kernel does not ask for depth as people see it")

    def klines(
        self, symbol: str, interval: str, limit: int, start_ms: int | None = None, end_ms: int | None = None
    ) -> list[Kline]:
        raise AssertionError("the kernel asks for no candles")

    def day(self, symbol: str) -> DayTicker | None:
        raise AssertionError("the kernel asks for no day")


class House:
    """A kernel with two accounts, `ann` and `bob`, that a test drives one word at a time."""

    def __init__(
        self,
        terms: ExchangeTerms | None = None,
        spot: dict[str, str] | None = None,
        futures: str = "100000",
        filters: bytes = b"",
    ) -> None:
        self.spot = Shown(Market.SPOT, {SYMBOL: SPOT_LISTED}, filters)
        self.usdm = Shown(Market.USDM, {SYMBOL: USDM_LISTED}, filters)
        self.terms = terms
        self.at_ns = START_NS
        self.kernel = self.new_kernel()
        self.told: list[Told] = []
        self.rows: list[Row] = []
        assets = {asset: Decimal(text) for asset, text in (spot or {"USDT": "1000000", "BTC": "10"}).items()}
        for account in ("ann", "bob"):
            self.kernel.open_account(self.at_ns, account, assets, Decimal(futures))
        self._count = 0
        self.drain()

    def new_kernel(self) -> Kernel:
        """Return a kernel on the same market, with nobody in it."""
        shown = {Market.SPOT: self.spot, Market.USDM: self.usdm}
        return Kernel(shown, shown, self.terms)

    def restart(self) -> None:
        """Go on with a kernel made from all rows."""
        self.drain()
        rows = self.kernel.rows()
        self.kernel = self.new_kernel()
        self.kernel.restore(rows)

    def drain(self) -> list[Told]:
        """Take what the kernel has to say and return the events."""
        drained = self.kernel.drain()
        self.rows += drained.rows
        self.told += drained.told
        return list(drained.told)

    def shown(self, market: Market) -> Shown:
        return self.spot if market is Market.SPOT else self.usdm

    def show(self, market: Market, bids: Levels, asks: Levels) -> None:
        """Show a book, a millisecond later, and tell of its best."""
        self.at_ns += NS_PER_MS
        shown = self.shown(market)
        shown.show(bids, asks)
        (bid, bid_size), (ask, ask_size) = bids[0], asks[0]
        self.kernel.on_quote(market, SYMBOL, self.at_ns, e8(bid), e8(ask), e8(bid_size), e8(ask_size))

    def trade(self, market: Market, price: str, quantity: str = "0.001", buyer_is_aggressor: bool = True) -> None:
        """Show a market trade, a millisecond later."""
        self.at_ns += NS_PER_MS
        self.shown(market).last_trades[SYMBOL] = MarketTrade(
            symbol=SYMBOL,
            trade_id=1,
            price=Decimal(price),
            quantity=Decimal(quantity),
            buyer_is_maker=not buyer_is_aggressor,
            at_ns=self.at_ns,
        )
        self.kernel.on_trade(market, SYMBOL, self.at_ns, e8(price), e8(quantity), buyer_is_aggressor)

    def mark(self, price: str, rate: str = "0.0001") -> None:
        """Show a mark price."""
        self.usdm.marks[SYMBOL] = MarkShown(
            symbol=SYMBOL,
            mark=Decimal(price),
            index=Decimal(price),
            settle=Decimal(price),
            funding_rate=Decimal(rate),
            funding_at_ms=0,
            at_ns=self.at_ns,
        )

    def wait_ms(self, milliseconds: int) -> None:
        """Let time pass."""
        self.at_ns += milliseconds * NS_PER_MS
        self.kernel.advance(self.at_ns)

    def asked(self, side: Side, quantity: str | None, price: str | None = None, **more: object) -> NewOrder:
        """Return an order: LIMIT with a price, MARKET without, unless `kind` says otherwise."""
        self._count += 1
        kind = more.pop("kind", OrderKind.LIMIT if price is not None else OrderKind.MARKET)
        force = more.pop("force", OrderForce.GTC if kind is OrderKind.LIMIT else None)
        trigger = more.pop("trigger", None)
        return NewOrder(
            symbol=SYMBOL,
            side=side,
            kind=kind,  # type: ignore[arg-type]  # given by name
            client_order_id=str(more.pop("client", f"c{self._count}")),
            quantity=Decimal(quantity) if quantity is not None else None,
            price=Decimal(price) if price is not None else None,
            time_in_force=force,  # type: ignore[arg-type]  # given by name
            trigger_price=Decimal(str(trigger)) if trigger is not None else None,
            **more,  # type: ignore[arg-type]  # given by name
        )

    def place(
        self, market: Market, side: Side, quantity: str | None, price: str | None = None, **more: object
    ) -> Placed:
        """Place an order of `ann`, or of the account given."""
        account = str(more.pop("account", "ann"))
        return self.kernel.place(self.at_ns, market, account, self.asked(side, quantity, price, **more))

    def key(self, order_id: int) -> OrderKey:
        """Return the key of an order."""
        return OrderKey(symbol=SYMBOL, order_id=order_id)

    def free(self, asset: str, account: str = "ann") -> tuple[Decimal, Decimal]:
        """Return what is free and what is locked of a spot asset."""
        balances = self.kernel.spot_account(self.at_ns, account).balances
        return next(((row.free, row.locked) for row in balances if row.asset == asset), (ZERO, ZERO))

    def balance(self, account: str = "ann") -> Decimal:
        """Return the futures balance."""
        return self.kernel.futures_account(self.at_ns, account).assets[0].wallet

    def held(self, account: str = "ann") -> Decimal:
        """Return the futures position."""
        positions = self.kernel.futures_account(self.at_ns, account).positions
        return next((row.quantity for row in positions if row.symbol == SYMBOL), ZERO)
