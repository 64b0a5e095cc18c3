"""Assembles `dataset.json` of a build: contents, sources and splits of the data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catgan import facs
from catgan.data import sources, store
from catgan.data.builder.groups import FaceGroups
from catgan.data.builder.join import Joined
from catgan.data.builder.parts import Parts
from catgan.data.builder.recipe import Recipe
from catgan.data.schema import SPLITS, Info, shard_schema
from catgan.data.shards import content_hash
from catgan.errors import CatganError
from catgan.labels import LabelSpec


class Coverage:
    """Counts in each split the faces with a known label, and those where an AU is present."""

    def __init__(self, units: Sequence[int]):
        self.columns = [*(facs.presence_column(number) for number in units), "valence", "arousal", "expression"]
        self._known: Counter[tuple[str, str]] = Counter()
        self._present: Counter[tuple[str, str]] = Counter()

    def add(self, split: str, table: pa.Table) -> None:
        """Counts the rows of `table`, which belong to `split`."""
        for column in self.columns:
            self._known[column, split] += pc.count(table[column]).as_py()
            if facs.is_presence(column):
                self._present[column, split] += pc.sum(table[column]).as_py() or 0
                grades = facs.without_presence(column)
                self._known[grades, split] += pc.count(table[grades]).as_py()

    def content(self) -> dict[str, dict[str, dict[str, int | None]]]:
        """Returns column -> split -> `{"known", "present"}`; `present` is None for labels other than AUs."""
        return {column: {split: {"known": self._known[column, split], "present":
                                 self._present[column, split] if facs.is_presence(column) else None}
                         for split in SPLITS} for column in self.columns}

    def knows(self, column: str) -> bool:
        """Returns True if the label is known for any face."""
        return any(self._known[column, split] for split in SPLITS)


def info(parts: Parts, splits: np.ndarray, coverage: Coverage, paths: Sequence[Path]) -> Info:
    """Returns the content of `dataset.json`.

    Args:
        parts: results of the steps of the build.
        splits: int `(faces,)`, number of each face's split in `SPLITS`.
        coverage: coverage of the finished shards.
        paths: files of the shards.
    """
    recipe, found, joined, rejected, faces = parts.recipe, parts.found, parts.joined, parts.rejected, parts.faces
    units = found.units
    unlabelled = sum(sum(counts.values()) for counts in found.rejected.values())
    balance = joined.strata.shares(splits, SPLITS)
    return {
        "format": store.FORMAT, "name": recipe.name, "image_size": recipe.image_size,
        "labels": label_spec(units, joined, coverage).to_dict(), "unknown_labels": unknown_labels(joined, coverage),
        "presence_from": recipe.presence_from,
        "counts": {
            "input_rows": len(found.rows) + unlabelled, "used_rows": sum(joined.used.values()),
            "rejected_rows": sum(sum(counts.values()) for counts in rejected.values()), "faces": len(faces),
            "merged_rows": sum(joined.used.values()) - len(faces), "conflicts": joined.conflicts,
            "undecided": dict(sorted(joined.undecided.items())),
            "similar_pairs": len(parts.pairs), "kin_pairs": parts.near_duplicates,
            "splits": {name: int((splits == number).sum()) for number, name in enumerate(SPLITS)},
            "official": int((joined.official >= 0).sum()),
            "rejected": dict(sorted(sum(rejected.values(), Counter()).items())),
            "combinations": dict(sorted(joined.combinations.items()))},
        "sources": [{"name": source.name, "format": source.format, "kind": source.kind, "terms": source.terms,
                     "options": dict(source.options), "used_rows": joined.used[source.name],
                     "rejected_rows": sum(rejected[source.name].values()),
                     "rejected": dict(sorted(rejected[source.name].items()))} for source in recipe.sources],
        "columns": shard_schema(units, found.timed).names, "coverage": coverage.content(), "balance": balance,
        "recipe": {"split": asdict(recipe.split), "merge": asdict(recipe.merge)},
        "plan": parts.plan, "version": parts.plan["version"], "hash": content_hash(paths)}


def label_spec(units: Sequence[int], joined: Joined, coverage: Coverage) -> LabelSpec:
    """Returns the labels that are known for any face.

    If no label is known for any face, returns the labels that the annotations give.

    Args:
        units: AUs that any row gives.
        joined: summary of the joined labels.
        coverage: coverage of the finished data set.
    """
    known = tuple(unit for unit in units if coverage.knows(facs.presence_column(unit))
                  or coverage.knows(facs.au_name(unit)))
    plane = coverage.knows("valence") or coverage.knows("arousal")
    named = joined.expressions
    if not (known or plane or named):
        known, named = tuple(units), joined.stated
        plane = any(joined.undecided[column] for column in ("valence", "arousal"))
    return LabelSpec(known, "intensity" if known and joined.graded else "presence", plane,
                     tuple(name for name in facs.EXPRESSIONS if name in named))


def unknown_labels(joined: Joined, coverage: Coverage) -> list[str]:
    """Returns labels that the annotations give but that are known for no face.

    Either all their values contradicted each other, or no row with them was used.
    """
    units = [facs.without_presence(column) for column in coverage.columns if facs.is_presence(column)]
    absent = [unit for unit in units if not coverage.knows(unit) and not coverage.knows(facs.presence_column(unit))]
    return absent + [column for column in ("valence", "arousal", "expression")
                     if joined.undecided[column] and not coverage.knows(column)]


def reasons(rejected: Mapping[str, Counter[str]]) -> str:
    """Formats the reasons of all sources as text: `3 missing file, 1 no face found`."""
    return ", ".join(f"{count} {reason}" for reason, count in sorted(sum(rejected.values(), Counter()).items()))


def official_folds(recipe: Recipe, groups: FaceGroups) -> np.ndarray | None:
    """Returns the official fold of each group, int8 `(groups,)`, -1 for none.

    The result is None if no source has as many folds as the recipe asks for.

    Raises:
        CatganError: a group contains people of two official folds.
    """
    families, known = recipe.families, {}
    for source in recipe.sources:
        folds = sources.layout(source.format).folds
        if len(folds) == recipe.split.folds:
            known.update({f"{families.get(source.name, source.name)}/{subject}": number
                          for number, people in enumerate(folds) for subject in people})
    if not known:
        return None
    fold = np.full(len(groups.names), -1, np.int8)
    for group, subject in zip(groups.group_of_face, groups.subjects):
        number = known.get(subject, -1) if subject else -1
        if number >= 0 and fold[group] not in (-1, number):
            raise CatganError(f"Faces of {subject} look like those of a person in another official fold, and cannot be "
                              "divided. Ask for another number of folds.")
        fold[group] = max(fold[group], number)
    return fold
