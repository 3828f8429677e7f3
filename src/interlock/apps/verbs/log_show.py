"""`interlock log show`: the records of the log, one a line."""

import argparse
import sys
import time
from typing import TYPE_CHECKING

from interlock.apps import output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.apps.output import Subparsers
    from interlock.journal.reader import JournalReader

SUMMARY = "list the records of the log"
DESCRIPTION = """\
Shows the log one record a line: number, UTC time, who asked, what was asked, and what was decided. With --json each
line is the stored record itself, byte for byte.

examples:
  interlock log show --from -20                   the last twenty records
  interlock log show --kind order_refused         what was refused, and by which rule
  interlock log show --follow --kind order_filled --json

exit codes: 0 shown, also when --until-end finds that the run was interrupted; 3 no such kind, or no log; 4 the log
cannot be read; 130 ended with Ctrl-C.
"""
_POLL_S = 0.2
_IDLE_MAX = 2


def add(subparsers: "Subparsers") -> None:
    """Add the verb to the command line."""
    parser = output.verb_parser(subparsers, "show", SUMMARY, DESCRIPTION)
    parser.add_argument(
        "--kind", metavar="K", help="only records whose input or an event is of this kind: order_filled"
    )
    parser.add_argument(
        "--from",
        dest="from_seq",
        type=int,
        default=0,
        metavar="SEQ",
        help="the first record; below 0 counts from the end",
    )
    parser.add_argument("--limit", type=_count, metavar="N", help="show at most so many")
    parser.add_argument("--follow", action="store_true", help="go on as new records are written, until Ctrl-C")
    parser.add_argument(
        "--until-end", action="store_true", help="follow, and stop when the run has ended or nothing writes any more"
    )


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return number


def run(arguments: argparse.Namespace) -> int:
    """Show them. Returns 0."""
    from interlock.apps.log_reading import readable
    from interlock.journal.reader import JournalReader
    from interlock.views.kinds import kinds_matching
    from interlock.views.lines import line

    kinds = () if arguments.kind is None else kinds_matching(arguments.kind)
    marks = tuple(f'"type":"{kind}"'.encode() for kind in kinds)
    reader = JournalReader(output.journal_directory(arguments))
    from_seq: int = arguments.from_seq
    first = max(reader.size() + from_seq, 0) if from_seq < 0 else from_seq
    left: int | None = arguments.limit
    if left == 0:
        return output.OK
    for seq, body in _bodies(reader, first, arguments.follow or arguments.until_end, arguments.until_end):
        # Inside a text every quote is escaped, so only a message's own tag reads like this.
        if marks and not any(mark in body for mark in marks):
            continue
        if arguments.json:
            output.write_bytes(body)
        else:
            output.write_text(line(readable(seq, body)))
        if left is not None:
            left -= 1
            if not left:
                break
    return output.OK


def _bodies(reader: "JournalReader", first: int, follows: bool, until_end: bool) -> "Iterator[tuple[int, bytes]]":
    """Yield the records from `first` on; when following, wait for more.

    A run that was interrupted has no end on its log: without a writer, nothing new will come. That is asked before each
    look at the log, and believed at the second time, as a new journal has no writer between being made and opened.
    """
    next_seq = first
    newest = b""
    idle_count = 0
    while True:
        is_alone = until_end and not reader.is_being_written()
        size = reader.size()
        idle_count = idle_count + 1 if is_alone and next_seq >= size else 0
        if until_end and next_seq >= size > 0 and not newest:
            newest = next((body for _, body in reader.bodies(size - 1, size)), b"")
        for seq, body in reader.bodies(next_seq, size):
            yield seq, body
            next_seq, newest = seq + 1, body
        if not follows or (until_end and b'"type":"run_ended.' in newest):
            return
        if idle_count == _IDLE_MAX:
            output.write_fault(
                "The run did not end, and nothing writes its log any more: it was interrupted.",
                "The records shown are complete; `interlock verify` says how far the log can be trusted.",
                False,
            )
            return
        sys.stdout.flush()
        time.sleep(_POLL_S)
