"""Classifies expressions from valence-arousal, from Action Units and from both; accuracy on people never seen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from catgan.errors import DataError
from catgan.metrics import bootstrap, expression
from catgan.metrics.figures import Figures
from catgan.studies.relate.chosen_units import LEAST_FACES, LEAST_GROUPS, choose_units
from catgan.studies.relate.faces import LabelledFaces
from catgan.studies.relate.folds import folds_of, predicted_by_others
from catgan.studies.relate.options import RelateOptions

INPUTS = {"valence_arousal": "valence-arousal", "action_units": "Action Units", "both": "both"}
"""What expressions are classified from, and its title."""
CHANCE = "chance"


def classify(faces: LabelledFaces, scale: str | None, options: RelateOptions) -> Figures:
    """Classifies expressions by logistic regression; every face by the faces of other subjects.

    Valence and arousal enter with their squares and their product, Action Units as they are; all are standardised
    (L2 regularisation, C = 1). Where faces know all labels, every classifier gets these faces. Chance is the most
    frequent expression of the other subjects.

    Args:
        faces: with their labels.
        scale: of the Action Units; None where none are known.
        options: draws, folds and seed.

    Returns:
        `same_faces`, whether all classifiers have the same faces; `units_left_out`, Action Units with reasons; and
        `inputs`: per kind `n` faces, `classes`, `left_out` (expressions with reasons), `accuracy` and
        `balanced_accuracy` (each `value` and `interval`), `confusion` (rows true), and `against`: per other kind, and
        `chance`, the paired differences of both as `catgan.metrics.bootstrap.paired` gives them.

    Raises:
        DataError: fewer than two expressions have enough faces of enough subjects.
    """
    units = faces.units[scale] if scale else np.zeros((len(faces), 0))
    affect, labelled = np.isfinite(faces.affect).all(1), faces.classes >= 0
    both = choose_units(units, affect & labelled, faces.groups, faces.unit_names if scale else ())
    if both.columns and _classes(faces, both.rows)[0]:
        inputs = {name: _features(name, faces.affect[both.rows], both.values(units))
                  for name in INPUTS}
        return {"same_faces": True, "units_left_out": both.left_out,
                "inputs": _on_faces(faces.select(both.rows), inputs, options)}
    alone = choose_units(units, labelled, faces.groups, faces.unit_names if scale else ())
    rows_of = {"valence_arousal": np.flatnonzero(affect & labelled), "action_units": alone.rows}
    found: Figures = {}
    for name, rows in rows_of.items():
        if _classes(faces, rows)[0]:
            inputs = {name: _features(name, faces.affect[rows], units[rows][:, list(alone.columns)])}
            found |= _on_faces(faces.select(rows), inputs, options)
    if not found:
        raise DataError(f"fewer than two expressions have {LEAST_FACES} faces of {LEAST_GROUPS} subjects that know "
                        "valence and arousal, or Action Units")
    return {"same_faces": False, "units_left_out": alone.left_out, "inputs": found}


def _features(name: str, affect: np.ndarray, units: np.ndarray) -> np.ndarray:
    valence, arousal = affect.T
    plane = np.stack([valence, arousal, valence ** 2, arousal ** 2, valence * arousal], axis=1)
    return plane if name == "valence_arousal" else units if name == "action_units" else np.hstack([plane, units])


def _classes(faces: LabelledFaces, rows: np.ndarray) -> tuple[list[int], dict[str, str]]:
    """Returns the classes with enough faces and subjects, none if they are fewer than two, and those left out."""
    kept, left_out = [], {}
    for place, name in enumerate(faces.names):
        own = rows[faces.classes[rows] == place]
        people = len(np.unique(faces.groups[own]))
        if len(own) >= LEAST_FACES and people >= LEAST_GROUPS:
            kept.append(place)
        else:
            left_out[name] = f"{len(own)} faces of {people} subjects"
    return (kept if len(kept) > 1 else []), left_out


def _on_faces(faces: LabelledFaces, inputs: Mapping[str, np.ndarray], options: RelateOptions) -> Figures:
    """Classifies the same faces from each kind of input; figures by kind."""
    kept, left_out = _classes(faces, np.arange(len(faces)))
    rows = np.flatnonzero(np.isin(faces.classes, kept))
    truth = np.searchsorted(kept, faces.classes[rows])
    groups, names = faces.groups[rows], [faces.names[place] for place in kept]
    folds = folds_of(groups, options.folds, options.seed)
    said = {name: _predicted(features[rows], truth, folds) for name, features in inputs.items()}
    said[CHANCE] = _most_frequent(truth, folds)
    figures = {name: _figures(truth, answers, len(names)) for name, answers in said.items()}
    result: Figures = {}
    for name in inputs:
        matrix = expression.confusion_matrix(truth, said[name], np.ones(len(truth), bool), len(names))
        values = figures[name](np.arange(len(truth)))
        intervals = bootstrap.intervals(figures[name], groups, options.draws, options.seed)
        others = [other for other in (CHANCE, *inputs) if other != name]
        result[name] = {"n": len(rows), "classes": names, "left_out": left_out, "confusion": matrix.tolist(),
                        **{key: {"value": values[key], "interval": intervals[key]} for key in values},
                        "against": {other: bootstrap.paired(figures[name], figures[other], groups, options.draws,
                                                            options.seed) for other in others}}
    return result


def _predicted(features: np.ndarray, truth: np.ndarray, folds: np.ndarray) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def fit(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        if len(np.unique(truth[rows])) < 2:
            return np.full(len(others), truth[rows[0]])
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
        return np.asarray(model.fit(features[rows], truth[rows]).predict(features[others]), np.int64)

    found = predicted_by_others(folds, fit)
    assert found is not None  # a class has faces of several subjects
    return found


def _most_frequent(truth: np.ndarray, folds: np.ndarray) -> np.ndarray:
    found = predicted_by_others(folds, lambda rows, others: np.full(len(others), np.bincount(truth[rows]).argmax()))
    assert found is not None
    return found


def _figures(truth: np.ndarray, said: np.ndarray, count: int) -> bootstrap.Statistics:
    """Returns a function of row numbers: `accuracy` and `balanced_accuracy`."""
    def figures(rows: np.ndarray) -> dict[str, float | None]:
        matrix = expression.confusion_matrix(truth[rows], said[rows], np.ones(len(rows), bool), count)
        return {"accuracy": float(np.diag(matrix).sum() / max(matrix.sum(), 1)),
                "balanced_accuracy": expression.mean_recall(matrix)}

    return figures
