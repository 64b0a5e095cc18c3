"""Measures networks on landmarks on the clips of a data set: each binary, and all expressions together."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.special import log_softmax

from catgan.data.clips.landmarks import LandmarkClips, read_landmark_clips
from catgan.data.clips.options import ClipOptions
from catgan.data.store import DualDataset
from catgan.errors import DataError
from catgan.evaluation.clip_figures import confusion_map
from catgan.evaluation.figures import calibration_plot
from catgan.metrics import bootstrap, calibration, expression
from catgan.metrics.binary import BinaryScores
from catgan.metrics.figures import Figures
from catgan.models.landmarks.combination import Combination
from catgan.models.landmarks.model import LandmarkRecogniser
from catgan.models.landmarks.streaming import MAX_GAP

BINS = 10
"""Bins of the calibration error."""


def evaluate_landmarks(model: LandmarkRecogniser, dataset: DualDataset, split: str = "test", draws: int = 200,
                       source_rate: float | None = None) -> Figures:
    """Measures a model on the clips of a split: windows of its length and rate that overlap by half.

    Args:
        model: the model.
        dataset: with frames of videos.
        split: `train`, `validation`, `test` or `all`.
        draws: of the bootstrap over people (videos, where people are unknown); 0 leaves the intervals out.
        source_rate: frames per second of videos whose frames have no time.

    Returns:
        The result of `catgan evaluate`: that of `evaluate_landmark_clips` with `split`, `dataset` and `seconds`.

    Raises:
        DataError: the split has no clips whose expression is known to the model, or other landmarks.
    """
    started = time.perf_counter()
    options = ClipOptions(model.frames / model.rate, model.rate, max_gap=MAX_GAP, source_rate=source_rate)
    result = evaluate_landmark_clips(model, read_landmark_clips(dataset, split, options), draws)
    return {**result, "split": split, "dataset": dataset.info["name"],
            "seconds": round(time.perf_counter() - started, 2)}


def evaluate_landmark_clips(model: LandmarkRecogniser, clips: LandmarkClips, draws: int = 200) -> Figures:
    """Measures a model on clips.

    Args:
        model: the model.
        clips: of people that it was not trained on. Those whose expression is unknown, or not among its classes, are
            left out.
        draws: of the bootstrap over people; 0 leaves the intervals out.

    Returns:
        `n` clips, `left_out`, and `people`.
        `binaries`: per expression `balanced_accuracy` of its network alone, which says yes where its calibrated
        probability exceeds that of a guess, 1 / classes; `auc`; and `n`, how many clips show it. `mean`: the means over
        expressions.
        `expression`: `accuracy`, `macro_f1`, `uar`, `f1` and `recall` per class, and `confusion`, of the most probable
        expression. `calibration`: of the combined probabilities, `error`: the mean distance of the largest probability
        from the share of right answers; `class_error`: the mean over classes of that of each; and `reliability`, rows
        of `catgan.metrics.calibration.reliability` per class. Intervals are named `..._interval`.

    Raises:
        DataError: no clip is left, or clips of other landmarks.
    """
    truth = class_numbers(clips, model.classes)
    known = truth >= 0
    if clips.landmark_set != model.landmark_set:
        raise DataError(f"The model reads landmarks of '{model.landmark_set}'. "
                        f"Received: clips of '{clips.landmark_set}'.")
    if not known.any():
        raise DataError(f"No clip shows an expression that the model knows: {', '.join(model.classes)}. Received: "
                        f"{len(clips)} clips of {', '.join(clips.classes) or 'no expression'}.")
    chosen, truth = clips.select(known), truth[known]
    shapes = model.shapes(chosen.points, chosen.seen)
    logits = model.logits(shapes, chosen.seen)
    result = measure(model.classes, truth, binary_scores(model.combination, logits), model.combination(logits),
                     chosen.subjects, draws)
    return {"n": len(chosen), "left_out": int((~known).sum()), "people": len(set(chosen.subjects)), **result}


def class_numbers(clips: LandmarkClips, classes: Sequence[str]) -> np.ndarray:
    """Returns the place of each clip's expression in `classes`, int64 `(n,)`; -1 where it is unknown or not there."""
    places = np.array([classes.index(name) if name in classes else -1 for name in clips.classes] + [-1], np.int64)
    return places[clips.labels]


