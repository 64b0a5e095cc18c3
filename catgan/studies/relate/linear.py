"""Regresses a dimension of affect on Action Units: coefficients with intervals over subjects, cross-validated R2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from catgan.errors import DataError
from catgan.metrics import bootstrap
from catgan.metrics.figures import Figures
from catgan.studies.relate.chosen_units import ChosenUnits, choose_units
from catgan.studies.relate.folds import folds_of, predicted_by_others
from catgan.studies.relate.options import RelateOptions

_SINGULAR = 1e-9
"""Smallest eigenvalue of a correlation matrix that still counts as independent Action Units."""
INTERCEPT = "intercept"


def regress(units: np.ndarray, target: np.ndarray, groups: np.ndarray, names: Sequence[str],
            options: RelateOptions) -> Figures:
    """Fits `target = intercept + sum of coefficient * Action Unit` by least squares.

    Args:
        units: intensities or presences of `n` faces, `(n, k)`, NaN = unknown.
        target: valence or arousal, `(n,)`, NaN = unknown.
        groups: per face its subject.
        names: of the Action Units.
        options: draws, folds and seed.

    Returns:
        `n` faces and `groups` that took part, `left_out` (Action Units with reasons), `intercept` and `coefficients`
        by name, each `value` and `interval` (percentile bootstrap over subjects); `r2` on the same faces;
        `cross_validated_r2`, `value` and `interval`: each face is predicted from the faces of other subjects.

    Raises:
        DataError: too few faces know the target and the same Action Units, or the target does not vary.
    """
    chosen = choose_units(units, np.isfinite(target), groups, names)
    design, wanted, people = chosen.values(units), target[chosen.rows], groups[chosen.rows]
    check_enough(chosen, wanted)
    kept = [names[place] for place in chosen.columns]
    fitted = coefficients(design, wanted)
    intervals = bootstrap.intervals(
        lambda rows: _named(kept, coefficients(design[rows], wanted[rows])), people, options.draws, options.seed)
    values = _named(kept, fitted)
    figures = {name: {"value": values[name], "interval": intervals[name]} for name in values}
    return {"n": len(chosen.rows), "groups": len(np.unique(people)), "left_out": chosen.left_out,
            INTERCEPT: figures.pop(INTERCEPT), "coefficients": figures,
            "r2": None if fitted is None else r2(wanted, predict(fitted, design), np.full(len(wanted), wanted.mean())),
            "cross_validated_r2": cross_validated(design, wanted, people, options)}


def check_enough(chosen: ChosenUnits, target: np.ndarray) -> None:
    """Raises `DataError` if a regression on these faces would tell nothing."""
    needed = max(20, 2 * (len(chosen.columns) + 1))
    if not chosen.columns or len(chosen.rows) < needed:
        raise DataError(f"{len(chosen.rows)} faces know {len(chosen.columns)} Action Units that vary together with it, "
                        f"at least {needed} faces are needed")
    if np.ptp(target) == 0:
        raise DataError(f"it is the same on all {len(target)} faces that know the Action Units")


def coefficients(design: np.ndarray, target: np.ndarray) -> np.ndarray | None:
    """Fits by least squares. Returns the intercept and the coefficients `(1 + k,)`; None where they are not unique."""
    centre, middle = design.mean(0), target.mean()
    centred = design - centre
    products = centred.T @ centred
    size = np.sqrt(np.diag(products))
    if not (size > 0).all():
        return None
    correlations = products / np.outer(size, size)
    if len(size) and np.linalg.eigvalsh(correlations)[0] < _SINGULAR:
        return None
    slopes = np.linalg.solve(correlations, centred.T @ (target - middle) / size) / size
    return np.array([middle - centre @ slopes, *slopes])


def predict(fitted: np.ndarray, design: np.ndarray) -> np.ndarray:
    """Predicts `(n,)` from Action Units `(n, k)` with the result of `coefficients`."""
    return fitted[0] + design @ fitted[1:]


def r2(target: np.ndarray, predicted: np.ndarray, mean: np.ndarray) -> float | None:
    """Computes the share of the squared distance from `mean` that the prediction explains; None where it is 0."""
    total = float(((target - mean) ** 2).sum())
    return 1.0 - float(((target - predicted) ** 2).sum()) / total if total > 0 else None


def cross_validated(design: np.ndarray, target: np.ndarray, groups: np.ndarray, options: RelateOptions) -> Figures:
    """Computes R2 of faces that are predicted from those of other subjects, `value` and `interval`.

    The reference is the mean of the other subjects. The interval draws subjects; the fits stay as they are.
    """
    def fit(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        known = np.column_stack([np.ones(len(rows)), design[rows]])
        fitted = np.linalg.lstsq(known, target[rows], rcond=None)[0]
        return np.column_stack([predict(fitted, design[others]), np.full(len(others), target[rows].mean())])

    found = predicted_by_others(folds_of(groups, options.folds, options.seed), fit)
    if found is None:
        return {"value": None, "interval": None}
    predicted, means = found.T

    def figure(rows: np.ndarray) -> float | None:
        return r2(target[rows], predicted[rows], means[rows])

    return {"value": figure(np.arange(len(target))),
            "interval": bootstrap.interval(figure, groups, options.draws, options.seed)}


def _named(names: Sequence[str], fitted: np.ndarray | None) -> Mapping[str, float | None]:
    return {name: None if fitted is None else float(fitted[place])
            for place, name in enumerate((INTERCEPT, *names))}
