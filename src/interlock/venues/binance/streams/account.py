"""What an account's stream needs from outside."""

import re
import ssl
from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct

from interlock.ports.clock import Clock
from interlock.venues.binance.streams.reads import Reads
from interlock.venues.binance.streams.socket import Sleep
from interlock.venues.binance.streams.states.user_intake import UserOut

_OURS = re.compile(r"il[0-9a-f]+-[0-9a-f]+-[0-9a-f]+")


class AccountSurroundings(Struct, frozen=True, kw_only=True):
    """Requests, time, chance, patience, trust, who is told, which ids are ours, and what assets are worth in USDT."""

    reads: Reads
    clock: Clock
    draw: Callable[[], float]
    sleep: Sleep
    tell: Callable[[UserOut], None]
    rate: Callable[[str], Decimal | None]
    is_ours: Callable[[str], bool]
    tls: ssl.SSLContext | None = None


def is_of_our_making(order_id: str) -> bool:
    """Tell whether an id has the form of those we derive from our logs. It may be of another log of ours."""
    return _OURS.fullmatch(order_id) is not None
