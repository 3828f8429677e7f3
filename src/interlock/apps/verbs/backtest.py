"""`interlock backtest`: strategies, gate, matching, exits and log over recorded or simulated ticks, on virtual time."""

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from interlock.apps import output
from interlock.apps.garbage import collected_seldom
from interlock.units.time import NS_PER_S

if TYPE_CHECKING:
    from interlock.journal.reader import JournalReader
    from interlock.journal.record_store import Journal
    from interlock.market.recordings.columns import RecordingSet
    from interlock.market.tape import TapeCounts
    from interlock.messages.record import Record
    from interlock.research.backtest.run import Outcome, Plan
    from interlock.runtime.configuration.settings import Settings

_SUMMARY = "run strategies over a recorded or simulated market"
_DESCRIPTION = """
Plays a feed on virtual time: strategies raise signals, the gate sizes and checks each, what passes goes to the paper
exchange, its answers come back, and all of it is written to a log that `verify`, `replay` and `log explain` read.
The same feed, seed, policy and settings give the same log, byte for byte.

A feed is `simulated` (one seeded hour of two futures) or a directory of recordings: Binance wire recordings
(*.jsonl.gz) or Tardis quotes and trades (*.csv.gz). Without --strategy the configured automations run: the breakout on
the feed's first symbol, the mean reversion on its second.

  interlock --state runs/1 backtest --feed simulated --seed 7
  interlock --state runs/2 backtest --feed recordings/btcusdt --policy examples/policy-short-tape.toml --json

Exit codes: 0 the run ended, 3 feed, policy or settings cannot be used or the state directory holds a log already,
4 the disk or the journal failed.
"""
ORIGIN = "interlock.local/backtest"
_MIB = 1_048_576
_OFFSET_MS_SHOWN = 100
_FAULTS_TOLD_MAX = 10


def add(subparsers: "output.Subparsers") -> None:
    """Add the verb's parser."""
    parser = output.verb_parser(subparsers, "backtest", _SUMMARY, _DESCRIPTION)
    parser.add_argument("--feed", default="simulated", metavar="DIR|simulated", help="what to play (simulated)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="drives the simulated feed and latencies (1)")
    parser.add_argument("--policy", type=Path, metavar="FILE", help="limits, sizing, exits, costs (the defaults)")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="account, automations, venue (the defaults)")
    parser.add_argument("--strategy", metavar="NAME", help="run this strategy on every symbol of the feed instead")
    parser.add_argument("--explain-one", action="store_true", help="tell the story of one order at the end")


def run(arguments: argparse.Namespace) -> int:
    """Run it. Returns the exit code; errors are Faults."""
    from interlock.apps import assembly
    from interlock.journal.founding import refuse_unmakeable
    from interlock.journal.reader import JournalReader
    from interlock.journal.record_store import Journal
    from interlock.research.backtest.run import play
    from interlock.runtime.configuration.policy_file import read_policy
    from interlock.runtime.configuration.settings import read_settings

    seeded, settings = read_policy(arguments.policy), read_settings(arguments.settings)
    directory = output.journal_directory(arguments)
    refuse_used(directory)
    refuse_unmakeable(directory, "nothing was run")
    refuse_low_disk(directory, settings.journal.low_water_mib)
    recordings = assembly.open_feed(arguments.feed, arguments.seed, settings)
    in_force = assembly.settings_in_force(settings, arguments.strategy, tuple(recordings.recordings))
    instruments = assembly.instruments_for(recordings, settings)
    plan = assembly.plan_backtest(arguments.feed, arguments.seed, recordings, seeded, in_force, instruments)
    plan = replace(plan, low_water_bytes=settings.journal.low_water_mib * _MIB)
    journal = Journal.create(directory, origin=ORIGIN, lease_epoch=0)
    with _closed(journal), _progress(is_quiet=arguments.json) as progress, collected_seldom():
        outcome = play(plan, journal, progress)
    notes = [*seeded.notes, *recordings.notes, *_fault_notes(recordings), *_tick_notes(recordings, outcome.counts)]
    notes += _notes(plan, outcome, settings)
    reader = JournalReader(directory)
    try:
        _tell(reader, outcome, notes, arguments)
    finally:
        reader.close()
    return output.OK


def refuse_used(directory: Path) -> None:
    """Refuse a state directory that holds a log: a backtest begins one of its own. Errors: JournalFault."""
    from interlock.journal.faults import JournalExists, fault_of_folder
    from interlock.journal.schema import DATABASE_NAME

    try:
        is_used = (directory / DATABASE_NAME).exists()
    except OSError as error:
        raise fault_of_folder(error, directory, "nothing was run") from error
    if is_used:
        raise JournalExists(
            f"The state directory {directory.parent} holds a log already; a backtest begins its own. Nothing was run.",
            "Name an empty directory with --state, for example --state runs/2.",
        )


