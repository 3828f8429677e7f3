"""Whole runs at the paper exchange: what the core holds and has is what the venue's own book says.

Several owners want the same symbols. Which of them trades is the gate's business; that the books agree is the promise.
"""

import dataclasses
from decimal import Decimal

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from interlock.core.replay import rebuild
from interlock.core.state import Dust, Position, PositionKey, State
from interlock.market.simulated import simulate
from interlock.messages import events as e
from interlock.messages.events import Event
from interlock.messages.record import Record
from interlock.messages.words import Purpose
from interlock.research.backtest.run import Plan
from interlock.strategies.interface import Strategy
from interlock.units.money import ZERO
from interlock.units.sides import SIGN, Side
from interlock.venues.paper.book_of_record import BookOfRecord
from interlock.venues.paper.terms import VenueTerms
from tests.command_line import SHORT_TAPE
from tests.fakes import Turner, on_spot, plan_of, played, spot_exchanges, watched_exchange

pytestmark = pytest.mark.slow

SYMBOLS = ("BTCUSDT", "ETHUSDT")
Turns = tuple[str, int, bool, bool]
turners = st.tuples(st.sampled_from(SYMBOLS), st.integers(1, 9), st.booleans(), st.booleans())
crowds = st.lists(turners, min_size=1, max_size=4)
TERMS = st.sampled_from(
    [
        VenueTerms(),
        VenueTerms(latency_entry_ms_median=ZERO, latency_response_ms_median=ZERO),
        VenueTerms(latency_entry_ms_median=Decimal(700), latency_response_ms_median=Decimal(900)),
        VenueTerms(maker_bps=Decimal("-0.5"), taker_bps=Decimal("3.7")),
    ]
)


def crowded(seed: int, crowd: list[Turns], terms: VenueTerms, stop_bps: int, duration_s: int = 60) -> Plan:
    """Return a plan in which at least two owners want each symbol, with small entries and with stops so near."""
    turns = [("BTCUSDT", 5, True, True), ("BTCUSDT", 2, False, True), *crowd]
    turns += [("ETHUSDT", 7, True, True), ("ETHUSDT", 2, False, True)]
    owners: list[tuple[str, str, Strategy]] = [
        (f"owner-{place}", symbol, Turner(symbol, every * (5 if wants_quotes else 1), wants_quotes, leaves))
        for place, (symbol, every, wants_quotes, leaves) in enumerate(turns)
    ]
    limits: dict[str, int | Decimal] = {"orders_minute_max": 100_000, "signals_hour_max": 1_000_000}
    limits["order_usdt_max"] = Decimal(500)
    plan = plan_of(simulate(seed, duration_s), owners, seed, terms, policy=SHORT_TAPE, **limits)
    near = Decimal(stop_bps)
    exits = replace(plan.policy.exits, stop_bps_min=near, stop_bps_max=max(near, Decimal(50)))
    return dataclasses.replace(plan, policy=replace(plan.policy, exits=exits))


def held_by_symbol(state: State) -> dict[str, tuple[Decimal, Decimal]]:
    """Return the signed quantity and cost of what is held, by symbol. Errors: AssertionError if two hold one symbol."""
    held = {
        each.symbol: (each.quantity * SIGN[each.side], each.cost * SIGN[each.side]) for each in state.positions.values()
    }
    assert len(held) == len(state.positions), "a symbol has two owners"
    return held


def assert_they_agree(state: State, records: list[Record], book: BookOfRecord) -> None:
    """Assert that the core could explain all it was told, and, once all was heard, that the books are equal."""
    told = [each for record in records for each in record.events]
    assert [each for each in told if isinstance(each, e.UnownedFillFound)] == []
    heard = [each for each in told if isinstance(each, e.OrderFilled)]
    happened = [(trade.trade_id, trade.price, trade.quantity, trade.fee) for trade in book.trades]
    assert [(fill.trade_id, fill.price, fill.quantity, fill.fee) for fill in heard] == happened[: len(heard)]
    if len(heard) == len(happened):
        assert held_by_symbol(state) == {
            each.symbol: (each.quantity, each.cost) for each in book.positions if each.quantity
        }
        assert state.accounts[book.account].balance == book.balance


@given(st.integers(0, 10_000), crowds, TERMS, st.sampled_from((1, 5, 50)))
@settings(max_examples=30, phases=(Phase.explicit, Phase.generate))
def test_core_and_venue_agree_to_the_last_digit_whoever_trades(
    seed: int, crowd: list[Turns], terms: VenueTerms, stop_bps: int
) -> None:
    with watched_exchange() as made:
        outcome, journal = played(crowded(seed, crowd, terms, stop_bps))
    assert_they_agree(outcome.state, journal.records, made[0].book_of_record())


def test_such_runs_trade_on_both_symbols_by_several_owners_and_leave_by_every_way() -> None:
    """Else the agreement above would be one about nothing."""
    with watched_exchange() as made:
        outcome, journal = played(crowded(3, [("ETHUSDT", 3, False, False)], VenueTerms(), 1, 120))
    told = [each for record in journal.records for each in record.events]
    entries = [each.order for each in told if isinstance(each, e.OrderApproved) and each.order.purpose is Purpose.ENTRY]
    assert len({(order.symbol, order.owner) for order in entries}) == 5
    assert any(isinstance(each, e.OrderRefused) and each.refusals == ("RISK-035",) for each in told)
    ways = {each.purpose for each in told if isinstance(each, e.PositionClosed)}
    assert ways >= {Purpose.STOP, Purpose.TARGET, Purpose.CLOSE}
    assert any(isinstance(each, e.PositionIncreased) for each in told)
    assert sum(isinstance(each, e.OrderFilled) for each in told) == len(made[0].book_of_record().trades) > 50
    assert_they_agree(outcome.state, journal.records, made[0].book_of_record())


