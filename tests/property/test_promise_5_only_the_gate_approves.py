"""Promise 5: only the gate lets an order out, with its evidence; cancelling and reducing never wait."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.core.machine import decide
from interlock.messages import commands as c
from interlock.messages import events as e
from interlock.messages.effects import SendOrder
from interlock.messages.events import Event
from interlock.messages.orders import Check
from interlock.messages.policy import Policy, Sizing
from interlock.messages.record import Input
from interlock.messages.refusals import EDGE, RULES
from interlock.messages.words import Intent, KillWay, LatchLevel, Mode, OrderType, Purpose, TimeInForce
from interlock.units.money import BPS, ZERO
from tests.builders import ACCOUNT, Core, approved_in, changed, founded, proposed, raised, terms, view, wide_policy
from tests.property.strategies import Move, play, policies, scripts

pytestmark = pytest.mark.slow

ASKED_OF_EVERY_ENTRY = {
    *(f"RISK-{number:03d}" for number in (1, 2, 3, 7, 8, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 21, 22, 23, 24)),
    *(f"RISK-{number:03d}" for number in (25, 26, 27, 28, 29, 30, 31, 32, 34, 35, 36)),
}

LARGE = changed(wide_policy(), sizing=Sizing())
"""Entries as large as the caps allow, so that a few of them meet every cap."""


def holds(check: Check) -> bool:
    """Judge a check anew by what it measured. Only an edge of zero asks for none, as the policy says of it."""
    sense = RULES[check.rule].sense
    if check.rule == EDGE.code and check.limit == 0:
        return True
    if sense == "must":
        return check.value == 1
    return check.value <= check.limit if sense == "most" else check.value >= check.limit


@given(scripts)
@settings(max_examples=100)
def test_every_order_that_leaves_was_approved_on_the_log_and_leaves_once(script: list[Move]) -> None:
    core = play(script)
    approved = [order for record in core.records for order in approved_in(record.events)]
    assert [effect.order for effect in core.effects if isinstance(effect, SendOrder)] == approved
    assert len({order.order_id for order in approved}) == len(approved)


@given(scripts, policies | st.none())
@settings(max_examples=100)
def test_every_entry_passed_every_rule_in_its_evidence(script: list[Move], policy: Policy | None) -> None:
    core = play(script, founded(policy) if policy else None)
    for record in core.records:
        for event in record.events:
            if isinstance(event, e.OrderApproved) and event.order.purpose is Purpose.ENTRY:
                assert {check.rule for check in event.checks} >= ASKED_OF_EVERY_ENTRY
                assert all(check.passed and holds(check) for check in event.checks)


@given(scripts, policies | st.none())
@settings(max_examples=100)
def test_every_refusal_names_exactly_the_rules_that_failed(script: list[Move], policy: Policy | None) -> None:
    core = play(script, founded(policy) if policy else None)
    for record in core.records:
        for event in record.events:
            if isinstance(event, e.OrderRefused):
                assert event.refusals
                assert event.refusals == tuple(check.rule for check in event.checks if not check.passed)
                assert all(check.passed == holds(check) for check in event.checks), event.checks


@given(scripts, st.sampled_from(Mode), st.sampled_from(LatchLevel), st.booleans(), st.booleans())
@settings(max_examples=100)
def test_a_reduction_is_never_refused(
    script: list[Move], mode: Mode, latch: LatchLevel, is_armed: bool, is_seen: bool
) -> None:
    core = play(script)
    state = core.state
    state.mode, state.latch, state.is_armed = mode, latch, is_armed
    state.gapped_symbols, state.unknown_symbols = {"BTCUSDT": 1, "ETHUSDT": 1}, {"BTCUSDT": 1, "ETHUSDT": 1}
    for (_, symbol, owner), held in state.positions.items():
        seen = changed(view(symbol=symbol), age_ms=10**9, latency_ms=None, is_quote_sane=False) if is_seen else None
        wanted = changed(terms(held.side.opposite, held.quantity), symbol=symbol)
        (close,) = approved_in(decide(state, core.at_ns + 1, c.ProposeOrder(owner=owner, terms=wanted, view=seen)))
        assert (close.reduce_only, close.quantity, close.side) == (True, held.quantity, held.side.opposite)
        leave = raised(Intent.EXIT, owner=owner, symbol=symbol)
        closes = approved_in(decide(state, core.at_ns + 1, changed(leave, view=seen)))
        at_work = [order for order in [state.orders.get(held.close_id)] if order is not None and order.is_open]
        assert len(closes) + len(at_work) == 1
        assert [order.quantity for order in closes] == [held.quantity] * len(closes)


@given(scripts, st.sampled_from(Mode), st.sampled_from(LatchLevel), st.booleans())
@settings(max_examples=100)
def test_a_cancel_is_never_refused_but_for_the_stop_behind_a_position(
    script: list[Move], mode: Mode, latch: LatchLevel, is_armed: bool
) -> None:
    core = play(script)
    state = core.state
    state.mode, state.latch, state.is_armed = mode, latch, is_armed
    for order_id, order in state.orders.items():
        (event,) = decide(state, core.at_ns + 1, c.RequestCancel(order_id=order_id, reason="any"))
        if order.is_open and order.approved.purpose is not Purpose.STOP:
            assert event == e.OrderCancelRequested(order_id=order_id, reason="any")
        else:
            assert isinstance(event, e.CommandRefused)


@given(scripts)
@settings(max_examples=100)
def test_a_kill_at_any_moment_closes_all_that_is_held_and_takes_back_every_entry(script: list[Move]) -> None:
    core = play(script)
    core.tell(c.EngageKill(way=KillWay.IMMEDIATE, reason="any"))
    for held in core.state.positions.values():
        close = core.order(held.close_id)
        assert close.is_open
        assert close.approved.time_in_force is TimeInForce.IOC
    for order in core.state.orders.values():
        is_entry = order.is_open and order.approved.purpose is Purpose.ENTRY
        assert not is_entry or order.status.value == "cancel_requested"


@given(scripts)
@settings(max_examples=100)
def test_what_only_reduces_is_never_above_what_is_held(script: list[Move]) -> None:
    def after(core: Core, asked: Input, events: tuple[Event, ...]) -> None:
        for order in approved_in(events):
            if order.purpose is Purpose.ENTRY:
                assert not order.reduce_only
                continue
            held = core.state.positions[order.account, order.symbol, order.owner]
            assert order.reduce_only
            assert order.side is held.side.opposite
            assert ZERO < order.quantity <= held.quantity

    play(script, after=after)


@given(scripts)
@settings(max_examples=100)
def test_only_what_the_gate_closes_itself_counts_as_its_close(script: list[Move]) -> None:
    """What an owner asks for is its own: it is no step of our schedule, and nothing waits for it."""

    def after(core: Core, asked: Input, events: tuple[Event, ...]) -> None:
        purposes = {order.purpose for order in approved_in(events)}
        if isinstance(asked, c.ProposeOrder):
            assert purposes <= {Purpose.ENTRY, Purpose.REDUCE}
        else:
            assert Purpose.REDUCE not in purposes
        closes = [core.order(held.close_id) for held in core.state.positions.values() if held.close_id]
        assert [order.approved.purpose for order in closes] == [Purpose.CLOSE] * len(closes)

    play(script, after=after)


@given(scripts)
@settings(max_examples=100)
def test_what_opens_or_grows_in_an_emergency_is_being_closed(script: list[Move]) -> None:
    def after(core: Core, asked: Input, events: tuple[Event, ...]) -> None:
        if core.state.mode is not Mode.EMERGENCY:
            return
        for event in events:
            if isinstance(event, e.PositionOpened | e.PositionIncreased):
                held = core.state.positions[event.account, event.symbol, event.owner]
                assert core.order(held.close_id).is_open
                assert core.order(held.stop_id).is_open

    play(script, after=after)


@given(scripts)
@settings(max_examples=100)
def test_an_entry_finds_no_other_owner_in_its_symbol(script: list[Move]) -> None:
    def after(core: Core, asked: Input, events: tuple[Event, ...]) -> None:
        for order in approved_in(events, Purpose.ENTRY):
            others = {key for key in core.state.positions if key[2] != order.owner}
            others |= {
                (known.approved.account, known.approved.symbol, known.approved.owner)
                for known in core.state.orders.values()
                if known.is_open and not known.approved.reduce_only and known.approved.owner != order.owner
            }
            assert [key for key in sorted(others) if key[:2] == (order.account, order.symbol)] == []

    play(script, after=after)


@given(scripts)
@settings(max_examples=100)
def test_what_is_held_never_outgrows_one_order_that_closes_it(script: list[Move]) -> None:
    most = Decimal("0.020")
    core = founded(wide_policy())
    core.state.instruments = {
        symbol: changed(each, market_quantity_max=most) for symbol, each in core.state.instruments.items()
    }

    def after(core: Core, asked: Input, events: tuple[Event, ...]) -> None:
        for order in approved_in(events, Purpose.ENTRY):
            held = core.state.positions.get((order.account, order.symbol, order.owner))
            asked_for = [
                known.quantity_left
                for known in core.state.open_orders[order.symbol].values()
                if known.approved.purpose is Purpose.ENTRY and known.approved.owner == order.owner
            ]
            assert sum(asked_for, held.quantity if held else ZERO) <= most

    play(script, core, after=after)


@given(scripts)
@settings(max_examples=100)
def test_every_position_has_a_stop_or_is_being_closed(script: list[Move]) -> None:
    """As far as the venue has not ended them: a stop it ended is followed by a close, at once or by a timer."""

    def after(core: Core, asked: Input, events: tuple[Event, ...]) -> None:
        state = core.state
        for key, held in state.positions.items():
            exits = [state.orders.get(order_id) for order_id in (held.stop_id, held.close_id)]
            is_covered = any(order is not None and order.is_open for order in exits)
            assert is_covered or f"close|{'|'.join(key)}" in state.timers, (asked, held)

    play(script, after=after)


@given(scripts, policies | st.just(LARGE) | st.none())
@settings(max_examples=100)
def test_no_entry_is_approved_above_a_cap(script: list[Move], policy: Policy | None) -> None:
    def after(core: Core, asked: Input, events: tuple[Event, ...]) -> None:
        state = core.state
        assert state.policy is not None
        sizing, limits, account = state.policy.sizing, state.policy.limits, state.accounts[ACCOUNT]
        for order in approved_in(events, Purpose.ENTRY):
            committed = account.exposure + account.reserved
            assert committed <= account.equity * sizing.exposure_bps_max / BPS
            assert committed <= account.equity * limits.leverage_max
            room = order.reference_price * limits.collar_bps_max / BPS
            assert order.quantity * worst(order.limit_price, order.reference_price + room) <= limits.order_usdt_max
            asked_usdt = sum(
                (
                    known.reserved
                    for known in state.orders.values()
                    if (known.approved.owner, known.approved.symbol) == (order.owner, order.symbol)
                ),
                ZERO,
            )
            held = state.positions.get((order.account, order.symbol, order.owner))
            total = asked_usdt + (held.value if held else ZERO)
            assert total <= account.equity * sizing.position_bps_max / BPS

    play(script, founded(policy) if policy else None, after=after)


def worst(limit: Decimal | None, reference: Decimal) -> Decimal:
    """Return the highest price an order may fill at, as far as it says."""
    return reference if limit is None else max(limit, reference)


def test_an_entry_of_a_bot_passes_the_same_gate() -> None:
    core = founded()
    (order,) = approved_in(core.tell(proposed(terms())))
    assert (order.order_type, order.time_in_force) == (OrderType.LIMIT, TimeInForce.IOC), "never at any price"
    core.tell(c.SetMode(mode=Mode.PAUSE, reason="any"))
    assert approved_in(core.tell(proposed(terms()))) == []
