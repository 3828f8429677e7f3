"""The store: a turn whole or not at all, one writer, and the newest of every row that matters after any restart."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import apsw
import pytest
from msgspec.structs import fields, replace

from interlock.ports.exchange.requests import History
from interlock.ports.exchange.words import AlgoState, Market, OrderKind, OrderState
from interlock.venues.paper.bourse.records import Row
from interlock.venues.paper.bourse.store.book_store import BookStore
from interlock.venues.paper.bourse.store.columns import ALGOS, INCOME, ORDERS, TRADES
from interlock.venues.paper.bourse.store.database import CHECKPOINT_PAGES, require_fit_sqlite
from interlock.venues.paper.bourse.store.faults import (
    BookDamaged,
    BookForeign,
    BookLocked,
    BookNewer,
    BookOlder,
    BookReadOnly,
    DiskFull,
    SqliteUnfit,
    StorageFailed,
    SyncFailed,
)
from tests.unit.venues.paper.store.failing import failing
from tests.unit.venues.paper.store.rows import account, algo, asset, at, counters, income, order, place, trade


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "book"


def raw(book: Path) -> apsw.Connection:
    """Return a connection of somebody else's, who cares for nothing."""
    return apsw.Connection(str(book / "venue.db"))


def test_what_matters_is_there_again_after_a_restart(book: Path) -> None:
    store = BookStore.open(book)
    rows: list[Row] = [account(), asset("BTC", "1.50000000"), counters(2), order(1), order(2), algo(1), place(1)]
    store.commit(at(5), rows)
    store.close()
    again = BookStore.open(book)
    at_ns, latest = again.latest()
    assert at_ns == at(5)
    assert sorted(map(repr, latest)) == sorted(map(repr, rows))
    again.close()


def test_only_the_newest_version_of_a_row_counts_and_what_has_ended_does_not(book: Path) -> None:
    store = BookStore.open(book)
    store.commit(at(5), [order(1), order(2), algo(1), algo(2), asset("BTC", "1"), place(1), place(2)])
    filled = replace(order(1), state=OrderState.FILLED, filled=Decimal("0.00100000"), updated_at_ns=at(6))
    partly = replace(order(2), state=OrderState.PARTIALLY_FILLED, kind=OrderKind.MARKET, price=Decimal(7))
    triggered = replace(algo(1), state=AlgoState.TRIGGERED, order_id=9)
    ended = replace(algo(2), state=AlgoState.CANCELED)
    store.commit(at(6), [filled, partly, triggered, ended, asset("BTC", "2"), place(1, is_gone=True)])
    assert store.latest() == (at(6), [asset("BTC", "2"), place(2), partly, triggered])
    assert store.histories.orders(Market.SPOT, "alice", History(symbol="BTCUSDT")) == [filled, partly]
    store.close()


def test_decimals_keep_their_digits_and_flags_their_type(book: Path) -> None:
    store = BookStore.open(book)
    row = order(1, quantity=Decimal("1E+2"), price=Decimal("0E-8"), reduce_only=True, text="ünï'\";\x00")
    store.commit(at(1), [row, trade(1, 1)])
    (read,) = store.histories.orders(Market.SPOT, "alice", History())
    assert (str(read.quantity), str(read.price), read.reduce_only, read.text) == ("100", "0E-8", True, row.text)
    (fill,) = store.histories.trades(Market.SPOT, "alice", History())
    assert (str(fill.commission), fill.is_maker) == ("-1.00E-8", True)
    store.close()


def test_every_field_of_every_row_has_its_column(book: Path) -> None:
    BookStore.open(book).close()
    connection = raw(book)
    for columns in (ORDERS, ALGOS, TRADES, INCOME):
        found = {name for _, name, *_ in connection.execute(f"PRAGMA table_info({columns.table})")}
        assert found == {field.name for field in fields(columns._row)}
    connection.close()


