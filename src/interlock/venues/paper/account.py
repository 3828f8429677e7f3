"""The venue's view of an account: one balance in USDT, and one net position a symbol. It knows no owners."""

from decimal import Decimal

from interlock.units.money import ZERO, divide, money, share_bps
from interlock.venues.paper.terms import VenueTerms


class Position:
    """A net position: `quantity` above zero is long, below is short; `cost` is signed like it, without fees.

    `cost` over `quantity` is the average entry. What is realised by a partial close is rounded to 1e-8 and the rest
    stays in `cost`, so that nothing is ever lost: realised = cost + all sales - all purchases, to the last digit.
    """

    __slots__ = ("cost", "quantity", "realised")

    def __init__(self) -> None:
        self.quantity = ZERO
        self.cost = ZERO
        self.realised = ZERO

    def entry_average(self) -> Decimal:
        """Return the average entry price at full precision, zero when there is no position."""
        return divide(self.cost, self.quantity) if self.quantity else ZERO

    def trade(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Take a trade (quantity above zero bought, below sold) and return what it realised, before fees.

        A trade beyond the position closes it and opens the other way.
        """
        held = self.quantity
        if not held or (held > ZERO) == (quantity > ZERO):
            self.quantity = held + quantity
            self.cost += quantity * price
            return ZERO
        if abs(quantity) < abs(held):
            closed_cost = money(divide(self.cost * -quantity, held))
            opened = ZERO
        else:
            closed_cost = self.cost
            opened = held + quantity
        profit = (opened - quantity) * price - closed_cost
        self.quantity = held + quantity
        self.cost = self.cost - closed_cost + opened * price
        self.realised += profit
        return profit


class Account:
    """Balance, positions, fees and margin of one account. Decimal only."""

    def __init__(self, balance: Decimal, terms: VenueTerms) -> None:
        self.balance = balance
        self.fees = ZERO
        self.positions: dict[str, Position] = {}
        self._leverage = Decimal(terms.leverage)
        self._maker_bps = terms.maker_bps
        self._taker_bps = terms.taker_bps

    def trade(self, symbol: str, quantity: Decimal, price: Decimal, is_maker: bool) -> Decimal:
        """Book a trade (quantity above zero bought, below sold) and return its fee, rounded to 1e-8."""
        position = self.positions.get(symbol)
        if position is None:
            position = self.positions[symbol] = Position()
        fee = money(share_bps(abs(quantity) * price, self._maker_bps if is_maker else self._taker_bps))
        self.balance += position.trade(quantity, price) - fee
        self.fees += fee
        return fee

    def held(self, symbol: str) -> Decimal:
        """Return the signed net quantity held in a symbol."""
        position = self.positions.get(symbol)
        return position.quantity if position is not None else ZERO

    def reducible(self, symbol: str, is_buy: bool) -> Decimal:
        """Return how much an order on this side could reduce, zero when there is nothing."""
        held = self.held(symbol)
        return max(-held if is_buy else held, ZERO)

    def unrealised(self, symbol: str, price: Decimal) -> Decimal:
        """Return what the position would realise at a price."""
        position = self.positions.get(symbol)
        return position.quantity * price - position.cost if position is not None else ZERO

    def exposure(self, symbol: str, buys: Decimal, sells: Decimal) -> Decimal:
        """Return the worst value of a symbol if all open orders worth `buys` or all worth `sells` were filled."""
        position = self.positions.get(symbol)
        value = position.cost if position is not None else ZERO
        return max(value + buys, sells - value, ZERO)

    def carries(self, exposure: Decimal, unrealised: Decimal) -> bool:
        """Tell whether balance and open profit are enough initial margin for an exposure."""
        return exposure <= (self.balance + unrealised) * self._leverage
