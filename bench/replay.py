"""Records a second of a replay: decode, decide again, encode, compare byte by byte, fold.

Over two logs of this build: that of the orders bench, dense with approvals and fills, and that of a simulated hour
with the app's own two automations under `examples/policy-short-tape.toml`.
"""

import sys
import tempfile
from pathlib import Path
from statistics import median

from bench.figures import Figure, compared, table
from bench.orders import DURATION_S, SEED, crowd
from bench.runs import played, timed
from interlock.apps import assembly
from interlock.apps.garbage import collected_seldom
from interlock.core.replay import replay
from interlock.journal.reader import JournalReader
from interlock.market.simulated import simulate
from interlock.messages.record import decode
from interlock.research.backtest.run import Plan
from interlock.runtime.build import build_digest
from interlock.runtime.configuration.policy_file import read_policy
from interlock.runtime.configuration.settings import Settings
from interlock.units.money import install_context

PER_S_MIN = 25_000.0
_POLICY = Path(__file__).resolve().parent.parent / "examples" / "policy-short-tape.toml"
_ROUNDS = 5


def simulated_hour() -> Plan:
    """Return the backtest that `make up` runs."""
    recordings = simulate(SEED)
    in_force = assembly.settings_in_force(Settings(), None, tuple(recordings.recordings))
    instruments = assembly.instruments_for(recordings, in_force)
    return assembly.plan_backtest(assembly.SIMULATED, SEED, recordings, read_policy(_POLICY), in_force, instruments)


def figure(name: str, made: Plan, journal: Path) -> Figure:
    """Return how fast the log of a plan is decided again, by the median of several replays."""
    played(made, journal)
    reader = JournalReader(journal)
    try:
        size, build = reader.size(), build_digest()
        times = []
        with collected_seldom():
            for _ in range(_ROUNDS):
                taken_s, result = timed(
                    lambda: replay(((decode(body), body) for _, body in reader.bodies(0, size)), build)
                )
                assert result.difference is None and result.decided == size, "the log must come out again"
                times.append(taken_s)
    finally:
        reader.close()
    rate = size / median(times)
    return compared(name, rate, PER_S_MIN, "at least 1.0", "records/s", f"required rate; {size:,} records")


def run() -> list[Figure]:
    """Measure both logs."""
    install_context()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return [
            figure("replay: log of the orders bench", crowd(simulate(SEED, DURATION_S)), folder / "orders"),
            figure("replay: log of a simulated hour", simulated_hour(), folder / "hour"),
        ]


if __name__ == "__main__":
    sys.stdout.write(table(run()) + "\n")
