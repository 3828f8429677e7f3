"""Nothing is lost between the exchange's books, the core's state and the summary."""

from decimal import Decimal

import pytest

from interlock.core.state import State
from interlock.market.recordings.sources import open_recordings
from interlock.market.simulated import simulate
from interlock.messages import events as e
from interlock.messages.record import Record
from interlock.research.backtest.run import Outcome, Plan
from interlock.strategies.interface import Strategy
from interlock.units.sides import SIGN
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


def held_of(state: State) -> dict[str, tuple[Decimal, Decimal]]:
    """Return the signed quantity and cost of each symbol, which one owner alone holds."""
    positions = state.positions.values()
    assert len({position.symbol for position in positions}) == len(positions)
    return {each.symbol: (each.quantity * SIGN[each.side], each.cost * SIGN[each.side]) for each in positions}


def assert_they_agree(outcome: Outcome, journal: MemoryJournal, book: BookOfRecord) -> None:
    """Assert that what the exchange has booked is what the core and the summary say."""
    fills = [each for record in journal.records for each in record.events if isinstance(each, e.OrderFilled)]
    assert [trade.trade_id for trade in book.trades] == [fill.trade_id for fill in fills], "every trade was heard of"
    assert len(fills) > 20
    account, positions = outcome.state.accounts[book.account], outcome.state.positions
    # One owner a symbol: our position is the exchange's, so there is one average price, and one profit.
    assert account.balance == book.balance
    assert sum((fill.fee for fill in fills), Decimal(0)) == book.fees
    assert held_of(outcome.state) == {
        each.symbol: (each.quantity, each.cost) for each in book.positions if each.quantity
    }
    assert not any(isinstance(each, e.UnownedFillFound) for record in journal.records for each in record.events)
    result = summary_of(journal)
    assert result.fills == len(fills)
    assert result.equity_end == result.equity_start + result.pnl.realised + result.pnl.unrealised - result.fees
    assert result.equity_end == account.equity
    assert result.pnl.with_costs == result.equity_end - result.equity_start
    assert result.pnl.without_costs == result.pnl.with_costs + result.fees + result.slippage
    assert result.positions_open == len(positions)


def assert_books_agree_after(plan: Plan) -> list[Record]:
    """Return the records of the run in which they agreed."""
    with watched_exchange() as made:
        outcome, journal = played(plan)
    assert_they_agree(outcome, journal, made[0].book_of_record())
    return journal.records


def assert_one_owner_at_a_time(records: list[Record]) -> None:
    """Assert that an entry of a second owner was refused whenever the first one held the symbol or asked for it.

    A first owner's entry that is open is in the way as well; what is held is told here by its own fills.
    """
    owners: dict[str, set[str]] = {"BTCUSDT": set(), "ETHUSDT": set()}
    shared = 0
    for record in records:
        for event in record.events:
            match event:
                case e.PositionOpened():
                    assert owners[event.symbol] == set()
                    owners[event.symbol].add(event.owner)
                case e.PositionClosed():
                    owners[event.symbol].remove(event.owner)
                case e.OrderApproved() if not event.order.reduce_only:
                    assert owners[event.order.symbol] <= {event.order.owner}
                case e.OrderRefused() if event.side is not None and owners[event.symbol] - {event.owner}:
                    assert "RISK-035" in event.refusals or {"RISK-006", "RISK-014"} & set(event.refusals)
                    shared += "RISK-035" in event.refusals
                case _:
                    continue
    assert shared > 5


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
    plan = plan_of(feed, crowd(), seed, terms, orders_minute_max=10_000, signals_hour_max=100_000)
    assert_one_owner_at_a_time(assert_books_agree_after(plan))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["l1l2-binance-usdm-20240808", "l1-trades-tardis-binance-usdm-20200222"])
def test_they_agree_over_a_recording_too(name: str) -> None:
    assert_books_agree_after(plan_of(open_recordings(recording(name), None)))
