"""Measures answers about people against what is known of them: emotions, affect, categories, calibration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from catgan.data.people.samples import PeopleSamples
from catgan.metrics import bootstrap, calibration, expression
from catgan.metrics.categories import brier_score, mean_average_precision
from catgan.metrics.figures import Figures
from catgan.metrics.va import Dimension
from catgan.models.multimodal.outputs import Outputs

BINS = 10
"""Bins of the calibration error."""
Statistics = Callable[[np.ndarray], dict[str, float | None]]


@dataclass(frozen=True)
class PeopleTruth:
    """Holds what is known of `n` people, in the names of a model.

    Args:
        labels: class numbers of the model, int64 `(n,)`; -1 = unknown, or an emotion that the model lacks.
        classes: of the model.
        affect: float `(n, d)`, NaN = unknown.
        dimensions: of the model.
        categories: `(n, k)`, 1, 0, or NaN = unknown.
        category_names: of the model.
        subjects: the person of each row.
    """

    labels: np.ndarray
    classes: tuple[str, ...]
    affect: np.ndarray
    dimensions: tuple[str, ...]
    categories: np.ndarray
    category_names: tuple[str, ...]
    subjects: tuple[str, ...]

    @classmethod
    def of(cls, samples: PeopleSamples, classes: Sequence[str], dimensions: Sequence[str],
           categories: Sequence[str]) -> PeopleTruth:
        """Returns the labels of samples in the order of a model's names; what samples lack is unknown."""
        affect = _columns(samples.affect, samples.dimensions, dimensions, len(samples))
        known = _columns(samples.categories, samples.category_names, categories, len(samples))
        return cls(class_numbers(samples.labels, samples.classes, classes), tuple(classes), affect, tuple(dimensions),
                   known, tuple(categories), samples.subjects)

    @property
    def known(self) -> np.ndarray:
        """Tells of whom any label is known, bool `(n,)`."""
        return (self.labels >= 0) | np.isfinite(self.affect).any(1) | np.isfinite(self.categories).any(1)

    def select(self, rows: np.ndarray) -> PeopleTruth:
        """Returns some of the people: bool `(n,)` or row numbers."""
        chosen = np.arange(len(self.labels))[rows]
        return PeopleTruth(self.labels[chosen], self.classes, self.affect[chosen], self.dimensions,
                           self.categories[chosen], self.category_names,
                           tuple(self.subjects[row] for row in chosen.tolist()))


def class_numbers(labels: np.ndarray, names: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    """Converts places in `names` to places in `classes`, int64; -1 where unknown or not there."""
    places = np.array([classes.index(name) if name in classes else -1 for name in names] + [-1], np.int64)
    return places[np.asarray(labels, np.int64)]


def _columns(values: np.ndarray, names: Sequence[str], wanted: Sequence[str], n: int) -> np.ndarray:
    """Returns columns by name, `(n, len(wanted))`, NaN where there is none."""
    found = np.full((n, len(wanted)), np.nan, np.float32)
    for place, name in enumerate(wanted):
        if name in names:
            found[:, place] = values[:, list(names).index(name)]
    return found


def most_probable(outputs: Outputs) -> np.ndarray:
    """Returns the number of the most probable class of each person, int64 `(n,)`; 0 of a model without classes."""
    return outputs.probabilities.argmax(1) if outputs.probabilities.shape[1] else np.zeros(len(outputs), np.int64)


def statistics(truth: PeopleTruth, outputs: Outputs) -> Statistics:
    """Returns a function of row numbers that computes the figures of these rows.

    `accuracy`, `macro_f1` (over the classes that occur or are said), `brier` and `ece` of the people whose emotion is
    known; `ccc_NAME` of each dimension; `map`, the mean average precision of the categories. Figures of labels that
    the model lacks are left out.
    """
    classes, said = len(truth.classes), most_probable(outputs)
    largest = np.clip(outputs.probabilities.max(1, initial=0.0), 0.0, 1.0)
    everything = np.ones(len(said), bool)

    def of(rows: np.ndarray) -> dict[str, float | None]:
        result: dict[str, float | None] = {}
        known = rows[truth.labels[rows] >= 0]
        if classes:
            labels = truth.labels[known]
            matrix = expression.confusion_matrix(labels, said[known], everything[known], classes)
            summary = expression.summary(matrix, truth.classes)
            result = {"accuracy": summary["accuracy"], "macro_f1": summary["macro_f1"],
                      "brier": brier_score(outputs.probabilities[known], labels),
                      "ece": calibration.expected_calibration_error(largest[known], said[known] == labels, bins=BINS)}
        for place, name in enumerate(truth.dimensions):
            values = truth.affect[rows, place]
            result[f"ccc_{name}"] = _concordance(values, outputs.affect[rows, place])
        if truth.category_names:
            result["map"] = mean_average_precision(truth.categories[rows], outputs.categories[rows])
        return result

    return of


def _concordance(values: np.ndarray, predicted: np.ndarray) -> float | None:
    known = np.isfinite(values)
    if known.sum() < 2 or np.ptp(values[known]) == 0:
        return None
    ccc = Dimension.of(values, predicted, known).result()["ccc"]
    return None if ccc is None else float(ccc)


def measure(truth: PeopleTruth, outputs: Outputs, draws: int = 200) -> Figures:
    """Computes the figures of `statistics` on all rows.

    Args:
        truth: of `n` people.
        outputs: the answers about them.
        draws: of the bootstrap over people; 0 leaves the intervals out.

    Returns:
        The figures, each with `NAME_interval`; `n` rows; `n_labelled`, those whose emotion is known; per class `f1`,
        and `confusion`, rows true.
    """
    of = statistics(truth, outputs)
    rows = np.arange(len(truth.labels))
    result: Figures = {"n": len(rows), "n_labelled": int((truth.labels >= 0).sum()), **of(rows)}
    if draws and len(rows):
        result |= {f"{name}_interval": interval
                   for name, interval in bootstrap.intervals(of, truth.subjects, draws).items()}
    if truth.classes:
        matrix = expression.confusion_matrix(truth.labels, most_probable(outputs), truth.labels >= 0,
                                             len(truth.classes))
        summary = expression.summary(matrix, truth.classes)
        result |= {"f1": summary["f1"], "confusion": summary["confusion"]}
    return result
