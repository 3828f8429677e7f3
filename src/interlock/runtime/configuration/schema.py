"""What a configuration may hold, told by its Structs: each key's type, default, unit, bounds, looser side."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec
from msgspec import Struct, inspect

from interlock.units.money import trimmed


class Bounds(Struct, frozen=True):
    """The hard bounds of a number, both allowed."""

    least: Decimal
    most: Decimal

    def __str__(self) -> str:
        return f"{trimmed(self.least)} to {trimmed(self.most)}"


def bounds(least: str | int, most: str | int) -> Bounds:
    """Return bounds from numbers as they are written."""
    return Bounds(Decimal(least), Decimal(most))


class Leaf(Struct, frozen=True, kw_only=True):
    """One key that holds a value.

    `default` is None for a key that must be given. `unit` and `looser` ("higher", "lower", "any") are empty when the
    Struct does not tell them.
    """

    key: str
    kind: inspect.Type
    default: object
    unit: str
    looser: str


def leaves(struct: type[Struct], prefix: str = "") -> tuple[Leaf, ...]:
    """Return every key of a Struct in the order it is written; keys of a list of tables are `list.key`."""
    found: list[Leaf] = []
    for field in fields(struct):
        kind, unit, looser = _bare(field.type)
        key = prefix + field.encode_name
        if isinstance(kind, inspect.StructType):
            found += leaves(kind.cls, f"{key}.")
        elif isinstance(kind, inspect.VarTupleType) and isinstance(kind.item_type, inspect.StructType):
            found += leaves(kind.item_type.cls, f"{key}.")
        else:
            default = None if field.required else default_of(field)
            found.append(Leaf(key=key, kind=kind, default=default, unit=unit, looser=looser))
    return tuple(found)


def fields(struct: type[Struct]) -> tuple[inspect.Field, ...]:
    """Return the fields of a Struct as msgspec sees them."""
    kind = inspect.type_info(struct)
    assert isinstance(kind, inspect.StructType), f"{struct} is not a Struct"
    return kind.fields


def default_of(field: inspect.Field) -> object:
    """Return a field's default. Errors: AssertionError for a required field."""
    assert not field.required, f"{field.name} has no default"
    if field.default_factory is not msgspec.NODEFAULT:
        value: object = field.default_factory()
        return value
    return field.default


def value_at(configuration: Struct, key: str) -> object:
    """Return the value of a dotted key."""
    value: object = configuration
    for name in key.split("."):
        value = value[name] if isinstance(value, Mapping) else getattr(value, name)
    return value


def allowed_number(key: str, kind: inspect.IntType | inspect.DecimalType, limits: Mapping[str, Bounds]) -> Bounds:
    """Return the bounds of a number: from the table, else from its type.

    Errors: AssertionError for a number without bounds; every number in a configuration has them.
    """
    if key in limits:
        return limits[key]
    assert isinstance(kind, inspect.IntType) and kind.ge is not None and kind.le is not None, f"{key} has no bounds"
    return Bounds(Decimal(kind.ge), Decimal(kind.le))


def _bare(kind: inspect.Type) -> tuple[inspect.Type, str, str]:
    if not isinstance(kind, inspect.Metadata):
        return kind, "", ""
    unit = (kind.extra_json_schema or {}).get("description", "")
    looser = (kind.extra or {}).get("looser", "")
    return kind.type, str(unit), str(looser)
