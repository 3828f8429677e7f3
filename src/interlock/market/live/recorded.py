"""Recordings as a feed: what was heard, in the order of its receipt, judged as the tape judges it.

A venue time is moved by what the recorder's clock was off, so that it never lies after the moment of its showing: the
fastest ticks of a file are taken to have come at once. Played again, time goes on a second after the end, ids carry on
upward, trades without a gap; the book is void first and the ids of its updates leap, as after a venue's maintenance.

Told where it stood, it goes on there: with the book, the quote and the mark price of that moment, on higher ids.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter

import numpy as np

from interlock.market.live.digits import Digits
from interlock.market.live.shown_book import ShownBook
from interlock.market.live.standing.stands import BEGINNING, MarketStanding, SymbolStanding
from interlock.market.live.ticks import BookCleared, DepthTick, MarkTick, QuoteDenied, QuoteTick, Tick, TradeTick
from interlock.market.quality.bad_ticks import JudgedStream
from interlock.market.recordings.columns import Depth, Int64, Marks, Quotes, Recording, RecordingSet, Trades
from interlock.market.streams import Segment, Stream
from interlock.market.symbol_tape import SymbolTape
from interlock.messages import policy
from interlock.ports.exchange.words import Market
from interlock.units.faults import Fault
from interlock.units.time import NS_PER_S

_PAUSE_NS = NS_PER_S
_IDS_LEAP = 1_000
# Ticks are made ready so many rows of a stream at a time.
_ROWS = 128
# One in so many ticks may be faster than those that are taken to have come at once.
_FAST_PART = 100

_KINDS = ("quotes", "trades", "depth", "marks")

Placed = tuple[int, int, int, Tick]
"""(heard time, file order, line, tick): the order in which ticks are heard."""


@dataclass(slots=True)
class _Ids:
    """One kind of id of a symbol. `shift` carries it upward from one playing to the next."""

    least: int
    shift: int = 0
    highest: int = 0

    def next(self, number: int) -> int:
        """Return the id to show: moved on, or counted where there is none."""
        shown = number + self.shift if number > 0 else self.highest + 1
        if shown > self.highest:
            self.highest = shown
        return shown

    def go_on_above(self, shown: int) -> None:
        """Give no id that was shown before."""
        if shown:
            self.highest = shown
            self.play_again(1)

    def play_again(self, leap: int) -> None:
        """Let the least id come after the highest shown."""
        self.shift = self.highest + leap - self.least


@dataclass(slots=True)
class _Playing:
    """One symbol: its judged streams and how far each was played."""

    tape: SymbolTape
    updates: _Ids
    trades: _Ids
    venue_shifts: dict[str, int]
    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_KINDS, 0))

    def go_on_above(self, stood: SymbolStanding) -> None:
        """Give no id that was shown before."""
        self.updates.go_on_above(stood.update_id)
        self.trades.go_on_above(stood.trade_id)

    def streams(self) -> dict[str, Stream[Quotes] | Stream[Trades] | Stream[Depth] | Stream[Marks]]:
        """Return the streams by kind."""
        tape = self.tape
        return dict(zip(_KINDS, (tape.quotes.stream, tape.trades.stream, tape.depth, tape.marks), strict=True))


class RecordedFeed:
    """The recordings of one market as a feed; with `is_looped` without an end."""

    def __init__(
        self,
        recordings: RecordingSet,
        market: Market,
        is_looped: bool = False,
        stood: MarketStanding = BEGINNING,
        history_ns: int = 0,
    ) -> None:
        """Judge all ticks, so that playing never waits for it; go on from where it stood, or so much history before.

        Errors: Fault when the market has no tick, or when it was played to its end and is not looped.
        """
        self.market = market
        self._is_looped = is_looped
        orders: dict[str, int] = {}
        self._playing: dict[str, _Playing] = {}
        for symbol, parts in recordings.recordings.items():
            chosen = [part for part in parts if part.source.market == market.value]
            for part in chosen:
                orders.setdefault(part.source.digest, len(orders))
            if any(len(table.line) for part in chosen for table in (part.quotes, part.trades, part.depth)):
                self._playing[symbol] = _playing(symbol, chosen, orders)
        bounds = [at_ns for each in self._playing.values() for at_ns in each.tape.bounds_ns()]
        if not bounds:
            raise Fault(
                f"The recordings hold no tick of the market {market.value} that can be read; there is nothing to show.",
                "Name a directory with recordings of this market, or use the simulated feed.",
            )
        self.symbols = tuple(self._playing)
        self.depth_symbols = frozenset(name for name, each in self._playing.items() if each.tape.depth.row_count)
        self._first_ns, self._end_ns = min(bounds), max(bounds)
        self.start_ns = self._first_ns
        self.history_ns = history_ns
        self._shift_ns = 0
        self._tick_count = 0  # of this playing
        self._opening: list[Tick] = []
        for symbol, each in self._playing.items():
            each.go_on_above(stood.of(symbol))
        if stood.feed_ns > self._first_ns:
            self._go_on(stood.feed_ns)

    def _go_on(self, stood_ns: int) -> None:
        """Begin right after a time of the feed, or as much earlier as history is wanted and there is."""
        playings, within_ns = divmod(stood_ns - self._first_ns, self._end_ns - self._first_ns + _PAUSE_NS)
        if not self._is_looped and (playings or self._first_ns + within_ns >= self._end_ns):
            raise Fault(
                f"The recordings of the market {self.market.value} were played to their end; there is nothing left.",
                "Start without --until-end to play them again, or give --new-market to begin anew.",
            )
        self.history_ns = min(self.history_ns, within_ns)
        self.start_ns = self._first_ns + within_ns - self.history_ns
        if self.start_ns == self._first_ns:
            return
        self._tick_count = 1  # what is skipped counts
        for playing in self._playing.values():
            self._opening += self._skip(playing)

    def _skip(self, playing: _Playing) -> list[Tick]:
        """Pass over all that was heard up to the start, and return what stood then."""
        at_ns, tape, is_spot = self.start_ns, playing.tape, self.market is Market.SPOT
        playing.rows = {kind: stream.rows_before(at_ns + 1, 0) for kind, stream in playing.streams().items()}
        rows, stood = playing.rows, list[Placed]()
        book = ShownBook(tape.symbol, Digits(0, 0), is_spot)
        for depth, at, end in tape.depth.pieces(0, rows["depth"]):
            for _, _, _, tick in self._depth(playing, depth, at, end):
                assert isinstance(tick, DepthTick)
                book.take(tick)
        quote = tape.quotes.last_good(rows["quotes"])
        if quote >= 0:
            stood += self._quotes(playing, tape.quotes, quote, quote + 1)
        for marks, at, end in tape.marks.pieces(max(0, rows["marks"] - 1), rows["marks"]):
            stood += self._marks(playing, marks, at, end)
        ticks = [tick for _, _, _, tick in stood]
        snapshot = book.snapshot(at_ns)
        if snapshot is not None:
            ticks.append(snapshot)
        for tick in ticks:
            tick.at_ns, tick.venue_at_ns = at_ns, 0
        return ticks

    def next_ticks(self) -> list[Tick]:
        """Return the next ticks, in the feed's time; none when all were played."""
        if self._opening:
            opening, self._opening = self._opening, []
            return opening
        while True:
            placed: list[Placed] = []
            until_ns = self._until_ns()
            if until_ns is None:
                if not self._is_looped or not self._tick_count:
                    return []
                return self._play_again()
            for playing in self._playing.values():
                placed += self._take(playing, until_ns)
            if placed:
                self._tick_count += len(placed)
                placed.sort(key=itemgetter(0, 1, 2))
                return [tick for _, _, _, tick in placed]

    def _until_ns(self) -> int | None:
        """Return up to when the next ticks are made ready; None when there is no row left."""
        cuts, has_rows = [], False
        for playing in self._playing.values():
            for kind, stream in playing.streams().items():
                row = playing.rows[kind]
                has_rows |= row < stream.row_count
                if row + _ROWS < stream.row_count:
                    cuts.append(max(stream.known_at_ns(row + _ROWS), stream.known_at_ns(row) + 1))
        return min(cuts, default=self._end_ns + 1) if has_rows else None

    def _play_again(self) -> list[Tick]:
        self._shift_ns += self._end_ns - self._first_ns + _PAUSE_NS
        self._tick_count = 0
        at_ns = self._first_ns + self._shift_ns
        for playing in self._playing.values():
            playing.rows = dict.fromkeys(_KINDS, 0)
            playing.updates.play_again(_IDS_LEAP)
            playing.trades.play_again(1)
        return [BookCleared(symbol, at_ns, 0) for symbol in self.symbols]

    def _take(self, playing: _Playing, until_ns: int) -> Iterator[Placed]:
        """Yield the good ticks of a symbol up to a time, kind by kind."""
        tape, rows = playing.tape, playing.rows
        ends = {kind: stream.rows_before(until_ns, rows[kind]) for kind, stream in playing.streams().items()}
        yield from self._quotes(playing, tape.quotes, rows["quotes"], ends["quotes"])
        for trades, chosen in tape.trades.good(rows["trades"], ends["trades"]):
            yield from self._trades(playing, trades, chosen)
        for depth, at, end in tape.depth.pieces(rows["depth"], ends["depth"]):
            yield from self._depth(playing, depth, at, end)
        for marks, at, end in tape.marks.pieces(rows["marks"], ends["marks"]):
            yield from self._marks(playing, marks, at, end)
        playing.rows = ends

    def _stamps(
        self,
        playing: _Playing,
        segment: Segment[Quotes] | Segment[Trades] | Segment[Depth] | Segment[Marks],
        rows: slice | Int64,
    ) -> tuple[list[int], list[int], list[int]]:
        """Return (heard, venue, line) of rows, the first two in the feed's time."""
        shift_ns, table = self._shift_ns, segment.table
        venue = table.venue_at_ns[rows]
        moved = np.where(venue > 0, venue + (playing.venue_shifts[segment.source.digest] + shift_ns), 0)
        return (segment.known_at_ns[rows] + shift_ns).tolist(), moved.tolist(), table.line[rows].tolist()

    def _quotes(self, playing: _Playing, judged: JudgedStream[Quotes], row: int, row_end: int) -> Iterator[Placed]:
        symbol, ids, good_count = playing.tape.symbol, playing.updates, 0
        for segment, rows in judged.good(row, row_end):
            table, order = segment.table, segment.order
            columns = (table.update_id, table.bid_e8, table.ask_e8, table.bid_size_e8, table.ask_size_e8)
            values = zip(*self._stamps(playing, segment, rows), *(each[rows].tolist() for each in columns), strict=True)
            for at_ns, venue_ns, line, number, bid, ask, bid_size, ask_size in values:
                good_count += 1
                shown = number + ids.shift if number > 0 else 0
                ids.highest = max(ids.highest, shown)
                yield at_ns, order, line, QuoteTick(symbol, at_ns, venue_ns, shown, bid, ask, bid_size, ask_size)
        if good_count < row_end - row:
            for bad in range(row, row_end):
                if judged.last_good(bad + 1) != bad and judged.is_denied(bad + 1):
                    segment, at = judged.stream.at(bad)
                    at_ns = segment.known_at_ns.item(at) + self._shift_ns
                    yield at_ns, segment.order, segment.table.line.item(at), QuoteDenied(symbol, at_ns, 0)

    def _trades(self, playing: _Playing, segment: Segment[Trades], rows: slice | Int64) -> Iterator[Placed]:
        symbol, ids, order, table = playing.tape.symbol, playing.trades, segment.order, segment.table
        columns = (table.trade_id, table.price_e8, table.quantity_e8, table.buyer_is_aggressor)
        values = zip(*self._stamps(playing, segment, rows), *(each[rows].tolist() for each in columns), strict=True)
        for at_ns, venue_ns, line, number, price, quantity, buyer in values:
            yield at_ns, order, line, TradeTick(symbol, at_ns, venue_ns, ids.next(number), price, quantity, buyer)

    def _depth(self, playing: _Playing, segment: Segment[Depth], at: int, end: int) -> Iterator[Placed]:
        symbol, ids, order, table = playing.tape.symbol, playing.updates, segment.order, segment.table
        rows = slice(at, end)
        numbers = (table.first_id, table.final_id, table.previous_id, table.is_snapshot)
        bounds = (table.level_from, table.bids_to, table.asks_to)
        columns = (each[rows].tolist() for each in (*numbers, *bounds))
        for at_ns, venue_ns, line, first, final, previous, is_snapshot, start, middle, stop in zip(
            *self._stamps(playing, segment, rows), *columns, strict=True
        ):
            prices, sizes = table.level_price_e8[start:stop].tolist(), table.level_size_e8[start:stop].tolist()
            split = middle - start
            yield (
                at_ns,
                order,
                line,
                DepthTick(
                    symbol,
                    at_ns,
                    venue_ns,
                    is_snapshot,
                    first + ids.shift,
                    ids.next(final),
                    previous + ids.shift if previous >= 0 else -1,
                    (prices[:split], sizes[:split]),
                    (prices[split:], sizes[split:]),
                ),
            )

    def _marks(self, playing: _Playing, segment: Segment[Marks], at: int, end: int) -> Iterator[Placed]:
        symbol, order, table, rows = playing.tape.symbol, segment.order, segment.table, slice(at, end)
        columns = (each[rows].tolist() for each in (table.mark_e8, table.index_e8, table.funding_e8))
        for at_ns, venue_ns, line, mark, index, funding in zip(
            *self._stamps(playing, segment, rows), *columns, strict=True
        ):
            yield at_ns, order, line, MarkTick(symbol, at_ns, venue_ns, mark, index, funding)


