"""Joins the labels of all rows that show one face."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from catgan import facs, files
from catgan.data.builder.merge import Faces
from catgan.data.builder.recipe import MergeConfig, Recipe
from catgan.data.builder.scan import Log, Rows
from catgan.data.builder.split import OFFICIAL, SPLITS, Strata, tokens
from catgan.data.sources.records import Record


@dataclass(frozen=True)
class MergedFace:
    """Holds the joined labels of one face, with their sources.

    Args:
        members: records of the face, in the order of the scan.
        values: label column (`AU12`, `AU12_present`, `valence`, `arousal`, `expression`) -> value.
        provenance: label column -> name of the source; several names are joined by `+`.
        conflicts: for each conflict the column, the values by source, and the decision.
    """

    members: tuple[Record, ...]
    values: dict[str, Any]
    provenance: dict[str, str]
    conflicts: tuple[dict[str, str], ...]


def join_labels(members: Sequence[Record], kinds: Mapping[str, str], merge: MergeConfig,
                presence_from: float) -> MergedFace:
    """Joins the labels of one face.

    The rules of `merge.prefer` apply in their order: human labels win over a tool's, and presence that follows from an
    intensity wins over presence alone. If the remaining values agree, the value is kept. If they differ,
    `merge.otherwise` decides. With `mean`, valence and arousal within `tolerance` and AU intensities within one grade
    are averaged; all other labels are unknown. With `unknown`, every such label is unknown.

    Args:
        members: records of one face.
        kinds: source -> `"human"` or `"tool"`.
        merge: rules for labels that differ.
        presence_from: intensity from which an AU counts as present.
    """
    claims: dict[str, list[_Claim]] = defaultdict(list)
    for record in members:
        for claim in _claims(record, kinds[record.source], presence_from):
            claims[claim.column].append(claim)
    values: dict[str, Any] = {}
    provenance, conflicts = {}, []
    for column, said in claims.items():
        deciding = _deciding(said, merge.prefer)
        value = _agree(column, [claim.value for claim in deciding], merge)
        if len({claim.value for claim in said}) > 1:
            claimed = "; ".join(f"{claim.source}/{claim.key}: {_written(claim.value)}" for claim in said)
            conflicts.append({"column": column, "said": claimed,
                              "decided": "unknown" if value is None else _written(value)})
        if value is not None:
            values[column] = value
            provenance[column] = "+".join(dict.fromkeys(claim.source for claim in deciding))
    return MergedFace(tuple(members), values, provenance, tuple(conflicts))


def _written(value: object) -> str:
    """Returns a value as text; numbers without the digits that only a conversion of scales has left."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


class _Claim(NamedTuple):
    """Holds the value that one record gives for one column."""

    column: str
    value: Any
    source: str
    key: str
    human: bool
    graded: bool


def _claims(record: Record, kind: str, presence_from: float) -> Iterator[_Claim]:
    def claim(column: str, value: Any, graded: bool = False) -> _Claim:
        return _Claim(column, value, record.source, record.key, kind == "human", graded)

    for number, intensity in record.intensity.items():
        yield claim(facs.au_name(number), float(intensity), True)
        if number not in record.presence:
            yield claim(facs.presence_column(number), int(intensity >= presence_from), True)
    for number, present in record.presence.items():
        yield claim(facs.presence_column(number), int(present), number in record.intensity)
    for column in ("valence", "arousal", "expression"):
        if getattr(record, column) is not None:
            yield claim(column, getattr(record, column))


def _deciding(said: list[_Claim], prefer: Sequence[str]) -> list[_Claim]:
    for rule in prefer:
        said = [claim for claim in said if (claim.human if rule == "human" else claim.graded)] or said
    return said


def _agree(column: str, values: list[Any], merge: MergeConfig) -> Any:
    if len(set(values)) == 1:
        return values[0]
    if facs.is_presence(column) or column == "expression" or merge.otherwise == "unknown":
        return None
    allowed = merge.tolerance if column in ("valence", "arousal") else 1.0
    return sum(values) / len(values) if max(values) - min(values) <= allowed + 1e-9 else None


# === All faces of a data set ===

FACES_PER_BATCH = 1024


