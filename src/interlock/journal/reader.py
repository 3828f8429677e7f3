"""Reading the journal beside its writer: short transactions, bounded batches, never a lock that a commit waits for."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final, cast

import apsw

from interlock.journal.database import connect_reader
from interlock.journal.faults import JournalDamaged, fault_of
from interlock.journal.head import read_head
from interlock.journal.schema import DATABASE_NAME, HEAD_NAME
from interlock.ports.journal import Head

# A long read transaction keeps the WAL from starting over, so a batch is read whole and its transaction ended.
_BATCH_RECORDS: Final = 512

_Bindings = tuple[int | str | bytes, ...]


class JournalReader:
    """A journal opened for reading; to follow a writer, ask for the size again. Errors of every verb: JournalFault."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / DATABASE_NAME
        self._connection = connect_reader(directory)

    def size(self) -> int:
        """Return the number of records on disk now."""
        return cast(int, self._rows("SELECT coalesce(max(seq) + 1, 0) FROM leaf")[0][0])

    def head(self) -> Head:
        """Return the newest head beside the journal; it may lag behind the size after a crash.

        Errors: JournalDamaged when the head file is missing or neither slot of it can be read.
        """
        try:
            return read_head(self._directory / HEAD_NAME).heads[0]
        except FileNotFoundError as error:
            raise JournalDamaged(
                f"The head file {self._directory / HEAD_NAME} is missing, so a cut tail cannot be told from the end.",
                "Run `interlock verify`, and restore the file from a backup of this folder.",
            ) from error

    def origin(self) -> str:
        """Return the name of the log."""
        return cast(str, self._meta("origin"))

    def lease_epoch(self) -> int:
        """Return the newest lease epoch that has written here."""
        return cast(int, self._meta("lease_epoch"))

    def bodies(self, from_seq: int, to_seq: int) -> Iterator[tuple[int, bytes]]:
        """Yield (seq, body) for from_seq <= seq < to_seq, in order, as far as they exist."""
        yield from self._batches("SELECT seq, bytes FROM body", from_seq, to_seq)

    def leaf_hashes(self, from_seq: int, to_seq: int) -> Iterator[tuple[int, bytes]]:
        """Yield (seq, leaf hash) for from_seq <= seq < to_seq, in order, as far as they exist."""
        yield from self._batches("SELECT seq, hash FROM leaf", from_seq, to_seq)

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

    def opening(self, commitment: str) -> bytes | None:
        """Return the plaintext behind a commitment, or None when it was never kept or was erased."""
        rows = self._rows("SELECT plaintext FROM opening WHERE commitment = ?", (commitment,))
        return cast(bytes, rows[0][0]) if rows else None

    def close(self) -> None:
        """Let go of the files."""
        self._connection.close()

    def _meta(self, key: str) -> object:
        rows = self._rows("SELECT value FROM meta WHERE key = ?", (key,))
        if not rows:
            raise JournalDamaged(
                f"{self._path} holds no {key}: it was not made whole, or was edited.",
                "Run `interlock verify`, and restore the folder from a backup.",
            )
        return rows[0][0]

    def _batches(self, select: str, from_seq: int, to_seq: int) -> Iterator[tuple[int, bytes]]:
        bounded = f"{select} WHERE seq >= ? AND seq < ? ORDER BY seq LIMIT {_BATCH_RECORDS}"
        while from_seq < to_seq:
            rows = cast(list[tuple[int, bytes]], self._rows(bounded, (from_seq, to_seq)))
            yield from rows
            if len(rows) < _BATCH_RECORDS:
                return
            from_seq = rows[-1][0] + 1

    def _rows(self, statement: str, bindings: _Bindings = ()) -> list[tuple[object, ...]]:
        try:
            return self._connection.execute(statement, bindings).fetchall()
        except apsw.Error as error:
            raise fault_of(error, self._path, "reading stopped here") from error
