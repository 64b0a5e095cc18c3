"""Describes sets of facial landmarks: MediaPipe's 478 points and the 68 points of iBUG.

Sides are the subject's own, as in MediaPipe's `FACEMESH_LEFT_EYE`: the left eye lies on the right of a picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from catgan.errors import DataError, unknown_name
from catgan.faces.alignment import LEFT_EYE, RIGHT_EYE
from catgan.faces.landmark_points import (IBUG_68, IBUG_MIRROR, IBUG_OUTLINES, IBUG_REGIONS, MEDIAPIPE_MIRROR,
                                          MEDIAPIPE_OUTLINES, MEDIAPIPE_REGIONS)

MESH_FILE = Path(__file__).with_name("face_mesh_edges.npy")
"""Edges of MediaPipe's face mesh (`FaceLandmarksConnections.FACE_LANDMARKS_TESSELATION`), int16 `(1322, 2)`."""


@dataclass(frozen=True)
class LandmarkSet:
    """Describes the points of one kind of landmarks.

    Args:
        name: of the set.
        count: number of points.
        eyes: points whose mean is the middle of an eye, first of the eye on the left of an upright picture, which is
            the subject's right eye.
        other_side: index of the point on the other side for each point; of points on the middle line, their own.
        parts: points by name of the region. Every point is in exactly one.
        outlines: chains of points that are lines of a drawn face.
    """

    name: str
    count: int
    eyes: tuple[tuple[int, ...], tuple[int, ...]]
    other_side: tuple[int, ...] = field(repr=False, compare=False)
    parts: Mapping[str, tuple[int, ...]] = field(repr=False, compare=False)
    outlines: tuple[tuple[int, ...], ...] = field(repr=False, compare=False)

    @cached_property
    def mirror(self) -> np.ndarray:
        """Index of the point on the other side for each point, int64 `(count,)`."""
        return np.array(self.other_side, np.int64)

    @cached_property
    def regions(self) -> dict[str, np.ndarray]:
        """Points of each region, int64, ascending. Every point is in exactly one region."""
        return {name: np.array(points, np.int64) for name, points in self.parts.items()}

    @cached_property
    def region_names(self) -> tuple[str, ...]:
        """Name of the region of each point, in the order of the points."""
        owner = {point: name for name, points in self.parts.items() for point in points}
        return tuple(owner[point] for point in range(self.count))

    @cached_property
    def outline_edges(self) -> np.ndarray:
        """Pairs of neighbours on the outlines, int64 `(e, 2)`."""
        return np.array([pair for line in self.outlines for pair in zip(line, line[1:])], np.int64)

    @cached_property
    def edges(self) -> np.ndarray:
        """Pairs of points to draw a line between, int64 `(e, 2)`: the mesh where there is one, else the outlines."""
        if self.name != "mediapipe_478":
            return self.outline_edges
        return np.load(MESH_FILE, allow_pickle=False).astype(np.int64)


LANDMARK_SETS: dict[str, LandmarkSet] = {one.name: one for one in (
    LandmarkSet("mediapipe_478", 478, (LEFT_EYE, RIGHT_EYE), MEDIAPIPE_MIRROR, MEDIAPIPE_REGIONS, MEDIAPIPE_OUTLINES),
    LandmarkSet("ibug_68", 68, (tuple(range(36, 42)), tuple(range(42, 48))), IBUG_MIRROR, IBUG_REGIONS,
                IBUG_OUTLINES))}
"""Known sets by name."""


def landmark_set(name: str) -> LandmarkSet:
    """Returns a set of landmarks by its name.

    Raises:
        DataError: an unknown name.
    """
    if name not in LANDMARK_SETS:
        raise DataError(str(unknown_name("set of landmarks", name, LANDMARK_SETS)))
    return LANDMARK_SETS[name]


def set_of(count: int) -> LandmarkSet:
    """Returns the set of landmarks that has `count` points.

    Raises:
        DataError: no set has so many.
    """
    for one in LANDMARK_SETS.values():
        if one.count == count:
            return one
    known = ", ".join(f"{one.count} ({one.name})" for one in LANDMARK_SETS.values())
    raise DataError(f"A face must have one of these numbers of landmarks: {known}. Received: {count}.")


def anatomical_subsets(landmarks: str | LandmarkSet) -> dict[str, np.ndarray]:
    """Returns the points of parts of the face that a person would choose, int64, ascending, by name.

    `eyes`, `brows`, `mouth`, `nose` and `contour`; of MediaPipe's points also `ibug_68`, the 68 points that iBUG's
    set has too.

    Raises:
        DataError: an unknown name of a set.
    """
    known = landmark_set(landmarks) if isinstance(landmarks, str) else landmarks
    parts = {"eyes": ("left_eye", "right_eye"), "brows": ("left_brow", "right_brow"), "mouth": ("mouth",),
             "nose": ("nose",), "contour": ("contour",)}
    subsets = {name: np.sort(np.concatenate([known.regions[part] for part in regions]))
               for name, regions in parts.items()}
    if known.name == "mediapipe_478":
        subsets["ibug_68"] = np.sort(np.array(IBUG_68, np.int64))
    return subsets
