"""Ticks judged a block at a time, and asked for in any slices, are those that a plain judge finds tick by tick."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.market.quality import bad_ticks
from interlock.market.recordings.columns import RecordingSet
from interlock.market.tape import Tape
from interlock.messages import policy
from tests.unit.market.feeds import START_NS, quotes, recording, recording_set, trades

pytestmark = pytest.mark.slow

BTC = frozenset({"BTCUSDT"})
MS = 1_000_000
END_MS = 20_000
# Seldom-met values stand beside ordinary ones, so that runs of each occur.
STEPS = st.sampled_from([1.0] * 8 + [0.0, 5.0, -3.0])
PRICES = st.sampled_from([100.0] * 6 + [104.0, 109.0, 115.0, 50.0, 0.0, -1.0])
IDS = st.sampled_from([1] * 10 + [0, -1, -2, 5])


# Given the last good price, when it was heard, and now: what others say, None when there is nobody to ask.
Ask = Callable[[float, float, float], list[float] | None]


@dataclass
class PlainLevel:
    last: float = 0.0
    last_at: float = 0.0
    run: list[tuple[float, float]] = field(default_factory=list)

    def is_outlier(self, price: float, at: float, ask: Ask, other: float = 0.0) -> bool:
        near = [each for each in (self.last, other) if each]
        if near and not any(abs(price - each) <= 0.1 * each + 1e-9 for each in near):
            agreeing = [*self.run, (price, at)]
            self.run = agreeing if _agree([each for each, _ in agreeing]) else [(price, at)]
            if not self._is_believed(price, at, ask):
                return True
        self.last, self.last_at, self.run = price, at, []
        return False

    def _is_believed(self, price: float, at: float, ask: Ask) -> bool:
        lasted = at - self.run[0][1]
        if len(self.run) < 20 or lasted < 2_000:
            return False
        said = ask(self.last, self.last_at, at)
        return lasted >= 10_000 if said is None else any(abs(each - price) <= 0.01 * price for each in said)


def _agree(prices: list[float]) -> bool:
    return max(prices) - min(prices) <= 0.01 * min(prices) + 1e-9


@dataclass
class PlainOrder:
    last_id: int = 0
    last_venue: float = 0.0
    heard_max: float = -1e9
    told: list[tuple[int, tuple[float, ...]]] = field(default_factory=list)

    def fault(self, heard: float, venue: float, tick_id: int, content: tuple[float, ...]) -> str | None:
        seen = bool(tick_id) and (tick_id, content) in self.told
        self.told.append((tick_id, content))
        is_late, self.heard_max = heard < self.heard_max, max(heard, self.heard_max)
        if seen and tick_id <= self.last_id:
            return "duplicate"
        if is_late or (tick_id and tick_id <= self.last_id) or (venue and venue < self.last_venue):
            return "out_of_order"
        self.last_id, self.last_venue = tick_id or self.last_id, venue or self.last_venue
        return None


Tick = tuple[float, float, int, float, float]  # heard ms, venue ms or 0, id, price, other price


@st.composite
def feeds(draw: st.DrawFn) -> list[Tick]:
    """Draw ticks whose clocks and ids mostly rise and whose prices mostly stay, with every kind of fault."""
    heard, venue, tick_id = 10.0, 5.0, 1
    ticks: list[Tick] = []
    for _ in range(draw(st.integers(1, 60))):
        heard, venue = max(1.0, heard + draw(STEPS)), max(1.0, venue + draw(STEPS))
        tick_id = max(1, tick_id + draw(IDS))
        price = draw(PRICES)
        ticks.append((heard, venue, tick_id, price, price + draw(st.sampled_from([0.1] * 9 + [0.0, -1.0]))))
    if draw(st.booleans()):  # a level far away for a while
        at = draw(st.integers(0, len(ticks)))
        step = draw(st.sampled_from([1.0, 90.0, 120.0, 600.0]))
        before = ticks[at - 1] if at else (1.0, 1.0, 0, 0.0, 0.0)
        away = [(before[0] + step * n, before[1] + step * n, before[2] + n, 300.0, 300.1) for n in range(1, 26)]
        shift = 26 * step
        later = [(h + shift, v + shift, i + 30, bid, ask) for h, v, i, bid, ask in ticks[at:]]
        ticks[at:] = [*away, *later]
    return ticks


def known_at(ticks: list[Tick]) -> list[float]:
    return list(accumulate((tick[0] for tick in ticks), max))


def trades_said(traded: list[Tick], good: float, good_at: float, at: float) -> list[float] | None:
    """Follow the trades since the last good quote: those that walk in steps, and those that stand far away for long."""
    known = known_at(traded)
    if not any(each < at for each in known):
        return None
    trail = PlainLevel(last=good)
    for (heard, _, _, price, _), each in zip(traded, known, strict=True):
        if good_at <= each < at and heard == each and price > 0:
            trail.is_outlier(price * 2, each, lambda *_: [trail.run[-1][0]])
    return [trail.last]


def quotes_said(quoted: list[Tick], good_at: float, at: float) -> list[float] | None:
    known = known_at(quoted)
    heard = [place for place, each in enumerate(known) if each < at]
    if not any(known[place] >= good_at for place in heard):
        return None
    when, _, _, bid, ask = quoted[heard[-1]]
    return [bid + ask] if 0 < bid < ask and when == known[heard[-1]] else []


def plain_quotes(ticks: list[Tick], traded: list[Tick]) -> list[str | None]:
    order, level = PlainOrder(), PlainLevel()
    kinds: list[str | None] = []
    heard_max = 0.0
    for heard, venue, tick_id, bid, ask in ticks:
        heard_max = max(heard_max, heard)
        kind = order.fault(heard, venue, tick_id, (bid, ask))
        if kind is None and min(bid, ask) <= 0:
            kind = "negative" if min(bid, ask) < 0 else "zero"
        elif kind is None and bid >= ask:
            kind = "crossed" if bid > ask else "locked"
        elif kind is None and level.is_outlier(round(bid + ask, 8), heard_max, partial(trades_said, traded)):
            kind = "outlier"
        kinds.append(kind)
    return kinds


def plain_trades(ticks: list[Tick], quoted: list[Tick], kinds: list[str | None]) -> list[str | None]:
    order, level = PlainOrder(), PlainLevel()
    known = known_at(quoted)

    def said(good: float, good_at: float, at: float) -> list[float] | None:
        return quotes_said(quoted, good_at, at)

    heard_max = 0.0
    result: list[str | None] = []
    for heard, venue, tick_id, price, _ in ticks:
        heard_max = max(heard_max, heard)
        mids = [
            b + a for (_, _, _, b, a), at, kind in zip(quoted, known, kinds, strict=True) if at < heard_max and not kind
        ]
        kind = order.fault(heard, venue, tick_id, (price,))
        if kind is None and price <= 0:
            kind = "negative" if price < 0 else "zero"
        elif kind is None and level.is_outlier(price * 2, heard_max, said, round(mids[-1], 8) if mids else 0.0):
            kind = "outlier"
        result.append(kind)
    return result


def feed_of(quoted: list[Tick], traded: list[Tick]) -> RecordingSet:
    made = quotes(
        [(heard, bid, ask) for heard, _, _, bid, ask in quoted],
        venue_ms=[venue for _, venue, _, _, _ in quoted],
        update_ids=[tick_id for _, _, tick_id, _, _ in quoted],
    )
    prints = trades(
        [(heard, price) for heard, _, _, price, _ in traded],
        venue_ms=[venue for _, venue, _, _, _ in traded],
        trade_ids=[tick_id for _, _, tick_id, _, _ in traded],
    )
    return recording_set(recording(quotes=made, trades=prints))


def counted(kinds: list[str | None]) -> dict[str, int]:
    return {kind: kinds.count(kind) for kind in sorted({each for each in kinds if each})}


@pytest.mark.parametrize("block_rows", [1, 7, 8_192])
@given(feeds(), feeds())
def test_blocks_are_judged_as_ticks_are_one_by_one(block_rows: int, quoted: list[Tick], traded: list[Tick]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bad_ticks, "BLOCK_ROWS", block_rows)
        tape = Tape(feed_of(quoted, traded), policy.Bars(period_s=86_400))
        window = tape.window(tape.end_ns + 1, BTC, BTC, rows_max=1_000)
        tape.advance(tape.end_ns)
        bad = tape.counts().bad_ticks
    quote_kinds = plain_quotes(quoted, traded)
    trade_kinds = plain_trades(traded, quoted, quote_kinds)
    assert bad == counted([*quote_kinds, *trade_kinds])
    good = [tick[0] for tick, kind in zip(quoted, quote_kinds, strict=True) if not kind]
    assert [
        (at_ns - START_NS) // MS for at_ns, is_trade in zip(window.at_ns, window.is_trade, strict=True) if not is_trade
    ] == good


@given(feeds(), feeds(), st.lists(st.integers(0, END_MS) | st.integers(0, 200), max_size=12), st.integers(1, 9))
def test_how_the_calls_are_sliced_changes_nothing(
    quoted: list[Tick], traded: list[Tick], stops: list[int], rows_max: int
) -> None:
    feed = feed_of(quoted, traded)
    end_ns = START_NS + (END_MS + 1) * MS
    whole, sliced = (Tape(feed, policy.Bars(period_s=86_400)) for _ in range(2))
    expected = whole.window(end_ns, BTC, BTC, rows_max=1_000)
    ticks: list[tuple[int, bool, int]] = []
    for stop_ns in [*sorted(START_NS + each * MS + 1 for each in stops), end_ns]:
        until_ns = 0
        while until_ns < stop_ns:
            window = sliced.window(stop_ns, BTC, BTC, rows_max)
            until_ns = window.until_ns
            ticks += zip(window.at_ns, window.is_trade, window.a, strict=True)
            sliced.advance(until_ns - 1)
            sliced.view("BTCUSDT", until_ns)
        seen = Tape(feed, policy.Bars(period_s=86_400))
        seen.advance(stop_ns - 1)
        assert sliced.view("BTCUSDT", stop_ns) == seen.view("BTCUSDT", stop_ns)
        assert sliced.counts() == seen.counts()
    assert ticks == list(zip(expected.at_ns, expected.is_trade, expected.a, strict=True))
