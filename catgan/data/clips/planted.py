"""Makes clips of landmarks whose class has a known cause: which points move, and when.

The face model moves the points, so the cause is exact. Beside it, every clip has a person with an own face shape and an
own face at rest, speech, blinks, small head movements, and the landmarker's jitter, none of which depend on the class.

| task | class 1 differs from class 0 by | in both classes, by chance |
|---|---|---|
| `mouth` | a smile (AU12) of the mouth's points | raised brows |
| `left_brow` | the subject's left brow is raised (AU1, AU2) | the right brow is raised |
| `order` | the smile comes before the raised brows, not after them | |
| `duration` | the brows are raised for longer | a smile |
| `distractor` | raised brows | loud speech, in all clips |
| `redundant` | raised brows and a smile, of which each is enough | |
| `nothing` | nothing: the labels are shuffled | a smile, raised brows |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from catgan import random_streams
from catgan.data.clips.jitter import jittered
from catgan.data.clips.landmarks import LandmarkClips
from catgan.errors import DataError, unknown_name
from catgan.faces.landmark_sets import LandmarkSet, landmark_set
from catgan.synthesis import clip_layers
from catgan.synthesis.clip_layers import Episode
from catgan.synthesis.clips import head_path
from catgan.synthesis.face_model import ACTION_UNITS, CENTRE, FaceModel, rotations
from catgan.synthesis.scene import Sampler

CLASSES = ("absent", "present")
"""Names of classes 0 and 1."""
SIDE = 256
"""Side of the picture that the points lie in, in pixels."""
FEWEST_FRAMES = 10
RAISE, SMILE = {1: 1.0, 2: 1.0}, {12: 1.0}
"""Action Units of the movements, relative to the intensity of a clip."""
INTENSITIES = (1.5, 3.5)
LOUD = 1.5
"""Strength of loud speech, relative to that of `clip_layers.speech`."""
POSE_DEVIATION, PATH_SHARE = (4.0, 3.0, 2.0), 0.5
"""Deviation of yaw, pitch and roll of a clip in degrees, and size of the head's path relative to rendered clips."""
_BROWS, _MOUTH = ("left_brow", "right_brow"), ("mouth",)


class Movement(NamedTuple):
    """Describes the movement of the points of some regions.

    Args:
        regions: names of regions.
        episode: Action Units and their time course.
        planted: whether the class depends on it.
    """

    regions: tuple[str, ...]
    episode: Episode
    planted: bool = True


@dataclass(frozen=True)
class PlantedTruth:
    """Holds the cause of the classes of `n` clips.

    Args:
        task: name of the task.
        parts: points of each part of the cause by name, int64, ascending. Of `redundant`, each part is enough.
        moments: int64 `(n, 2)`, first frame of the planted movements and the frame after their last one, where a
            frame counts from half of the full movement on; -1 in clips that have none.
    """

    task: str
    parts: Mapping[str, np.ndarray]
    moments: np.ndarray

    @property
    def points(self) -> np.ndarray:
        """Points of all parts of the cause, int64, ascending."""
        return np.sort(np.concatenate([np.zeros(0, np.int64), *self.parts.values()]))


