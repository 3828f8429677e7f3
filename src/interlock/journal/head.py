"""The head kept beside the journal: how long the log is and its root, so that a cut tail is found.

The file is two lines of text, each a slot of 4,096 bytes padded with spaces:

    {"origin":"example/log","lease_epoch":1,"size":17,"root":"<64 hex>","sealed":false,"check":"<8 hex>"}

Writes take turns between the slots, in place and without a sync: a commit must not pay for a second flush. A power cut
can tear at most the slot that was being written, its check then fails, and the other slot, in a disk block of its own,
still stands at the commit before. The head is written after the commit it speaks of was synced, so it may lag behind
the log and never leads it: a journal shorter than its head has lost records.

A sealed head says more: the log ends here. Both slots are sealed and synced at a clean close and at a start. Before the
first append after that both are unsealed and synced: no crash can leave records after a sealed end.

The lease epoch is that of the holder who wrote the head. A new holder first unseals both slots under its own epoch,
then writes the epoch into the database, then seals: so a sealed head names the epoch of the database exactly, and an
unsealed one never a lower one.
"""

import mmap
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from zlib import crc32

import msgspec

from interlock.journal.faults import JournalDamaged, fault_of_os
from interlock.ports.journal import Head

SLOT_BYTES: Final = 4096
_ORIGIN_CHARACTERS_MAX: Final = 100


class _Slot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    origin: str
    lease_epoch: int
    size: int
    root: str
    sealed: bool
    check: str


class SlotSays(msgspec.Struct, frozen=True):
    """What one readable slot says."""

    origin: str
    lease_epoch: int
    head: Head
    is_sealed: bool


class HeadSlots(msgspec.Struct, frozen=True):
    """What the head file says: the readable slots, newest first, and how many of the two could not be read.

    `sealed_size` is where a slot says that the log ends, None when it may go on.
    """

    slots: tuple[SlotSays, ...]
    unreadable_count: int

    @property
    def origin(self) -> str:
        """The name of the log."""
        return self.slots[0].origin

    @property
    def heads(self) -> tuple[Head, ...]:
        """The heads of the readable slots, newest first."""
        return tuple(slot.head for slot in self.slots)

    @property
    def sealed_size(self) -> int | None:
        """Where the log ends, as far as a slot says that it does."""
        return max((slot.head.size for slot in self.slots if slot.is_sealed), default=None)

    @property
    def lease_epoch(self) -> int:
        """The newest lease epoch that a slot names."""
        return max(slot.lease_epoch for slot in self.slots)

    def allows_epoch(self, stored: int) -> bool:
        """Tell whether the database may hold this lease epoch beside such a head.

        A lower one than the newest of the head may stand there only where a start, or its first append, was cut short:
        nothing was written under the newest then.
        """
        sealed = max((slot.lease_epoch for slot in self.slots if slot.is_sealed), default=None)
        if sealed is not None:
            return stored == sealed
        newest = self.lease_epoch
        has_written = len({slot.head.size for slot in self.slots if slot.lease_epoch == newest}) > 1
        return stored == newest or (stored < newest and not has_written)


def _text(origin: str, lease_epoch: int, head: Head, is_sealed: bool) -> bytes:
    """Return the text of a slot. Written by hand: an encoder costs more than all the rest of a head."""
    said = b'{"origin":"%b","lease_epoch":%d,"size":%d,"root":"%b","sealed":%b' % (
        origin.encode(),
        lease_epoch,
        head.size,
        head.root.hex().encode(),
        b"true" if is_sealed else b"false",
    )
    return b'%b,"check":"%08x"}' % (said, crc32(said))


def _slot(origin: str, lease_epoch: int, head: Head, is_sealed: bool) -> bytes:
    return _text(origin, lease_epoch, head, is_sealed).ljust(SLOT_BYTES - 1) + b"\n"


def _read_slot(data: bytes) -> SlotSays | None:
    """Return what a slot says, or None unless it is, byte for byte, what would be written for those values."""
    try:
        slot = msgspec.json.decode(data, type=_Slot)
        says = SlotSays(slot.origin, slot.lease_epoch, Head(slot.size, bytes.fromhex(slot.root)), slot.sealed)
    except (msgspec.DecodeError, ValueError):
        return None
    return says if _slot(says.origin, says.lease_epoch, says.head, says.is_sealed) == data else None


