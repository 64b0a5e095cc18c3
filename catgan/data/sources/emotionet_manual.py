"""EmotioNet, manual annotations (Benitez-Quiroz, Srinivasan & Martinez 2016; release of 2020): 24,600 photographs.

    ROOT/EmotioNet_FACS_aws_2020_24600.xlsx, or its export as .csv, which is preferred if both exist
        header `'URL','URL orig',' 'AU 1'',' 'AU 2'',...`, 0, 1; 999, NaN or empty: not annotated
    ROOT/Images/N_01/NAME.jpg  named by the last two parts of the image URL

Quotes and blanks around column names and URLs are ignored. A column of an AU that FACS does not have must be empty. A
row without a URL is rejected. Subjects are unknown: the folder N_... is not a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from catgan import facs
from catgan.data.sources import parsing, workbook
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

LAYOUT = Layout(
    "presence of 23 AUs, six of them of the head, by FACS coders",
    "999, NaN and empty cells; quotes around names and URLs. The folder of an image is not a person",
    "Ohio State University, request form; research only",
    (1, 2, 4, 5, 6, 9, 10, 12, 15, 17, 18, 20, 24, 25, 26, 28, 43, 51, 52, 53, 54, 55, 56))

UNKNOWN = 999
AU = re.compile(r"AU\s*0*([0-9]{1,3})")
VALUES: dict[str, int | None] = {"0": 0, "1": 1, "999": None, "": None}
NOTHING = ("", "nan")

Columns = tuple[int, list[tuple[int, int]]]
"""Position of the URL, and position and number of each AU."""


def read(name: str, root: Path) -> Iterator[Record | Rejected]:
    """Yields every row of every `EmotioNet_FACS*` table, in the order of the files' names."""
    for file in _files(name, root):
        columns: Columns | None = None
        for line, cells in workbook.rows(file) if file.suffix == ".xlsx" else _csv(file):
            if columns is None:
                columns = _columns(cells, file, line)
            else:
                yield _row(name, root, file, line, cells, columns)


def _files(name: str, root: Path) -> list[Path]:
    parsing.require(root, f"Root of source '{name}'")
    tables = sorted(root.glob("EmotioNet_FACS*.csv"))
    books = [file for file in sorted(root.glob("EmotioNet_FACS*.xlsx")) if file.with_suffix(".csv") not in tables]
    if not tables + books:
        raise CatganError(f"Source '{name}': no EmotioNet_FACS*.csv or EmotioNet_FACS*.xlsx in {root}.")
    return sorted(tables + books)


def _bare(text: str) -> str:
    return text.strip(" \t'\"")


def _columns(cells: list[str], file: Path, line: int) -> Columns:
    names = [_bare(cell) for cell in cells]
    matches = {place: AU.fullmatch(text) for place, text in enumerate(names)}
    units = {place: int(match[1]) for place, match in matches.items() if match}
    others = sorted(text for place, text in enumerate(names) if place not in units)
    if others not in (["URL"], ["URL", "URL orig"]) or not units or len(set(units.values())) != len(units):
        raise AnnotationError(file, line, f"the header must name URL, URL orig and AUs, each once. Received: "
                              f"{','.join(names)[:120]}.")
    return names.index("URL"), list(units.items())


def _row(name: str, root: Path, file: Path, line: int, cells: list[str], columns: Columns) -> Record | Rejected:
    url, row = _bare(cells[columns[0]]), f"{file.name}:{line}"
    if url.lower() in NOTHING:
        return Rejected(name, "", row, "no image", "this row names no image")
    parts = [part for part in url.split("/") if part]
    if len(parts) < 2:
        raise AnnotationError(file, line, f"the column URL must name an image. Received: {url[:80]!r}.")
    key = "/".join(parts[-2:])
    presence = _presence(cells, columns[1], file, line)
    return parsing.labelled(Record(name, key, parsing.below(root / "Images", key, file, line), row, presence))


def _presence(cells: list[str], units: list[tuple[int, int]], file: Path, line: int) -> dict[int, int]:
    presence = {}
    for place, number in units:
        text = cells[place]
        value = VALUES[text] if text in VALUES else _value(_bare(text), file, line, number)
        if value is None:
            continue
        if number not in facs.ACTION_UNITS:
            raise AnnotationError(file, line, f"a column annotates AU{number}, which FACS does not have.")
        presence[number] = value
    return presence


def _value(text: str, file: Path, line: int, number: int) -> int | None:
    return None if text.lower() in NOTHING else parsing.code(text, file, line, f"AU{number}", (0, 1), UNKNOWN)


# === Rows of a csv file: the header, then rows with as many cells ===


def _csv(file: Path) -> Iterator[tuple[int, list[str]]]:
    for place, (line, cells) in enumerate(parsing.table(file, ",")):
        if place == 0:
            yield 1, list(cells)
        yield line, list(cells.values())