def planted_clips(task: str, clips: int, subjects: int, seed: int = 0, frames: int = 20, rate: float = 6.25,
                  strength: float = 1.0, jitter: float = 1.0) -> tuple[LandmarkClips, PlantedTruth]:
    """Makes clips of one task; clip `i` shows person `i % subjects`, and every person shows both classes alike often.

    Args:
        task: a name of `TASKS`.
        clips, subjects: numbers of clips and people. Only two clips or more of each person balance the classes.
        seed: of everything; clip `i` is a function of (task, seed, subjects, i).
        frames, rate: frames per clip, and per second.
        strength: of the movements; 1 has AU intensities of 1.5 to 3.5.
        jitter: scale of the jitter, see `jittered`; 0 gives exact points.

    Returns:
        The clips with MediaPipe's 478 points, and their cause.

    Raises:
        DataError: an unknown task, or numbers out of range.
    """
    if task not in TASKS:
        raise DataError(str(unknown_name("task of planted clips", task, TASKS)))
    if clips < 1 or subjects < 1 or frames < FEWEST_FRAMES or not 0.0 < rate <= 1000.0:
        raise DataError(f"Planted clips need clips, subjects, {FEWEST_FRAMES} frames or more and a positive rate. "
                        f"Received: {clips}, {subjects}, {frames}, {rate:g}.")
    known, times = landmark_set("mediapipe_478"), np.arange(frames) / rate
    numbers, labels = np.arange(clips), _labels(task, clips, subjects, seed)
    made = [_clip(task, seed, number, number % subjects, label, times, strength)
            for number, label in zip(numbers.tolist(), labels.tolist())]
    result = LandmarkClips(
        np.stack([points for points, _ in made]), np.ones((clips, frames), bool), labels, CLASSES,
        tuple(f"person{number % subjects:05d}" for number in numbers), tuple(f"clip{number:05d}" for number in numbers),
        np.tile(times, (clips, 1)), known.name, rate)
    truth = PlantedTruth(task, _parts(task, known), np.array([moment for _, moment in made], np.int64))
    return jittered(result, seed, jitter) if jitter else result, truth


