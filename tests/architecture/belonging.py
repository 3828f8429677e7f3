"""Rules on what belongs where: who makes an approved order, which files are used, what no file may name."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

from tests.architecture.sources import Module, called_name, last_word

# The only modules of the product that may construct an approved order. The journal's decoder builds it from the
# bytes of a whole record, so it never names the class.
ORDER_MAKERS = frozenset({"interlock.core.risk.gate"})
ENTRY_POINTS = frozenset({"interlock.apps.cli"})
LOOKED_AT = frozenset({"isinstance", "issubclass", "assert_type", "cast"})
# Folders of the machine a file was written on, and hosts that packages come from.
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:work|root)/")
PACKAGE_HOST = re.compile(r"\b(?:pypi\.org|pythonhosted\.org|npmjs\.org|deb\.debian\.org|snapshot\.debian\.org)\b")

# A link of a page to another file: not to a site, not to a heading of the same page.
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def order_made_elsewhere(module: Module) -> list[str]:
    """Only the risk gate makes an ApprovedOrder: nobody else calls, copies, decodes, renames or extends it."""
    if module.name in ORDER_MAKERS:
        return []
    findings = []
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(args=arguments):
                called = called_name(node)
                handed_on = [*arguments, *(keyword.value for keyword in node.keywords)]
                if called == "ApprovedOrder":
                    findings.append(module.at(node, "makes an ApprovedOrder"))
                elif called not in LOOKED_AT and any(last_word(each) == "ApprovedOrder" for each in handed_on):
                    findings.append(module.at(node, f"hands ApprovedOrder to {called}()"))
                elif called in ("replace", "copy") and arguments and last_word(arguments[0]) in ("order", "approved"):
                    findings.append(module.at(node, "makes a changed copy of an order"))
            case ast.ImportFrom(names=names) if any(name.name == "ApprovedOrder" and name.asname for name in names):
                findings.append(module.at(node, "imports ApprovedOrder under another name"))
            case ast.Assign(value=value) if last_word(value) == "ApprovedOrder":
                findings.append(module.at(node, "gives ApprovedOrder another name"))
            case ast.ClassDef(bases=bases) if any(last_word(base) == "ApprovedOrder" for base in bases):
                findings.append(module.at(node, "extends ApprovedOrder"))
    return findings


def unused_modules(checked: tuple[Module, ...]) -> list[str]:
    """Every module of the product is imported, or named for a late import, by another one; tests do not count."""
    used = set(ENTRY_POINTS)
    for module in checked:
        used |= _named_by(module) - {module.name}
    return [
        f"{module.path}: nothing imports it"
        for module in checked
        if module.path.name not in ("__init__.py", "__main__.py") and module.name not in used
    ]


def _named_by(module: Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(module.tree):
        match node:
            case ast.Import(names=imported):
                names.update(each.name for each in imported)
            case ast.ImportFrom(module=str() as source, names=imported):
                names.add(source)
                names.update(f"{source}.{each.name}" for each in imported)
            case ast.Constant(value=str() as text) if text.startswith("interlock."):
                names.add(text.split(":")[0])
    return names


def machine_named(path: str, text: str) -> list[str]:
    """No file names a folder of the machine it was written on, or a host that packages come from."""
    return [
        f"{path}:{number}: {found.group()}"
        for number, line in enumerate(text.splitlines(), start=1)
        for pattern in (MACHINE_PATH, PACKAGE_HOST)
        if (found := pattern.search(line))
    ]


def links_broken(page: Path, text: str, exists: Callable[[Path], bool]) -> list[str]:
    """Return the links of a page, given relative to it, that lead to no file or folder."""
    return [f"{page}: {link} leads nowhere" for link in LINK.findall(text) if not exists(page.parent / link)]