def test_a_turn_that_fails_midway_leaves_nothing_of_itself(book: Path) -> None:
    store = BookStore.open(book)
    store.commit(at(1), [order(1), trade(1, 1)])
    with pytest.raises(BookDamaged, match="another program has written"):
        store.commit(at(2), [order(2), asset("BTC", "1"), trade(1, 2)])
    assert store.latest() == (at(1), [order(1)])
    store.close()


def test_a_second_writer_is_refused_by_name(book: Path) -> None:
    store = BookStore.open(book)
    script = (
        "import sys; from pathlib import Path\n"
        "from interlock.venues.paper.bourse.store.book_store import BookStore\n"
        "from interlock.venues.paper.bourse.store.faults import BookLocked\n"
        "try:\n    BookStore.open(Path(sys.argv[1]))\nexcept BookLocked as fault:\n    sys.exit(str(fault))\n"
    )
    second = subprocess.run([sys.executable, "-c", script, str(book)], capture_output=True, text=True, check=False)
    assert f"is run by process {os.getpid()}" in second.stderr
    store.close()
    BookStore.open(book).close()


def test_a_book_that_is_in_use_by_a_database_browser_is_refused(book: Path) -> None:
    store = BookStore.open(book)
    other = raw(book)
    other.execute("BEGIN IMMEDIATE")
    store._connection.set_busy_timeout(1)
    with pytest.raises(BookLocked, match=r"database browser"):
        store.commit(at(1), [order(1)])
    other.close()
    store.commit(at(1), [order(1)])
    store.close()


@pytest.mark.parametrize("damage", [b"", b"not a database, but long enough to be taken for one" * 20])
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(book: Path, damage: bytes) -> None:
    BookStore.open(book).close()
    (book / "venue.db-wal").unlink()
    (book / "venue.db").write_bytes(damage)
    with pytest.raises(BookForeign):
        BookStore.open(book)
    assert (book / "venue.db").read_bytes() == damage


def test_a_database_of_another_program_is_refused(book: Path) -> None:
    book.mkdir()
    connection = raw(book)
    connection.execute("CREATE TABLE mine(a)")
    connection.close()
    with pytest.raises(BookForeign, match="another program"):
        BookStore.open(book)


def test_other_schemas_are_refused_and_an_unknown_one_is_damage(book: Path) -> None:
    BookStore.open(book).close()
    for version, fault in ((3, BookNewer), (1, BookOlder), (0, BookDamaged)):
        connection = raw(book)
        connection.pragma("user_version", version)
        connection.close()
        with pytest.raises(fault, match=f"schema {version}"):
            BookStore.open(book)


def test_flipped_bytes_in_the_book_are_found_when_it_is_opened(book: Path) -> None:
    store = BookStore.open(book)
    store.commit(at(1), [order(each) for each in range(1, 400)])
    store.close()
    (book / "venue.db-wal").unlink()  # what is in the WAL would be read from there
    data = bytearray((book / "venue.db").read_bytes())
    page = data.index(b"c200")  # within a page of orders
    start = page - page % 4096
    data[start : start + 12] = b"\xff" * 12
    (book / "venue.db").write_bytes(data)
    with pytest.raises(BookDamaged, match="restore the book from a backup"):
        BookStore.open(book)


def test_a_row_that_cannot_be_read_is_named_as_damage(book: Path) -> None:
    store = BookStore.open(book)
    store.commit(at(1), [order(1)])
    store.close()
    connection = raw(book)
    connection.execute("UPDATE orders SET price = 'much'")
    connection.close()
    store = BookStore.open(book)
    with pytest.raises(BookDamaged, match="cannot be read"):
        store.latest()
    with pytest.raises(BookDamaged, match="cannot be read"):
        store.histories.orders(Market.SPOT, "alice", History())
    store.abandon()


