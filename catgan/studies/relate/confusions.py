"""Where the category errors of a model lie in the valence-arousal plane."""

from __future__ import annotations

import numpy as np

from catgan.errors import DataError
from catgan.metrics import bootstrap, expression, plane
from catgan.metrics.figures import Figures
from catgan.studies.relate.faces import LabelledFaces
from catgan.studies.relate.options import RelateOptions

LEAST_FACES = 5
"""Faces that a class needs for its place in the plane."""


def errors_in_plane(truth: LabelledFaces, answers: LabelledFaces, options: RelateOptions) -> Figures:
    """Computes where in the plane a model takes one expression for another.

    Args:
        truth: annotated labels of `n` faces.
        answers: of the model for them.
        options: draws and seed.

    Returns:
        `n` faces whose class the model knows and answers; `classes`; `left_out`, annotated classes that the model does
        not read, with their faces; `accuracy`, `balanced_accuracy`, each `value` and `interval`; `confusion` (rows
        true); `confusions`, the largest; `placed_by`, whose valence and arousal place the faces: `annotation`, or
        `answers` where no face is annotated, or None; and if they are placed: `true` and `predicted` positions of each
        true class (`catgan.metrics.plane.positions`), `regions`: per region of the plane `n`, `accuracy` and
        `interval`; and `nearer`, see `nearer_to_answer`.

    Raises:
        DataError: the model reads no expressions, or none that a face has.
    """
    if not answers.names:
        raise DataError("the run reads no expressions")
    place = {name: number for number, name in enumerate(answers.names)}
    numbers = np.array([place.get(name, -1) for name in truth.names] + [-1], np.int64)
    classes = numbers[truth.classes]
    rows = np.flatnonzero((classes >= 0) & (answers.classes >= 0))
    if not len(rows):
        raise DataError("no face has an expression that the run reads")
    classes, said, groups, names = classes[rows], answers.classes[rows], truth.groups[rows], answers.names
    everyone = np.ones(len(rows), bool)
    matrix = expression.confusion_matrix(classes, said, everyone, len(names))
    left_out = {name: int((truth.classes == number).sum()) for number, name in enumerate(truth.names)
                if name not in place and (truth.classes == number).any()}
    result: Figures = {"n": len(rows), "classes": list(names), "left_out": left_out, "confusion": matrix.tolist(),
                       "confusions": plane.largest_confusions(matrix, names),
                       **_overall(classes, said, len(names), groups, options)}
    where, result["placed_by"] = _places(truth.affect[rows], answers.affect[rows])
    if where is None:
        return result
    known = np.isfinite(where).all(1)
    valence, arousal = where.T
    result["true"] = plane.positions(classes, valence, arousal, known, names)
    said_valence, said_arousal = answers.affect[rows].T
    answered = np.isfinite(said_valence) & np.isfinite(said_arousal)
    result["predicted"] = plane.positions(classes, said_valence, said_arousal, answered, names)
    result["regions"] = _regions(where, classes == said, known, groups, options)
    result["nearer"] = nearer_to_answer(where[known], classes[known], said[known], groups[known], len(names), options)
    return result


def _places(annotated: np.ndarray, answered: np.ndarray) -> tuple[np.ndarray | None, str | None]:
    for where, name in ((annotated, "annotation"), (answered, "answers")):
        if np.isfinite(where).all(1).any():
            return where, name
    return None, None


def _overall(classes: np.ndarray, said: np.ndarray, count: int, groups: np.ndarray, options: RelateOptions) -> Figures:
    def figures(rows: np.ndarray) -> dict[str, float | None]:
        matrix = expression.confusion_matrix(classes[rows], said[rows], np.ones(len(rows), bool), count)
        return {"accuracy": float(np.diag(matrix).sum() / max(matrix.sum(), 1)),
                "balanced_accuracy": expression.mean_recall(matrix)}

    values = figures(np.arange(len(classes)))
    intervals = bootstrap.intervals(figures, groups, options.draws, options.seed)
    return {name: {"value": values[name], "interval": intervals[name]} for name in values}


def _regions(where: np.ndarray, right: np.ndarray, known: np.ndarray, groups: np.ndarray,
             options: RelateOptions) -> Figures:
    """Computes the accuracy in each region of `catgan.metrics.plane.REGIONS`."""
    parts = {name: inside & known for name, inside in plane.regions(*np.where(known[:, None], where, 0.0).T).items()}

    def figures(rows: np.ndarray) -> dict[str, float | None]:
        inside = {name: rows[part[rows]] for name, part in parts.items()}
        return {name: float(right[found].mean()) if len(found) else None for name, found in inside.items()}

    values = figures(np.arange(len(right)))
    intervals = bootstrap.intervals(figures, groups, options.draws, options.seed)
    return {name: {"n": int(parts[name].sum()), "accuracy": values[name], "interval": intervals[name]}
            for name in parts}


def nearer_to_answer(where: np.ndarray, classes: np.ndarray, said: np.ndarray, groups: np.ndarray, count: int,
                     options: RelateOptions) -> Figures:
    """Tells whether errors follow the plane: whether a confused face lies where faces of the answered class lie.

    A class is a Gaussian with mean and covariance of its faces. An error follows the plane if the face is more probable
    under the class that the model answered than under its true class. Beside it stands the share among all other
    classes, which is what errors would show that do not depend on the plane.

    Args:
        where: valence and arousal, `(n, 2)`.
        classes, said: true and answered class numbers, `(n,)`.
        groups: per face its subject.
        count: number of classes.
        options: draws and seed.

    Returns:
        `n` errors, `share`, `by_chance` and `difference`, each `value` and `interval`; None where undefined.
    """
    density = _log_densities(where, classes, count)
    own = density[np.arange(len(where)), classes]
    nearer = density > own[:, None]
    others = np.isfinite(density) & (np.arange(count) != classes[:, None])
    wrong = (classes != said) & np.isfinite(own) & np.isfinite(density[np.arange(len(where)), said])
    chosen = nearer[np.arange(len(where)), said].astype(np.float64)
    chance = (nearer & others).sum(1) / np.maximum(others.sum(1), 1)

    def figures(rows: np.ndarray) -> dict[str, float | None]:
        errors = rows[wrong[rows]]
        if not len(errors):
            return {"share": None, "by_chance": None, "difference": None}
        share, expected = float(chosen[errors].mean()), float(chance[errors].mean())
        return {"share": share, "by_chance": expected, "difference": share - expected}

    values = figures(np.arange(len(where)))
    intervals = bootstrap.intervals(figures, groups, options.draws, options.seed)
    return {"n": int(wrong.sum()), **{name: {"value": values[name], "interval": intervals.get(name)}
                                      for name in values}}


def _log_densities(where: np.ndarray, classes: np.ndarray, count: int) -> np.ndarray:
    """Computes the log density of each face under the Gaussian of each class, `(n, count)`; NaN for rare classes."""
    result = np.full((len(where), count), np.nan)
    for number in range(count):
        own = where[classes == number]
        if len(own) >= LEAST_FACES:
            covariance = np.cov(own.T, bias=True) + 1e-4 * np.eye(2)  # faces of a class may all lie on one point
            away = where - own.mean(0)
            distance = np.einsum("ni,ij,nj->n", away, np.linalg.inv(covariance), away)
            result[:, number] = -0.5 * (distance + np.log(np.linalg.det(covariance)))
    return result
