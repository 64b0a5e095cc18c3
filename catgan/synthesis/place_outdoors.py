"""Draws a street, a park and an alley."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan.synthesis.stage import Colour, Stage, shaded

FACADES: tuple[Colour, ...] = ((186, 120, 96), (222, 202, 160), (160, 168, 176), (206, 176, 150), (150, 92, 80),
                               (228, 222, 210), (140, 160, 148), (196, 190, 130))
BRICKS: tuple[Colour, ...] = ((132, 78, 62), (118, 86, 74), (104, 98, 96), (126, 104, 84))
CARS: tuple[Colour, ...] = ((170, 30, 34), (36, 64, 130), (40, 42, 46), (210, 212, 214), (60, 110, 80))
LEAVES: tuple[Colour, ...] = ((70, 122, 52), (92, 142, 60), (52, 100, 58), (120, 144, 58))
BARK: tuple[Colour, ...] = ((92, 72, 54), (110, 94, 78), (74, 62, 54))
LAMP_LIGHT: Colour = (255, 226, 160)


def draw_street(stage: Stage) -> float:
    """Draws a row of houses behind a road and a pavement; returns their z."""
    sky(stage)
    stage.ground(stage.pick([(120, 118, 114), (138, 132, 124)]), (128, 126, 122))
    row = -stage.uniform(13, 20)
    left = -12.0
    while left < 12.0:
        right = left + stage.uniform(3.0, 5.5)
        _house(stage, left, right, stage.uniform(3.4, 8.5), row)
        left = right
    near, far = -stage.uniform(2.2, 3.0), row + 2.6
    stage.floor(-40, 40, near, far, stage.pick([(70, 72, 76), (84, 82, 82)], 5), 0.01)
    stage.floor(-40, 40, near + 0.15, near, (190, 188, 182), 0.02)
    for x in np.arange(-13, 14, 2.4) + stage.uniform(0, 2):
        stage.floor(x, x + 1.2, (near + far) / 2 + 0.1, (near + far) / 2 - 0.1, (224, 222, 212), 0.02)
    if stage.look.car or stage.chance(0.35):
        _car(stage, stage.uniform(-2.4, 1.2), far + 1.6)
    for x in sorted((-1, 1), key=lambda side: stage.random.random()):
        _street_lamp(stage, x * stage.uniform(0.9, 1.7), near + 0.4)
    if stage.chance(0.6):
        tree(stage, stage.uniform(1.2, 2.4) * (1 if stage.chance(0.5) else -1), near - 0.1, stage.uniform(2.8, 4.0))
    return row


def draw_park(stage: Stage) -> float:
    """Draws grass with a path, trees and, in some pictures, a pond; returns the z of the hedge."""
    sky(stage)
    green = stage.pick([(104, 150, 66), (126, 158, 80), (88, 136, 70)])
    bare = 0.6 * stage.look.bare
    dry = np.array((150, 138, 96))
    grass = tuple(((1 - bare) * np.array(green) + bare * dry).tolist())
    stage.ground(grass, shaded(grass, 0.85))
    for x in np.linspace(-12, 12, 9):
        stage.disc(x + stage.uniform(-1, 1), 1.0, -26, stage.uniform(2.0, 3.4),
                   _leaf_colour(stage, shaded(stage.pick(LEAVES), 0.75)), stage.uniform(0.5, 1.0))
    if stage.chance(0.4):
        _pond(stage)
    _path(stage)
    for z in sorted(-stage.random.uniform(2.5, 20, 5 + int(stage.random.integers(5)))):
        side = 1 if stage.chance(0.5) else -1
        reach = 0.30 * (3.6 - z)
        tree(stage, side * stage.uniform(0.35 * reach, 1.1 * reach), float(z), stage.uniform(2.6, 5.5))
    if stage.look.bench or stage.chance(0.3):
        _bench(stage, stage.uniform(-1.3, 0.5), -stage.uniform(1.2, 2.2))
    if stage.chance(0.5):
        _street_lamp(stage, stage.uniform(0.8, 1.6) * (1 if stage.chance(0.5) else -1), -stage.uniform(1.5, 4))
    return -25.5


def draw_alley(stage: Stage) -> float:
    """Draws a narrow lane between brick walls; returns the z of its end."""
    sky(stage)
    stage.ground(stage.pick([(92, 88, 84), (80, 82, 88)]), (70, 68, 68))
    end, half = -stage.uniform(11, 18), stage.uniform(1.15, 1.6)
    bricks, opposite = stage.pick(BRICKS), stage.pick(BRICKS)
    _row_of_bricks(stage, end, half, shaded(stage.pick(BRICKS), 0.7))
    for side, colour in ((-1, bricks), (1, opposite)):
        stage.side(side * half, 0, 9, 3, end, shaded(colour, 0.9 if side < 0 else 0.75))
        for y in np.arange(0.25, 5, 0.25):
            stage.line((side * half, y, -0.5), (side * half, y, end), 0.02, shaded(colour, 0.66))
        for z in np.arange(-1.5, end + 1.5, -stage.uniform(2.2, 3.2)):
            _alley_wall(stage, side * half, float(z), colour)
    stage.floor(-0.15, 0.15, 2, end, (52, 52, 54), 0.01)
    for _ in range(1 + int(stage.random.integers(3))):
        _bin(stage, half)
    if stage.look.bicycle:
        _bicycle(stage, -half + 0.15, -stage.uniform(1.0, 1.8))
    lamp = half if stage.chance(0.5) else -half
    _wall_lamp(stage, lamp, stage.uniform(1.9, 2.4), -stage.uniform(3, 5))
    return end


def sky(stage: Stage) -> None:
    """Draws the sky down to the horizon, with clouds, or stars and a moon."""
    day, row = stage.look.daylight, int(stage.camera.horizon * stage.size[0])
    blue = np.array(stage.pick([(96, 150, 214), (120, 168, 220), (150, 180, 214)]))
    grey = max(stage.look.grey, stage.look.rain, stage.look.fog, 0.4 * stage.look.dark)
    top = (1 - grey) * blue + grey * np.array((146, 150, 156))
    low = (1 - grey) * np.array((214, 226, 236)) + grey * np.array((176, 178, 182))
    if 0.05 < day < 0.95:
        low = low * 0.4 + 0.6 * np.array((244, 170, 110))
    stage.gradient(tuple(top.tolist()), tuple(low.tolist()), 0, row)
    high = stage.camera.height + 9
    if day > 0.5:
        for _ in range(int(stage.random.integers(2, 6))):
            _cloud(stage, stage.uniform(-12, 12), stage.uniform(5, high), shaded((246, 246, 246), 1 - 0.25 * grey))
        if stage.look.sun:
            stage.disc(stage.uniform(-5, 5), stage.uniform(7.0, 8.5), -30, 0.9, (255, 240, 170), shines=1.0)
    elif not grey > 0.5 and not stage.look.dark:
        stage.disc(stage.uniform(-6, 6), stage.uniform(6, 8), -30, 0.35, (240, 240, 220), shines=0.7)


def _cloud(stage: Stage, x: float, y: float, colour: Colour) -> None:
    for _ in range(5):
        stage.disc(x + stage.uniform(-1.4, 1.4), y + stage.uniform(-0.2, 0.2), -30, stage.uniform(0.6, 1.3), colour,
                   0.4)


def _house(stage: Stage, left: float, right: float, height: float, z: float) -> None:
    colour = stage.pick(FACADES)
    stage.wall(left, right, 0, height, z, colour)
    stage.wall(left, right, height - 0.25, height, z, shaded(colour, 0.75))
    columns, door = int((right - left) / stage.uniform(1.1, 1.6)), stage.random.integers(0, 3)
    step = (right - left) / columns
    for number in range(columns):
        middle = left + (number + 0.5) * step
        if number == door:
            stage.wall(middle - 0.45, middle + 0.45, 0, 2.1, z, stage.pick([(96, 60, 40), (46, 70, 60), (60, 60, 70)]))
        else:
            window(stage, middle, 1.5, z, 0.36, 0.55)
        for y in np.arange(4.0, height - 0.8, 2.4):
            window(stage, middle, float(y), z, 0.36, 0.6)
    if stage.look.graffiti or stage.chance(0.25):
        stage.wall(left + 0.2, right - 0.2, 2.35, 2.8, z, stage.pick(CARS))  # a shop's sign


def window(stage: Stage, x: float, y: float, z: float, half: float, tall: float) -> None:
    """Draws a window of a house; at night some are lit."""
    stage.wall(x - half - 0.08, x + half + 0.08, y - tall - 0.08, y + tall + 0.08, z, (232, 228, 220))
    night = 1.0 - stage.look.daylight
    lit = night > 0.3 and stage.chance(0.45 * (1 - stage.look.dark))
    glass = (250, 214, 140) if lit else stage.pick([(112, 138, 160), (92, 112, 132)])
    stage.wall(x - half, x + half, y - tall, y + tall, z, glass, 0.7 * night if lit else 0.0)
    if stage.look.broken and stage.chance(0.8):
        hole(stage, x, y, z, min(half, tall))
    else:
        stage.line((x, y - tall, z), (x, y + tall, z), 0.05, (232, 228, 220))


def hole(stage: Stage, x: float, y: float, z: float, size: float) -> None:
    """Draws a black star with white cracks, as in a broken pane."""
    angles = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    reach = size * np.where(np.arange(14) % 2, 0.35, 0.95) * stage.random.uniform(0.8, 1.1, 14)
    points = [(x + r * np.cos(a), y + r * np.sin(a), z) for r, a in zip(reach, angles)]
    stage.polygon(points, (14, 14, 18))
    for point in points[::2]:
        stage.line((x, y, z), point, 0.012, (236, 240, 244))


def tree(stage: Stage, x: float, z: float, height: float) -> None:
    """Draws a tree; `Look.bare` takes its leaves."""
    bark, leaf = stage.pick(BARK), _leaf_colour(stage, stage.pick(LEAVES))
    lean = stage.uniform(-0.1, 0.1)
    stage.line((x, 0, z), (x + lean, 0.6 * height, z), 0.05 * height, bark)
    for angle in stage.random.uniform(-1.1, 1.1, 7):
        low, reach = stage.uniform(0.35, 0.6) * height, stage.uniform(0.25, 0.4) * height
        tip = (x + lean + reach * np.sin(angle), low + reach * np.cos(angle), z)
        stage.line((x + lean * low / height, low, z), tip, 0.015 * height, bark)
        for side in (-0.5, 0.5):
            stage.line(tip, (tip[0] + 0.12 * height * np.sin(angle + side), tip[1] + 0.12 * height, z), 0.008 * height,
                       bark)
    if stage.look.bare:
        return
    for _ in range(14):
        offset = stage.random.normal(0, 1, 2)
        shade = 1.0 + 0.14 * offset[1] + 0.06 * stage.random.normal()
        stage.disc(x + lean + 0.14 * height * offset[0], height * (0.72 + 0.09 * offset[1]), z,
                   stage.uniform(0.09, 0.17) * height, shaded(leaf, shade), 0.85)


def _leaf_colour(stage: Stage, colour: Colour) -> Colour:
    share = 0.6 * stage.look.bare
    return tuple(((1 - share) * np.array(colour) + share * np.array((128, 116, 98))).tolist())


def _path(stage: Stage) -> None:
    colour = stage.pick([(196, 178, 144), (170, 164, 154), (186, 160, 120)])
    bend, half = stage.uniform(-2.5, 2.5), stage.uniform(0.6, 0.9)
    depth = np.linspace(2.5, -22, 24)
    middle = bend * (2.5 - depth) ** 2 / 180
    edges = [(m - half, 0.0, z) for m, z in zip(middle, depth)]
    edges += [(m + half, 0.0, z) for m, z in zip(middle[::-1], depth[::-1])]
    stage.polygon(edges, colour)


def _pond(stage: Stage) -> None:
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    x, z, wide = stage.uniform(-3, 3), -stage.uniform(8, 12), stage.uniform(1.5, 3)
    stage.polygon([(x + wide * c, 0.0, z + 1.6 * s) for c, s in zip(np.cos(angle), np.sin(angle))], (120, 156, 184))


def _bench(stage: Stage, x: float, z: float) -> None:
    wood = stage.pick([(150, 100, 56), (122, 84, 54), (70, 100, 76)])
    for side in (0.12, 1.15):
        stage.box(x + side, x + side + 0.08, 0, 0.42, z, z - 0.4, (60, 60, 64))
    stage.box(x, x + 1.35, 0.42, 0.47, z, z - 0.4, wood)
    for y in (0.56, 0.70, 0.84):
        stage.wall(x, x + 1.35, y, y + 0.09, z - 0.4, shaded(wood, 0.9))


def _car(stage: Stage, x: float, z: float) -> None:
    paint = stage.pick(CARS)
    roof = [(x + 0.8, 0.85, z), (x + 1.3, 1.42, z), (x + 2.7, 1.42, z), (x + 3.4, 0.85, z)]
    stage.floor(x - 0.1, x + 4.3, z + 0.3, z - 1.5, (44, 44, 48), 0.02)
    stage.polygon(roof, (70, 86, 100))
    stage.line(roof[1], roof[2], 0.1, paint)
    stage.line((x + 2, 0.85, z), (x + 2, 1.42, z), 0.08, paint)
    stage.polygon([(x, 0.3, z), (x + 0.05, 0.8, z), (x + 0.9, 0.92, z), (x + 3.5, 0.92, z), (x + 4.2, 0.7, z),
                   (x + 4.2, 0.3, z)], paint)
    for wheel in (x + 0.85, x + 3.35):
        stage.disc(wheel, 0.32, z, 0.33, (28, 28, 30))
        stage.disc(wheel, 0.32, z, 0.16, (160, 162, 166))
    stage.disc(x + 0.08, 0.62, z, 0.1, (250, 240, 200), shines=0.5 * (1 - stage.look.daylight))


def _street_lamp(stage: Stage, x: float, z: float) -> None:
    stage.line((x, 0, z), (x, 2.5, z), 0.07, (54, 58, 62))
    on = (1.0 - stage.look.daylight) * (1.0 - stage.look.dark)
    stage.disc(x, 2.55, z, 0.16, LAMP_LIGHT if on > 0.2 else (220, 220, 214), shines=on)


def _wall_lamp(stage: Stage, x: float, y: float, z: float) -> None:
    inwards = -0.3 if x > 0 else 0.3
    stage.line((x, y, z), (x + inwards, y, z), 0.05, (40, 40, 44))
    on = (1.0 - stage.look.daylight) * (1.0 - stage.look.dark)
    stage.disc(x + inwards, y - 0.1, z, 0.14, LAMP_LIGHT if on > 0.2 else (210, 206, 196), shines=on)


def _row_of_bricks(stage: Stage, z: float, half: float, colour: Colour) -> None:
    stage.wall(-half, half, 0, stage.uniform(2.2, 7.0), z, colour)
    stage.wall(-0.5, 0.5, 0, 2.0, z, shaded(colour, 0.5))


def _alley_wall(stage: Stage, x: float, z: float, colour: Colour) -> None:
    """Draws a door, a window or a pipe on a side wall."""
    kind = int(stage.random.integers(3))
    if kind == 0:
        stage.side(x, 0, 2.05, z, z - 0.95, stage.pick([(70, 50, 40), (50, 66, 70), (90, 40, 36)]))
    elif kind == 1:
        night = 1.0 - stage.look.daylight
        lit = night > 0.3 and stage.chance(0.4 * (1 - stage.look.dark))
        stage.side(x, 1.3, 2.3, z, z - 1.0, (226, 190, 120) if lit else (64, 76, 88), 0.6 * night if lit else 0.0)
        if stage.look.broken:
            stage.polygon([(x, 1.4, z - 0.1), (x, 1.9, z - 0.4), (x, 2.3, z - 0.3), (x, 1.8, z - 0.6),
                           (x, 1.5, z - 0.9), (x, 1.6, z - 0.5)], (14, 14, 18))
            stage.line((x, 1.5, z), (x, 2.2, z - 0.9), 0.02, (230, 234, 238))
    else:
        stage.line((x * 0.97, 0, z), (x * 0.97, 8, z), 0.09, shaded(colour, 0.6))


def _bin(stage: Stage, half: float) -> None:
    colour = stage.pick([(60, 90, 70), (70, 74, 80), (60, 70, 110)])
    side, z, wide = 1 if stage.chance(0.5) else -1, -stage.uniform(1.2, 6), stage.uniform(0.4, 0.6)
    left = half - wide - 0.05 if side > 0 else -half + 0.05
    high = stage.uniform(0.8, 1.1)
    stage.box(left, left + wide, 0, high, z, z - 0.5, colour)
    stage.box(left - 0.02, left + wide + 0.02, high, high + 0.06, z + 0.03, z - 0.5, shaded(colour, 0.7))


def _bicycle(stage: Stage, x: float, z: float) -> None:
    frame = stage.pick(CARS)
    for wheel in (x, x + 0.95):
        for start, end in _ring(wheel, 0.33, z, 0.31):
            stage.line(start, end, 0.035, (24, 24, 26))
    for (x1, y1), (x2, y2) in (((0, .33), (.35, .75)), ((.35, .75), (.8, .75)), ((.8, .75), (.42, .3)),
                               ((.42, .3), (.35, .75)), ((.42, .3), (0, .33)), ((.8, .95), (.95, .33))):
        stage.line((x + x1, y1, z), (x + x2, y2, z), 0.035, frame)
    stage.line((x + 0.25, 0.82, z), (x + 0.45, 0.82, z), 0.06, (30, 30, 32))


def _ring(x: float, y: float, z: float, radius: float) -> Sequence[tuple[tuple[float, float, float], ...]]:
    angle = np.linspace(0, 2 * np.pi, 17)
    points = [(x + radius * float(np.cos(a)), y + radius * float(np.sin(a)), z) for a in angle]
    return list(zip(points[:-1], points[1:]))
