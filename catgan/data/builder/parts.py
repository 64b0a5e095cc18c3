"""Everything that a data set is written from, once its faces are found and grouped."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from catgan.data.builder.align import Folder
from catgan.data.builder.aligned import Chunk
from catgan.data.builder.groups import FaceGroups
from catgan.data.builder.join import Joined
from catgan.data.builder.merge import Faces, Pair
from catgan.data.builder.recipe import Recipe
from catgan.data.builder.scan import Scan
from catgan.data.schema import Info


@dataclass(frozen=True)
class Parts:
    """What the steps of a build found.

    Args:
        recipe: what is built.
        found: the scanned annotations.
        work: the folder of aligned chunks.
        chunks: their ranges of rows.
        faces: which rows show which face.
        joined: the labels of the faces.
        groups: faces that a split may not divide.
        rejected: source -> reason -> number of rows.
        unused: reason -> some of the files that were rejected for it.
        pairs: rows that were merged because they look the same, least certain first.
        near_duplicates: number of pairs that look alike and were not merged.
        plan: what identifies the build.
    """

    recipe: Recipe
    found: Scan
    work: Folder
    chunks: list[Chunk]
    faces: Faces
    joined: Joined
    groups: FaceGroups
    rejected: dict[str, Counter[str]]
    unused: dict[str, list[Path]]
    pairs: list[Pair]
    near_duplicates: int
    plan: Info
