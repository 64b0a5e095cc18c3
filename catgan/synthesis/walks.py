"""Draws walks whose emotion is known: means of an emotion, habits of a person, and chance of a clip.

The directions follow studies of walking actors; the table that they became is a convention that makes a truth known,
not a finding (docs/people.md, *Walkers*).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from catgan import random_streams
from catgan.errors import CatganError, unknown_name
from catgan.synthesis.bodies import Proportions, Walk, walk_joints

EMOTIONS = ("neutral", "happiness", "sadness", "fear", "anger")
POSTURE = ("elbow", "trunk_lean", "head_tilt", "shoulder_lift")
"""Parameters that a single frame shows."""
GAIT = ("speed", "stride", "arm_swing", "bounce")
"""Parameters that only movement shows."""
PARAMETERS = ("speed", "stride", "arm_swing", "elbow", "trunk_lean", "head_tilt", "shoulder_lift", "bounce")
"""In the order of the tables below: metres per second, metres, degrees (4 x), metres, metres; see `Walk`."""

MEANS: Mapping[str, tuple[float, ...]] = {
    "neutral": (1.25, 1.35, 22, 20, 3, 0, 0.0, 0.020),
    "happiness": (1.45, 1.50, 34, 28, -1, -6, 0.0, 0.038),
    "sadness": (0.95, 1.10, 12, 12, 7, 22, -0.005, 0.014),
    "fear": (1.15, 1.05, 14, 52, 9, 8, 0.030, 0.018),
    "anger": (1.55, 1.55, 32, 38, 6, 6, 0.010, 0.022)}
"""Means of emotions at strength 1."""
CLIP_DEVIATIONS = (0.16, 0.13, 7, 9, 4, 7, 0.010, 0.008)
"""Standard deviations between walks of the same person and emotion."""
PERSON_DEVIATIONS = (0.10, 0.08, 6, 8, 4, 6, 0.008, 0.006)
"""Standard deviations between people."""
LOWEST = (0.4, 0.5, 0, 0, -20, -30, -0.04, 0)
HIGHEST = (2.4, 2.2, 70, 110, 35, 55, 0.08, 0.08)
ARM_ASYMMETRY = 0.08
"""Standard deviation of the difference between the arms' swings and their mean, as a share of it."""
NOISE_METRES = 0.006
"""Standard deviation of the noise of each coordinate of a joint."""


@dataclass(frozen=True)
class Walker:
    """Describes what is constant of a person.

    Args:
        proportions: lengths of the body.
        habits: difference from other people per parameter, in the order of `PARAMETERS`.
    """

    proportions: Proportions = Proportions()
    habits: tuple[float, ...] = (0.0,) * len(PARAMETERS)


def walker(seed: int, subject: int) -> Walker:
    """Returns a person by number, the same for the same seed."""
    random = random_streams.generator("walker", seed, subject)
    proportions = Proportions.sample(random)
    return Walker(proportions, tuple((random.standard_normal(len(PARAMETERS)) * PERSON_DEVIATIONS).tolist()))


def means(posture: str, gait: str, strength: float = 1.0) -> dict[str, float]:
    """Returns the mean parameters of a walk.

    Args:
        posture: emotion of `EMOTIONS` that the parameters in `POSTURE` show.
        gait: emotion that the parameters in `GAIT` show.
        strength: 0 = neutral, 1 = the table, 1.5 = half as much again away from neutral.

    Raises:
        CatganError: an unknown emotion, or a negative strength.
    """
    for name in (posture, gait):
        if name not in MEANS:
            raise unknown_name("emotion of a walk", name, MEANS)
    if not (np.isfinite(strength) and strength >= 0):
        raise CatganError(f"The strength of a walk is 0 or more. Received: {strength}.")
    neutral = dict(zip(PARAMETERS, MEANS["neutral"]))
    shown = {name: dict(zip(PARAMETERS, MEANS[posture if name in POSTURE else gait]))[name] for name in PARAMETERS}
    return {name: neutral[name] + strength * (shown[name] - neutral[name]) for name in PARAMETERS}


