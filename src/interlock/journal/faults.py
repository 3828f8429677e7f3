"""What can go wrong with a journal on disk, each with its own name, so that a program can tell them apart."""

import errno
import os
from pathlib import Path

import apsw

from interlock.units.faults import Fault

RUNBOOK = "See docs/runbooks/storage-fault.md"
RUN_AGAIN = "then run again; a backtest that had begun its log needs another --state."


class JournalFault(Fault):
    """Anything a person can meet when a journal is created, opened, written or read."""


class JournalMissing(JournalFault):
    """There is no journal where one was asked for."""


class JournalExists(JournalFault):
    """A new journal was asked for where one stands, or where what is left of one stands."""


class JournalForeign(JournalFault):
    """The file is no database, or a database that some other program made."""


class JournalNewer(JournalFault):
    """The journal was written by a later schema than this program knows."""


class JournalDamaged(JournalFault):
    """The bytes on disk are not what was written."""


class JournalLocked(JournalFault):
    """Another process writes this journal."""


class JournalReadOnly(JournalFault):
    """The file or its folder may not be written."""


class DiskFull(JournalFault):
    """There is no room left for the write."""


class StorageFailed(JournalFault):
    """The disk refused a read or a write before anything was made durable."""


class SyncFailed(JournalFault):
    """A sync failed: what is durable is unknown, and the journal may not be written again by this process."""


class StaleEpoch(JournalFault):
    """A newer lease holder has taken the journal over."""


class SqliteUnfit(JournalFault):
    """The SQLite library has a bug that can damage the journal."""


def extended_code(error: apsw.Error) -> int:
    """Return SQLite's extended result code."""
    code: int = error.extendedresult  # type: ignore[attr-defined]  # apsw sets it, its stubs leave it out
    return code


def fault_of(error: apsw.Error, path: Path, undone: str) -> JournalFault:
    """Return the named fault for what SQLite said; `undone` is a clause that says what was not done."""
    said = f"SQLite says: {error}"
    match error:
        case apsw.FullError():
            return DiskFull(
                f"The disk that holds {path} is full: {undone}; every record acknowledged before is safe.",
                f"Free space on that disk, {RUN_AGAIN} {RUNBOOK}",
            )
        case apsw.BusyError() | apsw.LockedError():
            return JournalLocked(
                f"{path} is locked by another program after 3 tries: {undone}.",
                "Close the program that has the file open for writing (a database browser, a backup), then try again.",
            )
        case apsw.ReadOnlyError() | apsw.PermissionsError() | apsw.AuthError():
            return JournalReadOnly(
                f"{path} or its folder may not be written: {undone}. {said}.",
                "Give the user that runs Interlock write permission to the folder, or mount the disk for writing.",
            )
        case apsw.NotADBError():
            return JournalForeign(
                f"{path} is not a database: {undone}.",
                "Point --state to the folder of a journal, or restore this file from a backup if it was one.",
            )
        case apsw.CorruptError() | apsw.FormatError():
            return JournalDamaged(
                f"{path} is damaged: {undone}. {said}.",
                f"Keep the folder as it is, run `interlock verify` to see which records can be trusted. {RUNBOOK}",
            )
        case _:
            return StorageFailed(
                f"{path} could not be read or written: {undone}. {said} (code {extended_code(error)}).",
                f"Check the disk and the permissions of the folder, {RUN_AGAIN} {RUNBOOK}",
            )


def fault_of_os(error: OSError, path: Path, undone: str) -> JournalFault:
    """Return the named fault for what the operating system said about a file of the journal."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return fault_of(apsw.FullError(str(error)), path, undone)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return fault_of(apsw.ReadOnlyError(str(error)), path, undone)
    return StorageFailed(
        f"{path} could not be read or written: {undone}. The system says: {error}.",
        f"Check the disk and the permissions of the folder, {RUN_AGAIN} {RUNBOOK}",
    )


def fault_of_folder(error: OSError, folder: Path, undone: str) -> JournalFault:
    """Return the named fault for a folder that cannot be made or looked into: which one, why, and what to do."""
    nearest = next(each for each in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(each))
    what = f"The folder {folder} cannot be made or used: {error.strerror or error}"
    if error.errno in (errno.ENOTDIR, errno.EEXIST) and not nearest.is_dir():
        return StorageFailed(
            f"{what}. {nearest} is in the way, and is no folder: {undone}.",
            "Name another folder with --state, or move away what is in the way.",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return JournalReadOnly(
            f"{what}. {nearest} may not be written or looked into: {undone}.",
            "Give the user that runs Interlock write permission there, mount the disk for writing, or name another "
            "folder with --state.",
        )
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"{what}: {undone}.", "Free space on that disk, or name another folder with --state.")
    return StorageFailed(f"{what}: {undone}.", "Name another folder with --state, on an ordinary disk.")
