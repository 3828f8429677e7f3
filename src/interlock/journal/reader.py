"""Reading the journal beside its writer: short transactions, bounded batches, never a lock that a commit waits for."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final, cast

import apsw

from interlock.journal.database import connect_reader
from interlock.journal.faults import JournalDamaged, fault_of
from interlock.journal.lock import is_held
from interlock.journal.schema import DATABASE_NAME, LOCK_NAME

# A long read transaction keeps the WAL from starting over, so a batch is read whole and its transaction ended.
_BATCH_RECORDS: Final = 512

_Bindings = tuple[int | bytes, ...]


class JournalReader:
    """A journal opened for reading; to follow a writer, ask for the size again. Errors of every verb: JournalFault."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / DATABASE_NAME
        self._connection = connect_reader(directory)

    def size(self) -> int:
        """Return the number of records on disk now."""
        return cast(int, self._rows("SELECT coalesce(max(seq) + 1, 0) FROM leaf")[0][0])

    def is_being_written(self) -> bool:
        """Tell whether a writer is at work; without one, no record will come."""
        return is_held(self._path.with_name(LOCK_NAME))

    def bodies(self, from_seq: int, to_seq: int) -> Iterator[tuple[int, bytes]]:
        """Yield (seq, body) for from_seq <= seq < to_seq, in order, as far as they exist."""
        bounded = f"SELECT seq, bytes FROM body WHERE seq >= ? AND seq < ? ORDER BY seq LIMIT {_BATCH_RECORDS}"
        while from_seq < to_seq:
            rows = cast(list[tuple[int, bytes]], self._rows(bounded, (from_seq, to_seq)))
            yield from rows
            if len(rows) < _BATCH_RECORDS:
                return
            from_seq = rows[-1][0] + 1

    def blob(self, digest_hex: str) -> bytes | None:
        """Return the blob with this SHA-256 (hex), or None. Errors: JournalDamaged when its bytes do not match it."""
        rows = self._rows("SELECT bytes FROM blob WHERE sha256 = ?", (bytes.fromhex(digest_hex),))
        if not rows:
            return None
        data = cast(bytes, rows[0][0])
        if sha256(data).hexdigest() != digest_hex:
            raise JournalDamaged(
                f"The blob {digest_hex} of {self._path} does not match its digest: it was not used.",
                "Run `interlock verify` to see what else is damaged, and restore the folder from a backup.",
            )
        return data

    def close(self) -> None:
        """Let go of the files."""
        self._connection.close()

    def _rows(self, statement: str, bindings: _Bindings = ()) -> list[tuple[object, ...]]:
        try:
            return self._connection.execute(statement, bindings).fetchall()
        except apsw.Error as error:
            raise fault_of(error, self._path, "reading stopped here") from error
