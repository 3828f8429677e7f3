"""A TOML file read whole, with its numbers exact, and where in it a key stands."""

import re
import stat
import tomllib
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

from msgspec import Struct

from interlock.runtime.configuration.faults import ConfigurationFault, Problem, fault_of

SIZE_BYTES_MAX = 65_536
LINE_LENGTH_MAX = 8_192  # the parser takes time that grows with the square of a dotted key's parts
_POSITION = re.compile(r"^(?P<what>.*?) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$", re.S)
_HEADER = re.compile(r"^\s*(?P<open>\[\[?)\s*(?P<name>[^\[\]]+?)\s*\]")
_DOTTED = re.compile(r"[A-Za-z0-9_.-]+")
_ASSIGNMENT = re.compile(r"^\s*(?P<name>(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=")


class UnreadableNumber(Struct, frozen=True):
    """A number whose exponent is beyond what a Decimal can hold; kept as text so that the error can name its key."""

    text: str


class TomlFile(Struct, frozen=True, kw_only=True):
    """A file's table and, for error messages, its name and where its keys stand."""

    name: str
    table: Mapping[str, object]
    lines: Mapping[str, int]

    def line(self, key: str) -> int | None:
        """Return the line of a dotted key, or of the nearest table around it; None when that is not certain."""
        while key:
            if key in self.lines:
                return self.lines[key] or None
            key = key.rpartition("[" if key.endswith("]") else ".")[0]
        return None


def read_toml(path: Path, reference: str) -> TomlFile:
    """Return the file's content; floats are read as Decimal and never pass through binary.

    Errors: ConfigurationFault for a file that is missing, not a file, unreadable, too large, empty, not UTF-8 or not
    TOML. `reference` is the page the hint names.
    """
    name = str(path)
    text = _text(path, name, reference)
    try:
        table = tomllib.loads(text, parse_float=_number)
    except RecursionError:
        raise ConfigurationFault(
            f"{name} nests lists or tables too deeply to be read, and nothing of it was applied.",
            f"Write it flat, as {reference} shows.",
        ) from None
    except ValueError as error:  # TOMLDecodeError is one; a number of thousands of digits is another
        raise _syntax_fault(name, text, error, reference) from error
    return TomlFile(name=name, table=table, lines=_lines(text))


def _text(path: Path, name: str, reference: str) -> str:
    data = _bytes(path, name)
    try:
        text = data.decode("utf-8-sig")  # an editor's byte order mark is no reason to refuse a file
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationFault(
            f"{name} is not UTF-8: line {line} holds the byte 0x{data[error.start]:02x}; nothing of it was applied.",
            "Save it as UTF-8 text.",
        ) from error
    if not text.strip():
        raise ConfigurationFault(
            f"{name} is empty, and an empty file is more likely an accident than a wish for the defaults.",
            f"Leave the file out to run on the defaults, or fill it from {reference}.",
        )
    for number, written in enumerate(text.split("\n"), 1):
        if len(written) > LINE_LENGTH_MAX:
            raise ConfigurationFault(
                f"{name} has {len(written)} letters on line {number}, and nothing of it was applied; allowed is "
                f"{LINE_LENGTH_MAX}.",
                "Check that this is the file you mean.",
            )
    return text


def _bytes(path: Path, name: str) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ConfigurationFault(f"{name} is a directory, not a file.", "Name the file in it.")
        if not stat.S_ISREG(mode):
            raise ConfigurationFault(
                f"{name} is not a regular file, so it cannot be read as a whole.", "Copy it into a file, and name that."
            )
        with path.open("rb") as file:
            data = file.read(SIZE_BYTES_MAX + 1)
    except FileNotFoundError as error:
        raise ConfigurationFault(
            f"{name} does not exist.", "Correct the path, or leave it out to run on the defaults."
        ) from error
    except OSError as error:
        raise ConfigurationFault(
            f"{name} cannot be read: {error.strerror or error}.", "Check the path and the file's permissions."
        ) from error
    if len(data) > SIZE_BYTES_MAX:
        raise ConfigurationFault(
            f"{name} is larger than {SIZE_BYTES_MAX} bytes; a configuration file is a few thousand.",
            "Check that this is the file you mean.",
        )
    return data


def _number(text: str) -> Decimal | UnreadableNumber:
    try:
        return Decimal(text)
    except InvalidOperation:
        return UnreadableNumber(text)


def _syntax_fault(name: str, text: str, error: ValueError, reference: str) -> ConfigurationFault:
    found = _POSITION.match(str(error))
    what = found["what"] if found else "a number with too many digits"
    line = int(found["line"]) if found and found["line"] else None
    place = f"line {line}, column {found['column']}: " if found and line else ""
    if found and not line:
        line, place = text.count("\n") + 1, "end of the file: "
    problem = Problem(file=name, key="", value=f"{place}{what}", allowed="TOML 1.0", line=line)
    return fault_of(name, (problem,), reference)


def _lines(text: str) -> dict[str, int]:
    """Return the line of each key that can be placed for certain; one seen twice is 0, which means not certain.

    The parser keeps no positions. Lines inside a multi-line string can look like keys, so only a key that is seen once
    is trusted.
    """
    lines: dict[str, int] = {}
    tables: dict[str, int] = {}
    prefix = ""
    for number, line in enumerate(text.split("\n"), 1):
        if header := _HEADER.match(line):
            prefix = header["name"].replace(" ", "")
            if header["open"] == "[[":
                tables[prefix] = tables.get(prefix, -1) + 1
                prefix = f"{prefix}[{tables[prefix]}]"
            key, prefix = prefix, f"{prefix}."
        elif assignment := _ASSIGNMENT.match(line):
            key = prefix + _written(assignment["name"])
        else:
            continue
        lines[key] = 0 if key in lines else number
    return lines


def _written(name: str) -> str:
    """Return a key as errors write it: in double quotes only when it needs them."""
    if name[0] not in "\"'":
        return name.replace(" ", "")
    inner = name[1:-1]
    return inner if _DOTTED.fullmatch(inner) else f'"{inner}"'
