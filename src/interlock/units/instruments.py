"""What a venue lets be traded, and the filters an order must pass."""

from decimal import Decimal

from msgspec import Struct

SPOT = "spot"
"""The market in which what is bought is owned."""


class Instrument(Struct, frozen=True, kw_only=True):
    """One symbol at one venue, with its filters. Prices in quote units, quantities in base units.

    `is_tradable` is false for a symbol that is shown and never traded here; `why_not_tradable` says why.
    Source: the venue's exchangeInfo (PRICE_FILTER, LOT_SIZE, MARKET_LOT_SIZE, MIN_NOTIONAL).
    """

    symbol: str
    market: str
    base: str
    quote: str
    price_tick: Decimal
    price_min: Decimal
    price_max: Decimal
    quantity_step: Decimal
    quantity_min: Decimal
    quantity_max: Decimal
    market_quantity_max: Decimal
    notional_min: Decimal
    is_tradable: bool
    why_not_tradable: str

    @property
    def is_spot(self) -> bool:
        """True where what is bought is owned, and nothing is sold that is not."""
        return self.market == SPOT
