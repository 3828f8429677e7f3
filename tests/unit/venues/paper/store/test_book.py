"""The dump of the book: complete, of one moment, the same bytes each time, and no trouble to the exchange."""

from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from interlock.ports.exchange.words import OrderState
from interlock.venues.paper.bourse.records import Row
from interlock.venues.paper.bourse.store.book import book_json, read_book
from interlock.venues.paper.bourse.store.book_store import BookStore
from interlock.venues.paper.bourse.store.faults import BookForeign, BookMissing
from tests.unit.venues.paper.store.rows import START_MS, account, algo, asset, at, counters, income, order, trade


def test_the_dump_holds_all_that_is_on_the_book_beside_a_running_exchange_and_after_it(tmp_path: Path) -> None:
    store = BookStore.open(tmp_path)
    ended = replace(order(1), state=OrderState.FILLED)
    rows: list[Row] = [
        asset("USDT", "5"),
        asset("BTC", "1"),
        account(),
        counters(2),
        ended,
        order(2),
        algo(1),
        trade(1, 1),
    ]
    store.commit(at(9), [*rows, income(1)])
    beside = read_book(tmp_path)
    assert beside.at_ns == at(9)
    assert beside.counters == counters(2)
    assert beside.accounts == (account(),)
    assert [each.asset for each in beside.assets] == ["BTC", "USDT"]
    assert (beside.orders, beside.open_orders()) == ((ended, order(2)), (order(2),))
    assert (beside.algos, beside.trades, beside.income) == ((algo(1),), (trade(1, 1),), (income(1),))
    store.abandon()
    assert book_json(read_book(tmp_path)) == book_json(beside)
    assert msgspec.json.decode(book_json(beside))["assets"][0]["free"] == "1"


def test_a_dump_since_a_moment_still_holds_what_is_open(tmp_path: Path) -> None:
    store = BookStore.open(tmp_path)
    store.commit(at(9), [order(1), replace(order(2), state=OrderState.CANCELED), order(5), trade(1, 1), trade(7, 5)])
    dump = read_book(tmp_path, since_ms=START_MS + 4)
    assert [row.order_id for row in dump.orders] == [1, 5]
    assert [row.trade_id for row in dump.trades] == [7]
    store.close()


def test_a_reader_does_not_hold_the_writer_up(tmp_path: Path) -> None:
    store = BookStore.open(tmp_path)
    for turn in range(1, 20):
        store.commit(at(turn), [order(turn)])
        assert len(read_book(tmp_path).orders) == turn
    store.close()


def test_a_folder_without_a_book_is_named(tmp_path: Path) -> None:
    with pytest.raises(BookMissing, match="--state"):
        read_book(tmp_path)
    (tmp_path / "venue.db").write_bytes(b"")
    with pytest.raises(BookForeign):
        read_book(tmp_path)
