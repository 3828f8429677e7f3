"""What a rule takes in beside its limit: numbers that are none, what is held and asked for, who else is there."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from interlock.messages import commands as c
from interlock.messages.orders import OrderTerms
from interlock.messages.policy import Costs, Policy
from interlock.messages.words import Intent, OrderType
from interlock.units.sides import Side
from tests.builders import (
    ACCOUNT,
    BALANCE,
    OTHER_SYMBOL,
    OWNER,
    SYMBOL,
    Core,
    changed,
    founded,
    instrument,
    proposed,
    terms,
    view,
)
from tests.unit.core.risk.situations import (
    LONG,
    SHORT,
    Situation,
    Told,
    go_unknown,
    go_unknown_and_cancel,
    hold_a_little,
    hold_ether,
    limits,
    lose_all,
    others_ask_for,
    others_closed_with_a_target_open,
    others_hold_long,
    setting,
    sizing,
)


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ({"symbol": OTHER_SYMBOL}, "RISK-006"),
        ({"bid": Decimal(0)}, "RISK-009"),
        ({"ask": Decimal(1)}, "RISK-009"),
        ({"bid": Decimal("NaN")}, "RISK-009"),
        ({"ask": Decimal("Infinity")}, "RISK-009"),
        ({"bid": Decimal("50000.1")}, "RISK-009"),
        ({"atr": Decimal(0)}, "RISK-014"),
        ({"atr": Decimal(-1)}, "RISK-014"),
        ({"atr": Decimal("NaN")}, "RISK-014"),
        ({"age_ms": -1}, "RISK-007"),
    ],
)
@pytest.mark.parametrize("asked", [LONG, terms()])
def test_a_market_that_cannot_be_computed_with_is_refused(
    asked: Intent | OrderTerms, broken: dict[str, object], rule: str
) -> None:
    assert Situation(asked, seen=changed(view(), **broken)).refused_by() == {rule}


@pytest.mark.parametrize("quantity", ["NaN", "Infinity", "-Infinity"])
def test_a_quantity_that_is_no_number_is_refused(quantity: str) -> None:
    assert Situation(terms(quantity=quantity)).refused_by() == {"RISK-043"}


@pytest.mark.parametrize("limit", ["NaN", "0", "-1"])
def test_a_price_that_is_no_price_is_refused_but_never_on_a_reduction(limit: str) -> None:
    assert Situation(terms(limit=limit)).refused_by() == {"RISK-043"}
    reducing = Situation(terms(Side.SELL, "0.001", limit=limit), before=hold_a_little)
    assert reducing.refused_by() == set()


def test_an_order_without_a_form_is_refused_by_its_form() -> None:
    assert Situation(changed(terms(), order_type=OrderType.LIMIT)).refused_by() == {"RISK-040"}


@pytest.mark.parametrize("asked", [LONG, SHORT, terms(), terms(Side.SELL)])
@pytest.mark.parametrize("before", [others_hold_long, others_ask_for])
def test_one_owner_alone_has_a_symbol_of_an_account(
    before: Callable[[Core], object], asked: Intent | OrderTerms
) -> None:
    """On its own side or the other: at the venue two owners' reductions share one position."""
    assert Situation(asked, before=before).refused_by() == {"RISK-035"}


def test_an_order_of_another_owner_that_only_reduces_is_in_the_way_until_it_has_ended() -> None:
    assert Situation(LONG, before=others_closed_with_a_target_open).refused_by() == {"RISK-035"}


def test_another_owner_in_another_symbol_is_in_nobodys_way() -> None:
    assert Situation(LONG, before=hold_ether).refused_by() == set()


@pytest.mark.parametrize(
    ("quantity_max", "market_quantity_max", "is_refused"),
    [("0.020", "120", False), ("0.0199", "120", True), ("1000", "0.020", False), ("1000", "0.0199", True)],
)
@pytest.mark.parametrize("is_filled", [True, False])
def test_what_is_held_and_asked_for_must_fit_one_order_that_closes_it(
    quantity_max: str, market_quantity_max: str, is_refused: bool, is_filled: bool
) -> None:
    """With 0.010 held or asked for, another 0.010 is asked for."""
    traded = changed(instrument(), quantity_max=Decimal(quantity_max), market_quantity_max=Decimal(market_quantity_max))
    ask = terms(quantity="0.010", limit="49990")
    before = hold_a_little if is_filled else (lambda core: core.tell(proposed(ask)))
    expected = {"RISK-017"} if is_refused else set()
    assert Situation(terms(), traded=traded, before=before).refused_by() == expected


@pytest.mark.parametrize("before", [go_unknown, go_unknown_and_cancel])
def test_an_order_of_unknown_fate_stops_its_symbol_also_once_it_is_cancelled(before: Callable[[Core], object]) -> None:
    assert Situation(before=before).refused_by() == {"RISK-036"}


def test_an_owner_is_enrolled_once() -> None:
    again = c.EnrolOwner(owner=OWNER, kind="bot", strategy="any", account=ACCOUNT, symbols=(SYMBOL,), reason="any")
    assert Told(lambda core: again).refused_by() == {"RISK-042"}
    assert Told(lambda core: changed(again, owner="a third")).refused_by() == set()


def test_an_account_opened_twice_keeps_its_balance() -> None:
    core = founded()
    core.tell(c.OpenAccount(account=ACCOUNT, venue="paper", balance=Decimal(1)))
    assert core.state.accounts[ACCOUNT].balance == BALANCE


def test_latency_that_is_not_known_is_refused() -> None:
    assert Situation(seen=changed(view(), latency_ms=None)).refused_by() == {"RISK-008"}


def test_a_signal_is_not_sized_on_no_equity() -> None:
    assert Situation(LONG, before=lose_all).refused_by() == {"RISK-015"}


def test_a_gap_of_the_symbol_is_refused_until_it_is_synced() -> None:
    assert Situation(before=setting(gapped_symbols={SYMBOL: 7})).refused_by() == {"RISK-011"}
    assert Situation(before=setting(gapped_symbols={OTHER_SYMBOL: 7})).refused_by() == set()


def test_an_edge_of_zero_asked_for_lets_every_edge_pass() -> None:
    assert Situation(LONG, edge="-50", policy=Policy(costs=Costs(edge_bps_min=Decimal(0)))).refused_by() == set()


@pytest.mark.parametrize(
    ("policy", "rule"),
    [
        (limits(spread_bps_max=Decimal(0)), "RISK-010"),
        (limits(order_usdt_max=Decimal(0)), "RISK-021"),
        (limits(leverage_max=Decimal(0)), "RISK-024"),
        (limits(loss_trade_bps_max=Decimal(0)), "RISK-029"),
        (limits(collar_bps_max=Decimal(0)), "RISK-030"),
        (sizing(position_bps_max=Decimal(0)), "RISK-022"),
        (sizing(exposure_bps_max=Decimal(0)), "RISK-023"),
    ],
)
def test_a_limit_of_zero_lets_nothing_pass(policy: Policy, rule: str) -> None:
    """Only an edge of zero asks for none."""
    assert Situation(terms(limit="50000.1"), policy=policy).refused_by() == {rule}


def test_all_failed_rules_are_named_at_once() -> None:
    asked = Situation(
        seen=changed(view(), age_ms=9_999, is_quote_sane=False),
        before=setting(is_armed=False),
        policy=Policy(symbols={}),
    )
    assert asked.refused_by() == {"RISK-002", "RISK-007", "RISK-009", "RISK-012"}
