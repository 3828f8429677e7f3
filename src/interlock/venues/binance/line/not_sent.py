"""Our own codes for what was not sent, or not answered. The venue's codes are below zero, these are above."""

from typing import Final, NamedTuple


class NotSent(NamedTuple):
    """A code and its sentence. But for the last two, the request was provably not written whole."""

    code: int
    text: str


LATCHED: Final = NotSent(101, "not sent: the latch is engaged")
CUT_OFF: Final = NotSent(
    102, "not sent: the latch was engaged while the kernel had taken a part only, which was cut off"
)
WAITED: Final = NotSent(103, "not sent: no connection to the venue was free in time")
HELD_BACK: Final = NotSent(104, "not sent: the venue's rate limits stand against it")
CLOSED: Final = NotSent(105, "not sent: the order line was closed")
TAKEN_BACK: Final = NotSent(108, "not sent: it was taken back while it waited")
NO_ACCOUNT: Final = NotSent(106, "not sent: the order line has no such account")
INEXPRESSIBLE: Final = NotSent(107, "not sent: the order cannot be said in the venue's words")
CANCEL_UNANSWERED: Final = NotSent(110, "no usable answer: the cancellation may have been done")
