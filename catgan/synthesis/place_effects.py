"""Draws what adjective-noun pairs add to a place: litter, flowers, balloons, scrawls, rain, and the light."""

from __future__ import annotations

import cv2
import numpy as np

from catgan.synthesis.stage import Colour, Stage, shaded

PETALS: tuple[Colour, ...] = ((230, 50, 90), (250, 200, 40), (240, 110, 180), (250, 250, 250), (160, 70, 200),
                              (250, 120, 40))
BALLOONS: tuple[Colour, ...] = ((230, 40, 50), (40, 120, 230), (250, 200, 30), (60, 180, 80), (220, 80, 190))
RUBBISH: tuple[Colour, ...] = ((236, 234, 226), (196, 160, 110), (180, 40, 40), (60, 62, 66), (210, 196, 60))


def add_things(stage: Stage, outdoors: bool, back: float) -> None:
    """Draws all things of the look, the farthest first.

    Args:
        stage: holds the place.
        outdoors: flowers grow in the ground instead of in pots.
        back: z of the wall or row of houses behind, for scrawls.
    """
    look = stage.look
    if look.graffiti:
        _scrawls(stage, back)
    if look.wilted or look.flowers:
        _flowers(stage, outdoors)
    if look.mess:
        _mess(stage, look.mess)
    if look.balloons:
        _balloons(stage)


def _mess(stage: Stage, share: float) -> None:
    """Draws stains, paper, boxes and bags on the ground."""
    for _ in range(int(10 * share)):
        _stain(stage, stage.uniform(-1.6, 1.6), stage.uniform(-3, 1.2))
    for z in sorted(stage.random.uniform(-3.2, -0.5, int(6 * share)).tolist()):
        reach = 0.3 * (3.6 - z)
        x, high, wide = stage.uniform(-reach, reach), stage.uniform(0.15, 0.45), stage.uniform(0.2, 0.5)
        if stage.chance(0.5):
            stage.box(x, x + wide, 0, high, z, z - 0.3, stage.pick([(196, 160, 110), (150, 116, 80)]))
        else:
            stage.disc(x, high / 2, z, wide / 2, stage.pick([(48, 50, 56), (90, 92, 100), (70, 90, 120)]), 0.9)
            stage.disc(x, high * 0.95, z, wide / 9, (40, 40, 44))
    for z in sorted(stage.random.uniform(-3.5, 1.3, int(46 * share)).tolist()):
        reach = 0.3 * (3.6 - z)
        _paper(stage, stage.uniform(-reach, reach), float(z))


def _paper(stage: Stage, x: float, z: float) -> None:
    angle, half = stage.uniform(0, np.pi), stage.uniform(0.05, 0.13)
    corners = angle + np.array([0.3, np.pi - 0.3, np.pi + 0.3, -0.3])
    stage.polygon([(x + half * float(np.cos(a)), 0.02, z + 1.5 * half * float(np.sin(a))) for a in corners],
                  stage.pick(RUBBISH))


def _stain(stage: Stage, x: float, z: float) -> None:
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    reach = stage.uniform(0.12, 0.35) * stage.random.uniform(0.6, 1.0, 16)
    stage.polygon([(x + r * float(np.cos(a)), 0.01, z + r * float(np.sin(a))) for r, a in zip(reach, angle)],
                  stage.pick([(70, 60, 48), (54, 50, 46)]))


def _flowers(stage: Stage, outdoors: bool) -> None:
    """Draws beds of flowers, or pots of them indoors, at both sides."""
    for side in (-1, 1):
        for z in sorted(stage.random.uniform(-3.0, 0.2, 3).tolist()):
            reach = 0.3 * (3.6 - z)
            x, petals = side * stage.uniform(0.45, 0.95) * reach, stage.pick(PETALS)
            low = 0.0 if outdoors else 0.4
            if not outdoors:
                stage.polygon([(x - 0.12, 0, z), (x + 0.12, 0, z), (x + 0.2, 0.4, z), (x - 0.2, 0.4, z)],
                              stage.pick([(90, 120, 150), (180, 110, 80), (230, 226, 216)]))
            for _ in range(9):
                _flower(stage, x, low, z, stage.uniform(-0.32, 0.32), stage.pick([petals], 16))


def _flower(stage: Stage, x: float, low: float, z: float, lean: float, petals: Colour) -> None:
    if stage.look.wilted:
        top = (x + lean, low + stage.uniform(0.12, 0.22), z)
        tip = (top[0] + (0.14 if lean > 0 else -0.14), top[1] - 0.1, z)
        stage.line((x + 0.3 * lean, low, z), top, 0.02, (164, 140, 84))
        stage.line(top, tip, 0.02, (164, 140, 84))
        stage.disc(*tip, 0.055, (150, 108, 70), 0.7)
        return
    top = (x + lean, low + stage.uniform(0.18, 0.42), z)
    stage.line((x + 0.3 * lean, low, z), top, 0.02, (70, 130, 50))
    for angle in np.arange(5) * 2 * np.pi / 5:
        stage.disc(top[0] + 0.05 * float(np.cos(angle)), top[1] + 0.05 * float(np.sin(angle)), z, 0.042, petals)
    stage.disc(*top, 0.03, (250, 220, 80))


