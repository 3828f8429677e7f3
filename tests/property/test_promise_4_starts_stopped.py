"""Promise 4: Interlock starts stopped; what is missing, stale or cannot be computed means stop; there is no bypass."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.core.machine import decide
from interlock.core.state import State
from interlock.messages import commands as c
from interlock.messages import events as e
from interlock.messages.events import Event
from interlock.messages.market import MarketView
from interlock.messages.policy import Costs, Limits, Policy, Sizing
from interlock.messages.record import Input
from interlock.messages.words import BookState, Intent, LatchLevel, Mode, Purpose
from interlock.units.sides import Side
from tests.builders import (
    ACCOUNT,
    OWNER,
    START_NS,
    SYMBOL,
    Core,
    approved_in,
    changed,
    founded,
    founding,
    proposed,
    raised,
    terms,
    view,
)
from tests.property.strategies import Move, mids, play, policies, scripts

MANY = Decimal(1_000_000)
LOOSEST = Policy(
    sizing=Sizing(position_bps_max=MANY, exposure_bps_max=MANY),
    limits=Limits(
        loss_trade_bps_max=MANY,
        order_usdt_max=MANY,
        leverage_max=MANY,
        positions_open_max=1_000_000,
        orders_open_max=1_000_000,
        orders_minute_max=1_000_000,
        signals_hour_max=1_000_000,
        collar_bps_max=Decimal(5_000),
        spread_bps_max=MANY,
        quote_age_ms_max=3_600_000,
        latency_ms_max=3_600_000,
        duplicate_window_ms=0,
    ),
    costs=Costs(edge_bps_min=Decimal(0)),
)
Situation = tuple[State, MarketView | None]
Removal = Callable[[State, MarketView], MarketView | None]


def entries_asked(seen: MarketView | None) -> list[Input]:
    """Return an entry by each door, on each side."""
    return [
        *(c.RaiseSignal(owner=OWNER, signal=raised(intent).signal, view=seen) for intent in Intent),
        *(c.ProposeOrder(owner=OWNER, terms=terms(side), view=seen) for side in Side),
    ]


def entries_approved(state: State, seen: MarketView | None, at_ns: int) -> int:
    """Return how many of them the core would let through."""
    decided = [decide(state, at_ns, asked) for asked in entries_asked(seen)]
    return sum(len(approved_in(events)) for events in decided)


def with_state(**fields: object) -> Removal:
    """Return the removal that sets fields of the state."""

    def remove(state: State, seen: MarketView) -> MarketView:
        for name, value in fields.items():
            setattr(state, name, value)
        return seen

    return remove


def with_view(**fields: object) -> Removal:
    """Return the removal that sets fields of what is shown of the market."""
    return lambda state, seen: changed(seen, **fields)


def with_balance(balance: str) -> Removal:
    """Return the removal that leaves the account this much."""

    def remove(state: State, seen: MarketView) -> MarketView:
        state.accounts[ACCOUNT].balance = Decimal(balance)
        return seen

    return remove


def older_than_allowed(state: State, seen: MarketView) -> MarketView:
    assert state.policy is not None
    return changed(seen, age_ms=state.policy.limits.quote_age_ms_max + 1)


def later_than_allowed(state: State, seen: MarketView) -> MarketView:
    assert state.policy is not None
    return changed(seen, latency_ms=state.policy.limits.latency_ms_max + 1)


def not_tradable(state: State, seen: MarketView) -> MarketView:
    state.instruments = {SYMBOL: changed(state.instruments[SYMBOL], is_tradable=False)}
    return seen


def no_symbol_allowed(state: State, seen: MarketView) -> MarketView:
    state.policy = changed(state.policy, symbols={}) if state.policy else None
    return seen


REMOVALS: dict[str, Removal] = {
    "not armed": with_state(is_armed=False),
    "latch lets no new risk out": with_state(latch=LatchLevel.NO_NEW_RISK),
    "latch silent": with_state(latch=LatchLevel.SILENT),
    **{f"mode {mode.value}": with_state(mode=mode) for mode in Mode if mode is not Mode.NORMAL},
    "no policy": with_state(policy=None),
    "no such owner": with_state(owners={}),
    "no instruments": with_state(instruments={}),
    "instrument not tradable": not_tradable,
    "symbol not in the policy": no_symbol_allowed,
    "no quote": lambda state, seen: None,
    "quote stale": older_than_allowed,
    "feed late": later_than_allowed,
    "latency unknown": with_view(latency_ms=None),
    "last tick bad": with_view(is_quote_sane=False),
    "book not whole": with_view(book=BookState.UNSYNCED),
    "gap in the feed": with_state(gapped_symbols={SYMBOL: 7}),
    "ATR unknown": with_view(atr=None),
    "no equity": with_balance("0"),
    "equity below zero": with_balance("-1"),
    "an order of unknown fate": with_state(unknown_symbols={SYMBOL: 1}),
}


def test_a_new_state_is_stopped() -> None:
    state = State()
    assert (state.latch, state.mode, state.is_armed, state.policy) == (LatchLevel.NO_NEW_RISK, Mode.PAUSE, False, None)


def test_with_everything_in_place_an_entry_is_approved() -> None:
    """Else the tests below would say nothing."""
    core = founded(LOOSEST)
    assert entries_approved(core.state, view(), core.at_ns + 1) == len(entries_asked(view())) - 1


@given(mids)
@settings(max_examples=20)
def test_a_new_state_approves_no_entry(mid: int) -> None:
    assert entries_approved(State(), view(mid), START_NS) == 0


@given(st.integers(0, 8), policies | st.just(LOOSEST))
@settings(max_examples=60)
def test_no_entry_is_approved_before_every_founding_act(left_out: int, policy: Policy) -> None:
    core = Core()
    for place, command in enumerate(founding(policy)[:8]):
        if place != left_out:
            core.tell(command)
    is_needed = left_out not in (0, 8)
    assert not is_needed or entries_approved(core.state, view(), core.at_ns + 1) == 0


@pytest.mark.parametrize("removal", REMOVALS.values(), ids=REMOVALS.keys())
@given(policy=policies | st.just(LOOSEST), mid=mids)
@settings(max_examples=15)
def test_nothing_is_approved_without(removal: Removal, policy: Policy, mid: int) -> None:
    core = founded(policy)
    seen = removal(core.state, view(mid))
    assert entries_approved(core.state, seen, core.at_ns + 1) == 0


@given(scripts)
@settings(max_examples=100)
def test_entries_are_approved_only_while_armed_released_and_normal(script: list[Move]) -> None:
    allowed: list[bool] = []

    def before(core: Core, asked: Input, events: tuple[Event, ...]) -> None:
        state = core.state
        allowed.append(state.is_armed and state.latch is LatchLevel.OPEN and state.mode is Mode.NORMAL)

    def after(core: Core, asked: Input, events: tuple[Event, ...]) -> None:
        assert allowed[-1] or not approved_in(events, Purpose.ENTRY)

    play(script, before=before, after=after)


@given(scripts)
@settings(max_examples=100)
def test_only_a_release_and_an_arming_bring_trading_back_after_a_kill(script: list[Move]) -> None:
    core = play(script)
    may_trade = False
    for record in core.records:
        for event in record.events:
            match event:
                case e.KillEngaged() | e.Disarmed() | e.RunStarted():
                    may_trade = False
                case e.Armed():
                    may_trade = True
                case e.OrderApproved() if event.order.purpose is Purpose.ENTRY:
                    assert may_trade
                case _:
                    pass


def test_a_restart_is_not_armed() -> None:
    core = founded(LOOSEST)
    core.tell(founding()[0])
    assert not core.state.is_armed
    assert approved_in(core.tell(raised())) == []
    assert approved_in(core.tell(proposed(terms()))) == []
