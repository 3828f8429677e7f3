"""A stand-in for a disk that fails: a real connection, one of whose statements fails as told."""

import apsw

from interlock.venues.paper.bourse.store.book_store import BookStore


class FailingConnection:
    """A real connection whose next calls of one statement fail."""

    def __init__(self, connection: apsw.Connection, statement: str, error: apsw.Error, code: int, times: int) -> None:
        self._connection, self._statement, self._times, self._error = connection, statement, times, error
        error.extendedresult = code  # type: ignore[attr-defined]  # apsw sets it, its stubs leave it out
        self.calls = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def execute(self, statement: str, bindings: object = None) -> object:
        if statement == self._statement:
            self.calls += 1
            if self.calls <= self._times:
                raise self._error
        return self._connection.execute(statement, bindings)  # type: ignore[arg-type]  # passed on as it came


def failing(store: BookStore, statement: str, error: apsw.Error, code: int = 0, times: int = 1) -> FailingConnection:
    connection = FailingConnection(store._connection, statement, error, code, times)
    store._connection = connection  # type: ignore[assignment]  # the stand-in has what is used of a connection
    return connection
