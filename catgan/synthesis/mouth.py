"""Paints the inside of an open mouth: darkness, upper teeth, tongue."""

from __future__ import annotations

import cv2
import numpy as np

from catgan.synthesis.scene import Scene

UPPER = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308]
LOWER = [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308]
INNER_LIPS = UPPER + LOWER[-2:0:-1]
OUTER_LIPS = [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146]

# Grey levels 0..1, and colours relative to them.
DARK = 0.12
TONGUE = 0.15
TEETH = 0.58
RED = np.array([1.05, 0.70, 0.68], np.float32)
IVORY = np.array([1.04, 1.0, 0.92], np.float32)

CLOSED_GAP = 0.010
"""Distance of the lips, in sides of the crop, up to which nothing between them shows."""
OPENING_RANGE = 0.020
"""Further distance over which the inside of the mouth fades in."""


def paint(planes: list[np.ndarray], points: np.ndarray, scene: Scene) -> None:
    """Paints the inside of the mouth into the planes of an image, in place.

    Args:
        planes: one (grey) or three (red, green, blue) arrays `(side, side)`, 0..1.
        points: landmarks `(478, 2)` in sides of the crop.
        scene: the face, whose AUs say how far the teeth show.
    """
    side = len(planes[0])
    found = opening(points, side)
    if found is None:
        return
    (x0, y0, x1, y1), share = found
    inside, teeth = _inside(points, scene, _gap(points), side, (x0, y0, x1, y1))
    for channel, plane in enumerate(planes):
        part, level = plane[y0:y1, x0:x1], inside
        if len(planes) == 3:
            level = inside * (RED[channel] + teeth * (IVORY[channel] - RED[channel]))
        part += share * (level - part)


def opening(points: np.ndarray, side: int) -> tuple[tuple[int, int, int, int], np.ndarray] | None:
    """Returns the visible inside of the mouth as a box (left, top, right, bottom) in pixels and its opacity 0..1 per
    pixel of the box. Returns None for closed lips."""
    strength, lips = parted(points), points[INNER_LIPS]
    (left, top), (right, bottom) = np.floor(lips.min(0) * side) - 2, np.ceil(lips.max(0) * side) + 3
    x0, y0, x1, y1 = (int(min(max(value, 0), side)) for value in (left, top, right, bottom))
    if strength <= 0.0 or x1 - x0 < 3 or y1 - y0 < 3:
        return None
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    outline = np.rint((lips * side - (x0, y0)) * 16 - 8).astype(np.int32)
    cv2.fillPoly(mask, [outline], 255, cv2.LINE_AA, 4)
    share = cv2.GaussianBlur(mask, (0, 0), max(side / 160.0, 0.4)).astype(np.float32) * (strength / 255.0)
    return (x0, y0, x1, y1), share


def parted(points: np.ndarray) -> float:
    """Returns the opacity of the inside of the mouth, 0..1; takes `points` as `paint` does."""
    return min(max((_gap(points) - CLOSED_GAP) / OPENING_RANGE, 0.0), 1.0)


def widened(before: np.ndarray, after: np.ndarray) -> float:
    """Returns the share 0..1 of a mouth's opening that is new, from landmarks before and after."""
    first, then = (max(_gap(points) - CLOSED_GAP, 0.0) for points in (before, after))
    return 1.0 - first / then if then > first else 0.0


def _gap(points: np.ndarray) -> float:
    return float(points[14, 1] - points[13, 1])


def _inside(points: np.ndarray, scene: Scene, gap: float, side: int,
            box: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Returns grey levels inside the mouth and the opacity 0..1 of the teeth."""
    x0, y0, x1, y1 = box
    columns = (np.arange(x0, x1, dtype=np.float32) + 0.5) / side
    rows = ((np.arange(y0, y1, dtype=np.float32) + 0.5) / side)[:, None]
    left, right = float(points[78, 0]), float(points[308, 0])
    # 0 in the middle, 1 at the corners.
    across = ((2 * (columns - left) / max(right - left, 1e-3) - 1) ** 2).clip(0, 1.3)
    below = rows - np.interp(columns, *points[UPPER].T).astype(np.float32)
    units = scene.action_units
    shown = min(0.55 + 0.12 * (units.get(12, 0.0) + units.get(10, 0.0)) + 0.06 * units.get(20, 0.0), 1.0)
    height = min(0.65 * gap, 0.042) * (1.0 - 0.25 * across)
    teeth = ((height - below) * (side / 1.5) + 0.5).clip(0, 1)
    # Gaps between teeth, less of them towards the corners.
    teeth *= shown * (1.25 - across).clip(0, 1) * (1.0 - 0.10 * np.cos(np.pi * 4.5 * np.sqrt(across)) ** 8)
    level = (below - 0.55 * gap).clip(0) * (TONGUE / max(gap, 1e-3)) * (1.1 - across).clip(0)
    level *= 1 - teeth
    level += teeth * TEETH * (0.72 + below / 0.03).clip(0, 1)  # the upper lip throws a shadow
    level += DARK
    return level, teeth
