"""A journal that writes nothing and compares: a run played again from raw ticks must give every stored byte again."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from interlock.ports.journal import Head, JournalSource


class Divergence(Struct, frozen=True, kw_only=True):
    """The first record that did not come out again. `stored` or `played` is None where one of the two has ended."""

    seq: int
    stored: bytes | None
    played: bytes | None


class Diverged(Exception):
    """Ends a run at its first divergence; there is nothing to learn beyond it."""

    def __init__(self, divergence: Divergence) -> None:
        super().__init__(f"record {divergence.seq} did not come out again")
        self.divergence = divergence


class ComparingJournal:
    """Takes a run's records and holds each against the stored log. Implements `JournalWriter`."""

    def __init__(self, stored: JournalSource) -> None:
        self._size = stored.size()
        self._bodies: Iterator[tuple[int, bytes]] = stored.bodies(0, self._size)
        self._compared = 0

    @property
    def head(self) -> Head:
        """How many records came out again; no root is computed."""
        return Head(self._compared, b"")

    def free_bytes(self) -> int:
        """Return as much as a disk could have: nothing is written."""
        return 1 << 62

    def append(
        self, bodies: Sequence[bytes], blobs: Sequence[bytes] = (), openings: Sequence[tuple[str, bytes]] = ()
    ) -> Head:
        """Compare the next records. Errors: Diverged."""
        for body in bodies:
            _, stored = next(self._bodies, (0, None))
            if stored != body:
                raise Diverged(Divergence(seq=self._compared, stored=stored, played=body))
            self._compared += 1
        return self.head

    def finish(self) -> None:
        """Say that the run is over. Errors: Diverged when the stored log goes on."""
        rest = next(self._bodies, None)
        if rest is not None:
            raise Diverged(Divergence(seq=rest[0], stored=rest[1], played=None))
