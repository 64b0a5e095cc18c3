"""Measures how far answers about people follow the place: where it agrees with the emotion, and where it does not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from catgan.data.people.samples import PeopleSamples
from catgan.evaluation.people_measures import PeopleTruth, most_probable, statistics
from catgan.metrics import bootstrap
from catgan.metrics.figures import Figures
from catgan.models.multimodal.model import FusionRecogniser
from catgan.models.multimodal.outputs import Outputs

FEWEST = 5
"""People of known emotion from whom a place leads one to expect something."""


def expected_by_place(samples: PeopleSamples, habits: PeopleSamples) -> np.ndarray:
    """Returns the emotion that the place of each person leads one to expect, as its number in `samples.classes`.

    Of rendered people it is what the place was drawn to show. Elsewhere it is the most frequent emotion of the place
    among `habits`, where at least `FEWEST` people of known emotion were.

    Args:
        samples: the people.
        habits: people of known emotions and places, such as those of training.

    Returns:
        int64 `(n,)`; -1 = none.
    """
    if "shown_context" in samples.truth:
        return np.asarray(samples.truth["shown_context"], np.int64)
    counts: dict[str, np.ndarray] = {}
    for place, label in zip(habits.places, habits.labels.tolist()):
        if place is not None and label >= 0:
            counts.setdefault(place, np.zeros(len(habits.classes), np.int64))[label] += 1
    names = {place: habits.classes[int(found.argmax())] for place, found in counts.items() if found.sum() >= FEWEST}
    numbers = {place: samples.classes.index(name) for place, name in names.items() if name in samples.classes}
    return np.array([numbers.get(place, -1) if place is not None else -1
                     for place in samples.places or (None,) * len(samples)], np.int64)


def measure_places(truth: PeopleTruth, expected: np.ndarray, outputs: Outputs, without: Outputs,
                   draws: int = 200) -> Figures:
    """Compares people whose place agrees with their emotion, and those whose place contradicts it.

    Args:
        truth: of `n` people.
        expected: the emotion that the place leads one to expect, as its number in `truth.classes`, `(n,)`; -1 = none.
        outputs: answers from everything.
        without: answers without the context.
        draws: of the bootstrap over people; 0 leaves the intervals out.

    Returns:
        `agreeing`, `contradicting`: `n`, `accuracy` and `macro_f1` of everything with intervals, the same of
        `without_context`, and `taken_for_expected`: the share of people who are said to feel what the place leads one
        to expect.
    """
    known = (truth.labels >= 0) & (expected >= 0)
    result: Figures = {}
    for name, rows in (("agreeing", known & (expected == truth.labels)),
                       ("contradicting", known & (expected != truth.labels))):
        part = truth.select(rows)
        result[name] = {"n": int(rows.sum()), **_figures(part, expected[rows], outputs.select(rows), draws),
                        "without_context": _figures(part, expected[rows], without.select(rows), draws)}
    return result


def _figures(truth: PeopleTruth, expected: np.ndarray, outputs: Outputs, draws: int) -> Figures:
    of, names = statistics(truth, outputs), ("accuracy", "macro_f1")
    everything = of(np.arange(len(expected)))
    result: Figures = {name: everything.get(name) for name in names}
    if len(expected):
        result["taken_for_expected"] = float((most_probable(outputs) == expected).mean())
    if draws and len(expected):
        found = bootstrap.intervals(of, truth.subjects, draws)
        result |= {f"{name}_interval": found.get(name) for name in names}
    return result


def context_effect(model: FusionRecogniser, features: Mapping[str, np.ndarray], available: Mapping[str, np.ndarray],
                   outputs: Outputs) -> Figures:
    """Measures the direct effect of the context: the answer with everything against one with an average context.

    Args:
        model: the model.
        features: see `FusionRecogniser.features`.
        available: see there.
        outputs: answers from everything.

    Returns:
        `changed`: share of people with another most probable emotion; `distance`: mean total variation of the
        probabilities, 0..1; `n`, those who have a context.
    """
    rows = np.flatnonzero(available["context"])
    if not len(rows):
        return {"changed": None, "distance": None, "n": 0}
    part = {name: values[rows] for name, values in features.items()}
    part["context"] = np.repeat(part["context"].mean(0, keepdims=True), len(rows), 0)
    average = model.fused(part, {name: mask[rows] for name, mask in available.items()}).probabilities
    given = outputs.probabilities[rows]
    return {"changed": float((average.argmax(1) != given.argmax(1)).mean()),
            "distance": float(0.5 * np.abs(average - given).sum(1).mean()), "n": len(rows)}
