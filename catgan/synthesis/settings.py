"""Samples where and when a person is seen, in a known dependence on the person's emotion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catgan import random_streams
from catgan.errors import CatganError, unknown_name
from catgan.synthesis.places import EMOTIONS, PLACES, found_phrase, found_place, hours_of

PHRASE_WEIGHT = 40.0
"""By how much a phrase multiplies a place's weight of its emotion."""


@dataclass(frozen=True)
class Setting:
    """Where and when a person is seen.

    Args:
        place: a key of `PLACES`.
        phrase: an adjective-noun pair that can be seen there, or None.
        hour: 0..23.
    """

    place: str
    phrase: str | None
    hour: int

    @property
    def phrases(self) -> tuple[str, ...]:
        """The phrase as `draw_place` takes it."""
        return () if self.phrase is None else (self.phrase,)


def expected(place: str, phrase: str | None = None) -> np.ndarray:
    """Returns which emotions a place and a phrase lead one to expect: float64 `(5,)` in the order of `EMOTIONS`, sum 1.

    Raises:
        CatganError: unknown place or phrase.
    """
    weights = np.array(found_place(place).emotions, np.float64)
    if phrase is not None:
        weights[EMOTIONS.index(found_phrase(place, phrase).emotion)] *= PHRASE_WEIGHT
    return weights / weights.sum()


PAIRS: tuple[tuple[str, str | None], ...] = tuple(
    (place, phrase) for place in PLACES for phrase in (None, *PLACES[place].phrases))
"""All pairs of a place and a phrase, without a phrase first."""

_EXPECTED = np.stack([expected(*pair) for pair in PAIRS])
_GIVEN_EMOTION = _EXPECTED / _EXPECTED.sum(0)


def chances(strength: float) -> np.ndarray:
    """Returns the chance of each pair given each emotion, float64 `(pairs, 5)`; each column has the sum 1.

    Args:
        strength: 0 (all pairs alike, whatever the emotion) to 1 (in proportion to what `expected` says).

    Raises:
        CatganError: another strength.
    """
    if not 0.0 <= strength <= 1.0:
        raise CatganError("The strength with which emotions choose their places must lie in 0..1. "
                          f"Received: {strength:g}.")
    return (1 - strength) / len(PAIRS) + strength * _GIVEN_EMOTION


def posterior(place: str, phrase: str | None, strength: float) -> np.ndarray:
    """Returns the true probabilities of the emotions of a person who is seen at a place, float64 `(5,)`: what a
    recogniser of places alone can know at best, if all emotions are equally frequent.

    Raises:
        CatganError: unknown place or phrase, or a strength that is not in 0..1.
    """
    expected(place, phrase)
    row = chances(strength)[PAIRS.index((place, phrase))]
    return row / row.sum()


def sample_setting(emotion: str, strength: float, seed: random_streams.Seed = 0) -> Setting:
    """Samples the setting of a person with an emotion; hours are equally frequent where the phrase allows them.

    Args:
        emotion: one of `EMOTIONS`.
        strength: see `chances`.
        seed: a number, or a generator that has been seeded.

    Raises:
        CatganError: unknown emotion, or a strength that is not in 0..1.
    """
    if emotion not in EMOTIONS:
        raise unknown_name("emotion", emotion, EMOTIONS)
    random = random_streams.generator("sampled_setting", random_streams.seed_of(seed))
    place, phrase = PAIRS[int(random.choice(len(PAIRS), p=chances(strength)[:, EMOTIONS.index(emotion)]))]
    return Setting(place, phrase, int(random.choice(hours_of(place, () if phrase is None else (phrase,)))))
