"""How good explanations are, on rendered faces of people that no network has seen: against the truth."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import ndtr

from catgan import facs
from catgan.benchmarks.explanations.class_autoencoders import interpretability
from catgan.benchmarks.explanations.methods import FEW, METHODS, Answers, answer, changes_of
from catgan.benchmarks.explanations.planted import CHANGED, planted_causes
from catgan.benchmarks.explanations.questions import KINDS, Queries, Truth, ask
from catgan.benchmarks.explanations.sanity import best_agreement, by_chance
from catgan.data.store import DualDataset
from catgan.errors import unknown_name
from catgan.explain.counterfactual import METHODS as SEARCHES
from catgan.explain.counterfactual import counterfactuals, diverse
from catgan.explain.drawers import EditorDrawer
from catgan.explain.models import CatGANModel
from catgan.explain.oracle import oracle_agrees
from catgan.explain.targets import parse_target
from catgan.metrics import counterfactual as measures
from catgan.metrics import counterfactual_space as space
from catgan.metrics import distribution, editing
from catgan.models.gan.model import CatGAN
from catgan.system import memory_mb

ALONE, VARIED, LEARNED_FROM, REAL = 8, 24, 6000, 2000
"""Faces that are asked about one by one, and for several answers; training faces for IM1 and IM2; faces that answers
are compared with."""


def score(gan: CatGAN, queries: Queries, answers: Answers, oracle: Any = None,
          identity: Callable[[np.ndarray], np.ndarray] | None = None) -> dict[str, Any]:
    """Figures of one method over all queries, failures counted as failures.

    Args:
        gan: the explained model.
        queries, answers: what was asked, and what came.
        oracle: an independent model, as `catgan.explain.models`.
        identity: features that tell people apart.

    Returns:
        Each figure with its 95 % interval over people, see `catgan.metrics.counterfactual`; those of `against` twice:
        against the true labels, and, as `model_...`, against what the model reads off the true pictures; the
        `explained_change` against the least true answer, and against the nearest of those that are as good.
    """
    own, people = CatGANModel(gan), list(queries.people)
    faces, result = queries.faces, dict[str, Any]()
    reached = oracle_agrees(own, queries.targets, answers.faces) & answers.given
    figures: dict[str, np.ndarray] = {"validity": reached, **measures.proximity(faces, answers.faces)}
    if oracle is not None:
        figures["oracle_validity"] = oracle_agrees(oracle, queries.targets, answers.faces) & answers.given
        figures |= _beside_target(oracle, queries, answers, gan)
    if identity is not None:
        for name, after in (("identity", answers.faces), ("identity_truth", queries.labels.faces)):
            figures[name] = _cosine(identity(faces), identity(after))
    for name, values in figures.items():
        result[name] = measures.mean(values)
        result[f"{name}_interval"] = measures.mean_interval(values, people)
    result |= against(gan, queries, answers, queries.labels)
    result |= {f"model_{name}": value for name, value in against(gan, queries, answers, queries.model).items()}
    return {**result, "seconds_per_face": answers.seconds}


def against(gan: CatGAN, queries: Queries, answers: Answers, truth: Truth) -> dict[str, Any]:
    """Figures of the answers against the true ones, where those are known, each with its 95 % interval over people."""
    rows = truth.known
    people, result = [queries.people[row] for row in rows], dict[str, Any](n_true=len(rows))
    if not len(rows):
        return result
    least, nearest = truth.faces[rows], _nearest(truth, answers.faces)
    for name, true in (("explained_change", least), ("explained_change_nearest", nearest)):
        errors, changes = (editing.squared_errors(part[rows], true) for part in (answers.faces, queries.faces))
        result[name], result[f"{name}_interval"] = (editing.share(errors, changes),
                                                    editing.share_interval(errors, changes, people))
    for name, values in (_said_in_units(gan, queries, answers, truth) if answers.changes is not None else {}).items():
        result[name] = measures.mean(values)
        result[f"{name}_interval"] = measures.mean_interval(values, people)
    return result


def _nearest(truth: Truth, faces: np.ndarray) -> np.ndarray:
    """Of the true answers that are as good, the one that each answer comes nearest to; where those are known."""
    return np.stack([options[editing.squared_errors(np.repeat(faces[row:row + 1], len(options), 0), options).argmin()]
                     for row in truth.known for options in (truth.as_good[row],)])


def _said_in_units(gan: CatGAN, queries: Queries, answers: Answers, truth: Truth) -> dict[str, np.ndarray]:
    assert answers.changes is not None
    units, rows = gan.spec.action_units, truth.known
    changes = answers.changes[rows]
    found, sets = measures.changed(changes, CHANGED), [truth.answers[row].sets for row in rows]
    agreement = [best_agreement(one, options) for one, options in zip(found, sets)]
    true = np.array([truth.answers[row].levels - [queries.scenes[row].action_units.get(number, 0.0) for number in units]
                     for row in rows])
    return {**{f"au_{name}": np.array([one[name] for one in agreement]) for name in ("precision", "recall", "jaccard")},
            "au_jaccard_chance": by_chance(found, sets),
            "au_error": measures.au_error(changes, true, CHANGED),
            "sparsity": measures.sparsity(changes, CHANGED).astype(float),
            "sparsity_truth": (np.abs(true) >= CHANGED).sum(1).astype(float)}


def _beside_target(oracle: Any, queries: Queries, answers: Answers, gan: CatGAN) -> dict[str, np.ndarray]:
    """Change and LVS of the Action Units that neither the target names nor the answer changes; valence follows them in
    truth."""
    names = [facs.au_name(number) for number in gan.spec.action_units]
    before, after = (oracle.read(part) for part in (queries.faces, answers.faces))
    told = [name for name in names if name in before]
    stays = np.array([[name not in text for name in told] for text in queries.targets])
    if answers.changes is not None:
        stays &= ~measures.changed(answers.changes, CHANGED)[:, [names.index(name) for name in told]]

    def both(of: Callable[[Mapping[str, np.ndarray], str], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        return tuple(np.stack([of(part, name) for name in told], 1) for part in (before, after))  # type: ignore

    (levels, later), (present, still) = both(lambda part, name: part[name]), both(_present)
    return {"off_target": measures.off_target(levels, later, np.full(len(told), 5.0), stays),
            "lvs": measures.label_variation(present, still, stays)}


def _present(reading: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    """How probable a presence (FACS A or more) is under the mean and the deviation of an intensity."""
    return ndtr((reading[name] - 1.0) / np.maximum(reading[f"{name}_std"], 1e-6))


def _cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(1) / np.maximum(np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1), 1e-12)


def benchmark_explain(gan: CatGAN, dataset: DualDataset, oracle: Any,
                      identity: Callable[[np.ndarray], np.ndarray] | None, n: int = 500, seed: int = 0,
                      split: str = "test", methods: Sequence[str] = ("search",)) -> tuple[dict[str, Any], Queries,
                                                                                          dict[str, Answers]]:
    """The result of `catgan benchmark explain`, the questions, and the answers of every method.

    Args:
        gan: explained by itself, drawn by its editor.
        dataset: rendered.
        oracle: an independent model; None: not asked.
        identity: features that tell people apart; None: not measured.
        n: questions; slow methods get the first of them, see `FEW`.
        seed: of the questions.
        split: whose people are asked about.
        methods: names in `METHODS`.

    Returns:
        Per method, in `methods`, its `n`, the figures of `score` and `beside`, and `kinds`: validity and Jaccard by
        question; of the searches also `composition`, `reversibility` and `seconds_alone`, for one face by itself; of
        `search` also `diversity` of several answers for one face. With an oracle, in `planted` and
        `planted_cause_found`, in how many explanations of models with a planted cause it is named, see
        `catgan.benchmarks.explanations.planted.planted_causes`. And `peak_memory_mb`.

    Raises:
        CatganError: an unknown method, or what `ask` raises.
    """
    for method in methods:
        if method not in METHODS:
            raise unknown_name("method", method, METHODS)
    queries, answers, figures = ask(dataset, gan, n, seed, split), dict[str, Answers](), dict[str, Any]()
    for method in methods:
        part = queries.first(FEW.get(method, n))
        answers[method] = made = answer(method, gan, part, dataset)
        figures[method] = {"n": len(part), **score(gan, part, made, oracle, identity),
                           **beside(gan, part, made, oracle, dataset, split), "kinds": _by_kind(gan, part, made)}
        if method in SEARCHES:
            figures[method] |= {**_kept(gan, part, made), "seconds_alone": _alone(gan, part, method)}
        if method == "search":
            figures[method]["diversity"] = _diversity(gan, part)
    planted = {} if oracle is None else planted_causes(gan, oracle.gan, dataset, max(n // 5, 1), split)
    result = {"n": len(queries), "split": split, "dataset": dataset.info["name"], "methods": figures,
              "planted": planted, "peak_memory_mb": memory_mb()}
    if planted:
        result["planted_cause_found"] = measures.mean(np.array([one["named"] for one in planted.values()], float))
    return result, queries, answers


def beside(gan: CatGAN, queries: Queries, answers: Answers, oracle: Any, dataset: DualDataset,
           split: str) -> dict[str, Any]:
    """Figures of the literature that know no truth: COUT of the graded answer, IM1 and IM2 by linear autoencoders of
    training faces on either side of the target, `fd` between the answers and `REAL` faces of the split in the oracle's
    features."""
    faces, people, result = queries.faces, list(queries.people), dict[str, Any]()
    labels = dataset.labels("train", gan.spec)
    columns = {name: labels.values[:LEARNED_FROM, place] for place, name in enumerate(gan.spec.columns)}
    goals = [parse_target(text, CatGANModel(gan).labels) for text in queries.targets]
    values = {"cout": _cout(gan, queries, answers), **interpretability(
        answers.faces, goals, dataset.images("train", 3)[:LEARNED_FROM], columns)}
    for name, part in values.items():
        result[name], result[f"{name}_interval"] = measures.mean(part), measures.mean_interval(part, people)
    if oracle is not None and len(faces) > oracle.gan.network.features:
        real, made = (oracle.gan.features(part) for part in (dataset.images(split, 3)[:REAL], answers.faces))
        result["fd"] = distribution.frechet_distance(real, made)
    return result


def _kept(gan: CatGAN, queries: Queries, answers: Answers) -> dict[str, float | None]:
    """What no change, and there and back, lose of the faces through the editor: mean absolute difference, 0..1."""
    if gan.editor is None or answers.changes is None:
        return {}
    pen = EditorDrawer(gan, queries.faces)
    same = pen.draw(np.arange(len(queries)), pen.settings)
    back = pen.reconstructed(pen.settings + answers.changes, answers.faces)
    return {"composition": measures.mean(space.composition(queries.faces, same)),
            "reversibility": measures.mean(space.reversibility(queries.faces, back))}


def _diversity(gan: CatGAN, queries: Queries) -> float | None:
    """Of up to three answers for one face, mean over the first `VARIED` faces that have several."""
    answers = [diverse(gan, *asked) for asked in zip(queries.faces[:VARIED], queries.targets)]
    apart = [space.diversity(changes_of([result for result in found if result.status == "ok"], gan))
             for found in answers]
    return measures.mean(np.array([value for value in apart if value is not None]))


def _cout(gan: CatGAN, queries: Queries, answers: Answers) -> np.ndarray:
    model = CatGANModel(gan)
    goals = [parse_target(text, model.labels).goals[0] for text in queries.targets]

    def read(images: np.ndarray) -> np.ndarray:
        reading = model.read(images)
        return np.array([reading[goal.label.columns[0]][row] for row, goal in enumerate(goals)])

    starts = read(queries.faces)
    bounds = np.array([np.clip(start, goal.low, goal.high) for start, goal in zip(starts, goals)])
    return space.cout_towards(queries.faces, answers.faces, read, bounds)


def _alone(gan: CatGAN, queries: Queries, method: str) -> float:
    started, count = time.perf_counter(), min(ALONE, len(queries))
    for row in range(count):
        counterfactuals(gan, queries.faces[row:row + 1], queries.targets[row], method=method)
    return (time.perf_counter() - started) / count


def _by_kind(gan: CatGAN, queries: Queries, answers: Answers) -> Mapping[str, Any]:
    reached = oracle_agrees(CatGANModel(gan), queries.targets, answers.faces) & answers.given
    said = _said_in_units(gan, queries, answers, queries.labels)["au_jaccard"] if answers.changes is not None else None
    kinds = np.arange(len(queries)) % len(KINDS)
    return {name: {"n": int((kinds == place).sum()), "validity": measures.mean(reached[kinds == place]),
                   "au_jaccard": None if said is None else measures.mean(said[kinds == place])}
            for place, name in enumerate(KINDS)}
