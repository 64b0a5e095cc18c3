"""Finds the faces of a photograph that may lie on its side, and tells right fits of the landmarker from wrong ones.

MediaPipe fits a plausible face to most of what it takes for one. Of photographs on their side or upside down it
misreads one in five without a word: docs/benchmarks/2026-11-27-faces.md has the figures behind the numbers here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from catgan.faces import alignment
from catgan.faces.detected import DetectedFace
from catgan.faces.likeness import SIDE, likeness

# A crop that looks like a face by this much, and leans by less, is one. Others are looked at again, and where they look
# like a face by less than the second number, in the other directions too.
CLEAR_LIKENESS, SURE_LIKENESS, CLEAR_ROLL = 0.3, 0.2, 45.0

# The second look: side of the crop in pixels, and how large the aligned face is in it, 1 being a usual crop.
SECOND_SIDE, SECOND_ZOOM = 256, 0.7

# A right fit is found again within this share of a crop's side. One that looks less like a face than this, as behind
# sunglasses or a mask, must be found again more closely.
LARGEST_MOVE, LEAST_LIKENESS, CLOSE_MOVE = 0.08, 0.1, 0.03

# A face that fills its picture is found after a border of this share of the longer side, in the picture's mean colour,
# was added.
BORDER = 0.25

Look = Callable[[np.ndarray], list[DetectedFace]]


@dataclass(frozen=True)
class Fit:
    """A verified face. `likeness`: see `catgan.faces.likeness`."""

    face: DetectedFace
    likeness: float

    @property
    def sure(self) -> bool:
        """Whether the other directions need not be tried."""
        return self.likeness >= SURE_LIKENESS and abs(self.face.roll) <= CLEAR_ROLL


def find(pixels: np.ndarray, look: Look, look_closely: Look) -> list[DetectedFace]:
    """Finds faces, each verified. Where none is sure, the photograph is turned to the other three directions, and
    the direction counts whose faces look most like faces. Where none is found, a border is added.

    Args:
        pixels: uint8 `(h, w, 3)` RGB.
        look: the landmarker's faces of one view.
        look_closely: `look` that also searches a wide view for small faces.

    Returns:
        Faces in pixels of `pixels`, in no order; `turned` of each says which direction counted.
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
    """The direction, in quarters of a turn, whose faces look most like faces, and these faces.

    Args:
        pixels: the photograph.
        turns: what is tried.
        search: finds faces in a turned photograph; `look` verifies them.
        upright: what was found without a turn.
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
    """The faces that are right: clear ones, and those that are found again in their own aligned crop; of those that
    look like a face by `least` or more."""
    fits = []
    for face in faces:
        alike = likeness(alignment.align(pixels, face.landmarks, SIDE).image)
        clear = alike >= CLEAR_LIKENESS and abs(face.roll) <= CLEAR_ROLL
        allowed = LARGEST_MOVE if alike >= LEAST_LIKENESS else CLOSE_MOVE
        if alike >= least and (clear or moved(pixels, face, look) <= allowed):
            fits.append(Fit(face, alike))
    return fits


def moved(pixels: np.ndarray, face: DetectedFace, look: Look) -> float:
    """By how much eyes and mouth move when a face is found again in its aligned crop, as a share of the crop's side;
    infinite where it is not found."""
    places = alignment.TEMPLATE * SECOND_ZOOM + (1.0 - SECOND_ZOOM) / 2.0
    crop = alignment.cropped(pixels, alignment.anchors(face.landmarks), places * SECOND_SIDE, SECOND_SIDE)
    moves = [np.linalg.norm(alignment.anchors(again.landmarks) / SECOND_SIDE - places, axis=1).max() / SECOND_ZOOM
             for again in look(crop)]
    return float(min(moves, default=np.inf))


def bordered(pixels: np.ndarray, look: Look) -> list[DetectedFace]:
    """The faces of a view after a border was added."""
    width = round(BORDER * max(pixels.shape[:2]))
    colour = pixels.mean((0, 1)).round().tolist()
    wider = cv2.copyMakeBorder(pixels, width, width, width, width, cv2.BORDER_CONSTANT, value=colour)
    return [replace(face, landmarks=face.landmarks - np.array([width, width, 0], np.float32)) for face in look(wider)]


def turned_back(face: DetectedFace, quarters: int, shape: tuple[int, ...]) -> DetectedFace:
    """A face of `np.rot90(photograph, quarters)`, in pixels of the photograph, whose shape is given."""
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
