from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from interlock.core.trading.positions import share, slippage
from interlock.messages import events as e
from interlock.units.sides import Side
from tests.builders import approved_in, filled, founded, proposed, raised, terms

prices = st.decimals(1, 100_000, places=1)


@given(st.lists(prices, min_size=1, max_size=6), st.lists(st.integers(1, 6), min_size=1, max_size=6))
def test_the_parts_of_a_close_add_up_to_the_whole(price_list: list[Decimal], parts: list[int]) -> None:
    """Whatever a position is cut into, its profit is what came out less what went in, to the last digit."""
    core = founded()
    (entry,) = approved_in(core.tell(raised()))
    core.tell(filled(entry, "0.036", "50000.7"))
    paid, got, profit, number = core.held().cost, Decimal(0), Decimal(0), 0
    while core.state.positions:
        quantity = min(parts[number % len(parts)] * Decimal("0.001"), core.held().quantity)
        price = price_list[number % len(price_list)]
        (part,) = approved_in(core.tell(proposed(terms(Side.SELL, quantity))))
        reduced = core.tell(filled(part, price=price, trade_id=f"x{number}"))[1]
        assert isinstance(reduced, e.PositionReduced | e.PositionClosed)
        profit, got, number = profit + reduced.profit, got + price * quantity, number + 1
    assert profit == got - paid


def test_a_share_of_the_cost_is_rounded_once_at_its_scale() -> None:
    assert share(Decimal(100), Decimal(1), Decimal(3)) == Decimal("33.33333333")


def test_slippage_is_a_cost_on_either_side() -> None:
    one = Decimal(1)
    assert slippage(Side.BUY, Decimal(101), Decimal(100), one) == one
    assert slippage(Side.SELL, Decimal(99), Decimal(100), one) == one
    assert slippage(Side.SELL, Decimal(101), Decimal(100), one) == -one
