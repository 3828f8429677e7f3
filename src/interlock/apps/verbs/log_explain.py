"""`interlock log explain`: the story of one order, or of a refusal."""

import argparse
from typing import TYPE_CHECKING

from interlock.apps import output

if TYPE_CHECKING:
    from interlock.apps.output import Subparsers
    from interlock.journal.reader import JournalReader
    from interlock.views.story import Story

SUMMARY = "tell the story of an order or a refusal"
DESCRIPTION = """\
Tells the whole trade that an order belongs to: the signal and the market it was raised in, every check with its value
and limit, how the size came about, the order, each fill, the stop and target that protected it, what it cost against
what was expected, how it ended and what it earned. Name the entry or any of its exits.

A record number in place of an order id tells the trade of the order which that record approves or is about, or the
refusal it holds with everything that stood against it. `interlock log show --kind order_refused` lists them.

examples:
  interlock log explain il0-2f-0
  interlock log explain 47

exit codes: 0 told; 1 the log has no such order, and no order or refusal in such a record; 3 there is no log.
"""


def add(subparsers: "Subparsers") -> None:
    """Add the verb to the command line."""
    parser = output.verb_parser(subparsers, "explain", SUMMARY, DESCRIPTION)
    parser.add_argument("asked", metavar="ORDER|SEQ", help="an order id, or the number of a record")


def run(arguments: argparse.Namespace) -> int:
    """Tell it. Returns 1 when the log has nothing to tell of it."""
    from interlock.journal.reader import JournalReader

    asked: str = arguments.asked
    reader = JournalReader(output.journal_directory(arguments))
    story = find_story(reader, asked)
    if story is None:
        if asked.isdecimal() and int(asked) < reader.size():
            what = f"Record {asked} neither refuses anything nor is about an order"
        elif asked.isdecimal():
            what = f"There is no record {asked} in the log, which holds {reader.size()}"
        else:
            what = f"There is no order {asked} in the log"
        hint = "List orders with `interlock log show --kind order_approved`, refusals with `--kind order_refused`."
        output.write_fault(f"{what}: nothing was explained.", hint, arguments.json)
        return output.FINDING
    if arguments.json:
        output.write_json(story)
    else:
        output.write_text(_text(story))
    return output.OK


def find_story(reader: "JournalReader", asked: str) -> "Story | None":
    """Return the story of an order id or a record number, None when the log has none. Errors: Fault."""
    from interlock.apps.log_reading import UNFOLDABLE, Walk
    from interlock.views.explanation import Explainer

    explainer = Explainer(asked)
    walk = Walk(reader)
    try:
        for record, _ in walk.records():
            explainer.fold(record)
    except UNFOLDABLE as error:
        raise walk.unfoldable(error) from error
    return explainer.story()


def story_of(reader: "JournalReader", order_id: str) -> str:
    """Return the story of an order of this log in words. Errors: AssertionError when it has no such order."""
    story = find_story(reader, order_id)
    assert story is not None, f"{order_id} is not in the log"
    return _text(story)


def _text(story: "Story") -> str:
    from interlock.views.story_text import story_text

    return story_text(story)
