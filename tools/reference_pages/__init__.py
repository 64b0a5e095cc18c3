"""Writes the generated part of docs/reference: command line, keys, files, Python API and annotation layouts.

The pages are not committed. They say what the source says, so that a committed copy could only be older than it; `make
docs` writes them anew (docs/conf.py calls `write`), and tests/tools/test_reference_pages.py writes and checks them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from reference_pages import api, command_line, keys, layouts, schemas

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "reference"
PARTS = {"cli": command_line.pages, "keys": keys.pages, "files": schemas.pages, "api": api.pages,
         "layouts": layouts.pages}
"""Folder of the generated pages -> function that returns text by name of the page."""


def pages() -> dict[str, str]:
    """Returns all pages: path below docs/reference -> Markdown."""
    return {f"{folder}/{name}.md": text for folder, part in PARTS.items() for name, text in part().items()}


def write(folder: Path = FOLDER) -> None:
    """Writes all pages into `folder`. A page that has not changed keeps its time, so that Sphinx does not read it."""
    made = pages()
    for part in PARTS:
        for path in (folder / part).glob("*.md"):
            if f"{part}/{path.name}" not in made:
                path.unlink()
    for name, text in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def remove(folder: Path = FOLDER) -> None:
    """Removes the generated pages."""
    for part in PARTS:
        shutil.rmtree(folder / part, ignore_errors=True)
