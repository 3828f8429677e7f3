"""A simulated market without an end, from one seed: the simulated feed, one stretch of its character after another.

A stretch of a symbol is generated when the ticks before it are used up, so memory stays flat and no call takes long.
Prices, ids and the book carry on from stretch to stretch. Spot and futures of one seed and symbol take the same way,
since sizes are drawn apart from prices. No bad tick is generated, so none is judged.

Told where it stood, it goes on from the last prices, with other chance and on higher ids.
"""

import math
from collections.abc import Iterator, Mapping
from random import Random

from interlock.market.live.standing.stands import BEGINNING, MarketStanding
from interlock.market.live.ticks import DepthTick, QuoteTick, Tick, TradeTick
from interlock.market.simulated_symbol import TERMS, Character, Events, SymbolMarket, Terms
from interlock.ports.exchange.words import Market
from interlock.units.digests import sha256_hex
from interlock.units.faults import Fault
from interlock.units.instruments import Instrument
from interlock.units.money import to_e8
from interlock.units.time import NS_PER_S

_VERSION = 1
# 2024-01-01 00:00:01 UTC.
_START_NS = 1_704_067_201 * NS_PER_S
# Beyond so many times (or one part in so many of) the first price it no longer drifts further away, for good.
_RANGE = 1.5


class EndlessFeed:
    """The simulated feed of one market, hour after hour."""

    def __init__(
        self,
        seed: int,
        market: Market,
        instruments: Mapping[str, Instrument],
        stood: MarketStanding = BEGINNING,
        history_ns: int = 0,
    ) -> None:
        """Take tick and step from the instruments; go on from where it stood, which it is at after `history_ns`.

        Errors: Fault for a symbol that it cannot play.
        """
        self.market = market
        self.start_ns = _START_NS
        self.history_ns = history_ns
        self._symbols = {symbol: _EndlessSymbol(seed, instruments[symbol], stood) for symbol in sorted(instruments)}
        if not self._symbols:
            raise Fault("No symbol was named for the simulated feed.", f"Name some of {', '.join(TERMS)}.")
        self.symbols = tuple(self._symbols)
        self.depth_symbols = frozenset(self.symbols)
        self._waiting: list[Tick] = []  # generated, and after the end of another symbol's stretch
        if history_ns and stood.starts:
            # The way taken is the same from any price: begun so much off, it ends where the market stood.
            ahead = EndlessFeed(seed, market, instruments, stood)
            for symbol, log_price in ahead.log_prices_at(_START_NS + history_ns).items():
                self._symbols[symbol].begin_off(log_price)

    def log_prices_at(self, until_ns: int) -> dict[str, float]:
        """Return the logarithm of each symbol's last mid price before a time. Plays so far; nothing else may follow."""
        found: dict[str, float] = {}
        for symbol, each in self._symbols.items():
            found[symbol] = each.log_price
            while each.end_ns < until_ns:
                for tick in each.stretch():
                    if isinstance(tick, QuoteTick) and tick.at_ns < until_ns:
                        found[symbol] = math.log((tick.bid_e8 + tick.ask_e8) / 2e8)
        return found

    def next_ticks(self) -> list[Tick]:
        """Return the next ticks: a stretch of the symbol that is least far, and what else falls before its end."""
        ready: list[Tick] = []
        while not ready:
            least = min(self._symbols.values(), key=lambda each: each.end_ns)
            self._waiting += least.stretch()
            self._waiting.sort(key=lambda tick: tick.at_ns)  # stable: equal times stay in the order of symbols
            end_ns = min(each.end_ns for each in self._symbols.values())
            ready = [tick for tick in self._waiting if tick.at_ns < end_ns]
            del self._waiting[: len(ready)]
        return ready