def _labels(task: str, clips: int, subjects: int, seed: int) -> np.ndarray:
    numbers = np.arange(clips)
    labels = (numbers % subjects + numbers // subjects) % 2
    return random_streams.generator("planted_clips", seed, clips).permutation(labels) if task == "nothing" else labels


def _parts(task: str, known: LandmarkSet) -> dict[str, np.ndarray]:
    return {name: np.sort(np.concatenate([known.regions[region] for region in regions]))
            for name, regions in TASKS[task].parts.items()}


# === Movements of the tasks ===


class _Draw:
    """Draws movements at random; what it draws does not depend on the class."""

    def __init__(self, random: np.random.Generator, seconds: float, strength: float):
        self.random, self.seconds = random, seconds
        self.intensity = strength * random.uniform(*INTENSITIES)

    def chance(self) -> bool:
        return bool(self.random.random() < 0.5)

    def time(self, start: tuple[float, float] = (0.15, 0.4), length: tuple[float, float] = (0.35, 0.5)
             ) -> tuple[float, float]:
        """Returns start and length of a movement, from ranges in durations of the clip."""
        return self.random.uniform(*start), self.random.uniform(*length)

    def move(self, units: Mapping[int, float], time: tuple[float, float]) -> Episode:
        start, length = (self.seconds * share for share in time)
        change = 0.1 * self.seconds
        return Episode("", {number: self.intensity * share for number, share in units.items()},
                       (start,) * len(units), change, change, start + length)


def _mouth(draw: _Draw, present: bool) -> list[Movement]:
    own, other, shown = draw.time(), draw.time(), draw.chance()
    return ([Movement(_MOUTH, draw.move(SMILE, own))] if present else []) + (
        [Movement(_BROWS, draw.move(RAISE, other), False)] if shown else [])


def _left_brow(draw: _Draw, present: bool) -> list[Movement]:
    own, other, shown = draw.time(), draw.time(), draw.chance()
    return ([Movement(("left_brow",), draw.move(RAISE, own))] if present else []) + (
        [Movement(("right_brow",), draw.move(RAISE, other), False)] if shown else [])


def _order(draw: _Draw, present: bool) -> list[Movement]:
    times = [draw.time(start, (0.28, 0.34)) for start in ((0.13, 0.18), (0.52, 0.57))]
    raised, smiled = times[::-1] if present else times
    return [Movement(_BROWS, draw.move(RAISE, raised)), Movement(_MOUTH, draw.move(SMILE, smiled))]


def _duration(draw: _Draw, present: bool) -> list[Movement]:
    start = draw.random.uniform(0.15, 0.3)
    short, long, other, shown = (draw.random.uniform(0.2, 0.26), draw.random.uniform(0.5, 0.6), draw.time(),
                                 draw.chance())
    return [Movement(_BROWS, draw.move(RAISE, (start, long if present else short)))] + (
        [Movement(_MOUTH, draw.move(SMILE, other), False)] if shown else [])


def _brows(draw: _Draw, present: bool) -> list[Movement]:
    time = draw.time()
    return [Movement(_BROWS, draw.move(RAISE, time))] if present else []


def _redundant(draw: _Draw, present: bool) -> list[Movement]:
    raised, smiled = draw.time(), draw.time()
    both = [Movement(_BROWS, draw.move(RAISE, raised)), Movement(_MOUTH, draw.move(SMILE, smiled))]
    return both if present else []


def _nothing(draw: _Draw, present: bool) -> list[Movement]:
    return [one._replace(planted=False) for one in _mouth(draw, draw.chance())]


class _Task(NamedTuple):
    parts: Mapping[str, tuple[str, ...]]
    movements: Callable[[_Draw, bool], list[Movement]]


TASKS: Mapping[str, _Task] = {
    "mouth": _Task({"mouth": _MOUTH}, _mouth), "left_brow": _Task({"left_brow": ("left_brow",)}, _left_brow),
    "order": _Task({"brows": _BROWS, "mouth": _MOUTH}, _order), "duration": _Task({"brows": _BROWS}, _duration),
    "distractor": _Task({"brows": _BROWS}, _brows),
    "redundant": _Task({"brows": _BROWS, "mouth": _MOUTH}, _redundant), "nothing": _Task({}, _nothing)}
"""Tasks by name: names of regions by part of the cause, and what moves."""

# === Points of one clip ===


@lru_cache(maxsize=1)
def _model() -> FaceModel:
    return FaceModel(16)


def _clip(task: str, seed: int, number: int, person: int, label: int, times: np.ndarray,
          strength: float) -> tuple[np.ndarray, tuple[int, int]]:
    """Returns the points of a clip in pixels, float32 `(t, 478, 2)`, and the moment of its planted movements."""
    random = random_streams.generator("planted_clips", seed, number)
    pose = random.standard_normal(3) * POSE_DEVIATION
    path = PATH_SHARE * head_path(len(times), 1.0 / (times[1] - times[0]), random)
    movements = TASKS[task].movements(_Draw(random, float(times[-1]), strength), bool(label))
    speech = clip_layers.speech(seed, number, times)
    if task == "distractor":
        speech = LOUD * _spoken(seed, number, times)
    layers = (clip_layers.resting_face(seed, person), speech, clip_layers.blinks(seed, number, times))
    still = clip_layers.visible(np.zeros((len(times), len(ACTION_UNITS))), *layers)
    identity = np.tile(np.array(Sampler(seed).person(person).shape, np.float32), (len(times), 1))

    def face(units: np.ndarray) -> np.ndarray:
        return _model().shapes(units, identity, np.zeros((len(times), 3)))

    level, known = face(still), landmark_set("mediapipe_478")
    shape = level.copy()
    for one in movements:
        change = face(clip_layers.visible(one.episode.intensities(times), *layers)) - level
        moved = np.concatenate([known.regions[region] for region in one.regions])
        shape[:, moved] += change[:, moved]
    turned = (shape - CENTRE) @ rotations(pose + path).transpose(0, 2, 1) + CENTRE
    shown = [one.episode.is_shown(times) for one in movements if one.planted]
    planted = np.flatnonzero(np.any(shown, 0)) if shown else np.zeros(0, np.int64)
    moment = (int(planted[0]), int(planted[-1]) + 1) if len(planted) else (-1, -1)
    return (SIDE * turned[..., :2]).astype(np.float32), moment


def _spoken(seed: int, number: int, times: np.ndarray) -> np.ndarray:
    """Returns the first course of several in which the person talks, see `clip_layers.speech`."""
    courses = (clip_layers.speech(seed, 64 * number + attempt, times) for attempt in range(64))
    return next((course for course in courses if course.any()), np.zeros((len(times), len(ACTION_UNITS))))
