"""Figures of answers against the true counterfactuals of rendered faces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from scipy.special import ndtr

from catgan import facs
from catgan.benchmarks.explanations.methods import Answers
from catgan.benchmarks.explanations.planted import CHANGED_LEVELS
from catgan.benchmarks.explanations.problems import KINDS, BenchmarkProblems, Truth
from catgan.benchmarks.explanations.sanity import best_agreement, by_chance
from catgan.explain.models import CatGANModel
from catgan.explain.oracle import oracle_agrees
from catgan.metrics import counterfactual as measures
from catgan.metrics import editing
from catgan.metrics.identity import cosine_similarity
from catgan.models.gan.model import CatGAN

Figures: TypeAlias = dict[str, object]
"""Figures by name as JSON holds them: numbers, 95 % intervals `NAME_interval`, and None where they are undefined."""
IdentityFeatures: TypeAlias = Callable[[np.ndarray], np.ndarray]
"""From uint8 faces `(n, side, side, 3)` to features that tell people apart, `(n, d)`."""


def score(gan: CatGAN, problems: BenchmarkProblems, answers: Answers, oracle: CatGANModel | None = None,
          identity: IdentityFeatures | None = None) -> Figures:
    """Computes the figures of one method over all problems. Failures count as failures.

    Args:
        gan: the explained model.
        problems: what was to be solved.
        answers: of the method.
        oracle: an independent model; None: its figures are left out.
        identity: None: its figures are left out.

    Returns:
        Each figure with its 95 % interval over people, see `catgan.metrics.counterfactual`. Those of `against` come
        twice: against the true labels, and, as `model_...`, against the model's readings of the true pictures.
    """
    own, people = CatGANModel(gan), list(problems.people)
    faces, result = problems.faces, Figures()
    reached = oracle_agrees(own, problems.targets, answers.faces) & answers.given
    figures: dict[str, np.ndarray] = {"validity": reached, **measures.proximity(faces, answers.faces)}
    if oracle is not None:
        figures["oracle_validity"] = oracle_agrees(oracle, problems.targets, answers.faces) & answers.given
        figures |= _untargeted(oracle, problems, answers, gan)
    if identity is not None:
        for name, after in (("identity", answers.faces), ("identity_truth", problems.labels.faces)):
            figures[name] = cosine_similarity(identity(faces), identity(after))
    for name, values in figures.items():
        result[name] = measures.mean(values)
        result[f"{name}_interval"] = measures.mean_interval(values, people)
    result |= against(gan, problems, answers, problems.labels)
    result |= {f"model_{name}": value for name, value in against(gan, problems, answers, problems.model).items()}
    return {**result, "seconds_per_face": answers.seconds}


def against(gan: CatGAN, problems: BenchmarkProblems, answers: Answers, truth: Truth) -> Figures:
    """Compares answers with the true ones, where those are known; each figure with its 95 % interval over people.

    `explained_change` compares with the smallest true change, `explained_change_nearest` with the nearest of those that
    are as good.
    """
    rows = truth.known
    people, result = [problems.people[row] for row in rows], Figures(n_true=len(rows))
    if not len(rows):
        return result
    smallest, nearest = truth.faces[rows], _nearest(truth, answers.faces)
    for name, true in (("explained_change", smallest), ("explained_change_nearest", nearest)):
        errors, changes = (editing.squared_errors(part[rows], true) for part in (answers.faces, problems.faces))
        result[name], result[f"{name}_interval"] = (editing.share(errors, changes),
                                                    editing.share_interval(errors, changes, people))
    for name, values in unit_figures(gan, problems, answers, truth).items():
        result[name] = measures.mean(values)
        result[f"{name}_interval"] = measures.mean_interval(values, people)
    return result


def _nearest(truth: Truth, faces: np.ndarray) -> np.ndarray:
    """Chooses, for each answer, the nearest of the true faces that are as good, where these are known."""
    return np.stack([options[editing.squared_errors(np.repeat(faces[row:row + 1], len(options), 0), options).argmin()]
                     for row in truth.known for options in (truth.as_good[row],)])


def unit_figures(gan: CatGAN, problems: BenchmarkProblems, answers: Answers, truth: Truth) -> dict[str, np.ndarray]:
    """Compares the changed Action Units with the true ones, `(n,)` per figure; empty for methods without them."""
    if answers.changes is None:
        return {}
    units, rows = gan.spec.action_units, truth.known
    changes = answers.changes[rows]
    found, sets = measures.changed(changes, CHANGED_LEVELS), [truth.answers[row].sets for row in rows]
    agreement = [best_agreement(one, options) for one, options in zip(found, sets)]
    true = np.array([truth.answers[row].levels - [problems.scenes[row].action_units.get(number, 0.0)
                                                  for number in units] for row in rows])
    return {**{f"au_{name}": np.array([one[name] for one in agreement]) for name in ("precision", "recall", "jaccard")},
            "au_jaccard_chance": by_chance(found, sets),
            "au_error": measures.au_error(changes, true, CHANGED_LEVELS),
            "sparsity": measures.sparsity(changes, CHANGED_LEVELS).astype(float),
            "sparsity_truth": (np.abs(true) >= CHANGED_LEVELS).sum(1).astype(float)}


def _untargeted(oracle: CatGANModel, problems: BenchmarkProblems, answers: Answers,
                gan: CatGAN) -> dict[str, np.ndarray]:
    """Measures change and LVS of the Action Units that neither the target names nor the answer changes."""
    names = [facs.au_name(number) for number in gan.spec.action_units]
    before, after = (oracle.read(part) for part in (problems.faces, answers.faces))
    known = [name for name in names if name in before]
    stays = np.array([[name not in text for name in known] for text in problems.targets])
    if answers.changes is not None:
        stays &= ~measures.changed(answers.changes, CHANGED_LEVELS)[:, [names.index(name) for name in known]]

    def stacked(of: Callable[[Mapping[str, np.ndarray], str], np.ndarray],
                reading: Mapping[str, np.ndarray]) -> np.ndarray:
        return np.stack([of(reading, name) for name in known], 1)

    levels, later = (stacked(lambda part, name: part[name], reading) for reading in (before, after))
    present, still = (stacked(presence_probability, reading) for reading in (before, after))
    return {"off_target": measures.off_target(levels, later, np.full(len(known), 5.0), stays),
            "lvs": measures.label_variation(present, still, stays)}


def presence_probability(reading: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    """Computes the probability of a presence (FACS A or more) from mean and standard deviation of an intensity."""
    return ndtr((reading[name] - 1.0) / np.maximum(reading[f"{name}_std"], 1e-6))


def figures_by_kind(gan: CatGAN, problems: BenchmarkProblems, answers: Answers) -> Figures:
    """Computes validity and Jaccard index for each kind of problem."""
    reached = oracle_agrees(CatGANModel(gan), problems.targets, answers.faces) & answers.given
    jaccard = unit_figures(gan, problems, answers, problems.labels).get("au_jaccard")
    kinds = np.arange(len(problems)) % len(KINDS)
    return {name: {"n": int((kinds == place).sum()), "validity": measures.mean(reached[kinds == place]),
                   "au_jaccard": None if jaccard is None else measures.mean(jaccard[kinds == place])}
            for place, name in enumerate(KINDS)}
