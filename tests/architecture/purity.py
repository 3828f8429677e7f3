"""Rules on the pure rooms: no I/O, no clock, no chance, no order that depends on hashing, no float in money."""

import ast

from tests.architecture.sources import Module, called_name, last_word

PURE_ROOMS = frozenset({"units", "messages", "core", "strategies", "views"})
MONEY_ROOMS = frozenset({"units", "messages", "core"})
IMPURE = frozenset(
    {"asyncio", "datetime", "httpx", "io", "logging", "os", "pathlib", "random", "secrets", "socket", "sqlite3"}
    | {"subprocess", "threading", "time", "uuid"}
)
SETS = frozenset({"set", "frozenset", "AbstractSet", "MutableSet"})
# What these make of a set does not depend on its order.
ORDER_BLIND = frozenset({"sorted", "any", "all", "set", "frozenset", "len"})
ORDER_TAKING = frozenset({"list", "tuple", "iter", "enumerate", "join", "map", "filter", "zip", "reversed", "dict"})


def impure_import(module: Module) -> list[str]:
    """A pure room imports nothing that does I/O, reads a clock or draws chance."""
    if module.room not in PURE_ROOMS:
        return []
    findings = []
    for node in ast.walk(module.tree):
        match node:
            case ast.Import(names=names):
                imported = [name.name for name in names]
            case ast.ImportFrom(module=source, names=names):
                imported = [f"{source}.{name.name}" for name in names]
            case _:
                continue
        for name in imported:
            if name.split(".")[0] in IMPURE or name.startswith("numpy.random"):
                findings.append(module.at(node, f"{name} has no place in {module.room}/"))
    return findings


def file_opened(module: Module) -> list[str]:
    """A pure room opens no file."""
    if module.room not in PURE_ROOMS:
        return []
    return [
        module.at(node, "open() in a pure room")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"
    ]


def float_in_money(module: Module) -> list[str]:
    """No float is written, made or promised where money is decided."""
    if module.room not in MONEY_ROOMS:
        return []
    findings = []
    for node in ast.walk(module.tree):
        match node:
            case ast.Constant(value=float() as number):
                findings.append(module.at(node, f"the float {number}"))
            case ast.Call(func=ast.Name(id="float")):
                findings.append(module.at(node, "float()"))
            case ast.arg(annotation=annotation) | ast.AnnAssign(annotation=annotation):
                findings += _float_promised(module, annotation)
            case ast.FunctionDef(returns=annotation) | ast.AsyncFunctionDef(returns=annotation):
                findings += _float_promised(module, annotation)
            case _:
                pass
    return findings


def _float_promised(module: Module, annotation: ast.expr | None) -> list[str]:
    words = ast.walk(annotation) if annotation else iter(())
    return [module.at(word, "a float annotation") for word in words if last_word(word) == "float"]


def set_fields(checked: tuple[Module, ...]) -> frozenset[str]:
    """Return the names of fields that any class of a pure room declares as a set."""
    return frozenset(
        last_word(line.target)
        for module in checked
        if module.room in PURE_ROOMS
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        for line in node.body
        if isinstance(line, ast.AnnAssign) and _promises_set(line.annotation)
    )


def set_iterated(module: Module, fields: frozenset[str] = frozenset()) -> list[str]:
    """A pure room takes no order from a set: it would differ with the hash seed.

    `fields` names the attributes that are sets in other modules.
    """
    if module.room not in PURE_ROOMS:
        return []
    names = _set_names(module.tree)
    blind: set[ast.AST] = set()
    taken: list[ast.expr] = []
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(args=arguments) if called_name(node) in ORDER_BLIND:
                blind.update(argument for argument in arguments if isinstance(argument, ast.GeneratorExp))
            case ast.Call(args=arguments) if called_name(node) in ORDER_TAKING:
                taken += arguments
            case ast.For(iter=iterated):
                taken.append(iterated)
            case ast.ListComp() | ast.DictComp():
                taken += [part.iter for part in node.generators]
            case ast.GeneratorExp() if node not in blind:
                taken += [part.iter for part in node.generators]
            case ast.Starred(value=spread):
                taken.append(spread)
            case _:
                pass
    return [module.at(node, "takes its order from a set") for node in taken if _is_set(node, names, fields)]


def _set_names(tree: ast.Module) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation) if _promises_set(annotation):
                names.add(name)
            case ast.arg(arg=name, annotation=ast.expr() as annotation) if _promises_set(annotation):
                names.add(name)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_set(value, frozenset(), frozenset()):
                names.add(name)
            case _:
                pass
    return frozenset(names)


def _promises_set(annotation: ast.expr) -> bool:
    outer = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return last_word(outer) in SETS


def _is_set(node: ast.expr, names: frozenset[str], fields: frozenset[str]) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call():
            return called_name(node) in ("set", "frozenset")
        case ast.Name(id=name):
            return name in names
        case ast.Attribute(attr=name):
            return name in fields
        case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr() | ast.Sub() | ast.BitXor(), right=right):
            return any(_is_set(side, names, fields) or _is_keys(side) for side in (left, right))
        case _:
            return False


def _is_keys(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and called_name(node) == "keys"
