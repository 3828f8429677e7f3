"""The command line: which verb is meant, and how whatever happens in it ends.

The code of a verb is loaded only when that verb is named.
"""

import argparse
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from interlock.apps.output import (
    DEFECT,
    INTERRUPTED,
    PIPE_CLOSED,
    STORAGE,
    Parser,
    add_json,
    add_state,
    exit_code_of,
    write_fault,
)
from interlock.units.faults import Fault

if TYPE_CHECKING:
    from interlock.apps.output import Subparsers

_DESCRIPTION = """\
Interlock stands between an automated trader and the exchange: no order leaves unchecked or unrecorded.

  interlock backtest --feed simulated    trade a simulated hour, with the checks and the log of live trading
  interlock log show --limit 20          read the log
  interlock log explain ORDER            the story of one order
"""


class VerbModule(Protocol):
    """What a module in `apps/verbs` holds."""

    def add(self, subparsers: "Subparsers") -> None:
        """Add the verb's parser."""
        ...

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it; return the exit code."""
        ...


class Verb(NamedTuple):
    """One verb: its words, where it lives, and one line about it."""

    words: tuple[str, ...]
    module: str
    summary: str


VERBS = (
    Verb(("backtest",), "interlock.apps.verbs.backtest", "run strategies over a recorded or simulated market"),
    Verb(("log", "show"), "interlock.apps.verbs.log_show", "list the records of the log"),
    Verb(("log", "explain"), "interlock.apps.verbs.log_explain", "tell the story of an order or a refusal"),
    Verb(("replay",), "interlock.apps.verbs.replay", "decide the whole log again and compare"),
    Verb(("verify",), "interlock.apps.verbs.verify", "prove that the log is what was written"),
    Verb(
        ("filters",), "interlock.apps.verbs.filters", "show, count or clear the venue's filters that are kept on disk"
    ),
    Verb(("venue", "run"), "interlock.apps.verbs.venue_run", "serve a paper exchange on Binance's wire"),
    Verb(
        ("venue", "fault"), "interlock.apps.verbs.venue_fault", "make the running paper exchange misbehave on purpose"
    ),
    Verb(("venue", "check"), "interlock.apps.verbs.venue_check", "look at a venue through the client; opens nothing"),
    Verb(("venue", "book"), "interlock.apps.verbs.venue_book", "print the paper exchange's book of record"),
)
_GROUPS = {"log": "read the log", "venue": "a paper exchange on Binance's wire; without a verb: run it"}
_BY_DEFAULT = {"venue": "run"}
"""What a group does when none of its verbs is named."""


def main(words: list[str] | None = None) -> int:
    """Run the command line; return the exit code. `words` are its arguments, by default those of the process."""
    given = sys.argv[1:] if words is None else words
    is_json = "--json" in given
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(given)
        sys.stdout.flush()
    except Fault as fault:
        _tell(fault.what, fault.hint, is_json)
        return exit_code_of(fault)
    except KeyboardInterrupt:
        write_fault(
            "Interrupted. Every record that was written before is complete.",
            "Run the command again; a backtest that had begun its log needs another --state, and `interlock log show` "
            "reads what it wrote.",
            False,
        )
        return INTERRUPTED
    except BrokenPipeError:
        _write_nowhere()
        return PIPE_CLOSED
    except OSError as error:
        if error.filename is None:
            _write_nowhere()
        place = error.filename or "The output of this command"
        what = f"{place} could not be read or written: {error.strerror or error}. The command ended there."
        hint = "Check that the path is right, that this user may use it, and that its disk has room."
        write_fault(what, hint, is_json and error.filename is not None)
        return STORAGE
    except Exception as error:
        import traceback

        traceback.print_exc()
        write_fault(
            f"This is a defect in Interlock: {type(error).__name__}. What the log had acknowledged is safe.",
            "Report it with the lines above; `interlock verify` checks the log.",
            is_json,
        )
        raise SystemExit(DEFECT) from error
    return code


def _tell(what: str, hint: str, is_json: bool) -> None:
    """Tell a fault; where even that cannot be written, its exit code alone has to say it."""
    try:
        write_fault(what, hint, is_json)
        sys.stdout.flush()
    except OSError:
        _write_nowhere()


def _open_what_is_closed() -> None:
    """Give a command that was started without standard output or error somewhere to write to."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123  lives as the process


def _write_nowhere() -> None:
    """Let what is still to be written vanish: the interpreter would complain when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(given: list[str]) -> int:
    given = with_default(given)
    named = named_verb(given)
    parser = parser_of(named)
    arguments = parser.parse_args(given)
    if named is None:
        parser.error("no verb was named")
    from interlock.units.money import install_context

    install_context()
    return _module(named).run(arguments)


def named_verb(given: list[str]) -> Verb | None:
    """Return the verb that the arguments name, None when they name none."""
    words: list[str] = []
    given_left = iter(given)
    for word in given_left:
        if word == "--state":
            next(given_left, None)
        elif not word.startswith("-"):
            words.append(word)
    return next((verb for verb in VERBS if tuple(words[: len(verb.words)]) == verb.words), None)


def with_default(given: list[str]) -> list[str]:
    """Return the arguments with a group's default verb put in where the group is named alone."""
    at = 0
    while at < len(given) and given[at].startswith("-"):
        at += 2 if given[at] == "--state" else 1
    group = given[at] if at < len(given) else ""
    if group not in _BY_DEFAULT or (*given[at + 1 : at + 2],) in {
        verb.words[1:] for verb in VERBS if verb.words[0] == group
    }:
        return given
    return [*given[: at + 1], _BY_DEFAULT[group], *given[at + 1 :]]


def parser_of(named: Verb | None) -> argparse.ArgumentParser:
    """Return the parser that knows every verb's name, and of the one that is named all its options."""
    parser: argparse.ArgumentParser = Parser(
        prog="interlock",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_state(parser, None)
    add_json(parser, False)
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    rooms: dict[tuple[str, ...], Subparsers] = {(): verbs}
    for verb in VERBS:
        group = verb.words[:-1]
        if group not in rooms:
            summary = _GROUPS[group[-1]]
            inner = verbs.add_parser(group[-1], help=summary, description=summary)
            rooms[group] = inner.add_subparsers(title="verbs", metavar="VERB", required=True)
        if verb is named:
            _module(verb).add(rooms[group])
        else:
            rooms[group].add_parser(verb.words[-1], help=verb.summary, add_help=False)
    return parser


def _module(verb: Verb) -> VerbModule:
    return cast(VerbModule, import_module(verb.module))
