"""Draws people of known joints, face and clothes into pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np

from catgan.errors import CatganError, unknown_name
from catgan.synthesis.camera import Camera
from catgan.synthesis.clothes import Clothes
from catgan.synthesis.heads import COVERS, Face, Head, draw_head, draw_long_hair, face_skin
from catgan.synthesis.sketch import Sketch
from catgan.synthesis.stage import FRACTION, fixed_point, shaded

MEAN_TRUNK = 0.49
"""From root to neck in metres, on a body of 1.70 m; widths are drawn in proportion to it."""


class DrawnFigure(NamedTuple):
    """A person in a picture.

    Args:
        picture: uint8 `(h, w, 3)` with the person.
        mask: bool `(h, w)`, the person's pixels.
        face_box: left, top, width and height in pixels of the face's landmarks; None if no face can be seen.
        joints: float32 `(16, 2)` in pixels.
        hidden: bool `(16,)`, joints behind an object or another person, or outside the picture. Those that the person
            hides from the camera are not among them.
        landmarks: float32 `(478, 2)` of the face in pixels, or None.
    """

    picture: np.ndarray
    mask: np.ndarray
    face_box: tuple[float, float, float, float] | None
    joints: np.ndarray
    hidden: np.ndarray
    landmarks: np.ndarray | None


@dataclass(frozen=True)
class Figure:
    """What is drawn of a person.

    Args:
        joints: `(16, 3)` in metres of the world, see `catgan.joints`; the left side is first.
        clothes: with hair; the skin is that of the face, if there is one.
        face: rendered, or None for a head without features.
        cover: what hides the face, of `catgan.synthesis.heads.COVERS`, or None.
        blur: standard deviation of a Gaussian blur of the whole person, in hundredths of the picture's height.
    """

    joints: np.ndarray
    clothes: Clothes
    face: Face | None = None
    cover: str | None = None
    blur: float = 0.0

    def __post_init__(self) -> None:
        joints = np.asarray(self.joints)
        if joints.shape != (16, 3) or not np.isfinite(joints).all():
            raise CatganError(f"A figure needs 16 joints with finite x, y and z. Received: shape {joints.shape}.")
        if self.cover is not None and self.cover not in COVERS:
            raise unknown_name("cover of a face", self.cover, COVERS)


def draw_figure(picture: np.ndarray, figure: Figure, camera: Camera | None = None) -> DrawnFigure:
    """Draws one person into a copy of a picture.

    Args:
        picture: uint8 `(h, w, 3)`.
        figure: the person.
        camera: by default `Camera()`, as for places.
    """
    if figure.face is not None:
        figure = replace(figure, clothes=replace(figure.clothes, skin=face_skin(figure.face)))
    sketch = Sketch(picture, camera or Camera())
    body = _Body(np.asarray(figure.joints, np.float64))
    _shadow(sketch, body)
    landmarks = _draw(sketch, body, figure)
    mask = sketch.mask > 127
    if figure.blur > 0:
        deviation = figure.blur * sketch.size[0] / 100
        share = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), deviation)[..., None]
        soft = cv2.GaussianBlur(sketch.picture, (0, 0), deviation)
        sketch.picture = np.rint(sketch.picture + share * (soft.astype(np.float32) - sketch.picture)).astype(np.uint8)
    points = sketch.pixels(body.joints).astype(np.float32)
    return DrawnFigure(sketch.picture, mask, _box(landmarks), points, outside(points, sketch.size), landmarks)


def draw_figures(picture: np.ndarray, figures: Sequence[Figure], camera: Camera | None = None) -> list[DrawnFigure]:
    """Draws several people, the farthest first.

    Returns:
        One `DrawnFigure` per person in the order of `figures`, all with the finished picture; masks do not overlap, and
        a face of which more than a third is covered by another person has no box.
    """
    order = sorted(range(len(figures)), key=lambda number: float(np.asarray(figures[number].joints)[0, 2]))
    drawn: dict[int, DrawnFigure] = {}
    for number in order:
        after = draw_figure(picture, figures[number], camera)
        picture = after.picture
        drawn = {other: covered(before, after.mask) for other, before in drawn.items()}
        drawn[number] = after
    return [drawn[number]._replace(picture=picture) for number in range(len(figures))]


def covered(figure: DrawnFigure, cover: np.ndarray) -> DrawnFigure:
    """Returns a person of whom an object or another person hides a part.

    Args:
        figure: the person.
        cover: bool `(h, w)`, pixels of what hides.
    """
    inside = ~outside(figure.joints, cover.shape)
    rows, columns = np.clip(np.floor(figure.joints[:, ::-1]).astype(int), 0, np.array(cover.shape) - 1).T
    hidden = figure.hidden | (inside & cover[rows, columns])
    visible = figure.face_box is None or _share(cover, figure.face_box) <= 1 / 3
    return figure._replace(mask=figure.mask & ~cover, hidden=hidden,
                           face_box=figure.face_box if visible else None,
                           landmarks=figure.landmarks if visible else None)


def outside(points: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """Tells which points `(k, 2)` in pixels lie outside a picture of this height and width, bool `(k,)`."""
    return np.asarray(~((points >= 0) & (points < (size[1], size[0]))).all(-1))


def face_pose(joints: np.ndarray) -> tuple[float, float, float]:
    """Returns yaw, pitch and roll in degrees of a head on its body, for `Scene.pose`: the head faces where the trunk
    faces, and is lowered as far as the neck leans. Roll is 0, since the figure's face turns with the neck.

    Values are limited to the 30 degrees that the face model can turn.
    """
    body = _Body(np.asarray(joints, np.float64))
    neck = body.joints[3] - body.joints[2]
    pitch = -np.degrees(np.arctan2(neck @ body.forward, neck[1]))
    return float(np.clip(body.yaw, -30, 30)), float(np.clip(pitch, -30, 30)), 0.0


class _Body:
    """Joints with the directions and the size of the body."""

    def __init__(self, joints: np.ndarray):
        self.joints = joints
        across = (joints[4] - joints[7]) + (joints[10] - joints[13])
        self.left = _unit(across * np.array([1.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0]))
        self.forward = np.cross(self.left, np.array([0.0, 1.0, 0.0]))
        self.yaw = float(np.degrees(np.arctan2(self.forward[0], self.forward[2])))
        self.grown = float(np.clip(np.linalg.norm(joints[2] - joints[0]) / MEAN_TRUNK, 0.6, 1.5))


def _unit(vector: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 1e-6 else otherwise


def _draw(sketch: Sketch, body: _Body, figure: Figure) -> np.ndarray | None:
    """Draws limbs behind the trunk, the trunk, limbs before it, and the head."""
    joints, depth = body.joints, body.joints[0, 2]
    legs = sorted((10, 13), key=lambda first: joints[first + 1:first + 3, 2].mean())
    arms = sorted((4, 7), key=lambda first: joints[first:first + 3, 2].mean())
    behind = [first for first in arms if joints[first + 1:first + 3, 2].mean() < depth - 0.02]
    for first in behind:
        _arm(sketch, body, first, figure.clothes)
    for first in legs:
        _leg(sketch, body, first, figure.clothes)
    head = _head(sketch, body)
    draw_long_hair(sketch, head, figure.clothes)
    _trunk(sketch, body, figure.clothes)
    for first in arms:
        if first not in behind:
            _arm(sketch, body, first, figure.clothes)
    return draw_head(sketch, head, figure.clothes, figure.face, figure.cover)


def _head(sketch: Sketch, body: _Body) -> Head:
    ears, neck = sketch.pixels(body.joints[3]), sketch.pixels(body.joints[2])
    up = ears - neck
    roll = float(np.degrees(np.arctan2(up[0], max(-up[1], 1e-6))))
    metre = body.grown * sketch.camera.scale(float(body.joints[3, 2]), sketch.size)
    return Head(ears, metre, float(np.clip(roll, -45, 45)), body.yaw)


def _trunk(sketch: Sketch, body: _Body, clothes: Clothes) -> None:
    joints, wide = body.joints, body.grown
    up = _unit(joints[2] - joints[0], np.array([0.0, 1.0, 0.0]))
    hips = [joints[first] + 0.02 * wide * up for first in (10, 13)]
    sketch.hull([(hip, 0.092 * wide) for hip in hips], clothes.trousers)
    waist = [hip + 0.10 * wide * up for hip in hips]
    shoulders = [joints[first] - 0.005 * wide * up for first in (4, 7)]
    sketch.hull([(waist[0], 0.080 * wide), (waist[1], 0.080 * wide), (shoulders[0], 0.058 * wide),
                 (shoulders[1], 0.058 * wide), (joints[2] + 0.01 * wide * up, 0.062 * wide)], clothes.shirt)
    throat = joints[2] + 0.02 * wide * up
    sketch.hull([(throat, 0.054 * wide), (joints[3] - 0.05 * wide * up, 0.050 * wide)], shaded(clothes.skin, 0.85))


def _arm(sketch: Sketch, body: _Body, first: int, clothes: Clothes) -> None:
    shoulder, elbow, hand = body.joints[first:first + 3]
    wide = body.grown
    along = _unit(hand - elbow, np.array([0.0, -1.0, 0.0]))
    sketch.hull([(hand + 0.015 * along, 0.030 * wide), (hand + 0.075 * wide * along, 0.036 * wide),
                 (hand + 0.13 * wide * along, 0.022 * wide)], clothes.skin)
    lower = clothes.shirt if clothes.sleeves else clothes.skin
    sketch.hull([(elbow, 0.043 * wide), (hand, 0.033 * wide)], shaded(lower, 0.96))
    sketch.hull([(shoulder, 0.057 * wide), (elbow, 0.046 * wide)], shaded(clothes.shirt, 0.97))


def _leg(sketch: Sketch, body: _Body, first: int, clothes: Clothes) -> None:
    hip, knee, ankle = body.joints[first:first + 3]
    wide, shank = body.grown, _unit(body.joints[first + 2] - body.joints[first + 1], np.array([0.0, -1.0, 0.0]))
    toes = _unit(body.forward - (body.forward @ shank) * shank, body.forward)  # at a right angle to the shank
    sole = ankle + 0.02 * wide * shank
    sketch.hull([(sole - 0.05 * wide * toes, 0.038 * wide), (sole + 0.06 * wide * toes, 0.042 * wide),
                 (sole + 0.15 * wide * toes + 0.01 * wide * shank, 0.032 * wide)], clothes.shoes)
    sketch.hull([(knee, 0.060 * wide), (ankle, 0.044 * wide)], shaded(clothes.trousers, 0.97))
    sketch.hull([(hip, 0.088 * wide), (knee, 0.062 * wide)], clothes.trousers)


def _shadow(sketch: Sketch, body: _Body) -> None:
    """Darkens the ground around the feet; it is no part of the mask."""
    feet = body.joints[[12, 15]] * np.array([1.0, 0.0, 1.0])
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = np.stack([0.17 * np.cos(angle), np.zeros(24), 0.14 * np.sin(angle)], -1)
    outline = cv2.convexHull(sketch.pixels((feet[:, None] + ring).reshape(-1, 3)).astype(np.float32))[:, 0]
    shade = np.zeros(sketch.size, np.uint8)
    cv2.fillPoly(shade, [fixed_point(outline)], 255, cv2.LINE_AA, FRACTION)
    deviation = max(0.012 * sketch.size[0], 0.5)
    top, bottom = np.clip([outline[:, 1].min() - 4 * deviation, outline[:, 1].max() + 4 * deviation], 0,
                          sketch.size[0]).astype(int)
    if bottom > top:
        soft = cv2.GaussianBlur(shade[top:bottom], (0, 0), deviation).astype(np.float32)[..., None]
        sketch.picture[top:bottom] = np.rint(sketch.picture[top:bottom] * (1 - 0.45 / 255 * soft))


def _box(landmarks: np.ndarray | None) -> tuple[float, float, float, float] | None:
    if landmarks is None:
        return None
    (left, top), (right, bottom) = landmarks.min(0).tolist(), landmarks.max(0).tolist()
    return left, top, right - left, bottom - top


def _share(cover: np.ndarray, box: Sequence[float]) -> float:
    """Returns the share of a box that is covered; what lies outside the picture counts as covered."""
    left, top, right, bottom = (int(round(number)) for number in (box[0], box[1], box[0] + box[2], box[1] + box[3]))
    seen = ~cover[max(top, 0):max(bottom, 0), max(left, 0):max(right, 0)]
    return 1.0 - float(seen.sum()) / max((right - left) * (bottom - top), 1)
