"""Rules on what must be written down: a golden record for each tag, a line of reference for each code and key."""

import ast
import re
from collections.abc import Iterable

import msgspec

from tests.architecture.sources import Module

TAG = re.compile(r"[a-z_]+\.v\d+")
REFUSAL_CODE = re.compile(r"[A-Z]{2,}-\d{3}")


def message_tags(checked: Iterable[Module]) -> dict[str, str]:
    """Return the wire tag of each message that may stand in a record, with where it is defined.

    The record itself says its version in a field of its own, so it is not among them.
    """
    tags: dict[str, str] = {}
    for module in checked:
        if module.room != "messages":
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                options = {option.arg: option.value for option in node.keywords}
                match options.get("tag"):
                    case ast.Constant(value=str() as tag) if "tag_field" not in options:
                        tags[tag] = module.at(node, node.name)
                    case _:
                        pass
    return tags


def untagged_members(checked: Iterable[Module], unions: Iterable[str]) -> list[str]:
    """Return the classes in the named unions of messages that have no hand-written tag."""
    classes: dict[str, ast.ClassDef] = {}
    members: list[str] = []
    for module in checked:
        if module.room != "messages":
            continue
        for node in module.tree.body:
            match node:
                case ast.ClassDef(name=name):
                    classes[name] = node
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in unions:
                    members += [word.id for word in ast.walk(value) if isinstance(word, ast.Name)]
                case _:
                    pass
    return [
        name
        for name in members
        if name in classes and not any(option.arg == "tag" for option in classes[name].keywords)
    ]


def tags_in_records(lines: Iterable[str]) -> set[str]:
    """Return every message tag that occurs in these records, one record of JSON a line."""
    tags: set[str] = set()
    waiting: list[object] = [msgspec.json.decode(line) for line in lines if line.strip()]
    while waiting:
        match waiting.pop():
            case dict() as members:
                if isinstance(tag := members.get("type"), str):
                    tags.add(tag)
                waiting.extend(members.values())
            case list() as items:
                waiting.extend(items)
            case _:
                pass
    return tags


def refusal_codes(module: Module) -> set[str]:
    """Return every code for people (`RISK-014`) that the module writes, in strings or as calls' arguments."""
    return {
        node.value
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and REFUSAL_CODE.fullmatch(node.value)
    }


def configuration_keys(configured: type[msgspec.Struct], prefix: str = "") -> list[str]:
    """Return the dotted name of every value of a typed configuration: `limits.order_usdt_max`."""
    keys: list[str] = []
    for field in msgspec.structs.fields(configured):
        key = prefix + field.encode_name
        inner = _struct_within(field.type)
        keys += configuration_keys(inner, f"{key}.") if inner else [key]
    return keys


def _struct_within(kind: object) -> type[msgspec.Struct] | None:
    """Return the Struct that a field holds, itself or as one of its kinds (`Bars | None`); None if it holds none."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    return next((inner for each in getattr(kind, "__args__", ()) if (inner := _struct_within(each))), None)


def unmentioned(names: Iterable[str], text: str) -> list[str]:
    """Return the names that do not stand in the text as whole words."""
    return [name for name in sorted(names) if not re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", text)]


def settings_class(checked: Iterable[Module]) -> str:
    """Return the module that defines `Settings`; empty when there is none."""
    for module in checked:
        if any(isinstance(node, ast.ClassDef) and node.name == "Settings" for node in module.tree.body):
            return module.name
    return ""
