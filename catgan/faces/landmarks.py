"""Finds 478 landmarks, blendshapes and head pose in photographs with MediaPipe's Face Landmarker."""

from __future__ import annotations

import contextlib
import multiprocessing.util
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from catgan import system
from catgan.errors import CatganError
from catgan.faces import finding, model_files
from catgan.faces.detected import DetectedFace
from catgan.faces.images import to_rgb

# MediaPipe's detector scales views to 192 px: much larger views add no detail, and much smaller ones have too little.
SMALLEST_SIDE = 128
"""Pictures with a smaller longer side are enlarged to it, in pixels."""
LARGEST_SIDE = 2048
"""Pictures with a larger longer side are reduced to it, in pixels."""

SMALL_FACE = 0.2
"""Width of a face, as a share of the view, below which it is found unreliably and searched for in parts of the view."""
SMALLEST_CLOSER_LOOK = 400
"""Longer side in pixels from which a view is searched in parts."""
NARROWEST_CLOSER_LOOK = 32
"""Shorter side in pixels from which a view is searched in parts; a narrow strip has thousands and shows no face."""

NEAR = 2.0
"""Side of the square that is searched for a face near its last place, as a multiple of the face's longer side."""

SAME_FACE = 0.3
"""Intersection over union from which two boxes are the same face."""


def without_tensorflow() -> None:
    """Keeps `import mediapipe` from loading TensorFlow (4 s and 500 MB). For worker processes that never need
    TensorFlow."""
    if "tensorflow" not in sys.modules:
        sys.modules["tensorflow"] = None  # type: ignore[assignment]


