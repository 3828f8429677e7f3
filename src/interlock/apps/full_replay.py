"""Plays a backtest's log again from its raw ticks: market views, signals, decisions and the exchange's answers."""

import msgspec

from interlock.apps import assembly
from interlock.journal.reader import JournalReader
from interlock.messages import commands as c
from interlock.messages.record import decode
from interlock.research.backtest.comparison import ComparingJournal, Diverged, Divergence
from interlock.research.backtest.run import Plan, play
from interlock.runtime.build import build_digest, lock_digest, schema_digest
from interlock.runtime.configuration.policy_file import SeededPolicy
from interlock.runtime.configuration.settings import Settings
from interlock.runtime.gate_loop import GATE
from interlock.units.faults import Fault

_FOUNDING_RECORDS_MAX = 64


def play_again(reader: JournalReader, feed: str) -> tuple[int, Divergence | None]:
    """Play the run that the log holds again from `feed`; return how many records came out again, and the first not.

    Errors: Fault when the log is no backtest of this build, or the feed is not the one it was made from.
    """
    plan = plan_of(reader, feed)
    journal = ComparingJournal(reader)
    try:
        play(plan, journal, lambda start_ns, at_ns, end_ns: None)
        journal.finish()
    except Diverged as diverged:
        _refuse_disarmed_by_disk(diverged.divergence)
        return journal.head.size, diverged.divergence
    return journal.head.size, None


def _refuse_disarmed_by_disk(divergence: Divergence) -> None:
    """Say so where the run went another way because its disk ran low: that disk cannot be played again."""
    record = decode(divergence.stored) if divergence.stored is not None else None
    if record is not None and record.actor == GATE and isinstance(record.input, c.Disarm):
        raise Fault(
            f"The run disarmed itself at record {record.seq}: {record.input.reason}. All {divergence.seq} records "
            "before it came out again; what follows depends on a disk that is not here, and was not played.",
            "Run `interlock replay` without --full: it decides all records again.",
        )


def plan_of(reader: JournalReader, feed: str) -> Plan:
    """Return the plan of the run that the log holds. Policy, instruments and settings come from the log itself."""
    identity, policy, instruments = _founding(reader)
    _check_build(identity)
    settings_bytes = reader.blob(identity.settings.blob)
    if settings_bytes is None:
        raise Fault(
            f"The settings of the run ({identity.settings.blob[:16]}...) are not in the log. Nothing was replayed.",
            "Run `interlock verify` to see what else is missing.",
        )
    in_force = msgspec.json.decode(settings_bytes, type=Settings)
    recordings = assembly.open_feed(feed, identity.seed, in_force)
    _check_feed(identity, assembly.sources_of(recordings), feed)
    seeded = SeededPolicy(policy=policy.policy, digest=policy.digest, loosened=policy.loosened, notes=())
    listed = {instrument.symbol: instrument for instrument in instruments.instruments}
    return assembly.plan_backtest(identity.feed, identity.seed, recordings, seeded, in_force, listed)


def _founding(reader: JournalReader) -> tuple[c.RunIdentity, c.SeedPolicy, c.ListInstruments]:
    """Return what the log began with."""
    found: dict[type, c.StartRun | c.SeedPolicy | c.ListInstruments] = {}
    for _, body in reader.bodies(0, min(reader.size(), _FOUNDING_RECORDS_MAX)):
        asked = decode(body).input
        if isinstance(asked, c.StartRun | c.SeedPolicy | c.ListInstruments):
            found.setdefault(type(asked), asked)
    run, policy, instruments = (found.get(each) for each in (c.StartRun, c.SeedPolicy, c.ListInstruments))
    if not (
        isinstance(run, c.StartRun)
        and run.run.kind == "backtest"
        and isinstance(policy, c.SeedPolicy)
        and isinstance(instruments, c.ListInstruments)
    ):
        raise Fault(
            "The log is not that of a whole backtest, so it cannot be played again from ticks. Nothing was replayed.",
            "Run `interlock replay` without --full to decide its records again.",
        )
    return run.run, policy, instruments


def _check_build(identity: c.RunIdentity) -> None:
    ours = {"build": build_digest(), "libraries": lock_digest(), "record schema": schema_digest()}
    theirs = {"build": identity.build, "libraries": identity.lock, "record schema": identity.schema}
    different = [name for name, digest in ours.items() if digest != theirs[name]]
    if different:
        raise Fault(
            f"The run was made by another program: its {' and '.join(different)} differ. Nothing was replayed.",
            "Run the version that made it, or `interlock replay` without --full, which folds what it cannot decide.",
        )


def _check_feed(identity: c.RunIdentity, sources: tuple[str, ...], feed: str) -> None:
    if sources != identity.sources:
        lacking = [digest[:16] for digest in identity.sources if digest not in sources]
        detail = f"it lacks {', '.join(lacking)}..." if lacking else "it has more files, or another order"
        raise Fault(
            f"The feed {assembly.feed_name(feed)} is not what the run was made from ({identity.feed}): {detail}. "
            "Nothing was replayed.",
            "Name the same recordings with --feed, unchanged.",
        )
