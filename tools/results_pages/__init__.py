"""Writes the tables of docs/results from the JSON files beside the pages.

    make results        # or: PYTHONPATH=.:tools python -m results_pages [FOLDER]

A page says where a table belongs, and everything else on it is written by hand:

    <!-- table: FILE NAME -->
    what stands here is replaced
    <!-- end -->

FILE is a JSON file of docs/results without its ending. Most have `tables` (docs/results/schema.json), of which NAME is
one. Below it stands how it was measured, but not where the mark begins with `bare table:`. Files that scripts of
docs/benchmarks wrote are read by `results_pages.scripts`. Some pages are written by such a script as a whole. Nothing
is measured, no data are read, and a second call changes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from results_pages import overview, scripts, tables

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "results"
BLOCK = re.compile(r"(<!-- (bare )?table: (\S+) (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
Files = Mapping[str, Any]
"""Content of the JSON files by name, without the ending."""


def read(folder: Path = FOLDER) -> Files:
    """Returns the content of the JSON files of a folder."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))
            if path.name != "schema.json"}


def pages(folder: Path = FOLDER) -> dict[str, str]:
    """Returns all pages of results, name -> Markdown: those written by hand with new tables, then whole ones."""
    files = read(folder)
    found = {path.name: filled(path.read_text(encoding="utf-8"), files) for path in sorted(folder.glob("*.md"))
             if path.stem not in scripts.WHOLE}
    found |= {f"{name}.md": write_page(files[name]) for name, write_page in scripts.WHOLE.items() if name in files}
    found["measurements.md"] = overview.measurements(files)
    found["index.md"] = overview.index(files, set(found))
    return found


def filled(text: str, files: Files) -> str:
    """Returns a page with its tables written anew."""
    return BLOCK.sub(lambda block: f"{block[1]}{table(files, block[3], block[4], bool(block[2]))}{block[5]}", text)


def table(files: Files, file: str, name: str, bare: bool = False) -> str:
    """Returns one table; below it how it was measured, unless it is bare or the file does not say so."""
    if file in scripts.TABLES:
        return scripts.TABLES[file](files[file], name)
    return tables.described(files[file]["tables"][name], bare)


def write(folder: Path = FOLDER) -> None:
    """Writes the pages into their folder. A page that has not changed keeps its time."""
    for name, text in pages(folder).items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
