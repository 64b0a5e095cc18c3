"""Defines a person as the pose landmarker finds one, and the boxes of persons and of their faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catgan.errors import DataError

Box = tuple[float, float, float, float]
"""Left, top, width and height in pixels."""

VISIBLE = 0.5
"""Visibility from which a point counts as seen."""
HEAD = slice(0, 11)
"""Nose, eyes, ears and corners of the mouth among the 33 points."""
SAME_PERSON = 0.1
"""Mean distance of common points, as a share of the larger box's diagonal, up to which two poses are one person."""
FACE_MARGIN = 0.25
"""Share of its size by which a face box is enlarged on each side to hold the points of a head."""


@dataclass(frozen=True)
class Person:
    """Describes one person by the 33 points of MediaPipe's pose landmarker.

    Args:
        points: float32 `(33, 3)`: x to the right, y down, z away from the camera, in pixels of the image.
        metres: float32 `(33, 3)`: the same axes, from the middle of the hips.
        visibility: float32 `(33,)`, 0..1: that the point lies in the image and is not hidden, by the network.
        visible: bool `(33,)`: visibility of at least `VISIBLE`, and in the image. Other points are guesses.
    """

    points: np.ndarray
    metres: np.ndarray
    visibility: np.ndarray
    visible: np.ndarray

    @property
    def box(self) -> Box:
        """Left, top, width and height of the visible points, in pixels. Points are joints: hair and clothes stick out.

        Raises:
            DataError: no point is visible. Readers return no such person.
        """
        if not self.visible.any():
            raise DataError("A person without a visible point has no box.")
        seen = self.points[self.visible, :2]
        low, high = seen.min(0), seen.max(0)
        return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])


def clipped(box: Sequence[float], shape: Sequence[int]) -> Box:
    """Returns the part of a box that lies in an image.

    Args:
        box: left, top, width and height in pixels.
        shape: of the image, height first.

    Raises:
        DataError: not four finite numbers, no area, or no pixel of the image.
    """
    numbers = np.asarray(box, float)
    if numbers.shape != (4,) or not np.isfinite(numbers).all() or min(numbers[2:]) <= 0:
        raise DataError(f"A box is left, top, width and height in pixels, with width and height above 0. "
                        f"Received: {list(box)}.")
    left, top = max(numbers[0], 0.0), max(numbers[1], 0.0)
    right, bottom = min(numbers[0] + numbers[2], shape[1]), min(numbers[1] + numbers[3], shape[0])
    if right <= left or bottom <= top:
        raise DataError(f"The box {list(box)} lies outside the image of {shape[1]} x {shape[0]} pixels.")
    return float(left), float(top), float(right - left), float(bottom - top)


def same_person(a: Person, b: Person) -> bool:
    """Tells whether two poses are of one person: their common visible points nearly coincide."""
    both = a.visible & b.visible
    if not both.any():
        return False
    diagonal = max(float(np.hypot(*a.box[2:])), float(np.hypot(*b.box[2:])), 1.0)
    distance = np.linalg.norm(a.points[both, :2] - b.points[both, :2], axis=1).mean()
    return bool(distance <= SAME_PERSON * diagonal)


def distinct(people: Sequence[Person], most: int) -> list[Person]:
    """Drops poses of persons that are there already, and returns at most `most`, the largest box first."""
    kept: list[Person] = []
    for person in sorted(people, key=lambda person: -person.box[2] * person.box[3]):
        if not any(same_person(person, other) for other in kept):
            kept.append(person)
    return kept[:most]


def faces_of(people: Sequence[Person], faces: Sequence[Sequence[float]]) -> list[int | None]:
    """Finds the face box of each person.

    A face belongs to a person if most visible points of the head lie in the box, enlarged by `FACE_MARGIN`. Nearer
    pairs are taken first; no face belongs to two persons.

    Args:
        people: of one image.
        faces: boxes of the same image: left, top, width and height in pixels.

    Returns:
        For each person the index of a face box, or None: no face was found, or the head is not visible.
    """
    pairs = [(distance, who, which) for who, person in enumerate(people) for which, face in enumerate(faces)
             if (distance := _head_to_face(person, face)) is not None]
    found: list[int | None] = [None] * len(people)
    for _, who, which in sorted(pairs):
        if found[who] is None and which not in found:
            found[who] = which
    return found


def _head_to_face(person: Person, face: Sequence[float]) -> float | None:
    """Returns the distance of a head's middle from that of a face box, in sizes of the box; None if it is not there."""
    head = person.points[HEAD, :2][person.visible[HEAD]]
    if not len(head):
        return None
    corner, size = np.asarray(face[:2], float), np.asarray(face[2:], float)
    place = (head - corner) / np.maximum(size, 1e-6)
    inside = ((place >= -FACE_MARGIN) & (place <= 1 + FACE_MARGIN)).all(1)
    return float(np.linalg.norm(place.mean(0) - 0.5)) if inside.mean() > 0.5 else None
