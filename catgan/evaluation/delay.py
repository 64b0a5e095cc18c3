"""Finds the delay of annotations, and the smoothing of predictions, that agree best on a validation split.

Raters answer seconds after the face has moved (RECOLA: 2 to 4 s), and a model that reads single frames answers
unsteadily. Both are chosen on the validation split alone, by mean CCC for valence and arousal and by macro-F1 for
expressions. Action Units are coded frame by frame, so they are left as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from catgan.data.clips.options import ClipOptions
from catgan.data.clips.tracks import Track
from catgan.data.store import DualDataset
from catgan.evaluation.clips import ClipModel, Columns, cut_split, evaluate_predictions, predict_clips, with_expression
from catgan.evaluation.retiming import Timing, ages, retime
from catgan.labels import Labels, LabelSpec
from catgan.metrics.figures import Figures
from catgan.metrics.sequences import answered_labels, expression_figures, filled_columns, is_known
from catgan.metrics.va import Dimension

MAX_DELAY, STEP, COARSE = 4.0, 0.04, 4
"""Longest delay and step of the search, in seconds; its first pass takes every `COARSE`-th step."""
WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Widths of smoothing that are tried, in seconds."""
SEARCHES: Mapping[str, tuple[tuple[str, ...], bool]] = {
    "delay": (("none",), True), "smoothing": (("none", "median", "exponential"), False),
    "both": (("none", "median", "exponential"), True)}
"""Kinds of smoothing that each search may choose, and whether it may choose a delay."""


class Part(NamedTuple):
    """The predictions of some labels on a validation split.

    Attributes:
        spec: valence and arousal alone, or expressions alone.
        truth: of these labels.
        values: predictions `(n, k)`.
        tracks: of the rows.
    """

    spec: LabelSpec
    truth: Labels
    values: np.ndarray
    tracks: Sequence[Track]


class Found(NamedTuple):
    """The timing that agrees best.

    Attributes:
        timing: the smoothing and the delay.
        score: its mean CCC, or macro-F1; None where nothing could be measured.
        curve: score by delay in seconds, with that smoothing.
    """

    timing: Timing
    score: float | None
    curve: Mapping[float, float | None]


def find_delay(model: ClipModel, dataset: DualDataset, split: str, predicted: Columns | None = None,
               options: ClipOptions | None = None, draws: int = 200) -> Figures:
    """Searches delay and smoothing on the validation split, and measures them on another one.

    Args:
        model: the model of clips.
        dataset: with the splits `validation` and `split`.
        split: where the figures are measured.
        predicted: predictions of its rows; computed where not given.
        options: how windows are cut.
        draws: of the bootstrap; 0 leaves the intervals out.

    Returns:
        Per search (`SEARCHES`): `timing` per part (`valence_arousal`, `expression`) with its `validation` score and
        `curve`; `before` and `after`, the figures on the rows of `split` that have an answer after the change.
    """
    names = part_names(model.spec)
    cuts = {name: cut_split(model, dataset, name, options) for name in ("validation", split)}
    validation = predict_clips(model, dataset, "validation", options)
    predicted = predict_clips(model, dataset, split, options) if predicted is None else predicted
    truth = dataset.labels("validation", model.spec)
    parts = {name: part_of(name, truth, validation, cuts["validation"].tracks) for name in names}
    result: Figures = {}
    for search, (smoothings, delayed) in SEARCHES.items():
        found = {name: find_timing(part, smoothings, MAX_DELAY if delayed else 0.0) for name, part in parts.items()}
        timings = {name: one.timing for name, one in found.items()}
        after = retimed(predicted, cuts[split].tracks, timings, model.spec)
        before = {name: hidden(column, after[name]) for name, column in predicted.items()}
        result[search] = {
            "timing": {name: {**one.timing.to_dict(), "validation": one.score,
                              "curve": [[round(delay, 3), score] for delay, score in one.curve.items()]}
                       for name, one in found.items()},
            "before": evaluate_predictions(model, dataset, split, before, draws),
            "after": evaluate_predictions(model, dataset, split, after, draws)}
    return {**result, "found_on": "validation", "split": split}


def found_timings(found: Figures) -> Figures:
    """Returns the timings of a result of `find_delay` alone, by search and part."""
    return {search: {part: {key: value for key, value in timing.items() if key != "curve"}
                     for part, timing in found[search]["timing"].items()} for search in SEARCHES}


