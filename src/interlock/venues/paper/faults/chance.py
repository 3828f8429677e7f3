"""Faults by a seed: how often each kind comes, and which call or message it strikes."""

import hashlib
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from interlock.units.faults import Fault
from interlock.venues.paper.faults.injections import Injection
from interlock.venues.paper.faults.kinds import KINDS, Kind, Target, When

PER_MILLION: Final = 1_000_000


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """How often each kind strikes: in a million calls, or in a million messages for the kinds that strike streams."""

    rates_ppm: dict[Kind, int]


ROUGH: Final = Profile(
    {
        **dict.fromkeys((kind for kind, terms in KINDS.items() if terms.target is Target.ANSWER), 2_000),
        **dict.fromkeys((Kind.DUPLICATE, Kind.REORDER, Kind.LOSE), 1_000),
        **dict.fromkeys((Kind.SILENCE, Kind.LISTEN_KEY_EXPIRY, Kind.CLOCK_OFFSET), 50),
    }
)
"""An exchange on a bad day: about one call in thirty goes wrong, and now and then the whole of it."""

PROFILES: Final = MappingProxyType({"rough": ROUGH})


class SeededFaults:
    """Draws what strikes a call or a message. Each draw is a pure function of (seed, what is counted, ordinal)."""

    def __init__(self, seed: int, profile: Profile) -> None:
        """Errors: Fault when the rates of calls or of messages are below zero or add up to more than a million."""
        self._hash = hashlib.sha256(f"{seed}/".encode())
        streams = {kind for kind, terms in KINDS.items() if terms.target is Target.STREAM}
        ordered = [(kind, profile.rates_ppm[kind]) for kind in Kind if kind in profile.rates_ppm]
        self._calls = [(kind, rate) for kind, rate in ordered if kind not in streams]
        self._pushes = [(kind, rate) for kind, rate in ordered if kind in streams]
        for name, rates in (("calls", self._calls), ("stream messages", self._pushes)):
            total = sum(rate for _, rate in rates)
            if total > PER_MILLION or any(rate < 0 for _, rate in rates):
                raise Fault(
                    f"The rates of faults on {name} add up to {total} in a million, or one is below zero.",
                    f"Give rates from 0 that add up to at most {PER_MILLION}.",
                )

    def of_call(self, ordinal: int) -> Injection | None:
        """Return what strikes the call of this ordinal, None for nothing."""
        return self._drawn(self._calls, b"call/%d" % ordinal)

    def of_push(self, ordinal: int) -> Injection | None:
        """Return what strikes the message of this ordinal, None for nothing."""
        return self._drawn(self._pushes, b"push/%d" % ordinal)

    def _drawn(self, rates: list[tuple[Kind, int]], key: bytes) -> Injection | None:
        if not rates:
            return None
        hashed = self._hash.copy()
        hashed.update(key)
        digest = hashed.digest()
        drawn = int.from_bytes(digest[:8], "big") % PER_MILLION
        for kind, rate in rates:
            drawn -= rate
            if drawn < 0:
                return Injection(kind=kind, when=_when(kind, digest[8]))
        return None


def _when(kind: Kind, drawn: int) -> When | None:
    whens = KINDS[kind].whens
    return whens[drawn % len(whens)] if whens else None
