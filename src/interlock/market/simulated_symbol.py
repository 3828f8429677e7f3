"""One symbol of the simulated feed: a mid price that changes its character, and quotes, trades and depth around it.

Everything is drawn from one seeded generator in a fixed order. Prices are counted in ticks and sizes in steps until
they are written to columns.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from statistics import NormalDist

from interlock.units.time import NS_PER_MS, NS_PER_S

_NORMAL = NormalDist()
_BPS = 1e-4
_LADDER_LEVELS = 10
_SIZE_DRAWS = 1_024
# A burst of news moves prices and widens spreads; the rest of the time one tick is the rule.
_WIDE_SPREAD_TICKS = 4


@dataclass(frozen=True, slots=True)
class Terms:
    """How a symbol is traded: where it starts, its tick and step in 1e-8, its typical size, its ladder's spacing."""

    price_start: float
    tick_e8: int
    step_e8: int
    size_steps_median: int
    ladder_ticks: int


TERMS = {
    "BTCUSDT": Terms(60_000.0, 10_000_000, 100_000, 900, 10),
    "ETHUSDT": Terms(2_600.0, 1_000_000, 100_000, 12_000, 5),
}


@dataclass(frozen=True, slots=True)
class Character:
    """How the price behaves for a while. Rates are a second; volatility and drift in basis points, by second.

    With `pull` above 0 the price is drawn back to where it was when this began, by that part a second.
    """

    name: str
    weight: float
    duration_s: tuple[float, float]
    quotes_a_second: float
    volatility_bps: float
    drift_bps: tuple[float, float]
    pull: float
    trade_share: float


CHARACTERS = (
    Character("calm", 0.35, (60.0, 240.0), 4.0, 0.35, (0.0, 0.0), 0.0, 0.35),
    Character("trend", 0.25, (60.0, 240.0), 7.0, 0.6, (0.08, 0.35), 0.0, 0.55),
    Character("burst", 0.14, (8.0, 40.0), 10.0, 3.0, (0.8, 3.5), 0.0, 0.8),
    Character("reverting", 0.28, (90.0, 300.0), 6.0, 2.6, (0.0, 0.0), 0.08, 0.5),
)


@dataclass(slots=True)
class Events:
    """What the venue sends, as rows of plain integers. Each row ends with its time on the wire and its ordinal."""

    quotes: list[tuple[int, ...]] = field(default_factory=list)
    trades: list[tuple[int, ...]] = field(default_factory=list)
    depth: list[tuple[int, ...]] = field(default_factory=list)
    level_prices: list[int] = field(default_factory=list)
    level_sizes: list[int] = field(default_factory=list)
    count: int = 0


