"""Keeps the clearest picture of each face and body of a clip, with few pictures in memory."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import cv2
import numpy as np

from catgan.faces.alignment import align
from catgan.faces.detected import DetectedFace
from catgan.modalities.face_reader import SIDE, turn
from catgan.modalities.person import Person


@dataclass(frozen=True)
class Moment:
    """Holds a picture of a clip.

    Args:
        frame: number of the frame among those that were read.
        picture: uint8 `(h, w, 3)`.
        clarity: of the face or body in it.
    """

    frame: int
    picture: np.ndarray
    clarity: float


class Clearest:
    """Keeps one picture for each name: that of the greatest clarity, the earliest of equal ones."""

    def __init__(self) -> None:
        self._moments: dict[Hashable, Moment] = {}

    def offer(self, name: Hashable, moment: Moment) -> None:
        """Keeps a picture if it is clearer than the one before."""
        if name not in self._moments or moment.clarity > self._moments[name].clarity:
            self._moments[name] = moment

    def best(self, names: list[Hashable]) -> Moment | None:
        """Returns the clearest picture of several names."""
        kept = [self._moments[name] for name in names if name in self._moments]
        return max(kept, key=lambda moment: (moment.clarity, -moment.frame), default=None)


def face_clarity(picture: np.ndarray, face: DetectedFace) -> float:
    """Returns how clearly a face is seen, above 0 if it is turned by less than 90 degrees.

    It is the product of the squared cosine of the turn away from the camera, the resolution (at most 1), and the
    sharpness: the standard deviation of the Laplacian in the aligned crop, per standard deviation of its grey levels.
    """
    grey = cv2.cvtColor(align(picture, face.landmarks, SIDE).image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    sharpness = cv2.Laplacian(grey, cv2.CV_32F).std() / (grey.std() + 1.0)
    frontal = max(np.cos(np.radians(turn(face))), 0.0) ** 2
    return float(frontal * min(face.box[2] / SIDE, 1.0) * sharpness)


def body_clarity(body: Person) -> float:
    """Returns how much of a body is seen: the number of its visible points, and below 1, its height in the picture."""
    return float(body.visible.sum() + body.box[3] / 1e5)
