"""Checks that every reader of annotations passes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from catgan import facs
from catgan.data.sources import read
from catgan.data.sources.records import Record, Rejected


def run_reader_test(name: str, root: Path, files: Mapping[str, str | bytes],
                    options: Mapping[str, object] | None = None) -> list[Record | Rejected]:
    """Writes annotation files, reads them twice, and checks the rows. Returns the rows.

    Args:
        name: of the layout.
        root: an empty folder.
        files: content of the files by their paths below `root`.
        options: of the reader, as a recipe gives them.
    """
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
            check_record(row, root)
    return rows


def check_record(row: Record, root: Path) -> None:
    """Checks that a record has a label, lies inside its root, and keeps the ranges of all labels."""
    assert row.labelled and row.path.resolve().is_relative_to(root.resolve())
    assert {*row.presence, *row.intensity} <= set(facs.ACTION_UNITS)
    assert set(row.presence.values()) <= {0, 1} and all(0 <= level <= 5 for level in row.intensity.values())
    assert all(value is None or -1 <= value <= 1 for value in (row.valence, row.arousal))
    assert row.expression is None or row.expression in facs.EXPRESSIONS
    assert row.official_split in (None, "training", "validation", "test")
