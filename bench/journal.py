"""The journal beside plain SQLite, and beside one bare flush of the disk.

Ours and the peer take turns within one run, on the same disk, with the same bodies; the figures are medians. Plain
SQLite is apsw with the same pragmas, one table, and executemany: leaf hashes, leaf table, root and head are our cost.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import apsw

from bench.figures import Figure, compared, table
from interlock.journal.database import CHECKPOINT_BYTES
from interlock.journal.record_store import Journal

COMMITS = {1: 2_000, 10: 1_000, 100: 400}
BODY_BYTES = (1_200, 300)
PREALLOCATED_BYTES = 8 * 1024 * 1024


class PlainSqlite:
    """What anybody would write with SQLite alone."""

    def __init__(self, path: Path) -> None:
        self._connection = apsw.Connection(str(path))
        self._connection.pragma("journal_mode", "wal")
        self._connection.pragma("synchronous", "full")
        self._connection.wal_autocheckpoint(CHECKPOINT_BYTES // 4096)
        self._connection.execute("CREATE TABLE body(seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT")
        self._size = 0

    def append(self, bodies: Sequence[bytes]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT INTO body VALUES (?,?)", enumerate(bodies, self._size))
        self._connection.execute("COMMIT")
        self._size += len(bodies)

    def close(self) -> None:
        self._connection.close()


def bodies_of(chance: random.Random, count: int, size_bytes: int) -> list[bytes]:
    return [chance.randbytes(size_bytes // 2).hex().encode() for _ in range(count)]


def alternate(
    rounds: int, bodies: Callable[[], list[bytes]], sides: Sequence[Callable[[list[bytes]], object]]
) -> list[float]:
    """Return the median microseconds of each side; who goes first changes each round."""
    times: list[list[int]] = [[] for _ in sides]
    for turn in range(rounds):
        batch = bodies()
        for place in range(len(sides)):
            side = (place + turn) % len(sides)
            start = time.perf_counter_ns()
            sides[side](batch)
            times[side].append(time.perf_counter_ns() - start)
    return [median(taken) / 1_000 for taken in times]


def against_sqlite(folder: Path, size_bytes: int, count: int) -> Figure:
    """Return records a second of both, by the median commit."""
    chance = random.Random(7)
    ours = Journal.create(folder / f"ours-{size_bytes}-{count}", "interlock/bench", 1)
    peer = PlainSqlite(folder / f"plain-{size_bytes}-{count}.db")
    taken_us = alternate(COMMITS[count], lambda: bodies_of(chance, count, size_bytes), [ours.append, peer.append])
    ours.close()
    peer.close()
    rates = [count / (us / 1e6) for us in taken_us]
    return compared(
        f"journal: {count} record(s) a commit, {size_bytes} bytes",
        rates[0],
        rates[1],
        "at least 0.8",
        "records/s",
        f"median commit {taken_us[0]:.0f} us, plain SQLite {taken_us[1]:.0f} us",
    )


def against_flush(folder: Path, size_bytes: int) -> Figure:
    """Return input to durable of one record, beside writing as many bytes over a file's own blocks and fdatasync."""
    chance = random.Random(7)
    ours = Journal.create(folder / f"flush-{size_bytes}", "interlock/bench", 1)
    descriptor = os.open(folder / f"flush-{size_bytes}.raw", os.O_RDWR | os.O_CREAT)
    for at in range(0, PREALLOCATED_BYTES, 16_384):
        os.pwrite(descriptor, bytes(16_384), at)
    os.fsync(descriptor)
    place = 0

    def flush(bodies: list[bytes]) -> None:
        nonlocal place
        os.pwrite(descriptor, bodies[0], place)
        os.fdatasync(descriptor)
        place = (place + size_bytes) % (PREALLOCATED_BYTES - size_bytes)

    taken_us = alternate(COMMITS[1], lambda: bodies_of(chance, 1, size_bytes), [ours.append, flush])
    ours.close()
    os.close(descriptor)
    return compared(
        f"journal: input to durable p50, {size_bytes} bytes",
        taken_us[0],
        taken_us[1],
        "at most 2.0",
        "us",
        "one fdatasync",
    )


def run() -> list[Figure]:
    """Measure everything once, in about ten seconds."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("INTERLOCK_BENCH")) as name:
        folder = Path(name)
        figures = [against_sqlite(folder, size, count) for size in BODY_BYTES for count in COMMITS]
        return figures + [against_flush(folder, size) for size in BODY_BYTES]


if __name__ == "__main__":
    sys.stdout.write(table(run()) + "\n")
