"""Draws a living room, a hospital ward and an office."""

from __future__ import annotations

import numpy as np

from catgan.synthesis.place_outdoors import LAMP_LIGHT, LEAVES, hole
from catgan.synthesis.stage import Colour, Stage, shaded

WALLS: tuple[Colour, ...] = ((226, 204, 170), (206, 186, 176), (186, 198, 176), (222, 196, 150), (196, 176, 196))
WOODS: tuple[Colour, ...] = ((150, 104, 66), (122, 82, 56), (186, 142, 96), (96, 70, 52))
CLOTHS: tuple[Colour, ...] = ((150, 60, 56), (64, 92, 128), (96, 116, 84), (178, 148, 96), (110, 84, 120))
BOOKS: tuple[Colour, ...] = ((150, 50, 46), (46, 80, 130), (60, 110, 70), (210, 180, 80), (90, 60, 100))


def draw_living_room(stage: Stage) -> float:
    """Draws a room with a sofa, a rug, a lamp, pictures, a window and shelves; returns the z of the wall."""
    wall, back = stage.pick(WALLS), -stage.uniform(2.6, 3.8)
    half = stage.uniform(1.6, 2.3)
    _shell(stage, wall, stage.pick(WOODS), back, half, 2.7)
    for z in np.arange(back, 2.5, 0.35):
        stage.line((-half, 0.0, z), (half, 0.0, z), 0.012, (90, 66, 48))  # boards
    middle = stage.uniform(-0.7, 0.7)
    window(stage, middle, 1.65, back, 0.5, 0.55, stage.pick(CLOTHS))
    _picture(stage, middle + (1.2 if middle < 0 else -1.2), stage.uniform(1.5, 1.9), back)
    _shelf(stage, stage.uniform(-1.7, -1.2) if stage.chance(0.5) else stage.uniform(0.7, 1.2), back)
    wide, x = stage.uniform(1.4, 1.9), stage.uniform(-1.4, -0.4)
    _rug(stage)
    _sofa(stage, x, x + wide, back + 0.9)
    _floor_lamp(stage, x + wide + 0.25, back + 0.7)
    if stage.look.plant or stage.chance(0.3):
        plant(stage, x - 0.3, back + 0.8)
    return back


def draw_hospital(stage: Stage) -> float:
    """Draws a ward with beds, a curtain, drips and monitors; returns the z of the wall."""
    wall, back = stage.pick([(206, 222, 214), (214, 222, 226), (222, 226, 214)], 5), -stage.uniform(3.2, 4.5)
    half = stage.uniform(1.9, 2.5)
    _shell(stage, wall, stage.pick([(186, 196, 196), (170, 186, 190)], 5), back, half, 2.7)
    stage.wall(-half, half, 0, 0.95, back, shaded(wall, 0.86))
    stage.wall(-half, half, 0.92, 1.0, back, (120, 160, 160))
    window(stage, stage.uniform(-0.5, 0.5), 1.75, back, 0.5, 0.45, None)
    _panel(stage, 0, back + 2.2)
    colour = stage.pick([(120, 176, 180), (150, 184, 150), (160, 170, 200)])
    places = [-1.35, 1.0] if stage.chance(0.7) else [stage.uniform(-1.3, 0.4)]
    for x in places:
        _bed(stage, x + stage.uniform(-0.15, 0.15), back + 0.1, stage.pick([colour, (200, 220, 226)]))
    _curtain(stage, -half if stage.chance(0.5) else half, back, colour)
    if stage.look.plant:
        plant(stage, stage.uniform(-0.4, 0.4), back + 0.4)
    return back