@contextlib.contextmanager
def _tensorflow_hidden() -> Iterator[None]:
    """Keeps an import of MediaPipe from loading TensorFlow, which it uses for texts about its functions alone."""
    if "tensorflow" in sys.modules:
        yield
        return
    sys.modules["tensorflow"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["tensorflow"]


class FaceLandmarker:
    """Finds faces in images, each independently of the others. A context manager.

    Args:
        model_path: the `face_landmarker.task` bundle; by default `model_files.find` searches for it.
        max_faces: largest number of faces per image.

    Raises:
        CatganError: the bundle is missing or not the expected one.
    """

    def __init__(self, model_path: str | os.PathLike | None = None, max_faces: int = 5):
        self._path = str(model_files.find("face_landmarker", model_path))
        self._max_faces = max_faces
        self._landmarker: Any = None
        self._open()

    def __enter__(self) -> FaceLandmarker:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Frees MediaPipe's graph; may be called twice."""
        if self._landmarker is not None:
            self._landmarker.close()
            self._landmarker = None

    def detect(self, image: np.ndarray) -> list[DetectedFace]:
        """Finds all faces that `catgan.faces.finding` verifies, in any orientation of the photograph, the largest
        first.

        Args:
            image: any array that `catgan.faces.images.to_rgb` accepts.

        Raises:
            CatganError: the array is not an image, or the landmarker is closed.
        """
        return self._largest(finding.find(to_rgb(image), self._look, self._look_closely))

    def detect_large(self, image: np.ndarray) -> list[DetectedFace]:
        """Finds verified faces of an upright picture that are not small, the largest first.

        Takes a tenth of the time of `detect` for a picture without a face. Arguments and errors are those of `detect`.
        """
        pixels = to_rgb(image)
        return self._largest([fit.face for fit in finding.verified(pixels, self._look(pixels), self._look)])

    def detect_near(self, image: np.ndarray, box: tuple[float, float, float, float]) -> list[DetectedFace]:
        """Finds verified upright faces in a square around a box, the largest first.

        Takes one look, where `detect` takes many at a picture whose faces are small.

        Args:
            image: any array that `catgan.faces.images.to_rgb` accepts.
            box: left, top, width and height in pixels. The side of the square is `NEAR` times the longer one.
        """
        pixels = to_rgb(image)
        side = NEAR * max(box[2:])
        low = np.array([box[0] + box[2] / 2 - side / 2, box[1] + box[3] / 2 - side / 2])
        left, top = np.maximum(np.floor(low), 0).astype(int).tolist()
        right, bottom = np.ceil(low + side).astype(int).tolist()
        view = pixels[top:max(bottom, 0), left:max(right, 0)]
        if not view.size:
            return []
        shift = np.array([left, top, 0], np.float32)
        found = finding.verified(view, self._look(view), self._look)
        return self._largest([replace(fit.face, landmarks=fit.face.landmarks + shift) for fit in found])

    def detect_upright(self, image: np.ndarray) -> list[DetectedFace]:
        """Finds upright faces without verifying them, the largest first. For pictures that are known to be faces.

        Arguments and errors are those of `detect`.
        """
        return self._largest(self._look_closely(to_rgb(image)))

    def _largest(self, faces: list[DetectedFace]) -> list[DetectedFace]:
        return sorted(faces, key=lambda face: -face.box[2] * face.box[3])[:self._max_faces]

    def _look_closely(self, pixels: np.ndarray) -> list[DetectedFace]:
        """Returns the faces of one view, and of its parts if all faces are small."""
        faces = self._look(pixels)
        longest = max(pixels.shape[:2])
        searched = longest >= SMALLEST_CLOSER_LOOK and min(pixels.shape[:2]) >= NARROWEST_CLOSER_LOOK
        if searched and all(face.box[2] < SMALL_FACE * longest for face in faces):
            faces = self._look_closer(pixels, faces)
        return faces

    def _look(self, pixels: np.ndarray) -> list[DetectedFace]:
        """Returns the faces of one view."""
        if self._landmarker is None:
            raise CatganError("This FaceLandmarker is closed. Open a new one.")
        shape = pixels.shape
        scale = _working_scale(shape)
        if scale != 1.0:
            how = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
            pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=how)
        try:
            result = self._landmarker.detect(self._image(pixels))
        except RuntimeError as error:
            # MediaPipe's graph is unusable after one failure.
            self.close()
            self._open()
            raise CatganError(f"MediaPipe failed on an image of shape {shape}: "
                              f"{' '.join(str(error).split())[:200]}.") from None
        size = np.array([shape[1], shape[0], shape[1]], np.float32)
        return [_face(*parts, size) for parts in zip(result.face_landmarks, result.face_blendshapes,
                                                     result.facial_transformation_matrixes)]

    def _look_closer(self, pixels: np.ndarray, faces: list[DetectedFace]) -> list[DetectedFace]:
        """Adds the faces of overlapping squares of half the view's shorter side.

        Of several detections of one face, the one that lies completely in its square and fills most of it is kept.
        """
        height, width = pixels.shape[:2]
        side = max(min(height, width) // 2, 1)
        ranked = [((True, face.box[2] / max(height, width)), face) for face in faces]
        for top in _positions(height, side):
            for left in _positions(width, side):
                for face in self._look(pixels[top:top + side, left:left + side]):
                    whole = face.landmarks[:, :2].min() > 0 and face.landmarks[:, :2].max() < side
                    moved = replace(face, landmarks=face.landmarks + np.array([left, top, 0], np.float32))
                    ranked.append(((whole, face.box[2] / side), moved))
        kept: list[DetectedFace] = []
        for _, face in sorted(ranked, key=lambda item: item[0], reverse=True):
            if all(overlap(face.box, other.box) < SAME_FACE for other in kept):
                kept.append(face)
        return kept

    def _open(self) -> None:
        with system.silenced():
            with _tensorflow_hidden():
                import mediapipe
                from mediapipe.tasks.python import BaseOptions, vision

            self._image = lambda pixels: mediapipe.Image(mediapipe.ImageFormat.SRGB, np.ascontiguousarray(pixels))
            options = vision.FaceLandmarkerOptions(
                base_options=BaseOptions(model_asset_path=self._path), num_faces=self._max_faces,
                output_face_blendshapes=True, output_facial_transformation_matrixes=True)
            self._landmarker = vision.FaceLandmarker.create_from_options(options)
            # The first call also writes to stderr.
            self._landmarker.detect(self._image(np.zeros((64, 64, 3), np.uint8)))


def _face(landmarks: Sequence[Any], blendshapes: Sequence[Any], matrix: np.ndarray, size: np.ndarray) -> DetectedFace:
    numbers = (number for point in landmarks for number in (point.x, point.y, point.z))
    points = np.fromiter(numbers, np.float32, 3 * len(landmarks)).reshape(-1, 3) * size
    rotation = np.asarray(matrix)[:3, :3]
    rotation = rotation / np.linalg.norm(rotation, axis=0)
    yaw = np.degrees(np.arctan2(rotation[0, 2], rotation[2, 2]))
    pitch = np.degrees(np.arcsin(np.clip(-rotation[1, 2], -1.0, 1.0)))
    roll = np.degrees(np.arctan2(rotation[1, 0], rotation[1, 1]))
    scores = {item.category_name: float(item.score) for item in blendshapes}
    return DetectedFace(points, scores, float(yaw), float(-pitch), float(-roll))


def _working_scale(shape: tuple[int, ...]) -> float:
    side = max(shape[:2])
    if side < SMALLEST_SIDE:
        return SMALLEST_SIDE / side
    return LARGEST_SIDE / side if side > LARGEST_SIDE else 1.0


def _positions(length: int, side: int) -> np.ndarray:
    """Returns the starts of squares of `side` that cover `length` and overlap by half."""
    return np.linspace(0, length - side, max(2 * length // side - 1, 1)).astype(int)


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Returns the intersection over union of two boxes (left, top, width, height), 0..1."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def worker_landmarker(model_path: str | os.PathLike, max_faces: int = 5) -> FaceLandmarker:
    """Opens a landmarker for the lifetime of a worker process, and limits OpenCV to one thread there."""
    without_tensorflow()
    cv2.setNumThreads(1)
    landmarker = FaceLandmarker(model_path, max_faces)
    if multiprocessing.parent_process() is not None:
        # MediaPipe needs one of the worker's threads to close, so it must be closed before they end.
        multiprocessing.util.Finalize(None, landmarker.close, exitpriority=1)
    return landmarker
