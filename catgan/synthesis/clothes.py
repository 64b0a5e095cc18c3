"""Samples clothes, hair and skin of drawn people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catgan import random_streams
from catgan.errors import CatganError
from catgan.synthesis.rendering import skin_tone
from catgan.synthesis.stage import Colour

SHIRTS: tuple[Colour, ...] = ((178, 44, 48), (40, 84, 150), (58, 122, 84), (226, 222, 214), (60, 62, 70),
                              (214, 170, 60), (120, 80, 140), (150, 180, 200), (200, 120, 100), (110, 120, 80))
TROUSERS: tuple[Colour, ...] = ((42, 50, 74), (60, 62, 66), (110, 96, 76), (74, 92, 124), (160, 150, 130), (50, 44, 42))
SHOES: tuple[Colour, ...] = ((40, 34, 30), (206, 204, 200), (96, 62, 40), (60, 70, 110), (150, 50, 50))
HAIR: tuple[Colour, ...] = ((34, 28, 26), (70, 48, 34), (112, 78, 48), (170, 136, 84), (140, 136, 132), (110, 52, 34))
HAIRSTYLES = ("short", "long", "bald")


@dataclass(frozen=True)
class Clothes:
    """What a drawn person wears and looks like. Colours are red, green and blue, 0..255.

    Args:
        shirt, trousers, shoes, hair: colours.
        skin: colour of the neck, arms and hands.
        hairstyle: one of `HAIRSTYLES`.
        sleeves: whether they reach the hands.
    """

    shirt: Colour = (40, 84, 150)
    trousers: Colour = (60, 62, 66)
    shoes: Colour = (40, 34, 30)
    hair: Colour = (70, 48, 34)
    skin: Colour = (190, 150, 122)
    hairstyle: str = "short"
    sleeves: bool = True

    def __post_init__(self) -> None:
        if self.hairstyle not in HAIRSTYLES:
            raise CatganError(f"A hairstyle is one of {', '.join(HAIRSTYLES)}. Received: {self.hairstyle!r}.")


def sample_clothes(seed: random_streams.Seed, skin: float) -> Clothes:
    """Samples clothes and hair, independently of everything else.

    Args:
        seed: of the clothes alone.
        skin: of the person, 0 (lightest) .. 1 (darkest), as in `catgan.synthesis.scene.Scene`.
    """
    random = random_streams.generator("clothes", random_streams.seed_of(seed))
    shirt, trousers, shoes, hair = (_near(random, colours) for colours in (SHIRTS, TROUSERS, SHOES, HAIR))
    style = HAIRSTYLES[int(random.choice(3, p=(0.55, 0.37, 0.08)))]
    return Clothes(shirt, trousers, shoes, hair, skin_colour(skin), style, bool(random.random() < 0.6))


def skin_colour(skin: float) -> Colour:
    """Returns the colour of skin as the rendered faces have it; `skin` is 0..1."""
    red, green, blue = np.clip(255 * skin_tone(skin), 0, 255).tolist()
    return red, green, blue


def _near(random: np.random.Generator, colours: Sequence[Colour]) -> Colour:
    """Returns one of some colours, changed a little."""
    base = np.array(colours[int(random.integers(len(colours)))], np.float64)
    red, green, blue = np.clip(base + random.normal(0, 8) + random.normal(0, 4, 3), 8, 247).tolist()
    return red, green, blue
