"""Orders through gate, matching and a log on disk: many strategies that enter and leave all the time.

The tape is simulated, so that anybody can run it. Each strategy enters, is filled, has its stop and its target placed,
leaves, and has both cancelled; every order that left counts, cancellations do not. Policy and spacing are the bench's
own: counts and windows of the limits are raised so that the rate is not what refuses. Costs, fills, latency and the
synced commits are those of every backtest.
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
from interlock.strategies.interface import Bar, Quote
from interlock.units.money import install_context

PER_S_MIN = 6_000.0
NAUTILUS_PER_S = {"a market order each quote": 2_760, "a limit order and a cancel each quote": 5_090}
SEED, DURATION_S = 7, 90
OWNERS_A_SYMBOL = 20
_ROUNDS = 3
_EVERY = 2
_MANY = 1_000_000


class InAndOut:
    """Enters and leaves in turns, at every `_EVERY`-th quote."""

    wants_quotes = True

    def __init__(self, symbol: str) -> None:
        self._count = -1
        entry = Signal(
            symbol=symbol, intent=Intent.ENTER_LONG, edge_bps=Decimal(100), target_price=None, why="in, for the bench"
        )
        leave = Signal(
            symbol=symbol, intent=Intent.EXIT, edge_bps=Decimal(0), target_price=None, why="out, for the bench"
        )
        self._signals = (entry, leave)

    def on_quote(self, quote: Quote) -> Signal | None:
        """Take a quote; signal at every n-th, once the ATR is known."""
        if self._count < 0:
            return None
        self._count += 1
        turn, rest = divmod(self._count, _EVERY)
        return None if rest else self._signals[(turn - 1) % 2]

    def on_bar(self, bar: Bar) -> Signal | None:
        """Take a bar: with the first ATR it begins."""
        if self._count < 0 and bar.atr is not None:
            self._count = 0
        return None


def policy() -> Policy:
    """Return the policy of the bench: small positions, and no limit on how often."""
    return Policy(
        bars=Bars(period_s=1),
        sizing=Sizing(position_bps_max=Decimal(200), exposure_bps_max=Decimal(20_000)),
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
    """Return a backtest with many such strategies on each symbol."""
    return plan(recordings, policy(), InAndOut, owners_a_symbol=OWNERS_A_SYMBOL)


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