def sample_walk(person: Walker, posture: str, gait: str, strength: float, random: np.random.Generator) -> Walk:
    """Draws a walk of a person.

    Args:
        person: whose habits it has.
        posture, gait: emotions that posture and movement show; different ones contradict each other.
        strength: of both, see `means`.
        random: source of the chance of this clip, of the phase and of the difference between the arms.

    Raises:
        CatganError: an unknown emotion, or a negative strength.
    """
    return _drawn(np.array([means(posture, gait, strength)[name] for name in PARAMETERS]), person, random)


def _drawn(centre: np.ndarray, person: Walker, random: np.random.Generator, chance: np.ndarray | None = None) -> Walk:
    """Draws a walk around `centre`; `chance` scales habits and chance per parameter."""
    away = random.standard_normal(len(PARAMETERS)) * CLIP_DEVIATIONS + person.habits
    values = np.clip(centre + (away if chance is None else away * chance), LOWEST, HIGHEST)
    asymmetry = ARM_ASYMMETRY * float(np.clip(random.standard_normal(), -3, 3))
    return Walk(**dict(zip(PARAMETERS, values.tolist())), arm_asymmetry=asymmetry, phase=float(random.uniform()))


def noisy(joints: np.ndarray, random: np.random.Generator, deviation: float = NOISE_METRES) -> np.ndarray:
    """Adds independent noise (standard deviation in metres) to every coordinate of joints."""
    return joints + deviation * random.standard_normal(joints.shape)


# === Many walks ===


@dataclass(frozen=True)
class Walks:
    """Holds n walks of the same length.

    Args:
        joints: float32 `(n, t, 16, 3)` in metres, axes as in `bodies`.
        postures, gaits: int64 `(n,)`, index in `EMOTIONS` of the emotion that each part shows.
        labels: int64 `(n,)`, index in `classes`.
        classes: what a model is asked for.
        subjects: int64 `(n,)`, number of the person.
        parameters: float64 `(n, 8)`, columns `PARAMETERS`: what was walked, not the means.
        rate: frames per second.
    """

    joints: np.ndarray
    postures: np.ndarray
    gaits: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    subjects: np.ndarray
    parameters: np.ndarray
    rate: float


def walks(n: int, people: int, seed: int = 0, *, emotions: Sequence[str] = EMOTIONS, strength: float = 1.0,
          contradictions: float = 0.0, frames: int = 40, rate: float = 15.0, heading: float = 0.0) -> Walks:
    """Draws walks with every emotion about equally often, person by person in turn.

    Args:
        n: number of walks.
        people: number of people, 1 or more.
        seed: 0 or more.
        emotions: what is drawn from, names of `EMOTIONS`; also the classes, in this order.
        strength: see `means`.
        contradictions: share of walks, 0..1, whose posture shows another emotion than the gait; the label is the
            gait's.
        frames, rate: of each walk.
        heading: largest angle to the camera in degrees; drawn evenly from both sides.

    Raises:
        CatganError: no walk, no person, an unknown emotion, or an impossible share.
    """
    _check(n, people, emotions, contradictions)
    drawn = []
    for number in range(n):
        random = random_streams.generator("walks", seed, number)
        person, label = walker(seed, number % people), number // people % len(emotions)
        posture = _other(label, len(emotions), random) if random.uniform() < contradictions else label
        walk = sample_walk(person, emotions[posture], emotions[label], strength, random)
        drawn.append((label, EMOTIONS.index(emotions[posture]), EMOTIONS.index(emotions[label]), walk,
                      _seen(person, walk, frames, rate, heading, random)))
    return _together(drawn, tuple(emotions), people, rate)


