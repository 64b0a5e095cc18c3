"""Python on the pages: it is valid, and what it imports from catgan or calls by its full name exists."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator

import pytest

from tests.harness.documented import PYTHON, blocks_of
from tests.harness.paths import REPOSITORY

PAGES = sorted(path for path in [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md",
                                 *(REPOSITORY / "docs").rglob("*.md")]
               if not {"benchmarks", "journal", "_build"} & set(path.parts)
               and path.parent.parent.name != "reference"  # generated: signatures
               and path.name != "add_a_reader.md")  # its code is run by test_add_a_reader


def found(path: str) -> object:
    """Returns the module or attribute that a dotted name means.

    Raises:
        ImportError, AttributeError: there is none.
    """
    parts = path.split(".")
    value: object = importlib.import_module(parts[0])
    for place, part in enumerate(parts[1:], 2):
        if not hasattr(value, part) and inspect.ismodule(value):
            value = importlib.import_module(".".join(parts[:place]))
        else:
            value = getattr(value, part)
    return value


def dotted(node: ast.AST) -> str | None:
    """Returns `catgan.a.b` for an attribute of the package; None for anything else."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, ast.Name) and node.id == "catgan" else None


def names_of(tree: ast.AST) -> Iterator[str]:
    """Yields the dotted names of catgan that a block uses."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "catgan":
            yield from (f"{node.module}.{one.name}" for one in node.names)
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name.split(".")[0] == "catgan")
        elif name := dotted(node):
            yield name


@pytest.mark.parametrize("path", [path for path in PAGES if PYTHON.search(path.read_text(encoding="utf-8"))],
                         ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_python_is_valid_and_its_names_exist(path):
    for block in blocks_of(path.read_text(encoding="utf-8")):
        for name in names_of(ast.parse(block)):
            found(name)


@pytest.mark.parametrize("block, error", [("import catgan\ncatgan.absent(1)\n", ImportError),
                                          ("from catgan.labels import Absent\n", ImportError),
                                          ("from catgan.absent import one\n", ImportError), ("a = = 1\n", SyntaxError)])
def test_a_wrong_name_fails(block, error):
    with pytest.raises(error):
        for name in names_of(ast.parse(block)):
            found(name)
