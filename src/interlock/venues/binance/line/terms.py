"""How patient the order line is, and how wide."""

from msgspec import Struct

from interlock.venues.binance.requests import RECV_WINDOW_MS


class LineTerms(Struct, frozen=True, kw_only=True):
    """Times in milliseconds. `silence_ms_max` is from the write to the answer.

    An entry that waits longer than `entry_wait_ms_max` for its turn is not sent: the market it was decided on is gone.
    What reduces, and what cancels, waits up to `exit_wait_ms_max`: it is known in time that it was not sent, and it can
    be asked for again. Where there is more than one of the `connections`, entries leave the last free one to it.
    """

    connections: int = 3
    recv_window_ms: int = RECV_WINDOW_MS
    silence_ms_max: int = 10_000
    entry_wait_ms_max: int = 1_000
    exit_wait_ms_max: int = 3_000
