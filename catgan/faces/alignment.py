"""Aligns a face to a square crop by its landmarks. `catgan.faces.blending` puts an edited crop back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from catgan.errors import CatganError
from catgan.faces.detected import DetectedFace
from catgan.faces.images import grey_channel

if TYPE_CHECKING:
    from catgan.faces.landmarks import FaceLandmarker

# MediaPipe's 478-point topology; left and right as seen in the image.
LEFT_EYE, RIGHT_EYE = (33, 133), (362, 263)
MOUTH = (61, 291, 13, 14)

# Positions of the two eyes and the mouth in an aligned face, as shares of its side.
TEMPLATE = np.array([[0.32, 0.42], [0.68, 0.42], [0.50, 0.74]])


@dataclass(frozen=True)
class Face:
    """Holds an aligned crop.

    Args:
        image: uint8 `(size, size, 3)` RGB.
        landmarks: float32 `(478, 2)` in pixels of the crop; (0, 0) is the corner of the first pixel.
        matrix: float64 `(2, 3)`, photograph -> crop, in the same coordinates.
    """

    image: np.ndarray
    landmarks: np.ndarray
    matrix: np.ndarray

    @property
    def turned(self) -> int:
        """Rotation of the face in the photograph, clockwise, to the nearest 90 degrees: 0, 90, 180 or 270."""
        return round(np.degrees(np.arctan2(self.matrix[1, 0], self.matrix[0, 0])) / 90.0) * 90 % 360


def anchors(landmarks: np.ndarray) -> np.ndarray:
    """Returns the centres of the two eyes and of the mouth, `(478, 2 or 3)` -> `(3, 2)`."""
    return np.stack([landmarks[list(group), :2].astype(np.float64).mean(0) for group in (LEFT_EYE, RIGHT_EYE, MOUTH)])


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Fits the least-squares similarity transform (rotation, scale, shift) from `source` to `target`.

    Uses the method of Umeyama 1991 without reflection.

    Args:
        source, target: points `(n, 2)`.

    Returns:
        A matrix `(2, 3)`.

    Raises:
        CatganError: all points of `source` are equal.
    """
    source_mean, target_mean = source.mean(0), target.mean(0)
    a, b = source - source_mean, target - target_mean
    norm = (a ** 2).sum()
    if norm < 1e-12:
        raise CatganError("The landmarks of this face fall on one point.")
    cosine, sine = (a * b).sum() / norm, (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / norm
    linear = np.array([[cosine, -sine], [sine, cosine]])
    return np.hstack([linear, (target_mean - linear @ source_mean)[:, None]])


def align(image: np.ndarray, landmarks: np.ndarray, size: int) -> Face:
    """Rotates, scales and crops a face so that eyes and mouth fall on `TEMPLATE`.

    Args:
        image: uint8 `(h, w, 3)` RGB.
        landmarks: `(478, 2 or 3)` in pixels of `image`.
        size: side of the crop in pixels.
    """
    matrix = similarity(anchors(landmarks), TEMPLATE * size)
    moved = landmarks[:, :2].astype(np.float64) @ matrix[:, :2].T + matrix[:, 2]
    return Face(_warp(image, matrix, size), moved.astype(np.float32), matrix)


def aligned_by(image: np.ndarray, places: np.ndarray, size: int) -> Face:
    """Aligns a face by its `anchors` alone, `(3, 2)`; the landmarks of the result are NaN."""
    matrix = similarity(places, TEMPLATE * size)
    return Face(_warp(image, matrix, size), np.full((478, 2), np.nan, np.float32), matrix)


def cropped(image: np.ndarray, places: np.ndarray, wanted: np.ndarray, size: int) -> np.ndarray:
    """Rotates, scales and crops an image so that three points get given positions.

    Args:
        image: uint8 `(h, w, 3)`.
        places: `(3, 2)` in pixels of `image`.
        wanted: their positions in the crop, `(3, 2)` in pixels.
        size: side of the crop in pixels.

    Returns:
        uint8 `(size, size, 3)`.
    """
    return _warp(image, similarity(places, wanted), size)


def _warp(image: np.ndarray, matrix: np.ndarray, size: int) -> np.ndarray:
    """Samples the crop without aliasing: at a whole multiple of the crop's resolution, then averaged by area."""
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    finer = max(1, int(np.ceil(1.0 / scale)))
    detailed = pixel_centres(matrix * finer)
    grey = grey_channel(image)  # one channel is three times as fast as three equal ones
    crop = cv2.warpAffine(image if grey is None else grey, detailed, (size * finer, size * finer),
                          flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if finer > 1:
        crop = cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA)
    return crop if grey is None else cv2.cvtColor(crop, cv2.COLOR_GRAY2RGB)


def pixel_centres(matrix: np.ndarray) -> np.ndarray:
    """Converts a matrix to OpenCV's coordinates, whose origin is the centre of the first pixel instead of its corner.
    """
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
    return shifted


def find_face(image: np.ndarray, landmarker: FaceLandmarker, size: int, index: int = 0) -> tuple[Face, DetectedFace]:
    """Finds and aligns face number `index` of a photograph; the largest is number 0.

    Raises:
        CatganError: there is no such face.
    """
    (_, found), = choose_faces(landmarker.detect(image), index)
    return align(image, found.landmarks, size), found


def choose_faces(found: Sequence[DetectedFace], index: int | None) -> list[tuple[int, DetectedFace]]:
    """Returns face number `index` of those found in a photograph, or all of them if it is None, each with its number.

    Args:
        found: faces, the largest first.
        index: number of the face, from 0.

    Raises:
        CatganError: there is no such face.
    """
    if not found:
        raise CatganError("no face found, whichever way up. Give a photograph in which both eyes and the mouth are "
                          "visible.")
    if index is not None and not 0 <= index < len(found):
        raise CatganError(f"there is no face {index}: {len(found)} found, numbered from 0, the largest first.")
    return [(number, face) for number, face in enumerate(found) if index in (None, number)]


def quality(face: Face, detected: DetectedFace, shape: tuple[int, ...]) -> dict[str, float]:
    """Measures the quality of a crop.

    Args:
        face: the aligned face.
        detected: the same face as the landmarker found it.
        shape: shape of the photograph.

    Returns:
        `eye_distance` (photograph pixels), `yaw`, `pitch`, `roll` (degrees), `sharpness` (variance of the Laplacian of
        the
        luminance), `inside` (share of the crop that lies in the photograph).
    """
    left, right, _ = anchors(detected.landmarks)
    grey = cv2.cvtColor(face.image, cv2.COLOR_RGB2GRAY)
    return {"eye_distance": float(np.linalg.norm(right - left)), "yaw": detected.yaw, "pitch": detected.pitch,
            "roll": detected.roll, "sharpness": float(cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_64F))[1][0, 0] ** 2),
            "inside": _inside(face.matrix, grey.shape[0], shape)}


def _inside(matrix: np.ndarray, size: int, shape: tuple[int, ...]) -> float:
    """Returns the share of the crop's pixels whose centres lie in a photograph of this shape."""
    (a, b, c), (d, e, f) = matrix.tolist()
    determinant = a * e - b * d

    def inside(x: float | np.ndarray, y: float | np.ndarray) -> np.ndarray:
        left, top = (e * (x - c) - b * (y - f)) / determinant, (a * (y - f) - d * (x - c)) / determinant
        return (left >= 0) & (left < shape[1]) & (top >= 0) & (top < shape[0])

    edges = (0.5, size - 0.5)
    if all(inside(x, y) for x in edges for y in edges):  # the crop is convex
        return 1.0
    rows, columns = np.indices((size, size)) + 0.5
    return float(inside(columns, rows).mean())
