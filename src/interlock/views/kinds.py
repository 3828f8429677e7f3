"""The kinds that messages in the log are of: their tags, with and without the version."""

import difflib
from typing import get_args

from interlock.messages.events import Event
from interlock.messages.record import Input
from interlock.units.faults import Fault


def _tags(union: object) -> tuple[str, ...]:
    return tuple(kind.__struct_config__.tag for kind in get_args(union))


INPUT_KINDS = _tags(Input)
EVENT_KINDS = _tags(Event)


def kind_of(message: Input | Event) -> str:
    """Return the tag of a message, version included."""
    tag = type(message).__struct_config__.tag
    assert isinstance(tag, str), f"{type(message).__name__} has no tag of its own"
    return tag


def short(kind: str) -> str:
    """Return a tag without its version."""
    return kind.rpartition(".")[0]


def kinds_matching(asked: str) -> tuple[str, ...]:
    """Return the tags that are meant, asked for with or without the version. Errors: Fault that names the kinds."""
    known = INPUT_KINDS + EVENT_KINDS
    matching = tuple(kind for kind in known if asked in (kind, short(kind)))
    if matching:
        return matching
    names = [short(kind) for kind in known]
    close = difflib.get_close_matches(asked.rpartition(".v")[0] or asked, names, n=1)
    meant = f"Did you mean {close[0]}? " if close else ""
    raise Fault(
        f"There is no kind of record called {asked}. Nothing was shown.",
        f"{meant}Inputs are {', '.join(map(short, INPUT_KINDS))}; events are {', '.join(map(short, EVENT_KINDS))}.",
    )
