"""Benchmark of explanation methods on rendered faces of unseen people, against the truth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan.benchmarks.explanations.methods import MAX_PROBLEMS, METHODS, Answers, answer
from catgan.benchmarks.explanations.planted import planted_causes
from catgan.benchmarks.explanations.problems import BenchmarkProblems, make_problems
from catgan.benchmarks.explanations.reference_free import (editor_losses, mean_diversity, reference_free_metrics,
                                                           seconds_alone)
from catgan.benchmarks.explanations.scores import Figures, IdentityFeatures, figures_by_kind, score
from catgan.data.store import DualDataset
from catgan.errors import unknown_name
from catgan.explain.counterfactual import METHODS as SEARCHES
from catgan.explain.models import CatGANModel
from catgan.metrics import counterfactual as measures
from catgan.models.gan.model import CatGAN
from catgan.random_streams import Seed
from catgan.system import memory_mb


def benchmark_explain(gan: CatGAN, dataset: DualDataset, oracle: CatGANModel | None, identity: IdentityFeatures | None,
                      n: int = 500, seed: Seed = 0, split: str = "test", methods: Sequence[str] = ("search",)
                      ) -> tuple[Figures, BenchmarkProblems, dict[str, Answers]]:
    """Compares methods on the same problems: the work of `catgan benchmark explain`.

    Args:
        gan: the explained model, whose editor draws.
        dataset: rendered faces.
        oracle: an independent model; None: its figures are left out.
        identity: features that tell people apart; None: their figures are left out.
        n: number of problems; slow methods are given the first of them, see `MAX_PROBLEMS`.
        seed: of the problems.
        split: whose people the faces show.
        methods: names in `METHODS`.

    Returns:
        The figures, the problems, and the answers of every method. Figures are, in `methods`, for each its `n`, those
        of `score` and `reference_free_metrics`, and `kinds`: validity and Jaccard index by kind of problem. Searches
        also have `composition`, `reversibility` and `seconds_alone`, and `search` has `diversity`. With an oracle,
        `planted` and `planted_cause_found` say how often explanations name the cause of planted models, see
        `planted_causes`. `peak_memory_mb` is that of the process.

    Raises:
        CatganError: an unknown method, or what `make_problems` raises.
    """
    for method in methods:
        if method not in METHODS:
            raise unknown_name("method", method, METHODS)
    problems, answers = make_problems(dataset, gan, n, seed, split), dict[str, Answers]()
    figures: dict[str, Figures] = {}
    for method in methods:
        part = problems.first(MAX_PROBLEMS.get(method, n))
        answers[method] = found = answer(method, gan, part, dataset)
        figures[method] = {"n": len(part), **score(gan, part, found, oracle, identity),
                           **reference_free_metrics(gan, part, found, oracle, dataset, split),
                           "kinds": figures_by_kind(gan, part, found)}
        if method in SEARCHES:
            figures[method] |= {**editor_losses(gan, part, found), "seconds_alone": seconds_alone(gan, part, method)}
        if method == "search":
            figures[method]["diversity"] = mean_diversity(gan, part)
    planted = {} if oracle is None else planted_causes(gan, oracle.gan, dataset, max(n // 5, 1), split)
    result = {"n": len(problems), "split": split, "dataset": dataset.info["name"], "methods": figures,
              "planted": planted, "peak_memory_mb": memory_mb()}
    if planted:
        result["planted_cause_found"] = measures.mean(np.array([one["named"] for one in planted.values()], float))
    return result, problems, answers
