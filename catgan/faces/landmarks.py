"""Photograph -> 478 landmarks, blendshapes and pose, with MediaPipe's Face Landmarker."""

from __future__ import annotations

import multiprocessing.util
import os
import sys
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from catgan import system
from catgan.errors import CatganError
from catgan.faces import finding, model_files
from catgan.faces.detected import DetectedFace
from catgan.faces.images import to_rgb

# The detector inside the bundle looks at 192 px: below 64 px it sees too little, beyond 2048 px nothing more.
SMALLEST_SIDE, LARGEST_SIDE = 128, 2048

# A face narrower than this share of the view is found unreliably, and fitted badly when it is: it is looked at closer.
SMALL_FACE = 0.2
SMALLEST_CLOSER_LOOK = 400

# Boxes that share more than this of their union are one face.
SAME_FACE = 0.3


def without_tensorflow() -> None:
    """Keeps `import mediapipe` from loading TensorFlow (4 s and 500 MB). For worker processes that never need it."""
    if "tensorflow" not in sys.modules:
        sys.modules["tensorflow"] = None  # type: ignore[assignment]


class FaceLandmarker:
    """Finds faces. A context manager; images are independent of each other.

    Args:
        model_path: the `face_landmarker.task` bundle; searched for as `model_files.find` says when not given.
        max_faces: the most faces looked for in one image.
    """

    def __init__(self, model_path: str | os.PathLike | None = None, max_faces: int = 5):
        self._path = str(model_files.find("face_landmarker", model_path))
        self._max_faces = max_faces
        self._landmarker: Any = None
        self._open()

    def __enter__(self) -> FaceLandmarker:
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def close(self) -> None:
        """Frees MediaPipe's graph; may be called twice."""
        if self._landmarker is not None:
            self._landmarker.close()
            self._landmarker = None

    def detect(self, image: np.ndarray) -> list[DetectedFace]:
        """All faces that `catgan.faces.finding` verified, whichever way up the photograph is, the largest first.

        Args:
            image: any array `catgan.faces.images.to_rgb` takes.

        Raises:
            CatganError: the array is not an image, or the landmarker is closed.
        """
        return self._largest(finding.find(to_rgb(image), self._look, self._look_closely))

    def detect_large(self, image: np.ndarray) -> list[DetectedFace]:
        """Verified faces of an upright picture that are not small, the largest first; where there is none, this takes
        a tenth of the time of `detect`. Arguments and errors are those of `detect`."""
        pixels = to_rgb(image)
        return self._largest([fit.face for fit in finding.verified(pixels, self._look(pixels), self._look)])

    def detect_upright(self, image: np.ndarray) -> list[DetectedFace]:
        """All that MediaPipe takes for a face that is upright, the largest first. Nothing is verified: for pictures
        that are known to be faces. Arguments and errors are those of `detect`."""
        return self._largest(self._look_closely(to_rgb(image)))

    def _largest(self, faces: list[DetectedFace]) -> list[DetectedFace]:
        return sorted(faces, key=lambda face: -face.box[2] * face.box[3])[:self._max_faces]

    def _look_closely(self, pixels: np.ndarray) -> list[DetectedFace]:
        """The faces of one view, and of parts of it where all are small."""
        faces = self._look(pixels)
        longest = max(pixels.shape[:2])
        if longest >= SMALLEST_CLOSER_LOOK and all(face.box[2] < SMALL_FACE * longest for face in faces):
            faces = self._look_closer(pixels, faces)
        return faces

    def _look(self, pixels: np.ndarray) -> list[DetectedFace]:
        """The faces of one view."""
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
            # MediaPipe's graph is dead for good after one failure.
            self.close()
            self._open()
            raise CatganError(f"MediaPipe failed on an image of shape {shape}: "
                              f"{' '.join(str(error).split())[:200]}.") from None
        size = np.array([shape[1], shape[0], shape[1]], np.float32)
        return [_face(*parts, size) for parts in zip(result.face_landmarks, result.face_blendshapes,
                                                     result.facial_transformation_matrixes)]

    def _look_closer(self, pixels: np.ndarray, faces: list[DetectedFace]) -> list[DetectedFace]:
        """The faces of a wide view: those of overlapping squares of half its shorter side are added. Of several that
        are one face, the one counts that lies whole in its square and fills most of it."""
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
            import mediapipe
            from mediapipe.tasks.python import BaseOptions, vision

            self._image = lambda pixels: mediapipe.Image(mediapipe.ImageFormat.SRGB, np.ascontiguousarray(pixels))
            options = vision.FaceLandmarkerOptions(
                base_options=BaseOptions(model_asset_path=self._path), num_faces=self._max_faces,
                output_face_blendshapes=True, output_facial_transformation_matrixes=True)
            self._landmarker = vision.FaceLandmarker.create_from_options(options)
            # The first call writes to stderr as well.
            self._landmarker.detect(self._image(np.zeros((64, 64, 3), np.uint8)))


def _face(landmarks, blendshapes, matrix, size: np.ndarray) -> DetectedFace:
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
    """Where squares of `side` begin that cover `length` and overlap by half."""
    return np.linspace(0, length - side, max(2 * length // side - 1, 1)).astype(int)


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union of two boxes (left, top, width, height), 0..1."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def worker_landmarker(model_path: str | os.PathLike, max_faces: int = 5) -> FaceLandmarker:
    """A landmarker for a worker process, for as long as it lives; OpenCV keeps to one thread there."""
    without_tensorflow()
    cv2.setNumThreads(1)
    landmarker = FaceLandmarker(model_path, max_faces)
    if multiprocessing.parent_process() is not None:
        # Closed before the worker's threads end: MediaPipe needs one of them for it, and complains if it is too late.
        multiprocessing.util.Finalize(None, landmarker.close, exitpriority=1)
    return landmarker
