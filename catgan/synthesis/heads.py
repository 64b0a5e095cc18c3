"""Draws heads with a rendered face, ears and hair."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from catgan.faces.alignment import pixel_centres
from catgan.faces.warping import face_weight
from catgan.synthesis.clothes import Clothes
from catgan.synthesis.sketch import Sketch
from catgan.synthesis.stage import Colour, shaded

FACE_SIDE = 0.222
"""Side in metres of a rendered face's square on a body of 1.70 m: the face from hairline to chin has .19 m."""
EARS = (0.5, 0.49)
"""Where the middle of the ears lies in that square, as shares of its side."""
COVERS = ("scarf", "mosaic", "turned away")
"""What may hide a face: a scarf over all but the eyes, squares of one colour, or the back of the head."""

_OVAL = np.linspace(0, 2 * np.pi, 40, endpoint=False)


class Face(NamedTuple):
    """A rendered face.

    Args:
        image: uint8 `(side, side, 3)` of `catgan.synthesis.rendering.Renderer`.
        landmarks: float `(478, 2)` in pixels of the image.
    """

    image: np.ndarray
    landmarks: np.ndarray


class Head(NamedTuple):
    """Where a head is, and how it is turned.

    Args:
        middle: of the ears, in pixels.
        metre: pixels of a metre of a body of 1.70 m; for smaller bodies it is smaller.
        roll: degrees, clockwise.
        yaw: degrees, to the image's right; beyond 90 the back is seen.
    """

    middle: np.ndarray
    metre: float
    roll: float
    yaw: float

    def place(self, points: np.ndarray) -> np.ndarray:
        """Converts points `(k, 2)` in metres of the head, x to the image's right and y up, to pixels."""
        angle = np.radians(self.roll)
        turn = np.array([[np.cos(angle), np.sin(angle)], [np.sin(angle), -np.cos(angle)]])
        return self.middle + self.metre * np.asarray(points, float) @ turn.T

    def ellipse(self, x: float, y: float, half: float, tall: float) -> np.ndarray:
        """Returns the outline of an ellipse of the head, `(40, 2)` in pixels."""
        return self.place(np.stack([x + half * np.cos(_OVAL), y + tall * np.sin(_OVAL)], -1))


def draw_head(sketch: Sketch, head: Head, clothes: Clothes, face: Face | None, cover: str | None) -> np.ndarray | None:
    """Draws a head.

    Args:
        sketch: holds the body already.
        head: where.
        clothes: with hair and skin.
        face: without one, the head has no features.
        cover: of `COVERS`, or None.

    Returns:
        The face's landmarks in pixels of the picture `(478, 2)`, or None if there is no face to see.
    """
    back, away = _back(head), cover == "turned away" or abs(head.yaw) > 90
    _skull(sketch, head, clothes, back)
    _ears(sketch, head, clothes, away)
    if away:
        _back_of_head(sketch, head, clothes)
        return None
    sketch.polygon(head.ellipse(0.6 * back, 0.015, 0.079, 0.118), shaded(clothes.skin, 0.92))
    points = None if face is None else _paste_face(sketch, head, face)
    _fringe(sketch, head, clothes, back)
    if cover == "scarf":
        _scarf(sketch, head, shaded(clothes.trousers, 1.25))
    elif cover == "mosaic":
        _mosaic(sketch, head)
    return points if cover is None else None


def draw_long_hair(sketch: Sketch, head: Head, clothes: Clothes) -> None:
    """Draws the hair that hangs behind the neck, if it is long; comes before the trunk."""
    if clothes.hairstyle == "long":
        outline = np.array([(-0.090, 0.05), (0.090, 0.05), (0.106, -0.14), (0.085, -0.23), (-0.085, -0.23),
                            (-0.106, -0.14)])
        sketch.polygon(head.place(outline + (_back(head), 0)), shaded(clothes.hair, 0.8))


def face_skin(face: Face) -> Colour:
    """Returns the median colour of a rendered face's skin: of its cheeks and forehead."""
    side = len(face.image)
    weight = face_weight(face.landmarks / side, side) > 0.9
    red, green, blue = np.median(face.image[weight], 0).tolist() if weight.any() else (190.0, 150.0, 122.0)
    return red, green, blue