class _EndlessSymbol(SymbolMarket):
    """One symbol, played stretch by stretch: as long as its character stays what it is."""

    def __init__(self, seed: int, instrument: Instrument, stood: MarketStanding) -> None:
        symbol, last = instrument.symbol, stood.of(instrument.symbol)
        described = f"interlock endless feed {_VERSION}: seed {seed}: {symbol}"
        if stood.starts:
            described += f": start {stood.starts}"
        super().__init__(_terms(instrument), Random(int(sha256_hex(described.encode()), 16)), _START_NS)
        self.end_ns = _START_NS
        self._symbol = symbol
        self._price_chance = self._chance
        self._size_chance = Random(int(sha256_hex(f"{described}: sizes".encode()), 16))
        self._log_home = self._log_price
        if last.bid_e8:
            self._log_price = math.log((last.bid_e8 + last.ask_e8) / 2e8)
            self._bid = last.bid_e8 // self._terms.tick_e8
            self._ask = max(self._bid + 1, last.ask_e8 // self._terms.tick_e8)
        if last.update_id:
            self._update_id = self._final_id = last.update_id
        if last.trade_id:
            self._trade_id = last.trade_id

    @property
    def log_price(self) -> float:
        """The logarithm of the mid price now."""
        return self._log_price

    def begin_off(self, log_price: float) -> None:
        """Begin so much below where it stands as this lies above, before anything is played."""
        self._log_price += self._log_price - log_price
        self._bid = round(math.exp(self._log_price) * 1e8) // self._terms.tick_e8
        self._ask = self._bid + 1

    def stretch(self) -> list[Tick]:
        """Generate the next stretch and return its ticks in order of time, all before `end_ns`."""
        self._start_ns = self.end_ns
        self.events = Events()
        self._depth_due_s = 0.0
        self.play(math.inf)
        events, self.events = self.events, Events()
        last_ns = self.end_ns - 1
        ticks = [*self._quote_ticks(events), *self._trade_ticks(events, last_ns), *self._depth_ticks(events)]
        ticks.sort(key=lambda tick: tick.at_ns)
        return ticks

    def _characters(self, duration_s: float) -> Iterator[tuple[Character, float, float]]:
        """Yield the one character of this stretch, and know when it ends."""
        character, lasts_s, drift_bps = next(super()._characters(duration_s))
        away = self._log_price - self._log_home
        if abs(away) > math.log(_RANGE):
            drift_bps = -math.copysign(drift_bps, away)
        self.end_ns = self._start_ns + round(lasts_s * NS_PER_S)
        yield character, lasts_s, drift_bps

    def _size(self) -> int:
        kept, self._chance = self._chance, self._size_chance
        size = super()._size()
        self._chance = kept
        return size

    def _ladder(self, best: int, best_size: int, shown: dict[int, int], direction: int) -> dict[int, int]:
        kept, self._chance = self._chance, self._size_chance
        ladder = super()._ladder(best, best_size, shown, direction)
        self._chance = kept
        return ladder

    def _quote_ticks(self, events: Events) -> Iterator[Tick]:
        symbol = self._symbol
        for venue_ns, update_id, bid, ask, bid_size, ask_size, sent_ns, _ in events.quotes:
            yield QuoteTick(symbol, sent_ns, venue_ns, update_id, bid, ask, bid_size, ask_size)

    def _trade_ticks(self, events: Events, last_ns: int) -> Iterator[Tick]:
        symbol = self._symbol
        for venue_ns, trade_id, price, quantity, buys, sent_ns, _ in events.trades:
            # The last one may fall behind the end of its stretch, where the next has begun.
            yield TradeTick(symbol, min(sent_ns, last_ns), min(venue_ns, last_ns), trade_id, price, quantity, buys == 1)

    def _depth_ticks(self, events: Events) -> Iterator[Tick]:
        symbol, prices, sizes = self._symbol, events.level_prices, events.level_sizes
        for venue_ns, first, final, previous, is_snapshot, start, middle, end, sent_ns, _ in events.depth:
            bids, asks = (prices[start:middle], sizes[start:middle]), (prices[middle:end], sizes[middle:end])
            yield DepthTick(symbol, sent_ns, venue_ns, is_snapshot == 1, first, final, previous, bids, asks)


def _terms(instrument: Instrument) -> Terms:
    """Return how the symbol is traded with this tick and step: like the simulated futures in all else."""
    known = TERMS.get(instrument.symbol)
    if known is None:
        raise Fault(
            f"The simulated feed has no {instrument.symbol}; it knows {', '.join(TERMS)}.",
            "Choose one of these, or a directory of recordings.",
        )
    tick_e8, step_e8 = to_e8(instrument.price_tick), to_e8(instrument.quantity_step)
    size_e8, spacing_e8 = known.size_steps_median * known.step_e8, known.ladder_ticks * known.tick_e8
    return Terms(known.price_start, tick_e8, step_e8, max(1, size_e8 // step_e8), max(1, spacing_e8 // tick_e8))
