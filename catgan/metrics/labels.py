"""All label metrics of one data set in one result."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import numpy as np

from catgan import facs
from catgan.labels import Labels
from catgan.metrics import au, bootstrap, expression, va
from catgan.metrics.figures import Figures
from catgan.metrics.moments import Moments


def evaluate_labels(truth: Labels, predicted: Mapping[str, np.ndarray], thresholds: Mapping[int, float],
                    subjects: Sequence[str] | None = None, present_from: float = 1.0,
                    presences: Labels | None = None) -> Figures:
    """Computes all label metrics of one data set.

    Args:
        truth: labels of `n` faces.
        predicted: per label column of `truth` an array `(n,)`: AUs as probability or intensity, expression by name.
        thresholds: per FACS number, the prediction from which the AU counts as present.
        subjects: per face its subject; gives the headline figures a 95 % interval.
        present_from: the true intensity from which an AU counts as present (FACS A = 1).
        presences: presence of Action Units whose intensity is not known: F1 and AUC take them in.

    Returns:
        The label part of the result of `catgan evaluate`; parts whose labels are not in `truth.spec` are absent.
    """
    spec = truth.spec
    result: Figures = {}
    if spec.action_units:
        result["action_units"] = _action_units(truth, presences, predicted, thresholds, subjects, present_from)
    if spec.valence_arousal:
        for name in ("valence", "arousal"):
            result[name] = _dimension(truth, predicted[name], name, subjects)
    if spec.expressions:
        names = np.asarray(predicted["expression"])
        numbers = np.array([spec.expressions.index(name) for name in names], np.int64)
        values, mask = truth.column("expression")
        result["expression"] = expression.summary(
            expression.confusion_matrix(values, numbers, mask, len(spec.expressions)), spec.expressions)
    return result


def presence_targets(truth: Labels, presences: Labels | None, number: int, score: np.ndarray,
                     present_from: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns the arguments of the functions of `catgan.metrics.au` for one Action Unit.

    Args:
        truth, presences, present_from: as in `evaluate_labels`.
        number: FACS number.
        score: predicted probability or intensity, `(n,)`.

    Returns:
        Whether the Action Unit is present, its score, and whether its presence is known, `(n,)` each.
    """
    column = truth.spec.action_unit_columns[truth.spec.action_units.index(number)]
    values, mask = truth.column(column)
    present = values >= (present_from if truth.spec.scale == "intensity" else 0.5)
    if presences is not None:
        said, known = presences.column(f"{facs.au_name(number)}_present")
        present, mask = np.where(known, said >= 0.5, present), mask | known
    return present, np.asarray(score, np.float64), mask


def _action_units(truth: Labels, presences: Labels | None, predicted: Mapping[str, np.ndarray],
                  thresholds: Mapping[int, float], subjects: Sequence[str] | None,
                  present_from: float) -> Figures:
    spec, columns = truth.spec, {}
    result: Figures = {}
    for number, column in zip(spec.action_units, spec.action_unit_columns):
        present, score, known = columns[number] = presence_targets(truth, presences, number, predicted[column],
                                                                   present_from)
        values, mask = truth.column(column)
        moments = Moments.of(values, score, mask)
        result[facs.au_name(number)] = {
            "f1": au.f1(present, score, known, thresholds[number]), "auc": au.auc(present, score, known),
            "icc": moments.icc, "pcc": moments.pcc, "n": int(known.sum())}

    def mean_f1(rows: np.ndarray | slice) -> float | None:
        scores = [au.f1(present[rows], score[rows], mask[rows], thresholds[number])
                  for number, (present, score, mask) in columns.items()]
        known = [value for value in scores if value is not None]
        return float(np.mean(known)) if known else None

    def mean_of(figure: str, rows: np.ndarray | slice) -> float | None:
        each = [getattr(Moments.of(values[rows], np.asarray(predicted[column], np.float64)[rows], mask[rows]), figure)
                for column, (values, mask) in ((column, truth.column(column)) for column in spec.action_unit_columns)]
        known = [value for value in each if value is not None]
        return float(np.mean(known)) if known else None

    means: Figures = {"mean_f1": mean_f1, "mean_icc": functools.partial(mean_of, "icc"),
                      "mean_pcc": functools.partial(mean_of, "pcc")}
    for name, statistic in means.items():
        result[name] = statistic(slice(None))
        if subjects is not None:
            result[f"{name}_interval"] = bootstrap.interval(statistic, subjects)
    return result


def _dimension(truth: Labels, predicted: np.ndarray, name: str, subjects: Sequence[str] | None) -> Figures:
    values, mask = truth.column(name)
    result: Figures = dict(va.Dimension.of(values, predicted, mask).result())
    if subjects is not None:
        result["ccc_interval"] = bootstrap.interval(
            lambda rows: Moments.of(values[rows], predicted[rows], mask[rows]).ccc, subjects)
    return result
