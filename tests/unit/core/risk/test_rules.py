"""Each rule lets pass what lies exactly at its limit, and refuses, by its name alone, what lies one step beyond."""

from decimal import Decimal

import pytest

from interlock.messages import commands as c
from interlock.messages.policy import Policy
from interlock.messages.refusals import RULES
from interlock.messages.words import BookState, LatchLevel, Mode, OrderType
from interlock.units.sides import Side
from tests.builders import (
    ACCOUNT,
    SYMBOL,
    changed,
    instrument,
    raised,
    spot_instrument,
    terms,
    view,
)
from tests.unit.core.risk.situations import (
    EXIT,
    LONG,
    SHORT,
    Situation,
    Told,
    ask_for,
    cancel,
    enter_and_expire,
    entered_stop,
    entered_target,
    go_unknown,
    hold_a_little,
    hold_ether,
    limits,
    lose_all,
    others_are_flat_again,
    others_hold_long,
    setting,
    sizing,
)

FINE = Situation()
A_STOP = changed(terms(), order_type=OrderType.STOP_MARKET, trigger_price=Decimal(50_100))
NO_SEED = Told(lambda core: c.Disarm(reason="any"))
SEED = Told(lambda core: c.SeedPolicy(policy=Policy(), digest="2" * 64, loosened={}))
WIDE = limits(collar_bps_max=Decimal(300))

