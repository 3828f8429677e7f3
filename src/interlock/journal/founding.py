"""Making a new journal: whole or not at all, and never over what is left of another."""

import os
from contextlib import suppress
from pathlib import Path

import apsw

from interlock.journal.database import connect_new, refuse_absent, reserve_wal
from interlock.journal.faults import (
    JournalDamaged,
    JournalExists,
    JournalForeign,
    fault_of,
    fault_of_folder,
    fault_of_os,
)
from interlock.journal.head import create_head, origin_is_fit, read_head, sync_folder
from interlock.journal.lock import take_lock
from interlock.journal.schema import (
    APPLICATION_ID,
    DATABASE_NAME,
    GUARDS,
    HEAD_NAME,
    LOCK_NAME,
    SCHEMA_VERSION,
    TABLES,
    WAL_NAME,
)
from interlock.journal.tree import ROOT_EMPTY
from interlock.ports.journal import Head

_NOT_MADE = "no journal was made"


def found_journal(directory: Path, origin: str, lease_epoch: int) -> None:
    """Make an empty journal: database and head under other names, synced, then renamed, the database last.

    Errors: JournalExists, or a fault of the disk. A crash leaves at most partial files, which the next try replaces.
    """
    assert origin_is_fit(origin), f"{origin!r} cannot name a log"
    assert lease_epoch >= 0, f"lease epoch {lease_epoch} is negative"
    path = directory / DATABASE_NAME
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise fault_of_folder(error, directory, _NOT_MADE) from error
    lock = take_lock(directory / LOCK_NAME, _NOT_MADE)
    try:
        _refuse_remains(directory)
        partial = path.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        _write_database(partial, origin, lease_epoch)
        create_head(directory / HEAD_NAME, origin, lease_epoch, Head(0, ROOT_EMPTY))
        reserve_wal(directory / WAL_NAME)
        partial.replace(path)
        sync_folder(directory)
    except OSError as error:
        raise fault_of_os(error, path, _NOT_MADE) from error
    finally:
        os.close(lock)


def refuse_unmakeable(directory: Path, undone: str) -> None:
    """Refuse a folder that cannot be made. It is tried: made as far as it is missing, and taken away again.

    Errors: JournalFault, which says what could not be made and why.
    """
    missing: list[Path] = []
    try:
        for each in (directory, *directory.parents):
            if each.is_dir():
                break
            missing.append(each)
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise fault_of_folder(error, directory, undone) from error
    finally:
        for each in missing:
            with suppress(OSError):  # it was not made, or somebody put something there meanwhile
                each.rmdir()


def _refuse_remains(directory: Path) -> None:
    """Refuse a folder with a log, or with what is left of one.

    The head of an empty log, or a WAL without a header, is what a making that was cut short leaves.
    """
    if (directory / DATABASE_NAME).exists():
        raise JournalExists(
            f"{directory} holds a journal already: {_NOT_MADE}, and the one there was not touched.",
            "Name another, empty folder with --state.",
        )
    for name in (WAL_NAME, HEAD_NAME):
        remains = directory / name
        if remains.exists() and not _is_blank(remains):
            raise JournalExists(
                f"{directory} holds {name} of a journal whose {DATABASE_NAME} is missing: {_NOT_MADE}.",
                "Find out who removed the log; restore it from a backup, or name another, empty folder with --state.",
            )


def _is_blank(remains: Path) -> bool:
    if remains.name == WAL_NAME:
        with remains.open("rb") as file:
            return not any(file.read(32))
    try:
        return read_head(remains).heads[0].size == 0
    except JournalDamaged:
        return False


def _write_database(partial: Path, origin: str, lease_epoch: int) -> None:
    try:
        connection = connect_new(partial)
        try:
            with connection:
                connection.pragma("application_id", APPLICATION_ID)
                connection.pragma("user_version", SCHEMA_VERSION)
                for statement in (*TABLES.values(), *GUARDS.values()):
                    connection.execute(statement)
                rows: list[tuple[str, str | int]] = [("origin", origin), ("lease_epoch", lease_epoch)]
                connection.executemany("INSERT INTO meta VALUES (?,?)", rows)
        finally:
            connection.close()
    except apsw.Error as error:
        raise fault_of(error, partial, _NOT_MADE) from error


def refuse_absent_journal(directory: Path) -> None:
    """Refuse a folder without a journal, before anything is written there."""
    path = directory / DATABASE_NAME
    refuse_absent(directory, "nothing was opened", "Name the state folder of a run with --state.")
    if path.stat().st_size == 0:
        raise JournalForeign(
            f"{path} is empty, so it is not a database: nothing was opened.",
            "Restore the folder from a backup if it held a log.",
        )
