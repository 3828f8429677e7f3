"""`interlock replay`: decide the whole log again, and compare."""

import argparse
import time
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from interlock.apps import output

if TYPE_CHECKING:
    from interlock.apps.output import Subparsers
    from interlock.core.replay import Replay
    from interlock.journal.reader import JournalReader

SUMMARY = "decide the whole log again and compare"
DESCRIPTION = """\
Gives every recorded input to the rules again, on the state that the records before it make, and compares what comes
out with what was recorded, byte for byte. Records of a run made by another build of the core are folded and not
decided again, and their build is named: only that build can decide them. It asks no venue and writes nothing.

With --full a backtest is then played again from its raw ticks: market views, signals and the exchange's answers must
come out again as well, byte for byte.

examples:
  interlock replay
  interlock replay --full --feed simulated --json

exit codes: 0 all that this build can decide came out again (in JSON, decided_all says whether that was every record);
1 a record did not, and the first one is shown; 3 no log, or not the feed it was made from; 4 the log cannot be read.
"""
_SHOWN_CHARACTERS = 300


class Different(Struct, frozen=True, kw_only=True):
    """The first record that does not come out again, and the first place in it that differs.

    `recorded` and `again` are the values there as JSON text, None where a side has nothing.
    """

    seq: int
    at_ns: int | None
    path: str
    recorded: str | None
    again: str | None


class ReplayReport(Struct, frozen=True, kw_only=True):
    """What a replay found. `played` counts the records that raw ticks gave again, None when that was not asked for.

    `ok` speaks of what was checked; `decided_all` says whether every record was decided again, or some only folded.
    """

    ok: bool
    records: int
    decided: int
    folded: int
    build: str
    builds: tuple[str, ...]
    seconds: float
    records_per_s: int
    played: int | None
    difference: Different | None
    decided_all: bool


def add(subparsers: "Subparsers") -> None:
    """Add the verb to the command line."""
    parser = output.verb_parser(subparsers, "replay", SUMMARY, DESCRIPTION)
    parser.add_argument("--full", action="store_true", help="play it again from the raw ticks as well")
    parser.add_argument("--feed", metavar="DIR|simulated", help="where the raw ticks of this log are; with --full")


def run(arguments: argparse.Namespace) -> int:
    """Replay. Returns 1 when a record does not come out again."""
    from interlock.apps.log_reading import UNFOLDABLE, Walk
    from interlock.core.replay import replay
    from interlock.journal.reader import JournalReader
    from interlock.runtime.build import build_digest

    if arguments.full != (arguments.feed is not None):
        raise output.WrongUsage(
            "--full and --feed go together: a run is played again from the ticks of a feed. Nothing was done.",
            "Add `--feed simulated`, or `--feed DIR` with the recordings that the run was made on.",
        )
    reader = JournalReader(output.journal_directory(arguments))
    walk = Walk(reader)
    build = build_digest()
    begun_s = time.perf_counter()
    try:
        found = replay(walk.records(), build)
    except UNFOLDABLE as error:
        raise walk.unfoldable(error) from error
    report = _report(found, build, time.perf_counter() - begun_s)
    if arguments.full and report.ok:
        report = _played(report, reader, arguments.feed)
    if arguments.json:
        output.write_json(report)
    else:
        output.write_text(_text(report))
    return output.OK if report.ok else output.FINDING


def _report(found: "Replay", build: str, seconds: float) -> ReplayReport:
    different = found.difference
    return ReplayReport(
        ok=different is None,
        records=found.records,
        decided=found.decided,
        folded=found.folded,
        build=build,
        builds=found.builds,
        seconds=round(seconds, 3),
        records_per_s=int(found.records / seconds) if seconds else 0,
        played=None,
        difference=None
        if different is None
        else _different(different.seq, different.at_ns, different.recorded, different.decided),
        decided_all=different is None and not found.folded,
    )


def _played(report: ReplayReport, reader: "JournalReader", feed: str) -> ReplayReport:
    """Play the run again from raw ticks. What that needs is loaded here, since only --full needs it."""
    from interlock.apps.full_replay import play_again

    played, divergence = play_again(reader, feed)
    if divergence is None:
        return replace(report, played=played)
    different = _different(divergence.seq, None, divergence.stored, divergence.played)
    return replace(report, ok=False, played=played, difference=different)


def _different(seq: int, at_ns: int | None, recorded: bytes | None, again: bytes | None) -> Different:
    from interlock.messages.record import decode
    from interlock.views.difference import first_difference

    present = recorded or again
    if at_ns is None and present is not None:
        at_ns = decode(present).at_ns
    if recorded is None or again is None:
        return Different(seq=seq, at_ns=at_ns, path="$", recorded=_whole(recorded), again=_whole(again))
    place = first_difference(recorded, again)
    return Different(seq=seq, at_ns=at_ns, path=place.path, recorded=place.recorded, again=place.decided)


def _whole(body: bytes | None) -> str | None:
    return None if body is None else body.decode()


def _text(report: ReplayReport) -> str:
    """Return the report in words: the verdict first."""
    from interlock.units.time import utc_text
    from interlock.views.amounts import count

    lines = []
    different = report.difference
    others = ", ".join(build[:12] for build in report.builds if build != report.build) or "none named"
    if not report.records and different is None:
        lines.append("Nothing was decided again: the log is empty.")
    elif not report.decided and different is None:
        lines.append(
            f"Nothing was decided again: all {count(report.records)} records were made by other builds ({others}); "
            f"the fold was checked. This is build {report.build[:12]}; the build that made them can decide them."
        )
    elif report.ok or report.played is not None:
        lines.append(f"All {count(report.decided)} records that this build decided came out again, byte for byte.")
    if report.ok and report.played is not None:
        lines.append(f"Played from raw ticks, all {count(report.played)} records came out again, byte for byte.")
    if different is not None:
        when = "" if different.at_ns is None else f" of {utc_text(different.at_ns)}"
        source = "again" if report.played is None else "again from raw ticks"
        lines += [
            f"Record {different.seq}{when} does not come out {source}; it differs at {different.path}:",
            f"  recorded  {_shown(different.recorded)}",
            f"  again     {_shown(different.again)}",
            f"hint: run `interlock verify`; `interlock log show --from {different.seq} --limit 1 --json` has it whole.",
        ]
    if report.folded and (report.decided or different is not None):
        lines.append(
            f"{count(report.folded)} records of other builds ({others}) were folded and not decided again; this is "
            f"build {report.build[:12]}."
        )
    lines.append(f"{count(report.records)} records in {report.seconds:.2f} s, {count(report.records_per_s)} a second.")
    return "\n".join(lines)


def _shown(text: str | None) -> str:
    from interlock.views.amounts import printable

    if text is None:
        return "nothing"
    return printable(text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "...")
