"""Applies the face model's Action Units to photographed faces: pixels move and change as the model's would.

Landmarks map every place of the face model to the photograph. Light, skin, beard and glasses stay those of the
photograph; wrinkles are limited to those that the model has.
"""

from __future__ import annotations

import numpy as np

from catgan.faces import warping
from catgan.synthesis import mouth
from catgan.synthesis.face_model import (ACTION_UNITS, LANDMARKS, SHAPE_COMPONENTS, TEXTURE_COMPONENTS, FaceModel,
                                         rotations)
from catgan.synthesis.rendering import DEVIATION
from catgan.synthesis.scene import Scene

CONTRASTS = (0.2, 1.2)
"""Smallest and largest contrast of a photographed face, relative to the usual one. Beyond it, contrast is taken to come
from the light and not from the skin."""


class Imitator:
    """Changes Action Units of photographed faces at one image size.

    Args:
        size: side of the images in pixels, 16..256.
        model: the face model that says what Action Units do; by default catgan's own.
    """

    def __init__(self, size: int = 64, model: FaceModel | None = None):
        self.size, self.model = size, model or FaceModel(size)
        self.spline = warping.interpolation(self.model.frame[:, :2], size)[:, :LANDMARKS].astype(np.float32)

    def imitate(self, images: np.ndarray, landmarks: np.ndarray, pose: np.ndarray, before: np.ndarray,
                after: np.ndarray) -> np.ndarray:
        """Returns faces as they would look with other Action Units.

        Args:
            images: aligned faces, uint8 `(n, size, size, c)`.
            landmarks: `(n, 478, 2)` in pixels of the images.
            pose: yaw and pitch in degrees, `(n, 2)`.
            before: intensities 0..5 that the faces show, `(n, 17)` in the order of `ACTION_UNITS`.
            after: intensities that they should show, in the same form.

        Returns:
            Images like `images`. Pixels outside the area of influence of the changed AUs are equal to the bit.
        """
        turned, shaped = np.concatenate([pose, np.zeros((len(pose), 1))], axis=1), landmarks / self.size
        still, unknown = (np.zeros((len(images), count), np.float32) for count in (SHAPE_COMPONENTS,
                                                                                   TEXTURE_COMPONENTS))
        places = np.stack([self.model.shapes(units, still, turned) for units in (before, after)])[..., :2]
        grey = self.model.textures(after, unknown) - self.model.textures(before, unknown)
        steps = self._steps(before, after, turned)
        return np.stack([self._moved(*each) for each in zip(
            images, shaped.astype(np.float32), places[1] - places[0], steps, grey, before, after)])

    def _steps(self, before: np.ndarray, after: np.ndarray, pose: np.ndarray) -> np.ndarray:
        """Returns the displacement of every pixel of the frame in pixels, `(n, size, size, 2)`."""
        still = np.zeros((len(before), SHAPE_COMPONENTS), np.float32)
        change = self.model.shape_coefficients(after, still) - self.model.shape_coefficients(before, still)
        turned = np.einsum("nij,nk->nikj", rotations(pose)[:, :2], change).reshape(2 * len(change), -1)
        moved = (turned @ self.model.dense_basis).reshape(len(change), 2, self.size, self.size)
        return np.moveaxis(moved, 1, -1) * np.float32(self.size)

    def _moved(self, image: np.ndarray, points: np.ndarray, shift: np.ndarray, steps: np.ndarray, grey: np.ndarray,
               before: np.ndarray, after: np.ndarray) -> np.ndarray:
        place = (self.spline @ (points - self.model.frame[:, :2])).reshape(steps.shape) * self.size
        source = warping.inverted(place + steps, self.model.pixels, self.model.coarse_pixels)
        picture = image.astype(np.float32) / 255.0
        moved = warping.shifted(picture, -warping.sampled(steps, source))
        skin = warping.sampled(grey * self.model.inside, source) * self._contrast(picture, source)
        self._spare(skin, points + shift)
        planes = [np.ascontiguousarray(moved[..., channel] + skin) for channel in range(moved.shape[2])]
        self._open(planes, points, points + shift, after)
        changed = np.clip(np.stack(planes, -1), 0.0, 1.0)
        reached = np.abs(changed - picture) > 1e-3
        return np.where(reached, np.rint(255.0 * changed).astype(np.uint8), image)

    def _contrast(self, picture: np.ndarray, source: np.ndarray) -> np.float32:
        """Returns the standard deviation of the textures in this photograph, in grey levels 0..1."""
        weight = warping.sampled(self.model.inside, source)
        level = picture.mean(-1)
        mean = np.average(level, weights=weight + 1e-6)
        spread = np.sqrt(np.average(np.square(level - mean), weights=weight + 1e-6))
        return np.float32(DEVIATION * np.clip(spread / DEVIATION, *CONTRASTS))

    def _spare(self, skin: np.ndarray, points: np.ndarray) -> None:
        """Removes the area between the lips from a change of the skin, in place."""
        found = mouth.opening(points, self.size)
        if found is not None:
            (x0, y0, x1, y1), share = found
            skin[y0:y1, x0:x1] *= 1.0 - share

    def _open(self, planes: list[np.ndarray], before: np.ndarray, after: np.ndarray, units: np.ndarray) -> None:
        """Paints the inside of the mouth where parting lips uncover it, in place.

        Only the new part of the opening is painted: teeth that show already move along and do not grow.
        """
        new = mouth.widened(before, after)
        painted = [plane.copy() for plane in planes]
        mouth.paint(painted, after, Scene(action_units=_shown(units)))
        for plane, inside in zip(planes, painted):
            plane += new * (inside - plane)


def _shown(units: np.ndarray) -> dict[int, float]:
    return {number: float(np.clip(value, 0.0, 5.0)) for number, value in zip(ACTION_UNITS, units)}
