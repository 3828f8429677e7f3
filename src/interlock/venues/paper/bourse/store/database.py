"""Opening the book's database: who may write it, whether it is ours and whole, and how a new one is made."""

import fcntl
import os
from pathlib import Path
from typing import Final
from urllib.parse import quote

import apsw

from interlock.venues.paper.bourse.store.faults import (
    BookDamaged,
    BookForeign,
    BookLocked,
    BookMissing,
    BookNewer,
    BookOlder,
    BookReadOnly,
    SqliteUnfit,
    damaged,
    fault_of,
    fault_of_os,
)
from interlock.venues.paper.bourse.store.schema import (
    APPLICATION_ID,
    DATABASE_NAME,
    INDEXES,
    SCHEMA_VERSION,
    SQLITE_VERSION_MIN,
    TABLES,
    WAL_NAME,
)

CHECKPOINT_PAGES: Final = 4_096  # as SQLite counts them in the WAL, of 4 KiB each
_WAL_RESERVED_BYTES: Final = (CHECKPOINT_PAGES + 512) * 4_120
_ZEROS_BYTES: Final = 16_384
_CACHE_KIB: Final = 16_384
_BUSY_MS: Final = 1_000
_STATEMENTS_CACHED: Final = 64


def require_fit_sqlite(version: str) -> None:
    """Refuse a SQLite library older than the fix of the bug that can damage a WAL database."""
    if tuple(int(part) for part in version.split(".")) < SQLITE_VERSION_MIN:
        needed = ".".join(str(part) for part in SQLITE_VERSION_MIN)
        raise SqliteUnfit(
            f"SQLite {version} can damage a book of record that is read while it is written (fixed in {needed}): "
            "nothing was opened.",
            f"Install the apsw version of the lock file, which carries SQLite {needed} or later.",
        )


