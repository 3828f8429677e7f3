"""A futures wallet: one USDT balance, and for each symbol the settings, the position and what is set apart for it."""

from collections.abc import Callable
from decimal import Decimal

from interlock.ports.exchange.rows import Countdown, SymbolSettings
from interlock.ports.exchange.words import MarginType
from interlock.units.money import ZERO, divide, money
from interlock.venues.paper.account import Position
from interlock.venues.paper.bourse.records import CountdownKept, StandingKept, WalletKept
from interlock.venues.paper.bourse.wallets.brackets import notional_cap

MARGIN_ASSET = "USDT"
_E16 = Decimal("1E-16")


class Standing:
    """How an account stands in one symbol.

    `isolated` is the margin set apart: what each opening fill needs goes in, a closing fill takes its share out.
    `charged` is commission less profit since the position was opened. `buys_e16` and `sells_e16` are the values of
    open orders that may open, at their limits.
    """

    __slots__ = (
        "account",
        "buys_e16",
        "charged",
        "isolated",
        "leverage",
        "margin_type",
        "position",
        "sells_e16",
        "symbol",
        "updated_at_ns",
    )

    def __init__(self, account: str, symbol: str, leverage: int) -> None:
        self.account = account
        self.symbol = symbol
        self.leverage = leverage
        self.margin_type = MarginType.CROSSED
        self.position = Position()
        self.charged = ZERO
        self.isolated = ZERO
        self.buys_e16 = 0
        self.sells_e16 = 0
        self.updated_at_ns = 0

    @property
    def is_isolated(self) -> bool:
        """Whether its margin is set apart."""
        return self.margin_type is MarginType.ISOLATED

    @property
    def counts(self) -> bool:
        """Whether it needs margin: a position, or open orders that may open one."""
        return bool(self.position.quantity or self.buys_e16 or self.sells_e16)

    def reducible(self, is_buy: bool) -> Decimal:
        """Return how much an order on this side could reduce."""
        held = self.position.quantity
        return max(-held if is_buy else held, ZERO)

    def trade(self, signed: Decimal, price: Decimal, commission: Decimal, at_ns: int) -> Decimal:
        """Take a trade (above zero bought) and return what it realised, before commission."""
        held = self.position.quantity
        realised = self.position.trade(signed, price)
        now = self.position.quantity
        opens = not held or (held > ZERO) == (signed > ZERO)
        if self.is_isolated:
            if opens:
                self.isolated += money(divide(abs(signed) * price, Decimal(self.leverage)))
            elif now and (now > ZERO) == (held > ZERO):
                self.isolated -= money(divide(self.isolated * abs(signed), abs(held)))
            else:
                self.isolated = money(divide(abs(now) * price, Decimal(self.leverage)))
        if not now:
            self.charged = ZERO
        elif opens or (now > ZERO) == (held > ZERO):
            self.charged += commission - realised
        else:
            self.charged = money(divide(commission * now, signed))
        self.updated_at_ns = at_ns
        return realised

    def bids(self) -> Decimal:
        """Return the value of open buys that may open."""
        return money(self.buys_e16 * _E16)

    def asks(self) -> Decimal:
        """Return the value of open sells that may open."""
        return money(self.sells_e16 * _E16)

    def settings(self) -> SymbolSettings:
        """Return the settings as shown."""
        return SymbolSettings(
            symbol=self.symbol,
            leverage=self.leverage,
            margin_type=self.margin_type,
            notional_max=notional_cap(self.symbol, self.leverage),
        )

    def kept(self) -> StandingKept:
        """Return it as kept."""
        return StandingKept(
            account=self.account,
            symbol=self.symbol,
            leverage=self.leverage,
            margin_type=self.margin_type,
            quantity=self.position.quantity,
            cost=self.position.cost,
            realised=self.position.realised,
            charged=self.charged,
            isolated=self.isolated,
            updated_at_ns=self.updated_at_ns,
        )


class FuturesWallet:
    """The balance of one account and how it stands in each symbol. Positions' profit is no part of the balance."""

    def __init__(self, account: str, uid: int, leverage: int, mark: Callable[[str, Standing | None], None]) -> None:
        """`mark` is called with the account, and the standing that changed or None for the balance."""
        self.account = account
        self.uid = uid
        self.balance = ZERO
        self.is_called = False
        self.updated_at_ns = 0
        self.standings: dict[str, Standing] = {}
        self.countdowns: dict[str, Countdown] = {}
        self.changed: dict[str, Standing] = {}
        self.turned: dict[str, Standing] = {}
        self._leverage = leverage
        self._mark = mark

    def standing(self, symbol: str) -> Standing:
        """Return how the account stands in a symbol, as every account does before it has done anything there."""
        standing = self.standings.get(symbol)
        return standing if standing is not None else Standing(self.account, symbol, self._leverage)

    def open_standing(self, symbol: str) -> Standing:
        """Return it and keep it from now on."""
        standing = self.standings.get(symbol)
        if standing is None:
            standing = self.standings[symbol] = Standing(self.account, symbol, self._leverage)
            self._mark(self.account, standing)
        return standing

    def cross(self) -> Decimal:
        """Return the balance less what is set apart."""
        return self.balance - sum([each.isolated for each in self.standings.values()], ZERO)

    def pay(self, amount: Decimal, at_ns: int) -> None:
        """Change the balance; it is below zero only between a fill that loses too much and its insurance."""
        self.balance += amount
        self.updated_at_ns = at_ns
        self._mark(self.account, None)

    def note(self, standing: Standing) -> None:
        """Note that a standing changed in this turn."""
        self.changed[standing.symbol] = standing
        self._mark(self.account, standing)

    def kept(self) -> WalletKept:
        """Return the balance as kept."""
        return WalletKept(
            account=self.account, wallet=self.balance, is_called=self.is_called, updated_at_ns=self.updated_at_ns
        )

    def kept_countdown(self, symbol: str) -> CountdownKept:
        """Return a countdown as kept, also one that is over."""
        running = self.countdowns.get(symbol)
        return CountdownKept(
            account=self.account,
            symbol=symbol,
            countdown_ms=running.countdown_ms if running is not None else 0,
            due_ns=running.at_ns if running is not None else 0,
        )

    def restore_standing(self, row: StandingKept) -> None:
        """Stand in a symbol as a former process did."""
        standing = self.open_standing(row.symbol)
        standing.leverage, standing.margin_type = row.leverage, row.margin_type
        standing.position.quantity, standing.position.cost = row.quantity, row.cost
        standing.position.realised = row.realised
        standing.charged, standing.isolated, standing.updated_at_ns = row.charged, row.isolated, row.updated_at_ns
