"""The book of record as a whole, for people and tests: read beside the exchange or after its end."""

from decimal import InvalidOperation
from pathlib import Path
from typing import Final, TypeVar

import apsw
import msgspec
from msgspec import Struct

from interlock.ports.exchange.rows import AlgoRow, IncomeRow, OrderRow, TradeRow
from interlock.ports.exchange.words import OPEN
from interlock.units.time import NS_PER_MS
from interlock.venues.paper.bourse.records import (
    AccountKept,
    AssetKept,
    CountdownKept,
    CountersKept,
    StandingKept,
    WalletKept,
)
from interlock.venues.paper.bourse.store.book_store import latest_rows
from interlock.venues.paper.bourse.store.columns import ALGOS, INCOME, ORDERS, TRADES, Columns, Value
from interlock.venues.paper.bourse.store.database import connect_reader
from interlock.venues.paper.bourse.store.faults import damaged, fault_of
from interlock.venues.paper.bourse.store.schema import ALGO_IS_OPEN, DATABASE_NAME, ORDER_IS_OPEN

_Row = TypeVar("_Row", bound=Struct)
_Found = list[tuple[Value, ...]]
_UNREAD: Final = "the book was not read"


class BookDump(Struct, frozen=True, kw_only=True):
    """All that the exchange has on its books at one moment, each list in a fixed order.

    `assets` are spot balances, `wallets` futures balances, `standings` futures positions and settings. `orders` and
    `algos` hold those that are open, and those of the time asked for; `trades` and `income` those of that time.
    """

    at_ns: int
    counters: CountersKept | None
    accounts: tuple[AccountKept, ...]
    assets: tuple[AssetKept, ...]
    wallets: tuple[WalletKept, ...]
    standings: tuple[StandingKept, ...]
    countdowns: tuple[CountdownKept, ...]
    orders: tuple[OrderRow, ...]
    algos: tuple[AlgoRow, ...]
    trades: tuple[TradeRow, ...]
    income: tuple[IncomeRow, ...]

    def open_orders(self) -> tuple[OrderRow, ...]:
        """Return the orders that are open, oldest first."""
        return tuple(order for order in self.orders if order.state in OPEN)


def read_book(directory: Path, since_ms: int = 0) -> BookDump:
    """Return the book of a folder as of one moment, histories from `since_ms` (UTC milliseconds) on.

    The exchange may run meanwhile: it is read in one transaction, and made into rows after that has ended, since a long
    reader lets the WAL of the writer grow. Errors: BookFault.
    """
    path = directory / DATABASE_NAME
    connection = connect_reader(directory, _UNREAD)
    since_ns = (since_ms * NS_PER_MS,)
    try:
        connection.execute("BEGIN")
        at_ns, rows = latest_rows(connection, path, _UNREAD)
        orders = _raw(connection, ORDERS, f"updated_at_ns >= ? OR {ORDER_IS_OPEN}", since_ns)
        algos = _raw(connection, ALGOS, f"updated_at_ns >= ? OR {ALGO_IS_OPEN}", since_ns)
        trades = _raw(connection, TRADES, "at_ns >= ?", since_ns)
        income = _raw(connection, INCOME, "at_ns >= ?", since_ns)
    except apsw.Error as error:
        raise fault_of(error, path, _UNREAD) from error
    finally:
        connection.close()
    counters = [row for row in rows if isinstance(row, CountersKept)]
    try:
        return BookDump(
            at_ns=at_ns,
            counters=counters[0] if counters else None,
            accounts=tuple(row for row in rows if isinstance(row, AccountKept)),
            assets=tuple(row for row in rows if isinstance(row, AssetKept)),
            wallets=tuple(row for row in rows if isinstance(row, WalletKept)),
            standings=tuple(row for row in rows if isinstance(row, StandingKept)),
            countdowns=tuple(row for row in rows if isinstance(row, CountdownKept)),
            orders=tuple(ORDERS.rows(orders)),
            algos=tuple(ALGOS.rows(algos)),
            trades=tuple(TRADES.rows(trades)),
            income=tuple(INCOME.rows(income)),
        )
    except (ValueError, KeyError, InvalidOperation) as error:
        raise damaged(path, _UNREAD, f"A row of it cannot be read: {error!r}") from error


def book_json(dump: BookDump) -> bytes:
    """Return a dump as JSON: stable, sorted, numbers of money as text."""
    return msgspec.json.encode(dump)


def _raw(connection: apsw.Connection, columns: Columns[_Row], where: str, values: tuple[int, ...]) -> _Found:
    return connection.execute(f"{columns.select} WHERE {where} ORDER BY {columns.key}", values).fetchall()
