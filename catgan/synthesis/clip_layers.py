"""Samples the layers of a clip: emotion, resting face, speech, blinks. Each is a course of Action Units over time.

Arrays of Action Units are float64 `(frames, 17)`, intensities 0..5 in the order of `face_model.ACTION_UNITS`. Each
layer has its own random numbers, so a clip without one of them keeps the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from catgan import random_streams
from catgan.synthesis.clips import LARGEST_DELAY_SECONDS, OFFSET_SECONDS, ONSET_SECONDS, smooth_step
from catgan.synthesis.face_model import ACTION_UNITS
from catgan.synthesis.scene import EXCLUSIVE, expressed_units

EPISODE_SECONDS = 4.0
"""A clip has one emotional episode for each of these, at least one."""
STRENGTH = 0.6
"""Intensities of episodes, relative to those of `scene.expressed_units`."""

RESTING_UNITS = (1, 2, 4, 6, 7, 12, 15, 17, 24, 43)
RESTING_CHANCE = 0.4
RESTING_MEAN = 0.9
RESTING_LARGEST = 2.5

SPEECH_CHANCE = 0.7
SYLLABLES_PER_SECOND = (3.0, 5.0)
VISEMES: tuple[Mapping[int, float], ...] = ({25: 2.6, 26: 2.0}, {25: 2.2, 20: 1.8}, {18: 2.6, 25: 1.0}, {24: 2.4},
                                            {25: 1.6})
"""Mouth shapes of speech as Action Units: open, spread, rounded, pressed and slightly parted lips."""

BLINKS_PER_SECOND = 0.3
BLINK_SECONDS = 0.1
LID_SECONDS = 0.05  # that a lid takes to close, and again to open
_EYES_CLOSED = ACTION_UNITS.index(43)


class Episode(NamedTuple):
    """Describes an emotional episode: every Action Unit rises, holds and falls.

    Args:
        expression: its name.
        action_units: intensity 0..5 at the apex, by FACS number.
        starts: seconds at which each Action Unit begins to rise, in the order of `action_units`.
        rise: seconds from the start to the apex.
        fall: seconds from the end of the apex to the end.
        end: seconds at which all are 0 again.
    """

    expression: str
    action_units: Mapping[int, float]
    starts: tuple[float, ...]
    rise: float
    fall: float
    end: float

    @property
    def start(self) -> float:
        """Returns the time at which the first Action Unit begins to rise, in seconds."""
        return min(self.starts, default=self.end)

    def shares(self, times: np.ndarray) -> np.ndarray:
        """Returns the relative intensity 0..1 of each Action Unit at times in seconds, `(len(times), units)`."""
        rising = (times[:, None] - np.array(self.starts)) / self.rise
        falling = (self.end - times[:, None]) / self.fall
        return smooth_step(np.clip(np.minimum(rising, falling), 0, 1))

    def is_shown(self, times: np.ndarray) -> np.ndarray:
        """Returns whether the mean relative intensity is at least .5, bool `(len(times),)`."""
        return self.shares(times).mean(1) >= 0.5 if self.action_units else np.zeros(len(times), bool)

    def intensities(self, times: np.ndarray) -> np.ndarray:
        """Returns the intensities at times in seconds, `(len(times), 17)`."""
        result = np.zeros((len(times), len(ACTION_UNITS)))
        for share, (number, value) in zip(self.shares(times).T, self.action_units.items()):
            result[:, ACTION_UNITS.index(number)] = value * share
        return result


def episodes_of(seed: int, clip: int, seconds: float) -> tuple[Episode, ...]:
    """Samples the episodes of a clip: one in each part of about `EPISODE_SECONDS`, some of them neutral."""
    random = random_streams.generator("clip_emotion", seed, clip)
    count = max(1, round(seconds / EPISODE_SECONDS))
    return tuple(_episode(random, part * seconds / count, seconds / count) for part in range(count))


def _episode(random: np.random.Generator, first: float, seconds: float) -> Episode:
    """Samples an episode within `seconds` after the time `first`. Short ones rise and fall faster."""
    expression, units = expressed_units(random)
    start = first + seconds * random.uniform(0.0, 0.2)
    end = first + seconds * random.uniform(0.8, 1.0)
    rise, fall = random.uniform(*ONSET_SECONDS), random.uniform(*OFFSET_SECONDS)
    squeeze = min(1.0, 0.9 * (end - start) / (rise + fall + LARGEST_DELAY_SECONDS))
    starts = start + squeeze * random.uniform(0.0, LARGEST_DELAY_SECONDS, len(units))
    return Episode(expression, {number: STRENGTH * value for number, value in sorted(units.items())},
                   tuple(starts.tolist()), rise * squeeze, fall * squeeze, end)


def emotion_of(episodes: Sequence[Episode], times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the Action Units of episodes, `(frames, 17)`, and whether one of them is shown, bool `(frames,)`."""
    units, shown = np.zeros((len(times), len(ACTION_UNITS))), np.zeros(len(times), bool)
    for episode in episodes:
        near = slice(*np.searchsorted(times, (episode.start, episode.end)))
        units[near] += episode.intensities(times[near])
        shown[near] |= episode.is_shown(times[near])
    return units, shown


