"""How good explanations are, on rendered faces of people that no network has seen: against the truth."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

from catgan import facs
from catgan.data.store import DualDataset
from catgan.explain.counterfactual import agreed, counterfactuals
from catgan.explain.models import CatGANModel
from catgan.explain.queries import KINDS, Queries, Truth, ask
from catgan.gan.model import CatGAN
from catgan.metrics import counterfactual as measures
from catgan.metrics import counterfactual_space as space
from catgan.metrics import editing

AT_ONCE, ALONE = 32, 8
CHANGED = 0.25
"""Levels of intensity from which an Action Unit counts as changed."""


@dataclass(frozen=True)
class Answers:
    """What a method gave: the changed faces, whether each was an answer at all, and, for those said in Action Units,
    the changes of intensity `(n, k)`; seconds a face."""

    faces: np.ndarray
    given: np.ndarray
    changes: np.ndarray | None
    seconds: float


# === The method that is measured ===


def searched(gan: CatGAN, queries: Queries, method: str = "search", **options: Any) -> Answers:
    """Answers by `catgan.explain.counterfactuals`."""
    parts, started = [], time.perf_counter()
    for first in tqdm(range(0, len(queries), AT_ONCE), method, leave=False, disable=None):
        part = slice(first, first + AT_ONCE)
        parts += counterfactuals(gan, queries.faces[part], queries.targets[part], method=method, **options)
    seconds = (time.perf_counter() - started) / len(queries)
    names = [facs.au_name(number) for number in gan.spec.action_units]
    changes = np.array([[np.subtract(*result.changes[name][::-1]) if name in result.changes else 0.0 for name in names]
                        for result in parts])
    return Answers(np.stack([result.images["counterfactual"] for result in parts]),
                   np.array([result.status in ("ok", "already met") for result in parts]), changes, seconds)


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
        against the true labels, and, as `model_...`, against what the model reads off the true pictures.
    """
    own, people = CatGANModel(gan), list(queries.people)
    faces, result = queries.faces, dict[str, Any]()
    reached = agreed(own, queries.targets, answers.faces) & answers.given
    figures: dict[str, np.ndarray] = {"validity": reached, **measures.proximity(faces, answers.faces)}
    if oracle is not None:
        figures["oracle_validity"] = agreed(oracle, queries.targets, answers.faces) & answers.given
        figures["off_target"] = _off_target(oracle, queries, answers, gan)
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
    errors, changes = (editing.squared_errors(part[rows], truth.faces[rows]) for part in (answers.faces, queries.faces))
    result["explained_change"] = editing.share(errors, changes)
    result["explained_change_interval"] = editing.share_interval(errors, changes, people)
    for name, values in (_said_in_units(gan, queries, answers, truth) if answers.changes is not None else {}).items():
        result[name] = measures.mean(values)
        result[f"{name}_interval"] = measures.mean_interval(values, people)
    return result


def _said_in_units(gan: CatGAN, queries: Queries, answers: Answers, truth: Truth) -> dict[str, np.ndarray]:
    assert answers.changes is not None
    units, rows = gan.spec.action_units, truth.known
    changes = answers.changes[rows]
    found = measures.changed(changes, CHANGED)
    agreement: dict[str, list[float]] = {"precision": [], "recall": [], "jaccard": []}
    for one, row in zip(found, rows):
        options = np.array([[place in sets for place in range(len(units))] for sets in truth.answers[row].sets])
        scores = measures.set_agreement(np.repeat(one[None], len(options), axis=0), options)
        best = int(np.argmax(scores["jaccard"]))
        for name, values in agreement.items():
            values.append(float(scores[name][best]))
    true = np.array([truth.answers[row].levels - [queries.scenes[row].action_units.get(number, 0.0) for number in units]
                     for row in rows])
    return {**{f"au_{name}": np.array(values) for name, values in agreement.items()},
            "au_error": measures.au_error(changes, true, CHANGED),
            "sparsity": measures.sparsity(changes, CHANGED).astype(float),
            "sparsity_truth": (np.abs(true) >= CHANGED).sum(1).astype(float)}


def _off_target(oracle: Any, queries: Queries, answers: Answers, gan: CatGAN) -> np.ndarray:
    """Of the Action Units that neither the target names nor the answer changes; valence follows them in truth."""
    names = [facs.au_name(number) for number in gan.spec.action_units]
    before, after = (oracle.read(part) for part in (queries.faces, answers.faces))
    told = [name for name in names if name in before]
    stays = np.array([[name not in text for name in told] for text in queries.targets])
    if answers.changes is not None:
        stays &= ~measures.changed(answers.changes, CHANGED)[:, [names.index(name) for name in told]]
    read = [np.stack([part[name] for name in told], 1) for part in (before, after)]
    return measures.off_target(read[0], read[1], np.full(len(told), 5.0), stays)


def _cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(1) / np.maximum(np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1), 1e-12)


def benchmark_explain(gan: CatGAN, dataset: DualDataset, oracle: Any,
                      identity: Callable[[np.ndarray], np.ndarray] | None, n: int = 500, seed: int = 0,
                      split: str = "test", method: str = "search") -> dict[str, Any]:
    """The result of `catgan benchmark explain`.

    Args:
        gan: explained by itself, drawn by its editor.
        dataset: rendered.
        oracle: an independent model; None: not asked.
        identity: features that tell people apart; None: not measured.
        n: questions.
        seed: of the questions.
        split: whose people are asked about.
        method: of `counterfactuals`.

    Returns:
        The figures of `score`, `composition` and `reversibility` (mean absolute grey levels lost by no change, and
        there and back, 0..1), `seconds_alone` for one face by itself, and `kinds`: validity and Jaccard by question.
    """
    queries = ask(dataset, gan, n, seed, split)
    answers = searched(gan, queries, method)
    result: dict[str, Any] = {"n": len(queries), "split": split, "dataset": dataset.info["name"], "method": method,
                              **score(gan, queries, answers, oracle, identity)}
    result["composition"], result["reversibility"] = _kept(gan, queries, answers)
    alone = time.perf_counter()
    for row in range(min(ALONE, len(queries))):
        counterfactuals(gan, queries.faces[row:row + 1], queries.targets[row], method=method)
    result["seconds_alone"] = (time.perf_counter() - alone) / min(ALONE, len(queries))
    return {**result, "kinds": _by_kind(gan, queries, answers)}


def _kept(gan: CatGAN, queries: Queries, answers: Answers) -> tuple[float | None, float | None]:
    from catgan.explain.drawing import EditorDrawer

    if gan.editor is None or answers.changes is None:
        return None, None
    pen, rows = EditorDrawer(gan, queries.faces), np.arange(len(queries))
    same = pen.draw(rows, pen.settings)
    back = pen.reconstructed(pen.settings + answers.changes)
    return (measures.mean(space.composition(queries.faces, same)),
            measures.mean(space.reversibility(queries.faces, back)))


def _by_kind(gan: CatGAN, queries: Queries, answers: Answers) -> Mapping[str, Any]:
    reached = agreed(CatGANModel(gan), queries.targets, answers.faces) & answers.given
    said = _said_in_units(gan, queries, answers, queries.labels)["au_jaccard"] if answers.changes is not None else None
    kinds = np.arange(len(queries)) % len(KINDS)
    return {name: {"n": int((kinds == place).sum()), "validity": measures.mean(reached[kinds == place]),
                   "au_jaccard": None if said is None else measures.mean(said[kinds == place])}
            for place, name in enumerate(KINDS)}
