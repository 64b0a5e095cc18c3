"""Checks of faces and numbers of steps, and the baselines that attributions compare faces with."""

from __future__ import annotations

from typing import Literal, TypeAlias

import cv2
import numpy as np

from catgan.errors import CatganError, unknown_name

BASELINES = ("blurred", "black")
Baselines: TypeAlias = Literal["blurred", "black"] | np.ndarray
"""A name in `BASELINES`; one face `(h, w, 3)` for all faces; or one for each of them, `(n, h, w, 3)`."""

BLUR = 0.125
"""Standard deviation of the blurred baseline's Gaussian, as a share of the face's height: no feature is left."""


def checked_faces(images: np.ndarray) -> np.ndarray:
    """Returns a batch of faces as float64 `(n, h, w, 3)`.

    Raises:
        CatganError: not numbers 0..255 of that shape.
    """
    given = np.asarray(images)
    if given.ndim != 4 or not len(given):
        raise CatganError("Faces must be a batch of shape (n, h, w, 3), such as image[None] for one of them. "
                          f"Received: {given.dtype} {given.shape}.")
    checked_face(given[0])
    return _grey_levels(given)


def checked_face(image: np.ndarray) -> np.ndarray:
    """Returns a face as float64 `(h, w, 3)`; uint8 would overflow when faces are subtracted.

    Raises:
        CatganError: not numbers 0..255 of that shape.
    """
    given = np.asarray(image)
    if given.dtype.kind not in "uif" or given.ndim != 3 or given.shape[-1] != 3 or not given.size:
        raise CatganError(f"A face must be numbers of shape (h, w, 3). Received: {given.dtype} {given.shape}.")
    return _grey_levels(given)


def _grey_levels(given: np.ndarray) -> np.ndarray:
    if not (given.min() >= 0 and given.max() <= 255):
        raise CatganError(f"A face must be grey levels 0..255. Received: {given.min():g}..{given.max():g}.")
    return given.astype(np.float64)


def same_shape(face: np.ndarray, image: np.ndarray, what: str) -> np.ndarray:
    """Returns `face` as float64 if it has the shape of `image`.

    Args:
        face, image: `(h, w, 3)`.
        what: names `face` in the error.

    Raises:
        CatganError: another shape.
    """
    face = checked_face(face)
    if face.shape != image.shape:
        raise CatganError(f"{what} must have the shape of the face, {image.shape}. Received: {face.shape}.")
    return face


def baseline_faces(images: np.ndarray, baselines: Baselines, what: str = "A baseline") -> np.ndarray:
    """Makes the baseline of every face, float64 `(n, h, w, 3)`.

    Args:
        images: faces, float64 `(n, h, w, 3)`.
        baselines: see `Baselines`.
        what: names them in errors.

    Raises:
        CatganError: an unknown name, faces of another shape, or another number of them.
    """
    if isinstance(baselines, str):
        if baselines not in BASELINES:
            raise unknown_name("baseline", baselines, (*BASELINES, "or a face (h, w, 3)"))
        return np.stack([blurred(image) for image in images]) if baselines == "blurred" else np.zeros_like(images)
    given = np.asarray(baselines)
    if given.ndim == 4 and len(given) not in (1, len(images)):
        raise CatganError(f"{what} is needed for each of the {len(images)} faces, or one for all. "
                          f"Received: {len(given)}.")
    faces = list(given) if given.ndim == 4 else [given]
    faces = faces * len(images) if len(faces) == 1 else faces
    return np.stack([same_shape(face, image, what) for face, image in zip(faces, images)])


def blurred(image: np.ndarray, share: float = 1.0) -> np.ndarray:
    """Blurs a face `(h, w, 3)` by `share` of the full blur. Its border is mirrored, so that no black comes in."""
    sigma = share * BLUR * len(image)
    return cv2.GaussianBlur(image, (0, 0), sigma) if sigma > 0.0 else image


def checked_steps(steps: int) -> int:
    """Returns a number of steps.

    Raises:
        CatganError: not a whole number from 1.
    """
    if not isinstance(steps, (int, np.integer)) or steps < 1:
        raise CatganError(f"The number of steps must be whole, from 1. Received: {steps}.")
    return int(steps)
