"""Which rows show the same photograph, and what is known of it when their labels are put together.

Two rows are one face when they name the same file, hold the same bytes, or look the same: an 8 x 8 perceptual hash of
the *aligned* face within `hash_distance` bits proposes a pair, and the correlation of the two faces confirms it. The
hash alone would be wrong about once in 40,000 pairs of a large collection.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from catgan import facs
from catgan.data.align import THUMBNAIL
from catgan.data.recipe import MergeConfig
from catgan.data.records import Record

BITS = 64

# === Which rows are one face ===


@dataclass(frozen=True)
class Pair:
    """Two rows that look the same: numbers in the scan, bits between their hashes, correlation of the faces."""

    first: int
    second: int
    distance: int
    correlation: float


def similar_pairs(rows: np.ndarray, hashes: np.ndarray, thumbnails: np.ndarray, merge: MergeConfig) -> list[Pair]:
    """The pairs of different rows that look the same.

    Args:
        rows: int64 `(n,)`, numbers in the scan.
        hashes: uint8 `(n, 8)`.
        thumbnails: uint8 `(n, 32, 32)`.
        merge: thresholds.
    """
    pairs = []
    for first, second in candidate_pairs(hashes, merge.hash_distance):
        value = correlation(thumbnails[first], thumbnails[second])
        if value >= merge.correlation:
            distance = int(np.bitwise_count(hashes[first] ^ hashes[second]).sum())
            pairs.append(Pair(int(rows[first]), int(rows[second]), distance, round(value, 6)))
    return sorted(pairs, key=lambda pair: (pair.correlation, pair.first, pair.second))


def candidate_pairs(hashes: np.ndarray, distance: int) -> Iterator[tuple[int, int]]:
    """All pairs `first < second` within `distance` bits, each once.

    Two hashes that differ in at most d bits agree in at least one of d + 1 bands of bits: only rows that share a band
    are compared, so that memory and time stay far below all pairs.
    """
    bits = np.unpackbits(hashes, axis=1)
    bands = np.array_split(np.arange(BITS), distance + 1)
    seen: set[tuple[int, int]] = set()
    for band in bands:
        keys = np.packbits(bits[:, band], axis=1)
        order = np.lexsort(keys.T)
        edges = np.flatnonzero((np.diff(keys[order], axis=0) != 0).any(1)) + 1
        for bucket in np.split(order, edges):
            bucket = np.sort(bucket)
            for position, first in enumerate(bucket[:-1]):
                others = bucket[position + 1:]
                near = others[np.bitwise_count(hashes[others] ^ hashes[first]).sum(1) <= distance]
                seen.update((int(first), int(second)) for second in near)
    return iter(sorted(seen))


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Normalised correlation of two thumbnails, `(32, 32)`, without their border, which depends most on alignment."""
    edge = THUMBNAIL // 8
    x, y = (part[edge:-edge, edge:-edge].astype(np.float64) for part in (a, b))
    x, y = x - x.mean(), y - y.mean()
    return float((x * y).sum() / np.sqrt(max((x ** 2).sum() * (y ** 2).sum(), 1e-12)))


