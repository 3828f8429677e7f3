"""One writer a journal: a kernel lock on a file beside it, which ends with the process that holds it."""

import fcntl
import os
import time
from pathlib import Path
from typing import Final

from interlock.journal.faults import JournalLocked, fault_of_os

_TRIES: Final = 3
_PAUSE_S: Final = 0.01


def take_lock(path: Path, undone: str) -> int:
    """Return the descriptor that holds the lock; closing it, or dying, lets go. Errors: JournalFault.

    The file names its holder for the message to whoever comes second; only the kernel's lock counts.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise fault_of_os(error, path, undone) from error
    try:
        _lock(descriptor)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise JournalLocked(
            f"The journal in {path.parent} is being written by process {holder}: {undone}.",
            f"Stop that Interlock first (`ps -p {holder}` shows it), or use another state folder.",
        ) from error
    except OSError as error:
        os.close(descriptor)
        raise fault_of_os(error, path, undone) from error
    return descriptor


def is_held(path: Path) -> bool:
    """Tell whether a writer holds the lock, by taking and giving back a shared one. Errors: JournalFault."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise fault_of_os(error, path, "whether a writer is at work is not known") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError as error:
        raise fault_of_os(error, path, "whether a writer is at work is not known") from error
    finally:
        os.close(descriptor)
    return False


def _lock(descriptor: int) -> None:
    """Take the lock, in three tries: who asks with `is_held` has it for an instant. Errors: OSError."""
    for _ in range(_TRIES - 1):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_S)
        else:
            return
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
