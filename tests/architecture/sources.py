"""The repository as the tidy tests see it: its files, and its Python modules parsed once."""

import ast
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Module:
    """One Python file. `path` is relative to the repository."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """The name it is imported by, for a file below src/."""
        parts = self.path.with_suffix("").parts[1:]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def room(self) -> str:
        """The room of a file below src/interlock/; empty for the package's own files and for all others."""
        parts = self.path.parts
        return parts[2] if parts[:2] == ("src", "interlock") and len(parts) > 3 else ""

    def at(self, node: ast.AST, what: str) -> str:
        """Return a finding: where, and what is wrong."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {what}"


Rule = Callable[[Module], list[str]]


def parsed(path: str, text: str) -> Module:
    """Return the module that `text` would be at `path`."""
    return Module(path=Path(path), text=text, tree=ast.parse(text, filename=path))


@cache
def repository_files() -> tuple[Path, ...]:
    """Return every file that is or would be committed, relative to the repository, sorted."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    paths = (Path(name) for name in sorted(set(listing.split("\0"))) if name)
    return tuple(path for path in paths if (REPOSITORY / path).is_file())


@cache
def modules() -> tuple[Module, ...]:
    """Return every Python module of src, tests and bench."""
    return tuple(
        parsed(str(path), (REPOSITORY / path).read_text(encoding="utf-8"))
        for path in repository_files()
        if path.suffix == ".py" and path.parts[0] in ("src", "tests", "bench")
    )


def source_modules() -> tuple[Module, ...]:
    """Return the modules of the product."""
    return tuple(module for module in modules() if module.path.parts[0] == "src")


def findings_of(rule: Rule, checked: tuple[Module, ...]) -> str:
    """Return what the rule finds, a line each; empty when all is well. No module to check is a finding too."""
    if not checked:
        return "there was nothing to check"
    return "\n".join(finding for module in checked for finding in rule(module))


def called_name(call: ast.Call) -> str:
    """Return the last word of what is called: `order` for both `order()` and `a.b.order()`."""
    return last_word(call.func)


def last_word(node: ast.AST) -> str:
    """Return the last word of a name or of a dotted name; empty for anything else."""
    match node:
        case ast.Name(id=word) | ast.Attribute(attr=word):
            return word
        case _:
            return ""