def _playing(symbol: str, parts: list[Recording], orders: dict[str, int]) -> _Playing:
    tape = SymbolTape(symbol, tuple((part, orders[part.source.digest]) for part in parts), policy.Bars())
    # Judged now, so that playing never waits for it.
    tape.quotes.judge_to(tape.quotes.stream.row_count)
    tape.trades.judge_to(tape.trades.stream.row_count)
    updates = [part.quotes.update_id for part in parts]
    updates += [ids for part in parts for ids in (part.depth.first_id, part.depth.final_id, part.depth.previous_id)]
    trades = [part.trades.trade_id for part in parts]
    shifts = {part.source.digest: _venue_shift_ns(part) for part in parts}
    return _Playing(tape, _Ids(_least(updates)), _Ids(_least(trades)), shifts)


def _least(columns: list[Int64]) -> int:
    """Return the least id above 0, 1 when there is none."""
    ids = np.concatenate(columns)
    return int(ids[ids > 0].min(initial=np.iinfo(np.int64).max)) if (ids > 0).any() else 1


def _venue_shift_ns(part: Recording) -> int:
    """Return what brings the venue's times onto the recorder's clock, the fastest ticks taken to come at once."""
    late = []
    for table in (part.quotes, part.trades, part.depth):
        is_stamped = table.venue_at_ns > 0
        late.append(table.heard_at_ns[is_stamped] - table.venue_at_ns[is_stamped])
    differences = np.concatenate(late)
    if not len(differences):
        return 0
    place = len(differences) // _FAST_PART
    return int(np.partition(differences, place)[place])
