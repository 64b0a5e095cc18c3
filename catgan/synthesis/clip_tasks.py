"""Plans pairs of clips whose two classes no single frame tells apart, to check what a network learns from time.

Clips 2 i and 2 i + 1 are a pair: same person, light and layers, one of each class, which holds for all their frames.

- `order`: AU1 rises and falls before AU4 (`surprise`), or AU4 before AU1 (`anger`). The second clip is the first one
  with its frames in opposite order, so both classes have the same frames.
- `rest`: AU12 goes from a low level to a high one and back (`happiness`), or from the high one to the low one and back
  (`sadness`). The low and the high level last equally long in both, so both have the same levels. What differs is the
  change from the rest, with which a clip begins and ends.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from catgan import random_streams
from catgan.synthesis.clip_layers import Episode
from catgan.synthesis.clip_truth import TASKS, ClipSettings, ClipTruth, plan_around
from catgan.synthesis.face_model import ACTION_UNITS

ORDER_LEVELS = (1.5, 3.5)
"""Smallest and largest intensity of AU1 and AU4 at their apex."""
LOW_LEVELS, RISES = (0.2, 1.8), (1.2, 2.2)
"""Smallest and largest low level of AU12, and difference to the high level."""
TRANSITION_SHARE = 0.15
"""Duration of a change of AU12, in durations of the clip."""
_SMILE = ACTION_UNITS.index(12)


def pair_of(number: int) -> int:
    """Returns the number of the pair of clip `number`."""
    return number // 2


def plan_task(settings: ClipSettings, number: int) -> ClipTruth:
    """Plans clip number `number` of the task of the settings."""
    pair, second = pair_of(number), number % 2
    word = TASKS[settings.task or ""][second]
    random = random_streams.generator("clip_task", settings.seed, pair)
    plan = _order if settings.task == "order" else _rest
    return replace(plan(settings, pair, bool(second), random), number=number,
                   expressions=(word,) * settings.frames)


def _order(settings: ClipSettings, pair: int, second: bool, random: np.random.Generator) -> ClipTruth:
    seconds = float(settings.times[-1])
    levels, starts = random.uniform(*ORDER_LEVELS, 2).tolist(), (random.uniform(0.0, 0.08), random.uniform(0.4, 0.48))
    rise, length = seconds * random.uniform(0.12, 0.18), 0.5 * seconds
    first, then = (Episode(TASKS["order"][0], {unit: level}, (seconds * start,), rise, rise, seconds * start + length)
                   for unit, level, start in zip((1, 4), levels, starts))
    clip = plan_around(settings, pair, (first, then), (None,) * settings.frames, ())
    return _backwards(clip) if second else clip


def _backwards(clip: ClipTruth) -> ClipTruth:
    """Returns a clip with the same frames in opposite order."""
    last = float(clip.times[-1])
    episodes = tuple(part._replace(expression=TASKS["order"][1], starts=(last - part.end,), end=last - part.start)
                     for part in clip.episodes[::-1])
    return replace(clip, episodes=episodes, emotion=clip.emotion[::-1], speech=clip.speech[::-1],
                   blink=clip.blink[::-1], poses=clip.poses[::-1], flaws=clip.flaws.backwards(),
                   noise=clip.noise[::-1])


def _rest(settings: ClipSettings, pair: int, second: bool, random: np.random.Generator) -> ClipTruth:
    low, change = random.uniform(*LOW_LEVELS), random.uniform(*RISES)
    # Half of the frames are above the middle level, half below; both transitions are mirror images.
    period = settings.frames / settings.rate
    middle, width = float(settings.times[-1]) / 2, TRANSITION_SHARE * period
    start, end = middle - period / 4 - width / 2, middle + period / 4 + width / 2
    sign = -1.0 if second else 1.0
    episode = Episode(TASKS["rest"][second], {12: sign * change}, (start,), width, width, end)
    clip = plan_around(settings, pair, (episode,), (None,) * settings.frames, ())
    rest = clip.rest.copy()
    rest[_SMILE] = low + change if second else low
    return replace(clip, rest=rest)
