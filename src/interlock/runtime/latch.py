"""The latch as a file: one line, read through shared memory by who sends, set by anybody who may stop trading.

This module imports next to nothing, since the kill command starts through it. The file is one line that begins with the
level's letter: `O` open, `N` no new risk, `S` silent. Then stand when it was last engaged, and the engagement that the
last release was for: it is open only where these two are the same. Whatever is not exactly such a line counts as no
new risk.
"""

import contextlib
import fcntl
import mmap
import os
import time
from typing import Final

from interlock.ports.latch import NO_NEW_RISK, OPEN, SILENT

FILE_NAME: Final = "latch"
_NAME: Final = b" interlock latch 1 "
_DIGITS: Final = 19
_RELEASED_AT: Final = 1 + len(_NAME) + _DIGITS + 1
SIZE_BYTES: Final = _RELEASED_AT + _DIGITS + 1
NAMES: Final = {OPEN: "open", NO_NEW_RISK: "no new risk", SILENT: "silent"}
_LEVELS: Final = (OPEN, NO_NEW_RISK, SILENT)
_MODE: Final = 0o600
_LOCK_S_MAX: Final = 0.05
_LOCK_TRY_S: Final = 0.001
_LOOKS: Final = 3


def line_of(level: int, engaged_at_ns: int, released_for_ns: int = 0) -> bytes:
    """Return the whole file. `engaged_at_ns` is the wall clock at the last engagement, `released_for_ns` the one that
    the last release was for, 0 for none since."""
    assert level in _LEVELS, f"{level} is no level of the latch"
    return b"%c%s%0*d %0*d\n" % (level, _NAME, _DIGITS, engaged_at_ns, _DIGITS, released_for_ns)


def read_level(path: str) -> tuple[int, int, str]:
    """Return (level, engaged_at_ns, why): the level that counts, and what is wrong with the file ("" when nothing is).

    Missing, short, long, damaged or unreadable counts as NO_NEW_RISK.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib costs the kill command 10 ms
            found = file.read(SIZE_BYTES + 1)
    except FileNotFoundError:
        return NO_NEW_RISK, 0, "it is missing"
    except OSError as error:
        return NO_NEW_RISK, 0, f"it cannot be read: {os.strerror(error.errno or 0)}"
    return _judged(found)


def _judged(found: bytes) -> tuple[int, int, str]:
    if len(found) != SIZE_BYTES:
        return NO_NEW_RISK, 0, f"it has {len(found)} bytes instead of {SIZE_BYTES}"
    engaged, released = found[1 + len(_NAME) : _RELEASED_AT - 1], found[_RELEASED_AT:-1]
    if (
        found[0] not in _LEVELS
        or not (engaged.isdigit() and released.isdigit())
        or found != line_of(found[0], int(engaged), int(released))
    ):
        return (SILENT if found[0] == SILENT else NO_NEW_RISK), 0, "it is damaged"
    if found[0] == OPEN and engaged != released:
        return NO_NEW_RISK, int(engaged), "it was engaged after the release that opened it"
    return found[0], int(engaged), ""


def engage(path: str, level: int) -> int:
    """Set the latch to NO_NEW_RISK or SILENT, never to less than it is; return when.

    It is set before it is synced: who reads it through memory sees it at once. It waits for another setter for 50 ms at
    most, and goes ahead then: stopping waits for nobody. Errors: OSError; where only the sync failed, it is set.
    """
    assert level in (NO_NEW_RISK, SILENT), "engaging never opens"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
    try:
        _lock(descriptor)
        engaged_at_ns = time.time_ns()
        for _ in range(_LOOKS):
            first = os.pread(descriptor, 1, 0)
            _write(descriptor, line_of(SILENT if first == b"S" else level, engaged_at_ns), 0)
            if os.fstat(descriptor).st_size != SIZE_BYTES:
                os.ftruncate(descriptor, SIZE_BYTES)
            # A release that was under way without the lock may have written over it.
            if os.pread(descriptor, 1, 0) != b"O":
                break
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    _sync_folder(path)
    return engaged_at_ns


def release(path: str, engaged_at_ns: int) -> bool:
    """Open the latch as it was engaged at that time; return False, and leave it engaged, when it was engaged since.

    `engaged_at_ns` is what `read_level` told when the release was decided; a file that was missing or damaged then is
    made anew by `engage` first. Only the gate releases, after the release is on its log. It waits for another setter
    for 50 ms at most, and then does not release. Errors: OSError, and it is engaged.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        if not _lock(descriptor) or _judged(os.pread(descriptor, SIZE_BYTES + 1, 0))[1:] != (engaged_at_ns, ""):
            return False
        try:
            _write(descriptor, b"%0*d" % (_DIGITS, engaged_at_ns), _RELEASED_AT)
            _write(descriptor, b"O", 0)
            is_open = os.pread(descriptor, SIZE_BYTES, 0) == line_of(OPEN, engaged_at_ns, engaged_at_ns)
            os.fsync(descriptor)
            _sync_folder(path)
        except BaseException:
            _take_back(descriptor)
            raise
        # Who engaged meanwhile without the lock put a new time down with it; who does from here on wins anyway.
        if not is_open:
            _take_back(descriptor)
            os.fsync(descriptor)
        return is_open
    finally:
        os.close(descriptor)


