"""Draws round shapes of a person into a picture and the person's mask."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from catgan.synthesis.camera import Camera
from catgan.synthesis.stage import FRACTION, Colour, fixed_point, shaded

Ball = tuple[np.ndarray, float]
"""A place in metres `(3,)` and a radius in metres."""

_ANGLES = np.linspace(0, 2 * np.pi, 20, endpoint=False)
_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], -1)
_LIGHT = np.array([-0.35, -0.35])  # towards the light, in the picture
# Radius, shift towards the light and brightness of the layers of a round shape, the lowest first.
_LAYERS = ((1.0, 0.0, 0.70), (0.84, 0.12, 0.90), (0.62, 0.22, 1.02), (0.34, 0.34, 1.12))


class Sketch:
    """A person who is being drawn, back to front.

    Args:
        picture: uint8 `(h, w, 3)`; a copy is drawn into.
        camera: shows the world.
    """

    def __init__(self, picture: np.ndarray, camera: Camera):
        self.picture, self.camera = picture.copy(), camera
        self.size = (picture.shape[0], picture.shape[1])
        self.mask = np.zeros(self.size, np.uint8)

    def pixels(self, point: np.ndarray) -> np.ndarray:
        """Returns where a point of the world lies in the picture."""
        return self.camera.project(point, self.size)

    def hull(self, balls: Sequence[Ball], colour: Colour) -> None:
        """Draws the convex hull of balls, shaded as a round body."""
        centres = np.stack([self.pixels(centre) for centre, _ in balls])
        radii = np.array([radius * self.camera.scale(float(centre[2]), self.size) for centre, radius in balls])
        for size, shift, shade in _LAYERS:
            rings = (centres + shift * radii[:, None] * _LIGHT)[:, None] + size * radii[:, None, None] * _CIRCLE
            outline = cv2.convexHull(rings.reshape(-1, 2).astype(np.float32))[:, 0]
            self.polygon(outline, shaded(colour, shade), masked=size == 1.0)

    def polygon(self, outline: np.ndarray, colour: Colour, masked: bool = True) -> None:
        """Fills a polygon `(k, 2)` in pixels; all of it belongs to the person if `masked`."""
        fixed = fixed_point(outline)
        cv2.fillPoly(self.picture, [fixed], colour, cv2.LINE_AA, FRACTION)
        if masked:
            cv2.fillPoly(self.mask, [fixed], 255, cv2.LINE_AA, FRACTION)

    def paste(self, image: np.ndarray, opacity: np.ndarray, corner: tuple[int, int]) -> None:
        """Blends an image `(a, b, 3)` with an opacity `(a, b)`, 0..1, whose upper left pixel lies at `corner` (x, y).
        Parts outside the picture are cut off."""
        left, top = corner
        rows = slice(max(top, 0), max(min(top + len(image), self.size[0]), 0))
        columns = slice(max(left, 0), max(min(left + image.shape[1], self.size[1]), 0))
        part = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
        if rows.stop <= rows.start or columns.stop <= columns.start:
            return
        under, share = self.picture[rows, columns].astype(np.float32), opacity[part][..., None]
        self.picture[rows, columns] = np.rint(under + share * (image[part] - under)).astype(np.uint8)
        self.mask[rows, columns] = np.maximum(self.mask[rows, columns], np.where(share[..., 0] > 0.5, 255, 0))
