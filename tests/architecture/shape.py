"""Rules on how code is shaped and named: sizes, names, swallowed errors, who may write to the screen."""

import ast
import re
from collections import Counter

from tests.architecture.sources import Module, called_name, last_word

FILE_LINES_MAX = 399
FUNCTION_LINES_MAX = 59
ROOM_FILES_MAX = 12
NAMES_BANNED = frozenset({"utils", "util", "common", "helpers", "helper", "misc", "manager", "service"})
BROAD = frozenset({"Exception", "BaseException"})
# Both are written in parts, so that this file passes its own rules.
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX|NotImplemented" r"Error)\b")
IGNORE = re.compile(r"# type: " r"ignore(?!\[[a-z-]+(?:, ?[a-z-]+)*\]  # \w)")


def file_too_long(module: Module) -> list[str]:
    """A file is under 400 lines."""
    lines = module.text.count("\n")
    return [f"{module.path}: {lines} lines, at most {FILE_LINES_MAX}"] if lines > FILE_LINES_MAX else []


def function_too_long(module: Module) -> list[str]:
    """A function is under 60 lines, its docstring included."""
    findings = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                findings.append(module.at(node, f"{node.name} has {lines} lines, at most {FUNCTION_LINES_MAX}"))
    return findings


def rooms_too_full(checked: tuple[Module, ...]) -> list[str]:
    """A folder below src holds at most 12 files, not counting its docstring."""
    sizes = Counter(module.path.parent for module in checked if module.path.name != "__init__.py")
    return [f"{room}: {size} files, at most {ROOM_FILES_MAX}" for room, size in sizes.items() if size > ROOM_FILES_MAX]


def name_says_nothing(module: Module) -> list[str]:
    """No folder or file is named for being a heap of things."""
    words = {word for part in module.path.with_suffix("").parts for word in part.split("_")}
    return [f"{module.path}: a name must say what is inside, not {word!r}" for word in sorted(words & NAMES_BANNED)]


def room_without_docstring(module: Module) -> list[str]:
    """An `__init__.py` below src holds a docstring that says what the room is for, and nothing else."""
    if module.path.name != "__init__.py":
        return []
    is_docstring_only = len(module.tree.body) == 1 and ast.get_docstring(module.tree)
    return [] if is_docstring_only else [f"{module.path}: must hold a docstring and nothing else"]


def error_swallowed(module: Module) -> list[str]:
    """No bare except; what is caught broadly is raised on; nothing is caught and passed over."""
    findings = []
    for node in ast.walk(module.tree):
        match node:
            case ast.ExceptHandler(type=None):
                findings.append(module.at(node, "a bare except"))
            case ast.ExceptHandler(type=caught, body=body):
                if all(isinstance(line, ast.Pass | ast.Continue) or _is_literal(line) for line in body):
                    findings.append(module.at(node, "an error is caught and passed over"))
                elif _is_broad(caught) and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node)):
                    findings.append(module.at(node, "everything is caught and not raised on"))
            case ast.Call(args=arguments) if called_name(node) == "suppress":
                if not arguments or any(_is_broad(argument) for argument in arguments):
                    findings.append(module.at(node, "everything is suppressed"))
    return findings


def _is_broad(caught: ast.expr | None) -> bool:
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(kind is not None and last_word(kind) in BROAD for kind in kinds)


def _is_literal(line: ast.stmt) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)


def written_to_the_screen(module: Module) -> list[str]:
    """Only apps/ writes what people read."""
    if module.room == "apps":
        return []
    findings = []
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(func=ast.Name(id="print")):
                findings.append(module.at(node, "print belongs to apps/"))
            case ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr"):
                findings.append(module.at(node, f"sys.{node.attr} belongs to apps/"))
            case ast.Import(names=names) if any(name.name.split(".")[0] == "rich" for name in names):
                findings.append(module.at(node, "rich belongs to apps/"))
            case ast.ImportFrom(module=source) if (source or "").split(".")[0] == "rich":
                findings.append(module.at(node, "rich belongs to apps/"))
    return findings


def left_unfinished(module: Module) -> list[str]:
    """Nothing says of itself that it is not done."""
    return [
        f"{module.path}:{number}: {found.group()}"
        for number, line in enumerate(module.text.splitlines(), start=1)
        if (found := UNFINISHED.search(line))
    ]


def type_ignored_without_reason(module: Module) -> list[str]:
    """A silenced type error names its code and says why it is silenced."""
    return [
        f"{module.path}:{number}: write `# type: ignore[code]  # why`"
        for number, line in enumerate(module.text.splitlines(), start=1)
        if IGNORE.search(line)
    ]


def asserting_nothing(module: Module) -> list[str]:
    """A test asserts something, itself or through a check_ or verify_ function."""
    findings = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            inner = list(ast.walk(node))
            calls = {called_name(call) for call in inner if isinstance(call, ast.Call)}
            asserts = any(isinstance(line, ast.Assert) for line in inner) or calls & {"raises", "warns", "fail"}
            if not asserts and not any(re.match(r"_?(check|verify|assert)", call) for call in calls):
                findings.append(module.at(node, f"{node.name} asserts nothing"))
    return findings
