"""Draws what was read of persons over a photograph."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from catgan.errors import DataError
from catgan.faces.images import to_rgb
from catgan.joints import BONES
from catgan.modalities.joints import to_joints
from catgan.modalities.person import Person
from catgan.modalities.views import PersonView
from catgan.plots import COLOURS

RGB = [tuple(int(colour[start:start + 2], 16) for start in (1, 3, 5)) for colour in COLOURS]
MASK = (86, 180, 233)
"""Colour of the persons' pixels."""


def draw_people(image: np.ndarray, people: Sequence[Person], faces: Sequence[Sequence[float]] = (),
                mask: np.ndarray | None = None) -> np.ndarray:
    """Draws skeleton, points and box of each person, face boxes, and the mask of persons over a photograph.

    Persons have colours of their own. Only visible points and bones between them are drawn. Face boxes are white.

    Args:
        image: any array that `catgan.faces.images.to_rgb` accepts.
        people: of that image.
        faces: left, top, width and height in pixels.
        mask: `(h, w)`, confidence 0..1; drawn as a tint with an outline at one half.

    Returns:
        uint8 `(h, w, 3)` RGB.

    Raises:
        DataError: a mask of another size.
    """
    pixels = to_rgb(image).copy()
    if mask is not None:
        pixels = _tinted(pixels, np.asarray(mask, np.float32))
    width = max(round(max(pixels.shape[:2]) / 320), 1)
    for face in faces:
        _rectangle(pixels, face, (255, 255, 255), width)
    for number, person in enumerate(people):
        _rectangle(pixels, person.box, RGB[number % len(RGB)], width)
        _skeleton(pixels, person, RGB[number % len(RGB)], width)
    return pixels


def draw_views(views: Sequence[PersonView]) -> np.ndarray:
    """Draws the persons of one picture, numbered from 1 in the order of `views`. Face boxes are white.

    Returns:
        uint8 `(h, w, 3)`.

    Raises:
        DataError: no person, or views of different pictures.
    """
    pictures = {id(view.picture): view.picture for view in views}
    picture = next(iter(pictures.values()), None)
    if len(pictures) != 1 or picture is None:
        raise DataError(f"Persons must be in one picture to be drawn. Received: {len(pictures)} pictures.")
    mask = views[0].mask
    drawn = picture.copy() if mask is None else _tinted(picture, np.asarray(mask, np.float32))
    size = max(picture.shape[:2])
    width = max(round(size / 320), 1)
    for number, view in enumerate(views):
        colour = RGB[number % len(RGB)]
        if view.face_box is not None:
            _rectangle(drawn, view.face_box, (255, 255, 255), width)
        if view.body is not None:
            _skeleton(drawn, view.body, colour, width)
        if view.box is not None:
            _rectangle(drawn, view.box, colour, width)
            _number(drawn, number + 1, view.box, size)
    return drawn


def _skeleton(pixels: np.ndarray, person: Person, colour: tuple[int, ...], width: int) -> None:
    """Draws visible points and the bones between them."""
    joints, known = to_joints(person.points[:, :2], person.visible)
    for start, end in BONES:
        if known[start] and known[end]:
            cv2.line(pixels, _pixel(joints[start]), _pixel(joints[end]), colour, width, cv2.LINE_AA)
    for point in person.points[person.visible, :2]:
        cv2.circle(pixels, _pixel(point), width + 1, colour, -1, cv2.LINE_AA)


def _number(pixels: np.ndarray, number: int, box: Sequence[float], size: int) -> None:
    """Writes a number into the upper left corner of a box, white on black."""
    corner = (round(max(box[0], 0) + size / 100), round(max(box[1], 0) + size / 25))
    for colour, width in (((0, 0, 0), 4.0), ((255, 255, 255), 1.5)):
        cv2.putText(pixels, str(number), corner, cv2.FONT_HERSHEY_SIMPLEX, size / 800, colour,
                    max(round(width * size / 800), 1), cv2.LINE_AA)


def _tinted(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
    if mask.shape != pixels.shape[:2]:
        raise DataError(f"The mask of persons must have the shape {pixels.shape[:2]}. Received: {mask.shape}.")
    weight = 0.4 * mask[..., None]
    tinted = np.rint(pixels * (1 - weight) + np.array(MASK) * weight).astype(np.uint8)
    outlines, _ = cv2.findContours((mask >= 0.5).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(tinted, outlines, -1, MASK, max(round(max(mask.shape) / 500), 1), cv2.LINE_AA)


def _rectangle(pixels: np.ndarray, box: Sequence[float], colour: tuple[int, ...], width: int) -> None:
    cv2.rectangle(pixels, _pixel(box[:2]), _pixel((box[0] + box[2], box[1] + box[3])), colour, width, cv2.LINE_AA)


def _pixel(point: Sequence[float] | np.ndarray) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
