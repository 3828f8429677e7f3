"""The exchange itself: accounts, wallets and orders of spot and USD-margined futures, synchronous and deterministic.

It reads no clock, does no I/O and keeps no ended orders: every change leaves through `drain` as rows to be written,
and events to be told once they are. The same calls give the same rows, in every process.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from interlock.ports.exchange.backend import Placed
from interlock.ports.exchange.market_data import MarketData
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import AlgoKey, Amendment, NewOrder, OrderKey, Replacement
from interlock.ports.exchange.rows import (
    AlgoRow,
    Bracket,
    Countdown,
    FuturesAccount,
    OrderRow,
    SpotAccount,
    SymbolSettings,
)
from interlock.ports.exchange.words import MarginType, Market
from interlock.ports.liquidity import Liquidity
from interlock.venues.paper.bourse.charges import ExchangeTerms
from interlock.venues.paper.bourse.futures_hall import FuturesHall
from interlock.venues.paper.bourse.outbox import Outbox
from interlock.venues.paper.bourse.records import AccountKept, CountersKept, Drained, Row
from interlock.venues.paper.bourse.spot_hall import SpotHall


class Kernel:
    """One exchange with a spot and a futures hall.

    Verbs are those of `ports.exchange.backend.Exchange`, with the moment first; each raises ExchangeError in the
    venue's words and has then changed nothing. Time never runs backwards: a verb earlier than the last counts at the
    last. Accounts trade against the market that is shown, never with each other.
    """

    def __init__(
        self,
        shown: Mapping[Market, MarketData],
        liquidity: Mapping[Market, Liquidity],
        terms: ExchangeTerms | None = None,
    ) -> None:
        """`shown` and `liquidity` must show the same moment of the same markets. Both markets are needed."""
        self.terms = terms or ExchangeTerms()
        self._outbox = Outbox()
        self._spot = SpotHall(self._outbox, shown[Market.SPOT], liquidity[Market.SPOT], self.terms)
        self._usdm = FuturesHall(self._outbox, shown[Market.USDM], liquidity[Market.USDM], self.terms)
        self._accounts: dict[str, AccountKept] = {}
        self._at_ns = 0

    # --- What changed ----------------------------------------------------------------------------------------------

    @property
    def is_dirty(self) -> bool:
        """Whether `drain` would return anything."""
        return self._outbox.is_dirty

    @property
    def is_telling(self) -> bool:
        """Whether `drain` would return events."""
        return self._outbox.is_telling

    def drain(self) -> Drained:
        """Return all that changed since the last drain, each row once and as it stands now, and the events."""
        return self._outbox.drain()

    def rows(self) -> list[Row]:
        """Return every row a `restore` needs to go on exactly from here, queues and depletion included."""
        return [*self._accounts.values(), self._outbox.counters(), *self._spot.rows(), *self._usdm.rows()]

    def restore(self, rows: Iterable[Row]) -> None:
        """Rebuild the state from the newest version of every row that matters, in any order; to be called first.

        What matters: open orders, conditional orders that wait or whose order is open, and the kernel's own rows
        (`records.Kept`) that are not gone. Trades, income and ended orders are passed over.
        """
        assert not self._accounts, "restore comes before any account is opened"
        kept = list(rows)
        for account in sorted((row for row in kept if isinstance(row, AccountKept)), key=lambda row: row.uid):
            self._seat(account)
        for row in kept:
            if isinstance(row, CountersKept):
                self._outbox.restore(row)
        self._spot.restore(kept)
        self._usdm.restore(kept)

    # --- Accounts --------------------------------------------------------------------------------------------------

    def accounts(self) -> Sequence[str]:
        """Return the names of the accounts, in the order they were opened."""
        return tuple(self._accounts)

    def require(self, market: Market, account: str) -> str:
        """Return the account's name. Errors: -2015 for one that is unknown or has no wallet in the market."""
        row = self._accounts.get(account)
        if row is None or not (row.has_spot if market is Market.SPOT else row.has_futures):
            raise ExchangeError(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        return account

    def open_account(
        self, at_ns: int, name: str, spot: Mapping[str, Decimal] | None, futures_usdt: Decimal | None
    ) -> None:
        """Open an account with what it has to begin with; None is no wallet of that market. No name twice."""
        assert name not in self._accounts, f"the account {name} is open already"
        at_ns = self._move(at_ns)
        uid = self._outbox.next_uid()
        row = AccountKept(
            account=name, uid=uid, has_spot=spot is not None, has_futures=futures_usdt is not None, opened_at_ns=at_ns
        )
        self._seat(row)
        self._outbox.keep(row)
        if spot is not None:
            self._spot.deposit(at_ns, name, spot)
        if futures_usdt is not None:
            self._usdm.deposit(at_ns, name, futures_usdt)

    def spot_account(self, at_ns: int, account: str) -> SpotAccount:
        """Return the spot wallet."""
        return self._spot.account(self.require(Market.SPOT, account))

    def futures_account(self, at_ns: int, account: str) -> FuturesAccount:
        """Return the futures wallet and positions, at the mark prices shown now."""
        return self._usdm.account(self.require(Market.USDM, account))

    def settings(self, at_ns: int, account: str, symbol: str | None) -> Sequence[SymbolSettings]:
        """Return leverage and margin type, of one symbol or of all listed."""
        return self._usdm.settings(self.require(Market.USDM, account), symbol)

    def set_leverage(self, at_ns: int, account: str, symbol: str, leverage: int) -> SymbolSettings:
        """Set a symbol's leverage."""
        return self._usdm.set_leverage(self._move(at_ns), self.require(Market.USDM, account), symbol, leverage)

    def set_margin_type(self, at_ns: int, account: str, symbol: str, margin_type: MarginType) -> None:
        """Set a symbol's margin type."""
        self._usdm.set_margin_type(self._move(at_ns), self.require(Market.USDM, account), symbol, margin_type)

    def set_countdown(self, at_ns: int, account: str, symbol: str, countdown_ms: int) -> Countdown:
        """Start, restart, or with 0 stop the countdown; at its end the symbol's plain orders are cancelled."""
        return self._usdm.set_countdown(self._move(at_ns), self.require(Market.USDM, account), symbol, countdown_ms)

    def brackets(self, symbol: str | None) -> dict[str, tuple[Bracket, ...]]:
        """Return the leverage brackets, of one symbol or of all listed."""
        return self._usdm.brackets(symbol)

    # --- Orders ----------------------------------------------------------------------------------------------------

    def place(self, at_ns: int, market: Market, account: str, order: NewOrder) -> Placed:
        """Take an order in, match it, and return it with the fills it had at once."""
        return self._hall(market).place(self._move(at_ns), self.require(market, account), order)

    def test(self, at_ns: int, market: Market, account: str, order: NewOrder) -> None:
        """Judge an order as `place` would and place nothing."""
        self._hall(market).judge(self._move(at_ns), self.require(market, account), order)

    def cancel(self, at_ns: int, market: Market, account: str, key: OrderKey, cancel_as: str | None = None) -> OrderRow:
        """Take an open order back."""
        return self._hall(market).cancel(self._move(at_ns), self.require(market, account), key, cancel_as)

    def cancel_open(
        self, at_ns: int, market: Market, account: str, symbol: str, cancel_as: Callable[[], str] | None = None
    ) -> Sequence[OrderRow]:
        """Take all open orders of a symbol back, oldest first; conditional futures orders stay. Spot: -2011 for none.

        `cancel_as` is called once for each of them, in this order, for the id of its cancellation.
        """
        return self._hall(market).cancel_open(self._move(at_ns), self.require(market, account), symbol, cancel_as)

    def replace(
        self, at_ns: int, account: str, replacement: Replacement
    ) -> tuple[OrderRow | ExchangeError, Placed | None]:
        """Spot's cancel-replace. Where a half failed, -2021/-2022 with (cancelled or error, placed or error) in `data`:
        a dict of "cancel" and "place", each an OrderRow, a Placed, an ExchangeError or None (not tried).
        """
        return self._spot.replace(self._move(at_ns), self.require(Market.SPOT, account), replacement)

    def amend(self, at_ns: int, account: str, amendment: Amendment) -> OrderRow:
        """Futures: change price and quantity of a resting limit order; only a smaller quantity keeps its place."""
        return self._usdm.amend(self._move(at_ns), self.require(Market.USDM, account), amendment)

    def order(self, at_ns: int, market: Market, account: str, key: OrderKey) -> OrderRow | None:
        """Return an open order, None when there is none of that key (it may have ended: ask the store)."""
        return self._hall(market).order(self.require(market, account), key)

    def open_orders(self, at_ns: int, market: Market, account: str, symbol: str | None) -> Sequence[OrderRow]:
        """Return the open orders, oldest first."""
        return self._hall(market).open_orders(self.require(market, account), symbol)

    # --- Futures conditional orders --------------------------------------------------------------------------------

    def place_algo(self, at_ns: int, account: str, order: NewOrder) -> AlgoRow:
        """Take a conditional order in."""
        return self._usdm.place_algo(self._move(at_ns), self.require(Market.USDM, account), order)

    def cancel_algo(self, at_ns: int, account: str, key: AlgoKey) -> AlgoRow:
        """Take a conditional order that waits back."""
        return self._usdm.cancel_algo(self._move(at_ns), self.require(Market.USDM, account), key)

    def cancel_open_algos(self, at_ns: int, account: str, symbol: str) -> Sequence[AlgoRow]:
        """Take all conditional orders of a symbol back, oldest first."""
        return self._usdm.cancel_open_algos(self._move(at_ns), self.require(Market.USDM, account), symbol)

    def algo(self, at_ns: int, account: str, key: AlgoKey) -> AlgoRow | None:
        """Return a conditional order that waits, or whose order is open; None otherwise (ask the store)."""
        return self._usdm.algo(self.require(Market.USDM, account), key)

    def open_algos(self, at_ns: int, account: str, symbol: str | None) -> Sequence[AlgoRow]:
        """Return the conditional orders that wait, oldest first."""
        return self._usdm.open_algos(self.require(Market.USDM, account), symbol)

    # --- The market and the clock ----------------------------------------------------------------------------------

    def on_quote(
        self, market: Market, symbol: str, at_ns: int, bid_e8: int, ask_e8: int, bid_size_e8: int, ask_size_e8: int
    ) -> None:
        """Show a quote, after the displayed market was brought to it."""
        if at_ns > self._at_ns:
            self._at_ns = at_ns
        pit = (self._spot if market is Market.SPOT else self._usdm).pits.get(symbol)
        if pit is not None:
            pit.on_quote(self._at_ns, bid_e8, ask_e8, bid_size_e8, ask_size_e8)

    def on_trade(
        self, market: Market, symbol: str, at_ns: int, price_e8: int, quantity_e8: int, buyer_is_aggressor: bool
    ) -> None:
        """Show a market trade, after the displayed market was brought to it. It pulls triggers by the last price."""
        if at_ns > self._at_ns:
            self._at_ns = at_ns
        pit = (self._spot if market is Market.SPOT else self._usdm).pits.get(symbol)
        if pit is not None:
            pit.on_trade(self._at_ns, price_e8, quantity_e8, buyer_is_aggressor)

    def due_ns(self) -> int | None:
        """Return when `advance` has to be called next, None while nothing waits for time.

        With a futures position or a trigger by mark price that is within a second, when the next mark is looked at.
        """
        return self._usdm.due_ns(self._at_ns)

    def advance(self, at_ns: int) -> None:
        """Do what time does: countdowns, orders good till a date, funding, triggers by mark price, liquidation.

        Whatever was due before `at_ns` is done at `at_ns`; marks count as shown now.
        """
        self._usdm.advance(self._move(at_ns))

    def relist(self, at_ns: int) -> None:
        """Read the listings again: filters changed. Orders that are open stay as they are."""
        self._move(at_ns)
        self._spot.relist()
        self._usdm.relist()

    # --- Inside ----------------------------------------------------------------------------------------------------

    def _move(self, at_ns: int) -> int:
        if at_ns > self._at_ns:
            self._at_ns = at_ns
        return self._at_ns

    def _hall(self, market: Market) -> SpotHall | FuturesHall:
        return self._spot if market is Market.SPOT else self._usdm

    def _seat(self, row: AccountKept) -> None:
        self._accounts[row.account] = row
        if row.has_spot:
            self._spot.seat(row.account, row.uid)
        if row.has_futures:
            self._usdm.seat(row.account, row.uid)
