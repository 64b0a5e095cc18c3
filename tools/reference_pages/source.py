"""Finds public names in the source, without importing it: nothing here waits for TensorFlow."""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Function = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Definition:
    """A name that a module defines.

    Args:
        module: where it is defined.
        name: its name there.
        node: a class, a function, or an assignment.
        doc: its docstring, or the string below the assignment.
    """

    module: str
    name: str
    node: ast.stmt
    doc: str


@functools.cache
def tree(module: str) -> ast.Module:
    """Parses a module.

    Raises:
        FileNotFoundError: there is no such module.
    """
    path = ROOT.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8"))


def is_module(name: str) -> bool:
    """Tells whether there is a module of this name."""
    path = ROOT.joinpath(*name.split("."))
    return (path / "__init__.py").exists() or path.with_suffix(".py").exists()


def public_names(module: str) -> list[str]:
    """Returns the names of `__all__`; without it, of public classes and functions in their order."""
    for node in tree(module).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return list(ast.literal_eval(node.value))
    return [node.name for node in tree(module).body
            if isinstance(node, (ast.ClassDef, *Function)) and not node.name.startswith("_")]


def find(module: str, name: str) -> Definition:
    """Finds where a name that a module has is defined.

    Raises:
        LookupError: the module neither defines nor imports it.
    """
    body = tree(module).body
    for node in [*body, *(inner for node in body if isinstance(node, ast.If) for inner in node.body)]:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name and node.module and node.module.startswith("catgan"):
                    return find(node.module, alias.name)
    for place, node in enumerate(body):
        if isinstance(node, (ast.ClassDef, *Function)) and node.name == name:
            return Definition(module, name, node, ast.get_docstring(node) or "")
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if getattr(target, "id", "") == name:
                return Definition(module, name, node, _string(body[place + 1:place + 2]))
    raise LookupError(f"{module} has no name '{name}'.")


def _string(nodes: list[ast.stmt]) -> str:
    """Returns the string that stands below an assignment."""
    for node in nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return node.value.value
    return ""


def members(definition: Definition) -> list[Definition]:
    """Returns the public methods and properties of a class, inherited ones of catgan too, with docstrings."""
    found: dict[str, Definition] = {}
    for cls in reversed(lineage(definition)):
        assert isinstance(cls.node, ast.ClassDef)
        for node in cls.node.body:
            if isinstance(node, Function) and not node.name.startswith("_"):
                doc = ast.get_docstring(node) or (found[node.name].doc if node.name in found else "")
                found[node.name] = Definition(cls.module, node.name, node, doc)
    return list(found.values())


def lineage(definition: Definition) -> list[Definition]:
    """Returns a class and its bases in catgan, the class first."""
    result = [definition]
    assert isinstance(definition.node, ast.ClassDef)
    for base in definition.node.bases:
        base = base.value if isinstance(base, ast.Subscript) else base
        if isinstance(base, ast.Name):
            try:
                found = find(definition.module, base.id)
            except LookupError:
                continue
            if isinstance(found.node, ast.ClassDef):
                result += lineage(found)
    return result


def constructor(definition: Definition) -> ast.FunctionDef | None:
    """Returns `__init__` of a class, or of the nearest base in catgan that has one."""
    for cls in lineage(definition):
        assert isinstance(cls.node, ast.ClassDef)
        for node in cls.node.body:
            if isinstance(node, ast.FunctionDef) and node.name == "__init__":
                return node
    return None


def fields(definition: Definition) -> list[tuple[str, str, str | None]]:
    """Returns name, type and default of annotated fields of a class: of a dataclass or a named tuple."""
    found: dict[str, tuple[str, str, str | None]] = {}
    for cls in reversed(lineage(definition)):
        assert isinstance(cls.node, ast.ClassDef)
        for node in cls.node.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) \
                    and not node.target.id.startswith("_") and "ClassVar" not in ast.unparse(node.annotation):
                default = ast.unparse(node.value) if node.value else None
                found[node.target.id] = (node.target.id, ast.unparse(node.annotation), default)
    return list(found.values())


def decorators(node: ast.stmt) -> set[str]:
    """Returns the names of decorators: `property`, `dataclass` ..."""
    names = set()
    for item in getattr(node, "decorator_list", ()):
        item = item.func if isinstance(item, ast.Call) else item
        names.add(ast.unparse(item).rpartition(".")[2])
    return names


def value(module: str, default: ast.expr | None) -> ast.expr | None:
    """Returns the value of a default that is a constant of a module, else the default as it is written."""
    if isinstance(default, ast.Name):
        try:
            node = find(module, default.id).node
        except LookupError:
            return default
        given = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        if isinstance(given, (ast.Constant, ast.UnaryOp, ast.Tuple)):
            return given
    return default
