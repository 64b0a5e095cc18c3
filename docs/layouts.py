"""Writes docs/layouts.md: every annotation layout that is read, what is unknown in it, and which tests cover it.

    python docs/layouts.py
"""

from __future__ import annotations

import re
from pathlib import Path

from catgan import files
from catgan.data import sources

ROOT = Path(__file__).resolve().parent.parent
HEAD = """# Annotation layouts

`catgan sources` lists these layouts, `catgan sources disfa` shows what one looks like on disk. Every reader yields
value or unknown, never a guess; a line that cannot be read stops the scan with its file and number. Each layout is
written out with invented values and read back by the tests named here, and each reader is fed with damaged input
(`tests/data/sources/test_damaged_sources.py`): it gives rows or an error of its own. Most of the collections are
licensed, and nobody here holds them: the layouts are those of their documentation and of public code that reads them.

Encodings: UTF-8 with or without byte order mark, UTF-16; lines end in LF, CR LF or CR; decimal commas where columns are
not separated by commas. A line longer than a million characters is refused.

| format | collection | gives | unknown, and traps that are minded | official splits | options | terms | tests |
|---|---|---|---|---|---|---|---|
"""


def main() -> None:
    files.write_text(ROOT / "docs" / "layouts.md", text())


def text() -> str:
    """The whole page."""
    covering = tests()
    return HEAD + "".join(row(name, covering.get(name, [])) for name in sources.NAMES)


def row(name: str, covering: list[str]) -> str:
    """The line of one layout."""
    layout = sources.layout(name)
    collection = re.split(r"[(:.]", sources.description(name), maxsplit=1)[0]
    units = f" (AU {' '.join(map(str, layout.action_units))})" if layout.action_units else ""
    folds = f"{'; ' if layout.splits else ''}{len(layout.folds)} folds" if layout.folds else ""
    cells = (f"`{name}`", collection, layout.gives + units, layout.unknown, layout.splits + folds,
             ", ".join(f"`{option}`" for option in layout.options), layout.terms,
             ", ".join(f"`{test}`" for test in covering))
    return "| " + " | ".join(" ".join(cell.replace("|", "/").split()) for cell in cells) + " |\n"


def tests() -> dict[str, list[str]]:
    """Format -> the tests that name it."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests" / "data" / "sources").glob("test_*source*.py")):
        for block in re.split(r"(?m)^(?=[^\s)\]}])", path.read_text(encoding="utf-8")):
            name = re.match(r"def test_(\w+)", block)
            for format_name in sources.NAMES if name else ():
                if re.search(rf'"{format_name}"|\b{format_name}[.,]', block):
                    found.setdefault(format_name, []).append(name[1])  # type: ignore[index]
    return found


if __name__ == "__main__":
    main()