def draw_office(stage: Stage) -> float:
    """Draws a room with desks, screens, chairs, binders and panels of light; returns the z of the wall."""
    wall, back = stage.pick([(214, 214, 212), (222, 220, 208), (196, 206, 218)], 5), -stage.uniform(3.6, 5.0)
    half = stage.uniform(2.0, 2.6)
    carpet = stage.pick([(92, 100, 116), (112, 108, 104), (84, 96, 92)])
    _shell(stage, wall, carpet, back, half, 2.6)
    for z in np.arange(back, 2.5, 0.6):
        stage.line((-half, 0.0, z), (half, 0.0, z), 0.015, shaded(carpet, 0.85))
    for x in np.arange(-half, half, 0.6):
        stage.line((x, 0.0, 2.5), (x, 0.0, back), 0.015, shaded(carpet, 0.85))
    for z in (back + 1.2, back + 3.0):
        _panel(stage, -0.7, z)
        _panel(stage, 0.7, z)
    left = stage.uniform(-1.5, -0.9)
    window(stage, left, 1.7, back, 0.6, 0.5, None)
    _blinds(stage, left, back)
    _board(stage, left + stage.uniform(1.5, 2.0), back)
    _binders(stage, half - 0.7, back)
    for x, z in ((-1.5, back + 0.9), (0.2, back + 0.9), (stage.uniform(-1.7, -1.2), back + 2.2)):
        _desk(stage, x + stage.uniform(-0.1, 0.1), z)
    if stage.look.plant or stage.chance(0.2):
        plant(stage, stage.uniform(0.9, 1.3), back + 1.5)
    return back


def _shell(stage: Stage, wall: Colour, floor: Colour, back: float, half: float, high: float) -> None:
    """Draws floor, walls and ceiling."""
    stage.gradient(shaded(wall, 1.05), shaded(wall, 1.05), 0, stage.size[0])
    stage.ground(floor, shaded(floor, 0.85))
    stage.floor(-half, half, 3, back, (240, 238, 232), high)
    stage.wall(-half, half, 0, high, back, wall)
    for side, shade in ((-half, 0.86), (half, 0.78)):
        stage.side(side, 0, high, 3, back, shaded(wall, shade))
    stage.wall(-half, half, 0, 0.1, back, shaded(wall, 0.7))


def window(stage: Stage, x: float, y: float, z: float, half: float, tall: float, curtain: Colour | None) -> None:
    """Draws a window from inside: the sky of the hour, rain on it, or a broken pane."""
    stage.wall(x - half - 0.07, x + half + 0.07, y - tall - 0.07, y + tall + 0.07, z, (246, 244, 240))
    day, look = stage.look.daylight, stage.look
    grey = max(look.grey, look.rain, look.fog)
    clear = np.array((150, 196, 240)) * (1 - grey) + grey * np.array((150, 154, 160))
    if look.sun:
        clear = np.array((255, 236, 180))
    glass = tuple((day * clear + (1 - day) * np.array((18, 22, 40))).tolist())
    stage.wall(x - half, x + half, y - tall, y + tall, z, glass,
               0.22 * day * (1 - 0.5 * grey) * (1 - 0.7 * look.dark))
    if look.rain:
        for _ in range(26):
            at, top = x + stage.uniform(-half, half), y + stage.uniform(-0.5, 1) * tall
            stage.line((at, top, z), (at - 0.02, top - 0.25 * tall, z), 0.02, (226, 234, 242), 0.4)
    if look.broken:
        hole(stage, x, y, z, 0.95 * min(half, tall))
    stage.line((x, y - tall, z), (x, y + tall, z), 0.04, (246, 244, 240))
    stage.line((x - half, y, z), (x + half, y, z), 0.04, (246, 244, 240))
    if look.sun:  # the sun's patch on the floor
        stage.floor(x - 0.3, x + 0.9, z + 3.4, z + 1.6, (255, 232, 170), 0.01, shines=0.3)
    if curtain:
        for side in (-1, 1):
            edge = x + side * (half + 0.12)
            stage.wall(min(edge, edge - side * 0.25), max(edge, edge - side * 0.25), y - tall - 0.5, y + tall + 0.15, z,
                       curtain)


def plant(stage: Stage, x: float, z: float) -> None:
    """Draws a pot with large green leaves."""
    stage.polygon([(x - 0.13, 0, z), (x + 0.13, 0, z), (x + 0.18, 0.32, z), (x - 0.18, 0.32, z)],
                  stage.pick([(170, 96, 66), (220, 216, 208), (80, 90, 100)]))
    leaf = stage.pick(LEAVES)
    for angle in np.linspace(-1.2, 1.2, 9):
        reach = stage.uniform(0.5, 0.8)
        tip = np.array((x + reach * np.sin(angle), 0.32 + reach * np.cos(angle), z))
        stage.line((x, 0.32, z), (float(tip[0]), float(tip[1]), z), 0.02, shaded(leaf, 0.8))
        stage.disc(float(tip[0]), float(tip[1]), z, 0.12, shaded(leaf, stage.uniform(0.85, 1.15)), 1.1)


