"""The port to the journal: the log on disk."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from msgspec import Struct


class Head(Struct, frozen=True):
    """How far a log goes: the number of its records and the RFC 6962 root over them, 32 bytes."""

    size: int
    root: bytes


class JournalWriter(Protocol):
    """Takes records in order. What it has acknowledged is never lost."""

    @property
    def head(self) -> Head:
        """Size and root of what is on disk."""
        ...

    def free_bytes(self) -> int:
        """Return how many bytes may still be written where the journal lies."""
        ...

    def append(
        self, bodies: Sequence[bytes], blobs: Sequence[bytes] = (), openings: Sequence[tuple[str, bytes]] = ()
    ) -> Head:
        """Write all of it in one synced transaction, or nothing; return the new head.

        Errors: a Fault says what happened; after a failed sync the writer is unusable and the process must end.
        """
        ...


class JournalSource(Protocol):
    """Gives records back."""

    def size(self) -> int:
        """Return the number of records."""
        ...

    def bodies(self, from_seq: int, to_seq: int) -> Iterator[tuple[int, bytes]]:
        """Yield (seq, body) for from_seq <= seq < to_seq, in order."""
        ...
