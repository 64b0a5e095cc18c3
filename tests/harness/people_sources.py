"""Checks that every reader of annotated people passes, and annotation files as their publishers write them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from catgan import facs
from catgan.data.people.records import PersonRecord
from catgan.data.people.sources import read
from catgan.data.people.sources.categories import CATEGORIES
from catgan.data.sources.records import Rejected


def run_people_reader_test(name: str, root: Path, files: Mapping[str, str | bytes],
                           options: Mapping[str, object] | None = None) -> list[PersonRecord | Rejected]:
    """Writes annotation files, reads them twice, and checks the rows. Returns the rows."""
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    rows = list(read(name, "src", root, options))
    assert rows and rows == list(read(name, "src", root, options))
    for row in rows:
        assert row.source == "src" and row.row
        if isinstance(row, Rejected):
            assert row.reason
        else:
            check_person(row, root)
    return rows


def check_person(row: PersonRecord, root: Path) -> None:
    """Checks that a record has a label, lies inside its root, and keeps the ranges of all labels."""
    assert row.labelled and row.file.resolve().is_relative_to(root.resolve())
    assert all(value is None or -1 <= value <= 1 for value in (row.valence, row.arousal, row.dominance))
    assert row.expression is None or row.expression in facs.EXPRESSIONS
    assert row.official_split in (None, "training", "validation", "test")
    assert row.categories is None or set(row.categories) <= set(row.category_names)
    assert row.box is None or min(row.box[2:]) > 0
    assert row.first is None or row.last is None or 0 <= row.first <= row.last


def bold_line(video: str = "003/FILM.mp4/0001.mp4", person: object = 0, first: object = 5, last: object = 60,
              scores: Mapping[str, object] | None = None, affect: tuple[object, ...] = (5, 7.5, 0)) -> str:
    """Returns a line of train.csv of BoLD."""
    named = scores or {"Anger": 0.8}
    cells = [named.get(name, 0) for name in CATEGORIES]
    return ",".join(map(str, [video, person, first, last, *cells, *affect, "Male", "Adult", "White", 0.9])) + "\n"
