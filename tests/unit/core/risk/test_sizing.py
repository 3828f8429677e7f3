from decimal import Decimal

import pytest

from interlock.core.risk.factors import factors, means
from interlock.core.risk.sizing import fixed_risk
from interlock.core.state import Account
from interlock.messages.orders import SizeDerivation
from interlock.messages.policy import Limits, Policy, Sizing
from tests.builders import changed, instrument

EQUITY = Decimal(10_000)


def size(
    stop: str, held: str = "0", committed: str = "0", policy: Policy | None = None, price: str = "50000"
) -> SizeDerivation:
    """Return the size of an entry into an account of 10,000 USDT."""
    by = factors(policy or Policy())
    may_use = means(by, Account("paper-main", "paper", EQUITY))
    return fixed_risk(by, instrument(), may_use, Decimal(price), Decimal(stop), Decimal(held), Decimal(committed))


def test_an_entry_loses_two_percent_of_equity_at_its_stop() -> None:
    sized = size("8000")
    assert (sized.risk_usdt, sized.quantity, sized.capped_by) == (Decimal(200), Decimal("0.025"), "risk")
    assert sized.quantity * Decimal(8_000) == Decimal(200)


@pytest.mark.parametrize(
    ("held", "committed", "capped_by", "cap"),
    [
        ("0", "0", "position", "2000"),
        ("1500", "1500", "position", "500"),
        ("0", "4500", "exposure", "500"),
        ("0", "5000", "exposure", "0"),
        ("2500", "2500", "position", "-500"),
    ],
)
def test_the_tighter_of_twenty_and_fifty_percent_caps_a_size(
    held: str, committed: str, capped_by: str, cap: str
) -> None:
    sized = size("500", held, committed)
    assert (sized.capped_by, sized.cap_usdt) == (capped_by, Decimal(cap))
    assert sized.quantity == max(Decimal(cap), Decimal(0)) / 50_000


def test_the_order_limit_caps_a_size_too() -> None:
    sized = size("500", policy=Policy(limits=changed(Limits(), order_usdt_max=Decimal(1_000))))
    assert (sized.capped_by, sized.quantity) == ("order value", Decimal("0.020"))


def test_a_size_is_rounded_down_to_the_lot() -> None:
    assert size("500", price="51000").quantity == Decimal("0.039")
    assert size("29999").quantity == Decimal("0.006")


def test_the_derivation_adds_up() -> None:
    sized = size("640")
    assert sized.risk_usdt == sized.equity * sized.risk_bps / 10_000
    assert sized.quantity_by_risk == (sized.risk_usdt / sized.stop_distance).quantize(Decimal("1e-8"))
    assert sized.quantity <= sized.quantity_by_risk
    assert sized.quantity * 50_000 <= sized.cap_usdt


def test_no_room_means_no_size() -> None:
    assert size("500", policy=Policy(sizing=changed(Sizing(), exposure_bps_max=Decimal(0)))).quantity == 0
