"""What a look at a venue comes to."""

from msgspec import Struct


class Looked(Struct, frozen=True, kw_only=True):
    """One thing that was tried at a market: what came of it in words, and whether that is good."""

    market: str
    what: str
    is_good: bool
    told: str


class CheckReport(Struct, frozen=True, kw_only=True):
    """All that was tried. `latch` is the state directory's latch, which the order line asks."""

    ok: bool
    environment: str
    account: str
    latch: str
    looks: tuple[Looked, ...]