def _picture(stage: Stage, x: float, y: float, z: float) -> None:
    half, tall = stage.uniform(0.22, 0.4), stage.uniform(0.2, 0.35)
    stage.wall(x - half, x + half, y - tall, y + tall, z, stage.pick(WOODS))
    stage.wall(x - half + 0.05, x + half - 0.05, y - tall + 0.05, y + tall - 0.05, z, stage.pick(CLOTHS, 25))
    stage.disc(x, y, z, 0.4 * half, stage.pick(BOOKS, 25))


def _shelf(stage: Stage, x: float, z: float) -> None:
    wood, high = stage.pick(WOODS), stage.uniform(1.1, 2.0)
    stage.box(x, x + 0.8, 0, high, z + 0.3, z, wood)
    for y in np.arange(0.08, high - 0.25, 0.36):
        stage.wall(x + 0.04, x + 0.76, y, y + 0.31, z + 0.3, shaded(wood, 0.5))
        at = x + 0.06
        while at < x + 0.7:
            wide = stage.uniform(0.03, 0.07)
            stage.wall(at, at + wide, y, y + stage.uniform(0.18, 0.29), z + 0.3, stage.pick(BOOKS))
            at += wide + 0.004


def _sofa(stage: Stage, left: float, right: float, z: float) -> None:
    cloth = stage.pick(CLOTHS)
    stage.box(left, right, 0.35, 0.85, z - 0.55, z - 0.75, cloth)
    stage.box(left, right, 0.08, 0.42, z, z - 0.55, shaded(cloth, 0.92))
    for start in (left - 0.16, right):
        stage.box(start, start + 0.16, 0.08, 0.6, z + 0.03, z - 0.75, shaded(cloth, 1.08))
    for x in np.linspace(left + 0.25, right - 0.25, 3):
        stage.wall(x - 0.17, x + 0.17, 0.44, 0.76, z - 0.4, stage.pick(CLOTHS))


def _rug(stage: Stage) -> None:
    colour, half = stage.pick(CLOTHS), stage.uniform(0.7, 1.2)
    stage.floor(-half, half, 0.9, -0.9, colour, 0.005)
    stage.floor(-half + 0.12, half - 0.12, 0.75, -0.75, shaded(colour, 1.3), 0.006)
    stage.floor(-half + 0.2, half - 0.2, 0.65, -0.65, colour, 0.007)


def _floor_lamp(stage: Stage, x: float, z: float) -> None:
    stage.line((x, 0, z), (x, 1.45, z), 0.035, (70, 60, 54))
    on = 1.0 - max(0.75 * stage.look.daylight, stage.look.dark)
    shade: Colour = LAMP_LIGHT if on > 0.2 else (230, 214, 184)
    stage.polygon([(x - 0.22, 1.4, z), (x + 0.22, 1.4, z), (x + 0.13, 1.75, z), (x - 0.13, 1.75, z)], shade,
                  0.9 * on)


def _panel(stage: Stage, x: float, z: float) -> None:
    """Draws a panel of light in the ceiling."""
    on = 0.4 * (1.0 - 0.5 * stage.look.daylight) * (1.0 - stage.look.dark)
    stage.floor(x - 0.4, x + 0.4, z + 0.3, z - 0.3, (250, 252, 255), 2.59, on)


