from decimal import Decimal

from interlock.core.risk.costs import round_trip
from interlock.core.risk.factors import factors
from interlock.messages.policy import Policy
from tests.builders import changed, view

MID = Decimal(50_000)


def test_a_round_trip_pays_fee_and_slippage_twice_as_a_taker() -> None:
    cost = round_trip(factors(Policy()), changed(view(), atr=None), MID, Decimal(1_000))
    assert (cost.fee_bps, cost.slippage_bps) == (Decimal(8), Decimal(10))
    assert (cost.volatility_bps, cost.impact_bps, cost.total_bps) == (Decimal(0), Decimal(0), Decimal(18))


def test_volatility_costs_a_share_of_the_atr_on_both_ways() -> None:
    # 1% of an ATR of 200 is 2; of 50,000 that is 0.4 bps, twice
    assert round_trip(factors(Policy()), view(), MID, Decimal(1_000)).volatility_bps == Decimal("0.8")


def test_impact_counts_only_above_the_part_that_moves_nothing() -> None:
    by = factors(Policy())
    assert round_trip(by, view(), MID, Decimal(1_000)).impact_bps == 0
    assert round_trip(by, view(), MID, Decimal(6_000)).impact_bps == Decimal("1.0")


def test_the_total_is_the_sum_of_its_parts() -> None:
    cost = round_trip(factors(Policy()), view(), MID, Decimal("7777.77"))
    assert cost.total_bps == cost.fee_bps + cost.slippage_bps + cost.volatility_bps + cost.impact_bps