def _balloons(stage: Stage) -> None:
    """Draws a garland of flags above and a bunch of balloons at each side."""
    across = np.linspace(-2.0, 2.0, 19)
    for x, after in zip(across[:-1], across[1:]):
        y, later = (2.22 + 0.05 * float(np.cos(3 * at)) - 0.12 * float(np.cos(1.6 * at)) for at in (x, after))
        stage.line((x, y, -2.0), (after, later, -2.0), 0.015, (240, 240, 236))
        stage.polygon([(x + 0.02, y, -2.0), (after - 0.02, later, -2.0), ((x + after) / 2, y - 0.2, -2.0)],
                      stage.pick(BALLOONS))
    for side in (-1, 1):
        hand = (side * stage.uniform(0.9, 1.3), 0.7, -1.6)
        for _ in range(5):
            x, y = hand[0] + stage.uniform(-0.35, 0.35), stage.uniform(1.2, 1.85)
            colour = stage.pick(BALLOONS)
            stage.line(hand, (x, y - 0.2, -1.6), 0.01, (236, 236, 236))
            stage.disc(x, y, -1.6, 0.15, colour, 1.2)
            stage.disc(x - 0.05, y + 0.06, -1.6, 0.03, shaded(colour, 1.6))


def _scrawls(stage: Stage, back: float) -> None:
    """Draws zigzags in red and black on the walls behind."""
    grow = (3.6 - back) / 8.0
    for _ in range(5):
        x, y = stage.uniform(-1.6, 1.0) * grow, stage.uniform(0.5, 1.5) * grow
        colour = stage.pick([(214, 24, 30), (20, 20, 24), (214, 24, 30)])
        points = [(x + 0.16 * grow * i, y + grow * (0.34 if i % 2 else 0) * stage.uniform(0.6, 1.3), back)
                  for i in range(int(stage.random.integers(4, 8)))]
        for start, end in zip(points[:-1], points[1:]):
            stage.line(start, end, 0.05 * grow, colour)


# === Light and weather ===


def lit(stage: Stage, outdoors: bool) -> np.ndarray:
    """Returns the finished picture: hour, weather, lamps and grain, uint8 `(h, w, 3)`."""
    look, height = stage.look, stage.size[0]
    if look.rain and outdoors:
        _puddles(stage)
    picture = _textured(stage)
    grey = max(look.grey, 0.75 * look.rain, 0.5 * look.fog, 0.3 * look.dark)
    picture += 0.75 * grey * (picture.mean(-1, keepdims=True) - picture)
    # The light's halo is wide and needs no detail.
    shine = stage.light.astype(np.float32)
    narrow = _blurred(shine, 0.02 * height)
    wide = _blurred(shine, 0.12 * height)
    picture *= ambience(stage, outdoors) * (1.0 - look.dark * 0.35 * _edge(stage.size)) + 1.3 * wide / 255.0
    picture += 0.55 * shine + 0.6 * narrow
    if look.rain and outdoors:
        _streaks(stage, picture)
    picture += stage.random.standard_normal(picture.shape, np.float32) * np.float32(stage.uniform(0.5, 2.5))
    return np.clip(picture, 0, 255).astype(np.uint8)


def ambience(stage: Stage, outdoors: bool) -> np.ndarray:
    """Returns the factors of red, green and blue by hour and weather, float32 `(3,)`."""
    look = stage.look
    night = np.array((0.36, 0.40, 0.56) if outdoors else (0.80, 0.68, 0.54))
    factors = look.daylight * np.ones(3) + (1 - look.daylight) * night
    factors *= 1 + look.sun * np.array((0.30, 0.20, -0.02))
    factors *= 1 - 0.22 * max(look.grey, look.rain)
    factors *= 1 - look.dark * np.array((0.74, 0.70, 0.58))
    return (factors * stage.uniform(0.94, 1.06)).astype(np.float32)


def _blurred(picture: np.ndarray, deviation: float) -> np.ndarray:
    small = cv2.resize(picture, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), max(deviation / 4, 0.5))
    return cv2.resize(small, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def _edge(size: tuple[int, int]) -> np.ndarray:
    """Returns 0 in the middle to about 1 in the corners, `(h, w, 1)`."""
    rows, columns = (np.linspace(-1, 1, side, dtype=np.float32) ** 2 for side in size)
    return ((rows[:, None] + columns) / 2)[..., None]


def _textured(stage: Stage) -> np.ndarray:
    """Returns the picture with uneven surfaces, float32."""
    height, width = stage.size
    uneven = np.ones((height, width), np.float32)
    for cells, strength in ((5, 0.03), (24, 0.015), (120, 0.025)):
        pattern = stage.random.standard_normal((cells, cells), np.float32)
        uneven += np.float32(strength) * cv2.resize(pattern, (width, height), interpolation=cv2.INTER_CUBIC)
    return stage.picture * uneven[..., None]


def _puddles(stage: Stage) -> None:
    angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    for z in sorted(stage.random.uniform(-5, 1.2, 7).tolist()):
        x, wide = stage.uniform(-1.5, 1.5), stage.uniform(0.2, 0.6)
        stage.polygon([(x + wide * float(np.cos(a)), 0.01, z + 0.5 * wide * float(np.sin(a))) for a in angle],
                      (168, 180, 192))


def _streaks(stage: Stage, picture: np.ndarray) -> None:
    """Adds slanted lines of rain in place."""
    height, width = stage.size
    drops = np.zeros((height, width), np.uint8)
    for _ in range(220):
        x, y, long = stage.uniform(0, width), stage.uniform(-0.05, 1) * height, stage.uniform(0.03, 0.08) * height
        cv2.line(drops, (int(x), int(y)), (int(x - 0.2 * long), int(y + long)), int(stage.uniform(60, 150)),
                 max(height // 300, 1), cv2.LINE_AA)
    picture += 0.45 * drops[..., None]
