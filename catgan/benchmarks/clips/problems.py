"""Questions about rendered clips whose right answer is known: why is this happiness rather than neutral?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from catgan import random_streams
from catgan.data.clip_scenes import clip_of, config_of
from catgan.data.clips.options import ClipOptions
from catgan.data.store import DualDataset
from catgan.errors import CatganError
from catgan.explain.clips.attribution import clip_features
from catgan.explain.clips.clip import Clip
from catgan.explain.clips.outputs import SequenceModel
from catgan.explain.clips.questions import ask
from catgan.explain.clips.search import ClipSearchOptions
from catgan.explain.clips.sources import clip_of_track, frame_numbers
from catgan.random_streams import Seed
from catgan.synthesis.clip_truth import ClipTruth
from catgan.synthesis.face_model import ACTION_UNITS
from catgan.synthesis.rendering import Renderer

PLANTED = 0.3
"""Intensity of the layer of emotion from which one of its Action Units counts as planted."""

HALVINGS = 5
"""Steps by which the largest share of the emotion that reads as neutral is found."""


@dataclass(frozen=True)
class ClipProblem:
    """A clip with one episode of an expression, which a model reads as that expression.

    Args:
        clip: what the model sees.
        truth: all that is known of it.
        expression: of the episode.
        removed: the same clip without emotion, uint8 `(t, side, side, 3)`.
        weakened: the same clip with as much of its emotion as the model still reads as neutral: the right answer.
        kept: that share of the emotion, 0..1.
        units: FACS numbers of the planted emotion.
        shown: frames in which the episode is at least half as strong as at its apex, bool `(t,)`.
    """

    clip: Clip
    truth: ClipTruth
    expression: str
    removed: np.ndarray
    weakened: np.ndarray
    kept: float
    units: frozenset[int]
    shown: np.ndarray

    @property
    def onset_offset(self) -> tuple[float, float]:
        """From when to when the emotion is there at all, in seconds."""
        return self.truth.episodes[0].start, self.truth.episodes[0].end


def make_clip_problems(dataset: DualDataset, model: SequenceModel, n: int, seed: Seed = 0, split: str = "test",
                       margin: float = ClipSearchOptions.margin) -> tuple[list[ClipProblem], dict[str, int]]:
    """Makes up to `n` questions.

    Args:
        dataset: rendered clips of one episode each.
        model: the explained model.
        n: number of questions.
        seed: of the choice of clips.
        split: whose people are asked about.
        margin: that answers keep from the edge of the target, see `ClipSearchOptions`.

    Returns:
        The questions; and how many clips were looked at, by what became of them: `asked`; `neutral`, without emotion;
        `misread`: most frames that the model reads as some expression are not read as the true one; `unexplained`: it
        does not read the clip without emotion as neutral, so that the emotion is not why.

    Raises:
        CatganError: clips that were not rendered, or a model that does not tell neutral from other expressions.
    """
    if "neutral" not in model.spec.expressions:
        raise CatganError("This needs a model of expressions, of which one is neutral.")
    config_of(dataset)
    counts = dict.fromkeys(("asked", "neutral", "misread", "unexplained"), 0)
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
            problem = _problem(dataset, model, clip, truth, frames, shown, margin)
            counts["unexplained" if problem is None else "asked"] += 1
            found += [] if problem is None else [problem]
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
    words = _read(model, clip)["expression"][clip.seen]
    others = [word for word in words.tolist() if word != "neutral"]
    return max(dict.fromkeys(others), key=others.count) if others else None


def _problem(dataset: DualDataset, model: SequenceModel, clip: Clip, truth: ClipTruth, frames: np.ndarray,
             shown: np.ndarray, margin: float) -> ClipProblem | None:
    renderer, channels = Renderer(clip.images.shape[1]), config_of(dataset).channels

    def draw(share: float) -> np.ndarray:
        drawn = truth.with_emotion(share * truth.emotion).draw(renderer, channels)
        return np.where(clip.seen[:, None, None, None], drawn[frames], clip.images)

    question = ask(model, clip, _read(model, clip), "expression=neutral").tightened(margin)

    def met(images: np.ndarray) -> bool:
        return float(question.distance(_read(model, replace(clip, images=images), batch=True))[0]) <= 0.0

    removed = draw(0.0)
    if not met(removed):
        return None
    kept, weakened = _weakened(draw, met, removed)
    planted = truth.emotion.max(0) >= PLANTED
    units = frozenset(number for number, there in zip(ACTION_UNITS, planted.tolist()) if there)
    return ClipProblem(clip, truth, truth.episodes[0].expression, removed, weakened, kept, units, shown)


def _weakened(draw: Callable[[float], np.ndarray], met: Callable[[np.ndarray], bool],
              removed: np.ndarray) -> tuple[float, np.ndarray]:
    """Finds by halving the largest share of the emotion at which the target is met, and draws the clip with it."""
    low, high, best = 0.0, 1.0, removed
    for _ in range(HALVINGS):
        share = (low + high) / 2.0
        drawn = draw(share)
        if met(drawn):
            low, best = share, drawn
        else:
            high = share
    return low, best


def _read(model: SequenceModel, clip: Clip, batch: bool = False) -> dict[str, np.ndarray]:
    """Reads a clip, columns `(t,)`; `(1, t)` as a batch."""
    columns = model.read_features(clip_features(model, clip)[None], clip.seen[None])
    return columns if batch else {name: values[0] for name, values in columns.items()}
