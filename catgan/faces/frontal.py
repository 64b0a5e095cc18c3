"""Turns landmarks of a clip to the front: removes what the rotation of the head alone does to them.

The head of each frame is fitted by weak perspective (scaled orthographic projection) to the mean face, with points
that hardly any Action Unit moves: ridge and sides of the nose, inner corners of the eyes, hairline and temples. Each
point is then turned back with the depth that the mean face has there, so turned movements become frontal ones too.

What remains: people and movements differ from the mean face in depth, so a part of a large rotation stays; and points
that the head hides are guesses of the landmarker.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from catgan.errors import DataError
from catgan.faces.landmark_points import IBUG_68
from catgan.faces.landmark_sets import LandmarkSet, landmark_set

MEAN_FACE_FILE = Path(__file__).with_name("mean_face.npy")
"""Mean shape of the embedded face model, float32 `(478, 3)` in eye distances: x right, y down, z away from the camera;
0 is the middle of the eyes."""

_RIGHT_HALF = (3, 51, 122, 126, 174, 188, 196, 198, 209, 217, 236, 245, 133, 109, 67, 103, 54, 21, 162, 127)
_MIDDLE = (5, 6, 168, 195, 197, 10, 151)
RIGID_IBUG = (*range(27, 31), 39, 42, 0, 1, 15, 16)
"""Rigid points of iBUG's set: ridge of the nose, inner corners of the eyes, ends of the contour."""
STEPS = 12
"""Gauss-Newton steps of the fit; it stops before where no angle changes by more than `ENOUGH`, in radians."""
ENOUGH = 1e-5
LARGEST_TURN = np.radians(60.0)
"""Yaw and pitch to which the fit is limited: beyond, half of the points are hidden."""


class HeadPoses(NamedTuple):
    """Holds the fitted head of `t` frames.

    Attributes:
        rotations: float64 `(t, 3, 3)`, mean face -> picture.
        scales: float64 `(t,)`, pixels per eye distance of a face that looks at the camera.
        shifts: float64 `(t, 2)`, pixels, where the middle of the eyes lies.
    """

    rotations: np.ndarray
    scales: np.ndarray
    shifts: np.ndarray

    @property
    def angles(self) -> np.ndarray:
        """Yaw, pitch and roll in degrees, `(t, 3)`; positive angles turn the face to the picture's right, up, and
        clockwise."""
        r = self.rotations
        yaw, pitch = np.arcsin(np.clip(r[:, 2, 0], -1.0, 1.0)), np.arctan2(-r[:, 2, 1], r[:, 2, 2])
        return np.degrees(np.stack([yaw, pitch, np.arctan2(r[:, 1, 0], r[:, 0, 0])], 1))


@lru_cache
def mean_face(landmarks: str) -> np.ndarray:
    """Returns the mean face with the points of a set of landmarks, float64 `(p, 3)` in eye distances."""
    shape = np.load(MEAN_FACE_FILE, allow_pickle=False).astype(np.float64)
    return shape if landmarks == "mediapipe_478" else shape[list(IBUG_68)]


@lru_cache
def rigid_points(landmarks: str) -> np.ndarray:
    """Returns the points of a set of landmarks that hardly any Action Unit moves, int64."""
    if landmarks == "ibug_68":
        return np.array(RIGID_IBUG, np.int64)
    mirror = landmark_set(landmarks).mirror
    return np.sort(np.array([*_MIDDLE, *_RIGHT_HALF, *mirror[list(_RIGHT_HALF)]], np.int64))


def head_poses(points: np.ndarray, landmarks: str | LandmarkSet) -> HeadPoses:
    """Fits the mean face to each frame by least squares over the rigid points.

    Args:
        points: in pixels, `(t, p, 2)` or more coordinates, which are not used.
        landmarks: the set of landmarks, or its name.

    Raises:
        DataError: another number of points than the set has.
    """
    known = landmark_set(landmarks) if isinstance(landmarks, str) else landmarks
    given = np.asarray(points, np.float64)
    if given.ndim != 3 or given.shape[1] != known.count:
        raise DataError(f"Landmarks of '{known.name}' must have the shape (frames, {known.count}, 2). "
                        f"Received: {given.shape}.")
    rigid = rigid_points(known.name)
    seen, model = given[:, rigid, :2], mean_face(known.name)[rigid]
    middle, centre = seen.mean(1), model.mean(0)
    seen, model = seen - middle[:, None], model - centre
    rotations = _start(seen, model)
    for _ in range(STEPS):
        rotations, largest = _step(rotations, seen, model)
        if largest < ENOUGH:
            break
    flat = np.einsum("tij,kj->tki", rotations[:, :2], model)
    scales = np.maximum((flat * seen).sum((1, 2)) / np.maximum((flat ** 2).sum((1, 2)), 1e-12), 1e-9)
    return HeadPoses(rotations, scales, middle - scales[:, None] * (rotations[:, :2] @ centre))