def group(n: int, links: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Connected rows (union-find), each group in ascending order, groups by their first row."""
    parent = list(range(n))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for first, second in links:
        a, b = root(first), root(second)
        parent[max(a, b)] = min(a, b)
    groups = defaultdict(list)
    for item in range(n):
        groups[root(item)].append(item)
    return list(groups.values())


def same_keys(rows: Sequence[int], keys: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Links between rows with equal keys (file paths, hashes of bytes)."""
    first: dict[object, int] = {}
    for row, key in zip(rows, keys):
        if first.setdefault(key, row) != row:
            yield first[key], row


# === What is known of a face ===


@dataclass(frozen=True)
class MergedFace:
    """One face: the members of its group, the joined labels, and who said what.

    Args:
        members: the records, in the order of the scan.
        values: label column (`AU12`, `AU12_present`, `valence`, `arousal`, `expression`) -> value.
        provenance: the same columns -> name of the source, several joined by `+`.
        conflicts: column, values by source, and what was decided.
    """

    members: tuple[Record, ...]
    values: dict[str, Any]
    provenance: dict[str, str]
    conflicts: tuple[dict[str, str], ...]


def join_labels(members: Sequence[Record], kinds: dict[str, str], merge: MergeConfig,
                presence_from: float) -> MergedFace:
    """Joins the labels of one face.

    Human labels win over a tool's. Among equals: what is agreed on is kept; numbers that differ by at most
    `tolerance` (AU intensities: by at most one grade) are averaged; what contradicts itself is unknown.

    Args:
        members: records of one photograph.
        kinds: source -> `"human"` or `"tool"`.
        merge: tolerance.
        presence_from: intensity from which an AU counts as present.
    """
    claims: dict[str, list[tuple[Record, Any]]] = defaultdict(list)
    for record in members:
        for column, value in _claims(record, presence_from):
            claims[column].append((record, value))
    values: dict[str, Any] = {}
    provenance, conflicts = {}, []
    for column, said in claims.items():
        human = [claim for claim in said if kinds[claim[0].source] == "human"]
        deciding = human or said
        value = _agree(column, [value for _, value in deciding], merge.tolerance)
        if len({value for _, value in said}) > 1:
            conflicts.append({"column": column, "said": "; ".join(f"{r.source}/{r.key}: {v}" for r, v in said),
                              "decided": "unknown" if value is None else str(value)})
        if value is not None:
            values[column] = value
            provenance[column] = "+".join(dict.fromkeys(record.source for record, _ in deciding))
    return MergedFace(tuple(members), values, provenance, tuple(conflicts))


def _claims(record: Record, presence_from: float) -> Iterator[tuple[str, Any]]:
    for number, intensity in record.intensity.items():
        yield facs.au_name(number), float(intensity)
    derived = {number: int(intensity >= presence_from) for number, intensity in record.intensity.items()}
    for number, present in {**derived, **record.presence}.items():
        yield f"{facs.au_name(number)}_present", int(present)
    for column in ("valence", "arousal", "expression"):
        if getattr(record, column) is not None:
            yield column, getattr(record, column)


def _agree(column: str, values: list[Any], tolerance: float) -> Any:
    if len(set(values)) == 1:
        return values[0]
    if column.endswith("_present") or column == "expression":
        return None
    allowed = tolerance if column in ("valence", "arousal") else 1.0
    return sum(values) / len(values) if max(values) - min(values) <= allowed + 1e-9 else None


def subjects(faces: Sequence[Sequence[Record]], families: Mapping[str, str] | None = None) -> list[str | None]:
    """One subject per face, `source/subject`. A face under two names makes the two one person.

    Args:
        faces: the records of every face.
        families: source -> family, for sources that call the same people by the same names: `family/subject`.
    """
    def named(members: Sequence[Record]) -> list[str]:
        return list(dict.fromkeys(f"{(families or {}).get(record.source, record.source)}/{record.subject}"
                                  for record in members if record.subject))

    names: dict[str, int] = {}
    for members in faces:
        for name in named(members):
            names.setdefault(name, len(names))
    links = [(names[first], names[name]) for first, *others in filter(None, map(named, faces)) for name in others]
    groups = group(len(names), links)
    listed = list(names)
    canonical = {listed[item]: listed[items[0]] for items in groups for item in items}
    return [canonical[named(members)[0]] if named(members) else None for members in faces]


def owners(faces: Sequence[Sequence[Record]], subjects: Sequence[str | None], ids: Sequence[str],
           families: Mapping[str, str]) -> list[str]:
    """Whom or what each face belongs to, for the splits: a person; else the video it is a frame of; else itself."""
    videos = [next((f"{families.get(record.source, record.source)}/video/{record.video}"
                    for record in members if record.video), None) for members in faces]
    return [subject or video or face_id for subject, video, face_id in zip(subjects, videos, ids)]


def resolved(records: Sequence[Record]) -> list[str]:
    """The real path of every record's file, so that two annotations of one file meet."""
    return [os.path.realpath(record.path) for record in records]