def refuse_low_disk(directory: Path, low_water_mib: int) -> None:
    """Refuse to begin on a disk without room, before anything is made there. Errors: JournalFault."""
    from interlock.journal.faults import DiskFull, fault_of_folder

    try:
        standing = next(each for each in (directory, *directory.absolute().parents) if each.exists())
        disk = os.statvfs(standing)
    except OSError as error:
        raise fault_of_folder(error, directory, "nothing was run") from error
    free_bytes = disk.f_bavail * disk.f_frsize
    if free_bytes < low_water_mib * _MIB:
        raise DiskFull(
            f"The disk of the state directory has {free_bytes // _MIB} MiB free; below {low_water_mib} MiB nothing is "
            "entered. Nothing was run.",
            "Free some space, name another disk with --state, or lower journal.low_water_mib in the settings.",
        )


def _fault_notes(recordings: "RecordingSet") -> list[str]:
    """Return what could not be read of the feed, by file and line: the first places, and how many more there are."""
    told = recordings.faults[:_FAULTS_TOLD_MAX]
    notes = [f"{each.file}{f' line {each.line}' if each.line else ''}: {each.kind}: {each.detail}" for each in told]
    if recordings.ignored:
        notes.append(f"not read, since no reader knows their kind: {', '.join(recordings.ignored)}")
    more = sum(recordings.fault_counts.values()) - len(told)
    return [*notes, f"{more} more places of the feed could not be read"] if more else notes


def _tick_notes(recordings: "RecordingSet", counts: "TapeCounts") -> list[str]:
    """Return the ticks that were heard and not used, by file and line, and the leaps of a price that were believed."""
    notes = [f"{file} line {line}: {kind}" for kind, file, line in counts.bad_places]
    more = sum(counts.bad_ticks.values()) - sum(recordings.fault_counts.values()) - len(notes)
    if more:
        notes.append(f"{more} more bad ticks were heard and not used")
    notes += [
        f"{place}: a price more than 10% from the last good one begins here, lasted, and was believed"
        for place in counts.levels_accepted_at
    ]
    more = counts.levels_accepted - len(counts.levels_accepted_at)
    return [*notes, f"{more} more leaps of a price were believed"] if more else notes


def _notes(plan: "Plan", outcome: "Outcome", settings: "Settings") -> list[str]:
    """Return what a reader of the summary must know, and would not see in its figures."""
    from interlock.market.time_normaliser import DRIFT_MS_MAX
    from interlock.messages.words import BookState
    from interlock.units.money import trimmed

    notes = []
    started = {each.name for each in settings.automations}
    running = {each.owner.removeprefix("automation:") for each in plan.automations}
    for name in sorted(started - running if running <= started else ()):
        notes.append(f"the automation {name} was not started: the feed has no symbol for it")
    for symbol, instrument in plan.instruments.items():
        if not instrument.is_tradable:
            notes.append(f"{symbol} was not traded: {instrument.why_not_tradable}")
    for symbol in plan.recordings.recordings:
        if symbol not in plan.instruments:
            notes.append(f"{symbol} was not traded: the venue's filters for it are not known (RISK-013)")
        if not _quoted_ns(plan.recordings, symbol):
            notes.append(f"{symbol} has no quotes: nothing can be traded on it, and no bar of it closes")
        book = outcome.counts.books[symbol]
        if book is BookState.UNSYNCED:
            notes.append(
                f"{symbol} ended without a valid order book (no snapshot, or a gap not healed): while that is so, "
                "nothing is entered on it (RISK-011)"
            )
        elif book is BookState.QUOTES_ONLY:
            notes += _depth_notes(symbol, plan.recordings)
        offset, drift = outcome.counts.offset_ms[symbol], outcome.counts.drift_ms_max[symbol]
        if offset is not None and abs(offset) > _OFFSET_MS_SHOWN:
            notes.append(
                f"{symbol}: the recorder's clock is {trimmed(offset)} ms off; taken out before latency is judged"
            )
        if drift > DRIFT_MS_MAX:
            notes.append(
                f"{symbol}: the clock offset drifted by {trimmed(drift)} ms; above {DRIFT_MS_MAX} ms is too much "
                "(`interlock log show --kind clock_drifted`)"
            )
    if plan.is_spot:
        notes += _spot_notes(plan, outcome)
    if plan.loosened:
        notes.append(f"{len(plan.loosened)} limits are looser than the defaults, each with its reason on the log")
    if not outcome.bars_closed:
        notes += _bar_notes(plan.recordings, plan.policy.bars.period_s)
    return notes


def _spot_notes(plan: "Plan", outcome: "Outcome") -> list[str]:
    """Return what the gate expects spot to cost, and what was left that is too little to be sold."""
    from interlock.units.money import trimmed

    costs = plan.policy.costs
    notes = [
        f"spot: the gate expects fees of {trimmed(costs.maker_bps)} bps (maker) and {trimmed(costs.taker_bps)} bps "
        "(taker), no less than the venue charges"
    ]
    for (_, symbol, owner), dust in outcome.state.dust.items():
        quantity, cost = trimmed(dust.quantity), trimmed(round(dust.cost, 8))
        notes.append(f"{quantity} {symbol} of {owner} are dust that cost {cost} USDT: less than can be sold by itself")
    return notes


