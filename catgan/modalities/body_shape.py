"""Draws the places of bodies and heads, which a segmenter may have missed, from their points.

The segmenter was made for one person near the camera. It misses raised arms, small persons and persons behind others,
so what remains in the picture would show the posture.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from catgan.modalities.person import HEAD, Person

LIMBS = ((11, 13, 0.34), (13, 15, 0.3), (15, 19, 0.3), (12, 14, 0.34), (14, 16, 0.3), (16, 20, 0.3),
         (23, 25, 0.5), (25, 27, 0.4), (27, 31, 0.3), (24, 26, 0.5), (26, 28, 0.4), (28, 32, 0.3))
"""Two points of MediaPipe's pose and the width of the limb between them, in widths of the shoulders, clothes included.
"""
TRUNK = (11, 12, 24, 23)
TRUNK_EDGE = 0.25
"""By how much the trunk is wider than its four points, in widths of the shoulders."""
HEAD_RADIUS = 0.45
"""Of a head without a face box, hair included, in widths of the shoulders."""
SHOULDERS_BY_TRUNK, SHOULDERS_BY_HEAD = 0.65, 2.2
"""Width of the shoulders in lengths of the trunk and in widths of the head, for persons who are seen from the side."""
PARTS = ([*range(13)], [23, 24], [25, 26], [27, 28])
"""Points of head and shoulders, hips, knees and feet."""
HAIR = (0.2, 0.5, 0.1)
"""By how much a face box is enlarged to hold the head: to each side, above, below, in heights of the box."""


def body_mask(shape: Sequence[int], people: Sequence[Person], faces: Sequence[Sequence[float]] = ()) -> np.ndarray:
    """Draws limbs, trunks and heads.

    Args:
        shape: of the picture, height first.
        people: of the picture; only their visible points are used.
        faces: boxes of faces: left, top, width and height in pixels.

    Returns:
        float32 `(h, w)`, 1 where a body is and 0 elsewhere.
    """
    mask = np.zeros(tuple(shape[:2]), np.uint8)
    for person in people:
        _draw_body(mask, person)
    for left, top, width, height in faces:
        sideways, above, below = (share * height for share in HAIR)
        centre = (left + width / 2, top + height / 2 + (below - above) / 2)
        axes = (width / 2 + sideways, (height + above + below) / 2)
        cv2.ellipse(mask, _whole(centre), _whole(axes), 0, 0, 360, 1, -1)
    return mask.astype(np.float32)


def shoulder_width(person: Person) -> float:
    """Returns the width of a person's shoulders in pixels, from the visible ones of shoulders, trunk and head.

    Of a person seen from the side, trunk and head say more than the shoulders. 0 if none of them is visible.
    """
    points, seen = person.points[:, :2], person.visible
    sizes = [float(np.linalg.norm(points[11] - points[12]))] if seen[11] and seen[12] else []
    if seen[list(TRUNK)].all():
        sizes.append(SHOULDERS_BY_TRUNK * float(np.linalg.norm(points[[11, 12]].mean(0) - points[[23, 24]].mean(0))))
    if seen[7] and seen[8]:
        sizes.append(SHOULDERS_BY_HEAD * float(np.linalg.norm(points[7] - points[8])))
    if not sizes and seen[23:29].any():  # legs alone
        sizes = [0.8 * float(np.linalg.norm(points[a] - points[b])) for a, b in ((23, 25), (25, 27), (24, 26), (26, 28))
                 if seen[a] and seen[b]]
    return max(sizes, default=0.0)


def is_upright(person: Person) -> bool:
    """Tells whether a body stands or sits: the higher parts of those that are visible (head and shoulders, hips, knees,
    feet) lie above the lower ones, at most 45 degrees aside. False if one part alone is visible."""
    parts = [person.points[numbers, :2][person.visible[numbers]] for numbers in PARTS]
    middles = [part.mean(0) for part in parts if len(part)]
    if len(middles) < 2:
        return False
    right, down = middles[-1] - middles[0]
    return bool(down > abs(right))


def _draw_body(mask: np.ndarray, person: Person) -> None:
    points, seen, unit = person.points[:, :2], person.visible, shoulder_width(person)
    for start, end, width in LIMBS:
        if seen[start] and seen[end]:
            _line(mask, points[start], points[end], width * unit)
    trunk = [number for number in TRUNK if seen[number]]
    if len(trunk) >= 3:
        cv2.fillConvexPoly(mask, cv2.convexHull(np.rint(points[trunk]).astype(np.int32)), 1)
    for start, end in zip(trunk, trunk[1:] + trunk[:1]):
        _line(mask, points[start], points[end], 2 * TRUNK_EDGE * unit)
    if seen[HEAD].any():
        middle = points[HEAD][seen[HEAD]].mean(0)
        cv2.circle(mask, _whole(middle), round(HEAD_RADIUS * unit), 1, -1)
        if seen[11] and seen[12]:  # the neck
            _line(mask, middle, points[[11, 12]].mean(0), 0.4 * unit)


def _line(mask: np.ndarray, start: np.ndarray, end: np.ndarray, width: float) -> None:
    """Draws a line with round ends."""
    cv2.line(mask, _whole(start), _whole(end), 1, min(max(round(width), 1), 32767))


def _whole(values: Sequence[float] | np.ndarray) -> tuple[int, int]:
    """Returns two numbers as OpenCV takes them."""
    x, y = np.clip(np.rint(np.asarray(values, float)), -30000, 30000).astype(int).tolist()
    return x, y