def test_a_wal_without_its_book_is_not_written_over(book: Path) -> None:
    store = BookStore.open(book)
    store.commit(at(1), [order(1)])
    store.abandon()
    (book / "venue.db").rename(book / "elsewhere.db")
    with pytest.raises(BookDamaged, match=r"venue\.db is missing"):
        BookStore.open(book)
    (book / "elsewhere.db").rename(book / "venue.db")
    assert BookStore.open(book).latest() == (at(1), [order(1)])


def test_a_making_that_was_cut_short_is_done_again(book: Path) -> None:
    book.mkdir()
    (book / "venue.partial").write_bytes(b"half a database")
    (book / "venue.db-wal").write_bytes(bytes(1000))
    store = BookStore.open(book)
    store.commit(at(1), [order(1)])
    assert store.latest() == (at(1), [order(1)])
    store.close()


def test_a_full_disk_says_so_and_loses_nothing_that_was_committed(book: Path) -> None:
    store = BookStore.open(book)
    store.commit(at(1), [order(1)])
    pages = store._connection.pragma("page_count")
    store._connection.pragma("max_page_count", pages)
    with pytest.raises(DiskFull, match="everything acknowledged before is safe"):
        store.commit(at(2), [order(each) for each in range(2, 900)])
    assert store.latest() == (at(1), [order(1)])
    store.close()


def test_a_failed_sync_ends_the_store_for_good(book: Path) -> None:
    store = BookStore.open(book)
    store.commit(at(1), [order(1)])
    failing(store, "COMMIT", apsw.IOError("disk I/O error"), apsw.SQLITE_IOERR_FSYNC)
    with pytest.raises(SyncFailed, match="is unknown"):
        store.commit(at(2), [order(2)])
    with pytest.raises(SyncFailed, match="takes no more"):
        store.commit(at(3), [order(3)])
    store.abandon()


def test_a_write_that_fails_before_its_sync_is_tried_three_times(book: Path) -> None:
    store = BookStore.open(book)
    disk = failing(store, "COMMIT", apsw.IOError("disk I/O error"), apsw.SQLITE_IOERR_WRITE, times=2)
    store.commit(at(1), [order(1)])
    assert disk.calls == 3
    failing(store, "COMMIT", apsw.IOError("disk I/O error"), apsw.SQLITE_IOERR_WRITE, times=3)
    with pytest.raises(StorageFailed, match="dmesg"):
        store.commit(at(2), [order(2)])
    assert store.latest() == (at(1), [order(1)])
    store.abandon()


def test_a_disk_that_turned_read_only_says_so(book: Path) -> None:
    store = BookStore.open(book)
    failing(store, "BEGIN IMMEDIATE", apsw.ReadOnlyError("attempt to write a readonly database"))
    with pytest.raises(BookReadOnly, match="write permission"):
        store.commit(at(1), [order(1)])
    store.abandon()


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageFailed, match="could not be read or written"):
        BookStore.open(tmp_path / "file" / "book")


def test_an_unfit_sqlite_is_refused() -> None:
    with pytest.raises(SqliteUnfit, match=r"3\.51\.2"):
        require_fit_sqlite("3.51.2")


def test_commits_are_synced_in_full_and_the_wal_does_not_grow_without_bound(book: Path) -> None:
    store = BookStore.open(book)
    assert store._connection.pragma("synchronous") == 2
    assert store._connection.pragma("journal_mode") == "wal"
    longest = 0
    rows = [order(each, text="x" * 2_000) for each in range(1, 500)]
    for turn in range(25):
        store.commit(at(turn), [replace(row, updated_at_ns=at(turn)) for row in rows])
        longest = max(longest, store._wal_pages)
    assert CHECKPOINT_PAGES < longest < CHECKPOINT_PAGES + 1_000
    store.close()


def test_income_and_trades_are_never_written_over(book: Path) -> None:
    store = BookStore.open(book)
    store.commit(at(1), [income(1), trade(1, 1)])
    with pytest.raises(BookDamaged):
        store.commit(at(2), [income(1, amount=Decimal(5))])
    assert store.histories.income("alice", History(), None) == [income(1)]
    store.close()