@dataclass
class Joined:
    """Summarises the joined labels of all faces; the labels themselves are in `faces.arrow`.

    Args:
        strata: tokens of the faces, for the split.
        ids: bytes `(faces,)`, 16 hexadecimal digits.
        official: int8 `(faces,)`, number of the official split, -1 for none.
        used: source -> number of rows.
        combinations: `source+source` -> number of faces.
        conflicts: number of labels with contradictory values.
        undecided: column -> number of these labels that stay unknown, because no rule decided.
        expressions: expressions that occur among the joined labels.
        stated: expressions that any record gives, decided or not.
        graded: True if an intensity is known wherever presence is known.
    """

    strata: Strata
    ids: np.ndarray
    official: np.ndarray
    used: Counter[str]
    combinations: Counter[str]
    conflicts: int
    undecided: Counter[str]
    expressions: set[str]
    stated: set[str]
    graded: bool


def join_all(rows: Rows, faces: Faces, kinds: Mapping[str, str], recipe: Recipe, columns: pa.Schema,
             path: Path, conflicts: Log, times: np.ndarray | None = None) -> Joined:
    """Joins the labels of every face and writes them to the Arrow file `path`, one batch of faces at a time.

    Args:
        rows: rows of the scan.
        faces: faces with their rows.
        kinds: source -> `"human"` or `"tool"`.
        recipe: recipe with the rules for joining labels.
        columns: schema of `path`.
        conflicts: log that receives every conflict.
        times: float64 `(rows,)`, times of frames in seconds, NaN for unknown; None for a data set without times. With
            times, the videos of a family have the name of the family, since their frames are one sequence.
    """
    families = {} if times is None else recipe.families
    joined = Joined(Strata(), np.zeros(len(faces), "S16"), np.full(len(faces), -1, np.int8), Counter(), Counter(), 0,
                    Counter(), set(), set(), True)
    with files.atomic_path(path) as temporary, pa.OSFile(str(temporary), "wb") as file, \
            pa.ipc.new_file(file, columns) as out:
        for first in range(0, len(faces), FACES_PER_BATCH):
            last = min(first + FACES_PER_BATCH, len(faces))
            groups = faces.of(first, last)
            records = iter(rows.records(row for group in groups for row in group))
            batch = []
            for face, group in enumerate(groups, first):
                merged = join_labels([next(records) for _ in group], kinds, recipe.merge, recipe.presence_from)
                _note(joined, face, merged)
                for conflict in merged.conflicts:
                    conflicts.add({"id": joined.ids[face].decode(), **conflict})
                seconds = np.full(len(group), np.nan) if times is None else times[group]
                batch.append(_face_row(merged, families, seconds))
            out.write_batch(pa.RecordBatch.from_pylist(batch, columns))
    _make_unique(joined.ids)
    return joined


def _note(joined: Joined, face: int, merged: MergedFace) -> None:
    first = merged.members[0]
    joined.ids[face] = hashlib.sha256(f"{first.source}/{first.key}".encode()).hexdigest()[:16].encode()
    joined.strata.add(tokens(merged.values))
    joined.used.update(member.source for member in merged.members)
    joined.combinations["+".join(dict.fromkeys(member.source for member in merged.members))] += 1
    joined.conflicts += len(merged.conflicts)
    joined.undecided.update(conflict["column"] for conflict in merged.conflicts
                            if conflict["column"] not in merged.values)
    joined.stated.update(member.expression for member in merged.members if member.expression is not None)
    joined.official[face] = max(SPLITS.index(OFFICIAL[member.official_split]) if member.official_split else -1
                                for member in merged.members)
    if "expression" in merged.values:
        joined.expressions.add(merged.values["expression"])
    joined.graded &= all(facs.without_presence(name) in merged.values for name in merged.values
                         if facs.is_presence(name))


def _face_row(merged: MergedFace, families: Mapping[str, str], times: np.ndarray) -> dict[str, Any]:
    """Returns the row of a face; video, frame and time are those of its first record with a video."""
    place, video = next(((place, member) for place, member in enumerate(merged.members) if member.video is not None),
                        (0, None))
    time = float(times[place]) if video else math.nan
    return {"video": f"{families.get(video.source, video.source)}/{video.video}" if video else None,
            "frame": video.frame if video else None, "time": None if math.isnan(time) else time,
            "sources": [f"{member.source}/{member.key}" for member in merged.members], **merged.values,
            **{f"{column}_source": source for column, source in merged.provenance.items()}}


def _make_unique(ids: np.ndarray) -> None:
    """Replaces repeated ids of faces in one image, in place; the first face keeps the id of the image."""
    _, first, which = np.unique(ids, return_index=True, return_inverse=True)
    for face in np.flatnonzero(first[which] != np.arange(len(ids))):
        ids[face] = hashlib.sha256(ids[face] + str(face).encode()).hexdigest()[:16].encode()
