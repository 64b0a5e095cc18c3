"""Reads the joints of BoLD: rows of frame, person and 18 OpenPose joints in pixels, which become the joints of catgan.

They are 2-D. x and y become metres by taking the median distance from root to neck of a clip as `TRUNK`; the depth of
every joint is 0, and a data set says so in its column `joints_depth`. Networks divide by body size, so `TRUNK` has no
influence on them, but a body that is turned to the side looks narrower than it is. The root is the origin of each
frame, as with the pose landmarker.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from catgan.errors import DataError
from catgan.joints import JOINTS

CONFIDENT = 0.1
"""Confidence from which a joint is seen."""
TRUNK = 0.5
"""Distance from root to neck in metres."""
COLUMNS = 2 + 18 * 3
# OpenPose (COCO): 0 nose, 1 neck, 2-4 right shoulder, elbow, wrist, 5-7 left, 8-10 right hip, knee, ankle, 11-13 left,
# 14 15 eyes, 16 17 ears. The joints of catgan begin with the left side.
POINTS: tuple[tuple[int, ...], ...] = (
    (8, 11), (1, 8, 11), (1,), (16, 17), (5,), (6,), (7,), (2,), (3,), (4,), (11,), (12,), (13,), (8,), (9,), (10,))
"""For each of the 16 joints, the points of OpenPose that it is made of: their mean, but the spine lies halfway between
neck and root."""
SPINE = 1
ROOT, NECK = 0, 2


def read_joints(path: Path, person: int) -> tuple[np.ndarray, np.ndarray]:
    """Reads the points of one person.

    Args:
        path: an .npy file, `(rows, 56)`.
        person: number of the person.

    Returns:
        int64 frames `(t,)`, rising, and float64 points `(t, 18, 3)`: x, y in pixels, confidence. Of several rows of a
        frame, the one with the largest sum of confidences is used.

    Raises:
        DataError: not such a file.
    """
    try:
        rows = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path} is not a file of joints ({' '.join(str(error).split())[:80]}).") from None
    if rows.ndim != 2 or rows.shape[1] != COLUMNS or rows.dtype.kind not in "fiu":
        raise DataError(f"{path} must hold rows of {COLUMNS} numbers. Received: {rows.dtype} {rows.shape}.")
    rows = np.asarray(rows, np.float64)
    rows = rows[np.isfinite(rows[:, :2]).all(1) & (rows[:, 1] == person)]
    points = rows[:, 2:].reshape(-1, 18, 3)
    order = np.lexsort((-np.nan_to_num(points[..., 2]).sum(1), rows[:, 0]))
    frames, first = np.unique(rows[order, 0].astype(np.int64), return_index=True)
    return frames, points[order][first]


def seen_of(points: np.ndarray) -> np.ndarray:
    """Returns which points are seen, bool `(..., 18)`."""
    return np.isfinite(points).all(-1) & (np.nan_to_num(points[..., 2]) >= CONFIDENT)


def box_of(points: np.ndarray) -> tuple[float, float, float, float] | None:
    """Returns left, top, width and height of the seen points `(18, 3)` of one frame in pixels; None for fewer than two
    or no area."""
    seen = points[seen_of(points), :2]
    if len(seen) < 2 or (seen.max(0) <= seen.min(0)).any():
        return None
    (left, top), (width, height) = seen.min(0), seen.max(0) - seen.min(0)
    return float(left), float(top), float(width), float(height)


def to_joints(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Converts the points of a clip `(t, 18, 3)` to joints.

    Returns:
        float32 `(t, 16, 3)`: x to the image's right, y up, z 0, in metres by the convention of this module, from the
        root of each frame; and bool `(t, 16)`. A joint is known if all points that it is made of are seen. Frames
        without a root are unknown, and so is everything without a frame in which root and neck are known.
    """
    seen = seen_of(points)
    flat = np.where(seen[..., None], np.nan_to_num(points[..., :2]), 0)
    known = np.stack([seen[:, list(group)].all(1) for group in POINTS], 1)
    joints = np.stack([flat[:, list(group)].mean(1) for group in POINTS], 1)
    joints[:, SPINE] = (joints[:, ROOT] + joints[:, NECK]) / 2
    known &= known[:, ROOT, None]
    both = known[:, ROOT] & known[:, NECK]
    length = float(np.median(np.linalg.norm(joints[both, NECK] - joints[both, ROOT], axis=-1))) if both.any() else 0.0
    if length <= 0:
        return np.zeros((len(points), len(JOINTS), 3), np.float32), np.zeros((len(points), len(JOINTS)), bool)
    centred = (joints - joints[:, ROOT, None]) * np.array([1, -1]) * (TRUNK / length)
    placed = np.concatenate([centred, np.zeros((*centred.shape[:2], 1))], -1)
    return np.where(known[..., None], placed, 0).astype(np.float32), known
