"""A quotes-only Python strategy over a recording: from the columnar cache, and end to end from the gzip files.

Both are whole backtests: opening the feed, judging every tick, bars, the strategy called for each good quote, and the
journal on disk. From the cache the quotes given to the strategies are counted; end to end every tick that was read.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench.figures import Figure, compared, table
from bench.runs import plan, played, recording, timed
from interlock.market.recordings.sources import open_recordings
from interlock.messages.market import Signal
from interlock.messages.policy import Policy
from interlock.strategies.interface import Bar, Quote
from interlock.units.money import install_context

SET = "l1l2-binance-usdm-20240808"
CACHED_PER_S, GZIP_PER_S = 1_000_000.0, 150_000.0
_ROUNDS_CACHED, _ROUNDS_GZIP = 15, 3
_WEIGHT = 0.01


class AverageOfMids:
    """Keeps an exponential average of the mid price. Never signals."""

    wants_quotes = True

    def __init__(self) -> None:
        self.average_e8 = 0.0

    def on_quote(self, quote: Quote) -> Signal | None:
        """Take a quote."""
        mid_e8 = (quote.bid_e8 + quote.ask_e8) / 2
        self.average_e8 += _WEIGHT * (mid_e8 - self.average_e8)
        return None

    def on_bar(self, bar: Bar) -> Signal | None:
        """Take a bar, and do nothing with it."""
        return None


class CountOfQuotes(AverageOfMids):
    """The same, counting what it is given. Played once, outside what is timed."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0

    def on_quote(self, quote: Quote) -> Signal | None:
        """Take a quote."""
        self.seen += 1
        return super().on_quote(quote)


def once(feed: Path, cache: Path | None, journal: Path, make: Callable[[str], AverageOfMids]) -> tuple[float, int]:
    """Open and play the recording; return the seconds it took and all ticks read."""
    taken_s, outcome = timed(lambda: played(plan(open_recordings(feed, cache), Policy(), make), journal))
    return taken_s, outcome.counts.ticks


def quotes_given(feed: Path, cache: Path, journal: Path) -> int:
    """Return how many quotes a run gives to its strategies; the cache is made on the way."""
    counting: dict[str, CountOfQuotes] = {}
    once(feed, cache, journal, lambda symbol: counting.setdefault(symbol, CountOfQuotes()))
    return sum(each.seen for each in counting.values())


def run() -> list[Figure]:
    """Measure both ways by the median run."""
    install_context()
    feed = recording(SET)
    if feed is None:
        return [_absent(name) for name in ("ticks: from the cache", "ticks: end to end from gzip")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cache = folder / "cache"
        quotes = quotes_given(feed, cache, folder / "counted")
        cached = [once(feed, cache, folder / f"cached-{n}", _average) for n in range(_ROUNDS_CACHED)]
        gzip = [once(feed, None, folder / f"gzip-{n}", _average) for n in range(_ROUNDS_GZIP)]
    ticks = gzip[0][1]
    cached_s, gzip_s = median(each[0] for each in cached), median(each[0] for each in gzip)
    return [
        _beside(
            "ticks: from the cache", quotes / cached_s, CACHED_PER_S, f"{quotes:,} quotes to strategies, whole run"
        ),
        _beside("ticks: end to end from gzip", ticks / gzip_s, GZIP_PER_S, f"{ticks:,} ticks of all kinds"),
    ]


def _average(symbol: str) -> AverageOfMids:
    return AverageOfMids()


def _beside(name: str, ours: float, required: float, note: str) -> Figure:
    return compared(name, ours, required, "at least 1.0", "ticks/s", f"required rate; {note}")


def _absent(name: str) -> Figure:
    note = "no recordings: set INTERLOCK_DATA"
    return Figure(
        name=name, ours=0.0, peer=None, ratio=None, required="at least 1.0", met=None, unit="ticks/s", note=note
    )


if __name__ == "__main__":
    sys.stdout.write(table(run()) + "\n")
