"""What can go wrong with the book of record on disk, each with its own name."""

import errno
from pathlib import Path

import apsw

from interlock.units.faults import Fault

_ELSEWHERE = "or name another folder with --state."


class BookFault(Fault):
    """Anything a person can meet when a book of record is opened, written or read."""


class BookMissing(BookFault):
    """There is no book where one was to be read."""


class BookForeign(BookFault):
    """The file is no database, or a database that some other program made."""


class BookNewer(BookFault):
    """The book was written by a later schema than this program knows."""


class BookOlder(BookFault):
    """The book was written by an earlier schema, which this program does not read."""


class BookDamaged(BookFault):
    """What is on disk is not what was written."""


class BookLocked(BookFault):
    """Another process writes this book."""


class BookReadOnly(BookFault):
    """The file or its folder may not be written, or not be read."""


class DiskFull(BookFault):
    """There is no room left for the write."""


class StorageFailed(BookFault):
    """The disk refused a read or a write; nothing of it was made durable."""


class SyncFailed(BookFault):
    """A sync failed: what is durable is unknown, and this process may not write the book again."""


class SqliteUnfit(BookFault):
    """The SQLite library has a bug that can damage the book."""


def extended_code(error: apsw.Error) -> int:
    """Return SQLite's extended result code."""
    code: int = error.extendedresult  # type: ignore[attr-defined]  # apsw sets it, its stubs leave it out
    return code


def fault_of(error: apsw.Error, path: Path, undone: str) -> BookFault:
    """Return the named fault for what SQLite said; `undone` is a clause that says what was not done."""
    match error:
        case apsw.FullError():
            return DiskFull(
                f"The disk that holds {path} is full: {undone}; everything acknowledged before is safe.",
                "Free space on that disk, then start the exchange again.",
            )
        case apsw.BusyError() | apsw.LockedError():
            return BookLocked(
                f"{path} is locked by another program: {undone}.",
                "Close the program that has the file open for writing (a database browser, a backup), then try again.",
            )
        case apsw.ReadOnlyError() | apsw.PermissionsError() | apsw.AuthError():
            return BookReadOnly(
                f"{path} or its folder may not be written: {undone}. SQLite says: {error}.",
                "Give the user that runs the exchange write permission to the folder, or mount the disk for writing.",
            )
        case apsw.NotADBError():
            return BookForeign(
                f"{path} is not a database: {undone}.",
                f"Restore the file from a backup if it was a book of record, {_ELSEWHERE}",
            )
        case apsw.CorruptError() | apsw.FormatError():
            return damaged(path, undone, f"SQLite says: {error}")
        case _:
            return StorageFailed(
                f"{path} could not be read or written: {undone}. SQLite says: {error} (code {extended_code(error)}).",
                "Check the disk (`dmesg`) and the permissions of the folder, then start the exchange again.",
            )


def fault_of_os(error: OSError, path: Path, undone: str) -> BookFault:
    """Return the named fault for what the operating system said about a file of the book."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return fault_of(apsw.FullError(str(error)), path, undone)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return fault_of(apsw.ReadOnlyError(str(error)), path, undone)
    return StorageFailed(
        f"{path} could not be read or written: {undone}. The system says: {error}.",
        "Check the disk (`dmesg`) and the permissions of the folder, then start the exchange again.",
    )


def damaged(path: Path, undone: str, why: str) -> BookDamaged:
    """Return the fault for a book whose bytes are wrong."""
    return BookDamaged(
        f"{path} is damaged: {undone}. {why}.",
        f"Keep the folder as it is for an inquiry; restore the book from a backup, {_ELSEWHERE}",
    )


def failed_sync(path: Path, error: apsw.Error) -> SyncFailed:
    """Return the fault for a commit whose sync failed."""
    return SyncFailed(
        f"A sync of {path} failed: whether the last turn is on disk is unknown, none of it was acknowledged, and "
        f"nothing more is written. SQLite says: {error}.",
        "Check the disk (`dmesg`), then start the exchange again: it goes on from what is on disk.",
    )
