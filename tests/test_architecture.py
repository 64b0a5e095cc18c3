"""Rules that the source keeps: who imports whom, docstrings, lengths of files, `Any` and `print`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.harness.paths import REPOSITORY

FLOORS = [
    {"errors"},
    {"system", "random_streams"},
    {"facs", "config", "files", "backend", "joints"},
    {"faces", "labels", "plots"},
    {"metrics", "synthesis", "modalities", "conditions"},
    {"data", "models"},
    {"evaluation", "explain", "exporters"},
    {"training"},
    {"studies", "benchmarks", "pipelines"},
    {"web"},
    {"cli"}]
FLOOR_OF = {package: floor for floor, packages in enumerate(FLOORS) for package in packages}
MAX_LINES = 400
# The number of `Any` outside imports in catgan. It only falls.
MAX_ANY = 79


@cache
def sources(folder: str) -> dict[str, ast.Module]:
    """Syntax trees of all Python files of a folder of the repository, by their paths in it."""
    return {str(path.relative_to(REPOSITORY)): ast.parse(path.read_text(encoding="utf-8"))
            for path in sorted((REPOSITORY / folder).rglob("*.py"))}


def imported(path: str, tree: ast.Module) -> Iterator[str]:
    """Dotted names of everything that a file imports, inside functions too; `from a import b` gives `a.b`."""
    package = path.removesuffix(".py").split("/")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[:len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{name.name}" for name in node.names)


def package_of(path: str) -> str:
    """The package or top module of catgan that a file belongs to: `catgan/data/store.py` to `data`."""
    return path.split("/")[1].removesuffix(".py")


def forbidden_imports() -> set[tuple[str, str]]:
    """Pairs of a file and a package on its own floor or above it that the file imports."""
    found = set()
    for path, tree in sources("catgan").items():
        own = package_of(path)
        if own == "__init__":
            continue
        for name in imported(path, tree):
            other = name.split(".")[1] if name.startswith("catgan.") else None
            if other in FLOOR_OF and other != own and FLOOR_OF[other] >= FLOOR_OF[own]:
                found.add((path, other))
    return found


def test_every_package_has_a_floor():
    assert {package_of(path) for path in sources("catgan")} - {"__init__"} <= set(FLOOR_OF)


def test_imports_go_to_lower_floors_only():
    assert forbidden_imports() == set()


@pytest.mark.parametrize("text, expected", [
    ("import catgan.data.store", ["catgan.data.store"]),
    ("def f():\n    from catgan.models import heads", ["catgan.models.heads"]),
    ("from . import parts", ["catgan.backend.parts"]),
    ("from ..models.gan import model", ["catgan.models.gan.model"])])
def test_imported_of_each_spelling_names_the_module(text, expected):
    assert list(imported("catgan/backend/jax.py", ast.parse(text))) == expected


def test_every_package_of_catgan_has_a_docstring():
    assert [path for path, tree in sources("catgan").items()
            if path.endswith("__init__.py") and not ast.get_docstring(tree)] == []


def test_no_file_of_catgan_is_longer_than_the_limit():
    lengths = {path: len((REPOSITORY / path).read_text(encoding="utf-8").splitlines()) for path in sources("catgan")}
    assert {path: length for path, length in lengths.items() if length > MAX_LINES} == {}


def test_tests_share_code_through_the_harness_only():
    """What two tests need lies in tests/harness; fixtures of conftest.py come by name."""
    assert [(path, name) for path, tree in sources("tests").items() for name in imported(path, tree)
            if re.match(r"tests\.(?!harness\b)", name)] == []


def test_count_of_any_only_falls():
    count = sum(_count_any(REPOSITORY / path) for path in sources("catgan"))
    assert count <= MAX_ANY


def _count_any(path: Path) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return sum(len(re.findall(r"\bAny\b", line)) for line in lines if not re.match(r"\s*(from|import) ", line))


def test_library_code_does_not_print():
    found = {path for path, tree in sources("catgan").items() if package_of(path) != "cli"
             for node in ast.walk(tree)
             if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"}
    assert found == set()
