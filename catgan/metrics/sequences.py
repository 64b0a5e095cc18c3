"""Label metrics of clips: over all frames, and per video, of predictions that leave some frames unanswered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from catgan.labels import Labels, LabelSpec
from catgan.metrics import bootstrap, expression
from catgan.metrics.figures import Figures
from catgan.metrics.labels import evaluate_labels

PER_VIDEO = {"action_units": ("mean_f1", "mean_icc", "mean_pcc"), "valence": ("ccc", "pcc", "rmse", "sagr"),
             "arousal": ("ccc", "pcc", "rmse", "sagr"), "expression": ("accuracy", "macro_f1", "uar")}
"""Figures that are computed within each video."""
Columns = Mapping[str, np.ndarray]
"""Predictions by column, `(n,)` each: NaN, or None of `expression`, where a frame has no answer."""


def evaluate_sequences(truth: Labels, predicted: Columns, thresholds: Mapping[int, float], videos: Sequence[str],
                       groups: Sequence[str], draws: int = 200, presences: Labels | None = None) -> Figures:
    """Computes all label metrics of the frames of videos.

    Args:
        truth: labels of `n` frames.
        predicted: per label column of `truth`. Frames without an answer are left out of every figure.
        thresholds: per FACS number, the prediction from which the AU counts as present.
        videos: per frame its video.
        groups: per frame its subject, or its video where the subject is unknown. Neighbouring frames are not
            independent, so intervals draw groups.
        draws: of the bootstrap; 0 leaves the intervals out.
        presences: presence of Action Units whose intensity is not known.

    Returns:
        As `catgan.metrics.evaluate_labels`, over all frames. `expression` has also `recall` per class and `uar`,
        their mean. `per_video`: the means over videos of the figures within each (`PER_VIDEO`), with the number of
        `videos` in which the first of them is defined. `coverage`: the share of frames that have an answer.
    """
    answered = is_answered(predicted, truth.spec)
    known, filled = answered_labels(truth, predicted), filled_columns(predicted, truth.spec)
    presences = presences and Labels(presences.spec, presences.values, presences.mask & answered[:, None])
    result = evaluate_labels(known, filled, thresholds, groups if draws else None, presences=presences)
    if truth.spec.expressions:
        result["expression"] = _expression(known, filled, groups, draws)
    result["per_video"] = _per_video(known, filled, thresholds, videos, groups, draws, presences)
    result["coverage"] = float(answered.mean()) if len(answered) else 0.0
    return result


def is_answered(predicted: Columns, spec: LabelSpec) -> np.ndarray:
    """Tells per frame whether any label of `spec` is predicted, bool `(n,)`."""
    return np.any([is_known(predicted[name]) for name in spec.columns], axis=0)


def is_known(column: np.ndarray) -> np.ndarray:
    """Tells which cells hold an answer, bool `(n,)`."""
    if column.dtype.kind == "f":
        return np.isfinite(column)
    return np.array([cell is not None for cell in column], bool)


def answered_labels(truth: Labels, predicted: Columns) -> Labels:
    """Returns the labels with those masked that have no prediction."""
    answered = np.stack([is_known(predicted[name]) for name in truth.spec.columns], axis=1)
    mask = truth.mask & answered
    return replace(truth, values=truth.values * mask, mask=mask)


def filled_columns(predicted: Columns, spec: LabelSpec) -> dict[str, np.ndarray]:
    """Returns the columns of `spec` with 0, or the first class, where a frame has no answer."""
    return {name: np.where(is_known(predicted[name]), predicted[name],
                           spec.expressions[0] if name == "expression" else 0) for name in spec.columns}


def expression_figures(truth: Labels, predicted: Columns) -> Callable[[np.ndarray], dict[str, float | None]]:
    """Returns a function of row numbers: `accuracy`, `macro_f1` and `uar` of these frames, for the bootstrap."""
    values, numbers, mask = _class_numbers(truth, predicted)
    names = truth.spec.expressions

    def figures(rows: np.ndarray) -> dict[str, float | None]:
        matrix = expression.confusion_matrix(values[rows], numbers[rows], mask[rows], len(names))
        summary = expression.summary(matrix, names)
        return {"accuracy": summary["accuracy"], "macro_f1": summary["macro_f1"],
                "uar": expression.mean_recall(matrix)}

    return figures


def _expression(truth: Labels, predicted: Columns, groups: Sequence[str], draws: int) -> Figures:
    names = truth.spec.expressions
    matrix = expression.confusion_matrix(*_class_numbers(truth, predicted), len(names))
    result = expression.summary(matrix, names)
    result |= {"uar": expression.mean_recall(matrix), "recall": expression.recalls(matrix, names),
               "classes": list(names)}
    if draws:
        found = bootstrap.intervals(expression_figures(truth, predicted), groups, draws)
        result |= {f"{name}_interval": interval for name, interval in found.items()}
    return result


def _per_video(truth: Labels, predicted: Columns, thresholds: Mapping[int, float], videos: Sequence[str],
               groups: Sequence[str], draws: int, presences: Labels | None) -> Figures:
    """Computes the means over videos of the figures within each, with their intervals over groups."""
    names, first, number = np.unique(np.asarray(videos), return_index=True, return_inverse=True)
    members = np.split(np.argsort(number, kind="stable"), np.cumsum(np.bincount(number))[:-1]) if len(names) else []
    each = [_one_video(truth[rows], {name: column[rows] for name, column in predicted.items()}, thresholds,
                       presences and presences[rows]) for rows in members]
    owners = [groups[row] for row in first]
    result: Figures = {}
    for part in (part for part in PER_VIDEO if each and part in each[0]):
        table = {key: [video[part][key] for video in each] for key in PER_VIDEO[part]}
        result[part] = {key: _mean(values) for key, values in table.items()}
        result[part]["videos"] = sum(value is not None for value in table[PER_VIDEO[part][0]])
        if draws:
            found = bootstrap.intervals(lambda rows: {key: _mean([values[row] for row in rows])
                                                      for key, values in table.items()}, owners, draws)
            result[part] |= {f"{key}_interval": interval for key, interval in found.items()}
    return result


def _one_video(truth: Labels, predicted: Columns, thresholds: Mapping[int, float],
               presences: Labels | None) -> Figures:
    result = evaluate_labels(truth, predicted, thresholds, presences=presences)
    for name in ("valence", "arousal") if truth.spec.valence_arousal else ():
        values, mask = truth.column(name)
        if not mask.any() or np.ptp(values[mask]) == 0:
            result[name]["ccc"] = None  # with a constant truth it is 0 for every prediction but the truth itself
    if truth.spec.expressions:
        matrix = expression.confusion_matrix(*_class_numbers(truth, predicted), len(truth.spec.expressions))
        result["expression"]["uar"] = expression.mean_recall(matrix)
    return result


def _class_numbers(truth: Labels, predicted: Columns) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns true and predicted class numbers, and which of them are known, `(n,)` each."""
    values, mask = truth.column("expression")
    place = {name: number for number, name in enumerate(truth.spec.expressions)}
    return values.astype(np.int64), np.array([place[name] for name in predicted["expression"]], np.int64), mask


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