class SymbolMarket:
    """Plays one symbol for a while. `play` fills `events`; call it once."""

    def __init__(self, terms: Terms, chance: Random, start_ns: int) -> None:
        self._terms = terms
        self._chance = chance
        self._start_ns = start_ns
        self.events = Events()
        self._sizes = [
            max(1, round(terms.size_steps_median * math.exp(1.1 * _NORMAL.inv_cdf((n + 0.5) / _SIZE_DRAWS))))
            for n in range(_SIZE_DRAWS)
        ]
        self._log_price = math.log(terms.price_start)
        self._bid = round(terms.price_start * 1e8) // terms.tick_e8
        self._ask = self._bid + 1
        self._update_id = 1_000_000
        self._final_id = self._update_id
        self._trade_id = 500_000
        self._shown: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._depth_due_s = 0.0

    def play(self, duration_s: float) -> Events:
        """Play for so many seconds and return all events in the order they were sent."""
        at_s, still_s = 0.05, 0.0
        for character, end_s, drift_bps in self._characters(duration_s):
            anchor = self._log_price
            while at_s < end_s:
                wait_s = -math.log(1.0 - self._chance.random()) / character.quotes_a_second
                still_s += wait_s
                moved = 0
                if self._chance.random() < 0.6:
                    moved = self._move(character, drift_bps, anchor, still_s)
                    still_s = 0.0
                self._quote(at_s)
                if self._chance.random() < character.trade_share:
                    self._trade(at_s, wait_s, moved)
                at_s += wait_s
        return self.events

    def _characters(self, duration_s: float) -> Iterator[tuple[Character, float, float]]:
        """Yield (character, when it ends, its drift) until the time is over."""
        end_s = 0.0
        while end_s < duration_s:
            draw = self._chance.random() * sum(each.weight for each in CHARACTERS)
            chosen = CHARACTERS[-1]
            for each in CHARACTERS:
                draw -= each.weight
                if draw < 0:
                    chosen = each
                    break
            end_s = min(duration_s, end_s + self._between(*chosen.duration_s))
            sign = 1 if self._chance.random() < 0.5 else -1
            yield chosen, end_s, sign * self._between(*chosen.drift_bps)

    def _between(self, low: float, high: float) -> float:
        return low + (high - low) * self._chance.random()

    def _size(self) -> int:
        return self._sizes[int(self._chance.random() * _SIZE_DRAWS)]

    def _move(self, character: Character, drift_bps: float, anchor: float, elapsed_s: float) -> int:
        """Move the price and the best bid and ask with it; return which way it went."""
        draw = _NORMAL.inv_cdf(self._chance.random() or 0.5)
        change = drift_bps * elapsed_s + character.volatility_bps * math.sqrt(elapsed_s) * draw
        back = (anchor - self._log_price) * min(1.0, character.pull * elapsed_s)
        self._log_price += change * _BPS + back
        mid_ticks = math.exp(self._log_price) * 1e8 / self._terms.tick_e8
        is_wide = character.name == "burst" and self._chance.random() < 0.3
        spread = 1 + int(self._chance.random() * _WIDE_SPREAD_TICKS) if is_wide else 1
        before = self._bid
        self._bid = round(mid_ticks - spread / 2)
        self._ask = self._bid + spread
        return self._bid - before

    def _sent(self, at_s: float) -> tuple[int, int]:
        """Return the time on the wire and the ordinal of a new event."""
        self.events.count += 1
        return self._start_ns + round(at_s * NS_PER_S), self.events.count

    def _quote(self, at_s: float) -> None:
        terms = self._terms
        bid_size, ask_size = self._size(), self._size()
        self._update_id += 1 + int(self._chance.random() * 40)
        sent_ns, ordinal = self._sent(at_s)
        self.events.quotes.append(
            (
                sent_ns // NS_PER_MS * NS_PER_MS,
                self._update_id,
                self._bid * terms.tick_e8,
                self._ask * terms.tick_e8,
                bid_size * terms.step_e8,
                ask_size * terms.step_e8,
                sent_ns,
                ordinal,
            )
        )
        if at_s >= self._depth_due_s:
            self._depth_due_s = at_s + self._between(0.25, 0.5)
            is_first = not self._shown[0]
            self._diff(at_s, bid_size, ask_size)
            if is_first:
                self._snapshot(at_s)

    def _trade(self, at_s: float, wait_s: float, moved: int) -> None:
        terms = self._terms
        buys = self._chance.random() < (0.8 if moved > 0 else 0.2 if moved < 0 else 0.5)
        self._trade_id += 1
        sent_ns, ordinal = self._sent(at_s + wait_s * self._chance.random())
        price = self._ask if buys else self._bid
        quantity = max(1, self._size() // 8)
        venue_ns = sent_ns // NS_PER_MS * NS_PER_MS
        self.events.trades.append(
            (venue_ns, self._trade_id, price * terms.tick_e8, quantity * terms.step_e8, int(buys), sent_ns, ordinal)
        )

    def _ladder(self, best: int, best_size: int, shown: dict[int, int], direction: int) -> dict[int, int]:
        """Return the side as it now rests: the best, and round prices behind it, most of them unchanged."""
        step = self._terms.ladder_ticks
        ladder = {best: best_size}
        price = (best - 1) // step * step if direction < 0 else best // step * step + step
        for _ in range(_LADDER_LEVELS - 1):
            size = shown.get(price, 0)
            ladder[price] = self._size() if not size or self._chance.random() < 0.25 else size
            price += direction * step
        return ladder

    def _diff(self, at_s: float, bid_size: int, ask_size: int) -> None:
        start = len(self.events.level_prices)
        middle = start
        bids = self._ladder(self._bid, bid_size, self._shown[0], -1)
        asks = self._ladder(self._ask, ask_size, self._shown[1], 1)
        for shown, ladder in zip(self._shown, (bids, asks), strict=True):
            middle = len(self.events.level_prices) if shown is self._shown[1] else middle
            for price in shown:
                if price not in ladder:
                    self._level(price, 0)
            for price, size in ladder.items():
                if shown.get(price) != size:
                    self._level(price, size)
        before, self._final_id = self._final_id, self._update_id
        self._shown = (bids, asks)
        self._row(at_s + 1e-6, (before + 1, self._final_id, before, 0, start, middle))

    def _snapshot(self, at_s: float) -> None:
        start = len(self.events.level_prices)
        for price, size in self._shown[0].items():
            self._level(price, size)
        middle = len(self.events.level_prices)
        for price, size in self._shown[1].items():
            self._level(price, size)
        self._row(at_s + 2e-6, (self._final_id, self._final_id, -1, 1, start, middle))

    def _level(self, price: int, size: int) -> None:
        self.events.level_prices.append(price * self._terms.tick_e8)
        self.events.level_sizes.append(size * self._terms.step_e8)

    def _row(self, at_s: float, values: tuple[int, ...]) -> None:
        is_snapshot = values[3]
        sent_ns, ordinal = self._sent(at_s)
        venue_ns = 0 if is_snapshot else sent_ns // NS_PER_MS * NS_PER_MS
        self.events.depth.append((venue_ns, *values, len(self.events.level_prices), sent_ns, ordinal))
