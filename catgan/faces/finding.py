"""Finds the faces of a photograph in any orientation, and rejects wrong fits of the landmarker.

MediaPipe fits a plausible face to most regions that it takes for one. In photographs that lie on their side or upside
down, one in five fits is silently wrong. docs/journal/2026-11-27-faces.md has the measurements behind the constants.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from catgan.faces import alignment
from catgan.faces.detected import DetectedFace
from catgan.faces.likeness import SIDE, likeness

CLEAR_LIKENESS = 0.3
"""A fit with at least this likeness, and with less roll than `CLEAR_ROLL`, is accepted without a second look."""
CLEAR_ROLL = 45.0
"""In degrees."""
SURE_LIKENESS = 0.2
"""If no fit has this likeness, the other orientations of the photograph are searched too."""

SECOND_SIDE = 256
"""Side of the crop for the second look, in pixels."""
SECOND_ZOOM = 0.7
"""Scale of the aligned face in that crop; 1 is a usual crop."""

LARGEST_MOVE = 0.08
"""A correct fit is found again within this distance, as a share of the crop's side."""
LEAST_LIKENESS = 0.1
"""A fit with less likeness, as behind sunglasses or a mask, must be found again within `CLOSE_MOVE`."""
CLOSE_MOVE = 0.03
"""As a share of the crop's side."""

BORDER = 0.25
"""Width of the border, as a share of the longer side, that is added to find a face that fills its picture. The border
has the mean colour of the picture."""

Look = Callable[[np.ndarray], list[DetectedFace]]


@dataclass(frozen=True)
class Fit:
    """Holds a verified face and its likeness, see `catgan.faces.likeness`."""

    face: DetectedFace
    likeness: float

    @property
    def sure(self) -> bool:
        """Whether the other orientations need not be searched."""
        return self.likeness >= SURE_LIKENESS and abs(self.face.roll) <= CLEAR_ROLL


def find(pixels: np.ndarray, look: Look, look_closely: Look) -> list[DetectedFace]:
    """Finds faces and verifies each.

    If no fit is sure, the photograph is rotated to the other three orientations, and the orientation whose faces have
    the greatest likeness is taken. If no face is found, a border is added.

    Args:
        pixels: uint8 `(h, w, 3)` RGB.
        look: returns the landmarker's faces of a view.
        look_closely: like `look`; it also searches a wide view for small faces.

    Returns:
        Faces in pixels of `pixels`, unsorted; their `turned` tells the orientation.
    """
    best, quarters = verified(pixels, look_closely(pixels), look), 0
    if not any(fit.sure for fit in best):
        best, quarters = _best_direction(pixels, (2, 1, 3), look, look, best)
    if not best:
        best, quarters = _best_direction(pixels, (0, 2, 1, 3), lambda view: bordered(view, look), look, [])
    if quarters:
        view = _turned(pixels, quarters)
        best = verified(view, look_closely(view), look) or best
    return [turned_back(fit.face, quarters, pixels.shape) for fit in best]


def _best_direction(pixels: np.ndarray, turns: tuple[int, ...], search: Look, look: Look,
                    upright: list[Fit]) -> tuple[list[Fit], int]:
    """Finds the orientation whose faces have the greatest likeness.

    Args:
        pixels: the photograph.
        turns: orientations to search, in quarter turns.
        search: finds faces in a rotated photograph.
        look: verifies faces.
        upright: faces that were found without a rotation.

    Returns:
        The faces, and the orientation in quarter turns.
    """
    best, quarters = upright, 0
    for turn in turns:
        view = _turned(pixels, turn)
        least = max([LEAST_LIKENESS, *(fit.likeness for fit in best)]) if best else -1.0
        fits = verified(view, search(view), look, least)
        if fits:
            best, quarters = fits, turn
        if any(fit.sure for fit in fits):
            break
    return best, quarters


def _turned(pixels: np.ndarray, quarters: int) -> np.ndarray:
    return np.ascontiguousarray(np.rot90(pixels, quarters))


def verified(pixels: np.ndarray, faces: list[DetectedFace], look: Look, least: float = -1.0) -> list[Fit]:
    """Returns the correct fits: clear ones, and those that are found again in their own aligned crop.

    Args:
        pixels: uint8 `(h, w, 3)` RGB.
        faces: the landmarker's faces.
        look: returns the landmarker's faces of a view.
        least: smallest accepted likeness.
    """
    fits = []
    for face in faces:
        alike = likeness(alignment.align(pixels, face.landmarks, SIDE).image)
        clear = alike >= CLEAR_LIKENESS and abs(face.roll) <= CLEAR_ROLL
        allowed = LARGEST_MOVE if alike >= LEAST_LIKENESS else CLOSE_MOVE
        if alike >= least and (clear or moved(pixels, face, look) <= allowed):
            fits.append(Fit(face, alike))
    return fits


def moved(pixels: np.ndarray, face: DetectedFace, look: Look) -> float:
    """Measures how far eyes and mouth move when a face is found again in its aligned crop.

    Returns a share of the crop's side; infinity if the face is not found.
    """
    places = alignment.TEMPLATE * SECOND_ZOOM + (1.0 - SECOND_ZOOM) / 2.0
    crop = alignment.cropped(pixels, alignment.anchors(face.landmarks), places * SECOND_SIDE, SECOND_SIDE)
    moves = [np.linalg.norm(alignment.anchors(again.landmarks) / SECOND_SIDE - places, axis=1).max() / SECOND_ZOOM
             for again in look(crop)]
    return float(min(moves, default=np.inf))


def bordered(pixels: np.ndarray, look: Look) -> list[DetectedFace]:
    """Finds the faces of a view after adding a border."""
    width = round(BORDER * max(pixels.shape[:2]))
    colour = pixels.mean((0, 1)).round().tolist()
    wider = cv2.copyMakeBorder(pixels, width, width, width, width, cv2.BORDER_CONSTANT, value=colour)
    return [replace(face, landmarks=face.landmarks - np.array([width, width, 0], np.float32)) for face in look(wider)]


def turned_back(face: DetectedFace, quarters: int, shape: tuple[int, ...]) -> DetectedFace:
    """Converts a face of `np.rot90(photograph, quarters)` to pixels of the photograph, whose shape is given."""
    points = face.landmarks.copy()
    sides = (shape[1], shape[0])  # of the photograph: width, height
    if quarters == 1:
        points[:, 0], points[:, 1] = sides[0] - face.landmarks[:, 1], face.landmarks[:, 0]
    elif quarters == 2:
        points[:, 0], points[:, 1] = sides[0] - face.landmarks[:, 0], sides[1] - face.landmarks[:, 1]
    elif quarters == 3:
        points[:, 0], points[:, 1] = face.landmarks[:, 1], sides[1] - face.landmarks[:, 0]
    roll = (face.roll + 90.0 * quarters + 180.0) % 360.0 - 180.0
    return replace(face, landmarks=points, roll=roll, turned=-90 * quarters % 360)
