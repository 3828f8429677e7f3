from decimal import Decimal

import pytest

from interlock.core.risk import exits
from interlock.core.risk.factors import factors
from interlock.messages.orders import ExitPlan
from interlock.messages.policy import Policy
from interlock.units.sides import Side
from interlock.units.time import NS_PER_S
from tests.builders import instrument

MID, TICK = Decimal(50_000), Decimal("0.10")
SCHEDULE = (Decimal(50), Decimal(100), Decimal(200))


def plan(atr: str, side: Side = Side.BUY, target: str | None = None) -> ExitPlan:
    own = None if target is None else Decimal(target)
    return exits.plan(factors(Policy()), instrument(), Decimal(atr), MID, side, own)


@pytest.mark.parametrize(
    ("atr", "distance"),
    [("400", "600"), ("333.33", "500"), ("0", "500"), ("1000", "1500"), ("1666.7", "2500"), ("9999", "2500")],
)
def test_a_stop_stands_at_one_and_a_half_atr_between_one_and_five_percent(atr: str, distance: str) -> None:
    assert plan(atr).stop_distance == Decimal(distance)


def test_a_stop_is_never_nearer_than_asked() -> None:
    assert plan("400.05").stop_distance == Decimal("600.1")


def test_a_target_stands_at_twice_the_risk() -> None:
    assert plan("400").target_distance == Decimal(1_200)


@pytest.mark.parametrize(
    ("side", "target", "taken"),
    [
        (Side.BUY, "50100.07", "50100.0"),
        (Side.BUY, "50000.1", "50000.1"),
        (Side.BUY, "50000.05", None),
        (Side.BUY, "49000", None),
        (Side.SELL, "49000", "49000.0"),
        (Side.SELL, "51000", None),
    ],
)
def test_a_strategys_own_target_counts_only_on_the_profitable_side(side: Side, target: str, taken: str | None) -> None:
    assert plan("400", side, target).target_price == (None if taken is None else Decimal(taken))


def test_a_position_is_held_for_four_hours_at_most() -> None:
    assert plan("400").hold_ns_max == 4 * 3_600 * NS_PER_S


def test_stop_and_target_stand_on_their_sides_of_the_entry() -> None:
    made, entry = plan("400"), Decimal("50000.05")
    assert exits.stop_price(Side.BUY, entry, made, TICK) == Decimal("49400.0")
    assert exits.stop_price(Side.SELL, entry, made, TICK) == Decimal("50600.1")
    assert exits.target_price(Side.BUY, entry, made, TICK) == Decimal("51200.1")
    assert exits.target_price(Side.SELL, entry, made, TICK) == Decimal("48800.0")


def test_a_target_that_the_fill_has_passed_is_replaced_by_the_multiple() -> None:
    made = plan("400", Side.BUY, "50100")
    assert exits.target_price(Side.BUY, Decimal(50_050), made, TICK) == Decimal(50_100)
    assert exits.target_price(Side.BUY, Decimal(50_150), made, TICK) == Decimal(51_350)


def test_no_exit_has_a_price_below_one_tick() -> None:
    made = plan("9999")
    assert exits.stop_price(Side.BUY, Decimal(100), made, TICK) == TICK
    assert exits.target_price(Side.SELL, Decimal(100), made, TICK) == TICK


@pytest.mark.parametrize(
    ("attempt", "buy", "sell"),
    [(0, "50250", "49750"), (1, "50500", "49500"), (2, "51000", "49000"), (3, "0", "0"), (9, "0", "0")],
)
def test_a_closing_price_widens_by_the_schedule_and_then_goes_at_market(attempt: int, buy: str, sell: str) -> None:
    assert exits.close_limit(SCHEDULE, attempt, MID, Side.BUY, TICK) == Decimal(buy)
    assert exits.close_limit(SCHEDULE, attempt, MID, Side.SELL, TICK) == Decimal(sell)


def test_without_a_reference_a_close_goes_at_market() -> None:
    assert exits.close_limit(SCHEDULE, 0, Decimal(0), Side.SELL, TICK) == 0
