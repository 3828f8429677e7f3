"""What a market lists, as the protocol needs it: which symbols there are, and how many digits each is written with."""

from decimal import Decimal

import msgspec
from msgspec import Struct

from interlock.gateway.binance import refusals
from interlock.ports.exchange.market_data import Listing, MarketData
from interlock.ports.exchange.words import Market
from interlock.units.instruments import Instrument

SPOT_DIGITS = 8


class Digits(Struct, frozen=True):
    """Digits after the point of a symbol's prices, quantities, and products of both."""

    price: int
    quantity: int
    quote: int


_SPOT = Digits(SPOT_DIGITS, SPOT_DIGITS, SPOT_DIGITS)


class _Listed(Struct):
    symbol: str
    price_precision: int | None = msgspec.field(name="pricePrecision", default=None)
    quantity_precision: int | None = msgspec.field(name="quantityPrecision", default=None)


class _Body(Struct):
    symbols: list[_Listed]


_decode = msgspec.json.Decoder(_Body).decode


class Symbols:
    """The symbols of one market, read again whenever its listing has changed."""

    def __init__(self, data: MarketData) -> None:
        self.market = data.market
        self._data = data
        self._listing: Listing | None = None
        self._digits: dict[str, Digits] = {}

    def listing(self) -> Listing:
        """Return the present listing."""
        listing = self._data.listing()
        if listing is not self._listing:
            self._listing = listing
            is_spot = self.market is Market.SPOT
            self._digits = dict.fromkeys(listing.instruments, _SPOT) if is_spot else _futures_digits(listing)
        return listing

    def names(self) -> list[str]:
        """Return all symbols, in the listing's order."""
        return list(self.listing().instruments)

    def need(self, symbol: str) -> Instrument:
        """Return a symbol's instrument. Errors: -1100 when it cannot be a name, -1121 when it is not listed."""
        found = self.listing().instruments.get(symbol)
        if found is None:
            is_name = symbol.replace("-", "").replace("_", "").replace(".", "").isalnum() and len(symbol) <= 20
            if self.market is Market.SPOT and not (is_name and symbol.isascii() and symbol == symbol.upper()):
                raise refusals.illegal("symbol", refusals.SYMBOL_RANGE)
            raise refusals.bad_symbol()
        return found

    def digits(self, symbol: str) -> Digits:
        """Return a listed symbol's digits. Errors: KeyError on any other."""
        self.listing()
        return self._digits[symbol]


def _futures_digits(listing: Listing) -> dict[str, Digits]:
    said = {each.symbol: each for each in _decode(listing.body).symbols}
    found: dict[str, Digits] = {}
    for symbol, instrument in listing.instruments.items():
        listed = said.get(symbol)
        price = listed.price_precision if listed else None
        quantity = listed.quantity_precision if listed else None
        price = _digits_of(instrument.price_tick) if price is None else price
        quantity = _digits_of(instrument.quantity_step) if quantity is None else quantity
        found[symbol] = Digits(price, quantity, price + quantity)
    return found


def _digits_of(step: Decimal) -> int:
    exponent = step.as_tuple().exponent
    assert isinstance(exponent, int), "a step is a number"
    return max(0, -exponent)
