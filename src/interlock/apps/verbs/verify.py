"""`interlock verify`: proof that the log is what was written."""

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from interlock.apps import output

if TYPE_CHECKING:
    from interlock.apps.output import Subparsers
    from interlock.journal.verify import VerifyReport

SUMMARY = "prove that the log is what was written"
DESCRIPTION = """\
Checks the log from its first record to its last: numbers and times without a hole, the hash of every record, the
root over all of them against the head that is kept beside the journal, everything kept apart from the records, and
the database file itself. It finds a record that was changed, deleted, added or swapped, and a tail that was cut off.
Records that stand after the head, as a crash may leave them, are counted: nothing vouches for those.
It writes nothing, and may run while a log is being written.

examples:
  interlock verify
  interlock verify --log /mnt/backup/interlock --json

exit codes: 0 the log is whole, as far as its head goes; 1 it is not, and every finding is listed; 3 there is no log;
4 it cannot be read.
"""
_NS = re.compile(r"\b(\d{17,19}) ns\b")


def add(subparsers: "Subparsers") -> None:
    """Add the verb to the command line."""
    parser = output.verb_parser(subparsers, "verify", SUMMARY, DESCRIPTION)
    parser.add_argument("--log", type=Path, metavar="DIR", help="a log elsewhere, or the state directory that holds it")


def run(arguments: argparse.Namespace) -> int:
    """Verify. Returns 1 when there is any finding."""
    from interlock.apps.log_reading import log_directory
    from interlock.journal.verify import verify

    named: Path | None = arguments.log
    directory = output.journal_directory(arguments) if named is None else log_directory(named)
    report = verify(directory)
    if arguments.json:
        output.write_json(report)
    else:
        output.write_text(_text(report, directory))
    return output.OK if report.ok else output.FINDING


def _text(report: "VerifyReport", directory: Path) -> str:
    """Return the report in words: the verdict first."""
    from interlock.views.amounts import printable

    lines = [f"{directory} holds {report.size} record(s), root {report.root}"]
    if report.ok:
        covered = report.size - report.uncovered
        lines.append(
            "The log is whole: every record is what was written, and none is missing."
            if not report.uncovered
            else f"The log is whole as far as its head goes: records 0 to {covered - 1} are what was written."
            if covered
            else "Nothing was found wrong, but the head covers no record yet."
        )
    else:
        lines.append(
            f"The log is NOT what was written: {len(report.findings)} finding(s). "
            + (
                f"Records 0 to {report.trustworthy_until - 1} are not in doubt."
                if report.trustworthy_until
                else "No record is beyond doubt."
            )
        )
        for number, finding in enumerate(report.findings, start=1):
            since = f", {_with_utc(finding.since)}" if finding.since else ""
            lines.append(f"{number:>4}. {finding.where}{since}: {printable(_with_utc(finding.what))}")
        lines.append("hint: keep the folder as it is, and restore from a backup. See docs/runbooks/storage-fault.md")
    if report.uncovered and report.is_being_written:
        lines.append(f"The last {report.uncovered} record(s) came after the head was read: a writer is at work.")
    elif report.uncovered:
        lines.append(
            f"After a crash, not covered by the head: {report.uncovered} record(s), the last ones. A killed process "
            "leaves at most its last append there, a loss of power may leave more. What kind it was, and whether "
            "somebody added to them, the log itself cannot tell."
        )
    if report.spools:
        lines.append(f"Not yet adopted into the log: {', '.join(report.spools)}")
    return "\n".join(lines)


def _with_utc(text: str) -> str:
    """Return the text with times in nanoseconds written as UTC."""
    from interlock.units.time import utc_text

    return _NS.sub(lambda found: utc_text(int(found.group(1))), text)
