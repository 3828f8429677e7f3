"""A TOML table turned into a Struct, with every error collected instead of the first one raised."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar

from msgspec import Struct, inspect

from interlock.runtime.configuration.faults import Problem
from interlock.runtime.configuration.schema import Bounds, allowed_number, default_of, fields
from interlock.runtime.configuration.toml_file import TomlFile
from interlock.runtime.configuration.wording import bare, nearest, one_of, shown, unquoted
from interlock.units.money import ZERO, trimmed

DECIMAL_PLACES_MAX = 8
_MISSING = object()
_Configuration = TypeVar("_Configuration", bound=Struct)


class Texts(Struct, frozen=True):
    """Which texts a key takes: a pattern for the whole of it, and the pattern in words.

    `names` are what a suggestion can be chosen from.
    """

    pattern: str
    allowed: str
    names: tuple[str, ...] = ()


class Key(Struct, frozen=True):
    """Where a value stands: `path` as people read it, `rule` with `[]` for any item and `*` for any free name."""

    path: str
    rule: str

    def field(self, name: str) -> "Key":
        """Return the key of a known field."""
        return Key(f"{self.path}.{name}", f"{self.rule}.{name}") if self.path else Key(name, name)

    def entry(self, name: str) -> "Key":
        """Return the key of a free name in a table."""
        return Key(f"{self.path}.{bare(name)}", f"{self.rule}.*")

    def item(self, number: int) -> "Key":
        """Return the key of an item of a list."""
        return Key(f"{self.path}[{number}]", f"{self.rule}[]")


ROOT = Key("", "")


class Reader:
    """Reads the tables of one file. `problems` grows; `failed` holds the keys whose value could not be taken.

    `limits` and `texts` are by the rule of a key.
    """

    def __init__(self, file: TomlFile, limits: Mapping[str, Bounds], texts: Mapping[str, Texts]) -> None:
        self._file = file
        self._limits = limits
        self._texts = texts
        self.problems: list[Problem] = []
        self.failed: set[str] = set()

    def report(self, key: str, value: str, allowed: str, suggestion: str = "", line: int | None = None) -> None:
        """Add a problem about a key; its line is looked up when none is given."""
        self.failed.add(key)
        line = self._file.line(key) if line is None else line
        problem = Problem(file=self._file.name, key=key, value=value, allowed=allowed, suggestion=suggestion, line=line)
        self.problems.append(problem)

    def has_failed(self, key: str) -> bool:
        """Tell whether a key, or a table around it, has a problem of its own."""
        while key:
            if key in self.failed:
                return True
            key = key.rpartition(".")[0]
        return False

    def struct(
        self, raw: Mapping[str, object], struct: type[_Configuration], place: Key = ROOT, others: tuple[str, ...] = ()
    ) -> _Configuration | None:
        """Return the Struct; a value in error is replaced by its default, so that the rest can be checked too.

        None when a key without default is missing or in error. `others` are names that belong here and are read by
        somebody else.
        """
        known = fields(struct)
        self._refuse_unknown(raw, [*(field.encode_name for field in known), *others], place)
        values: dict[str, object] = {}
        for field in known:
            key = place.field(field.encode_name)
            value = _MISSING
            if field.encode_name in raw:
                value = self._value(raw[field.encode_name], field.type, key)
            elif field.required:
                self.report(key.path, "missing", self._texts[key.rule].allowed)
            if value is _MISSING and not field.required:
                value = default_of(field)
            values[field.name] = value
        return None if any(value is _MISSING for value in values.values()) else struct(**values)

    def _refuse_unknown(self, raw: Mapping[str, object], names: list[str], place: Key) -> None:
        where = f"a key of [{place.path}]" if place.path else "a table of this file"
        for name in raw:
            if name not in names:
                allowed = f"{where}: {', '.join(names)}"
                self.report(place.field(bare(name)).path, "not known", allowed, nearest(name, names))

    def _value(self, raw: object, kind: inspect.Type, key: Key) -> object:
        match kind:
            case inspect.Metadata():
                return self._value(raw, kind.type, key)
            case inspect.StructType():
                if not isinstance(raw, Mapping):
                    return self._wrong(key, raw, "a table of keys and values")
                built = self.struct(raw, kind.cls, key)
                return _MISSING if built is None else built
            case inspect.IntType() | inspect.DecimalType():
                return self._number(raw, kind, key)
            case inspect.BoolType():
                return raw if isinstance(raw, bool) else self._wrong(key, raw, "true or false")
            case inspect.StrType():
                return self._text(raw, key)
            case inspect.EnumType():
                return self._member(raw, kind, key)
            case inspect.VarTupleType():
                return self._list(raw, kind, key)
            case inspect.DictType():
                return self._table(raw, kind, key)
            case _:
                raise AssertionError(f"{key.path} is of a kind that no file can hold: {kind}")

    def _number(self, raw: object, kind: inspect.IntType | inspect.DecimalType, key: Key) -> object:
        limits = allowed_number(key.rule, kind, self._limits)
        whole = isinstance(kind, inspect.IntType)
        allowed = f"a whole number from {limits}" if whole else f"a number from {limits}"
        if isinstance(raw, bool) or not isinstance(raw, int | Decimal):
            return self._wrong(key, raw, allowed, unquoted(raw))
        if isinstance(raw, Decimal) and (whole or not raw.is_finite()):
            return self._wrong(key, raw, allowed)
        if not limits.least <= raw <= limits.most:
            return self._wrong(key, raw, allowed)
        if isinstance(raw, int):
            return raw if whole else Decimal(raw)
        if _decimal_places(raw) > DECIMAL_PLACES_MAX:
            return self._wrong(key, raw, f"{allowed} with at most {DECIMAL_PLACES_MAX} decimals")
        return Decimal(trimmed(raw)) if raw else ZERO  # 50, 50.0 and 5e1 are one value: one text in the log

    def _text(self, raw: object, key: Key) -> object:
        texts = self._texts[key.rule]
        if not isinstance(raw, str):
            return self._wrong(key, raw, texts.allowed)
        return raw if re.fullmatch(texts.pattern, raw) else self._wrong(key, raw, texts.allowed, _meant(raw, texts))

    def _member(self, raw: object, kind: inspect.EnumType, key: Key) -> object:
        names = [str(member.value) for member in kind.cls]
        if isinstance(raw, str) and raw in names:
            return kind.cls(raw)
        return self._wrong(key, raw, one_of(names), nearest(raw, names) if isinstance(raw, str) else "")

    def _list(self, raw: object, kind: inspect.VarTupleType, key: Key) -> object:
        least, most = kind.min_length or 0, kind.max_length
        allowed = "a list" if most is None else f"a list of {least} to {most} items"
        if not isinstance(raw, list) or len(raw) < least or (most is not None and len(raw) > most):
            return self._wrong(key, raw, allowed)
        items = [self._value(item, kind.item_type, key.item(number)) for number, item in enumerate(raw)]
        if any(item is _MISSING for item in items):
            self.failed.add(key.path)
            return _MISSING
        return tuple(items)

    def _table(self, raw: object, kind: inspect.DictType, key: Key) -> object:
        if not isinstance(raw, Mapping):
            return self._wrong(key, raw, "a table of keys and values")
        names = self._texts[f"{key.rule}.*"]
        taken: dict[str, object] = {}
        for name, item in sorted(raw.items()):  # the file's order means nothing, so it must not reach the log
            place = key.entry(name)
            if not re.fullmatch(names.pattern, name):
                self.report(place.path, "a name that cannot stand here", names.allowed, _meant(name, names))
            elif (value := self._value(item, kind.value_type, place)) is not _MISSING:
                taken[name] = value
        if len(taken) < len(raw):
            self.failed.add(key.path)
            return _MISSING
        return taken

    def _wrong(self, key: Key, raw: object, allowed: str, suggestion: str = "") -> object:
        self.report(key.path, shown(raw), allowed, suggestion)
        return _MISSING


def _meant(text: str, texts: Texts) -> str:
    """Return the question that names what fits: the text in the other case, or the closest of the names."""
    for other in (text.upper(), text.lower()):
        if re.fullmatch(texts.pattern, other):
            return f"Did you mean {other}?"
    return nearest(text, texts.names)


def _decimal_places(value: Decimal) -> int:
    """Return how many decimals a finite value needs. Its text is never made: `1e-999999999` would fill the memory."""
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int), "only a number that is not finite has another exponent"
    if not value:
        return 0
    zeros = next(count for count, digit in enumerate(reversed(digits)) if digit)
    return max(0, -exponent - zeros)