# rule: (exactly at its limit, one step beyond it)
CASES: dict[str, tuple[Situation | Told, Situation | Told]] = {
    "RISK-001": (FINE, Situation(before=setting(latch=LatchLevel.NO_NEW_RISK))),
    "RISK-002": (FINE, Situation(before=setting(is_armed=False))),
    "RISK-003": (FINE, Situation(before=setting(mode=Mode.REDUCE))),
    "RISK-004": (FINE, Situation(owner="nobody")),
    "RISK-005": (FINE, Situation(before=setting(policy=None))),
    "RISK-006": (FINE, Situation(seen=None)),
    "RISK-007": (Situation(seen=changed(view(), age_ms=2_000)), Situation(seen=changed(view(), age_ms=2_001))),
    "RISK-008": (Situation(seen=changed(view(), latency_ms=5_000)), Situation(seen=changed(view(), latency_ms=5_001))),
    "RISK-009": (FINE, Situation(seen=changed(view(), is_quote_sane=False))),
    "RISK-010": (
        Situation(seen=changed(view(), spread_bps=Decimal(50))),
        Situation(seen=changed(view(), spread_bps=Decimal("50.0001"))),
    ),
    "RISK-011": (
        Situation(seen=changed(view(), book=BookState.QUOTES_ONLY)),
        Situation(seen=changed(view(), book=BookState.UNSYNCED)),
    ),
    "RISK-012": (
        Situation(policy=Policy(symbols={SYMBOL: (Side.BUY,)})),
        Situation(policy=Policy(symbols={SYMBOL: (Side.SELL,)})),
    ),
    "RISK-013": (FINE, Situation(traded=changed(instrument(), is_tradable=False))),
    "RISK-014": (FINE, Situation(seen=changed(view(), atr=None))),
    "RISK-015": (FINE, Situation(before=lose_all)),
    "RISK-016": (
        Situation(traded=changed(instrument(), quantity_min=Decimal("0.010"))),
        Situation(traded=changed(instrument(), quantity_min=Decimal("0.0101"))),
    ),
    "RISK-017": (
        Situation(traded=changed(instrument(), market_quantity_max=Decimal("0.010"))),
        Situation(traded=changed(instrument(), market_quantity_max=Decimal("0.0099"))),
    ),
    "RISK-018": (
        Situation(traded=changed(instrument(), quantity_step=Decimal("0.005"))),
        Situation(traded=changed(instrument(), quantity_step=Decimal("0.003"))),
    ),
    "RISK-019": (Situation(terms(limit="50000.1")), Situation(terms(limit="50000.15"))),
    "RISK-020": (
        Situation(traded=changed(instrument(), notional_min=Decimal("505"))),
        Situation(traded=changed(instrument(), notional_min=Decimal("505.0001"))),
    ),
    "RISK-021": (
        Situation(policy=limits(order_usdt_max=Decimal("505"))),
        Situation(policy=limits(order_usdt_max=Decimal("504.9999"))),
    ),
    "RISK-022": (
        Situation(policy=sizing(position_bps_max=Decimal("505"))),
        Situation(policy=sizing(position_bps_max=Decimal("504.9999"))),
    ),
    "RISK-023": (
        Situation(policy=sizing(exposure_bps_max=Decimal("505"))),
        Situation(policy=sizing(exposure_bps_max=Decimal("504.9999"))),
    ),
    "RISK-024": (
        Situation(policy=limits(leverage_max=Decimal("0.0505"))),
        Situation(policy=limits(leverage_max=Decimal("0.0504999"))),
    ),
    "RISK-025": (
        Situation(policy=limits(positions_open_max=2), before=hold_ether),
        Situation(policy=limits(positions_open_max=1), before=hold_ether),
    ),
    "RISK-026": (
        Situation(policy=limits(orders_open_max=3), before=hold_ether),
        Situation(policy=limits(orders_open_max=2), before=hold_ether),
    ),
    "RISK-027": (
        Situation(policy=limits(orders_minute_max=2), before=hold_ether),
        Situation(policy=limits(orders_minute_max=1), before=hold_ether),
    ),
    "RISK-028": (
        Situation(LONG, policy=limits(signals_hour_max=2), before=lambda core: core.tell(raised(EXIT))),
        Situation(LONG, policy=limits(signals_hour_max=1), before=lambda core: core.tell(raised(EXIT))),
    ),
    "RISK-029": (
        # 0.01 to a stop 500 away, and a round trip of 18.8 bps on 505 USDT, the most that the collar lets it cost
        Situation(policy=limits(loss_trade_bps_max=Decimal("5.949400"))),
        Situation(policy=limits(loss_trade_bps_max=Decimal("5.949399"))),
    ),
    "RISK-030": (Situation(terms(limit="50500.0")), Situation(terms(limit="50500.1"))),
    "RISK-031": (
        Situation(before=enter_and_expire, after_ms=1_000),
        Situation(before=enter_and_expire, after_ms=999),
    ),
    "RISK-032": (
        Situation(terms(quantity="0.001", limit="50999.9"), policy=WIDE, before=lambda core: core.enter()),
        Situation(terms(quantity="0.001", limit="51000.0"), policy=WIDE, before=lambda core: core.enter()),
    ),
    "RISK-033": (Situation(LONG, edge="28.9939"), Situation(LONG, edge="28.9938")),
    "RISK-034": (
        Situation(terms(Side.SELL, "0.010"), before=hold_a_little),
        Situation(terms(Side.SELL, "0.011"), before=hold_a_little),
    ),
    "RISK-035": (Situation(LONG, before=others_are_flat_again), Situation(LONG, before=others_hold_long)),
    "RISK-036": (Situation(before=ask_for), Situation(before=go_unknown)),
    "RISK-037": (Situation(EXIT, before=lambda core: core.enter()), Situation(EXIT)),
    "RISK-038": (Told(lambda core: cancel(entered_target(core))), Told(lambda core: cancel("il1-0-0"))),
    "RISK-039": (NO_SEED, SEED),
    "RISK-040": (FINE, Situation(A_STOP)),
    "RISK-041": (Told(lambda core: cancel(entered_target(core))), Told(lambda core: cancel(entered_stop(core)))),
    "RISK-042": (
        Told(lambda core: c.OpenAccount(account="a second", venue="paper", balance=Decimal(1))),
        Told(lambda core: c.OpenAccount(account=ACCOUNT, venue="paper", balance=Decimal(1))),
    ),
    "RISK-043": (Situation(LONG), Situation(LONG, edge="NaN")),
    "RISK-044": (Situation(LONG, traded=spot_instrument()), Situation(SHORT, traded=spot_instrument())),
}


@pytest.mark.parametrize("rule", sorted(CASES))
def test_a_rule_passes_at_its_limit(rule: str) -> None:
    assert CASES[rule][0].refused_by() == set()


@pytest.mark.parametrize("rule", sorted(CASES))
def test_a_rule_refuses_beyond_its_limit(rule: str) -> None:
    assert CASES[rule][1].refused_by() == {rule}


def test_every_rule_has_a_case_here() -> None:
    assert set(CASES) == set(RULES)
