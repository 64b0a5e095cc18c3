"""Draws rendered people: their faces, whole pictures of them in their places, and the places without them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from catgan import random_streams
from catgan.data import rendering_work
from catgan.modalities.context_reader import context_of
from catgan.modalities.gait_reader import RATE
from catgan.synthesis.bodies import walk_joints
from catgan.synthesis.clip_flaws import spoil
from catgan.synthesis.clothes import sample_clothes
from catgan.synthesis.figures import DrawnFigure, Figure, draw_figures, face_pose
from catgan.synthesis.heads import Face
from catgan.synthesis.people import PersonScene
from catgan.synthesis.places import draw_place

PICTURE_SIDE = 512
"""Side of whole pictures in pixels. Boxes are in pixels of it."""
DRAWN_SIDE = 160
"""Side in pixels at which a picture is drawn whose persons are removed at once."""
FACE_SIDE = 128
"""Side in pixels at which a face is drawn that is put on a body."""
NEAREST = -0.3
"""Place of a person at the end of a walk, in metres before the middle of the picture."""
ASIDE = 0.35
"""Largest distance in metres of a person from the middle of the picture."""
COMPANIONS = (0.7, 0.2, 0.1)
"""Chances of 0, 1 and 2 other people in a picture."""


class Drawn(NamedTuple):
    """Holds what is drawn of one person for a data set.

    Attributes:
        face: uint8 `(size, size, 3)`; grey if it cannot be seen.
        landmarks: float32 `(478, 2)` in pixels of it.
        context: uint8 `(64, 64, 3)`, the picture without persons.
        context_seen: uint8 `(64, 64)`, 255 where all of it is left.
        body_box, face_box: left, top, width and height in pixels of a picture of `PICTURE_SIDE`; None if not seen.
    """

    face: np.ndarray
    landmarks: np.ndarray
    context: np.ndarray
    context_seen: np.ndarray
    body_box: list[float] | None
    face_box: list[float] | None


def drawn_people(scenes: Sequence[PersonScene], seed: int, size: int, frame: int, frames: int) -> Iterator[Drawn]:
    """Draws people for a data set.

    Args:
        scenes: the people.
        seed: of the rendering.
        size: side of the faces in pixels.
        frame: which frame of a walk the pictures show.
        frames: of each walk.
    """
    images, landmarks = rendering_work.renderer_of(size).render([scene.face for scene in scenes])
    for scene, image, points in zip(scenes, images, landmarks):
        face = spoil(image, scene.hand, scene.smear)
        if "face" in scene.missing:
            face = np.full_like(face, 128)
        yield _drawn(scene, face, points, seed, frame, frames)


def _drawn(scene: PersonScene, face: np.ndarray, landmarks: np.ndarray, seed: int, frame: int, frames: int) -> Drawn:
    """Draws the place and the outlines of people, and removes them."""
    figures = draw_picture(scene, seed, frame, frames, DRAWN_SIDE)
    mask = np.logical_or.reduce([figure.mask for figure in figures])
    context, seen = context_of(figures[0].picture, mask.astype(np.float32))
    return Drawn(face, landmarks, context, np.rint(255 * seen).astype(np.uint8), _box_of(figures[0].mask),
                 None if "face" in scene.missing or figures[0].face_box is None else
                 [float(number) * PICTURE_SIDE / DRAWN_SIDE for number in figures[0].face_box])


def draw_picture(scene: PersonScene, seed: int, frame: int, frames: int, side: int = PICTURE_SIDE
                 ) -> list[DrawnFigure]:
    """Draws one frame of a person in the place, with other people.

    Args:
        scene: the person.
        seed: of the rendering.
        frame: number of the frame.
        frames: of the walk.
        side: of the picture in pixels.

    Returns:
        The person, then the others, all with the finished picture.
    """
    picture_seed = random_streams.integer("people_pictures", seed, scene.number)
    place = _place(scene.place, picture_seed, side, scene.when.hour + scene.when.minute / 60, scene.phrases)
    figure = figure_of(scene, walk_of(scene, frames)[frame], side, seed)
    return draw_figures(place, [figure, *_companions(scene, seed)])


@lru_cache(maxsize=2)
def _place(name: str, seed: int, side: int, hour: float, phrases: tuple[str, ...]) -> np.ndarray:
    """Draws a place, which all frames of a walk share."""
    place = draw_place(name, seed, (side, side), hour, phrases)
    place.flags.writeable = False
    return place


def walk_of(scene: PersonScene, frames: int) -> np.ndarray:
    """Returns where the joints of a person are in the place, `(frames, 16, 3)` in metres, without noise."""
    seconds = (frames - 1) / RATE
    heading = np.deg2rad(scene.heading)
    far, across = (scene.walk.speed * seconds * part for part in (np.cos(heading), np.sin(heading)))
    aside = ASIDE * (2 * scene.walk.phase - 1)
    return walk_joints(scene.body, scene.walk, frames, RATE, scene.heading,
                       (aside - across / 2, NEAREST - far))


def figure_of(scene: PersonScene, joints: np.ndarray, side: int, seed: int) -> Figure:
    """Returns a person as drawn in a whole picture; the face has the direction of the head on this body."""
    clothes = sample_clothes(random_streams.integer("people", seed, scene.number, 7), scene.face.skin)
    cover = "turned away" if "face" in scene.missing else "scarf" if scene.hand is not None else None
    if cover is not None or side < PICTURE_SIDE:
        # A small picture is only drawn for the place and for the outlines of people.
        return Figure(joints, clothes, None, cover)
    face = replace(scene.face, pose=face_pose(joints))
    images, landmarks = rendering_work.renderer_of(FACE_SIDE).render([face])
    return Figure(joints, clothes, Face(images[0], landmarks[0]))


def _companions(scene: PersonScene, seed: int) -> list[Figure]:
    """Samples people who stand farther away, with the same body and walk of a neutral kind, other clothes and no
    face."""
    random = random_streams.generator("people", seed, scene.number, 8)
    figures, first = [], 1 if random.random() < 0.5 else -1
    for number in range(int(random.choice(3, p=COMPANIONS))):
        start = (first * (-1) ** number * random.uniform(0.9, 1.4), random.uniform(-3.5, -1.5))
        joints = walk_joints(scene.body, replace(scene.walk, phase=random.random(), trunk_lean=3.0, head_tilt=0.0,
                                                 elbow=20.0, shoulder_lift=0.0), 1, RATE, random.uniform(-180, 180),
                             start)[0]
        clothes = sample_clothes(int(random.integers(2 ** 31)), random.random())
        figures.append(Figure(joints, clothes, None, "turned away"))
    return figures


def _box_of(mask: np.ndarray) -> list[float] | None:
    """Returns left, top, width and height of a mask in pixels of a picture of `PICTURE_SIDE`."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    scale = PICTURE_SIDE / len(mask)
    return [float(number) * scale for number in (columns[0], rows[0], columns[-1] + 1 - columns[0],
                                                 rows[-1] + 1 - rows[0])]
