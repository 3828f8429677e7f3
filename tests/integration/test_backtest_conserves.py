"""Nothing is lost between the exchange's books, the core's state and the summary."""

from collections import defaultdict
from decimal import Decimal

import pytest

from interlock.core.state import State
from interlock.market.recordings.sources import open_recordings
from interlock.market.simulated import simulate
from interlock.messages import events as e
from interlock.research.backtest.run import Outcome, Plan
from interlock.strategies.interface import Strategy
from interlock.units.sides import Side
from interlock.venues.paper.book_of_record import BookOfRecord
from interlock.venues.paper.terms import VenueTerms
from interlock.views.run_summary import RunSummary
from interlock.views.summary import Summary
from tests.fakes import MemoryJournal, Turner, plan_of, played, watched_exchange
from tests.recordings import recording

REBATE = VenueTerms(maker_bps=Decimal("-0.5"), taker_bps=Decimal("3.7"))


def summary_of(journal: MemoryJournal) -> RunSummary:
    summary = Summary()
    for record in journal.records:
        summary.fold(record)
    return summary.result(journal.head.root.hex())


def held_of(state: State) -> dict[str, Decimal]:
    """Return the signed quantity of each symbol, summed over its owners."""
    held: dict[str, Decimal] = defaultdict(Decimal)
    for position in state.positions.values():
        held[position.symbol] += position.quantity if position.side is Side.BUY else -position.quantity
    return dict(held)


def assert_they_agree(outcome: Outcome, journal: MemoryJournal, book: BookOfRecord) -> None:
    """Assert that what the exchange has booked is what the core and the summary say."""
    fills = [each for record in journal.records for each in record.events if isinstance(each, e.OrderFilled)]
    assert [trade.trade_id for trade in book.trades] == [fill.trade_id for fill in fills], "every trade was heard of"
    assert len(fills) > 20
    account, positions = outcome.state.accounts[book.account], outcome.state.positions
    # What is realised so far depends on whose average price is asked: the exchange has one position a symbol, we have
    # one an owner. Balance less what the open positions cost is the cash that moved, and there is one truth about that.
    cost = sum((held.cost if held.side is Side.BUY else -held.cost for held in positions.values()), Decimal(0))
    assert account.balance - cost == book.balance - sum((each.cost for each in book.positions), Decimal(0))
    if not positions:
        assert account.balance == book.balance
    assert sum((fill.fee for fill in fills), Decimal(0)) == book.fees
    assert held_of(outcome.state) == {each.symbol: each.quantity for each in book.positions if each.quantity}
    assert not any(isinstance(each, e.UnownedFillFound) for record in journal.records for each in record.events)
    result = summary_of(journal)
    assert result.fills == len(fills)
    assert result.equity_end == result.equity_start + result.pnl.realised + result.pnl.unrealised - result.fees
    assert result.equity_end == account.equity
    assert result.pnl.with_costs == result.equity_end - result.equity_start
    assert result.pnl.without_costs == result.pnl.with_costs + result.fees + result.slippage
    assert result.positions_open == len(positions)


def assert_books_agree_after(plan: Plan) -> None:
    with watched_exchange() as made:
        outcome, journal = played(plan)
    assert_they_agree(outcome, journal, made[0].book_of_record())


def crowd() -> list[tuple[str, str, Strategy]]:
    """Return several owners, two of them on one symbol and so in each other's way."""
    return [
        ("a", "BTCUSDT", Turner("BTCUSDT", 5)),
        ("b", "BTCUSDT", Turner("BTCUSDT", 3, wants_quotes=False)),
        ("c", "ETHUSDT", Turner("ETHUSDT", 4, wants_quotes=False, leaves=False)),
    ]


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize("terms", [VenueTerms(), REBATE])
def test_the_exchange_the_core_and_the_summary_agree_to_the_last_digit(seed: int, terms: VenueTerms) -> None:
    feed = simulate(seed, 120)
    assert_books_agree_after(plan_of(feed, crowd(), seed, terms, orders_minute_max=10_000, signals_hour_max=100_000))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["l1l2-binance-usdm-20240808", "l1-trades-tardis-binance-usdm-20200222"])
def test_they_agree_over_a_recording_too(name: str) -> None:
    assert_books_agree_after(plan_of(open_recordings(recording(name), None)))
