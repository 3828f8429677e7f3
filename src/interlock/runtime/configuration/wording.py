"""How values, names and choices of a configuration file are written in an error."""

import difflib
import re
from collections.abc import Iterable, Mapping

from interlock.runtime.configuration.toml_file import UnreadableNumber

_SHOWN_LENGTH_MAX = 60
_SHOWN_BITS_MAX = 256
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def shown(raw: object) -> str:
    """Return a value as it could stand in the file, on one line and cut to a readable length."""
    match raw:
        case bool():
            text = "true" if raw else "false"
        case str():
            return quoted(raw)
        case UnreadableNumber():
            text = raw.text
        case Mapping():
            text = f"a table of {_counted(len(raw), 'key')}"
        case list() | tuple():
            text = f"a list of {_counted(len(raw), 'item')}"
        case int() if raw.bit_length() > _SHOWN_BITS_MAX:  # writing it out could take longer than reading the file
            text = "a number of more than 70 digits"
        case _:
            text = str(raw)
    return _cut(text)


def quoted(text: str) -> str:
    """Return a text in double quotes, with what a terminal could act on escaped, cut to a readable length."""
    cut = _cut(text).replace("\\", "\\\\").replace('"', '\\"')
    safe = "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in cut)
    return f'"{safe}"'


def bare(name: str) -> str:
    """Return a key as it is written in TOML: in quotes only when it needs them."""
    return name if len(name) <= _SHOWN_LENGTH_MAX and _BARE_KEY.fullmatch(name) else quoted(name)


def one_of(names: Iterable[str]) -> str:
    """Return the names as a choice."""
    return f"one of {', '.join(quoted(name) for name in names)}"


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the question that names the closest of the names; empty when none is close."""
    close = difflib.get_close_matches(name.lower()[:_SHOWN_LENGTH_MAX], sorted(names), n=1)
    return f"Did you mean {close[0]}?" if close else ""


def unquoted(raw: object) -> str:
    """Return the advice for a number written in quotes; empty for anything else."""
    is_number = isinstance(raw, str) and re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,8})?", raw)
    return f"Write it without quotes: {raw}." if is_number else ""


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_LENGTH_MAX else f"{text[:_SHOWN_LENGTH_MAX]}..."


def _counted(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count} {noun}s"
