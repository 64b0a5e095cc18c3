"""Describes rendered faces completely (`Scene`) and samples them: people, expressions, Action Units, light and pose.

Valence and arousal are a function of the Action Units and the expression, see `valence_arousal`. That function is a
convention which makes the truth known; it is not a finding about people.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from catgan import facs, random_streams
from catgan.errors import CatganError
from catgan.synthesis.face_model import ACTION_UNITS, SHAPE_COMPONENTS, TEXTURE_COMPONENTS, unit_vector

TABLE = facs.PROTOTYPES["matsumoto_ekman_2008"]
"""AUs of each expression (Matsumoto & Ekman 2008)."""

# The prototype of disgust is AU9, which the face model does not have; its optional AUs are used instead.
_DRAWN = {name: tuple(number for number in numbers if number in ACTION_UNITS) or TABLE.optional[name]
          for name, numbers in TABLE.sets.items()}
EXPRESSIONS: Mapping[str, tuple[int, ...]] = {"neutral": (), **{
    name: _DRAWN[name] for name in ("happiness", "sadness", "surprise", "fear", "disgust", "anger")}}
"""Rendered expressions with the AUs that nearly always belong to them."""
OPTIONAL: Mapping[str, tuple[int, ...]] = {name: tuple(
    number for number in TABLE.optional.get(name, ()) if number in ACTION_UNITS and number not in numbers)
    for name, numbers in EXPRESSIONS.items()}
"""Rendered expressions with the AUs that may be added."""

EXCLUSIVE: tuple[tuple[int, int], ...] = ((5, 43), (24, 25), (24, 26), (18, 20))
"""Pairs of AUs that random faces never show together: eyes cannot be wide open and closed, nor lips pressed and parted,
nor lips puckered and stretched (FACS: Ekman, Friesen & Hager 2002)."""

_KNOWN = frozenset(ACTION_UNITS)
_VALENCE: Mapping[int, float] = {12: .34, 6: .08, 1: -.05, 4: -.20, 7: -.03, 10: -.16, 15: -.26, 17: -.10, 20: -.10,
                                 23: -.07, 24: -.06}
_AROUSAL: Mapping[int, float] = {1: .04, 2: .12, 4: .05, 5: .20, 7: .05, 10: .05, 12: .08, 20: .12, 23: .06, 25: .10,
                                 26: .18, 15: -.05, 43: -.24}
_ANCHORS: Mapping[str, str] = {"neutral": "neutral", "happiness": "happy", "sadness": "sad", "surprise": "surprised",
                               "fear": "fearful", "disgust": "disgusted", "anger": "angry"}
_ANCHOR_SHARE = 0.3


@dataclass(frozen=True)
class Scene:
    """Describes one face completely.

    Args:
        action_units: intensity 0..5 by FACS number; AUs that are not named are 0.
        expression: the expression from which the AUs were sampled, or None for AUs sampled independently.
        subject: name of the person; the same subject has the same `shape`, `texture` and `skin`.
        shape, texture: identity coefficients, standard normal over people.
        skin: 0 (lightest) .. 1 (darkest), along the Monk scale.
        pose: yaw, pitch, roll in degrees.
        light: azimuth (positive towards the image's right) and elevation of the light in degrees, and its strength
            0..1.
        gain: brightness; 1 is unchanged.
        contrast: 1 is unchanged.
        background: grey level 0..1 of the background.
        clutter: strength of the background's pattern, 0 (even) .. 1.
        glasses: 0 for no glasses, else how dark the frames are, up to 1.
        blur: standard deviation of a Gaussian blur in hundredths of the image side.
        noise: standard deviation of the camera noise in grey levels.
        seed: seed of noise and background.
        frame: number in a clip, whose frames share one background and have separate noise.
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
    clutter: float = 0.0
    glasses: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    seed: int = 0
    frame: int = 0

    def __post_init__(self) -> None:
        for number, value in self.action_units.items():
            if number not in _KNOWN:
                unit_vector(self.action_units)  # raises an error that lists the known AUs
            if not 0.0 <= value <= 5.0:
                raise CatganError(f"{facs.au_name(number)} must lie in 0..5. Received: {value:g}.")
        if max(map(abs, self.pose)) > 30.0:
            raise CatganError(f"The face model turns faces by at most 30 degrees. Received: {self.pose}.")

    def with_action_units(self, changes: Mapping[int, float]) -> Scene:
        """Returns the same face in the same light with some AUs changed: the true counterfactual."""
        return replace(self, action_units={**self.action_units, **changes})

    @property
    def valence_arousal(self) -> tuple[float, float]:
        """Valence and arousal, -1..1, without noise."""
        return valence_arousal(self.action_units, self.expression)


def valence_arousal(action_units: Mapping[int, float], expression: str | None = None) -> tuple[float, float]:
    """Computes valence and arousal of a rendered face, each -1..1.

    Each is `tanh` of a weighted sum of AU intensities. The signs follow Lang et al. 1993 and Zhang et al. 2024: AU4
    lowers valence and AU12 raises it; raised brows, wide eyes and an open mouth raise arousal. For a face with an
    expression, 30 % of each value come from the ratings of its emotion word (Russell & Mehrabian 1977), in proportion
    to how strongly the face shows it.
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
    """Samples scenes at random; scene number `index` is a function of (seed, index) alone.

    Args:
        seed: seed of all scenes.
        subjects: number of people.
        independent: share of faces whose AUs are sampled independently of each other, without an expression.
    """

    def __init__(self, seed: int = 0, subjects: int = 1000, independent: float = 0.4):
        self.seed, self.subjects, self.independent = seed, subjects, independent

    def person(self, number: int) -> Scene:
        """Returns a subject with a neutral face in even light."""
        random = random_streams.generator("person", self.seed, number)
        shape, texture = (spread * np.minimum(np.maximum(random.standard_normal(size), -2.2), 2.2)
                          for spread, size in ((0.8, SHAPE_COMPONENTS), (0.7, TEXTURE_COMPONENTS)))
        return Scene(subject=f"person{number:05d}", shape=tuple(shape.tolist()), texture=tuple(texture.tolist()),
                     skin=random.random())

    def subject_of(self, index: int) -> int:
        """Returns the number of the subject in scene number `index`."""
        return int(self._random(index).integers(self.subjects))

    def _random(self, index: int) -> np.random.Generator:
        return random_streams.generator("scene", self.seed, index)

    def scene(self, index: int) -> Scene:
        """Returns scene number `index`, with a random subject, expression, pose, light and background."""
        random = self._random(index)
        subject = int(random.integers(self.subjects))
        if random.random() < self.independent:
            expression, units = None, independent_units(random)
        else:
            expression, units = expressed_units(random)
        uniform, normal = random.random(6).tolist(), random.standard_normal(7).tolist()
        yaw, pitch, roll = (min(max(spread * value, -20.0), 20.0) for spread, value in zip((7, 5, 3), normal[4:]))
        return replace(
            self.person(subject), action_units=units, expression=expression, pose=(yaw, pitch, roll),
            light=(150 * uniform[0] - 75, 80 * uniform[1] - 20, random.beta(1.2, 2.0)),
            gain=math.exp(0.15 * normal[0]), contrast=math.exp(0.12 * normal[1]), background=uniform[2],
            clutter=uniform[3], glasses=0.2 + 0.8 * uniform[5] if uniform[4] < 0.08 else 0.0,
            blur=0.35 * abs(normal[2]), noise=1.8 * abs(normal[3]), seed=index)


def independent_units(random: np.random.Generator) -> dict[int, float]:
    """Samples AUs independently of each other; of exclusive pairs the weaker AU is removed."""
    shown, values = random.random((2, len(ACTION_UNITS))).tolist()
    return possible({number: 0.5 + 4.5 * value for number, chance, value in zip(ACTION_UNITS, shown, values)
                     if chance < 0.15})


def expressed_units(random: np.random.Generator) -> tuple[str, dict[int, float]]:
    """Samples an expression, and Action Units that show it."""
    expression = list(EXPRESSIONS)[random.integers(len(EXPRESSIONS))]
    return expression, units_of(expression, random)


def units_of(expression: str, random: np.random.Generator) -> dict[int, float]:
    """Samples AU intensities of an expression: most AUs of its prototype, some optional ones, and a few unrelated
    ones."""
    strength = 0.3 + 0.7 * random.random()
    units = {}
    for number, chance, style in zip(ACTION_UNITS, *random.random((2, len(ACTION_UNITS))).tolist()):
        belongs = 0.9 if number in EXPRESSIONS[expression] else 0.4 if number in OPTIONAL[expression] else 0.0
        if chance < belongs:
            units[number] = min(4.5 * strength * (0.6 + 0.7 * style), 5.0)
        elif chance > 0.95:
            units[number] = 2.5 * style
    return possible(units, EXPRESSIONS[expression])


def possible(units: Mapping[int, float], kept: tuple[int, ...] = (),
             apart: tuple[tuple[int, int], ...] = EXCLUSIVE) -> dict[int, float]:
    """Removes the weaker AU of each exclusive pair.

    Args:
        units: intensities by FACS number.
        kept: AUs that win over others, whatever their intensity.
        apart: pairs of AUs that exclude each other.
    """
    result = dict(units)
    for pair in apart:
        if all(number in result for number in pair):
            del result[min(pair, key=lambda number: (number in kept, result[number]))]
    return result