def origin_is_fit(origin: str) -> bool:
    """Tell whether a text can name a log: 1 to 100 visible ASCII characters, without quote, backslash or plus."""
    return 0 < len(origin) <= _ORIGIN_CHARACTERS_MAX and all("!" <= c <= "~" and c not in '"\\+' for c in origin)


def read_head(path: Path) -> HeadSlots:
    """Return what the head file says.

    Errors: FileNotFoundError when there is none; JournalDamaged when neither slot can be read or they name two logs.
    """
    data = path.read_bytes()
    slots = [_read_slot(data[at : at + SLOT_BYTES]) for at in (0, SLOT_BYTES)]
    readable = [slot for slot in slots if slot is not None]
    if not readable or len(data) > 2 * SLOT_BYTES or len({slot.origin for slot in readable}) > 1:
        raise JournalDamaged(
            f"The head file {path} is damaged ({len(data)} bytes, {len(readable)} of 2 slots readable): without it a "
            "cut tail of the log cannot be told from its end.",
            "Restore the head file from a backup of this folder; do not edit it by hand.",
        )
    newest_first = sorted(readable, key=lambda slot: slot.head.size, reverse=True)
    return HeadSlots(tuple(newest_first), 2 - len(readable))


def create_head(path: Path, origin: str, lease_epoch: int, head: Head) -> None:
    """Write a new head file, both slots sealed at this head, and sync it and its folder."""
    assert origin_is_fit(origin), f"{origin!r} cannot name a log"
    partial = path.with_suffix(".partial")
    try:
        with partial.open("wb") as file:
            file.write(_slot(origin, lease_epoch, head, is_sealed=True) * 2)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise fault_of_os(error, path, "the head of the log was not written") from error


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable. Errors: OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class HeadFile:
    """The head file, open for writing in place under a lease epoch. Errors of every verb: OSError."""

    def __init__(self, path: Path, slots: HeadSlots, lease_epoch: int) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self._map = mmap.mmap(self._descriptor, 2 * SLOT_BYTES)
        self._origin = slots.origin
        self._lease_epoch = lease_epoch
        self._turn = _stale_slot(self._descriptor, slots.heads)

    def line(self, head: Head) -> bytes:
        """Return the text of a head, for `write` after the commit it speaks of."""
        return _text(self._origin, self._lease_epoch, head, is_sealed=False)

    def write(self, line: bytes) -> None:
        """Put a line in the older slot, without a sync or even a system call."""
        turn = self._turn
        self._map[turn : turn + len(line)] = line  # never shorter than the line before: a size only grows
        self._turn = turn ^ SLOT_BYTES

    def seal(self, head: Head) -> None:
        """Make both slots say that the log ends at this head, and sync."""
        self._write_both(head, is_sealed=True)

    def unseal(self, head: Head) -> None:
        """Make both slots say that the log may go on after this head, and sync: to be done before it does."""
        self._write_both(head, is_sealed=False)

    def _write_both(self, head: Head, is_sealed: bool) -> None:
        """Write and sync each slot that does not say so already."""
        wanted = _slot(self._origin, self._lease_epoch, head, is_sealed)
        for _ in range(2):
            if os.pread(self._descriptor, SLOT_BYTES, self._turn) != wanted:
                os.pwrite(self._descriptor, wanted, self._turn)
                # The first slot is durable before the second is touched: a power cut tears one of them at most.
                os.fdatasync(self._descriptor)
            self._turn ^= SLOT_BYTES

    def close(self) -> None:
        """Close the file as it stands."""
        self._map.close()
        os.close(self._descriptor)


def _stale_slot(descriptor: int, heads: Sequence[Head]) -> int:
    """Return the offset of the slot to overwrite first: the unreadable one, else the older."""
    first = _read_slot(os.pread(descriptor, SLOT_BYTES, 0))
    return SLOT_BYTES if first is not None and first.head == heads[0] else 0
