"""Rendered faces with their true landmarks, and stand-ins for MediaPipe that know them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace

import cv2
import numpy as np

from catgan.faces.detected import DetectedFace
from catgan.faces.landmarks import FaceLandmarker
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler


@dataclass(frozen=True)
class RenderedFace:
    """A picture of the embedded renderer.

    Args:
        image: uint8 `(size, size, 3)` RGB.
        landmarks: float32 `(478, 2)`, where the renderer put them, in pixels.
    """

    image: np.ndarray
    landmarks: np.ndarray


def render_face(person: int = 5, size: int = 192, action_units: Mapping[int, float] | None = None,
                seed: int = 3) -> RenderedFace:
    """Renders a person who looks into the camera in even light."""
    return _render(person, size, tuple((action_units or {}).items()), seed)


@cache
def _render(person: int, size: int, action_units: tuple[tuple[int, float], ...], seed: int) -> RenderedFace:
    scene = Sampler(seed=seed).person(person).with_action_units(dict(action_units))
    images, landmarks = _renderer(size).render([scene])
    return RenderedFace(images[0], landmarks[0])


@cache
def _renderer(size: int) -> Renderer:
    return Renderer(size)  # its maps take seconds


def detected(points: np.ndarray, roll: float = 0.0) -> DetectedFace:
    """Returns landmarks `(478, 2 or 3)` as the landmarker does, without blendshapes."""
    return DetectedFace(np.pad(points[:, :2], ((0, 0), (0, 1))).astype(np.float32), {}, 0.0, 0.0, roll)


def wall_with(faces: Mapping[tuple[int, int], RenderedFace], shape: tuple[int, int]) -> np.ndarray:
    """Returns a grey photograph of height and width `shape` with a face at each left, top corner."""
    wall = np.full((*shape, 3), 90, np.uint8)
    for (left, top), face in faces.items():
        wall[top:top + len(face.image), left:left + len(face.image)] = face.image
    return wall


class TrueLandmarker(FaceLandmarker):
    """A landmarker whose MediaPipe graph is replaced by exact search for known rendered faces.

    It finds a face only if the view shows all of it unscaled, and, as MediaPipe does, only if it is wide enough in
    the view. Everything else of `FaceLandmarker` is the real code.

    Args:
        faces: what it knows.
        least: smallest share of the view's longer side that a face must fill.
        max_faces: as `FaceLandmarker` takes it.
    """

    def __init__(self, faces: list[RenderedFace], least: float = 0.0, max_faces: int = 5):
        self._faces, self._least, self._max_faces = faces, least, max_faces
        self._open()

    def _open(self) -> None:
        self._image = np.ascontiguousarray
        self._landmarker = SimpleNamespace(detect=self._find, close=lambda: None)

    def _find(self, view: np.ndarray) -> SimpleNamespace:
        height, width = view.shape[:2]
        found = []
        for face in self._faces:
            side = len(face.image)
            if side < self._least * max(height, width) or side > min(height, width):
                continue
            errors = cv2.matchTemplate(view, face.image, cv2.TM_SQDIFF)
            least, _, (left, top), _ = cv2.minMaxLoc(errors)
            if np.array_equal(view[top:top + side, left:left + side], face.image):
                points = (face.landmarks + (left, top)) / (width, height)
                found.append([SimpleNamespace(x=x, y=y, z=0.0) for x, y in points.tolist()])
        return SimpleNamespace(face_landmarks=found, face_blendshapes=[[]] * len(found),
                               facial_transformation_matrixes=[np.eye(4)] * len(found))
