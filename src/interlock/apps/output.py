"""What every verb shares: its options and help, its exit codes, its JSON, and faults in words.

Imports nothing heavy at its top: the help must come at once.
"""

import argparse
import os
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from interlock.units.faults import Fault

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

OK: Final = 0
FINDING: Final = 1
USAGE: Final = 2
INPUT: Final = 3
STORAGE: Final = 4
REFUSED: Final = 5
DEFECT: Final = 70
NO_RESTART: Final = 75
INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141
EXIT_CODES: Final = {
    OK: "done, and nothing was found wrong",
    FINDING: "a finding: the log is not whole, a decision did not come out again, or what was asked for is not there",
    USAGE: "the command line was not understood",
    INPUT: "bad input or configuration: a feed, file, folder or setting that cannot be used",
    STORAGE: "storage: the log, a file or the output could not be written or read",
    REFUSED: "a rule refused what was asked for",
    DEFECT: "a defect in Interlock",
    NO_RESTART: "ended for good, and must not be started again by a supervisor",
    INTERRUPTED: "interrupted (Ctrl-C)",
    PIPE_CLOSED: "the program that read the output closed it",
}
STATE_VARIABLE: Final = "INTERLOCK_STATE"
_EPILOG: Final = "Exit codes are the same for every verb; docs/reference/command-line.md lists them."


class WrongUsage(Fault):
    """The command line itself cannot be understood."""


class RefusedByRule(Fault):
    """What was asked for was refused by a rule of risk, which the fault names."""


class Parser(argparse.ArgumentParser):
    """An argument parser that tells a mistake as a fault: one sentence and a hint."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found wrong."""
        sentence = message[:1].upper() + message[1:]
        raise WrongUsage(f"{sentence}. Nothing was done.", f"Run `{self.prog} --help` for what it takes.")


def verb_parser(subparsers: "Subparsers", name: str, summary: str, description: str) -> argparse.ArgumentParser:
    """Add a verb with the options every verb has; return its parser for its own ones.

    `summary` is its line in the list of verbs. `description` says what it does, with an example and what its exit codes
    mean, and is shown as it is laid out.
    """
    parser = subparsers.add_parser(
        name,
        help=summary,
        description=description.strip(),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_state(parser, argparse.SUPPRESS)
    add_json(parser, argparse.SUPPRESS)
    return parser


def add_json(parser: argparse.ArgumentParser, default: bool | str) -> None:
    """Add `--json`, which may stand before and after the verb."""
    parser.add_argument(
        "--json",
        action="store_true",
        default=default,
        help="answer in JSON (docs/reference/json.md has every field)",
    )


def add_state(parser: argparse.ArgumentParser, default: str | None) -> None:
    """Add `--state`, which may stand before and after the verb."""
    parser.add_argument(
        "--state",
        metavar="DIR",
        default=default,
        help=f"the state directory (${STATE_VARIABLE}, else ~/.local/state/interlock)",
    )


def state_directory(arguments: argparse.Namespace) -> Path:
    """Return the state directory that was named, by option or environment, or the default one."""
    named: str | None = arguments.state or os.environ.get(STATE_VARIABLE)
    return Path(named).expanduser() if named else Path.home() / ".local" / "state" / "interlock"


def journal_directory(arguments: argparse.Namespace) -> Path:
    """Return where the state directory keeps its journal."""
    return state_directory(arguments) / "journal"


def write_text(text: str) -> None:
    """Write text for people to standard output, ended by a line feed."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def write_json(value: object) -> None:
    """Write one JSON document on a line of its own. Decimals are strings without an exponent."""
    import msgspec

    write_bytes(msgspec.json.encode(builtins(value)))


def write_bytes(line: bytes) -> None:
    """Write bytes that are JSON already, as they are, on a line of their own."""
    sys.stdout.flush()
    sys.stdout.buffer.write(line + b"\n")


def builtins(value: object) -> object:
    """Return a value as JSON knows it; structs keep their field order, decimals become text with all their digits."""
    import msgspec

    from interlock.messages.record import plain_decimals

    return plain_decimals(msgspec.to_builtins(value, builtin_types=(Decimal,)))


def flush() -> None:
    """Let what was written be seen now, by a reader at the other end of a pipe, too."""
    sys.stdout.flush()


def write_progress(text: str) -> None:
    """Tell on standard error, at once, how something goes that takes long; standard output is for the answer."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def write_fault(what: str, hint: str, is_json: bool) -> None:
    """Tell what went wrong and what to do: two lines on standard error, or with --json an object on standard output."""
    if is_json:
        write_json({"error": {"what": what, "hint": hint}})
        return
    sys.stdout.flush()
    sys.stderr.write(f"{what}\nhint: {hint}\n")


def exit_code_of(fault: Fault) -> int:
    """Return the exit code that a fault ends a command with."""
    if isinstance(fault, WrongUsage):
        return USAGE
    if isinstance(fault, RefusedByRule):
        return REFUSED
    from interlock.journal.faults import JournalExists, JournalFault, JournalMissing
    from interlock.messages.record import UnreadableRecord

    if isinstance(fault, JournalFault | UnreadableRecord) and not isinstance(fault, JournalExists | JournalMissing):
        return STORAGE
    from interlock.venues.paper.bourse.store.faults import BookFault, BookMissing

    if isinstance(fault, BookFault) and not isinstance(fault, BookMissing):
        return STORAGE
    return INPUT