def resting_face(seed: int, person: int) -> np.ndarray:
    """Samples the constant Action Units of a person at rest, which mean nothing, `(17,)`."""
    random = random_streams.generator("clip_rest", seed, person)
    shown = random.random(len(RESTING_UNITS)) < RESTING_CHANCE
    values = np.minimum(random.exponential(RESTING_MEAN, len(RESTING_UNITS)), RESTING_LARGEST) * shown
    return _placed(dict(zip(RESTING_UNITS, values.tolist())))


def speech(seed: int, clip: int, times: np.ndarray) -> np.ndarray:
    """Samples the mouth of a person who talks or is silent, `(frames, 17)`.

    Each part of about `EPISODE_SECONDS` is spoken with chance `SPEECH_CHANCE`: syllables one after another, each with
    one of `VISEMES`, which fade into each other.
    """
    random = random_streams.generator("clip_speech", seed, clip)
    result, seconds = np.zeros((len(times), len(ACTION_UNITS))), float(times[-1] - times[0])
    count = max(1, round(seconds / EPISODE_SECONDS))
    for part in range(count):
        talks, rate = random.random() < SPEECH_CHANCE, random.uniform(*SYLLABLES_PER_SECOND)
        syllables = int(np.ceil(seconds / count * rate))
        choices, strengths = random.integers(len(VISEMES), size=syllables), random.uniform(0.5, 1.0, syllables)
        if not talks:
            continue
        for index, (choice, strength) in enumerate(zip(choices.tolist(), strengths.tolist())):
            middle = times[0] + part * seconds / count + (index + 0.5) / rate
            near = slice(*np.searchsorted(times, (middle - 1.0 / rate, middle + 1.0 / rate)))
            bump = smooth_step(np.clip(1.0 - np.abs(times[near] - middle) * rate, 0, 1))
            result[near] += strength * bump[:, None] * _placed(VISEMES[choice])
    return result


def blinks(seed: int, clip: int, times: np.ndarray) -> np.ndarray:
    """Samples how far blinks close the eyes, AU43 0..5, `(frames,)`."""
    random = random_streams.generator("clip_blinks", seed, clip)
    count = random.poisson(BLINKS_PER_SECOND * float(times[-1] - times[0]))
    result, longest = np.zeros(len(times)), BLINK_SECONDS / 2 + LID_SECONDS
    for middle in random.uniform(times[0], times[-1], count).tolist():
        near = slice(*np.searchsorted(times, (middle - longest, middle + longest)))
        outside = (np.abs(times[near] - middle) - BLINK_SECONDS / 2) / LID_SECONDS
        result[near] = np.maximum(result[near], 5.0 * np.clip(1.0 - outside, 0, 1))
    return result


def visible(emotion: np.ndarray, rest: np.ndarray, speech: np.ndarray, blink: np.ndarray) -> np.ndarray:
    """Adds the layers to the Action Units that a face shows, clipped to 0..5.

    Of Action Units that exclude each other (`scene.EXCLUSIVE`) the one of the stronger layer is shown: blinks before
    speech, speech before emotion, emotion before rest. The other fades as the first grows from 0 to 1, so that nothing
    jumps; what is left of both is taken off both.

    Args:
        emotion, speech: `(frames, 17)`.
        rest: `(17,)` or `(frames, 17)`.
        blink: `(frames,)`, intensity of AU43.

    Returns:
        float64 `(frames, 17)`.
    """
    total = np.zeros_like(emotion)
    total[:, _EYES_CLOSED] = blink
    for layer in (speech, emotion, np.broadcast_to(rest, emotion.shape)):
        faded = layer.copy()
        for first, second in _EXCLUSIVE:
            for one, other in ((first, second), (second, first)):
                faded[:, one] *= np.clip(1.0 - total[:, other], 0, 1)
        total = total + faded
    total = np.clip(total, 0, 5)
    for first, second in _EXCLUSIVE:
        both = np.minimum(total[:, first], total[:, second])
        total[:, first] -= both
        total[:, second] -= both
    return total


_EXCLUSIVE: Sequence[tuple[int, int]] = [(ACTION_UNITS.index(first), ACTION_UNITS.index(second))
                                         for first, second in EXCLUSIVE]


def _placed(units: Mapping[int, float]) -> np.ndarray:
    """Returns intensities by FACS number as an array, `(17,)`."""
    return np.array([units.get(number, 0.0) for number in ACTION_UNITS])
