"""Draws flat shapes of a world in metres into a picture, with their own colour or as light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from catgan.synthesis.camera import Camera

Colour = tuple[float, float, float]
"""Red, green and blue, 0..255."""
Point = tuple[float, float, float]
"""x, y and z in metres, see `Camera`."""

FRACTION = 4
"""Bits of a fraction of a pixel in the coordinates that OpenCV draws at."""


@dataclass(frozen=True)
class Look:
    """What the hour and the adjective-noun pairs make of a place; all but `daylight` are 0 (none) to 1.

    Args:
        daylight: 0 at night, 1 by day.
        sun, dark, grey, rain, fog: light and weather.
        mess: things that lie about.
        flowers, wilted: fresh and wilted flowers.
        balloons: balloons and a garland.
        broken: broken panes.
        graffiti: red scrawls on walls.
        bare: trees without leaves.
        plant, bench, car, bicycle: things of no emotion.
    """

    daylight: float = 1.0
    sun: float = 0.0
    dark: float = 0.0
    grey: float = 0.0
    rain: float = 0.0
    fog: float = 0.0
    mess: float = 0.0
    flowers: float = 0.0
    wilted: float = 0.0
    balloons: float = 0.0
    broken: float = 0.0
    graffiti: float = 0.0
    bare: float = 0.0
    plant: float = 0.0
    bench: float = 0.0
    car: float = 0.0
    bicycle: float = 0.0


class Stage:
    """A picture that is being drawn, back to front.

    Args:
        size: height and width in pixels.
        camera: shows the world.
        look: fog is mixed into colours by their distance.
        random: source of all chance of this picture.

    Attributes:
        picture: uint8 `(h, w, 3)`, colours in plain light.
        light: uint8 `(h, w, 3)`, what shines by itself and is not darkened at night.
    """

    def __init__(self, size: tuple[int, int], camera: Camera, look: Look, random: np.random.Generator):
        self.size, self.camera, self.look, self.random = size, camera, look, random
        self.picture = np.full((*size, 3), 128, np.uint8)
        self.light = np.zeros((*size, 3), np.uint8)
        self.fog: Colour = (196, 200, 206)

    def uniform(self, low: float, high: float) -> float:
        """Returns a random number of this picture."""
        return float(self.random.uniform(low, high))

    def chance(self, share: float) -> bool:
        """Returns True in a share of pictures."""
        return bool(self.random.random() < share)

    def pick(self, colours: Sequence[Colour], spread: float = 5.0) -> Colour:
        """Returns one of some colours, changed a little."""
        base = np.array(colours[int(self.random.integers(len(colours)))], np.float64)
        return _colour(base + self.random.normal(0, spread, 3) + self.random.normal(0, 2 * spread))

    def _hazy(self, colour: Colour, z: float) -> Colour:
        share = self.look.fog * (1.0 - np.exp(-max(self.camera.distance - z, 0.0) / 7.0))
        return _colour((1 - share) * np.array(colour) + share * np.array(self.fog))

    def polygon(self, points: Sequence[Point], colour: Colour, shines: float = 0.0) -> None:
        """Fills a polygon; its mean z says how much fog lies before it."""
        world = np.array(points, np.float64)
        self._fill(self.camera.project(world, self.size), self._hazy(colour, float(world[:, 2].mean())), shines)

    def _fill(self, outline: np.ndarray, colour: Colour, shines: float = 0.0) -> None:
        fixed = [fixed_point(outline)]
        cv2.fillPoly(self.picture, fixed, colour, cv2.LINE_AA, FRACTION)
        # What is drawn before a light hides it.
        cv2.fillPoly(self.light, fixed, _colour(shines * np.array(colour)), cv2.LINE_AA, FRACTION)

    def wall(self, left: float, right: float, low: float, high: float, z: float, colour: Colour,
             shines: float = 0.0) -> None:
        """Fills a rectangle that faces the camera."""
        self.polygon([(left, low, z), (right, low, z), (right, high, z), (left, high, z)], colour, shines)

    def side(self, x: float, low: float, high: float, near: float, far: float, colour: Colour,
             shines: float = 0.0) -> None:
        """Fills a rectangle that faces sideways."""
        self.polygon([(x, low, near), (x, low, far), (x, high, far), (x, high, near)], colour, shines)

    def floor(self, left: float, right: float, near: float, far: float, colour: Colour, y: float = 0.0,
              shines: float = 0.0) -> None:
        """Fills a rectangle that lies flat."""
        self.polygon([(left, y, near), (right, y, near), (right, y, far), (left, y, far)], colour, shines)

    def box(self, left: float, right: float, low: float, high: float, near: float, far: float,
            colour: Colour) -> None:
        """Draws a box: its lit top, its darker side and its front."""
        if high < self.camera.height:
            self.floor(left, right, near, far, shaded(colour, 1.15), high)
        if left > 0:
            self.side(left, low, high, near, far, shaded(colour, 0.72))
        elif right < 0:
            self.side(right, low, high, near, far, shaded(colour, 0.72))
        self.wall(left, right, low, high, near, colour)

    def disc(self, x: float, y: float, z: float, radius: float, colour: Colour, squeeze: float = 1.0,
             shines: float = 0.0) -> None:
        """Fills an ellipse that faces the camera; `squeeze` is its height by its width."""
        angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        self.polygon([(x + radius * c, y + radius * squeeze * s, z) for c, s in zip(np.cos(angle), np.sin(angle))],
                     colour, shines)

    def line(self, start: Point, end: Point, thick: float, colour: Colour, shines: float = 0.0) -> None:
        """Draws a line whose thickness is in metres."""
        ends = self.camera.project(np.array([start, end]), self.size)
        z = (start[2] + end[2]) / 2
        width = max(int(round(thick * self.camera.scale(z, self.size))), 1)
        first, last = (tuple(point) for point in fixed_point(ends).tolist())
        shown = self._hazy(colour, z)
        cv2.line(self.picture, first, last, shown, width, cv2.LINE_AA, FRACTION)
        cv2.line(self.light, first, last, _colour(shines * np.array(shown)), width, cv2.LINE_AA, FRACTION)

    def gradient(self, top: Colour, bottom: Colour, first: int, last: int) -> None:
        """Fills rows `first` to `last` of the whole width with colours from `top` to `bottom`."""
        first, last = max(first, 0), min(last, self.size[0])
        if last > first:
            share = np.linspace(0, 1, last - first)[:, None, None]
            self.picture[first:last] = ((1 - share) * np.array(top) + share * np.array(bottom)).astype(np.uint8)

    def ground(self, near: Colour, far: Colour) -> None:
        """Fills everything below the horizon."""
        row = int(self.camera.horizon * self.size[0])
        self.gradient(self._hazy(far, -25.0), self._hazy(near, 1.0), row, self.size[0])


def fixed_point(points: np.ndarray) -> np.ndarray:
    """Converts pixels, whose origin is the corner of the first pixel, to int32 as OpenCV draws: from its centre, in
    parts of a pixel."""
    return np.rint((np.clip(points, -4e4, 4e4) - 0.5) * 2 ** FRACTION).astype(np.int32)


def shaded(colour: Colour, factor: float) -> Colour:
    """Returns a lighter or darker colour."""
    return _colour(np.array(colour) * factor)


def _colour(values: np.ndarray) -> Colour:
    red, green, blue = values.tolist()
    return min(max(red, 0.0), 255.0), min(max(green, 0.0), 255.0), min(max(blue, 0.0), 255.0)
