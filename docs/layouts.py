"""Writes docs/layouts.md: every supported annotation layout, its unknown labels, and the tests that cover it.

    python docs/layouts.py
"""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

from catgan import files
from catgan.data import sources
from catgan.data.people import sources as people_sources

ROOT = Path(__file__).resolve().parent.parent
HEAD = """# Annotation layouts

`catgan sources` lists these layouts; `catgan sources disfa` describes the files of one. Every label that a reader
yields is either known or unknown, never guessed. A line that cannot be read stops the scan with its file and number.
The tests named here write each layout with invented values and read it back. All readers are also tested with damaged
input (`tests/data/sources/test_damaged_sources.py`): they return rows or raise an error that names the file. Most of
the collections are licensed and were not available for these tests: the layouts follow their documentation and public
code that reads them.

Encodings: UTF-8 with or without byte order mark, UTF-16. Lines end in LF, CR LF or CR. Decimal commas are accepted if
columns are not separated by commas. A line longer than a million characters is refused.

| format | collection | labels | unknown labels, and pitfalls handled | official splits | options | terms | tests |
|---|---|---|---|---|---|---|---|
"""
PEOPLE = """
## People

Recipes with `people: true` read whole people, with their bodies and the context, see `people.md`. `catgan sources`
lists these layouts after the others.

| format | collection | labels | unknown labels, and pitfalls handled | official splits | options | terms | tests |
|---|---|---|---|---|---|---|---|
"""
FOLDERS = {sources: "sources", people_sources: "people/sources"}
"""Registry -> folder of its tests."""


def main() -> None:
    files.write_text(ROOT / "docs" / "layouts.md", text())


def text() -> str:
    """Returns the whole page."""
    return HEAD + rows(sources) + PEOPLE + rows(people_sources)


def rows(registry: ModuleType) -> str:
    """Returns the table rows of all layouts of a registry."""
    covering = tests(registry)
    return "".join(row(registry, name, covering.get(name, [])) for name in registry.NAMES)


def row(registry: ModuleType, name: str, covering: list[str]) -> str:
    """Returns the table row of one layout."""
    layout = registry.layout(name)
    collection = re.split(r"[(:.]", registry.description(name), maxsplit=1)[0]
    units = f" (AU {' '.join(map(str, layout.action_units))})" if layout.action_units else ""
    folds = f"{'; ' if layout.splits else ''}{len(layout.folds)} folds" if layout.folds else ""
    cells = (f"`{name}`", collection, layout.gives + units, layout.unknown, layout.splits + folds,
             ", ".join(f"`{option}`" for option in layout.all_options), layout.terms,
             ", ".join(f"`{test}`" for test in covering))
    return "| " + " | ".join(" ".join(cell.replace("|", "/").split()) for cell in cells) + " |\n"


def tests(registry: ModuleType = sources) -> dict[str, list[str]]:
    """Finds the tests that name each format of a registry."""
    found: dict[str, list[str]] = {}
    pattern = "test_*source*.py" if registry is sources else "test_*.py"
    for path in sorted((ROOT / "tests" / "data" / FOLDERS[registry]).glob(pattern)):
        for block in re.split(r"(?m)^(?=[^\s)\]}])", path.read_text(encoding="utf-8")):
            name = re.match(r"def test_(\w+)", block)
            for format_name in registry.NAMES if name else ():
                if re.search(rf'"{format_name}"|\b{format_name}[.,]', block):
                    found.setdefault(format_name, []).append(name[1])  # type: ignore[index]
    return found


if __name__ == "__main__":
    main()
