"""Each rule lets pass what lies exactly at its limit, and refuses, by its name alone, what lies one step beyond."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from interlock.messages import commands as c
from interlock.messages import events as e
from interlock.messages import observations as o
from interlock.messages.events import Event
from interlock.messages.market import MarketView
from interlock.messages.orders import OrderTerms
from interlock.messages.policy import Costs, Limits, Policy, Sizing
from interlock.messages.record import Input
from interlock.messages.refusals import RULES
from interlock.messages.words import BookState, Intent, LatchLevel, Mode, OrderType, Purpose
from interlock.units.instruments import Instrument
from interlock.units.sides import Side
from interlock.units.time import NS_PER_MS
from tests.builders import (
    ACCOUNT,
    BALANCE,
    OTHER_OWNER,
    OTHER_SYMBOL,
    OWNER,
    SYMBOL,
    Core,
    approved_in,
    changed,
    expired,
    filled,
    founded,
    instrument,
    proposed,
    raised,
    terms,
    view,
)

LONG, SHORT, EXIT = Intent.ENTER_LONG, Intent.ENTER_SHORT, Intent.EXIT


@dataclass(frozen=True)
class Situation:
    """A market, a policy and a history in which something is asked; by default an order that passes."""

    asked: Intent | OrderTerms = field(default_factory=terms)
    seen: MarketView | None = field(default_factory=view)
    policy: Policy = field(default_factory=Policy)
    traded: Instrument = field(default_factory=instrument)
    owner: str = OWNER
    edge: str = "100"
    after_ms: int = 1_000
    before: Callable[[Core], object] = lambda core: None

    def refused_by(self) -> set[str]:
        """Return the rules that refuse what is asked."""
        core = founded(self.policy)
        core.state.instruments[SYMBOL] = self.traded
        self.before(core)
        if isinstance(self.asked, Intent):
            wanted = changed(raised(self.asked).signal, edge_bps=Decimal(self.edge))
            command: Input = c.RaiseSignal(owner=self.owner, signal=wanted, view=self.seen)
        else:
            command = c.ProposeOrder(owner=self.owner, terms=self.asked, view=self.seen)
        return refused_by(core.tell(command, self.after_ms * NS_PER_MS))


@dataclass(frozen=True)
class Told:
    """A command that is no order, asked of a core with a history."""

    asked: Callable[[Core], Input]

    def refused_by(self) -> set[str]:
        """Return the rules that refuse what is asked."""
        core = founded()
        return refused_by(core.tell(self.asked(core)))


def refused_by(events: tuple[Event, ...]) -> set[str]:
    """Return the rules that refused something in these events."""
    orders = [event for event in events if isinstance(event, e.OrderRefused)]
    commands = [event for event in events if isinstance(event, e.CommandRefused)]
    return {rule for event in orders for rule in event.refusals} | {event.rule for event in commands}


def limits(**changes: object) -> Policy:
    """Return the default policy with some limits changed."""
    return Policy(limits=changed(Limits(), **changes))


def sizing(**changes: object) -> Policy:
    """Return the default policy with some sizes changed."""
    return Policy(sizing=changed(Sizing(), **changes))


def setting(**fields: object) -> Callable[[Core], None]:
    """Return a history that ends with these fields of the state."""

    def apply(core: Core) -> None:
        for name, value in fields.items():
            setattr(core.state, name, value)

    return apply


def hold_ether(core: Core) -> None:
    """The other owner holds the other symbol: one position, two resting exits, one order in the last minute."""
    (entry,) = approved_in(core.tell(raised(LONG, view(2_500, OTHER_SYMBOL), OTHER_OWNER, OTHER_SYMBOL)))
    core.tell(filled(entry, price="2500"))


def hold_a_little(core: Core) -> None:
    (entry,) = approved_in(core.tell(proposed(terms(quantity="0.010"))))
    core.tell(filled(entry))


def others_hold_long(core: Core) -> None:
    (entry,) = approved_in(core.tell(proposed(terms(quantity="0.002"), owner=OTHER_OWNER)))
    core.tell(filled(entry))


def others_are_flat_again(core: Core) -> None:
    """What is left of them is a target whose cancellation the venue has not confirmed."""
    others_hold_long(core)
    stop = core.order(core.held(OTHER_OWNER).stop_id).approved
    core.tell(filled(stop, price="49500", trade_id="t2"))


def others_ask_for(core: Core) -> None:
    core.tell(proposed(terms(quantity="0.002", limit="49990"), owner=OTHER_OWNER))


def enter_and_expire(core: Core) -> None:
    (entry,) = approved_in(core.tell(proposed(terms())))
    core.tell(expired(entry.order_id), 1)
    core.at_ns -= 1  # the next order's time is measured from this one's


def ask_for(core: Core) -> str:
    (entry,) = approved_in(core.tell(proposed(terms(quantity="0.002"))))
    return entry.order_id


def go_unknown(core: Core) -> None:
    core.tell(o.SilenceReported(order_id=ask_for(core), text="no answer"))


def go_unknown_and_cancel(core: Core) -> None:
    order_id = ask_for(core)
    core.tell(o.SilenceReported(order_id=order_id, text="no answer"))
    core.tell(cancel(order_id))


def lose_all(core: Core) -> None:
    core.state.accounts[ACCOUNT].balance = Decimal(0)


def entered_stop(core: Core) -> str:
    core.enter()
    return core.open_ids(Purpose.STOP)[0]


def entered_target(core: Core) -> str:
    core.enter()
    return core.open_ids(Purpose.TARGET)[0]


def cancel(order_id: str) -> c.RequestCancel:
    return c.RequestCancel(order_id=order_id, reason="any")


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
}


@pytest.mark.parametrize("rule", sorted(CASES))
def test_a_rule_passes_at_its_limit(rule: str) -> None:
    assert CASES[rule][0].refused_by() == set()


@pytest.mark.parametrize("rule", sorted(CASES))
def test_a_rule_refuses_beyond_its_limit(rule: str) -> None:
    assert CASES[rule][1].refused_by() == {rule}


def test_every_rule_has_a_case_here() -> None:
    assert set(CASES) == set(RULES)


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
