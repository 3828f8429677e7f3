"""What of a spot position can be sold."""

from decimal import Decimal

import pytest

from interlock.core.trading.spot_positions import sellable
from tests.builders import changed, spot_instrument

LISTED = spot_instrument()
AT = Decimal(50_000)


@pytest.mark.parametrize(
    ("held", "sold"),
    [
        ("0.01232766", "0.01232"),
        ("0.00010999", "0.00010"),
        ("0.00009999", "0"),  # worth less than 5 USDT
        ("0.00000999", "0"),
        ("0", "0"),
        ("500", "120"),  # more than one order at market may be
    ],
)
def test_what_can_be_sold_is_whole_lots_that_the_venue_takes(held: str, sold: str) -> None:
    assert sellable(LISTED, Decimal(held), AT) == Decimal(sold)


def test_the_least_quantity_and_the_least_value_are_the_venues() -> None:
    assert sellable(changed(LISTED, quantity_min=Decimal("0.02")), Decimal("0.01"), AT) == 0
    assert sellable(LISTED, Decimal("0.0001"), AT) == Decimal("0.0001")
    assert sellable(LISTED, Decimal("0.0001"), AT - 1) == 0
