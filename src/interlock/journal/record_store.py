"""The journal's one writer: records appended in synced transactions, and nothing acknowledged that could be lost."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final, NoReturn, cast

import apsw

from interlock.journal.database import CHECKPOINT_BYTES, TRIES, connect_writer, reserve_wal
from interlock.journal.faults import (
    RUN_AGAIN,
    RUNBOOK,
    JournalDamaged,
    JournalFault,
    JournalLocked,
    StaleEpoch,
    SyncFailed,
    extended_code,
    fault_of,
    fault_of_os,
)
from interlock.journal.founding import found_journal, refuse_absent_journal
from interlock.journal.head import HeadFile, HeadSlots, read_head
from interlock.journal.lock import take_lock
from interlock.journal.schema import DATABASE_NAME, HEAD_NAME, LOCK_NAME, WAL_NAME
from interlock.journal.tree import HASH_BYTES, Tree, leaf_hashes
from interlock.messages.record import BODY_BYTES_MAX
from interlock.ports.journal import Head

_COMMIT_BYTES: Final = 3 * 4096  # the pages that a commit writes beside what it holds, about
_EPOCH: Final = "SELECT value FROM meta WHERE key = 'lease_epoch'"
_FENCED: Final = f"SELECT ?1 + rowid, value FROM carray(?2) WHERE ({_EPOCH}) = ?3"
_INSERT_BODIES: Final = f"INSERT INTO body {_FENCED}"
_INSERT_LEAVES: Final = f"INSERT INTO leaf {_FENCED}"
_NOT_WRITTEN: Final = "the records of this append were not written"
_NOT_OPENED: Final = "the journal was not opened"


class Journal:
    """A journal opened for writing. Errors of every verb: JournalFault."""

    def __init__(
        self, directory: Path, connection: apsw.Connection, lock: int, tree: Tree, head_file: HeadFile, lease_epoch: int
    ) -> None:
        """Take over parts that `create` and `open` have checked."""
        self._path = directory / DATABASE_NAME
        self._connection = connection
        self._lock = lock
        self._tree = tree
        self._head_file = head_file
        self._lease_epoch = lease_epoch
        self._head = Head(tree.size, tree.root())
        self._is_sealed = False
        self._is_in_doubt = False  # whether the last append was committed; only an interrupt leaves that open
        self._unusable: str | None = None
        self._closed = False
        self._wal_bytes = 0

    @classmethod
    def create(cls, directory: Path, origin: str, lease_epoch: int) -> "Journal":
        """Return a new, empty journal in a folder that holds none; the folder is made if need be.

        `origin` names the log for ever; `lease_epoch` is that of the holder who writes first.
        """
        found_journal(directory, origin, lease_epoch)
        return cls.open(directory, lease_epoch)

    @classmethod
    def open(cls, directory: Path, lease_epoch: int) -> "Journal":
        """Return the journal of a folder, as its only writer.

        Refuses one that is damaged as far as its leaves and its head can tell; bodies are `verify`'s business. A newer
        lease epoch is written down before this returns, so that the holder of an older one can append no more.
        """
        path = directory / DATABASE_NAME
        refuse_absent_journal(directory)
        lock = take_lock(directory / LOCK_NAME, _NOT_OPENED)
        try:
            reserve_wal(directory / WAL_NAME)
            connection = connect_writer(path, _NOT_OPENED)
            try:
                slots = _head_slots(directory)
                tree = _checked_tree(connection, path, slots)
                head_file = HeadFile(directory / HEAD_NAME, slots, lease_epoch)
                journal = cls(directory, connection, lock, tree, head_file, lease_epoch)
                stored = journal._stored_epoch()
                if stored <= lease_epoch:
                    _refuse_odd_epoch(path, stored, slots)
                if stored < lease_epoch:  # first the head, then the database: a head never names a lower epoch
                    head_file.unseal(journal.head)
                journal._transact(journal._take_epoch, "the lease epoch was not taken")
                head_file.seal(journal.head)
                journal._is_sealed = True
            except BaseException:
                connection.close()
                raise
        except apsw.Error as error:
            os.close(lock)
            raise fault_of(error, path, _NOT_OPENED) from error
        except OSError as error:
            os.close(lock)
            raise fault_of_os(error, directory / HEAD_NAME, _NOT_OPENED) from error
        except BaseException:
            os.close(lock)
            raise
        return journal

    @property
    def size(self) -> int:
        """Return the number of records."""
        return self._head.size

    @property
    def head(self) -> Head:
        """Return size and root of what is on disk."""
        return self._head

    def append(
        self, bodies: Sequence[bytes], blobs: Sequence[bytes] = (), openings: Sequence[tuple[str, bytes]] = ()
    ) -> Head:
        """Write all of it in one synced transaction, or nothing; return the new head.

        Errors: SyncFailed makes the journal unusable, and this process must end; StaleEpoch when a newer holder writes
        here; AssertionError for a body that does not fit a leaf (the caller makes it a blob).
        """
        assert not self._closed, "an append to a closed journal"
        assert bodies, "an append without a record"
        lengths = [len(body) for body in bodies]
        assert 0 < min(lengths) <= max(lengths) <= BODY_BYTES_MAX, f"a body of {max(lengths)} bytes does not fit a leaf"
        self._refuse_if_unusable()
        hashes = leaf_hashes(bodies)
        if self._wal_bytes >= CHECKPOINT_BYTES:
            self._checkpoint(apsw.SQLITE_CHECKPOINT_PASSIVE, _NOT_WRITTEN)
        # All that can be computed is computed before the commit: after the wait for the disk the same work costs twice.
        tree = self._tree.extended(hashes)
        head = Head(tree.size, tree.root())
        line = self._head_file.line(head)
        if self._is_sealed:
            self._unseal()

        def write() -> None:
            self._insert(_INSERT_BODIES, bodies)
            self._insert(_INSERT_LEAVES, hashes)
            if blobs:
                rows = [(sha256(blob).digest(), blob) for blob in blobs]
                self._connection.executemany("INSERT INTO blob VALUES (?,?) ON CONFLICT DO NOTHING", rows)
            if openings:
                self._connection.executemany("INSERT INTO opening VALUES (?,?) ON CONFLICT DO NOTHING", openings)

        self._is_in_doubt = True
        try:
            self._transact(write, _NOT_WRITTEN)
        except JournalFault:
            self._is_in_doubt = False
            raise
        self._wal_bytes += sum(lengths) + sum(map(len, blobs)) + _COMMIT_BYTES
        self._head_file.write(line)
        self._tree = tree
        self._head = head
        self._is_in_doubt = False
        return head

    def free_bytes(self) -> int:
        """Return how many bytes this user may still write to the disk that holds the journal."""
        state = os.statvfs(self._path)
        return state.f_bavail * state.f_frsize

    def close(self) -> None:
        """Bring the database file up to date, seal the head at the end, and let go of the files.

        After a failed sync it only lets go: no page is written that might hide what was lost. An append that was
        interrupted may be there or not, so no end is sealed after it; nor is one after a newer holder took over.
        """
        assert not self._closed, "a journal is closed once"
        self._closed = True
        try:
            if self._unusable is None:
                self._checkpoint(apsw.SQLITE_CHECKPOINT_TRUNCATE, "the records stay in the WAL file beside it")
                if not self._is_in_doubt and self._stored_epoch() == self._lease_epoch:
                    self._head_file.seal(self._head)
        except apsw.Error as error:
            raise fault_of(error, self._path, "the head was not sealed at close") from error
        except OSError as error:
            raise fault_of_os(error, self._path.with_name(HEAD_NAME), "the head was not sealed at close") from error
        finally:
            self._let_go()

    def abandon(self) -> None:
        """Let go of the files as they stand, as a crash would: after a fault, which no second one must hide.

        It raises nothing and writes nothing. What was acknowledged stays in the WAL, where a reader finds it.
        """
        assert not self._closed, "a journal is closed once"
        self._closed = True
        self._let_go()

    def _let_go(self) -> None:
        """Close the files. Nothing is at stake by then, so an error here tells nobody anything."""
        with suppress(apsw.Error):
            self._connection.close()
        with suppress(OSError):
            self._head_file.close()
        with suppress(OSError):
            os.close(self._lock)

    def _unseal(self) -> None:
        """Say, synced, that the log goes on: before the first record is there."""
        try:
            self._head_file.unseal(self._head)
        except OSError as error:
            self._unusable = "its head could not be written"
            raise fault_of_os(error, self._path.with_name(HEAD_NAME), _NOT_WRITTEN) from error
        self._is_sealed = False

    def _transact(self, write: Callable[[], None], undone: str) -> None:
        """Run a write in one transaction, synced when this returns; three tries for what a try can cure."""
        for attempt in range(TRIES):
            committing = False
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                write()
                committing = True
                self._connection.execute("COMMIT")
                return
            except apsw.Error as error:
                if committing and _is_failed_sync(error):
                    self._unusable = "a sync of it failed"
                    raise SyncFailed(
                        f"A sync of {self._path} failed: whether the last append is on disk is unknown, it was not "
                        f"acknowledged, and nothing more is written. SQLite says: {error}.",
                        f"Check the disk (`dmesg`), {RUN_AGAIN} `interlock verify` reads what is there. {RUNBOOK}",
                    ) from error
                self._roll_back()
                if attempt == TRIES - 1 or not isinstance(error, apsw.BusyError | apsw.LockedError | apsw.IOError):
                    raise self._named(error, undone) from error
            except BaseException:
                self._roll_back()
                raise

    def _named(self, error: apsw.Error, undone: str) -> JournalFault:
        if isinstance(error, apsw.ConstraintError):
            return JournalLocked(
                f"Record {self._head.size} of {self._path} is there already, so another program has written it: "
                f"{undone}. SQLite says: {error}.",
                f"Find and stop the other writer, run `interlock verify`, {RUN_AGAIN}",
            )
        return fault_of(error, self._path, undone)

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _insert(self, statement: str, values: Sequence[bytes]) -> None:
        """Insert (seq, value) rows, if the epoch is still ours: the statement itself is the fence.

        All rows in one statement: a call into SQLite for each costs more than the row.
        """
        self._connection.execute(statement, (self._head.size - 1, apsw.carray(tuple(values)), self._lease_epoch))
        if self._connection.changes() != len(values):
            self._refuse_stale_epoch()

    def _stored_epoch(self) -> int:
        row = self._connection.execute(_EPOCH).fetchone()
        if row is None or not isinstance(row[0], int):
            raise JournalDamaged(
                f"{self._path} holds no lease epoch: it was not made whole, or was edited. {_NOT_OPENED.capitalize()}.",
                f"Keep the folder as it is and run `interlock verify`. {RUNBOOK}",
            )
        return row[0]

    def _refuse_stale_epoch(self) -> NoReturn:
        raise StaleEpoch(
            f"Lease epoch {self._stored_epoch()} writes {self._path} now; this process holds epoch "
            f"{self._lease_epoch}, and wrote nothing.",
            "Nothing to repair: another Interlock took over. Stop this one.",
        )

    def _take_epoch(self) -> None:
        stored = self._stored_epoch()
        if stored > self._lease_epoch:
            self._refuse_stale_epoch()
        if stored < self._lease_epoch:
            self._connection.execute("UPDATE meta SET value = ? WHERE key = 'lease_epoch'", (self._lease_epoch,))

    def _refuse_if_unusable(self) -> None:
        if self._unusable is not None:
            raise SyncFailed(
                f"The journal {self._path} takes no more records since {self._unusable}: {_NOT_WRITTEN}.",
                f"End this process, {RUN_AGAIN} `interlock verify` reads what is on disk. {RUNBOOK}",
            )

    def _checkpoint(self, mode: int, undone: str) -> None:
        """Copy the WAL into the database file, as far as readers allow.

        Done before an append and not after its commit, so that a failure is never mistaken for that of a commit. With a
        reader in the way the WAL grows on, and the next try waits for as many bytes again.
        """
        try:
            self._connection.wal_checkpoint("main", mode)
        except apsw.Error as error:
            if _is_failed_sync(error):
                self._unusable = "a sync of it failed"
                raise SyncFailed(
                    f"A sync of {self._path} failed while its WAL was copied: {undone}. SQLite says: {error}.",
                    f"Check the disk (`dmesg`), {RUN_AGAIN} The records are still in the WAL. {RUNBOOK}",
                ) from error
            raise fault_of(error, self._path, undone) from error
        self._wal_bytes = 0


def _is_failed_sync(error: apsw.Error) -> bool:
    """Tell whether an error at commit or checkpoint may have left a sync undone.

    Only a write that failed is known to come before the sync; whatever else the disk reports there counts as a sync.
    """
    return isinstance(error, apsw.IOError) and extended_code(error) != apsw.SQLITE_IOERR_WRITE


def _head_slots(directory: Path) -> HeadSlots:
    try:
        return read_head(directory / HEAD_NAME)
    except FileNotFoundError as error:
        raise JournalDamaged(
            f"The head file {directory / HEAD_NAME} is missing, so a cut tail cannot be told from the end: "
            f"{_NOT_OPENED}.",
            "Run `interlock verify`, and restore the file from a backup of this folder.",
        ) from error


def _refuse_odd_epoch(path: Path, stored: int, slots: HeadSlots) -> None:
    """Refuse a lease epoch that is not the one the head was written under: a lowered one would let an old holder in."""
    if not slots.allows_epoch(stored):
        raise JournalDamaged(
            f"{path} holds the lease epoch {stored}, its head was written under {slots.lease_epoch}: {_NOT_OPENED}.",
            f"Keep the folder as it is and run `interlock verify`. {RUNBOOK}",
        )


def _checked_tree(connection: apsw.Connection, path: Path, slots: HeadSlots) -> Tree:
    """Return the tree over the stored leaves, if they number 0 to n - 1 and agree with the head."""
    rows = connection.execute("SELECT seq, hash FROM leaf ORDER BY seq").fetchall()
    last_body = connection.execute("SELECT coalesce(max(seq), -1) FROM body").fetchone()
    hashes = [cast(bytes, row[1]) for row in rows]
    head = slots.heads[0]
    sealed_size = len(rows) if slots.sealed_size is None else slots.sealed_size
    if len(rows) > sealed_size:
        raise JournalDamaged(
            f"{path} holds {len(rows) - sealed_size} record(s) after its end, which was sealed at {sealed_size} "
            f"records: no Interlock wrote them. {_NOT_OPENED.capitalize()}.",
            f"Keep the folder as it is and run `interlock verify`. {RUNBOOK}",
        )
    tree = Tree().extended(hashes[: head.size])
    if (
        (rows and rows[-1][0] != len(rows) - 1)
        or last_body != (len(rows) - 1,)
        or any(len(value) != HASH_BYTES for value in hashes)
        or (tree.size, tree.root()) != (head.size, head.root)
    ):
        raise JournalDamaged(
            f"{path} holds {len(rows)} leaves that do not agree with its bodies or with its head of {head.size} "
            f"records: {_NOT_OPENED}.",
            f"Keep the folder as it is and run `interlock verify`, which names the first record in doubt. {RUNBOOK}",
        )
    return tree.extended(hashes[head.size :])