def _take_back(descriptor: int) -> None:
    """Engage again after a release that did not come through; SILENT stays."""
    if os.pread(descriptor, 1, 0) == b"O":
        _write(descriptor, b"N", 0)


def _lock(descriptor: int) -> bool:
    """Be the only one to set the latch, if that can be had within 50 ms; return whether it could."""
    until_s = time.monotonic() + _LOCK_S_MAX
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() >= until_s:
                return False
            time.sleep(_LOCK_TRY_S)
        else:
            return True


def _write(descriptor: int, data: bytes, at: int) -> None:
    written = os.pwrite(descriptor, data, at)
    if written != len(data):
        raise OSError(5, f"only {written} of {len(data)} bytes of the latch were written")


def _sync_folder(path: str) -> None:
    folder = os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)  # noqa: PTH120
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class LatchView:
    """The latch as a sender sees it. `cell[0]` is the level, anew at every look.

    `is_whole` must be called a few times a second: it notices what a look at one byte cannot (the file was taken away,
    put in place of another, cut or damaged), and from then on the cell is one that never opens.
    """

    __slots__ = ("_descriptor", "_path", "_shared", "cell")

    def __init__(self, path: str) -> None:
        """Look at a latch file. One that is missing or damaged shows NO_NEW_RISK, and never opens by itself."""
        self._path = path
        self._shared: mmap.mmap | None = None
        self._descriptor = -1
        self.cell: mmap.mmap | bytes = bytes((NO_NEW_RISK,))
        self.look_again()

    def look_again(self) -> str:
        """Open the file anew, as after a release; return what is wrong with it, "" when it is whole."""
        self.close()
        level, _, why = read_level(self._path)
        if why:
            self.cell = bytes((level,))
            return why
        try:
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            self._shared = mmap.mmap(self._descriptor, SIZE_BYTES, prot=mmap.PROT_READ, flags=mmap.MAP_SHARED)
        except (OSError, ValueError) as error:
            self.close()
            return f"it cannot be mapped: {error}"
        self.cell = self._shared
        return self.is_whole()

    def is_whole(self) -> str:
        """Return what is wrong with the latch, "" when nothing is. What is wrong engages it for this sender."""
        if self._shared is None:
            return read_level(self._path)[2] or "it was not whole when it was opened"
        try:
            ours, now = os.fstat(self._descriptor), os.stat(self._path)  # noqa: PTH116
        except OSError as error:
            return self._shut(f"it is gone: {os.strerror(error.errno or 0)}")
        if (ours.st_dev, ours.st_ino) != (now.st_dev, now.st_ino):
            return self._shut("another file was put in its place")
        if ours.st_size != SIZE_BYTES:
            return self._shut(f"it has {ours.st_size} bytes instead of {SIZE_BYTES}")
        why = _judged(self._shared[:])[2]
        return self._shut(why) if why else ""

    def _shut(self, why: str) -> str:
        level = read_level(self._path)[0]
        self.close()
        self.cell = bytes((level if level != OPEN else NO_NEW_RISK,))
        return why

    def close(self) -> None:
        """Let go of the file. The cell shows NO_NEW_RISK from then on."""
        self.cell = bytes((NO_NEW_RISK,))
        shared, self._shared = self._shared, None
        if shared is not None:
            with contextlib.suppress(BufferError):  # somebody still looks through it; it goes with them
                shared.close()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
