"""Scenes: everything that is true of one drawn face. Sampling of people, expressions, Action Units, light and pose.

Valence and arousal are a function of the Action Units and the expression, see `valence_arousal`: a convention that
makes a known truth, not a finding about people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from catgan import facs
from catgan.errors import CatganError
from catgan.faces.face_model import ACTION_UNITS, identity_size, unit_vector

EXPRESSIONS: Mapping[str, tuple[int, ...]] = {
    "neutral": (), "happiness": (6, 12, 25), "sadness": (1, 4, 15, 17), "surprise": (1, 2, 5, 25, 26),
    "fear": (1, 2, 4, 5, 20, 25), "disgust": (4, 7, 10, 17), "anger": (4, 5, 7, 23, 24)}
"""Expressions that are drawn, with the AUs of their prototype (Keltner et al. 2019 and EMFACS, as far as this model has
the AUs; disgust without AU9, which it lacks)."""

_VALENCE: Mapping[int, float] = {12: .34, 6: .08, 1: -.05, 4: -.20, 7: -.03, 10: -.16, 15: -.26, 17: -.10, 20: -.10,
                                 23: -.07, 24: -.06}
_AROUSAL: Mapping[int, float] = {1: .04, 2: .12, 4: .05, 5: .20, 7: .05, 10: .05, 12: .08, 20: .12, 23: .06, 25: .10,
                                 26: .18, 15: -.05, 43: -.24}
_ANCHORS: Mapping[str, str] = {"neutral": "neutral", "happiness": "happy", "sadness": "sad", "surprise": "surprised",
                               "fear": "fearful", "disgust": "disgusted", "anger": "angry"}
_ANCHOR_SHARE = 0.3


@dataclass(frozen=True)
class Scene:
    """One face, fully described.

    Args:
        action_units: intensity 0..5 per FACS number; what is not named is 0.
        expression: what the AUs were drawn for, or None for AUs drawn independently.
        subject: who it is; the same subject has the same `shape`, `texture` and `skin`.
        shape, texture: identity coefficients, standard normal.
        skin: 0 (lightest) .. 1 (darkest), along the Monk scale.
        pose: yaw, pitch, roll in degrees.
        light: azimuth (to the image's right) and elevation of the light in degrees, and its strength 0..1.
        gain: brightness, 1 = as photographed.
        contrast: 1 = as photographed.
        background: grey level 0..1 that the surroundings are drawn towards.
        glasses: 0 = none, else how dark they are, up to 1.
        blur: deviation of a Gaussian in hundredths of the side.
        noise: deviation in grey levels.
        seed: of the noise.
    """

    action_units: Mapping[int, float] = field(default_factory=dict)
    expression: str | None = None
    subject: str = "person0"
    shape: tuple[float, ...] = ()
    texture: tuple[float, ...] = ()
    skin: float = 0.35
    pose: tuple[float, float, float] = (0.0, 0.0, 0.0)
    light: tuple[float, float, float] = (0.0, 0.0, 0.0)
    gain: float = 1.0
    contrast: float = 1.0
    background: float = 0.5
    glasses: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    seed: int = 0

    def __post_init__(self):
        unit_vector(self.action_units)
        for number, value in self.action_units.items():
            if not 0.0 <= value <= 5.0:
                raise CatganError(f"{facs.au_name(number)} must lie in 0..5. Received: {value:g}.")
        if max(map(abs, self.pose)) > 30.0:
            raise CatganError(f"The face model turns faces by at most 30 degrees. Received: {self.pose}.")

    def with_action_units(self, changes: Mapping[int, float]) -> Scene:
        """The same face under the same light with some AUs changed: the true counterfactual."""
        return replace(self, action_units={**self.action_units, **changes})

    @property
    def valence_arousal(self) -> tuple[float, float]:
        """Valence and arousal, -1..1, without noise."""
        return valence_arousal(self.action_units, self.expression)


def valence_arousal(action_units: Mapping[int, float], expression: str | None = None) -> tuple[float, float]:
    """Valence and arousal of a drawn face.

    `tanh` of a weighted sum of intensities (signs as in Lang et al. 1993 and Zhang et al. 2024: AU4 negative, AU12
    positive; arousal from raised brows, wide eyes, open mouth); where the face was drawn for an expression, three parts
    in ten come from the ratings of its emotion word (Russell & Mehrabian 1977), as strongly as the face shows it.
    """
    sums = [sum(weights.get(number, 0.0) * value for number, value in action_units.items())
            for weights in (_VALENCE, _AROUSAL)]
    values = [float(np.tanh(total)) for total in sums]
    if expression is not None:
        prototype = EXPRESSIONS[expression]
        shown = min(sum(action_units.get(number, 0.0) for number in prototype) / (3.0 * len(prototype)), 1.0) \
            if prototype else 1.0
        anchor = facs.VA_ANCHORS[_ANCHORS[expression]]
        values = [(1 - _ANCHOR_SHARE) * value + _ANCHOR_SHARE * shown * wanted for value, wanted in zip(values, anchor)]
    return values[0], values[1]


class Sampler:
    """Draws scenes at random; scene number `index` is a function of (seed, index) alone.

    Args:
        seed: of everything.
        subjects: number of people.
        independent: share of faces whose AUs are drawn independently of each other, without an expression.
    """

    def __init__(self, seed: int = 0, subjects: int = 1000, independent: float = 0.4):
        self.seed, self.subjects, self.independent = seed, subjects, independent

    def person(self, number: int) -> Scene:
        """A subject at rest, in even light."""
        random = np.random.default_rng([self.seed, 1, number])
        shape, texture = (np.clip(random.standard_normal(size), -2.2, 2.2) for size in identity_size())
        return Scene(subject=f"person{number:05d}", shape=tuple(0.85 * shape), texture=tuple(0.85 * texture),
                     skin=float(random.random()), glasses=0.0)

    def subject_of(self, index: int) -> int:
        """Who is in scene number `index`."""
        return int(np.random.default_rng([self.seed, 2, index]).integers(self.subjects))

    def scene(self, index: int) -> Scene:
        """Scene number `index`: someone, showing something, somewhere."""
        random = np.random.default_rng([self.seed, 0, index])
        person = self.person(self.subject_of(index))
        if random.random() < self.independent:
            expression, units = None, self._independent(random)
        else:
            expression, units = self._expression(random)
        yaw, pitch, roll = np.clip(random.normal(0, (7, 5, 3)), -20, 20).tolist()
        return replace(
            person, action_units=units, expression=expression,
            pose=(yaw, pitch, roll),
            light=(float(random.uniform(-75, 75)), float(random.uniform(-20, 60)), float(random.beta(1.2, 2.0))),
            gain=float(np.exp(random.normal(0, 0.15))), contrast=float(np.exp(random.normal(0, 0.12))),
            background=float(random.random()),
            glasses=float(random.uniform(0.2, 1.0)) if random.random() < 0.08 else 0.0,
            blur=float(abs(random.normal(0, 0.6))), noise=float(abs(random.normal(0, 3.0))), seed=index)

    def _independent(self, random: np.random.Generator) -> dict[int, float]:
        return {number: float(np.clip(5 * random.beta(1.3, 1.8), 0, 5))
                for number in ACTION_UNITS if random.random() < 0.22}

    def _expression(self, random: np.random.Generator) -> tuple[str, dict[int, float]]:
        expression = str(random.choice(list(EXPRESSIONS)))
        strength, style = random.uniform(0.3, 1.0), random.uniform(0.6, 1.3, len(ACTION_UNITS))
        units = {}
        for number, personal in zip(ACTION_UNITS, style):
            if number in EXPRESSIONS[expression] and random.random() < 0.9:
                units[number] = float(np.clip(4.5 * strength * personal, 0, 5))
            elif random.random() < 0.08:
                units[number] = float(random.uniform(0, 2.5))
        return expression, units
