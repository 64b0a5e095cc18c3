"""Bundles the results of a build from which its data sets are written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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
    """Holds the results of the steps of a build.

    Args:
        recipe: recipe of the build.
        found: scanned annotations.
        work: folder of the aligned chunks.
        chunks: row ranges `(start, stop)` of the chunks.
        faces: faces with their rows; in a data set with times, those of a video follow each other.
        joined: summary of the joined labels.
        groups: groups of faces that a split may not divide.
        videos: int64 `(faces,)`, number of each face's video, -1 for none; None for a data set without times.
        rejected: source -> reason -> number of rows.
        unused: reason -> some of the files that were rejected for it.
        pairs: pairs of rows that were merged because they look the same, lowest correlation first.
        near_duplicates: number of pairs that look alike and were not merged.
        plan: identification of the build, see `scan.plan_of`.
    """

    recipe: Recipe
    found: Scan
    work: Folder
    chunks: list[Chunk]
    faces: Faces
    joined: Joined
    groups: FaceGroups
    videos: np.ndarray | None
    rejected: dict[str, Counter[str]]
    unused: dict[str, list[Path]]
    pairs: list[Pair]
    near_duplicates: int
    plan: Info