def _bed(stage: Stage, x: float, z: float, cover: Colour) -> None:
    metal: Colour = (150, 156, 162)
    for side in (x + 0.04, x + 0.86):
        stage.line((side, 0, z + 1.9), (side, 0.75, z + 1.9), 0.04, metal)
    stage.wall(x, x + 0.9, 0.3, 1.15, z + 0.02, (222, 224, 226))
    stage.box(x, x + 0.9, 0.32, 0.58, z + 1.9, z, (236, 240, 242))
    stage.floor(x, x + 0.9, z + 1.9, z + 0.7, cover, 0.585)
    stage.wall(x, x + 0.9, 0.4, 0.58, z + 1.9, cover)
    stage.box(x + 0.15, x + 0.75, 0.58, 0.7, z + 0.5, z + 0.1, (250, 250, 250))
    stage.line((x, 0.75, z + 1.9), (x + 0.9, 0.75, z + 1.9), 0.05, metal)
    drip = x - 0.15
    stage.line((drip, 0, z + 0.6), (drip, 1.9, z + 0.6), 0.03, metal)
    stage.wall(drip - 0.02, drip + 0.12, 1.5, 1.8, z + 0.6, (210, 230, 240))
    stage.wall(x + 0.2, x + 0.65, 1.35, 1.7, z + 0.02, (40, 46, 50))
    pulse = [0, 0, 0.1, -0.06, 0, 0, 0.1, -0.06, 0]
    heights = [(x + 0.23 + 0.049 * i, 1.52 + y, z + 0.02) for i, y in enumerate(pulse)]
    for start, end in zip(heights[:-1], heights[1:]):
        stage.line(start, end, 0.02, (90, 240, 130), 0.9)


def _curtain(stage: Stage, x: float, z: float, colour: Colour) -> None:
    inwards = -1 if x > 0 else 1
    for fold in range(7):
        left = x + inwards * 0.09 * fold
        stage.wall(min(left, left + inwards * 0.09), max(left, left + inwards * 0.09), 0.3, 2.3, z + 2.1,
                   shaded(colour, 1.08 if fold % 2 else 0.94))


def _blinds(stage: Stage, x: float, z: float) -> None:
    for y in np.arange(1.7, 2.22, 0.07):
        stage.line((x - 0.6, y, z), (x + 0.6, y, z), 0.02, (236, 236, 232))


def _board(stage: Stage, x: float, z: float) -> None:
    stage.wall(x - 0.65, x + 0.65, 1.15, 2.0, z, (150, 152, 156))
    stage.wall(x - 0.61, x + 0.61, 1.19, 1.96, z, (246, 248, 250))
    for _ in range(6):
        at, y = x + stage.uniform(-0.5, 0.1), stage.uniform(1.3, 1.9)
        stage.line((at, y, z), (at + stage.uniform(0.15, 0.4), y, z), 0.02, stage.pick(BOOKS))


def _binders(stage: Stage, x: float, z: float) -> None:
    stage.box(x, x + 0.65, 0, 1.9, z + 0.35, z, (190, 186, 178))
    for y in (0.1, 0.55, 1.0, 1.45):
        for number in range(6):
            stage.wall(x + 0.05 + 0.09 * number, x + 0.12 + 0.09 * number, y, y + 0.33, z + 0.35, stage.pick(BOOKS))


def _desk(stage: Stage, x: float, z: float) -> None:
    wood = stage.pick([(196, 170, 130), (222, 222, 220), (150, 120, 90)])
    for leg in (x + 0.03, x + 1.2):
        stage.box(leg, leg + 0.05, 0, 0.7, z, z - 0.6, (90, 92, 96))
    stage.box(x, x + 1.28, 0.7, 0.75, z, z - 0.65, wood)
    at = x + stage.uniform(0.2, 0.6)
    stage.line((at + 0.27, 0.75, z - 0.4), (at + 0.27, 0.9, z - 0.4), 0.06, (40, 42, 46))
    stage.wall(at, at + 0.54, 0.85, 1.2, z - 0.4, (34, 36, 40))
    on = 0.25 * (1 - stage.look.dark)
    stage.wall(at + 0.02, at + 0.52, 0.87, 1.18, z - 0.4, stage.pick([(90, 140, 190), (120, 130, 140)]), on)
    seat = stage.pick([(50, 52, 58), (60, 80, 120), (120, 50, 50)])
    middle = x + 0.6
    stage.line((middle, 0.05, z + 0.35), (middle, 0.42, z + 0.35), 0.06, (60, 62, 66))
    stage.box(middle - 0.23, middle + 0.23, 0.42, 0.5, z + 0.55, z + 0.15, seat)
    stage.wall(middle - 0.21, middle + 0.21, 0.55, 1.0, z + 0.6, shaded(seat, 1.1))
