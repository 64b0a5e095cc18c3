"""Describes sets of facial landmarks: MediaPipe's 478 points and the 68 points of iBUG."""

from __future__ import annotations

from dataclasses import dataclass

from catgan.errors import DataError, unknown_name
from catgan.faces.alignment import LEFT_EYE, RIGHT_EYE


@dataclass(frozen=True)
class LandmarkSet:
    """Describes the points of one kind of landmarks.

    Args:
        name: of the set.
        count: number of points.
        eyes: points whose mean is the middle of an eye, first of the eye on the left of an upright picture.
    """

    name: str
    count: int
    eyes: tuple[tuple[int, ...], tuple[int, ...]]


LANDMARK_SETS: dict[str, LandmarkSet] = {one.name: one for one in (
    LandmarkSet("mediapipe_478", 478, (LEFT_EYE, RIGHT_EYE)),
    LandmarkSet("ibug_68", 68, (tuple(range(36, 42)), tuple(range(42, 48)))))}
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
