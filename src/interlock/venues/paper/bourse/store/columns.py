"""Rows as SQLite holds them, and back: one table a kind of row, one column a field, under the field's name."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import Enum
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar, cast

from msgspec import Struct
from msgspec.structs import astuple, fields

from interlock.ports.exchange.rows import AlgoRow, IncomeRow, OrderRow, TradeRow
from interlock.units.money import plain

Value = str | int | bytes | float | None
_Row = TypeVar("_Row", bound=Struct)
_Convert = Callable[[Any], Any]  # between a field and a column, whose types differ from field to field


class Columns(Generic[_Row]):
    """How one kind of row is written and read. `fixed` names fields that never change once the row is there."""

    def __init__(self, row: type[_Row], table: str, key: str, fixed: tuple[str, ...] = ()) -> None:
        self._row = row
        self._fields = fields(row)
        self.table = table
        self.key = key
        self.names = tuple(field.name for field in self._fields)
        self._writers = [(place, write) for place, field in enumerate(self._fields) if (write := _writer(field.type))]
        self._readers = [(place, read) for place, field in enumerate(self._fields) if (read := _reader(field.type))]
        self.select = f"SELECT {', '.join(self.names)} FROM {table}"
        values = ", ".join("?" * len(self.names))
        inserted = f"INSERT INTO {table}({', '.join(self.names)}) VALUES ({values})"
        changing = [name for name in self.names if name not in (key, *fixed)]
        updates = ", ".join(f"{name} = excluded.{name}" for name in changing)
        self.insert = inserted
        self.upsert = f"{inserted} ON CONFLICT({key}) DO UPDATE SET {updates}"

    def values(self, row: _Row) -> list[Value]:
        """Return a row's fields as columns hold them."""
        values = list(astuple(row))
        for place, write in self._writers:
            values[place] = write(values[place])
        return values

    def rows(self, found: Iterable[tuple[Value, ...]]) -> list[_Row]:
        """Return the rows of what `select` found. Errors: ValueError or decimal.InvalidOperation for a wrong column."""
        names, row = self.names, self._row
        # Column by column: one call for each row and field would take two and a half times as long.
        columns: list[Iterable[Any]] = list(zip(*found, strict=True))
        for place, read in self._readers if columns else ():
            columns[place] = map(read, columns[place])
        return [row(**dict(zip(names, values, strict=True))) for values in zip(*columns, strict=True)]


def _writer(field: object) -> _Convert | None:
    if field is Decimal:
        return plain
    if field is bool:
        return int
    return attrgetter("_value_") if _is_word(field) else None  # a plain attribute: a tenth of the cost of `value`


def _reader(field: object) -> _Convert | None:
    if field is Decimal:
        return Decimal
    if field is bool:
        return bool
    if _is_word(field):
        # A look-up in a dictionary is a third of the cost of calling the enum.
        words = {word.value: word for word in cast(type[Enum], field)}
        return words.__getitem__
    return None


def _is_word(field: object) -> bool:
    return isinstance(field, type) and issubclass(field, Enum)


ORDERS: Final = Columns(
    OrderRow, "orders", "order_id", ("market", "account", "symbol", "client_order_id", "created_at_ns")
)
ALGOS: Final = Columns(AlgoRow, "algos", "algo_id", ("account", "symbol", "client_algo_id", "created_at_ns"))
TRADES: Final = Columns(TradeRow, "trades", "trade_id")
INCOME: Final = Columns(IncomeRow, "income", "income_id")
