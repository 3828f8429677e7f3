"""What an account asks of the past: single orders, and histories by id, time and limit. All by SQL, oldest first."""

from decimal import InvalidOperation
from pathlib import Path
from typing import Final, TypeVar

import apsw
from msgspec import Struct

from interlock.ports.exchange.requests import AlgoKey, History, OrderKey
from interlock.ports.exchange.rows import AlgoRow, IncomeRow, OrderRow, TradeRow
from interlock.ports.exchange.words import Market
from interlock.units.time import NS_PER_MS
from interlock.venues.paper.bourse.store.columns import ALGOS, INCOME, ORDERS, TRADES, Columns, Value
from interlock.venues.paper.bourse.store.faults import damaged, fault_of

_Row = TypeVar("_Row", bound=Struct)
_Bounds = list[tuple[str, Value]]
_UNREAD: Final = "the history was not read"


class Histories:
    """Reads of what is committed. Errors of every verb: BookFault."""

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def order(self, market: Market, account: str, key: OrderKey) -> OrderRow | None:
        """Return one order, of those with the same client id the newest; None when there is none."""
        # A plus before a column keeps it out of the choice of the index: the ids narrow more than the symbol.
        bounds: _Bounds = [("account = ?", account), ("+market = ?", market.value), ("+symbol = ?", key.symbol)]
        if key.order_id is not None:
            bounds.append(("order_id = ?", key.order_id))
        if key.client_order_id is not None:
            bounds.append(("client_order_id = ?", key.client_order_id))
        assert len(bounds) > 3, "a key names an order by one of its ids"
        found = self._found(ORDERS, bounds, "order_id DESC", 1)
        return found[0] if found else None

    def orders(self, market: Market, account: str, history: History) -> list[OrderRow]:
        """Return orders, open and ended: from an id or a time on, or the newest."""
        first_id = history.order_id if history.order_id is not None else history.from_id
        bounds = _of(market, account, history)
        return self._history(ORDERS, bounds, history, first_id, "created_at_ns")

    def trades(self, market: Market, account: str, history: History) -> list[TradeRow]:
        """Return fills: of one order, from an id or a time on, or the newest."""
        if history.order_id is None:
            return self._history(TRADES, _of(market, account, history), history, history.from_id, "at_ns")
        bounds: _Bounds = [(f"+{clause}", value) for clause, value in _of(market, account, history)]
        bounds.append(("order_id = ?", history.order_id))
        return self._history(TRADES, bounds, history, history.from_id, "+at_ns")

    def income(self, account: str, history: History, kind: str | None) -> list[IncomeRow]:
        """Return changes of the futures balance: from an id or a time on, or the newest."""
        bounds: _Bounds = [("account = ?", account)]
        if history.symbol is not None:
            bounds.append(("symbol = ?", history.symbol))
        if kind is not None:
            bounds.append(("kind = ?", kind))
        return self._history(INCOME, bounds, history, history.from_id, "at_ns")

    def algo(self, account: str, key: AlgoKey) -> AlgoRow | None:
        """Return one conditional order, of those with the same client id the newest; None when there is none."""
        bounds: _Bounds = [("account = ?", account)]
        if key.algo_id is not None:
            bounds.append(("algo_id = ?", key.algo_id))
        if key.client_algo_id is not None:
            bounds.append(("client_algo_id = ?", key.client_algo_id))
        assert len(bounds) > 1, "a key names an order by one of its ids"
        found = self._found(ALGOS, bounds, "algo_id DESC", 1)
        return found[0] if found else None

    def algos(self, account: str, history: History) -> list[AlgoRow]:
        """Return conditional orders, waiting and ended: from an id or a time on, or the newest."""
        first_id = history.order_id if history.order_id is not None else history.from_id
        bounds: _Bounds = [("account = ?", account)]
        if history.symbol is not None:
            bounds.append(("symbol = ?", history.symbol))
        return self._history(ALGOS, bounds, history, first_id, "created_at_ns")

    # --- Inside ----------------------------------------------------------------------------------------------------

    def _history(
        self, columns: Columns[_Row], bounds: _Bounds, history: History, first_id: int | None, clock: str
    ) -> list[_Row]:
        """Return the rows within the bounds, oldest first.

        With a first id or a start they are the oldest from there on, without either the newest.
        """
        bounds = list(bounds)
        if first_id is not None:
            # Times never run backwards from id to id, so the index by time leads to an id, too.
            column = clock.removeprefix("+")
            first = f"SELECT {column} FROM {columns.table} WHERE {columns.key} >= ? ORDER BY {columns.key} LIMIT 1"
            bounds.append((f"{clock} >= ({first})", first_id))
            bounds.append((f"{columns.key} >= ?", first_id))
        if history.start_ms is not None:
            bounds.append((f"{clock} >= ?", history.start_ms * NS_PER_MS))
        if history.end_ms is not None:
            bounds.append((f"{clock} < ?", (history.end_ms + 1) * NS_PER_MS))
        if first_id is not None or history.start_ms is not None:
            return self._found(columns, bounds, f"{clock}, {columns.key}", history.limit)
        newest = self._found(columns, bounds, f"{clock} DESC, {columns.key} DESC", history.limit)
        newest.reverse()
        return newest

    def _found(self, columns: Columns[_Row], bounds: _Bounds, order: str, limit: int) -> list[_Row]:
        where = " AND ".join(clause for clause, _ in bounds)
        statement = f"{columns.select} WHERE {where} ORDER BY {order} LIMIT ?"
        values = [value for _, value in bounds]
        try:
            return columns.rows(self._connection.execute(statement, (*values, limit)))
        except apsw.Error as error:
            raise fault_of(error, self._path, _UNREAD) from error
        except (ValueError, KeyError, InvalidOperation) as error:
            raise damaged(self._path, _UNREAD, f"A row of it cannot be read: {error!r}") from error


def _of(market: Market, account: str, history: History) -> _Bounds:
    bounds: _Bounds = [("account = ?", account), ("market = ?", market.value)]
    if history.symbol is not None:
        bounds.append(("symbol = ?", history.symbol))
    return bounds
