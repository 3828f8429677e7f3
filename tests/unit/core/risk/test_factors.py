from decimal import Decimal

import pytest

from interlock.core.risk.factors import COUNTS_KEPT, counted, factors, means
from interlock.core.state import Account
from interlock.messages.orders import Check
from interlock.messages.policy import Limits, Policy


def test_means_are_those_of_the_very_amounts_with_their_digits() -> None:
    by, account = factors(Policy()), Account("paper-main", "paper", Decimal("10000"))
    shown = [str(means(by, account).equity)]
    account.balance = Decimal("10000.00")
    shown.append(str(means(by, account).equity))
    for unrealised in ("-0.5", "-0.500"):
        account.unrealised = Decimal(unrealised)
        shown.append(str(means(by, account).equity))
    assert shown == ["10000", "10000.00", "9999.50", "9999.500"]


def test_means_follow_the_policy() -> None:
    account = Account("paper-main", "paper", Decimal(10_000))
    leverages = [
        means(factors(Policy(limits=Limits(leverage_max=Decimal(times)))), account).leverage for times in (3, 2)
    ]
    assert leverages == [30_000, 20_000]


@pytest.mark.parametrize("count", [0, 1, 30, 31, COUNTS_KEPT - 1])
def test_evidence_made_ahead_is_what_would_be_made_now(count: int) -> None:
    by = factors(Policy())
    told = Check("RISK-027", count, 30, {0: 0, 1: 3, 30: 100, 31: 103, COUNTS_KEPT - 1: 210}[count], count <= 30)
    assert by.orders_minute[count] == counted("RISK-027", count, 30) == told
