"""The driver: everybody is shown the same market, in order, once, whatever the windows it is cut into."""

import dataclasses
from decimal import Decimal

import msgspec
import pytest

from interlock.core.replay import replay
from interlock.market.recordings.columns import RecordingSet
from interlock.market.simulated import simulate
from interlock.market.tape import Tape
from interlock.messages import events as e
from interlock.messages.market import Signal
from interlock.messages.words import Intent, OrderStatus
from interlock.research.backtest import driver
from interlock.research.backtest.run import Plan
from interlock.strategies.interface import Bar, Quote, Strategy
from interlock.units.time import NS_PER_MS, NS_PER_S
from interlock.venues.paper.terms import VenueTerms
from tests.fakes import (
    Listener,
    MemoryJournal,
    Turner,
    busy_plan,
    plan_of,
    played,
    signal,
    watched_exchange,
)
from tests.unit.market.feeds import START_NS, diff, quotes, recording, recording_set, snapshot, trades

pytestmark = pytest.mark.slow

Tick = tuple[int, str, bool, int, int]
SYMBOL, OTHER = "BTCUSDT", "ETHUSDT"


def naive_ticks(recordings: RecordingSet, plan: Plan) -> list[Tick]:
    """Return every good tick of a feed in the order it was heard, by one full walk."""
    tape = Tape(recordings, plan.policy.bars)
    both = frozenset(tape.symbols)
    window = tape.window(tape.end_ns + 1, both, both, 1 << 40)
    columns = zip(window.at_ns, window.symbol, window.is_trade, window.a, window.b, strict=True)
    return list(columns)


def watched_ticks(plan: Plan) -> tuple[list[Tick], MemoryJournal]:
    """Return what the exchange was shown while a plan played, and its log."""
    with watched_exchange() as made:
        _, journal = played(plan)
    assert made[0].late == [], "a tick was shown though the exchange had something due before it"
    return made[0].ticks, journal


def live_spans(journal: MemoryJournal) -> list[tuple[str, int, int]]:
    """Return (symbol, from, to) in venue time: while an order was surely live at the exchange."""
    orders: dict[str, str] = {}
    begun: dict[str, int] = {}
    spans: list[tuple[str, int, int]] = []
    for record in journal.records:
        venue_ns = getattr(record.input, "venue_at_ns", 0)
        for event in record.events:
            match event:
                case e.OrderApproved():
                    orders[event.order.order_id] = event.order.symbol
                case e.OrderAcknowledged():
                    begun[event.order_id] = venue_ns
                case e.OrderFilled(is_complete=True) | e.OrderCancelled() | e.OrderExpired() if event.order_id in begun:
                    spans.append((orders[event.order_id], begun[event.order_id], venue_ns))
    return spans


@pytest.mark.parametrize("leaves", [True, False])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_tick_of_a_watched_symbol_reaches_the_exchange_once_and_in_order(seed: int, leaves: bool) -> None:
    plan = busy_plan(seed, 120, 5, leaves)
    shown, journal = watched_ticks(plan)
    naive = naive_ticks(simulate(seed, 120), plan)
    places = {tick: place for place, tick in enumerate(naive)}
    assert len(places) == len(naive)
    assert [places[tick] for tick in shown] == sorted({places[tick] for tick in shown})
    spans = live_spans(journal)
    assert len(spans) > 5
    seen = set(shown)
    for symbol, from_ns, to_ns in spans:
        due = [tick for tick in naive if tick[1] == symbol and from_ns < tick[0] < to_ns]
        assert [tick for tick in due if tick not in seen] == []


