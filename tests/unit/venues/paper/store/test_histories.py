"""Histories: the right rows of the right account, oldest first, by id, by time, the newest without either."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interlock.ports.exchange.requests import AlgoKey, History, OrderKey
from interlock.ports.exchange.words import IncomeKind, Market, OrderState
from interlock.venues.paper.bourse.store.book_store import BookStore
from interlock.venues.paper.bourse.store.histories import Histories
from tests.unit.venues.paper.store.rows import START_MS, algo, at, income, order, trade


@pytest.fixture
def histories(tmp_path: Path) -> Iterator[Histories]:
    """Twenty orders with a trade each: every fourth of another symbol, market or account."""
    store = BookStore.open(tmp_path)
    others: tuple[dict[str, Any], ...] = ({}, {"symbol": "ETHUSDT"}, {"market": Market.USDM}, {"account": "bob"})
    orders = [order(each, client_order_id=f"c{each % 8}", **others[each % 4]) for each in range(1, 21)]
    trades = [trade(each, each - each % 2, **others[each % 4]) for each in range(1, 21)]
    algos = [algo(each, symbol=("BTCUSDT", "ETHUSDT")[each % 2], client_algo_id=f"a{each % 3}") for each in range(1, 9)]
    kinds = (IncomeKind.COMMISSION, IncomeKind.FUNDING_FEE)
    incomes = [income(each, kind=kinds[each % 2]) for each in range(1, 9)]
    store.commit(at(30), [*orders, *trades, *algos, *incomes])
    yield store.histories
    store.close()


def ids(histories: Histories, history: History) -> list[int]:
    return [row.order_id for row in histories.orders(Market.SPOT, "alice", history)]


def test_orders_are_those_of_the_account_market_and_symbol(histories: Histories) -> None:
    assert ids(histories, History(symbol="BTCUSDT")) == [4, 8, 12, 16, 20]
    assert ids(histories, History(symbol="ETHUSDT")) == [1, 5, 9, 13, 17]
    assert ids(histories, History()) == [1, 4, 5, 8, 9, 12, 13, 16, 17, 20]
    assert [row.order_id for row in histories.orders(Market.SPOT, "bob", History())] == [3, 7, 11, 15, 19]


def test_without_a_beginning_the_newest_are_returned_oldest_first(histories: Histories) -> None:
    assert ids(histories, History(symbol="BTCUSDT", limit=2)) == [16, 20]
    assert ids(histories, History(symbol="BTCUSDT", limit=2, end_ms=START_MS + 16)) == [12, 16]


def test_with_a_beginning_the_oldest_from_there_are_returned(histories: Histories) -> None:
    assert ids(histories, History(symbol="BTCUSDT", limit=2, order_id=5)) == [8, 12]
    assert ids(histories, History(symbol="BTCUSDT", limit=2, start_ms=START_MS + 8)) == [8, 12]
    assert ids(histories, History(symbol="BTCUSDT", start_ms=START_MS + 9, end_ms=START_MS + 16)) == [12, 16]


def test_a_client_id_finds_its_newest_order_and_only_the_accounts_own(histories: Histories) -> None:
    key = OrderKey(symbol="BTCUSDT", client_order_id="c4")
    found = histories.order(Market.SPOT, "alice", key)
    assert found is not None
    assert found.order_id == 20
    assert histories.order(Market.SPOT, "bob", key) is None
    assert histories.order(Market.USDM, "alice", key) is None
    assert histories.order(Market.SPOT, "alice", OrderKey(symbol="ETHUSDT", client_order_id="c4")) is None


def test_two_ids_find_an_order_only_where_both_are_its_own(histories: Histories) -> None:
    own = histories.order(Market.SPOT, "alice", OrderKey(symbol="BTCUSDT", order_id=20, client_order_id="c4"))
    assert own is not None and own.order_id == 20
    other = OrderKey(symbol="BTCUSDT", order_id=20, client_order_id="c5")
    assert histories.order(Market.SPOT, "alice", other) is None


def test_an_order_id_finds_its_order_and_only_where_it_belongs(histories: Histories) -> None:
    found = histories.order(Market.SPOT, "alice", OrderKey(symbol="BTCUSDT", order_id=4))
    assert found is not None
    assert (found.order_id, found.state) == (4, OrderState.NEW)
    assert histories.order(Market.SPOT, "bob", OrderKey(symbol="BTCUSDT", order_id=4)) is None
    assert histories.order(Market.SPOT, "alice", OrderKey(symbol="ETHUSDT", order_id=4)) is None
    assert histories.order(Market.SPOT, "alice", OrderKey(symbol="BTCUSDT", order_id=99)) is None


def trade_ids(histories: Histories, history: History) -> list[int]:
    return [row.trade_id for row in histories.trades(Market.SPOT, "alice", history)]


def test_trades_are_found_by_order_by_id_and_by_time(histories: Histories) -> None:
    assert trade_ids(histories, History(symbol="ETHUSDT", order_id=4)) == [5]
    assert trade_ids(histories, History(symbol="BTCUSDT", order_id=5)) == []
    assert trade_ids(histories, History(symbol="BTCUSDT", from_id=9, limit=2)) == [12, 16]
    assert trade_ids(histories, History(symbol="BTCUSDT", end_ms=START_MS + 12, start_ms=START_MS + 5)) == [8, 12]
    assert trade_ids(histories, History(symbol="BTCUSDT", limit=1)) == [20]
    assert trade_ids(histories, History(symbol="BTCUSDT", from_id=21)) == []


def test_income_is_found_by_kind_and_time(histories: Histories) -> None:
    found = histories.income("alice", History(start_ms=START_MS + 4), "FUNDING_FEE")
    assert [row.income_id for row in found] == [5, 7]
    assert [row.income_id for row in histories.income("alice", History(limit=3), None)] == [6, 7, 8]
    assert histories.income("bob", History(), None) == []
    assert histories.income("alice", History(symbol="ETHUSDT"), None) == []


def test_conditional_orders_are_found_by_both_their_ids_and_by_symbol(histories: Histories) -> None:
    newest = histories.algo("alice", AlgoKey(client_algo_id="a1"))
    assert newest is not None
    assert newest.algo_id == 7
    assert histories.algo("alice", AlgoKey(algo_id=3)) is not None
    assert histories.algo("bob", AlgoKey(algo_id=3)) is None
    assert [row.algo_id for row in histories.algos("alice", History(symbol="ETHUSDT", from_id=3, limit=2))] == [3, 5]


def test_every_question_is_answered_from_an_index(histories: Histories) -> None:
    """A history of years must not be read through for a page of it."""
    asked: list[str] = []
    histories._connection.set_profile(lambda statement, _: asked.append(statement))
    ids(histories, History(symbol="BTCUSDT", start_ms=START_MS))
    trade_ids(histories, History(symbol="BTCUSDT", from_id=2))
    trade_ids(histories, History(symbol="BTCUSDT", order_id=2))
    histories.order(Market.SPOT, "alice", OrderKey(symbol="BTCUSDT", order_id=4))
    histories.order(Market.SPOT, "alice", OrderKey(symbol="BTCUSDT", client_order_id="c4"))
    histories.algo("alice", AlgoKey(client_algo_id="a1"))
    histories.income("alice", History(start_ms=START_MS), None)
    histories._connection.set_profile(None)
    explained = [(f"EXPLAIN QUERY PLAN {statement}", (1,) * statement.count("?")) for statement in asked]
    plans = [" / ".join(str(row[3]) for row in histories._connection.execute(*each)) for each in explained]
    assert plans == [
        "SEARCH orders USING INDEX orders_by_time (account=? AND market=? AND symbol=? AND created_at_ns>?)",
        "SEARCH trades USING INDEX trades_by_time (account=? AND market=? AND symbol=? AND at_ns>?)"
        " / SCALAR SUBQUERY 1 / SEARCH trades USING INTEGER PRIMARY KEY (rowid>?)",
        "SEARCH trades USING INDEX trades_by_order (order_id=?) / USE TEMP B-TREE FOR ORDER BY",
        "SEARCH orders USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH orders USING INDEX orders_by_client (account=? AND client_order_id=?)",
        "SEARCH algos USING INDEX algos_by_client (account=? AND client_algo_id=?)",
        "SEARCH income USING INDEX income_by_time (account=? AND at_ns>?)",
    ]
