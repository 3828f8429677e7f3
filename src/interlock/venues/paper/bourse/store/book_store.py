"""The one writer of the book of record: a turn's rows in one synced transaction, or none of them."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import InvalidOperation
from pathlib import Path
from typing import Final

import apsw
import msgspec

from interlock.ports.exchange.rows import AlgoRow, IncomeRow, OrderRow, TradeRow
from interlock.venues.paper.bourse.records import Kept, Row, is_gone, kept_key
from interlock.venues.paper.bourse.store.columns import ALGOS, INCOME, ORDERS, TRADES, Value
from interlock.venues.paper.bourse.store.database import (
    CHECKPOINT_PAGES,
    connect_writer,
    found_book,
    require_fit_sqlite,
    take_lock,
)
from interlock.venues.paper.bourse.store.faults import (
    BookFault,
    SyncFailed,
    damaged,
    extended_code,
    failed_sync,
    fault_of,
    fault_of_os,
)
from interlock.venues.paper.bourse.store.histories import Histories
from interlock.venues.paper.bourse.store.schema import ALGO_IS_OPEN, DATABASE_NAME, LOCK_NAME, ORDER_IS_OPEN

_CLOCK: Final = "clock"  # the key of the moment of the last turn; none of the kernel's own keys has this form
_UPSERT_KEPT: Final = "INSERT INTO kept(key, value) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value"
_NOT_OPENED: Final = "the exchange was not started"
_NOT_WRITTEN: Final = "the last turn was not written and none of it was acknowledged"
_TRIES: Final = 3


class BookStore:
    """A book of record opened for writing. Errors of every verb: BookFault."""

    def __init__(self, directory: Path, connection: apsw.Connection, lock: int) -> None:
        """Take over parts that `open` has checked."""
        self._path = directory / DATABASE_NAME
        self._connection = connection
        self._lock = lock
        self._is_usable = True
        self._closed = False
        self._wal_pages = 0
        self._checkpoint_due = CHECKPOINT_PAGES
        self._encode = msgspec.json.Encoder().encode
        self.histories = Histories(connection, self._path)
        connection.set_wal_hook(self._committed)

    @classmethod
    def open(cls, directory: Path) -> "BookStore":
        """Return the book of a folder, as its only writer. A new one is made where none is."""
        require_fit_sqlite(apsw.sqlite_lib_version())
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise fault_of_os(error, directory, _NOT_OPENED) from error
        lock = take_lock(directory / LOCK_NAME, _NOT_OPENED)
        try:
            if not (directory / DATABASE_NAME).exists():
                found_book(directory, _NOT_OPENED)
            return cls(directory, connect_writer(directory, _NOT_OPENED), lock)
        except OSError as error:
            os.close(lock)
            raise fault_of_os(error, directory / DATABASE_NAME, _NOT_OPENED) from error
        except BaseException:
            os.close(lock)
            raise

    def latest(self) -> tuple[int, list[Row]]:
        """Return the moment of the last turn and the newest version of every row that still matters."""
        return latest_rows(self._connection, self._path, _NOT_OPENED)

    def commit(self, at_ns: int, rows: Sequence[Row]) -> None:
        """Write a turn whole, synced when this returns. `at_ns` is its moment.

        Errors: SyncFailed makes the store unusable, and this process must end. After any other fault nothing of the
        turn is on disk, while the memory of who asked is ahead of it: that process must end, too.
        """
        assert not self._closed, "a commit to a closed book"
        if not self._is_usable:
            raise SyncFailed(
                f"{self._path} takes no more since a sync of it failed: {_NOT_WRITTEN}.", "Start the exchange again."
            )
        orders: list[list[Value]] = []
        algos: list[list[Value]] = []
        trades: list[list[Value]] = []
        income: list[list[Value]] = []
        kept: list[tuple[str, bytes]] = [(_CLOCK, b"%d" % at_ns)]
        gone: list[tuple[str]] = []
        for row in rows:
            if isinstance(row, OrderRow):
                orders.append(ORDERS.values(row))
            elif isinstance(row, TradeRow):
                trades.append(TRADES.values(row))
            elif isinstance(row, IncomeRow):
                income.append(INCOME.values(row))
            elif isinstance(row, AlgoRow):
                algos.append(ALGOS.values(row))
            elif is_gone(row):
                gone.append((kept_key(row),))
            else:
                kept.append((kept_key(row), self._encode(row)))

        def write() -> None:
            connection = self._connection
            for statement, values in (
                (ORDERS.upsert, orders),
                (ALGOS.upsert, algos),
                (TRADES.insert, trades),
                (INCOME.insert, income),
                (_UPSERT_KEPT, kept),
                ("DELETE FROM kept WHERE key = ?", gone),
            ):
                if values:
                    connection.executemany(statement, values)

        if self._wal_pages >= self._checkpoint_due:
            self._checkpoint()
        self._transact(write)

    def close(self) -> None:
        """Copy the WAL into the book and let go of the files."""
        assert not self._closed, "a book is closed once"
        try:
            if self._is_usable:
                self._checkpoint()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let go of the files as they stand, as a crash would. What was committed stays in the WAL."""
        self._closed = True
        with suppress(apsw.Error):
            self._connection.close()
        with suppress(OSError):
            os.close(self._lock)

    # --- Inside ----------------------------------------------------------------------------------------------------

    def _transact(self, write: Callable[[], None]) -> None:
        """Run a write in one transaction, synced when this returns; three tries for what a try can cure."""
        for attempt in range(_TRIES):
            committing = False
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                write()
                committing = True
                self._connection.execute("COMMIT")
                return
            except apsw.Error as error:
                if committing and _is_failed_sync(error):
                    self._is_usable = False
                    raise failed_sync(self._path, error) from error
                self._roll_back()
                if attempt == _TRIES - 1 or not isinstance(error, apsw.BusyError | apsw.LockedError | apsw.IOError):
                    raise self._named(error) from error
            except BaseException:
                self._roll_back()
                raise

    def _named(self, error: apsw.Error) -> BookFault:
        if isinstance(error, apsw.ConstraintError):
            why = f"A row that is to be new is there already, so another program has written it: {error}"
            return damaged(self._path, _NOT_WRITTEN, why)
        return fault_of(error, self._path, _NOT_WRITTEN)

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _committed(self, connection: apsw.Connection, name: str, pages: int) -> int:
        """Note how long the WAL is; when it has started over, the next checkpoint is as far off as the first."""
        if pages < self._wal_pages:
            self._checkpoint_due = CHECKPOINT_PAGES
        self._wal_pages = pages
        return apsw.SQLITE_OK

    def _checkpoint(self) -> None:
        """Copy the WAL into the book, as far as readers allow.

        Before a turn and not after its commit, so that a failure is never mistaken for that of a commit. With a reader
        in the way the WAL grows on, and the next try waits for as many pages again.
        """
        self._checkpoint_due = self._wal_pages + CHECKPOINT_PAGES
        try:
            self._connection.wal_checkpoint("main", apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.Error as error:
            if _is_failed_sync(error):
                self._is_usable = False
                raise failed_sync(self._path, error) from error
            raise fault_of(error, self._path, _NOT_WRITTEN) from error


def latest_rows(connection: apsw.Connection, path: Path, undone: str) -> tuple[int, list[Row]]:
    """Return the moment of the last turn, the kernel's rows, and the orders and algo orders that are open."""
    try:
        kept = dict(connection.execute("SELECT key, value FROM kept ORDER BY key"))
        orders = connection.execute(f"{ORDERS.select} WHERE {ORDER_IS_OPEN} ORDER BY order_id").fetchall()
        algos = connection.execute(f"{ALGOS.select} WHERE {ALGO_IS_OPEN} ORDER BY algo_id").fetchall()
    except apsw.Error as error:
        raise fault_of(error, path, undone) from error
    decode = msgspec.json.Decoder(Kept).decode
    try:
        at_ns = int(kept.pop(_CLOCK, b"0"))
        own = [decode(value) for value in kept.values()]
        return at_ns, [*own, *ORDERS.rows(orders), *ALGOS.rows(algos)]
    except (msgspec.DecodeError, ValueError, KeyError, InvalidOperation) as error:
        raise damaged(path, undone, f"A row of it cannot be read: {error!r}") from error


def _is_failed_sync(error: apsw.Error) -> bool:
    """Tell whether an error at commit or checkpoint may have left a sync undone: all but a write that failed."""
    return isinstance(error, apsw.IOError) and extended_code(error) != apsw.SQLITE_IOERR_WRITE
