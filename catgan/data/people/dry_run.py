"""Counts what a recipe of people names, without looking at a picture."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

from catgan.data.people import sources
from catgan.data.people.recipe import PeopleRecipe, PeopleSource, read_recipe
from catgan.data.people.records import PersonRecord
from catgan.data.schema import Info
from catgan.data.sources.records import Rejected

SHOWN_MISSING = 5
NUMBERS = ("valence", "arousal", "dominance")


def dry_run(recipe: str | os.PathLike | PeopleRecipe) -> Info:
    """Reads the annotations of a recipe.

    Returns:
        As `catgan.data.builder.dry_run` does: `{"sources": {name: counts}, "rows", "labelled", "missing_files"}`, with
        ranges of valence, arousal and dominance, and classes of expressions and categories.

    Raises:
        CatganError: a bad recipe or annotation line.
    """
    recipe = recipe if isinstance(recipe, PeopleRecipe) else read_recipe(recipe)
    found = {source.name: _source(source) for source in recipe.sources}
    return {"sources": found} | {name: sum(counts[name] for counts in found.values())
                                 for name in ("rows", "labelled", "missing_files")}


def _source(source: PeopleSource) -> Info:
    records, rejected = list[PersonRecord](), Counter[str]()
    for row in sources.read(source.format, source.name, source.folder, source.options):
        if isinstance(row, Rejected):
            rejected[row.reason] += 1
        else:
            records.append(row)
    keys = {str(record.file): record.key for record in records}
    missing = [keys[file] for file in keys if not os.path.exists(file)]
    absent = set(missing)
    warning = sources.warning(source.format)
    return {"format": source.format, "rows": len(records) + sum(rejected.values()), "labelled": len(records),
            "rejected": dict(rejected.most_common()), "missing_files": sum(one.key in absent for one in records),
            "missing": missing[:SHOWN_MISSING], "subjects": len({one.subject for one in records} - {None}),
            "videos": len({one.video for one in records} - {None}), "several_people": 0,
            "ranges": _ranges(records, len(records) + sum(rejected.values())), "warnings": [warning] if warning else []}


def _ranges(records: Sequence[PersonRecord], rows: int) -> Info:
    """Returns for each label how many rows know it, and its range or the counts of its classes."""
    found: Info = {}
    for name in NUMBERS:
        values = [value for record in records if (value := getattr(record, name)) is not None]
        if values:
            found[name] = {"known": len(values), "minimum": min(values), "maximum": max(values)}
    for name in ("expression", "categories"):
        known = [value for record in records if (value := getattr(record, name)) is not None]
        if known:
            words = [word for value in known for word in ((value,) if isinstance(value, str) else value)]
            found[name] = {"known": len(known), "classes": dict(Counter(words).most_common())}
    return {name: {**figures, "share_known": figures["known"] / rows} for name, figures in found.items()}
