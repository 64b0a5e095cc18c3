"""Converts the 33 points of MediaPipe's pose to the 16 joints of the E-Gait data set.

E-Gait: Bhattacharya et al., STEP (AAAI 2020). Its files hold joints x (x, y, z) with y up.
"""

from __future__ import annotations

import numpy as np

from catgan.errors import DataError
from catgan.joints import Sides
from catgan.modalities.person import Person

_LEFT = {"shoulder": 11, "elbow": 13, "hand": 15, "hip": 23, "knee": 25, "foot": 27}
_EARS, _SHOULDERS, _HIPS = (7, 8), (11, 12), (23, 24)
# MediaPipe's left has odd numbers; the same point on the right is the next one.
_RIGHT = {part: number + 1 for part, number in _LEFT.items()}


def sources(sides: Sides = "left first") -> list[tuple[int, ...]]:
    """Returns, for each of the 16 joints, the points of MediaPipe whose mean it is.

    The head is the middle of the ears, the neck of the shoulders, the root of the hips; the spine lies halfway between
    root and neck. A hand is the wrist, and a foot the ankle.

    Raises:
        DataError: unknown sides.
    """
    if sides not in ("left first", "right first"):
        raise DataError(f"The sides must be 'left first' or 'right first'. Received: {sides!r}.")
    first, second = (_LEFT, _RIGHT) if sides == "left first" else (_RIGHT, _LEFT)
    arms_and_legs = [(side[part],) for parts in (("shoulder", "elbow", "hand"), ("hip", "knee", "foot"))
                     for side in (first, second) for part in parts]
    return [_HIPS, (*_HIPS, *_SHOULDERS), _SHOULDERS, _EARS, *arms_and_legs]


def to_joints(points: np.ndarray, known: np.ndarray, sides: Sides = "left first") -> tuple[np.ndarray, np.ndarray]:
    """Converts points of any number of frames to joints, without turning the axes.

    Args:
        points: `(..., 33, d)`, d = 2 or 3.
        known: bool `(..., 33)`.
        sides: which side comes first.

    Returns:
        float32 joints `(..., 16, d)`, 0 where unknown, and bool `(..., 16)`: all points that the joint is made of are
        known and finite. With one visible hip, the root is unknown.

    Raises:
        DataError: other shapes, or unknown sides.
    """
    points, known = np.asarray(points, np.float32), np.asarray(known, bool)
    if points.ndim < 2 or points.shape[-2] != 33 or points.shape[-1] not in (2, 3) or known.shape != points.shape[:-1]:
        raise DataError("Points must have the shape (..., 33, 2 or 3), and their mask the shape (..., 33). Received: "
                        f"{points.shape} and {known.shape}.")
    known = known & np.isfinite(points).all(-1)
    points = np.where(known[..., None], points, 0)
    groups = [list(group) for group in sources(sides)]
    mask = np.stack([known[..., group].all(-1) for group in groups], -1)
    joints = np.stack([points[..., group, :].mean(-2) for group in groups], -2)
    return np.where(mask[..., None], joints, 0).astype(np.float32), mask


def person_joints(person: Person, sides: Sides = "left first") -> tuple[np.ndarray, np.ndarray]:
    """Returns the joints of a person in metres, with the axes of E-Gait, and which are known.

    Returns:
        float32 `(16, 3)`: x to the image's right, y up, z towards the camera, from the middle of the hips; and bool
        `(16,)`.
    """
    joints, mask = to_joints(person.metres, person.visible, sides)
    turned = np.where(mask[:, None], joints * np.array([1, -1, -1], np.float32), np.float32(0))
    return turned, mask
