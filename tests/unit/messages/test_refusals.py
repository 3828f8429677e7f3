from decimal import Decimal

import pytest

from interlock.messages.orders import Check
from interlock.messages.refusals import MET, RULES, UNMET, check_text, refusal_text


def test_codes_and_names_are_never_shared() -> None:
    assert sorted(RULES) == [f"RISK-{number:03d}" for number in range(1, len(RULES) + 1)]
    assert len({rule.name for rule in RULES.values()}) == len(RULES)


@pytest.mark.parametrize("code", sorted(RULES))
def test_every_refusal_says_what_stood_against_it_and_what_to_do(code: str) -> None:
    check = UNMET.get(code, Check(code, Decimal("12.5"), Decimal(10), Decimal(125), False))
    text = refusal_text(check)
    assert text.startswith(f"{code} {RULES[code].name}: ")
    assert "Nothing was sent." in text
    assert text.endswith(f"\nhint: {RULES[code].hint}")


def test_a_limit_exceeded_is_told_in_numbers() -> None:
    check = Check("RISK-021", Decimal("12500.50"), Decimal(10_000), Decimal(125), False)
    assert check_text(check) == "order value 12500.5 USDT, at most 10000 USDT (over by 2500.5 USDT)"


def test_a_limit_kept_is_told_with_its_use() -> None:
    check = Check("RISK-007", 500, 2_000, 25, True)
    assert check_text(check) == "age of the quote 500 ms, at most 2000 ms (25% used)"


def test_what_fell_short_is_told_in_numbers() -> None:
    check = Check("RISK-033", Decimal("7.5"), Decimal(10), Decimal(0), False)
    assert check_text(check) == "expected edge after costs 7.5 bps, at least 10 bps (short by 2.5 bps)"


def test_a_condition_is_told_as_yes_or_no() -> None:
    assert check_text(MET["RISK-001"]) == "latch open: yes"
    assert check_text(UNMET["RISK-001"]) == "latch open: no"
