"""The exchange behind a server room. What changes anything answers only when it is on disk."""

from collections.abc import Callable, Sequence
from typing import Protocol

from interlock.ports.exchange.events import Told
from interlock.ports.exchange.market_data import MarketData, MarketEvent
from interlock.ports.exchange.refusals import ExchangeError
from interlock.ports.exchange.requests import AlgoKey, Amendment, History, NewOrder, OrderKey, Replacement
from interlock.ports.exchange.rows import (
    AlgoRow,
    Bracket,
    Countdown,
    FuturesAccount,
    IncomeRow,
    OrderRow,
    SpotAccount,
    SymbolSettings,
    TradeRow,
)
from interlock.ports.exchange.words import MarginType, Market

Placed = tuple[OrderRow, tuple[TradeRow, ...]]
"""An order as it stands after it met the market, and the fills it had at once."""


class Exchange(Protocol):
    """Accounts, orders and markets of one exchange.

    Every verb on an account raises ExchangeError in the venue's words where the venue would refuse. Verbs that change
    or read an account return only when all they tell is durable. A market that an account has no wallet in: -2015.
    """

    def now_ms(self) -> int:
        """Return the exchange's own clock, UTC milliseconds."""
        ...

    def data(self, market: Market) -> MarketData:
        """Return what is shown of a market."""
        ...

    # --- Orders ----------------------------------------------------------------------------------------------------

    async def place(self, market: Market, account: str, order: NewOrder) -> Placed:
        """Take an order in, match it, and return it with the fills it had at once."""
        ...

    async def test(self, market: Market, account: str, order: NewOrder) -> None:
        """Judge an order and place nothing."""
        ...

    async def cancel(self, market: Market, account: str, key: OrderKey, cancel_as: str | None = None) -> OrderRow:
        """Take an open order back. -2011 when there is none of that key."""
        ...

    async def cancel_open(
        self, market: Market, account: str, symbol: str, cancel_as: Callable[[], str] | None = None
    ) -> Sequence[OrderRow]:
        """Take all open orders of a symbol back; futures' algo orders stay, as upstream. Spot: -2011 when none.

        `cancel_as` is called for each, in the order of the answer: the id its cancellation is told under.
        """
        ...

    async def replace(self, account: str, replacement: Replacement) -> tuple[OrderRow | ExchangeError, Placed | None]:
        """Spot: cancel and place. Raises -2021/-2022 with both halves in `data` where a half failed."""
        ...

    async def amend(self, account: str, amendment: Amendment) -> OrderRow:
        """Futures: change price and quantity of a resting limit order."""
        ...

    async def order(self, market: Market, account: str, key: OrderKey) -> OrderRow:
        """Return one order, open or ended. -2013 when there is none."""
        ...

    async def open_orders(self, market: Market, account: str, symbol: str | None) -> Sequence[OrderRow]:
        """Return the open orders, oldest first."""
        ...

    async def orders(self, market: Market, account: str, history: History) -> Sequence[OrderRow]:
        """Return orders of a symbol, open and ended, oldest first."""
        ...

    async def trades(self, market: Market, account: str, history: History) -> Sequence[TradeRow]:
        """Return fills of a symbol, oldest first."""
        ...

    # --- Futures conditional orders --------------------------------------------------------------------------------

    async def place_algo(self, account: str, order: NewOrder) -> AlgoRow:
        """Take a conditional order in."""
        ...

    async def cancel_algo(self, account: str, key: AlgoKey) -> AlgoRow:
        """Take a conditional order back. -2011 when there is none of that key."""
        ...

    async def cancel_open_algos(self, account: str, symbol: str) -> Sequence[AlgoRow]:
        """Take all conditional orders of a symbol back."""
        ...

    async def algo(self, account: str, key: AlgoKey) -> AlgoRow:
        """Return one conditional order, open or ended. -2013 when there is none."""
        ...

    async def open_algos(self, account: str, symbol: str | None) -> Sequence[AlgoRow]:
        """Return the conditional orders that wait, oldest first."""
        ...

    async def algos(self, account: str, history: History) -> Sequence[AlgoRow]:
        """Return conditional orders, waiting and ended, oldest first."""
        ...

    # --- Accounts --------------------------------------------------------------------------------------------------

    async def spot_account(self, account: str) -> SpotAccount:
        """Return the spot wallet."""
        ...

    async def futures_account(self, account: str) -> FuturesAccount:
        """Return the futures wallet and positions, marked at the current mark prices."""
        ...

    async def income(self, account: str, history: History, kind: str | None) -> Sequence[IncomeRow]:
        """Return changes of the futures balance, oldest first."""
        ...

    async def settings(self, account: str, symbol: str | None) -> Sequence[SymbolSettings]:
        """Return leverage and margin type, of one symbol or of all listed."""
        ...

    async def set_leverage(self, account: str, symbol: str, leverage: int) -> SymbolSettings:
        """Set a symbol's leverage. -4028 when out of range."""
        ...

    async def set_margin_type(self, account: str, symbol: str, margin_type: MarginType) -> None:
        """Set a symbol's margin type. -4046 when it is set so already, -4048 while a position or orders are open."""
        ...

    async def set_countdown(self, account: str, symbol: str, countdown_ms: int) -> Countdown:
        """Start, restart, or with 0 stop the countdown after which all open orders of the symbol are cancelled."""
        ...

    def brackets(self, symbol: str | None) -> dict[str, tuple[Bracket, ...]]:
        """Return the leverage brackets, of one symbol or of all listed."""
        ...

    # --- What it tells of its own accord ---------------------------------------------------------------------------

    def listen(self, told: Callable[[Sequence[Told]], None]) -> None:
        """Call back with the events of accounts, in order, each once, after they are durable."""
        ...

    def watch(self, shown: Callable[[Market, Sequence[MarketEvent]], None]) -> None:
        """Call back with what the markets show, in order, as it happens."""
        ...
