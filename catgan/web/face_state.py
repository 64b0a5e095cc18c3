"""What the page Face keeps for a tab: a photograph, its faces, and views of it that fit the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np

from catgan.faces import coverage
from catgan.faces.alignment import Face, align
from catgan.faces.detected import DetectedFace
from catgan.metrics.figures import Figures
from catgan.web.requests import Refused
from catgan.web.uploads import Upload

PHOTO_SIDE, FACE_SIDE, THUMB_SIDE = 1280, 720, 96
"""Longer side in pixels of the view of the whole photograph, of that of a face, and of the picture of a face in the
list. Views are never enlarged."""
AROUND = 0.35
"""Margin of the view of a face beside its aligned crop, as a share of the crop's side."""
VIEWS = ("face", "photo")


class View(NamedTuple):
    """A part of the photograph at the resolution of the screen.

    Args:
        pixels: uint8 `(h, w, 3)`.
        face: the aligned face; its matrix leads from pixels of this view to the crop.
    """

    pixels: np.ndarray
    face: Face


@dataclass(frozen=True)
class FoundFace:
    """One face of the photograph.

    Args:
        detected: as the landmarker found it.
        face: aligned in the photograph.
        near: the view of the face.
        thumb: uint8 `(h, w, 3)`, for the list.
    """

    detected: DetectedFace
    face: Face
    near: View
    thumb: np.ndarray

    def facts(self) -> Figures:
        """Returns what `catgan.pipelines.edit_notes` must know of the face."""
        return {"yaw": round(self.detected.yaw, 1), "turned": self.detected.turned,
                "covered": list(coverage.covered(self.face.image)),
                "enlarged": round(float(np.hypot(*self.face.matrix[:, 0])), 2)}


@dataclass(frozen=True)
class Photo:
    """A photograph with its faces.

    Args:
        upload: its file.
        size: width and height in pixels.
        pixels: the whole photograph at the resolution of the screen, uint8 `(h, w, 3)`.
        faces: the largest first; may be empty.
    """

    upload: Upload
    size: tuple[int, int]
    pixels: np.ndarray
    faces: Sequence[FoundFace]

    @property
    def identity(self) -> str:
        """Tells photographs of a tab apart."""
        return self.upload.path.stem

    def whole(self, number: int) -> View:
        """Returns the view of the whole photograph, with face `number`."""
        face = self.faces[number].face
        return View(self.pixels, _scaled(face, self.pixels.shape[1] / self.size[0]))


@dataclass
class FaceState:
    """The state of a tab.

    Attributes:
        photo: the photograph; None before.
        chosen: number of the chosen face; None before.
        read: predicted labels of the chosen face before any edit, columns `(1,)` as `CatGAN.read` returns them.
        to: the labels that were last asked for, by name.
        asked: number of requests for a photograph, so that the last one wins.
    """

    photo: Photo | None = None
    chosen: int | None = None
    read: dict[str, np.ndarray] = field(default_factory=dict)
    to: dict[str, float] = field(default_factory=dict)
    asked: int = 0

    @property
    def nbytes(self) -> int:
        if self.photo is None:
            return 0
        return self.photo.pixels.nbytes + sum(face.near.pixels.nbytes for face in self.photo.faces)

    def the_photo(self) -> Photo:
        """Returns the photograph.

        Raises:
            Refused: there is none, or the server has forgotten it (410).
        """
        if self.photo is None:
            raise Refused("This photograph is no longer kept. Choose it again.", 410)
        return self.photo

    def face(self, identity: str) -> FoundFace:
        """Returns the chosen face of a photograph.

        Raises:
            Refused: none is chosen (410), or the tab has another photograph by now (409).
        """
        photo = self.the_photo()
        if photo.identity != identity:
            raise Refused("This tab shows another photograph by now.", 409)
        if self.chosen is None:
            raise Refused("Choose a face first.", 409)
        return photo.faces[self.chosen]

    def view(self, name: str) -> View:
        """Returns a view of the chosen face, one of `VIEWS`."""
        photo, number = self.the_photo(), self.chosen or 0
        return photo.faces[number].near if name == "face" else photo.whole(number)


def photo_of(upload: Upload, pixels: np.ndarray, detected: Sequence[DetectedFace], side: int) -> Photo:
    """Aligns the faces of a photograph and makes its views; the pixels themselves are not kept.

    Args:
        upload: the file.
        pixels: uint8 `(h, w, 3)`.
        detected: the faces, the largest first.
        side: of aligned faces, in pixels.
    """
    faces = []
    for found in detected:
        face = align(pixels, found.landmarks, side)
        near = _near(pixels, face)
        faces.append(FoundFace(found, face, near, _fitted(near.pixels, THUMB_SIDE)))
    return Photo(upload, (pixels.shape[1], pixels.shape[0]), _fitted(pixels, PHOTO_SIDE), faces)


def _near(pixels: np.ndarray, face: Face) -> View:
    """Cuts the surroundings of a face out of a photograph."""
    side, linear = len(face.image), np.linalg.inv(face.matrix[:, :2])
    low, high = -AROUND * side, (1 + AROUND) * side
    corners = (np.array([(low, low), (high, low), (low, high), (high, high)]) - face.matrix[:, 2]) @ linear.T
    limits = np.array(pixels.shape[1::-1])
    left, top = np.clip(np.floor(corners.min(0)), 0, limits - 1).astype(int)
    right, bottom = np.clip(np.ceil(corners.max(0)), (left + 1, top + 1), limits).astype(int)
    matrix = face.matrix.copy()
    matrix[:, 2] += matrix[:, :2] @ (left, top)
    cut = _fitted(pixels[top:bottom, left:right], FACE_SIDE)
    return View(cut, _scaled(Face(face.image, face.landmarks, matrix), cut.shape[1] / (right - left)))


def _scaled(face: Face, scale: float) -> Face:
    """Returns a face of a photograph that was scaled."""
    matrix = face.matrix.copy()
    matrix[:, :2] /= scale
    return Face(face.image, face.landmarks, matrix)


def _fitted(pixels: np.ndarray, side: int) -> np.ndarray:
    """Returns a copy of a picture that is reduced so that its longer side is at most `side`."""
    scale = side / max(pixels.shape[:2])
    if scale >= 1.0:
        return pixels.copy()
    size = (max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