@dataclass(frozen=True)
class PlantedWalk:
    """Describes a task whose two classes differ in one parameter only.

    Args:
        parameter: of `PARAMETERS`.
        classes: names of both classes.
        values: means of both classes.
    """

    parameter: str
    classes: tuple[str, str]
    values: tuple[float, float]


PLANTED: Mapping[str, PlantedWalk] = {
    "gait_speed": PlantedWalk("speed", ("slow", "fast"), (0.95, 1.55)),
    "head_tilt": PlantedWalk("head_tilt", ("upright", "lowered"), (0.0, 22.0)),
    "arm_swing": PlantedWalk("arm_swing", ("small", "large"), (12.0, 34.0))}
"""Tasks by name. All other parameters are those of a neutral walk, whatever the class."""
PLANTED_CHANCE = 0.5
"""Share of habits and chance that the planted parameter keeps, so that its classes hardly overlap."""


def planted_walk(person: Walker, task: str, label: int, random: np.random.Generator) -> Walk:
    """Draws a walk of class 0 or 1 of a task of `PLANTED`.

    Raises:
        CatganError: an unknown task or class.
    """
    if task not in PLANTED:
        raise unknown_name("planted walk", task, PLANTED)
    if label not in (0, 1):
        raise CatganError(f"A planted walk has class 0 or 1. Received: {label}.")
    centre, chance = np.array(MEANS["neutral"]), np.ones(len(PARAMETERS))
    place = PARAMETERS.index(PLANTED[task].parameter)
    centre[place], chance[place] = PLANTED[task].values[label], PLANTED_CHANCE
    return _drawn(centre, person, random, chance)


def planted_walks(task: str, n: int, people: int, seed: int = 0, *, frames: int = 40, rate: float = 15.0,
                  heading: float = 0.0) -> Walks:
    """Draws walks of a task of `PLANTED`, classes in turn; arguments as in `walks`.

    Raises:
        CatganError: an unknown task, no walk or no person.
    """
    _check(n, people, EMOTIONS, 0.0)
    drawn = []
    for number in range(n):
        random = random_streams.generator("planted_walks", seed, number)
        person, label = walker(seed, number % people), number // people % 2
        walk = planted_walk(person, task, label, random)
        drawn.append((label, 0, 0, walk, _seen(person, walk, frames, rate, heading, random)))
    return _together(drawn, PLANTED[task].classes, people, rate)


def _seen(person: Walker, walk: Walk, frames: int, rate: float, heading: float,
          random: np.random.Generator) -> np.ndarray:
    """Returns noisy joints of a walk, turned to the camera by up to `heading` degrees."""
    return noisy(walk_joints(person.proportions, walk, frames, rate, heading * random.uniform(-1, 1)), random)


def _together(drawn: Sequence[tuple[int, int, int, Walk, np.ndarray]], classes: tuple[str, ...], people: int,
              rate: float) -> Walks:
    labels, postures, gaits, walked, joints = zip(*drawn)
    return Walks(np.array(joints, np.float32), np.array(postures, np.int64), np.array(gaits, np.int64),
                 np.array(labels, np.int64), classes, np.arange(len(drawn)) % people,
                 np.array([[getattr(walk, name) for name in PARAMETERS] for walk in walked]), rate)


def _other(label: int, count: int, random: np.random.Generator) -> int:
    return int((label + random.integers(1, count)) % count)


def _check(n: int, people: int, emotions: Sequence[str], contradictions: float) -> None:
    """Raises a CatganError if such walks cannot be drawn."""
    for name in emotions:
        if name not in EMOTIONS:
            raise unknown_name("emotion of a walk", name, EMOTIONS)
    if n < 1 or people < 1 or not 0 <= contradictions <= 1 or len(set(emotions)) < max(len(emotions), 2):
        raise CatganError("Walks need at least 1 walk, 1 person, 2 different emotions and a share of contradictions in "
                          f"0..1. Received: {n}, {people}, {list(emotions)} and {contradictions}.")
