"""The venue's filters on disk: good for one hour, or until the venue refuses an order by a filter we do not know.

Two files a market, each put in its place whole: the body as the venue sent it, and how the cache was used.
"""

import os
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from interlock.units.faults import Fault
from interlock.units.instruments import Instrument
from interlock.units.time import NS_PER_S
from interlock.venues.binance.filters import instruments_of
from interlock.venues.binance.parse.errors import is_filter_error

GOOD_NS: Final = 3_600 * NS_PER_S
REFRESH_NS_MIN: Final = 60 * NS_PER_S
_FLUSH_NS: Final = 60 * NS_PER_S


class CacheStats(Struct, kw_only=True):
    """How a market's cache was used since it was last cleared. `fetched_at_ns` is 0 while it is empty."""

    hits: int = 0
    misses: int = 0
    refreshes: int = 0
    fetched_at_ns: int = 0

    def age_s(self, at_ns: int) -> int | None:
        """Return how old the body is in whole seconds, None without one."""
        return (at_ns - self.fetched_at_ns) // NS_PER_S if self.fetched_at_ns else None


class FilterCache:
    """The filters of one market. Time comes in with every call; who misses fetches the body and stores it."""

    def __init__(self, folder: Path, market: str) -> None:
        self._body_file = folder / f"{market}-exchange-info.json"
        self._stats_file = folder / f"{market}-stats.json"
        self._instruments: dict[str, Instrument] | None = None
        self._flushed_at_ns = 0
        self._asked_at_ns: int | None = None
        self.stats = self._read_stats()

    def instruments(self, at_ns: int) -> dict[str, Instrument] | None:
        """Return the filters when they are good, None when the body has to be fetched: absent, old or unreadable."""
        age_ns = at_ns - self.stats.fetched_at_ns
        found = self.kept() if self.stats.fetched_at_ns and 0 <= age_ns < GOOD_NS else None
        if found is None:
            self.stats.misses += 1
        else:
            self.stats.hits += 1
        if at_ns - self._flushed_at_ns >= _FLUSH_NS:
            self.flush(at_ns)
        return found

    def kept(self) -> dict[str, Instrument] | None:
        """Return what is kept, however old; None when there is nothing, or nothing readable."""
        if self._instruments is None and self.stats.fetched_at_ns:
            try:
                self._instruments = instruments_of(self._body_file.read_bytes())
            except (FileNotFoundError, Fault):
                self.stats.fetched_at_ns = 0
        return self._instruments

    def store(self, body: bytes, at_ns: int) -> dict[str, Instrument]:
        """Keep a body fetched at that time; return its filters. Errors: a Fault for any other body."""
        instruments = instruments_of(body)
        _put(self._body_file, body)
        self._instruments = instruments
        self.stats.fetched_at_ns = at_ns
        self.stats.refreshes += 1
        self.flush(at_ns)
        return instruments

    def wants_refresh(self, code: int, at_ns: int) -> bool:
        """Tell whether a refusal of the venue is a reason to fetch now: by a filter, and at most once a minute."""
        if not is_filter_error(code):
            return False
        last_ns = max(self.stats.fetched_at_ns, self._asked_at_ns or 0)
        if last_ns and at_ns - last_ns < REFRESH_NS_MIN:
            return False
        self._asked_at_ns = at_ns
        return True

    def clear(self) -> bool:
        """Forget everything, on disk too; return whether there was anything."""
        was_there = any(file.exists() for file in (self._body_file, self._stats_file))
        for file in (self._body_file, self._stats_file):
            file.unlink(missing_ok=True)
        self._instruments = None
        self.stats = CacheStats()
        return was_there

    def flush(self, at_ns: int) -> None:
        """Write how the cache was used."""
        self._flushed_at_ns = at_ns
        _put(self._stats_file, msgspec.json.encode(self.stats))

    def _read_stats(self) -> CacheStats:
        try:
            return msgspec.json.decode(self._stats_file.read_bytes(), type=CacheStats)
        except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
            return CacheStats()  # only counts; without them the body is fetched anew


def _put(file: Path, data: bytes) -> None:
    """Put a file in its place whole: a reader sees the old one or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(f".{os.getpid()}.new")
    try:
        with aside.open("wb") as new:
            new.write(data)
            new.flush()
            os.fsync(new.fileno())
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)
