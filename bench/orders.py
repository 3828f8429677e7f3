"""Orders through gate, matching and a log on disk: a strategy on each symbol that enters and leaves all the time.

The tape is simulated, so that anybody can run it. At every quote a strategy adds to its position, and at every tenth it
leaves. Each fill brings a stop and a target for the new size, and the old ones are cancelled; every order that left
counts, cancellations do not. Counts and windows of the limits are raised so that the rate is not what refuses. The
venue is a fixed quarter of a second away, so that several orders are under way at any time, as with a busy bot: what is
decided within that time is made durable by one synced commit, before the first of it can arrive. Costs and fills are
those of every backtest.
"""

import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from statistics import median

from bench.figures import Figure, compared, table
from bench.runs import plan, played, timed
from interlock.market.recordings.columns import RecordingSet
from interlock.market.simulated import simulate
from interlock.messages.market import Signal
from interlock.messages.policy import Bars, Costs, Exits, Limits, Policy, Sizing
from interlock.messages.words import Intent
from interlock.research.backtest.run import Outcome, Plan
from interlock.runtime.configuration.settings import Paper
from interlock.strategies.interface import Bar, Quote
from interlock.units.money import install_context

PER_S_MIN = 6_000.0
NAUTILUS_PER_S = {"a market order each quote": 2_760, "a limit order and a cancel each quote": 5_090}
SEED, DURATION_S = 7, 600
ENTRIES = 9
FAR = Paper(
    latency_entry_ms_median=Decimal(250),
    latency_entry_sigma=Decimal(0),
    latency_response_ms_median=Decimal(250),
    latency_response_sigma=Decimal(0),
)
_ROUNDS = 3
_MANY = 1_000_000


class InAndOut:
    """Enters at each quote, and leaves at every tenth."""

    wants_quotes = True

    def __init__(self, symbol: str) -> None:
        self._count = -1
        entry = Signal(
            symbol=symbol, intent=Intent.ENTER_LONG, edge_bps=Decimal(100), target_price=None, why="in, for the bench"
        )
        leave = Signal(
            symbol=symbol, intent=Intent.EXIT, edge_bps=Decimal(0), target_price=None, why="out, for the bench"
        )
        self._signals = (*[entry] * ENTRIES, leave)

    def on_quote(self, quote: Quote) -> Signal | None:
        """Take a quote; signal once the ATR is known."""
        if self._count < 0:
            return None
        self._count += 1
        return self._signals[self._count % len(self._signals)]

    def on_bar(self, bar: Bar) -> Signal | None:
        """Take a bar: with the first ATR it begins."""
        if self._count < 0 and bar.atr is not None:
            self._count = 0
        return None


def policy() -> Policy:
    """Return the policy of the bench: small positions, and no limit on how often."""
    return Policy(
        bars=Bars(period_s=1),
        sizing=Sizing(risk_bps=Decimal(2), position_bps_max=Decimal(15_000), exposure_bps_max=Decimal(30_000)),
        limits=Limits(
            positions_open_max=_MANY,
            orders_open_max=_MANY,
            orders_minute_max=_MANY,
            signals_hour_max=_MANY,
            duplicate_window_ms=0,
        ),
        exits=Exits(hold_periods_max=600),
        costs=Costs(edge_bps_min=Decimal(0)),
    )


def crowd(recordings: RecordingSet) -> Plan:
    """Return a backtest with such a strategy on each symbol, at the distant venue."""
    return plan(recordings, policy(), InAndOut, FAR)


def once(recordings: RecordingSet, journal: Path) -> tuple[float, Outcome]:
    """Play it into a journal on disk; return the seconds of the run, and its outcome."""
    made = crowd(recordings)
    return timed(lambda: played(made, journal))


def run() -> list[Figure]:
    """Measure the median run."""
    install_context()
    recordings = simulate(SEED, DURATION_S)
    with tempfile.TemporaryDirectory() as name:
        runs = [once(recordings, Path(name) / f"run-{n}") for n in range(_ROUNDS)]
    taken_s, outcome = median(each[0] for each in runs), runs[0][1]
    orders = len(outcome.state.orders)
    peers = "; ".join(f"{what}: {rate:,}/s" for what, rate in NAUTILUS_PER_S.items())
    note = (
        f"required rate; {orders:,} orders, {outcome.head.size:,} records (Nautilus, measured apart, no log: {peers})"
    )
    return [compared("orders: gate, matching, log on disk", orders / taken_s, PER_S_MIN, "at least 1.0", "/s", note)]


if __name__ == "__main__":
    sys.stdout.write(table(run()) + "\n")
