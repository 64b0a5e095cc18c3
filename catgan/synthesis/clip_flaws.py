"""Spoils frames of a clip as in real videos: a hand before the face, motion blur, frames in which no face was found."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np

from catgan import random_streams

PART_SECONDS = 4.0
"""Each part of this length has each kind of flaw with its own chance."""
OCCLUSION_CHANCE, BLUR_CHANCE, MISSING_CHANCE = 0.3, 0.3, 0.3
OCCLUSION_SECONDS = (0.3, 1.0)
BLUR_SECONDS = (0.15, 0.4)
MISSING_SECONDS = (0.1, 0.6)
LARGEST_SHARE = 1 / 3
"""Largest share of a part that one flaw may take."""

# Where a hand lies, in sides of the crop: mouth, cheeks, eyes.
PLACES = ((0.50, 0.78), (0.26, 0.66), (0.74, 0.66), (0.30, 0.42), (0.70, 0.42))


class Hand(NamedTuple):
    """Describes a hand before the face: centre of the palm in sides of the crop, angle of the fingers from upright in
    degrees, size (1: the palm is .26 wide) and brightness relative to the face."""

    x: float
    y: float
    angle: float
    size: float
    shade: float


class Smear(NamedTuple):
    """Describes motion blur: length in sides of the image, and direction in degrees."""

    length: float
    angle: float


class Flaws(NamedTuple):
    """Holds the flaws of each frame of a clip.

    Attributes:
        hands: a `Hand` or None per frame.
        smears: a `Smear` or None per frame.
        seen: bool `(frames,)`, False where no face was found.
    """

    hands: tuple[Hand | None, ...]
    smears: tuple[Smear | None, ...]
    seen: np.ndarray

    def backwards(self) -> Flaws:
        """Returns the flaws of the clip with its frames in opposite order."""
        return Flaws(self.hands[::-1], self.smears[::-1], self.seen[::-1])


def flaws_of(seed: int, clip: int, times: np.ndarray, occlusion: bool = True, blur: bool = True,
             missing: bool = True) -> Flaws:
    """Samples the flaws of a clip; each kind has its own random numbers.

    Args:
        seed, clip: of the flaws.
        times: of the frames, in seconds.
        occlusion, blur, missing: the kinds that may occur.
    """
    hands: list[Hand | None] = [None] * len(times)
    smears: list[Smear | None] = [None] * len(times)
    seen = np.ones(len(times), bool)
    if occlusion:
        random = random_streams.generator("clip_flaws", seed, clip, 0)
        for frames in _runs(random, times, OCCLUSION_CHANCE, OCCLUSION_SECONDS):
            hand, step = random_hand(random), random.normal(0.0, 0.006, 2)
            for index, frame in enumerate(frames):
                hands[frame] = hand._replace(x=hand.x + index * step[0], y=hand.y + index * step[1])
    if blur:
        random = random_streams.generator("clip_flaws", seed, clip, 1)
        for frames in _runs(random, times, BLUR_CHANCE, BLUR_SECONDS):
            for frame in frames:
                smears[frame] = random_smear(random)
    if missing:
        random = random_streams.generator("clip_flaws", seed, clip, 2)
        for frames in _runs(random, times, MISSING_CHANCE, MISSING_SECONDS):
            seen[frames.start:frames.stop] = False
    return Flaws(tuple(hands), tuple(smears), seen)


def _runs(random: np.random.Generator, times: np.ndarray, chance: float, length: tuple[float, float]) -> list[range]:
    """Samples runs of consecutive frames: in each part of about `PART_SECONDS` one with this chance."""
    frames, seconds = len(times), float(times[-1] - times[0])
    count = max(1, round(seconds / PART_SECONDS))
    found = []
    for part in range(count):
        has, place, wanted = random.random() < chance, random.random(), random.uniform(*length)
        first, last = part * frames // count, (part + 1) * frames // count
        run = min(max(1, round(wanted * (frames - 1) / seconds)), int(LARGEST_SHARE * (last - first)))
        if has and run:
            start = first + int(place * (last - first - run + 1))
            found.append(range(start, start + run))
    return found


def random_hand(random: np.random.Generator) -> Hand:
    """Samples a hand before the face."""
    x, y = PLACES[random.integers(len(PLACES))]
    lean = 30.0 if x < 0.4 else -30.0 if x > 0.6 else 0.0  # fingers point to the middle of the face
    return Hand(x + random.normal(0.0, 0.04), y + random.normal(0.0, 0.03), lean + random.normal(0.0, 20.0),
                random.uniform(0.9, 1.4), random.uniform(0.75, 1.0))


def random_smear(random: np.random.Generator) -> Smear:
    """Samples motion blur."""
    return Smear(random.uniform(0.05, 0.11), random.uniform(0.0, 180.0))


def spoil(image: np.ndarray, hand: Hand | None, smear: Smear | None) -> np.ndarray:
    """Draws the flaws of one frame.

    Args:
        image: uint8 `(side, side, 3)`.
        hand: a hand before the face, or None.
        smear: motion blur, or None.

    Returns:
        A new image, or `image` itself if there is nothing to draw.
    """
    if hand is not None:
        image = _with_hand(image, hand)
    return image if smear is None else cv2.filter2D(image, -1, _kernel(smear, len(image)),
                                                    borderType=cv2.BORDER_REPLICATE)


def _with_hand(image: np.ndarray, hand: Hand) -> np.ndarray:
    """Draws a hand in the colour of the face: the median of its middle, so that grey pictures stay grey."""
    side = len(image)
    middle = image[int(0.45 * side):int(0.75 * side), int(0.25 * side):int(0.75 * side)].reshape(-1, 3)
    mask = _hand_mask(hand, side)
    relief = 0.6 + 0.45 * cv2.GaussianBlur(mask, (0, 0), side / 40.0)  # darker along the outline
    colour = np.median(middle, 0) * hand.shade * relief[..., None]
    return np.clip(image + mask[..., None] * (colour - image) + 0.5, 0, 255).astype(np.uint8)


def _hand_mask(hand: Hand, side: int) -> np.ndarray:
    """Returns the opacity 0..1 of a palm, four fingers and a thumb, float32 `(side, side)`."""
    mask, scale = np.zeros((side, side), np.uint8), hand.size * side
    turn = math.radians(hand.angle)

    def place(x: float, y: float) -> tuple[int, int]:
        """Converts a place in the hand (x to the right, y along the fingers) to sixteenths of a pixel."""
        return (round(16 * (hand.x * side + scale * (x * math.cos(turn) + y * math.sin(turn)))),
                round(16 * (hand.y * side + scale * (x * math.sin(turn) - y * math.cos(turn)))))

    axes = (round(16 * 0.13 * scale), round(16 * 0.15 * scale))
    cv2.ellipse(mask, place(0.0, 0.0), axes, hand.angle, 0, 360, 255, -1, cv2.LINE_AA, 4)
    fingers = [((x, 0.08), (1.25 * x, 0.08 + length)) for x, length in
               ((-0.095, 0.18), (-0.032, 0.24), (0.032, 0.25), (0.095, 0.20))]
    for start, end in [*fingers, ((0.08, -0.04), (0.20, 0.08))]:
        cv2.line(mask, place(*start), place(*end), 255, max(1, round(0.055 * scale)), cv2.LINE_AA, 4)
    return cv2.GaussianBlur(mask, (0, 0), max(side / 160.0, 0.4)).astype(np.float32) / 255.0


def _kernel(smear: Smear, side: int) -> np.ndarray:
    """Returns the weights of the pixels along the path of the camera, which sum to 1."""
    half = 0.5 * smear.length * side
    width = 2 * math.ceil(half) + 1
    kernel, middle = np.zeros((width, width), np.uint8), 16 * (width // 2)
    x, y = (round(16 * half * part) for part in (math.cos(math.radians(smear.angle)),
                                                 math.sin(math.radians(smear.angle))))
    cv2.line(kernel, (middle - x, middle - y), (middle + x, middle + y), 255, 1, cv2.LINE_AA, 4)
    return kernel.astype(np.float32) / kernel.sum()
