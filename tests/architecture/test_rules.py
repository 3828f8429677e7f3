"""Each tidy rule finds what it is there to find, and lets the honest form of it pass."""

from pathlib import Path

import pytest

from tests.architecture import belonging, purity, shape
from tests.architecture.sources import Rule, parsed

CORE = "src/interlock/core/risk/limits.py"
RIM = "src/interlock/journal/reader.py"

BAD: list[tuple[str, Rule, str, str]] = [
    ("a file of 400 lines", shape.file_too_long, RIM, "x = 1\n" * 400),
    ("a function of 60 lines", shape.function_too_long, RIM, "def f():\n" + "    x = 1\n" * 59),
    ("a method of 60 lines", shape.function_too_long, RIM, "class A:\n  async def f():\n" + "    x = 1\n" * 59),
    ("a heap by its name", shape.name_says_nothing, "src/interlock/core/utils.py", ""),
    ("a heap by part of its name", shape.name_says_nothing, "src/interlock/core/order_manager.py", ""),
    ("a heap of a room", shape.name_says_nothing, "src/interlock/common/money.py", ""),
    ("a room that says nothing", shape.room_without_docstring, "src/interlock/core/__init__.py", ""),
    ("a room that does things", shape.room_without_docstring, "src/interlock/core/__init__.py", '"""A."""\nx = 1'),
    ("a bare except", shape.error_swallowed, RIM, "try:\n f()\nexcept:\n raise"),
    ("a broad except", shape.error_swallowed, RIM, "try:\n f()\nexcept Exception as e:\n log(e)"),
    ("a broad one of several", shape.error_swallowed, RIM, "try:\n f()\nexcept (OSError, BaseException):\n g()"),
    ("an error passed over", shape.error_swallowed, RIM, "try:\n f()\nexcept ValueError:\n pass"),
    ("an error skipped", shape.error_swallowed, RIM, "for x in y:\n try:\n  f()\n except ValueError:\n  continue"),
    ("an error and three dots", shape.error_swallowed, RIM, "try:\n f()\nexcept ValueError:\n ..."),
    ("everything suppressed", shape.error_swallowed, RIM, "with contextlib.suppress(Exception):\n f()"),
    ("a print", shape.written_to_the_screen, RIM, "print('hello')"),
    ("a write to stderr", shape.written_to_the_screen, RIM, "sys.stderr.write('hello')"),
    ("a rich console", shape.written_to_the_screen, RIM, "from rich.console import Console"),
    ("unfinished work", shape.left_unfinished, RIM, "x = 1  # TO" + "DO"),
    ("a stub", shape.left_unfinished, RIM, "raise NotImplemented" + "Error"),
    ("a silenced type error", shape.type_ignored_without_reason, RIM, "x = f()  # type: " + "ignore"),
    ("one without its reason", shape.type_ignored_without_reason, RIM, "x = f()  # type: " + "ignore[arg-type]"),
    ("a test that cannot fail", shape.asserting_nothing, "tests/unit/test_a.py", "def test_a():\n    run()"),
    ("a clock", purity.impure_import, CORE, "import time"),
    ("a clock, later", purity.impure_import, CORE, "def f():\n    from datetime import datetime"),
    ("chance", purity.impure_import, "src/interlock/strategies/breakout.py", "from numpy.random import default_rng"),
    ("chance by another way", purity.impure_import, "src/interlock/views/a.py", "from numpy import random"),
    ("an open file", purity.file_opened, CORE, "text = open('a').read()"),
    ("a float", purity.float_in_money, CORE, "x = 0.5"),
    ("a float made", purity.float_in_money, CORE, "x = float(price)"),
    ("a float taken", purity.float_in_money, CORE, "def f(x: float): ..."),
    ("a float returned", purity.float_in_money, CORE, "def f() -> float | None: ..."),
    ("a float field", purity.float_in_money, CORE, "class A:\n    x: list[float]"),
    ("a set walked", purity.set_iterated, CORE, "for x in {1, 2}: f(x)"),
    ("a named set walked", purity.set_iterated, CORE, "def f(a: set[str]):\n    for x in a: g(x)"),
    ("a set listed", purity.set_iterated, CORE, "a = set(b)\nc = list(a)"),
    ("a set spread", purity.set_iterated, CORE, "a = (*{1, 2},)"),
    ("a set in a comprehension", purity.set_iterated, CORE, "a = [x for x in frozenset(b)]"),
    ("a set summed", purity.set_iterated, CORE, "a = sum(x for x in {1, 2})"),
    ("keys subtracted", purity.set_iterated, CORE, "for x in a.keys() - b.keys(): f(x)"),
    ("a field walked", lambda module: purity.set_iterated(module, frozenset({"a"})), CORE, "for x in s.a: f(x)"),
    ("an order made", belonging.order_made_elsewhere, RIM, "order = ApprovedOrder(size=1)"),
    ("an order made by path", belonging.order_made_elsewhere, CORE, "order = orders.ApprovedOrder(size=1)"),
    ("an order decoded", belonging.order_made_elsewhere, RIM, "order = msgspec.convert(x, ApprovedOrder)"),
    ("an order decoded by keyword", belonging.order_made_elsewhere, RIM, "d = Decoder(type=ApprovedOrder)"),
    ("an order changed", belonging.order_made_elsewhere, RIM, "structs.replace(event.order, quantity=q)"),
    ("an order by alias", belonging.order_made_elsewhere, RIM, "from a import ApprovedOrder as B"),
    ("an order renamed", belonging.order_made_elsewhere, RIM, "make = ApprovedOrder"),
    ("an order extended", belonging.order_made_elsewhere, RIM, "class Free(ApprovedOrder): ..."),
]