def binary_scores(combination: Combination, logits: np.ndarray) -> np.ndarray:
    """Returns the score of each binary: how far its calibrated log odds lie above those of a guess, 1 / classes.

    Calibrated probabilities hold the share of each expression, so the threshold of 1/2 would hardly ever be reached.

    Args:
        combination: of the model.
        logits: `(n, classes)`.

    Returns:
        float64 `(n, classes)`; above 0 = yes. Of a joint network the log odds are those of the softmax.
    """
    odds = combination.scaled(logits)
    if combination.joint:
        logs = log_softmax(odds, -1)
        odds = logs - np.log(np.maximum(-np.expm1(logs), 1e-12))
    return odds + np.log(logits.shape[1] - 1)


def measure(classes: Sequence[str], truth: np.ndarray, scores: np.ndarray, probabilities: np.ndarray,
            groups: Sequence[str], draws: int = 200) -> Figures:
    """Computes the figures of `evaluate_landmark_clips`.

    Args:
        classes: names of the expressions.
        truth: place in `classes`, int `(n,)`.
        scores: of the binaries, `(n, classes)`; above 0 = yes.
        probabilities: combined, `(n, classes)`.
        groups: the person of each clip.
        draws: of the bootstrap; 0 leaves the intervals out.
    """
    present = truth[:, None] == np.arange(len(classes))
    scored = BinaryScores(present, scores, scores > 0)
    said, largest = probabilities.argmax(1), probabilities.max(1)
    right = said == truth

    def statistics(rows: np.ndarray) -> dict[str, float | None]:
        binaries = scored.figures(np.bincount(rows, minlength=len(truth)))
        found = {f"{key}/{name}": _number(value) for key in ("balanced_accuracy", "auc")
                 for name, value in zip((*classes, "mean"), _with_mean(getattr(binaries, key)))}
        matrix = expression.confusion_matrix(truth[rows], said[rows], np.ones(len(rows), bool), len(classes))
        summary = expression.summary(matrix, classes)
        return {**found, "accuracy": summary["accuracy"], "macro_f1": summary["macro_f1"],
                "uar": expression.mean_recall(matrix),
                "error": calibration.expected_calibration_error(largest[rows], right[rows], bins=BINS),
                "class_error": float(np.mean([calibration.expected_calibration_error(
                    probabilities[rows, place], present[rows, place], bins=BINS) or 0.0
                    for place in range(len(classes))]))}

    everything = np.arange(len(truth))
    found = statistics(everything)
    ranges = bootstrap.intervals(statistics, groups, draws) if draws else {}
    matrix = expression.confusion_matrix(truth, said, np.ones(len(truth), bool), len(classes))
    pairs = {name: {**_picked(found, ranges, {key: f"{key}/{name}" for key in ("balanced_accuracy", "auc")}),
                    **({"n": int(present[:, classes.index(name)].sum())} if name in classes else {})}
             for name in (*classes, "mean")}
    mean = pairs.pop("mean")
    return {"binaries": pairs, "mean": mean,
            "expression": {**expression.summary(matrix, classes), "recall": expression.recalls(matrix, classes),
                           "classes": list(classes),
                           **_picked(found, ranges, {key: key for key in ("accuracy", "macro_f1", "uar")})},
            "calibration": {**_picked(found, ranges, {key: key for key in ("error", "class_error")}),
                            "reliability": {name: calibration.reliability(probabilities[:, place], present[:, place],
                                                                          bins=BINS)
                                            for place, name in enumerate(classes)}}}


def _picked(found: Mapping[str, float | None], ranges: Mapping[str, list[float] | None],
            names: Mapping[str, str]) -> Figures:
    """Returns some figures under new names, each followed by its interval where there are intervals."""
    result: Figures = {}
    for name, key in names.items():
        result[name] = found[key]
        if ranges:
            result[f"{name}_interval"] = ranges[key]
    return result


def _with_mean(values: np.ndarray) -> np.ndarray:
    """Appends the mean of the defined values."""
    return np.append(values, np.nanmean(values) if np.isfinite(values).any() else np.nan)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def draw_landmark_figures(folder: Path, result: Figures) -> list[Path]:
    """Draws the confusion matrix and the calibration of a result of `evaluate_landmarks`.

    Args:
        folder: of the pictures `confusion.png` and `calibration.png`.
        result: the figures.

    Returns:
        The files that were written.
    """
    figures = result["expression"]
    title = (f"{result['dataset']}, {result['split']}: {result['n']} clips of {result['people']} people\n"
             f"accuracy {figures['accuracy']:.3f}, macro-F1 {figures['macro_f1']:.3f}, UAR {figures['uar']:.3f}")
    paths = [folder / "confusion.png", folder / "calibration.png"]
    confusion_map(paths[0], figures["confusion"], figures["classes"], title)
    calibration_plot(paths[1], result["calibration"]["reliability"])
    return paths
