"""Questions about clips: what the answer must become, over which frames."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from catgan.errors import TargetError, unknown_name
from catgan.explain.clips.clip import Clip, longest_run, parse_span
from catgan.explain.clips.outputs import SequenceModel
from catgan.explain.goals import Target
from catgan.explain.models import labels_of
from catgan.explain.targets import parse_target

SUMMARIES: Mapping[str, float] = {"mean": math.nan, "majority": 0.5, "every": 0.95}
"""How frames are summed up: the mean of their readings meets the target, or this share of them does. One frame in
twenty may differ in `every`, since a single frame is no answer about a clip."""


@dataclass(frozen=True)
class Question:
    """What the answer about a clip must become.

    Args:
        target: what must be read.
        frames: over which frames, bool `(t,)`.
        summary: one of `SUMMARIES`.
        asked: the expression that these frames show, in the words of the model; None where the question is not about
            one.
    """

    target: Target
    frames: np.ndarray
    summary: str
    asked: str | None = None

    def distance(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """Computes the distance of m clips from the target, `(m,)`; 0 or less where it is met.

        Args:
            columns: what the model reads, `(m, t)` by name.
        """
        numbers = {name: values[:, self.frames] for name, values in columns.items() if values.dtype != object}
        if self.summary == "mean":
            return self.target.distance({name: values.mean(1) for name, values in numbers.items()})
        shape = next(iter(numbers.values())).shape
        each = self.target.distance({name: values.ravel() for name, values in numbers.items()}).reshape(shape)
        last = np.sort(each, axis=1)[:, math.ceil(SUMMARIES[self.summary] * shape[1]) - 1]
        return np.where(last > 0.0, np.maximum(each, 0.0).mean(1), last)

    def tightened(self, margin: float) -> Question:
        """Returns the question with a margin, see `catgan.explain.goals.Goal.tightened`."""
        return Question(self.target.tightened(margin), self.frames, self.summary, self.asked)


def target_of(model: SequenceModel, text: str) -> Target:
    """Parses a target of a model of clips.

    Args:
        model: the explained model.
        text: see `catgan.explain.parse_target`; `keep:AU25` holds an Action Unit still.

    Raises:
        TargetError: a target that the model cannot tell.
    """
    target = parse_target(text, {label.name: label for label in labels_of(model.spec, model.thresholds)})
    if any(label.unit is None for label in target.kept):
        raise TargetError(f"'keep:' takes Action Units where clips are explained. Received: '{text}'.")
    return target


def ask(model: SequenceModel, clip: Clip, columns: Mapping[str, np.ndarray], text: str, over: str = "auto",
        summary: str = "auto") -> Question:
    """Parses a question about a clip.

    Args:
        model: the explained model.
        clip: the clip.
        columns: what the model reads off it, `(t,)` by name.
        text: see `target_of`.
        over: `"clip"`; `"episode"`, the longest run of frames whose expression does not meet the target; or
            `"0.8..2.4"` in seconds. `"auto"` is `episode` for a target of expressions, else `clip`.
        summary: one of `SUMMARIES`. `"auto"` is `every` for a target of expressions, else `mean`.

    Raises:
        TargetError: a target that the model cannot tell, or an unknown `over` or `summary`.
    """
    target = Target(text, target_of(model, text).goals)
    of_class = _of_class(target)
    if summary != "auto" and summary not in SUMMARIES:
        raise unknown_name("summary of frames", summary, ("auto", *SUMMARIES))
    chosen = summary if summary != "auto" else "every" if of_class else "mean"
    where = over if over != "auto" else "episode" if of_class else "clip"
    if where == "clip":
        return Question(target, clip.seen, chosen)
    if where != "episode":
        return Question(target, clip.between(*parse_span(where)), chosen)
    if not model.spec.expressions:
        raise TargetError("An episode is that of an expression, which this model does not tell. Give 'clip' or seconds "
                          "such as 0.8..2.4.")
    return Question(target, *_episode(clip, columns["expression"], target, chosen))


def _episode(clip: Clip, words: np.ndarray, target: Target, summary: str) -> tuple[np.ndarray, str, str | None]:
    """Returns the frames of the episode in question, the summary, and the expression that most of them show.

    It is the longest run of expressions that do not meet the target, of neutral only where there are no others. The
    whole clip counts where every frame meets the target.
    """
    others = {word for word in words[clip.seen].tolist() if not _of_class(target) or not _meets(word, target)}
    if not others:
        return clip.seen, summary, None
    run = longest_run(clip.seen & np.isin(words, list(others - {"neutral"} or others)), ~clip.seen)
    shown = words[run].tolist()
    return run, summary, max(dict.fromkeys(shown), key=shown.count)


def _of_class(target: Target) -> bool:
    """Tells whether a target names an expression."""
    return any(goal.name is not None for goal in target.goals)


def _meets(word: str, target: Target) -> bool:
    """Tells whether an expression is what the goals of a target allow."""
    return all((word != goal.name) if goal.other else (word == goal.name)
               for goal in target.goals if goal.name is not None)


def held_units(text: str, model: SequenceModel, without: Sequence[int] = ()) -> frozenset[int]:
    """Returns the Action Units that must not change: those of `keep:` in a target, and `without`."""
    kept = target_of(model, text).kept
    return frozenset((*without, *(label.unit for label in kept if label.unit is not None)))
