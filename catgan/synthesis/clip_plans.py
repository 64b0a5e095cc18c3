"""Plans clips of rendered data sets: episodes of emotion, or a task whose two classes only time tells apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan.synthesis import clip_layers, clip_tasks
from catgan.synthesis.clip_layers import Episode
from catgan.synthesis.clip_truth import TASKS, ClipSettings, ClipTruth, plan_around
from catgan.synthesis.scene import EXPRESSIONS


def plan_clip(settings: ClipSettings, number: int) -> ClipTruth:
    """Plans clip number `number`, which is a function of the settings and this number alone."""
    if settings.task is not None:
        return clip_tasks.plan_task(settings, number)
    times = settings.times
    episodes = clip_layers.episodes_of(settings.seed, number, settings.frames / settings.rate)
    part = np.minimum(times * len(episodes) * settings.rate // settings.frames, len(episodes) - 1).astype(int)
    words = tuple(episodes[index].expression for index in part.tolist())
    return plan_around(settings, number, episodes, words, shown_words(episodes, words, times))


def shown_words(episodes: Sequence[Episode], words: Sequence[str], times: np.ndarray) -> tuple[str, ...]:
    """Returns the expression of each frame: that of its episode while this is shown, else neutral."""
    shown = clip_layers.emotion_of(episodes, times)[1]
    return tuple(word if there else "neutral" for word, there in zip(words, shown.tolist()))


def drawn_as(settings: ClipSettings, number: int) -> int:
    """Returns the number of the scene of `scene.Sampler` whose person and light clip `number` has."""
    return number if settings.task is None else clip_tasks.pair_of(number)


def expressions_of(settings: ClipSettings) -> tuple[str, ...]:
    """Returns the names of the expressions that clips of these settings have."""
    return tuple(EXPRESSIONS) if settings.task is None else TASKS[settings.task]
