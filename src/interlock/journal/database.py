"""Opening the database file: which SQLite may do it, whether the file is ours, and read-only folders."""

import os
from pathlib import Path
from typing import Final
from urllib.parse import quote

import apsw

from interlock.journal.faults import (
    JournalDamaged,
    JournalForeign,
    JournalMissing,
    JournalNewer,
    JournalReadOnly,
    SqliteUnfit,
    fault_of,
    fault_of_folder,
)
from interlock.journal.schema import APPLICATION_ID, DATABASE_NAME, SCHEMA_VERSION, SQLITE_VERSION_MIN

TRIES: Final = 3
CHECKPOINT_BYTES: Final = 4 * 1024 * 1024  # as counted by the writer: a checkpoint of this takes some milliseconds
WAL_RESERVED_BYTES: Final = CHECKPOINT_BYTES + 1024 * 1024
_ZEROS_BYTES: Final = 16_384
_WRITER_BUSY_MS: Final = 100
_READER_BUSY_MS: Final = 1000
_STATEMENTS_CACHED: Final = 256


def require_fit_sqlite(version: str) -> None:
    """Refuse a SQLite library older than the fix of the bug that can damage a WAL database."""
    if tuple(int(part) for part in version.split(".")) < SQLITE_VERSION_MIN:
        needed = ".".join(str(part) for part in SQLITE_VERSION_MIN)
        raise SqliteUnfit(
            f"SQLite {version} can damage a journal that is read while it is written (fixed in {needed}): "
            "nothing was opened.",
            f"Install the apsw version of the lock file, which carries SQLite {needed} or later.",
        )


def reserve_wal(path: Path) -> None:
    """Lengthen the WAL file to what it needs between two checkpoints; only a writer that holds the lock may.

    A commit then overwrites blocks that the file already has, and its sync need not also write the file system's own
    journal: 150 us instead of 270 us measured on ext4. It is a reserve on a full disk, too. To SQLite, zeros after the
    last valid frame are the end of the WAL. Errors: OSError.
    """
    with path.open("ab", buffering=0) as file:
        missing = WAL_RESERVED_BYTES - file.tell()
        # In small pieces: the kernel caches one large write as one large page, and walks all of it at each sync.
        while missing > 0:
            missing -= file.write(bytes(min(missing, _ZEROS_BYTES)))
        os.fsync(file.fileno())


def connect_writer(path: Path, undone: str) -> apsw.Connection:
    """Return the writing connection, identity checked. Opening is tried three times. Errors: JournalFault."""
    require_fit_sqlite(apsw.sqlite_lib_version())
    for attempt in range(TRIES):
        try:
            return _configured_writer(path, undone)
        except (apsw.CantOpenError, apsw.BusyError, apsw.IOError) as error:
            if attempt == TRIES - 1:
                raise fault_of(error, path, undone) from error
        except apsw.Error as error:
            raise fault_of(error, path, undone) from error
    raise AssertionError("unreachable: the last try returns or raises")


def _configured_writer(path: Path, undone: str) -> apsw.Connection:
    # Without SQLITE_OPEN_CREATE: a database that is missing is an error, never a new and empty log.
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE, statementcachesize=_STATEMENTS_CACHED)
    try:
        connection.set_busy_timeout(_WRITER_BUSY_MS)
        check_identity(connection, path)
        if connection.readonly("main"):
            raise fault_of(apsw.ReadOnlyError("opened read-only"), path, undone)
        configure_writer(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def configure_writer(connection: apsw.Connection) -> None:
    """Set what a writing connection needs: synced commits, and a WAL that outlives the connection.

    Checkpoints are the writer's own verb, so that a failed one is seen: the automatic one hides its errors, and the one
    at close would sync again after a failed sync. Without that one the WAL file stays, as a read-only reader needs it.
    """
    assert connection.pragma("journal_mode", "wal") == "wal"
    connection.pragma("synchronous", "full")
    connection.pragma("recursive_triggers", True)  # so that REPLACE meets the guards against deletion
    connection.pragma("trusted_schema", False)
    connection.wal_autocheckpoint(0)
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)