GOOD: list[tuple[str, Rule, str, str]] = [
    ("a file of 399 lines", shape.file_too_long, RIM, "x = 1\n" * 399),
    ("a function of 59 lines", shape.function_too_long, RIM, "def f():\n" + "    x = 1\n" * 58),
    ("a room with its docstring", shape.room_without_docstring, "src/interlock/core/__init__.py", '"""The core."""'),
    (
        "an error turned into another",
        shape.error_swallowed,
        RIM,
        "try:\n f()\nexcept Exception as e:\n raise Fault from e",
    ),
    ("an error named", shape.error_swallowed, RIM, "with contextlib.suppress(FileNotFoundError):\n f()"),
    ("a print of apps", shape.written_to_the_screen, "src/interlock/apps/cli.py", "print('hello')"),
    (
        "a reason given",
        shape.type_ignored_without_reason,
        RIM,
        "f()  # type: " + "ignore[arg-type]  # apsw has no stub",
    ),
    ("a clock in the rim", purity.impure_import, RIM, "import time"),
    ("a float in statistics", purity.float_in_money, "src/interlock/strategies/breakout.py", "x = 0.5"),
    ("a set sorted", purity.set_iterated, CORE, "for x in sorted({1, 2}): f(x)"),
    ("a set asked", purity.set_iterated, CORE, "a = any(x > 1 for x in {1, 2})"),
    ("a dict walked", purity.set_iterated, CORE, "a: dict[str, int] = {}\nfor x in a: f(x)"),
    ("the gate", belonging.order_made_elsewhere, "src/interlock/core/risk/gate.py", "order = ApprovedOrder(size=1)"),
    ("an order passed on", belonging.order_made_elsewhere, RIM, "def place(order: ApprovedOrder): send(order)"),
    ("an order looked at", belonging.order_made_elsewhere, RIM, "isinstance(x, ApprovedOrder)"),
]


@pytest.mark.parametrize(("rule", "path", "text"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_rule_finds_what_breaks_it(rule: Rule, path: str, text: str) -> None:
    assert len(rule(parsed(path, text))) == 1


@pytest.mark.parametrize(("rule", "path", "text"), [case[1:] for case in GOOD], ids=[case[0] for case in GOOD])
def test_a_rule_lets_the_honest_form_pass(rule: Rule, path: str, text: str) -> None:
    assert rule(parsed(path, text)) == []


def test_a_room_of_thirteen_files_is_too_full() -> None:
    room = tuple(parsed(f"src/interlock/core/part{number}.py", "") for number in range(13))
    docstring = parsed("src/interlock/core/__init__.py", '"""The core."""')
    assert shape.rooms_too_full((*room[:12], docstring)) == []
    assert shape.rooms_too_full(room) == ["src/interlock/core: 13 files, at most 12"]


def test_a_field_that_is_a_set_is_known_in_other_modules() -> None:
    state = parsed("src/interlock/core/state.py", "class State:\n    dirty: set[str]\n    names: dict[str, int]")
    assert purity.set_fields((state,)) == {"dirty"}


def test_a_file_that_only_a_test_imports_is_unused() -> None:
    core = parsed("src/interlock/core/state.py", "")
    user = parsed("src/interlock/core/machine.py", "from interlock.core import state")
    late = parsed("src/interlock/apps/cli.py", "load('interlock.core.machine')")
    assert belonging.unused_modules((core, user, late)) == []
    assert belonging.unused_modules((core, late)) == ["src/interlock/core/state.py: nothing imports it"]


def test_a_file_that_imports_itself_is_unused() -> None:
    lonely = parsed("src/interlock/core/state.py", "import interlock.core.state")
    assert belonging.unused_modules((lonely,)) == ["src/interlock/core/state.py: nothing imports it"]


@pytest.mark.parametrize("folder", ["work", "root"])
def test_a_path_of_a_machine_is_found(folder: str) -> None:
    assert belonging.machine_named("a.md", f"see /{folder}/notes") == [f"a.md:1: /{folder}/"]
    assert belonging.machine_named("a.md", f"see frame{folder}/notes and ./{folder}/notes") == []


@pytest.mark.parametrize("host", [".".join(("pypi", "org")), ".".join(("files", "pythonhosted", "org"))])
def test_a_package_host_is_found(host: str) -> None:
    assert len(belonging.machine_named("a.lock", f"apsw @ https://{host}/a.whl")) == 1


def test_a_link_that_leads_nowhere_is_found() -> None:
    text = "[a](b.md) [c](d.md#part) [e](#part) [f](https://example.org/)"
    assert belonging.links_broken(Path("docs/a.md"), text, lambda target: target == Path("docs/b.md")) == [
        "docs/a.md: d.md leads nowhere"
    ]


def test_a_test_path_is_below_the_repository() -> None:
    assert parsed(RIM, "").room == "journal"
    assert parsed(RIM, "").name == "interlock.journal.reader"
    assert parsed("src/interlock/__init__.py", "").room == ""
    assert parsed("tests/unit/core/test_a.py", "").room == ""
    assert Path(CORE).parts[2] == parsed(CORE, "").room
