"""Photograph -> 478 landmarks, blendshapes and pose, with MediaPipe's Face Landmarker."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from catgan import native_log
from catgan.errors import CatganError
from catgan.faces import model_files
from catgan.faces.images import to_rgb

# The detector inside the bundle looks at 192 px: below 64 px it sees too little, beyond 2048 px nothing more.
SMALLEST_SIDE, LARGEST_SIDE = 128, 2048


@dataclass(frozen=True)
class DetectedFace:
    """One face.

    Args:
        landmarks: float32 `(478, 3)`: x to the right, y down, z away from the camera, in pixels of the image given.
        blendshapes: 52 scores 0..1 by ARKit name.
        yaw, pitch, roll: degrees; positive when the face turns to the image's right, up, and clockwise.
    """

    landmarks: np.ndarray
    blendshapes: dict[str, float]
    yaw: float
    pitch: float
    roll: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, width, height of the landmarks, in pixels."""
        low, high = self.landmarks[:, :2].min(0), self.landmarks[:, :2].max(0)
        return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])


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
        """All faces, the largest first.

        Args:
            image: any array `catgan.faces.images.to_rgb` takes.

        Raises:
            CatganError: the array is not an image, or the landmarker is closed.
        """
        if self._landmarker is None:
            raise CatganError("This FaceLandmarker is closed. Open a new one.")
        pixels = to_rgb(image)
        scale = _working_scale(pixels.shape)
        if scale != 1.0:
            how = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
            pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=how)
        try:
            result = self._landmarker.detect(self._image(pixels))
        except RuntimeError as error:
            # MediaPipe's graph is dead for good after one failure.
            self.close()
            self._open()
            raise CatganError(f"MediaPipe failed on an image of shape {image.shape}: "
                              f"{' '.join(str(error).split())[:200]}.") from None
        size = np.array([image.shape[1], image.shape[0], image.shape[1]], np.float32)
        faces = [_face(*parts, size) for parts in zip(result.face_landmarks, result.face_blendshapes,
                                                      result.facial_transformation_matrixes)]
        return sorted(faces, key=lambda face: -face.box[2] * face.box[3])

    def _open(self) -> None:
        with native_log.silenced():
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
    points = np.array([(point.x, point.y, point.z) for point in landmarks], np.float32) * size
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