def _paste_face(sketch: Sketch, head: Head, face: Face) -> np.ndarray:
    """Blends the face inside its oval into the picture, turned and scaled with the head; returns its landmarks."""
    side = len(face.image)
    eyes = face.landmarks[263] - face.landmarks[33]
    angle = np.radians(head.roll) - np.arctan2(eyes[1], eyes[0])
    scale = head.metre * FACE_SIDE / side
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = np.array(EARS) * side
    reach = int(np.ceil(0.85 * side * scale)) + 1
    corner = np.floor(head.middle).astype(int) - reach
    warp = np.column_stack([turn, head.middle - corner - turn @ centre])
    image, shrunk = face.image, 1.0
    if scale < 0.7:  # a pixel is the mean of what it covers
        shrunk = max(round(side * scale), 8) / side
        image = cv2.resize(image, None, fx=shrunk, fy=shrunk, interpolation=cv2.INTER_AREA)
    matrix = pixel_centres(np.column_stack([warp[:, :2] / shrunk, warp[:, 2]]))
    opacity = face_weight(face.landmarks / side, len(image))
    pasted, share = (cv2.warpAffine(source, matrix, (2 * reach, 2 * reach), flags=cv2.INTER_LINEAR)
                     for source in (image, opacity))
    sketch.paste(pasted, share, (int(corner[0]), int(corner[1])))
    return ((face.landmarks @ turn.T) + warp[:, 2] + corner).astype(np.float32)


def _back(head: Head) -> float:
    """Returns how far the skull, which lies behind the face, is seen beside it, in metres to the image's right."""
    return float(-np.sin(np.radians(np.clip(head.yaw, -90, 90))) * 0.028)


def _skull(sketch: Sketch, head: Head, clothes: Clothes, back: float) -> None:
    if clothes.hairstyle == "bald":
        sketch.polygon(head.ellipse(back, 0.036, 0.080, 0.100), shaded(clothes.skin, 0.9))
    else:
        sketch.polygon(head.ellipse(back, 0.036, 0.093, 0.112), clothes.hair)


def _ears(sketch: Sketch, head: Head, clothes: Clothes, away: bool) -> None:
    turned = np.sin(np.radians(head.yaw))
    for side in (-1, 1):
        # The ear on the side to which the head turns is hidden.
        if clothes.hairstyle != "long" and (away or side * turned < 0.35):
            x = side * 0.082 * np.cos(np.radians(head.yaw)) - 0.03 * turned if not away else side * 0.084
            sketch.polygon(head.ellipse(x, -0.004, 0.014, 0.030), shaded(clothes.skin, 0.85))


def _back_of_head(sketch: Sketch, head: Head, clothes: Clothes) -> None:
    colour = clothes.skin if clothes.hairstyle == "bald" else clothes.hair
    sketch.polygon(head.ellipse(0, -0.02, 0.080, 0.090), shaded(clothes.skin, 0.86))
    sketch.polygon(head.ellipse(0, 0.03, 0.090, 0.112), colour)
    sketch.polygon(head.ellipse(-0.02, 0.06, 0.055, 0.065), shaded(colour, 1.12))
    if clothes.hairstyle == "long":
        sketch.polygon(head.place(np.array([(-0.095, 0.05), (0.095, 0.05), (0.112, -0.2), (-0.112, -0.2)])), colour)


def _fringe(sketch: Sketch, head: Head, clothes: Clothes, back: float) -> None:
    """Draws the hair above the forehead and beside the temples."""
    if clothes.hairstyle == "bald":
        return
    outer = np.linspace(-0.12 * np.pi, 1.12 * np.pi, 24)
    inner = np.linspace(1.0 * np.pi, 0.0, 24)
    cap = np.stack([back + 0.093 * np.cos(outer), 0.036 + 0.112 * np.sin(outer)], -1)
    line = np.stack([0.076 * np.cos(inner) - 0.3 * back, 0.022 + 0.062 * np.sin(inner) ** 0.6], -1)
    sketch.polygon(head.place(np.concatenate([cap, line])), clothes.hair)
    sketch.polygon(head.ellipse(back - 0.02, 0.118, 0.045, 0.018), shaded(clothes.hair, 1.2))


def _scarf(sketch: Sketch, head: Head, colour: Colour) -> None:
    sketch.polygon(head.place(np.array([(-0.088, 0.01), (0, -0.012), (0.088, 0.01), (0.092, -0.09), (0.07, -0.16),
                                        (-0.07, -0.16), (-0.092, -0.09)])), colour)
    for y in (-0.05, -0.09, -0.13):
        sketch.polygon(head.ellipse(0, y, 0.08, 0.005), shaded(colour, 0.8))


def _mosaic(sketch: Sketch, head: Head) -> None:
    """Replaces the face by squares of a quarter of its width."""
    outline = head.ellipse(0, -0.01, 0.088, 0.115)
    (left, top), (right, bottom) = np.floor(outline.min(0)).astype(int), np.ceil(outline.max(0)).astype(int)
    left, top = max(left, 0), max(top, 0)
    part = sketch.picture[top:bottom, left:right]
    if part.size:
        small = cv2.resize(part, (4, 5), interpolation=cv2.INTER_AREA)
        sketch.picture[top:bottom, left:right] = cv2.resize(small, part.shape[1::-1], interpolation=cv2.INTER_NEAREST)
