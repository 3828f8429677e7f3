"""What the paper exchange charges, lends and how fast it answers."""

from decimal import Decimal

from msgspec import Struct

from interlock.units.faults import Fault
from interlock.units.money import ZERO

LEVERAGE_MAX = 125
FEE_BPS_MAX = Decimal(1_000)


class VenueTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The terms of an account at the paper exchange.

    Fees in basis points of a trade's value (the venue's first tier; a maker fee below zero is a rebate). Latency is
    log-normal: a median in milliseconds and the standard deviation of its natural logarithm; *entry* is from us to the
    matching engine, *response* from the engine back to us. What an order took from a displayed level counts as taken
    until the market shows more there, or for `refill_ms`, whichever is first.
    """

    maker_bps: Decimal = Decimal(2)
    taker_bps: Decimal = Decimal(4)
    leverage: int = 5
    latency_entry_ms_median: Decimal = Decimal(15)
    latency_entry_sigma: Decimal = Decimal("0.4")
    latency_response_ms_median: Decimal = Decimal(10)
    latency_response_sigma: Decimal = Decimal("0.4")
    refill_ms: int = 1_000

    def __post_init__(self) -> None:
        """Check every value. Errors: Fault names the term, its value, and what is allowed."""
        for name, value, lowest, highest in (
            ("maker_bps", self.maker_bps, -FEE_BPS_MAX, FEE_BPS_MAX),
            ("taker_bps", self.taker_bps, -FEE_BPS_MAX, FEE_BPS_MAX),
            ("leverage", Decimal(self.leverage), Decimal(1), Decimal(LEVERAGE_MAX)),
            ("latency_entry_ms_median", self.latency_entry_ms_median, ZERO, Decimal(60_000)),
            ("latency_entry_sigma", self.latency_entry_sigma, ZERO, Decimal(3)),
            ("latency_response_ms_median", self.latency_response_ms_median, ZERO, Decimal(60_000)),
            ("latency_response_sigma", self.latency_response_sigma, ZERO, Decimal(3)),
            ("refill_ms", Decimal(self.refill_ms), ZERO, Decimal(3_600_000)),
        ):
            if not (value.is_finite() and lowest <= value <= highest):
                raise Fault(
                    f"the paper exchange's {name} is {value}; {lowest} to {highest} is allowed",
                    f"set paper.{name} to a value in that range",
                )
