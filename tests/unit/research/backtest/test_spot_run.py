"""A run on spot: the same log each time, targets judged between the records of marks, and long positions only."""

import dataclasses
from decimal import Decimal

from msgspec.structs import replace

from interlock.market.simulated import simulate
from interlock.messages import events as e
from interlock.messages import observations as o
from interlock.messages.words import Intent, Purpose
from interlock.research.backtest.driver import MARK_SPOT_NS
from interlock.research.backtest.run import Plan
from interlock.strategies.interface import Bar, Quote
from interlock.units.time import NS_PER_S
from interlock.venues.paper.in_process.spot_exchange import SpotExchange
from tests.fakes import busy_plan, on_spot, plan_of, played, signal, spot_exchanges


class Buyer:
    """Buys once, at the third bar, and never speaks again."""

    wants_quotes = False

    def __init__(self) -> None:
        self._bars = 0

    def on_quote(self, quote: Quote) -> None:
        return None

    def on_bar(self, bar: Bar) -> object:
        self._bars += 1
        return signal("BTCUSDT", Intent.ENTER_LONG) if self._bars == 16 else None


def bought_once(stop_bps: int, hold_periods: int = 120) -> Plan:
    plan = on_spot(plan_of(simulate(5, 90), [("buyer", "BTCUSDT", Buyer())], 5))  # type: ignore[list-item]  # a strategy
    near = Decimal(stop_bps)
    exits = replace(plan.policy.exits, stop_bps_min=near, stop_bps_max=near, hold_periods_max=hold_periods)
    return dataclasses.replace(plan, policy=replace(plan.policy, exits=exits))


def test_two_spot_runs_give_the_same_log_byte_for_byte() -> None:
    with spot_exchanges() as made:
        (_, one), (_, two) = played(on_spot(busy_plan(3))), played(on_spot(busy_plan(3)))
    assert one.bodies == two.bodies
    assert len(made) == 2
    assert all(isinstance(each, SpotExchange) for each in made)


def test_a_target_is_judged_twenty_times_a_second_and_marks_are_recorded_once() -> None:
    _, journal = played(on_spot(busy_plan(3, leaves=False)))
    marks = [record for record in journal.records if isinstance(record.input, o.MarkHeard)]
    decided = [(record, each) for record in marks for each in record.events if isinstance(each, e.ExitDecided)]
    assert decided
    for record, each in decided:
        assert each.purpose is Purpose.TARGET
        assert isinstance(record.input, o.MarkHeard)
        assert record.input.view.bid > Decimal(each.reason.rpartition(" ")[2]) - Decimal("0.01")
    alone = [record for record, _ in decided if not any(isinstance(each, e.MarkTaken) for each in record.events)]
    assert alone, "every target was reached at a recorded mark"
    taken = [record for record in marks if any(isinstance(each, e.MarkTaken) for each in record.events)]
    assert len(marks) < len(taken) + len(decided) + 1
    assert MARK_SPOT_NS * 20 == NS_PER_S


def test_what_is_bought_once_is_protected_at_once_and_sold_when_its_time_is_over() -> None:
    outcome, journal = played(bought_once(500, hold_periods=10))
    events = [each for record in journal.records for each in record.events]
    orders = [each.order for each in events if isinstance(each, e.OrderApproved)]
    assert [order.purpose for order in orders] == [Purpose.ENTRY, Purpose.STOP, Purpose.CLOSE]
    (reason,) = [each.reason for each in events if isinstance(each, e.ExitDecided)]
    assert reason == "it was held as long as it may be"
    (dust,) = outcome.state.dust.values()
    bought, _, sold = orders
    assert bought.quantity - bought.quantity / 1000 == sold.quantity + dust.quantity
    assert outcome.state.positions == {}
