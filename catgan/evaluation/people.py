"""Measures networks of several modalities: every module alone, subsets, missing modules, places, leaks."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence

import numpy as np

from catgan.data.people.columns import read_people
from catgan.data.people.samples import PeopleSamples
from catgan.data.store import DualDataset
from catgan.errors import DataError
from catgan.evaluation.people_measures import PeopleTruth, class_numbers, measure, most_probable, statistics
from catgan.evaluation.people_places import context_effect, expected_by_place, measure_places
from catgan.metrics import bootstrap
from catgan.metrics.categories import agreement, chance_macro_f1
from catgan.metrics.figures import Figures
from catgan.models.multimodal.model import FusionRecogniser
from catgan.models.multimodal.outputs import Outputs

MOST_SUBSETS = 4
"""Modalities up to which every subset is measured; of more, single ones, pairs, all without one, and all."""
Answers = Mapping[tuple[str, ...], Outputs]
"""Names of the modalities that a network was shown -> its answers."""


def evaluate_people(model: FusionRecogniser, dataset: DualDataset, split: str = "test", draws: int = 200) -> Figures:
    """Measures a model on the people of a split.

    Args:
        model: the model.
        dataset: with the columns of people.
        split: `train`, `validation`, `test` or `all`.
        draws: of the bootstrap over people; 0 leaves the intervals out.

    Returns:
        The result of `catgan evaluate`: that of `evaluate_samples` with `split`, `dataset` and `seconds`.

    Raises:
        DataError: a data set of faces alone, or people of whom nothing is known that the model predicts.
    """
    started = time.perf_counter()
    samples = read_people(dataset, split)
    needs_habits = "shown_context" not in samples.truth and any(samples.places) and dataset.count("train")
    habits = read_people(dataset, "train") if needs_habits and split != "train" else samples
    result = evaluate_samples(model, samples, draws, expected_by_place(samples, habits))
    return {**result, "split": split, "dataset": dataset.info["name"],
            "seconds": round(time.perf_counter() - started, 2)}


def evaluate_samples(model: FusionRecogniser, samples: PeopleSamples, draws: int = 200,
                     expected: np.ndarray | None = None) -> Figures:
    """Measures a model on people.

    Args:
        model: the model.
        samples: people that it was not trained on. Those of whom no label is known are left out.
        draws: of the bootstrap over people; 0 leaves the intervals out.
        expected: the emotion, by its number in `samples.classes`, that the place of each person leads one to expect;
            -1 = none. Of rendered people it is known.

    Returns:
        `n`, `left_out`, `people`, `modalities` and `available`, the share of people who have each.
        `all`: figures of `catgan.evaluation.people_measures.measure` on everybody, as they come.
        The following are measured on the `complete` people, who have all modalities, so that they can be compared:
        `subsets`: the same figures by shown modalities, such as `"face+gait"`. `chance`: macro-F1 of answers at random.
        `gain`: macro-F1 of all minus that of the best single module, with interval and the module's name.
        `missing`: by module, the macro-F1 of all without it, and `loss`: what is lost by its absence.
        `own_heads`: the heads of the modules on their own, on all who have the module. `places`, `context_effect` and
        `leaks`: see `catgan.evaluation.people_places` and `leaks`.

    Raises:
        DataError: nobody has a label that the model predicts, or a modality of the model is missing altogether.
    """
    if absent := [name for name in model.modalities if name not in samples.inputs]:
        raise DataError(f"The model reads {', '.join(model.modalities)}. The people have no {', '.join(absent)}.")
    truth = PeopleTruth.of(samples, model.classes, model.dimensions, model.categories)
    known = truth.known
    if not known.any():
        wanted = [*model.classes, *model.dimensions, *model.categories]
        raise DataError(f"Nobody has a label that the model predicts: {', '.join(wanted)}. "
                        f"Received: {len(samples)} people with {', '.join(samples.classes) or 'no emotion'}.")
    chosen, truth = samples.select(known), truth.select(known)
    expected = expected_by_place(samples, samples) if expected is None else expected
    places = class_numbers(expected[known], samples.classes, model.classes)
    features, available = model.features(chosen.inputs), {name: chosen.available[name]
                                                          for name in model.modalities}
    everyone = model.fused(features, available)
    result: Figures = {
        "n": len(chosen), "left_out": int((~known).sum()), "people": len(set(chosen.subjects)),
        "modalities": list(available), "available": {name: float(mask.mean()) for name, mask in available.items()},
        "all": measure(truth, everyone, draws)}
    used = [name for name, mask in available.items() if mask.any()]
    complete = np.all([available[name] for name in used], axis=0) if used else np.zeros(len(chosen), bool)
    result["complete"] = int(complete.sum())
    result["own_heads"] = own_heads(model, features, available, truth, draws)
    if complete.any():
        part = {name: values[complete] for name, values in features.items()}
        answers = subset_answers(model, part, used)
        result |= measure_subsets(answers, truth.select(complete), used, draws)
        result["leaks"] = leaks(answers, chosen.select(complete), model.classes, draws)
    without = [name for name in available if name != "context"]
    if "context" in available and without:
        hidden = {**available, "context": np.zeros(len(chosen), bool)}
        result["places"] = measure_places(truth, places, everyone, model.fused(features, hidden), draws)
        result["context_effect"] = context_effect(model, features, available, everyone)
    return result


# === Subsets ===


def subsets_of(modalities: Sequence[str]) -> list[tuple[str, ...]]:
    """Lists the subsets that are measured, from single modules to all; see `MOST_SUBSETS`."""
    count = len(modalities)
    sizes = range(1, count + 1) if count <= MOST_SUBSETS else sorted({1, 2, count - 1, count})
    return [subset for size in sizes for subset in itertools.combinations(modalities, size)]


def subset_answers(model: FusionRecogniser, features: Mapping[str, np.ndarray],
                   modalities: Sequence[str]) -> dict[tuple[str, ...], Outputs]:
    """Computes the answers of a model to people who have all `modalities`, of which it is shown a subset at a time."""
    n = len(next(iter(features.values())))
    return {subset: model.fused(features, {name: np.full(n, name in subset) for name in features})
            for subset in subsets_of(modalities)}


def measure_subsets(answers: Answers, truth: PeopleTruth, modalities: Sequence[str], draws: int) -> Figures:
    """Computes `subsets`, `chance`, `gain` and `missing` of `evaluate_samples`."""
    result: Figures = {"subsets": {"+".join(subset): measure(truth, outputs, draws)
                                   for subset, outputs in answers.items()}}
    labels = truth.labels[truth.labels >= 0]
    if not len(labels):
        return result
    everything = tuple(modalities)
    result["chance"] = chance_macro_f1(labels, len(truth.classes))
    if len(modalities) > 1:
        best = max(modalities, key=lambda name: result["subsets"][name]["macro_f1"])
        result["gain"] = {"over": best, **_difference(answers[everything], answers[(best,)], truth, draws)}
        result["missing"] = {}
        for name in modalities:
            rest = tuple(other for other in modalities if other != name)
            found = _difference(answers[everything], answers[rest], truth, draws)
            result["missing"][name] = {"macro_f1": result["subsets"]["+".join(rest)]["macro_f1"],
                                       **{key.replace("difference", "loss"): value for key, value in found.items()}}
    return result


def _difference(first: Outputs, second: Outputs, truth: PeopleTruth, draws: int) -> Figures:
    """Returns the difference of macro-F1 of two answers about the same people, with its interval."""
    one, other = statistics(truth, first), statistics(truth, second)
    if not draws:
        rows = np.arange(len(truth.labels))
        before, after = one(rows)["macro_f1"], other(rows)["macro_f1"]
        return {"difference": None if before is None or after is None else before - after}
    found = bootstrap.paired(one, other, truth.subjects, draws)["macro_f1"]
    return {"difference": found["difference"], "difference_interval": found["interval"]}


def own_heads(model: FusionRecogniser, features: Mapping[str, np.ndarray], available: Mapping[str, np.ndarray],
              truth: PeopleTruth, draws: int = 200) -> Figures:
    """Measures the head of each module on the people who have it; figures by modality."""
    alone, result = model.alone(features), {}
    for name, mask in available.items():
        if mask.any():
            result[name] = measure(truth.select(mask), alone[name].select(mask), draws)
    return result


# === Leaks ===


def leaks(answers: Answers, samples: PeopleSamples, classes: Sequence[str], draws: int = 200) -> Figures:
    """Measures whether a module alone tells what another part of a rendered person shows.

    The answer of a module may depend on what its own part shows alone. `kappa` is the agreement of its answer with the
    emotion of another part, beyond what its own part explains (`catgan.metrics.categories.agreement`): 0 without a
    leak, such as a face that was left in a context.

    Args:
        answers: by shown modalities; those to single modules are used.
        samples: the people. Without the truth of rendered people there is no result.
        classes: of the answers.
        draws: of the bootstrap over people.

    Returns:
        By the module that answers, by the other part: `kappa` with its interval, and `n`.
    """
    shown = {name.removeprefix("shown_"): class_numbers(values, samples.classes, classes)
             for name, values in samples.truth.items() if name.startswith("shown_")}
    result: Figures = {}
    for (module, *more), outputs in answers.items():
        for other in (name for name in shown if not more and module in shown and name != module):
            said, rows = most_probable(outputs), np.flatnonzero(shown[other] >= 0)
            found = _leak(said[rows], shown[other][rows], shown[module][rows], len(classes),
                          [samples.subjects[row] for row in rows.tolist()], draws)
            result.setdefault(module, {})[other] = found
    return result


def _leak(said: np.ndarray, other: np.ndarray, own: np.ndarray, classes: int, subjects: Sequence[str],
          draws: int) -> Figures:
    def kappa(rows: np.ndarray) -> float | None:
        return agreement(said[rows], other[rows], own[rows], classes)

    result: Figures = {"kappa": kappa(np.arange(len(said))), "n": len(said)}
    if draws and len(said):
        result["kappa_interval"] = bootstrap.interval(kappa, subjects, draws)
    return result
