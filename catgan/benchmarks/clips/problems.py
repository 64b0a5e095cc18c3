"""Questions about rendered clips whose right answer is known: why is this happiness rather than neutral?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from catgan import random_streams
from catgan.data.clip_scenes import clip_of, config_of
from catgan.data.clips.options import ClipOptions
from catgan.data.store import DualDataset
from catgan.errors import CatganError
from catgan.explain.clips.attribution import clip_features
from catgan.explain.clips.clip import Clip
from catgan.explain.clips.outputs import SequenceModel
from catgan.explain.clips.sources import clip_of_track, frame_numbers
from catgan.random_streams import Seed
from catgan.synthesis.clip_truth import ClipTruth
from catgan.synthesis.face_model import ACTION_UNITS
from catgan.synthesis.rendering import Renderer

PLANTED = 0.3
"""Intensity of the layer of emotion from which one of its Action Units counts as planted."""


@dataclass(frozen=True)
class ClipProblem:
    """A clip with one episode of an expression, which a model reads as that expression.

    Args:
        clip: what the model sees.
        truth: all that is known of it.
        expression: of the episode.
        removed: the same clip without emotion, uint8 `(t, side, side, 3)`: the right answer.
        units: FACS numbers of the planted emotion.
        shown: frames in which the episode is at least half as strong as at its apex, bool `(t,)`.
    """

    clip: Clip
    truth: ClipTruth
    expression: str
    removed: np.ndarray
    units: frozenset[int]
    shown: np.ndarray

    @property
    def onset_offset(self) -> tuple[float, float]:
        """From when to when the emotion is there at all, in seconds."""
        return self.truth.episodes[0].start, self.truth.episodes[0].end


def make_clip_problems(dataset: DualDataset, model: SequenceModel, n: int, seed: Seed = 0, split: str = "test",
                       ) -> tuple[list[ClipProblem], dict[str, int]]:
    """Makes up to `n` questions.

    Args:
        dataset: rendered clips of one episode each.
        model: the explained model.
        n: number of questions.
        seed: of the choice of clips.
        split: whose people are asked about.

    Returns:
        The questions; and how many clips were looked at, by what became of them: `asked`; `neutral`, without emotion;
        `misread`: most frames that the model reads as some expression are not read as the true one.

    Raises:
        CatganError: clips that were not rendered, or a model that does not tell neutral from other expressions.
    """
    if "neutral" not in model.spec.expressions:
        raise CatganError("This needs a model of expressions, of which one is neutral.")
    config_of(dataset)
    counts = dict.fromkeys(("asked", "neutral", "misread"), 0)
    found: list[ClipProblem] = []
    for clip in _clips(dataset, model, split, random_streams.seed_of(seed)):
        truth = clip_of(dataset, clip.name)
        frames = frame_numbers(truth.times, clip)
        words = np.array(truth.expressions)[frames]
        shown = clip.seen & (words != "neutral")
        if len(truth.episodes) != 1 or not shown.any():
            counts["neutral"] += 1
        elif _main_word(model, clip) != truth.episodes[0].expression:
            counts["misread"] += 1
        else:
            counts["asked"] += 1
            found.append(_problem(dataset, clip, truth, frames, shown))
        if len(found) == n:
            break
    return found, counts


def _clips(dataset: DualDataset, model: SequenceModel, split: str, seed: int) -> Iterator[Clip]:
    """Yields the clips of a split in random order, each within one window of the model."""
    clips = dataset.clips(split, ClipOptions(length=model.frames / model.rate, rate=model.rate))
    random = random_streams.generator("clip_questions", seed)
    for place in random.permutation(len(clips.tracks)):
        yield clip_of_track(clips, clips.tracks[place], frames=model.frames)


def _main_word(model: SequenceModel, clip: Clip) -> str | None:
    """Returns the expression other than neutral that most seen frames are read as; None without any."""
    words = model.read_features(clip_features(model, clip)[None], clip.seen[None])["expression"][0][clip.seen]
    others = [word for word in words.tolist() if word != "neutral"]
    return max(dict.fromkeys(others), key=others.count) if others else None


def _problem(dataset: DualDataset, clip: Clip, truth: ClipTruth, frames: np.ndarray, shown: np.ndarray) -> ClipProblem:
    without = truth.with_emotion(np.zeros_like(truth.emotion))
    drawn = without.draw(Renderer(clip.images.shape[1]), config_of(dataset).channels)
    removed = np.where(clip.seen[:, None, None, None], drawn[frames], clip.images)
    planted = truth.emotion.max(0) >= PLANTED
    units = frozenset(number for number, there in zip(ACTION_UNITS, planted.tolist()) if there)
    return ClipProblem(clip, truth, truth.episodes[0].expression, removed, units, shown)
