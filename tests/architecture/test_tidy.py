"""The code keeps its own rules. The rules are plain functions; test_rules.py shows that each of them can fail."""

import tomllib

from tests.architecture import belonging, purity, shape
from tests.architecture.sources import REPOSITORY, findings_of, modules, repository_files, source_modules


def test_no_file_reaches_four_hundred_lines() -> None:
    assert findings_of(shape.file_too_long, modules()) == ""


def test_no_function_reaches_sixty_lines() -> None:
    assert findings_of(shape.function_too_long, modules()) == ""


def test_no_room_holds_more_than_twelve_files() -> None:
    assert shape.rooms_too_full(source_modules()) == []


def test_no_room_or_file_is_named_for_a_heap_of_things() -> None:
    assert findings_of(shape.name_says_nothing, modules()) == ""


def test_every_room_says_what_it_is_for() -> None:
    assert findings_of(shape.room_without_docstring, source_modules()) == ""


def test_every_room_is_a_package() -> None:
    folders = {module.path.parent for module in source_modules()}
    described = {module.path.parent for module in source_modules() if module.path.name == "__init__.py"}
    assert sorted(folders - described) == []


def test_no_error_is_swallowed() -> None:
    assert findings_of(shape.error_swallowed, modules()) == ""


def test_only_apps_write_to_the_screen() -> None:
    assert findings_of(shape.written_to_the_screen, source_modules()) == ""


def test_nothing_is_left_unfinished() -> None:
    assert findings_of(shape.left_unfinished, modules()) == ""


def test_every_silenced_type_error_says_why() -> None:
    assert findings_of(shape.type_ignored_without_reason, modules()) == ""


def test_every_test_asserts_something() -> None:
    assert findings_of(shape.asserting_nothing, tuple(m for m in modules() if m.path.parts[0] == "tests")) == ""


def test_pure_rooms_import_no_clock_no_chance_and_no_input_or_output() -> None:
    assert findings_of(purity.impure_import, source_modules()) == ""


def test_every_pure_room_is_under_the_import_contract() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = [c for c in project["tool"]["importlinter"]["contracts"] if c["name"].startswith("Pure rooms")]
    assert set(contract["forbidden_modules"]) == purity.IMPURE
    existing = {module.room for module in source_modules()} & purity.PURE_ROOMS
    assert sorted(contract["source_modules"]) == sorted(f"interlock.{room}" for room in existing)


def test_pure_rooms_open_no_file() -> None:
    assert findings_of(purity.file_opened, source_modules()) == ""


def test_no_float_where_money_is_decided() -> None:
    assert findings_of(purity.float_in_money, source_modules()) == ""


def test_pure_rooms_take_no_order_from_a_set() -> None:
    fields = purity.set_fields(source_modules())
    assert findings_of(lambda module: purity.set_iterated(module, fields), source_modules()) == ""


def test_only_the_risk_gate_makes_an_approved_order() -> None:
    """Promise 5, its static half: whoever else could make one, could send what no check has seen."""
    assert findings_of(belonging.order_made_elsewhere, source_modules()) == ""


def test_every_source_file_is_used() -> None:
    assert belonging.unused_modules(source_modules()) == []


def test_no_file_names_a_machine_or_a_package_host() -> None:
    findings: list[str] = []
    for path in repository_files():
        try:
            text = (REPOSITORY / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:  # a picture or the like
            text = ""
        findings += belonging.machine_named(str(path), text)
    assert findings == []


def test_every_link_of_a_page_leads_somewhere() -> None:
    findings: list[str] = []
    for path in repository_files():
        if path.suffix == ".md":
            text = (REPOSITORY / path).read_text(encoding="utf-8")
            findings += belonging.links_broken(path, text, lambda target: (REPOSITORY / target).exists())
    assert findings == []
