"""Ticks judged a block at a time, and asked for in any slices, are those that a plain judge finds tick by tick."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.market.quality import bad_ticks
from interlock.market.recordings.columns import RecordingSet
from interlock.market.tape import Tape
from interlock.messages import policy
from tests.unit.market.feeds import START_NS, quotes, recording, recording_set, trades

BTC = frozenset({"BTCUSDT"})
MS = 1_000_000
# Seldom-met values stand beside ordinary ones, so that runs of each occur.
STEPS = st.sampled_from([1.0] * 8 + [0.0, 5.0, -3.0])
PRICES = st.sampled_from([100.0] * 6 + [104.0, 109.0, 115.0, 50.0, 0.0, -1.0])
IDS = st.sampled_from([1] * 10 + [0, -1, -2, 5])


@dataclass
class PlainLevel:
    last: float = 0.0
    run: list[float] = field(default_factory=list)

    def is_outlier(self, price: float, other: float = 0.0) -> bool:
        near = [each for each in (self.last, other) if each]
        if near and not any(abs(price - each) <= 0.1 * each + 1e-9 for each in near):
            self.run = [*self.run, price] if _agree([*self.run, price]) else [price]
            if len(self.run) < 20:
                return True
        self.last, self.run = price, []
        return False


def _agree(prices: list[float]) -> bool:
    return max(prices) - min(prices) <= 0.01 * min(prices) + 1e-9


@dataclass
class PlainOrder:
    last_id: int = 0
    last_venue: float = 0.0
    heard_max: float = -1e9
    ids: list[int] = field(default_factory=list)

    def fault(self, heard: float, venue: float, tick_id: int) -> str | None:
        seen = bool(tick_id) and tick_id in self.ids
        self.ids.append(tick_id)
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
        heard, venue, tick_id = heard + 1, venue + 1, tick_id + 1
        away = [(heard + n, venue + n, tick_id + n, 300.0, 300.1) for n in range(25)]
        ticks[at:at] = away
    return ticks


def plain_quotes(ticks: list[Tick]) -> list[str | None]:
    order, level = PlainOrder(), PlainLevel()
    kinds: list[str | None] = []
    for heard, venue, tick_id, bid, ask in ticks:
        kind = order.fault(heard, venue, tick_id)
        if kind is None and min(bid, ask) <= 0:
            kind = "negative" if min(bid, ask) < 0 else "zero"
        elif kind is None and bid >= ask:
            kind = "crossed" if bid > ask else "locked"
        elif kind is None and level.is_outlier(round(bid + ask, 8)):
            kind = "outlier"
        kinds.append(kind)
    return kinds


def plain_trades(ticks: list[Tick], quoted: list[Tick], kinds: list[str | None]) -> list[str | None]:
    order, level = PlainOrder(), PlainLevel()
    known = [max(tick[0] for tick in quoted[: n + 1]) for n in range(len(quoted))]
    heard_max = 0.0
    result: list[str | None] = []
    for heard, venue, tick_id, price, _ in ticks:
        heard_max = max(heard_max, heard)
        mids = [
            b + a for (_, _, _, b, a), at, kind in zip(quoted, known, kinds, strict=True) if at < heard_max and not kind
        ]
        kind = order.fault(heard, venue, tick_id)
        if kind is None and price <= 0:
            kind = "negative" if price < 0 else "zero"
        elif kind is None and level.is_outlier(price * 2, round(mids[-1], 8) if mids else 0.0):
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
    quote_kinds = plain_quotes(quoted)
    trade_kinds = plain_trades(traded, quoted, quote_kinds)
    assert bad == counted([*quote_kinds, *trade_kinds])
    good = [tick[0] for tick, kind in zip(quoted, quote_kinds, strict=True) if not kind]
    assert [
        (at_ns - START_NS) // MS for at_ns, is_trade in zip(window.at_ns, window.is_trade, strict=True) if not is_trade
    ] == good


@given(feeds(), feeds(), st.lists(st.integers(0, 120 * MS), max_size=12), st.integers(1, 9))
def test_how_the_calls_are_sliced_changes_nothing(
    quoted: list[Tick], traded: list[Tick], stops: list[int], rows_max: int
) -> None:
    feed = feed_of(quoted, traded)
    end_ns = START_NS + 120 * MS
    whole, sliced = (Tape(feed, policy.Bars(period_s=86_400)) for _ in range(2))
    expected = whole.window(end_ns, BTC, BTC, rows_max=1_000)
    ticks: list[tuple[int, bool, int]] = []
    for stop_ns in [*sorted(START_NS + each for each in stops), end_ns]:
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
