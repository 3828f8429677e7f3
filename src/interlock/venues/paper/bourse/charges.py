"""What the paper exchange charges and allows where the listing does not say."""

from decimal import Decimal

from msgspec import Struct


class ExchangeTerms(Struct, frozen=True, kw_only=True):
    """Fees in basis points of a trade's value, and the limits of an account.

    `refill_ms`: what an order took from a displayed level counts as taken until the market shows more there, or for
    so long. `liquidation_bps` is the fee of a liquidation, of the value that was liquidated.
    """

    spot_maker_bps: Decimal = Decimal(10)
    spot_taker_bps: Decimal = Decimal(10)
    futures_maker_bps: Decimal = Decimal(2)
    futures_taker_bps: Decimal = Decimal(4)
    liquidation_bps: Decimal = Decimal(125)
    leverage: int = 20
    orders_max: int = 200
    spot_algos_max: int = 5
    futures_algos_max: int = 10
    refill_ms: int = 1_000