# --- Spot: the wallet is all there is ---------------------------------------------------------------------------------

SPOT_TERMS = st.sampled_from(
    [
        VenueTerms(maker_bps=Decimal(10), taker_bps=Decimal(10), leverage=1),
        VenueTerms(
            maker_bps=Decimal(10), taker_bps=Decimal(10), latency_entry_ms_median=ZERO, latency_response_ms_median=ZERO
        ),
        VenueTerms(
            maker_bps=Decimal(10),
            taker_bps=Decimal(10),
            latency_entry_ms_median=Decimal(700),
            latency_response_ms_median=Decimal(900),
        ),
        VenueTerms(maker_bps=Decimal("-0.5"), taker_bps=Decimal("7.37")),
    ]
)


def assert_the_wallet_agrees(state: State, records: list[Record], book: BookOfRecord) -> None:
    """Assert that every fill was explained, and, once all was heard, that quote and coins are the wallet's own."""
    told = [each for record in records for each in record.events]
    assert [each for each in told if isinstance(each, e.UnownedFillFound)] == []
    assert [each for each in told if isinstance(each, e.OrderApproved) and each.order.side is Side.SELL] == [
        each for each in told if isinstance(each, e.OrderApproved) and each.order.reduce_only
    ]
    heard = [each for each in told if isinstance(each, e.OrderFilled)]
    happened = [(trade.trade_id, trade.price, trade.quantity, trade.fee) for trade in book.trades]
    assert [(fill.trade_id, fill.price, fill.quantity, fill.fee) for fill in heard] == happened[: len(heard)]
    if len(heard) != len(happened):
        return
    coins: dict[str, Decimal] = {}
    cost = ZERO
    parts: list[tuple[PositionKey, Position | Dust]] = [*state.positions.items(), *state.dust.items()]
    for (_, symbol, _), part in parts:
        coins[symbol] = coins.get(symbol, ZERO) + part.quantity
        cost += part.cost
    assert coins == {each.symbol: each.quantity for each in book.positions}
    assert state.accounts[book.account].balance - cost == book.balance
    assert state.accounts[book.account].exposure == sum((each.value for each in state.positions.values()), ZERO) + sum(
        (each.cost for each in state.dust.values()), ZERO
    )


def assert_no_coin_is_sold_twice(records: list[Record]) -> None:
    """Assert that at no record the open sales of an owner in a symbol are more than it holds."""
    state = State()
    for record in records:
        rebuild((record,), state)
        asked: dict[tuple[str, str, str], Decimal] = {}
        for of_symbol in state.open_orders.values():
            for order in of_symbol.values():
                key = (order.approved.account, order.approved.symbol, order.approved.owner)
                if order.approved.reduce_only:
                    asked[key] = asked.get(key, ZERO) + order.quantity_left
        for key, quantity in asked.items():
            assert key in state.positions, f"record {record.seq}: {key} holds nothing and sells {quantity}"
            assert quantity <= state.positions[key].quantity, f"record {record.seq}: {key} sells more than it holds"


@given(st.integers(0, 10_000), crowds, SPOT_TERMS, st.sampled_from((1, 5, 50)))
@settings(max_examples=30, phases=(Phase.explicit, Phase.generate))
def test_on_spot_the_wallet_and_the_core_agree_to_the_last_digit_whoever_trades(
    seed: int, crowd: list[Turns], terms: VenueTerms, stop_bps: int
) -> None:
    with spot_exchanges() as made:
        outcome, journal = played(on_spot(crowded(seed, crowd, VenueTerms(), stop_bps), terms))
    assert_the_wallet_agrees(outcome.state, journal.records, made[0].book_of_record())
    assert_no_coin_is_sold_twice(journal.records)


def test_such_spot_runs_enter_leave_by_every_way_and_leave_dust() -> None:
    """Else the agreement above would be one about nothing."""
    told: list[Event] = []
    for seed in (3, 4):
        with spot_exchanges() as made:
            outcome, journal = played(on_spot(crowded(seed, [("ETHUSDT", 3, False, False)], VenueTerms(), 1, 120)))
        assert_the_wallet_agrees(outcome.state, journal.records, made[0].book_of_record())
        told += [each for record in journal.records for each in record.events]
    assert {each.purpose for each in told if isinstance(each, e.PositionClosed)} >= {
        Purpose.STOP,
        Purpose.TARGET,
        Purpose.CLOSE,
    }
    assert any(isinstance(each, e.PositionIncreased) for each in told)
    assert any(isinstance(each, e.DustKept) for each in told)
    assert any(isinstance(each, e.DustJoined) for each in told)
    assert any(isinstance(each, e.OrderRefused) and "RISK-044" in each.refusals for each in told)
    assert sum(isinstance(each, e.OrderFilled) for each in told) > 50
