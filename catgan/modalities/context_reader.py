"""Reads the context of a person: the picture without its persons."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from catgan.modalities.graphs import scaled
from catgan.modalities.modality import Input, Modality, Reading
from catgan.modalities.person_mask import without_persons
from catgan.modalities.views import PersonView

SIDE = 64
"""Side of the picture that networks see, in pixels."""
WORKING_SIDE = 512
"""Longer side to which larger pictures are reduced before persons are removed, in pixels."""
LEAST_SHARE = 0.1
"""Share of a picture that must be left."""


def context_of(picture: np.ndarray, mask: np.ndarray,
               boxes: Sequence[Sequence[float]] = ()) -> tuple[np.ndarray, np.ndarray]:
    """Removes persons from a picture and squeezes it to a square, whatever its shape.

    Args:
        picture: uint8 `(h, w, 3)`.
        mask: `(h, w)`, confidence 0..1 that a pixel belongs to a person.
        boxes: of persons to remove as well, see `without_persons`.

    Returns:
        uint8 `(SIDE, SIDE, 3)`, and float32 `(SIDE, SIDE)`: 0 where a person was, 1 where the picture is unchanged.

    Raises:
        DataError: a mask of another size or with values outside 0..1, or a box outside the picture.
    """
    mask = np.asarray(mask, np.float32)
    if mask.shape == picture.shape[:2] and max(mask.shape) > WORKING_SIDE:
        scale = WORKING_SIDE / max(mask.shape)
        boxes = [[number * scale for number in box] for box in boxes]
        picture = scaled(picture, 1, WORKING_SIDE)
        mask = np.clip(cv2.resize(mask, picture.shape[1::-1], interpolation=cv2.INTER_AREA), 0, 1)
    left = without_persons(picture, mask, boxes)
    image, seen = (cv2.resize(array, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for array in (left.pixels, left.seen))
    return image, np.clip(seen, 0, 1)


def read(view: PersonView) -> Reading | None:
    """Reads the picture without persons; None without a picture or mask, or if less than `LEAST_SHARE` is left."""
    if view.picture is None or view.mask is None:
        return None
    image, seen = context_of(view.picture, view.mask)
    share = float(seen.mean())
    if share < LEAST_SHARE:
        return None
    return Reading({"image": image, "seen": seen}, share, f"{share:.0%} of the picture around the persons",
                   _shown(view.picture, image))


def _shown(picture: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Returns the context in the shape of the picture, with a longer side of 192 pixels."""
    scale = 192 / max(picture.shape[:2])
    size = (max(round(picture.shape[1] * scale), 1), max(round(picture.shape[0] * scale), 1))
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)


CONTEXT = Modality("context", "the surroundings",
                   {"image": Input((SIDE, SIDE, 3), "uint8"), "seen": Input((SIDE, SIDE))}, read,
                   "catgan.models.multimodal.encoders:context")