def check_identity(connection: apsw.Connection, path: Path) -> None:
    """Refuse a database that is not ours, or newer than this program. Errors: apsw.Error, JournalFault."""
    application_id = connection.pragma("application_id")
    version = connection.pragma("user_version")
    if application_id != APPLICATION_ID:
        raise JournalForeign(
            f"{path} is a database of another program (application id {application_id}, ours is {APPLICATION_ID}): "
            "it was not touched.",
            "Point --state to the folder of a journal, or to an empty folder.",
        )
    if version > SCHEMA_VERSION:
        raise JournalNewer(
            f"{path} has schema {version}, this program knows schemas up to {SCHEMA_VERSION}: it was not touched.",
            "Use the version of Interlock that wrote it, or a later one.",
        )
    if version != SCHEMA_VERSION:
        raise JournalDamaged(
            f"{path} says it has schema {version}, which no version of Interlock has written: it was not touched.",
            "Restore the folder from a backup; keep this one as it is for the inquiry.",
        )


def refuse_unreachable(directory: Path, undone: str) -> str:
    """Refuse a folder that cannot be looked into; return why there is no database, if there is none.

    Errors: JournalFault.
    """
    try:
        (directory / DATABASE_NAME).stat()
    except NotADirectoryError:
        return "part of that path is a file, not a folder"
    except FileNotFoundError:
        return f"{DATABASE_NAME} is missing"
    except OSError as error:
        raise fault_of_folder(error, directory, undone) from error
    return f"{DATABASE_NAME} is no file"


def refuse_absent(directory: Path, undone: str, hint: str) -> None:
    """Refuse a folder in which no journal can be found. Errors: JournalMissing, or why it cannot be looked for."""
    why = refuse_unreachable(directory, undone)
    if not (directory / DATABASE_NAME).is_file():
        raise JournalMissing(f"There is no journal in {directory} ({why}): {undone}.", hint)


def connect_reader(directory: Path) -> apsw.Connection:
    """Return a connection that cannot write, also in a folder that may not be written. Errors: JournalFault.

    The index of a WAL is a file beside it that even a reader must lock. Where the folder has none and none can be made,
    there is no writer to guard against either: the file is then read without locks and the index kept in memory.
    """
    require_fit_sqlite(apsw.sqlite_lib_version())
    path = directory / DATABASE_NAME
    undone = "nothing was read"
    refuse_absent(directory, undone, "Name the state folder of a run with --state or --log.")
    if path.stat().st_size == 0:
        raise JournalForeign(
            f"{path} is empty, so it is not a database: {undone}.", "Restore the folder from a backup if it held a log."
        )
    try:
        try:
            return _configured_reader(path, "unix")
        except (apsw.CantOpenError, apsw.ReadOnlyError):
            if os.access(directory, os.W_OK):
                raise
            return _configured_reader(path, "unix-none")
    except (apsw.CantOpenError, apsw.PermissionsError) as error:
        if not os.access(path, os.R_OK):
            raise JournalReadOnly(
                f"{path} may not be read by this user: {undone}.",
                "Run the command as the user that runs Interlock, or give this one read permission.",
            ) from error
        raise fault_of(error, path, undone) from error
    except apsw.Error as error:
        raise fault_of(error, path, undone) from error


def _configured_reader(path: Path, vfs: str) -> apsw.Connection:
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    connection = apsw.Connection(f"file:{quote(str(path.absolute()))}", flags=flags, vfs=vfs)
    try:
        connection.set_busy_timeout(_READER_BUSY_MS)
        if vfs == "unix-none":
            connection.pragma("locking_mode", "exclusive")
        connection.pragma("query_only", True)
        connection.pragma("trusted_schema", False)
        connection.pragma("cell_size_check", True)
        check_identity(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_new(path: Path) -> apsw.Connection:
    """Return a connection to a new database file; what it commits is in that one file when it closes."""
    require_fit_sqlite(apsw.sqlite_lib_version())
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
    connection.pragma("synchronous", "full")
    return connection
