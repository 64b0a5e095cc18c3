"""Assembles the rows of a data set of people, and the content of its `dataset.json`."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from catgan import facs
from catgan.data import store
from catgan.data.people.chunks import COLUMNS, SEEN
from catgan.data.people.recipe import PeopleRecipe
from catgan.data.people.records import PersonRecord
from catgan.data.people.scan import Scan
from catgan.data.people.splitting import Division
from catgan.data.schema import SPLITS, Info
from catgan.data.shards import content_hash, read_columns
from catgan.joints import JOINTS
from catgan.labels import LabelSpec
from catgan.modalities.context_reader import LEAST_SHARE
from catgan.modalities.gait_reader import has_gait
from catgan.modalities.posture_reader import has_posture

LABELS = ("expression", "valence", "arousal", "dominance", "categories")
SITUATION = ("place", "place_time", "phrases")


def row_of(seen: Info, record: PersonRecord, families: Mapping[str, str], split: str) -> Info:
    """Returns the row of a person.

    Args:
        seen: row of a chunk.
        record: the annotation.
        families: source -> family; within one, the same name is the same person or video.
        split: name of the split.
    """
    name, family = id_of(record), families[record.source]
    labels = {key: getattr(record, key) for key in (*LABELS, *SITUATION)}
    sources = {f"{key}_source": record.source for key in ("expression", "valence", "arousal")
               if labels[key] is not None}
    pictures = {key: {"bytes": seen[key], "path": f"{name}{end}.png"}
                for key, end in (("image", ""), ("context", "-context"))}
    return {**{key: seen[key] for key in SEEN}, **labels, **sources, **pictures, "id": name, "split": split,
            "sources": [f"{record.source}/{record.key}"],
            "subject": None if record.subject is None else f"{family}/{record.subject}",
            "video": None if record.video is None else f"{family}/video/{record.video}"}


def id_of(record: PersonRecord) -> str:
    """Returns the name of a row, 16 hexadecimal digits, which depends on nothing but the annotation's place."""
    return hashlib.sha256(f"{record.source}/{record.row}/{record.key}".encode("utf-8", "surrogatepass")
                          ).hexdigest()[:16]


def info(recipe: PeopleRecipe, found: Scan, reasons: Sequence[str | None], used: Sequence[PersonRecord],
         division: Division, warnings: Sequence[str], plan: Info, paths: Sequence[Path]) -> Info:
    """Returns the content of `dataset.json`.

    Args:
        recipe: the recipe.
        found: the annotations.
        reasons: of each annotated person, why it is not used; None for those who are.
        used: the people who are used.
        division: their splits.
        warnings: what must be said beside every figure.
        plan: identity of the build.
        paths: of the shards.
    """
    rejected = {source.name: Counter(row.reason for row in found.rejected if row.source == source.name)
                for source in recipe.sources}
    for record, reason in zip(found.records, reasons):
        if reason is not None:
            rejected[record.source][reason] += 1
    numbers = Counter(record.source for record in used)
    rows = len(found.records) + len(found.rejected)
    expressions = {record.expression for record in used}
    plane = any(record.valence is not None or record.arousal is not None for record in used)
    spec = LabelSpec((), "presence", plane, tuple(name for name in facs.EXPRESSIONS if name in expressions))
    return {
        "format": store.FORMAT, "name": recipe.name, "image_size": recipe.image_size, "labels": spec.to_dict(),
        "presence_from": 1.0, "categories": list(found.category_names),
        "counts": {
            "input_rows": rows, "used_rows": len(used), "rejected_rows": rows - len(used), "faces": len(used),
            "merged_rows": 0, "conflicts": 0,
            "splits": {name: int((division.splits == number).sum()) for number, name in enumerate(SPLITS)},
            "official": sum(record.official_split is not None for record in used),
            "moved_from_official": division.moved,
            "rejected": dict(sorted(sum(rejected.values(), Counter()).items())),
            "combinations": dict(sorted(numbers.items()))},
        "sources": [{"name": source.name, "format": source.format, "kind": source.kind, "terms": source.terms,
                     "options": dict(source.options), "used_rows": numbers[source.name],
                     "rejected_rows": sum(rejected[source.name].values()),
                     "rejected": dict(sorted(rejected[source.name].items()))} for source in recipe.sources],
        "columns": COLUMNS.names, "modalities": modalities(paths), "labelled": _labelled(used),
        "coverage": _coverage(used, division),
        "warnings": list(warnings), "validation_from_training": list(division.taken),
        "split": asdict(recipe.split), "plan": plan, "version": plan["version"], "hash": content_hash(paths)}


def modalities(paths: Sequence[Path]) -> dict[str, int]:
    """Counts the people of whom each modality is there, as `read_people` says it."""
    counts = dict.fromkeys(("face", "posture", "gait", "context"), 0)
    for path in paths:
        table = read_columns(path, ["face_known", "joints_known", "posture_frame", "context_seen"])
        for face, known, frame, seen in zip(*(table[name].to_pylist() for name in table.column_names)):
            mask = np.array(known or [False] * len(JOINTS), bool).reshape(-1, len(JOINTS))
            counts["face"] += face
            counts["posture"] += bool(has_posture(mask[frame]))
            counts["gait"] += bool(has_gait(mask))
            counts["context"] += bool(np.frombuffer(seen, np.uint8).mean() >= 255 * LEAST_SHARE)
    return counts


def _labelled(used: Sequence[PersonRecord]) -> dict[str, int]:
    """Counts the people of whom each label, and each part of the situation, is known."""
    return {name: sum(getattr(record, name) is not None for record in used) for name in (*LABELS, *SITUATION)}


def _coverage(used: Sequence[PersonRecord], division: Division) -> Info:
    """Counts in each split the people with a known label."""
    return {column: {name: {"known": sum(getattr(record, column) is not None for record, where
                                         in zip(used, division.splits) if where == number), "present": None}
                     for number, name in enumerate(SPLITS)} for column in ("valence", "arousal", "expression")}