@pytest.mark.parametrize("rows_max", [1, 2, 3, 7, 64])
def test_how_windows_are_cut_changes_nothing(rows_max: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = watched_ticks(busy_plan(4, 60, 3))
    monkeypatch.setattr(driver, "_ROWS_MIN", rows_max)
    monkeypatch.setattr(driver, "_ROWS_MAX", rows_max)
    cut = watched_ticks(busy_plan(4, 60, 3))
    assert cut[0] == whole[0]
    assert cut[1].bodies == whole[1].bodies


def test_listeners_of_quotes_and_bars_hear_the_same_market_alone_and_beside_a_trader() -> None:
    feed = simulate(6, 60)
    heard: list[tuple[list[Quote], list[Bar]]] = []
    for beside in ((), (Turner(SYMBOL, 3),), (Turner(OTHER, 1, wants_quotes=False),)):
        quoted, barred = Listener(wants_quotes=True), Listener(wants_quotes=False)
        automations: list[tuple[str, str, Strategy]] = [("q", SYMBOL, quoted), ("b", SYMBOL, barred)]
        for trader in beside:
            automations.append(("t", trader._symbol, trader))
        plan = plan_of(feed, automations, signals_hour_max=10_000, orders_minute_max=10_000)
        played(plan)
        assert barred.quotes == []
        assert barred.bars == quoted.bars
        heard.append((quoted.quotes, quoted.bars))
    assert heard[1] == heard[0] == heard[2]
    quotes_heard, bars_heard = heard[0]
    naive = [tick for tick in naive_ticks(feed, plan_of(feed)) if tick[1] == SYMBOL and not tick[2]]
    assert [(each.at_ns, each.bid_e8, each.ask_e8) for each in quotes_heard] == [(t[0], t[3], t[4]) for t in naive]
    assert len(bars_heard) > 50
    assert sum(bar.quote_count for bar in bars_heard) <= len(quotes_heard)


def test_a_listener_changes_nothing_for_others() -> None:
    feed = simulate(7, 60)

    def fills(*more: tuple[str, str, Strategy]) -> list[tuple[Decimal, Decimal, Decimal, Decimal]]:
        trader: tuple[str, str, Strategy] = ("t", SYMBOL, Turner(SYMBOL, 2, wants_quotes=False))
        records = played(plan_of(feed, [trader, *more]))[1].records
        found = [each for record in records for each in record.events if isinstance(each, e.OrderFilled)]
        return [(fill.price, fill.quantity, fill.fee, fill.slippage) for fill in found]

    assert len(fills()) > 10
    assert fills(("l", SYMBOL, Listener(wants_quotes=True)), ("m", OTHER, Listener(wants_quotes=True))) == fills()


class AtOnce:
    """Speaks at the first quote of a moment, and remembers how much it had heard when its view was taken."""

    wants_quotes = True

    def __init__(self, symbol: str, at_ns: int) -> None:
        self._symbol, self._at_ns, self._spoke = symbol, at_ns, False
        self.quotes: list[Quote] = []

    def on_quote(self, quote: Quote) -> Signal | None:
        self.quotes.append(quote)
        if quote.at_ns < self._at_ns or self._spoke:
            return None
        self._spoke = True
        return signal(self._symbol, Intent.ENTER_LONG)

    def on_bar(self, bar: Bar) -> Signal | None:
        return None


def same_moment_feed() -> RecordingSet:
    """Return two symbols; at 20 s each has three quotes heard in one and the same nanosecond."""
    calm = [(float(ms), 100.0, 100.1) for ms in range(0, 20_000, 100)]
    burst = [(20_000.0, 100.0, 100.1), (20_000.0, 100.2, 100.3), (20_000.0, 100.4, 100.5)]
    after = [(20_100.0, 100.4, 100.5), (22_000.0, 100.4, 100.5)]
    rows = [*calm, *burst, *after]
    return recording_set(
        recording(SYMBOL, quotes(rows), trades([(20_000.0, 100.3)])),
        recording(OTHER, quotes(rows), trades([(20_000.0, 100.3)])),
    )


@pytest.mark.parametrize("others", [0, 1, 2])
def test_ticks_of_one_nanosecond_are_all_shown_before_anything_acts_on_them(others: int) -> None:
    moment = START_NS + 20 * NS_PER_S
    strategies = [AtOnce(SYMBOL, moment), AtOnce(SYMBOL, moment), AtOnce(OTHER, moment)][: others + 1]
    automations: list[tuple[str, str, Strategy]] = [(f"o{n}", s._symbol, s) for n, s in enumerate(strategies)]
    _, journal = played(plan_of(same_moment_feed(), automations))
    asked = [record for record in journal.records if record.actor.startswith("o")]
    assert [record.actor for record in asked] == [owner for owner, _, _ in automations]
    for place, record in enumerate(asked):
        assert record.at_ns == moment + place
        view = msgspec.to_builtins(record.input)["view"]
        assert (view["bid"], view["quote_heard_at_ns"]) == ("100.4", moment), "the last quote of that moment"
    for strategy in strategies:
        assert len(strategy.quotes) == len(same_moment_feed().recordings[SYMBOL][0].quotes.line)


def test_a_stop_hit_amid_ticks_of_one_nanosecond_is_due_after_all_of_them() -> None:
    calm = [(float(ms), 60_000.0 + ms % 300 / 100, 60_000.1 + ms % 300 / 100) for ms in range(0, 20_000, 100)]
    drop = [(20_000.0, bid, bid + 0.1) for bid in (59_500.0, 59_400.0, 59_300.0)]
    after = [(20_000.0 + ms, 59_300.0, 59_300.1) for ms in range(100, 2_000, 100)]
    rows = [*calm, *drop, *after]
    stamped = quotes(rows, venue_ms=[row[0] - 5 for row in rows])
    feed = recording_set(recording(SYMBOL, stamped, trades([(10.0, 60_000.0)], venue_ms=[5.0])))
    plan = plan_of(feed, [("o", SYMBOL, AtOnce(SYMBOL, START_NS + 18 * NS_PER_S))])
    shown, journal = watched_ticks(plan)
    moment = START_NS + 20 * NS_PER_S
    assert [tick for tick in shown if tick[0] == moment] == [
        tick for tick in naive_ticks(feed, plan) if tick[0] == moment
    ]
    assert any(isinstance(each, e.PositionClosed) for record in journal.records for each in record.events)


@pytest.mark.parametrize("does_book_follow", [False, True])
def test_a_resting_stop_is_not_triggered_by_quotes_that_the_book_contradicts(does_book_follow: bool) -> None:
    calm = [(float(ms), 60_000.0 + ms % 300 / 100, 60_000.1 + ms % 300 / 100) for ms in range(0, 20_000, 100)]
    drop = [(20_030.0 + 100 * n, 59_300.0 - n, 59_300.1 - n) for n in range(5)]
    after = [(float(ms), 60_000.0, 60_000.1) for ms in range(20_600, 23_000, 100)]
    rows = [*calm, *drop, *after]
    depth = [snapshot(0, 5, [(60_000.0, 9.0)], [(60_000.1, 9.0)]), diff(1, (5, 6, 4))]
    for final, ms in enumerate(range(110, 23_000, 100), start=7):
        moved = [(60_000.0, 0.0), (59_300.0, 9.0)] if does_book_follow and ms == 20_010 else []
        gone = [(60_000.1, 0.0), (59_300.1, 9.0)] if moved else []
        depth.append(diff(float(ms), (final, final, final - 1), moved, gone))
    stamped = quotes(rows, venue_ms=[row[0] - 5 for row in rows])
    feed = recording_set(recording(SYMBOL, stamped, trades([(10.0, 60_000.0)], venue_ms=[5.0]), depth))
    plan = plan_of(feed, [("o", SYMBOL, AtOnce(SYMBOL, START_NS + 18 * NS_PER_S))])
    outcome, journal = played(plan)
    decided = [each for record in journal.records for each in record.events]
    assert any(isinstance(each, e.OrderAcknowledged) for each in decided)
    assert any(isinstance(each, e.PositionClosed) for each in decided) is does_book_follow
    if not does_book_follow:
        assert outcome.counts.bad_ticks == {"contradicted": 5}


def test_several_strategies_on_one_symbol_speak_in_the_order_they_are_configured() -> None:
    def every_bar(order: list[str]) -> MemoryJournal:
        automations: list[tuple[str, str, Strategy]] = [
            (name, SYMBOL, Turner(SYMBOL, 1, wants_quotes=name == "quick")) for name in order
        ]
        return played(plan_of(simulate(8, 30), automations, signals_hour_max=100_000))[1]

    for order in (["a", "b", "c"], ["c", "a", "b"], ["a", "quick", "b"]):
        journal = every_bar(order)
        spoken = [record.actor for record in journal.records if record.actor in ("a", "b", "c")]
        bars_only = [name for name in order if name != "quick"]
        assert spoken[: len(bars_only)] == bars_only
        assert_decides_again(journal)


def assert_decides_again(journal: MemoryJournal) -> None:
    """Promise 2 for a whole run."""
    records = journal.records
    started = records[0].events[0]
    assert isinstance(started, e.RunStarted)
    found = replay(zip(records, journal.bodies, strict=True), started.run.build)
    assert (found.difference, found.decided) == (None, len(records))


class Chatter:
    """Signals on every single quote: mostly refused, sometimes for another reason than before."""

    wants_quotes = True

    def __init__(self, symbol: str) -> None:
        self._symbol = symbol
        self._count = 0

    def on_quote(self, quote: Quote) -> Signal | None:
        self._count += 1
        return signal(self._symbol, (Intent.ENTER_LONG, Intent.EXIT, Intent.ENTER_SHORT)[self._count // 5 % 3])

    def on_bar(self, bar: Bar) -> Signal | None:
        return None


def test_a_strategy_that_signals_on_every_quote_is_taken_and_its_log_decides_again() -> None:
    feed = simulate(11, 60)
    strategy = Chatter(SYMBOL)
    _, journal = played(plan_of(feed, [("chatter", SYMBOL, strategy)], signals_hour_max=150))
    events = [each for record in journal.records for each in record.events]
    taken = sum(isinstance(each, e.SignalTaken) for each in events)
    repeated = sum(each.count for each in events if isinstance(each, e.RefusalRepeated))
    assert repeated > 0
    assert taken + repeated == strategy._count, "every signal is on the log, single or counted"
    assert any(isinstance(each, e.OrderApproved) for each in events)
    assert any(isinstance(each, e.OrderRefused) and "RISK-028" in each.refusals for each in events)
    assert_decides_again(journal)


def test_a_tape_that_ends_with_orders_under_way_leaves_them_so_on_record() -> None:
    slow = VenueTerms(latency_entry_ms_median=Decimal(400), latency_response_ms_median=Decimal(30_000))
    feed = simulate(3, 30)
    with watched_exchange() as made:
        outcome, journal = played(plan_of(feed, [("t", SYMBOL, Turner(SYMBOL, 2))], terms=slow))
    book = made[0].book_of_record()
    assert book.trades, "the venue filled what we have not heard of"
    open_orders = [order for order in outcome.state.orders.values() if order.is_open]
    assert open_orders
    assert {order.status for order in open_orders} <= {OrderStatus.INTENDED, OrderStatus.ACKNOWLEDGED}
    assert isinstance(journal.records[-1].events[-1], e.RunEnded)
    assert outcome.state.is_ended
    assert_decides_again(journal)


def test_a_decision_in_the_last_moment_is_recorded_though_nothing_can_come_of_it() -> None:
    rows = [(float(ms), 100.0 + ms % 700 / 1_000, 100.1 + ms % 700 / 1_000) for ms in range(0, 20_000, 100)]
    feed = recording_set(recording(SYMBOL, quotes(rows), trades([(19_900.0, 100.3)])))
    last = AtOnce(SYMBOL, START_NS + 19_900 * NS_PER_MS)
    with watched_exchange() as made:
        outcome, journal = played(plan_of(feed, [("o", SYMBOL, last)]))
    assert made[0].placed == []
    assert [record.actor for record in journal.records[-2:]] == ["o", "backtest"]
    assert len(journal.records) == outcome.state.seq


@pytest.mark.parametrize("latency_ms", [0, 1, 700, 5_000])
def test_time_exits_come_in_time_whatever_the_latency(latency_ms: int) -> None:
    """A timer a second ahead is heard at its time, also where an order takes longer than that to arrive."""
    terms = VenueTerms(
        latency_entry_ms_median=Decimal(latency_ms),
        latency_entry_sigma=Decimal(0),
        latency_response_ms_median=Decimal(0),
        latency_response_sigma=Decimal(0),
    )
    feed = simulate(2, 60)
    plan = plan_of(feed, [("t", SYMBOL, Turner(SYMBOL, 2))], terms=terms)
    policy = plan.policy
    policy = msgspec.structs.replace(policy, exits=msgspec.structs.replace(policy.exits, hold_periods_max=1))
    _, journal = played(dataclasses.replace(plan, policy=policy))
    due: dict[str, int] = {}
    fired = 0
    for record in journal.records:
        for event in record.events:
            if isinstance(event, e.TimerSet):
                due[event.timer] = event.at_ns
            elif isinstance(event, e.TimerEnded) and record.actor == "clock":
                assert 0 <= record.at_ns - due.pop(event.timer) < 10
                fired += 1
    assert fired or latency_ms == 0
    assert_decides_again(journal)
