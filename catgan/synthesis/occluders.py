"""Draws things before a person, which hide a known part of the body."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from catgan import random_streams
from catgan.errors import unknown_name
from catgan.synthesis.camera import Camera
from catgan.synthesis.figures import DrawnFigure, covered
from catgan.synthesis.place_indoors import WOODS
from catgan.synthesis.stage import Colour, Look, Stage, shaded

BAGS: tuple[Colour, ...] = ((150, 40, 44), (50, 70, 110), (90, 70, 50), (60, 100, 80))


def hide(figure: DrawnFigure, thing: str, place: tuple[float, float], seed: random_streams.Seed = 0,
         camera: Camera | None = None) -> DrawnFigure:
    """Draws a thing half a metre before a person.

    Args:
        figure: the person in the picture.
        thing: a key of `THINGS`.
        place: x and z of the person's root in metres.
        seed: of colours and sizes.
        camera: which drew the person; by default `Camera()`.

    Returns:
        The new picture with the mask, face box and hidden joints of what is still seen of the person.

    Raises:
        CatganError: unknown thing.
    """
    if thing not in THINGS:
        raise unknown_name("thing before a person", thing, THINGS)
    random = random_streams.generator("thing_before_person", random_streams.seed_of(seed))
    stage = Stage((figure.picture.shape[0], figure.picture.shape[1]), camera or Camera(), Look(), random)
    stage.picture = figure.picture.copy()
    THINGS[thing](stage, place[0], place[1] + 0.5)
    # Everything is drawn as if it shone, so that its pixels are known; none of its colours is black.
    cover = stage.light.max(-1) > 0
    return covered(figure._replace(picture=stage.picture), cover)


def _table(stage: Stage, x: float, z: float) -> None:
    """Hides what is below the waist, with a cloth to the ground."""
    wood, half, high = stage.pick(WOODS), stage.uniform(0.6, 0.9), stage.uniform(0.72, 0.85)
    stage.wall(x - half, x + half, 0, high, z, shaded(wood, 0.8), 1.0)
    for at in np.linspace(x - half, x + half, 7)[1:-1]:
        stage.line((at, 0.02, z), (at, high, z), 0.012, shaded(wood, 0.65), 1.0)
    stage.wall(x - half - 0.05, x + half + 0.05, high, high + 0.06, z, wood, 1.0)


def _boxes(stage: Stage, x: float, z: float) -> None:
    """Hides the legs below the knee, and more of one of them."""
    card = stage.pick([(196, 160, 110), (170, 130, 90)])
    for low, half, shift in ((0.0, 0.38, 0.0), (0.36, 0.2, stage.uniform(-0.14, 0.14))):
        high = low + 0.36
        stage.wall(x + shift - half, x + shift + half, low, high, z, card, 1.0)
        stage.wall(x + shift - 0.04, x + shift + 0.04, low, high, z, shaded(card, 1.2), 1.0)
        stage.wall(x + shift - half, x + shift + half, high - 0.02, high, z, shaded(card, 0.7), 1.0)


def _post(stage: Stage, x: float, z: float) -> None:
    """Hides a strip from the ground to above the head, through one side of the body."""
    side = x + stage.uniform(0.10, 0.17) * (1 if stage.chance(0.5) else -1)
    metal = stage.pick([(70, 76, 84), (60, 90, 80), (110, 110, 112)])
    for half, shade in ((0.055, 0.8), (0.035, 1.0), (0.012, 1.25)):
        stage.wall(side - half, side + half, 0, 4.0, z, shaded(metal, shade), 1.0)


def _bag(stage: Stage, x: float, z: float) -> None:
    """Hides one leg from the knee down."""
    leather, side = stage.pick(BAGS), x + (0.12 if stage.chance(0.5) else -0.12)
    stage.wall(side - 0.2, side + 0.2, 0, 0.46, z, leather, 1.0)
    stage.wall(side - 0.2, side + 0.2, 0.36, 0.38, z, shaded(leather, 0.7), 1.0)
    for start, end in (((-0.1, 0.46), (-0.07, 0.6)), ((-0.07, 0.6), (0.07, 0.6)), ((0.07, 0.6), (0.1, 0.46))):
        stage.line((side + start[0], start[1], z), (side + end[0], end[1], z), 0.025, shaded(leather, 0.8), 1.0)


def _board(stage: Stage, x: float, z: float) -> None:
    """Hides head and shoulders, with a placard on a pole."""
    colour = stage.pick([(226, 214, 190), (200, 206, 214), (222, 200, 120)])
    stage.line((x, 0, z), (x, 1.3, z), 0.05, (120, 92, 64), 1.0)
    stage.wall(x - 0.32, x + 0.32, 1.22, 1.9, z, shaded(colour, 0.8), 1.0)
    stage.wall(x - 0.29, x + 0.29, 1.25, 1.87, z, colour, 1.0)


THINGS: Mapping[str, Callable[[Stage, float, float], None]] = {
    "table": _table, "boxes": _boxes, "lamp post": _post, "bag": _bag, "placard": _board}
"""What may hide a part of a person: the legs, one side, or the face."""
