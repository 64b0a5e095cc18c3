"""Counts the rows that a recipe would use, from its annotations alone. No image is opened, nothing is written."""

from __future__ import annotations

import os
from array import array
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from catgan import facs
from catgan.data import sources
from catgan.data.builder.ranges import Ranges, warnings
from catgan.data.builder.recipe import Recipe, SourceConfig, read_recipe
from catgan.data.builder.scan import without_looking_for_cycles
from catgan.data.schema import Info
from catgan.data.sources.records import Record
from catgan.system import progress_bar

SHOWN_MISSING = 10
DIMENSIONS = ("valence", "arousal", "expression")


def dry_run(recipe: str | os.PathLike | Recipe) -> Info:
    """Counts the rows, labels and missing files of each source of a recipe.

    Returns:
        `{"sources": {name: {"format", "rows", "labelled", "rejected", "missing_files", "missing", "subjects", "videos",
        "labels", "ranges", "warnings", "several_people"}}, "rows", "labelled", "missing_files"}`;
        `missing` names the first few missing files. `several_people` counts pictures whose rows name several subjects
        without a box. `labels` has the number of rows with a known value of each label. `ranges` has for each label
        `{"known", "share_known", "minimum", "maximum", "whole_numbers"}`; for the expression, `"classes"` has the
        number of rows of each class. `"AU12"` is a presence and `"AU12 intensity"` an intensity. `warnings` lists
        suspicious ranges, each with a remedy.

    Raises:
        CatganError: a bad recipe or annotation line.
    """
    recipe = recipe if isinstance(recipe, Recipe) else read_recipe(recipe)
    found = {source.name: _source(source) for source in recipe.sources}
    return {"sources": found} | {name: sum(counts[name] for counts in found.values())
                                 for name in ("rows", "labelled", "missing_files")}


def _source(source: SourceConfig) -> Info:
    seen = _Seen()
    rows = sources.read(source.format, source.name, source.folder, source.options)
    with without_looking_for_cycles():
        for row in progress_bar(rows, source.name, unit="row"):
            if isinstance(row, Record):
                seen.add(row)
            else:
                seen.rejected[row.reason] += 1
    rows_read = seen.labelled + sum(seen.rejected.values())
    labels = {facs.au_name(number): seen.units[number] for number in sorted(seen.units)}
    return {"format": source.format, "rows": rows_read, "labelled": seen.labelled,
            "rejected": dict(seen.rejected.most_common()), "missing_files": seen.absent, "missing": seen.missing,
            "subjects": len(seen.subjects - {None}), "videos": len(seen.videos - {None}),
            "several_people": seen.crowded(),
            "labels": labels | {name: seen.dimensions[name] for name in DIMENSIONS if seen.dimensions[name]},
            "ranges": seen.ranges.content(rows_read), "warnings": warnings(seen.ranges, source)}


class _Seen:
    """Counts the rows, labels and files of a source."""

    def __init__(self) -> None:
        self.rejected: Counter[str] = Counter()
        self.units: defaultdict[int, int] = defaultdict(int)
        self.dimensions = dict.fromkeys(DIMENSIONS, 0)
        self.subjects: set[str | None] = set()
        self.videos: set[str | None] = set()
        self.missing: list[str] = []
        self._pictures, self._people = array("q"), array("q")  # hashes; only rows with a subject and no box
        self.ranges = Ranges()
        self.labelled = self.absent = 0
        self._file: tuple[str | Path, bool] = ("", False)
        self._folder: tuple[str, bool] = ("", False)

    def add(self, row: Record) -> None:
        """Counts a labelled row."""
        self.labelled += 1
        self.ranges.add(row)
        self.subjects.add(row.subject)
        self.videos.add(row.video)
        for number in row.presence.keys() | row.intensity.keys() if row.intensity else row.presence:
            self.units[number] += 1
        for name, value in zip(DIMENSIONS, (row.valence, row.arousal, row.expression)):
            if value is not None:
                self.dimensions[name] += 1
        if row.subject is not None and row.box is None:
            self._pictures.append(hash((row.file, row.position)))
            self._people.append(hash(row.subject))
        if row.file is not self._file[0]:  # frames of one video are consecutive
            self._file = (row.file, self._there(str(row.file)))
        if not self._file[1]:
            self.absent += 1
            if self.absent <= SHOWN_MISSING:
                self.missing.append(row.key)

    def crowded(self) -> int:
        """Counts the pictures whose rows name different subjects without a box."""
        if not self._pictures:
            return 0
        named = np.unique(np.array([self._pictures, self._people]), axis=1)
        return int((np.unique(named[0], return_counts=True)[1] > 1).sum())

    def _there(self, file: str) -> bool:
        folder = file.rpartition("/")[0]
        if folder != self._folder[0]:  # files of a missing folder need no check
            self._folder = (folder, os.path.isdir(folder))
        return self._folder[1] and os.path.isfile(file)
