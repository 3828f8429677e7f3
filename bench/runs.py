"""Whole backtests for the benches: the app's own assembly, with a strategy and a policy of the bench."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import msgspec

from interlock.apps import assembly
from interlock.apps.garbage import collected_seldom
from interlock.journal.record_store import Journal
from interlock.market.recordings.columns import RecordingSet
from interlock.messages.policy import Policy
from interlock.research.backtest.run import Automation, Outcome, Plan, play
from interlock.runtime.configuration.policy_file import SeededPolicy
from interlock.runtime.configuration.settings import Paper, Settings
from interlock.strategies.interface import Strategy
from interlock.units.digests import sha256_hex

_REPOSITORY = Path(__file__).resolve().parent.parent
_STRATEGY = "bench"
_USUAL = Paper()
Result = TypeVar("Result")


def recording(name: str) -> Path | None:
    """Return the folder of a recorded data set, None where it is absent: then nothing is claimed."""
    named = os.environ.get("INTERLOCK_DATA")
    folder = (Path(named) if named else _REPOSITORY.parent / "shared" / "data") / name
    return folder if folder.is_dir() else None


def plan(recordings: RecordingSet, policy: Policy, make: Callable[[str], Strategy], paper: Paper = _USUAL) -> Plan:
    """Return a backtest of one fresh strategy on each symbol, at a venue with these terms. `make` takes the symbol."""
    in_force = Settings(automations=(), paper=paper)
    digest = sha256_hex(msgspec.json.encode(policy))
    seeded = SeededPolicy(policy=policy, digest=digest, loosened={"bench": "measured, not traded"}, notes=())
    instruments = assembly.instruments_for(recordings, in_force)
    made = assembly.plan_backtest("simulated", 7, recordings, seeded, in_force, instruments)
    automations = tuple(
        Automation(f"automation:{symbol.lower()}", _STRATEGY, symbol, make(symbol)) for symbol in recordings.recordings
    )
    return replace(made, automations=automations)


def played(made: Plan, directory: Path) -> Outcome:
    """Play a plan into a new journal on disk, collecting garbage as the app does."""
    journal = Journal.create(directory, origin="interlock/bench", lease_epoch=0)
    try:
        with collected_seldom():
            return play(made, journal, lambda start_ns, at_ns, end_ns: None)
    finally:
        journal.close()


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """Return the seconds that some work took, and its result."""
    start = time.perf_counter_ns()
    result = work()
    return (time.perf_counter_ns() - start) / 1e9, result
