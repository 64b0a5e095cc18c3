"""`catgan build --dry-run`: what a recipe would use, by its annotations alone. No image is opened, nothing written."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tqdm import tqdm

from catgan import facs
from catgan.data import sources
from catgan.data.recipe import Recipe, SourceConfig, read_recipe
from catgan.data.records import Record

SHOWN_MISSING = 10


def dry_run(recipe: str | os.PathLike | Recipe) -> dict[str, Any]:
    """Counts per source.

    Returns:
        `{"sources": {name: {"format", "rows", "labelled", "rejected", "missing_files", "missing", "subjects", "videos",
        "labels"}}, "rows", "labelled", "missing_files"}`; `missing` names the first few files that are not there.

    Raises:
        CatganError: a bad recipe or annotation line.
    """
    recipe = recipe if isinstance(recipe, Recipe) else read_recipe(recipe)
    found = {source.name: _source(source) for source in recipe.sources}
    return {"sources": found} | {name: sum(counts[name] for counts in found.values())
                                 for name in ("rows", "labelled", "missing_files")}


def _source(source: SourceConfig) -> dict[str, Any]:
    rejected: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    subjects, videos, missing, labelled = set(), set(), [], 0
    rows = sources.read(source.format, source.name, Path(source.root), source.options)
    for row in tqdm(rows, unit="row", desc=source.name, disable=not sys.stderr.isatty()):
        if not isinstance(row, Record):
            rejected[row.reason] += 1
            continue
        labelled += 1
        subjects.add(row.subject)
        videos.add(row.video)
        labels.update(facs.au_name(number) for number in {*row.presence, *row.intensity})
        labels.update(name for name in ("valence", "arousal", "expression") if getattr(row, name) is not None)
        if not row.path.is_file():
            missing.append(row.key)
    return {"format": source.format, "rows": labelled + sum(rejected.values()), "labelled": labelled,
            "rejected": dict(rejected.most_common()), "missing_files": len(missing), "missing": missing[:SHOWN_MISSING],
            "subjects": len(subjects - {None}), "videos": len(videos - {None}), "labels": dict(sorted(labels.items()))}