def take_lock(path: Path, undone: str) -> int:
    """Return the descriptor that holds the kernel's lock on a book; it ends with the process. Errors: BookFault."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise fault_of_os(error, path, undone) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise BookLocked(
            f"The exchange in {path.parent} is run by process {holder}: {undone}.",
            f"Stop that one first (`ps -p {holder}` shows it), or name another folder with --state.",
        ) from error
    except OSError as error:
        os.close(descriptor)
        raise fault_of_os(error, path, undone) from error
    return descriptor


def found_book(directory: Path, undone: str) -> None:
    """Make an empty book under another name, then rename it: a crash leaves none. Errors: BookFault, OSError."""
    path = directory / DATABASE_NAME
    wal = directory / WAL_NAME
    if wal.exists() and any(wal.read_bytes()[:32]):
        raise BookDamaged(
            f"{directory} holds {WAL_NAME} of a book of record whose {DATABASE_NAME} is missing: {undone}.",
            "Find out who removed the book; restore it from a backup, or name another folder with --state.",
        )
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    try:
        connection = apsw.Connection(str(partial), flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
        try:
            connection.pragma("synchronous", "full")
            with connection:
                connection.pragma("application_id", APPLICATION_ID)
                connection.pragma("user_version", SCHEMA_VERSION)
                for statement in (*TABLES.values(), *INDEXES):
                    connection.execute(statement)
        finally:
            connection.close()
    except apsw.Error as error:
        raise fault_of(error, partial, undone) from error
    partial.replace(path)
    folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def connect_writer(directory: Path, undone: str) -> apsw.Connection:
    """Return the one writing connection to a book that is ours and whole. Errors: BookFault, OSError."""
    path = directory / DATABASE_NAME
    _refuse_empty(path, undone)
    _reserve_wal(directory / WAL_NAME)
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE, statementcachesize=_STATEMENTS_CACHED)
        try:
            connection.set_busy_timeout(_BUSY_MS)
            _check_identity(connection, path, undone)
            if connection.readonly("main"):
                raise fault_of(apsw.ReadOnlyError("it was opened read-only"), path, undone)
            _configure(connection)
            _check_pages(connection, path, undone)
        except BaseException:
            connection.close()
            raise
    except apsw.Error as error:
        raise fault_of(error, path, undone) from error
    return connection


def connect_reader(directory: Path, undone: str) -> apsw.Connection:
    """Return a connection that cannot write, beside a writer or without one. Errors: BookFault."""
    require_fit_sqlite(apsw.sqlite_lib_version())
    path = directory / DATABASE_NAME
    if not path.is_file():
        raise BookMissing(
            f"There is no book of record in {directory} ({DATABASE_NAME} is missing): {undone}.",
            "Name the state folder of a paper exchange with --state.",
        )
    _refuse_empty(path, undone)
    try:
        try:
            return _configured_reader(path, "unix", undone)
        except (apsw.CantOpenError, apsw.ReadOnlyError):
            # The WAL's index is a file beside it that even a reader locks. Where none can be made there is no writer.
            if os.access(directory, os.W_OK):
                raise
            return _configured_reader(path, "unix-none", undone)
    except (apsw.CantOpenError, apsw.PermissionsError) as error:
        if not os.access(path, os.R_OK):
            raise BookReadOnly(
                f"{path} may not be read by this user: {undone}.",
                "Run the command as the user that runs the exchange, or give this one read permission.",
            ) from error
        raise fault_of(error, path, undone) from error
    except apsw.Error as error:
        raise fault_of(error, path, undone) from error


def _configure(connection: apsw.Connection) -> None:
    """Synced commits, a WAL that outlives the connection, and checkpoints that are the writer's own verb.

    The automatic checkpoint hides its errors, and the one at close would sync again after a failed sync.
    """
    assert connection.pragma("journal_mode", "wal") == "wal"
    connection.pragma("synchronous", "full")
    connection.pragma("trusted_schema", False)
    connection.pragma("cell_size_check", True)
    connection.pragma("cache_size", -_CACHE_KIB)
    connection.wal_autocheckpoint(0)
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)


def _configured_reader(path: Path, vfs: str, undone: str) -> apsw.Connection:
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    connection = apsw.Connection(f"file:{quote(str(path.absolute()))}", flags=flags, vfs=vfs)
    try:
        connection.set_busy_timeout(_BUSY_MS)
        if vfs == "unix-none":
            connection.pragma("locking_mode", "exclusive")
        connection.pragma("query_only", True)
        connection.pragma("trusted_schema", False)
        connection.pragma("cell_size_check", True)
        _check_identity(connection, path, undone)
    except BaseException:
        connection.close()
        raise
    return connection


def _reserve_wal(path: Path) -> None:
    """Lengthen the WAL file to what it needs between two checkpoints, in zeros, which SQLite takes for its end.

    A commit then overwrites blocks that the file has already, and its sync need not write the file system's journal.
    """
    with path.open("ab", buffering=0) as file:
        missing = _WAL_RESERVED_BYTES - file.tell()
        # In small pieces: the kernel caches one large write as one large page, and walks all of it at each sync.
        while missing > 0:
            missing -= file.write(bytes(min(missing, _ZEROS_BYTES)))
        os.fsync(file.fileno())


def _refuse_empty(path: Path, undone: str) -> None:
    if path.is_file() and path.stat().st_size == 0:
        raise BookForeign(
            f"{path} is empty, so it is not a database: {undone}.",
            "Restore the file from a backup if it was a book of record, or name another folder with --state.",
        )


def _check_identity(connection: apsw.Connection, path: Path, undone: str) -> None:
    """Refuse a database that is not ours, or not of this program's schema. Errors: apsw.Error, BookFault."""
    application_id = connection.pragma("application_id")
    version = connection.pragma("user_version")
    if application_id != APPLICATION_ID:
        raise BookForeign(
            f"{path} is a database of another program (application id {application_id}, ours is {APPLICATION_ID}): "
            f"{undone}, and it was not touched.",
            "Name the state folder of a paper exchange, or an empty one, with --state.",
        )
    if version > SCHEMA_VERSION:
        raise BookNewer(
            f"{path} has schema {version}, this program knows schemas up to {SCHEMA_VERSION}: {undone}, and it was "
            "not touched.",
            "Use the version of Interlock that wrote it, or a later one.",
        )
    if 0 < version < SCHEMA_VERSION:
        raise BookOlder(
            f"{path} has schema {version}, this program reads schema {SCHEMA_VERSION} only: {undone}, and it was not "
            "touched.",
            "Use the version of Interlock that wrote it, or name an empty folder with --state.",
        )
    if version != SCHEMA_VERSION:
        raise damaged(path, undone, f"It says it has schema {version}, which no version of Interlock has written")


def _check_pages(connection: apsw.Connection, path: Path, undone: str) -> None:
    said = connection.execute("PRAGMA quick_check(1)").fetchall()
    if said != [("ok",)]:
        raise damaged(path, undone, f"SQLite's check says: {said[0][0]}")