def part_names(spec: LabelSpec) -> tuple[str, ...]:
    """Names the parts of the labels that raters may answer late."""
    return (("valence_arousal",) if spec.valence_arousal else ()) + (("expression",) if spec.expressions else ())


def part_of(name: str, truth: Labels, predicted: Columns, tracks: Sequence[Track]) -> Part:
    """Takes one part (`part_names`) out of the labels and predictions of a split."""
    spec = _part_spec(name, truth.spec)
    return Part(spec, truth.select(spec), np.stack([predicted[column] for column in _columns(spec)], -1), tracks)


def find_timing(part: Part, smoothings: Sequence[str], max_delay: float = MAX_DELAY) -> Found:
    """Searches the timing with the best score.

    All delays are compared on the same rows: those whose track began earlier than the longest delay. So the longest
    delay is at most the age of the middle row: in clips of 4 s, a delay of more than 2 s cannot be found.

    Args:
        part: predictions and truth.
        smoothings: kinds that may be chosen.
        max_delay: seconds, 0 or more.
    """
    age = ages(len(part.values), part.tracks)
    known = part.truth.mask.any(1) & np.isfinite(age)
    if not known.any():
        return Found(Timing(), None, {})
    steps = np.arange(int(min(max_delay, float(np.median(age[known]))) / STEP + 1e-6) + 1)
    rows = np.flatnonzero(known & (age >= steps[-1] * STEP - 1e-6))
    candidates = [Timing()] if "none" in smoothings else []
    candidates += [Timing(0.0, kind, width) for kind in smoothings if kind != "none" for width in WIDTHS]
    return max((_best_delay(part, rows, timing, steps) for timing in candidates),
               key=lambda found: _rank(found.score))


def _rank(score: float | None) -> float:
    return -np.inf if score is None else score


def _best_delay(part: Part, rows: np.ndarray, timing: Timing, steps: np.ndarray) -> Found:
    """Tries every `COARSE`-th step, then the steps around the best of them."""
    smooth = retime(part.values, part.tracks, timing)
    curve: dict[float, float | None] = {}

    def best_of(tried: np.ndarray) -> int:
        for step in tried:
            moved = retime(smooth, part.tracks, Timing(step * STEP))
            curve[float(step * STEP)] = score(part, moved, rows)
        return max(tried, key=lambda step: (_rank(curve[float(step * STEP)]), -step))

    coarse = best_of(steps[::COARSE])
    best = best_of(steps[max(coarse - COARSE + 1, 0):coarse + COARSE])
    delay = float(best * STEP)
    return Found(Timing(round(delay, 3), timing.smoothing, timing.width), curve[delay], dict(sorted(curve.items())))


def score(part: Part, values: np.ndarray, rows: np.ndarray) -> float | None:
    """Computes the mean CCC of valence and arousal, or the macro-F1 of expressions, of some rows; None if unknown."""
    truth, predicted = part.truth[rows], dict(zip(_columns(part.spec), values[rows].T))
    predicted = with_expression(predicted, part.spec)
    known, filled = answered_labels(truth, predicted), filled_columns(predicted, part.spec)
    if part.spec.expressions:
        return expression_figures(known, filled)(np.arange(len(rows)))["macro_f1"]
    each = [Dimension.of(known.column(name)[0], filled[name], known.column(name)[1]).result()["ccc"]
            for name in ("valence", "arousal")]
    defined = [value for value in each if value is not None]
    return float(np.mean(defined)) if defined else None


def retimed(predicted: Columns, tracks: Sequence[Track], timings: Mapping[str, Timing], spec: LabelSpec) -> Columns:
    """Applies a timing per part to the predictions of a split; other columns stay."""
    result = dict(predicted)
    for name, timing in timings.items():
        columns = _columns(_part_spec(name, spec))
        moved = retime(np.stack([predicted[column] for column in columns], -1), tracks, timing)
        result |= dict(zip(columns, moved.T))
    return with_expression(result, spec) if "expression" in timings else result


def hidden(column: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Returns a column without the answers that another one lacks."""
    result = column.copy()
    result[~is_known(other)] = None if column.dtype == object else np.nan
    return result


def _part_spec(name: str, spec: LabelSpec) -> LabelSpec:
    return LabelSpec(valence_arousal=True) if name == "valence_arousal" else LabelSpec(expressions=spec.expressions)


def _columns(spec: LabelSpec) -> tuple[str, ...]:
    """Names the columns of predictions that are smoothed and moved."""
    return ("valence", "arousal") if spec.valence_arousal else tuple(f"expression={name}" for name in spec.expressions)
