"""The examples and the reference pages say what the code does, key by key."""

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct, inspect

from interlock.messages.policy import Policy
from interlock.runtime.configuration.loosening import loosenings
from interlock.runtime.configuration.policy_file import read_policy
from interlock.runtime.configuration.policy_rules import POLICY_LIMITS
from interlock.runtime.configuration.schema import Bounds, Leaf, allowed_number, leaves
from interlock.runtime.configuration.settings import SETTINGS_LIMITS, Settings, read_settings
from interlock.units.money import trimmed

ROOT = Path(__file__).parents[4]
EXAMPLES = ROOT / "examples"
REFERENCE = ROOT / "docs" / "reference"


def documented(page: str) -> dict[str, list[str]]:
    """Return the cells after the key, by key, of the page's table of keys."""
    rows = re.findall(r"^\| `([a-z_0-9]+\.[a-z_.0-9]+|symbols)` \|(.*)\|$", (REFERENCE / page).read_text(), re.M)
    cells = {key: [cell.strip() for cell in row.split("|")] for key, row in rows}
    assert len(cells) == len(rows), "a key stands twice in the table"
    return cells


def default_text(leaf: Leaf) -> str:
    match leaf.default:
        case None:
            return "required"
        case bool():
            return str(leaf.default).lower()
        case Decimal():
            return trimmed(leaf.default)
        case tuple():
            return f"[{', '.join(str(item) for item in leaf.default)}]"
        case "":
            return "empty"
        case _:
            return str(leaf.default)


def keys_in(table: Mapping[str, object], prefix: str = "") -> set[str]:
    keys: set[str] = set()
    for name, item in table.items():
        if isinstance(item, Mapping) and item:
            keys |= keys_in(item, f"{prefix}{name}.")
        elif isinstance(item, list) and item and isinstance(item[0], Mapping):
            keys |= keys_in(item[0], f"{prefix}{name}.")
        else:
            keys.add(prefix + name)
    return keys


@pytest.mark.parametrize(
    ("page", "struct", "limits"),
    [("policy.md", Policy, POLICY_LIMITS), ("settings.md", Settings, SETTINGS_LIMITS)],
)
def test_the_reference_has_every_key_with_its_real_default_unit_and_bounds(
    page: str, struct: type[Struct], limits: Mapping[str, Bounds]
) -> None:
    rows = documented(page)
    assert list(rows) == [leaf.key for leaf in leaves(struct)]
    for leaf in leaves(struct):
        _, unit, default, allowed, *looser = rows[leaf.key]
        assert looser == ([leaf.looser] if page == "policy.md" and leaf.key != "symbols" else looser)
        if leaf.key == "symbols":
            continue
        assert default == default_text(leaf), leaf.key
        assert unit == leaf.unit or not leaf.unit, leaf.key
        if isinstance(leaf.kind, inspect.IntType | inspect.DecimalType):
            by_row = {key.replace("[]", ""): bounds for key, bounds in limits.items()}
            assert allowed == str(allowed_number(leaf.key, leaf.kind, by_row)), leaf.key


def test_the_default_symbols_are_documented() -> None:
    assert documented("policy.md")["symbols"][2] == f"{' and '.join(Policy().symbols)}, both sides"
    assert {len(sides) for sides in Policy().symbols.values()} == {2}


def test_the_policy_example_is_the_whole_default() -> None:
    path = EXAMPLES / "policy.toml"
    assert msgspec.json.encode(read_policy(path)) == msgspec.json.encode(read_policy(None))
    keys = {re.sub(r"^symbols\..*", "symbols", key) for key in keys_in(tomllib.loads(path.read_text()))}
    assert keys == {leaf.key for leaf in leaves(Policy)} | {"loosened"}


def test_the_settings_example_is_the_whole_default() -> None:
    path = EXAMPLES / "settings.toml"
    assert read_settings(path) == Settings()
    keys = {re.sub(r"(\.spot)\..*", r"\1", key) for key in keys_in(tomllib.loads(path.read_text()))}
    assert keys == {leaf.key for leaf in leaves(Settings)}


def test_the_short_tape_example_gives_a_reason_for_each_loosening_and_bends_no_cost() -> None:
    seeded = read_policy(EXAMPLES / "policy-short-tape.toml")
    assert list(seeded.loosened) == [loosening.key for loosening in loosenings(seeded.policy)]
    assert seeded.policy.bars.period_s == 1
    assert (seeded.policy.exits.stop_bps_min, seeded.policy.exits.stop_bps_max) == (Decimal(5), Decimal(50))
    assert seeded.policy.costs == msgspec.structs.replace(Policy().costs, edge_bps_min=Decimal(0))
    assert seeded.policy.sizing == Policy().sizing


@pytest.mark.parametrize("page", ["policy.md", "settings.md"])
def test_code_in_the_reference_is_read_as_it_stands(page: str, tmp_path: Path) -> None:
    for number, block in enumerate(re.findall(r"^```toml\n(.*?)^```", (REFERENCE / page).read_text(), re.M | re.S)):
        path = tmp_path / f"{number}.toml"
        path.write_text(block)
        assert read_policy(path).loosened if page == "policy.md" else read_settings(path)