def _depth_notes(symbol: str, recordings: "RecordingSet") -> list[str]:
    """Return what it means that a symbol has no depth; nothing where there are no quotes either."""
    if not _quoted_ns(recordings, symbol):
        return []
    has_trades = any(len(each.trades.line) for each in recordings.recordings[symbol])
    kinds = "quotes and trades only" if has_trades else "quotes only"
    return [f"{symbol} has {kinds}: fills are limited to the displayed size"]


def _bar_notes(recordings: "RecordingSet", period_s: int) -> list[str]:
    """Return why no bar closed; nothing where there are no quotes, which is told by symbol."""
    if not any(_quoted_ns(recordings, symbol) for symbol in recordings.recordings):
        return []
    files = [each for parts in recordings.recordings.values() for each in parts]
    columns = [table.heard_at_ns for each in files for table in (each.quotes, each.trades, each.depth, each.marks)]
    heard_ns = [int(column[place]) for column in columns if len(column) for place in (0, -1)]
    is_short = max(heard_ns) - min(heard_ns) < period_s * NS_PER_S
    why = "the tape is shorter than one period" if is_short else "no whole period follows a good quote"
    return [f"no bar of {period_s} s closed: {why}"]


def _quoted_ns(recordings: "RecordingSet", symbol: str) -> list[int]:
    """Return when the first and the last quote of each file of a symbol were heard."""
    tables = [each.quotes.heard_at_ns for each in recordings.recordings[symbol] if len(each.quotes.line)]
    return [int(table[place]) for table in tables for place in (0, -1)]


def _tell(reader: "JournalReader", outcome: "Outcome", notes: list[str], arguments: argparse.Namespace) -> None:
    """Fold the log into its summary and write it."""
    import msgspec

    from interlock.messages.record import decode
    from interlock.views.summary import Summary

    summary = Summary()
    first: str | None = None
    for _, body in reader.bodies(0, reader.size()):
        record = decode(body)
        summary.fold(record)
        first = first or _closed_by_its_exits(record)
        notes += _alarms(record)
    result = summary.result(outcome.head.root.hex())
    if not result.signals and outcome.bars_closed:
        notes.append(f"no strategy raised a signal in {outcome.bars_closed} bars, so nothing was asked of the gate")
    if arguments.json:
        output.write_json({**msgspec.structs.asdict(result), "notes": notes})
        return
    output.write_text(result.text())
    for note in notes:
        output.write_text(f"note: {note}")
    if arguments.explain_one and first is not None:
        output.write_text("\nOne order, explained (`interlock log explain` does this for any order):")
        from interlock.apps.verbs.log_explain import story_of

        output.write_text(story_of(reader, first))


def _alarms(record: "Record") -> list[str]:
    """Return what in a record a person must not overlook: a fill that nothing explains, a run that disarmed itself."""
    from interlock.messages.events import Disarmed, UnownedFillFound

    notes = []
    for event in record.events:
        if isinstance(event, UnownedFillFound):
            notes.append(f"record {record.seq}: nothing explains a fill of {event.order_id}: {event.detail}")
        elif isinstance(event, Disarmed):
            notes.append(f"record {record.seq}: the run was disarmed, nothing was entered after it: {event.reason}")
    return notes


def _closed_by_its_exits(record: "Record") -> str | None:
    """Return the order that closed a position by its stop or target in this record, if one did: a story with an end."""
    from interlock.messages.events import OrderFilled, PositionClosed
    from interlock.messages.words import Purpose

    filled = [event.order_id for event in record.events if isinstance(event, OrderFilled)]
    closed = [event for event in record.events if isinstance(event, PositionClosed)]
    return filled[0] if closed and closed[0].purpose in (Purpose.STOP, Purpose.TARGET) else None


@contextmanager
def _closed(journal: "Journal") -> Iterator[None]:
    """Close the journal at the end, whatever it was: what ended the run is told, and never what closing met later."""
    from interlock.journal.faults import JournalFault

    try:
        yield
    except JournalFault:
        journal.abandon()
        raise
    except BaseException:
        with suppress(JournalFault):
            journal.close()
        raise
    journal.close()


@contextmanager
def _progress(is_quiet: bool) -> Iterator[Callable[[int, int, int], None]]:
    """Show on standard error how much of the tape has been played, unless quiet."""
    if is_quiet:
        yield lambda start_ns, at_ns, end_ns: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("playing"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("playing", total=1_000)
        shown = 0

        def show(start_ns: int, at_ns: int, end_ns: int) -> None:
            nonlocal shown
            done = (at_ns - start_ns) * 1_000 // max(1, end_ns - start_ns)
            if done != shown:
                shown = done
                bar.update(task, completed=done)

        yield show
