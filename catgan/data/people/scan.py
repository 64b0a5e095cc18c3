"""Reads all annotations of a recipe of people."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from catgan.data.people import sources
from catgan.data.people.looking import Work
from catgan.data.people.recipe import PeopleRecipe
from catgan.data.people.records import PersonRecord
from catgan.data.sources.records import Rejected
from catgan.errors import CatganError
from catgan.system import progress_bar

PLACES = ("file", "joints")
"""Fields that depend on the folder of a collection."""


@dataclass(frozen=True)
class Scan:
    """Holds the annotations of a recipe.

    Args:
        records: people with a label.
        rejected: rows without.
        category_names: categories that annotators could choose from; the same in all sources that have any.
        digest: hash of all content read, and of the sizes of the files.
    """

    records: tuple[PersonRecord, ...]
    rejected: tuple[Rejected, ...]
    category_names: tuple[str, ...]
    digest: str


def scan(recipe: PeopleRecipe) -> Scan:
    """Reads all annotations.

    Raises:
        CatganError: an annotation cannot be read, no row has a label, or two sources have different categories.
    """
    records, rejected = list[PersonRecord](), list[Rejected]()
    for source in recipe.sources:
        rows = sources.read(source.format, source.name, source.folder, source.options)
        for row in progress_bar(rows, source.name, unit="row"):
            rejected.append(row) if isinstance(row, Rejected) else records.append(row)
    if not records:
        raise CatganError(f"The recipe '{recipe.name}' names nobody with a label: {len(rejected)} rows, all without.")
    return Scan(tuple(records), tuple(rejected), _category_names(records), _digest(records))


def works(records: Sequence[PersonRecord]) -> list[Work]:
    """Returns the rows that are looked at together: all of one photograph, and each row of a clip by itself."""
    found: dict[object, list[int]] = {}
    for index, record in enumerate(records):
        found.setdefault(index if record.is_clip else str(record.file), []).append(index)
    return [Work(tuple(indices), tuple(records[index] for index in indices)) for indices in found.values()]


def _category_names(records: Sequence[PersonRecord]) -> tuple[str, ...]:
    names: dict[tuple[str, ...], str] = {}
    for record in records:
        if record.category_names:
            names.setdefault(record.category_names, record.source)
    if len({frozenset(one) for one in names}) > 1:
        raise CatganError(f"The sources {' and '.join(list(names.values())[:2])} have different categories, so that "
                          "what one of them does not name is unknown there. Build a data set of each.")
    return next(iter(names), ())


def _digest(records: Sequence[PersonRecord]) -> str:
    names = [field.name for field in fields(PersonRecord) if field.name not in PLACES]
    digest, sizes = hashlib.sha256(), dict[str, int]()
    for record in records:
        size = tuple(sizes.setdefault(str(path), _size(path)) for path in (record.file, record.joints))
        digest.update(repr(([getattr(record, name) for name in names], size)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]


def _size(path: Path | None) -> int:
    """Returns the size of a file, the number of files in a folder, or -1."""
    try:
        if path is None:
            return -1
        return len(os.listdir(path)) if path.is_dir() else path.stat().st_size
    except (OSError, ValueError):
        return -1