def _start(seen: np.ndarray, model: np.ndarray) -> np.ndarray:
    """Returns rotations in the plane of the picture that are nearest to the frames, `(t, 3, 3)`."""
    x, y = model[:, 0], model[:, 1]
    cosine = (seen[..., 0] * x + seen[..., 1] * y).sum(1)
    sine = (seen[..., 1] * x - seen[..., 0] * y).sum(1)
    return _turns(np.stack([np.zeros_like(sine), np.zeros_like(sine), np.arctan2(sine, cosine)], 1))


def _step(rotations: np.ndarray, seen: np.ndarray, model: np.ndarray) -> tuple[np.ndarray, float]:
    """Takes a Gauss-Newton step of all frames over three angles and the scale; returns the largest angle too."""
    placed = np.einsum("tij,kj->tki", rotations, model)
    x, y, z = np.moveaxis(placed, -1, 0)
    scale = (placed[..., :2] * seen).sum((1, 2)) / np.maximum((placed[..., :2] ** 2).sum((1, 2)), 1e-12)
    scale = np.maximum(scale, 1e-9)[:, None]
    zero = np.zeros_like(x)
    # Columns: a small rotation about x, y, z, and a relative change of the scale.
    slopes = np.concatenate([np.stack([zero, z, -y, x], -1), np.stack([-z, zero, x, y], -1)], 1)
    wanted = np.concatenate([seen[..., 0] / scale - x, seen[..., 1] / scale - y], 1)
    squares = np.einsum("tki,tkj->tij", slopes, slopes) + 1e-9 * np.eye(4)
    angles = np.linalg.solve(squares, np.einsum("tki,tk->ti", slopes, wanted)[..., None])[:, :3, 0]
    angles = np.clip(angles, -0.5, 0.5)
    return _limited(_turns(angles) @ rotations), float(np.abs(angles).max(initial=0.0))


def _turns(angles: np.ndarray) -> np.ndarray:
    """Returns rotations by vectors of angles in radians (Rodrigues' formula), `(t, 3)` -> `(t, 3, 3)`."""
    size = np.linalg.norm(angles, axis=1)
    axis = angles / np.maximum(size, 1e-12)[:, None]
    a, b, c = axis.T
    zero = np.zeros_like(a)
    cross = np.stack([zero, -c, b, c, zero, -a, -b, a, zero], 1).reshape(-1, 3, 3)
    sine, cosine = np.sin(size)[:, None, None], np.cos(size)[:, None, None]
    return np.eye(3) + sine * cross + (1 - cosine) * cross @ cross


def _limited(rotations: np.ndarray) -> np.ndarray:
    """Replaces rotations that turn the face away by more than `LARGEST_TURN` by the tilt alone."""
    away = rotations[:, 2, 2] < np.cos(LARGEST_TURN)
    tilt = np.arctan2(rotations[:, 1, 0], rotations[:, 0, 0])
    flat = _turns(np.stack([np.zeros_like(tilt), np.zeros_like(tilt), tilt], 1))
    return np.where(away[:, None, None], flat, rotations)


def frontal(points: np.ndarray, seen: np.ndarray, landmarks: str | LandmarkSet) -> np.ndarray:
    """Turns the faces of a clip to the front.

    Args:
        points: in pixels, `(t, p, 2)` or more coordinates, which are not used.
        seen: bool `(t,)`.
        landmarks: the set of landmarks, or its name.

    Returns:
        float64 `(t, p, 2)` in pixels of the clip's median size, 0 = the middle of the eyes of the fitted face. 0 in
        frames that are not seen.
    """
    known = landmark_set(landmarks) if isinstance(landmarks, str) else landmarks
    result = np.zeros((len(points), known.count, 2))
    if not seen.any():
        return result
    given = np.asarray(points, np.float64)[seen][..., :2]
    poses = head_poses(given, known)
    flat = (given - poses.shifts[:, None]) / poses.scales[:, None, None]
    depth = mean_face(known.name)[:, 2]
    # flat = R[:2, :2] @ (x, y) + R[:2, 2] * depth, solved for (x, y).
    flat = flat - poses.rotations[:, None, :2, 2] * depth[:, None]
    back = np.linalg.inv(poses.rotations[:, :2, :2])
    result[seen] = np.median(poses.scales) * np.einsum("tij,tpj->tpi", back, flat)
    return result
