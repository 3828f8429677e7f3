"""The market as a run hears it: recordings played in the order of their receipt times.

What is known is what was heard before one moment, and nothing else; how a caller slices its calls never matters.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from interlock.market.books import FeedFact as BookFact
from interlock.market.quality.places import PLACES_MAX, first_places
from interlock.market.recordings.columns import RecordingSet
from interlock.market.symbol_tape import SymbolTape
from interlock.market.window import Ahead, Window, take_window
from interlock.messages import policy
from interlock.messages.market import MarketView
from interlock.messages.observations import ClockDriftHeard
from interlock.messages.words import BookState
from interlock.strategies.interface import Bar
from interlock.units.faults import Fault
from interlock.units.sides import Side
from interlock.units.time import NS_PER_S

_US = Decimal("0.001")
FeedFact = BookFact | ClockDriftHeard


@dataclass(frozen=True, slots=True)
class TapeCounts:
    """What was heard so far. `bad_ticks` has the feed's parse faults merged in; those are of the whole feed.

    `ticks` counts rows of all kinds, good and bad. `bad_places` names the first bad ticks by (kind, file, line), parse
    faults not among them. `levels_accepted` counts price levels far from the last one that had to be believed, and
    `levels_accepted_at` names where the first of them begin, as "file line N". Offsets are of the recorder's clock
    against the venue's, in milliseconds; None while unknown.
    """

    ticks: int
    quotes: int
    trades: int
    depth: int
    marks: int
    gaps: int
    bad_ticks: dict[str, int]
    bad_places: tuple[tuple[str, str, int], ...]
    levels_accepted: int
    levels_accepted_at: tuple[str, ...]
    books: dict[str, BookState]
    offset_ms: dict[str, Decimal | None]
    drift_ms_max: dict[str, Decimal]


class Tape:
    """Recordings as a market; also the `Liquidity` that a simulated venue sees."""

    def __init__(self, recordings: RecordingSet, bars: policy.Bars) -> None:
        files = _file_orders(recordings)
        self._tapes = {
            symbol: SymbolTape(symbol, tuple((each, files[each.source.digest]) for each in parts), bars)
            for symbol, parts in recordings.recordings.items()
        }
        self._all = tuple(self._tapes.values())
        self._fault_counts = recordings.fault_counts
        bounds = [at_ns for tape in self._tapes.values() for at_ns in tape.bounds_ns()]
        if not bounds:
            raise Fault(
                "The feed holds no tick that can be read; nothing was run.",
                "Name a directory with recordings, or use the simulated feed.",
            )
        self.symbols = tuple(self._tapes)
        self.start_ns, self.end_ns = min(bounds), max(bounds)
        self._period_ns = bars.period_s * NS_PER_S
        self.next_bar_ns = (self.start_ns // self._period_ns + 1) * self._period_ns
        self._until_ns = 0
        self._news_ns = -1
        self._has_news = False

    def advance(self, at_ns: int) -> None:
        """Make known all that was heard at or before a time; at the next bar's boundary, strictly before it."""
        until_ns = at_ns + 1 if at_ns < self.next_bar_ns else self.next_bar_ns
        assert at_ns <= self.next_bar_ns, f"{at_ns} is past the open bar, which ends at {self.next_bar_ns}"
        assert until_ns >= self._until_ns, f"{at_ns} is before what is known already"
        self._until_ns = until_ns
        if until_ns > self._news_ns:
            for tape in self._all:
                tape.hear(until_ns)
            self._news_ns = min([tape.news_ns for tape in self._all])
            self._has_news = True

    def close_bars(self) -> tuple[Bar, ...]:
        """Close the period that ends at `next_bar_ns`, which must have been advanced to, and open the next."""
        end_ns = self.next_bar_ns
        assert self._until_ns == end_ns, f"known until {self._until_ns}, not {end_ns}"
        self.next_bar_ns += self._period_ns
        bars = (tape.bars.close(tape.quotes.stream.known(end_ns), end_ns) for tape in self._tapes.values())
        return tuple(bar for bar in bars if bar is not None)

    def window(self, until_ns: int, quotes: frozenset[str], trades: frozenset[str], rows_max: int = 4_096) -> Window:
        """Return the good ticks not yet known that were heard before `until_ns`, of the symbols and kinds named.

        It does not advance. Cut to about `rows_max` rows; `until_ns` of the window says up to where it is whole.
        """
        ahead = []
        for symbol, tape in self._tapes.items():
            if symbol in quotes:
                ahead.append(Ahead(symbol, tape.quotes, False, tape.quotes.stream.known(self._until_ns)))
            if symbol in trades:
                ahead.append(Ahead(symbol, tape.trades, True, tape.trades.stream.known(self._until_ns)))
        return take_window(ahead, until_ns, rows_max)

    def view(self, symbol: str, at_ns: int) -> MarketView | None:
        """Return the market of a symbol as known, None before its first good quote. `at_ns` is the decision's time."""
        return self._tapes[symbol].view(at_ns)

    def mark_e8(self, symbol: str) -> int | None:
        """Return the current mid price in units of 1e-8; None before the first good quote."""
        return self._tapes[symbol].mark_e8()

    def feed_facts(self) -> list[tuple[int, FeedFact]]:
        """Return what became known of the feeds since the last call, with when, in time order.

        That is: gaps and joins of depth, and clock offsets that drifted out of bounds.
        """
        if not self._has_news:
            return []
        self._has_news = False
        facts: list[tuple[int, int, int, FeedFact]] = []
        for tape in self._all:
            facts += tape.take_facts()
            tape.clock.catch_up(self._until_ns)
            facts += [(at_ns, -1, -1, fact) for at_ns, fact in tape.clock.take_facts()]
        return [(at_ns, fact) for at_ns, _, _, fact in sorted(facts, key=lambda each: each[:3])]

    def counts(self) -> TapeCounts:
        """Return what was heard so far, counted."""
        tapes = self._tapes.values()
        for tape in tapes:
            tape.clock.catch_up(self._until_ns)
        quotes = [tape.quotes.stream.known(self._until_ns) for tape in tapes]
        trades = [tape.trades.stream.known(self._until_ns) for tape in tapes]
        depth = sum(tape.depth.known(self._until_ns) for tape in tapes)
        marks = sum(tape.marks.known(self._until_ns) for tape in tapes)
        judged = [(tape.quotes, row) for tape, row in zip(tapes, quotes, strict=True)]
        bad = [ticks.count_bad(row) for ticks, row in judged]
        bad += [tape.trades.count_bad(row) for tape, row in zip(tapes, trades, strict=True)]
        places = first_places(place for tape in tapes for place in tape.bad_places())
        accepted = sorted(place for tape in tapes for place in tape.levels_accepted())
        return TapeCounts(
            ticks=sum(quotes) + sum(trades) + depth + marks,
            quotes=sum(quotes),
            trades=sum(trades),
            depth=depth,
            marks=marks,
            gaps=sum(tape.book.gap_count for tape in tapes),
            bad_ticks=_summed([*bad, {"stale_diff": sum(tape.book.stale_count for tape in tapes)}, self._fault_counts]),
            bad_places=tuple((each.kind, each.file, each.line) for each in places),
            levels_accepted=len(accepted),
            levels_accepted_at=tuple(f"{each.file} line {each.line}" for each in accepted[:PLACES_MAX]),
            books={tape.symbol: tape.book.state for tape in tapes},
            offset_ms={tape.symbol: _milliseconds(tape.clock.offset_ns) for tape in tapes},
            drift_ms_max={tape.symbol: _milliseconds(tape.clock.drift_ns_max) or Decimal(0) for tape in tapes},
        )

    def state(self, symbol: str) -> BookState | None:
        """Return how deep the market can be seen, None when no quote is known."""
        tape = self._tapes.get(symbol)
        return None if tape is None or tape.last_quote() is None else tape.book.state

    def levels(self, symbol: str, side: Side, count: int) -> list[tuple[int, int]]:
        """Return up to `count` (price_e8, size_e8) of resting orders, best first."""
        tape = self._tapes.get(symbol)
        return [] if tape is None else tape.levels(side, count)

    def size_at(self, symbol: str, side: Side, price_e8: int) -> int | None:
        """Return the size displayed at a price, 0 when none is; None when that depth cannot be seen."""
        tape = self._tapes.get(symbol)
        return None if tape is None else tape.size_at(side, price_e8)


def _file_orders(recordings: RecordingSet) -> dict[str, int]:
    """Return the place of each file among all, by digest, in the order in which the set names them."""
    orders: dict[str, int] = {}
    for parts in recordings.recordings.values():
        for part in parts:
            orders.setdefault(part.source.digest, len(orders))
    return orders


def _summed(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    """Return the sum of counts by kind, kinds in the order of their names, none with 0."""
    total: dict[str, int] = {}
    for each in counts:
        for kind, count in each.items():
            total[kind] = total.get(kind, 0) + count
    return {kind: total[kind] for kind in sorted(total) if total[kind]}


def _milliseconds(duration_ns: int | None) -> Decimal | None:
    return None if duration_ns is None else (Decimal(duration_ns) / 1_000_000).quantize(_US)
