"""The port to the latch: the brake that is asked last, right before the bytes of a send go to the socket."""

from typing import Final, Protocol

OPEN: Final = 0x4F  # "O"
NO_NEW_RISK: Final = 0x4E  # "N"
SILENT: Final = 0x53  # "S"


class LatchCell(Protocol):
    """One byte that other processes may change at any time."""

    def __getitem__(self, index: int, /) -> int: ...


class Latch(Protocol):
    """How a sender asks. Nothing but OPEN lets an entry out; SILENT lets nothing out, not even a cancellation."""

    @property
    def cell(self) -> LatchCell:
        """Return what to look at: `cell[0]` is OPEN, NO_NEW_RISK or SILENT, and any other value is not OPEN.

        It is looked at anew for every send, after all that may wait and right before the write.
        """
        ...
