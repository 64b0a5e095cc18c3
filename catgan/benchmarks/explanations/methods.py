"""The methods that `catgan benchmark explain` compares on the same problems."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from catgan import facs
from catgan.benchmarks.explanations import baselines
from catgan.benchmarks.explanations.problems import BenchmarkProblems
from catgan.benchmarks.explanations.sanity import Untrained
from catgan.data.store import DualDataset
from catgan.errors import unknown_name
from catgan.explain.counterfactual import Counterfactual, counterfactuals
from catgan.explain.drawers import InversionDrawer
from catgan.explain.drawers.common import DrawerFactory
from catgan.explain.goals import Target
from catgan.explain.models import CatGANModel, ExplainedModel
from catgan.explain.search.options import MARGIN
from catgan.explain.targets import parse_target
from catgan.models.gan.model import CatGAN
from catgan.system import progress_bar

BATCH_SIZE = 32
"""Faces that are searched at once."""
MAX_NEIGHBOURS = 20_000
"""Training faces among which the nearest unlike neighbour is sought."""
MAX_PROBLEMS = {"minimal": 50, "inversion": 30}
"""Problems that slow methods are given, at most."""


@dataclass(frozen=True)
class Answers:
    """The answers of one method.

    Args:
        faces: the changed faces, uint8 `(n, side, side, 3)`.
        given: whether the method found an answer, bool `(n,)`.
        changes: of intensities, `(n, k)`; None for methods that do not change Action Units.
        seconds: for a face.
    """

    faces: np.ndarray
    given: np.ndarray
    changes: np.ndarray | None
    seconds: float


def answer(method: str, gan: CatGAN, problems: BenchmarkProblems, dataset: DualDataset) -> Answers:
    """Solves problems by a method in `METHODS`.

    Args:
        method: its name.
        gan: is explained, and draws.
        problems: what is to be solved.
        dataset: whose training faces are neighbours.

    Raises:
        CatganError: an unknown name.
    """
    if method not in METHODS:
        raise unknown_name("method", method, METHODS)
    return METHODS[method](gan, problems, dataset)


def searched(gan: CatGAN, problems: BenchmarkProblems, model: ExplainedModel | None = None, method: str = "search",
             drawer: DrawerFactory | None = None) -> Answers:
    """Solves problems by `catgan.explain.counterfactuals`.

    Args:
        gan: draws, and is explained where `model` is None.
        problems: what is to be solved.
        model: is explained.
        method: of the search.
        drawer: makes what draws; the editor of `gan` when None.
    """
    parts: list[Counterfactual] = []
    started = time.perf_counter()
    for first in progress_bar(range(0, len(problems), BATCH_SIZE), method):
        part = slice(first, first + BATCH_SIZE)
        parts += counterfactuals(model or gan, problems.faces[part], problems.targets[part], method=method, gan=gan,
                                 drawer=drawer, verbose=False)
    seconds = (time.perf_counter() - started) / len(problems)
    return Answers(np.stack([result.images["counterfactual"] for result in parts]),
                   np.array([result.status in ("ok", "already met") for result in parts]), changes_of(parts, gan),
                   seconds)


def changes_of(results: Sequence[Counterfactual], gan: CatGAN) -> np.ndarray:
    """Returns the changes of intensities of answers, `(n, k)`, in the order of the model's Action Units."""
    changes = np.zeros((len(results), len(gan.spec.action_units)))
    for row, result in enumerate(results):
        for place, number in enumerate(gan.spec.action_units):
            now, to = result.changes.get(facs.au_name(number), (0.0, 0.0))
            changes[row, place] = to - now
    return changes


def _by_pixels(gan: CatGAN, problems: BenchmarkProblems, dataset: DualDataset) -> Answers:
    started, model = time.perf_counter(), CatGANModel(gan)
    faces = baselines.by_pixels(model, problems.faces, tightened_targets(model, problems))
    return Answers(faces, np.ones(len(problems), bool), None, (time.perf_counter() - started) / len(problems))


def _neighbours(gan: CatGAN, problems: BenchmarkProblems, dataset: DualDataset) -> Answers:
    """Finds neighbours among the people of the training split."""
    model, others = CatGANModel(gan), dataset.images("train", 3)[:MAX_NEIGHBOURS]
    features, reading = gan.features(others), model.read(others)
    started = time.perf_counter()
    rows = baselines.nearest_unlike(gan.features(problems.faces), tightened_targets(model, problems), features, reading)
    seconds = (time.perf_counter() - started) / len(problems)
    faces = np.where((rows >= 0)[:, None, None, None], others[np.maximum(rows, 0)], problems.faces)
    return Answers(faces, rows >= 0, None, seconds)


def tightened_targets(model: ExplainedModel, problems: BenchmarkProblems) -> list[Target]:
    """Parses the targets with the margin by which searches want to reach them."""
    return [parse_target(text, model.labels).tightened(MARGIN) for text in problems.targets]


Method: TypeAlias = Callable[[CatGAN, BenchmarkProblems, DualDataset], Answers]

METHODS: dict[str, Method] = {
    "search": lambda gan, problems, dataset: searched(gan, problems),
    "gradient": lambda gan, problems, dataset: searched(gan, problems, method="gradient"),
    "minimal": lambda gan, problems, dataset: searched(gan, problems, method="minimal"),
    "inversion": lambda gan, problems, dataset: searched(gan, problems, drawer=InversionDrawer),
    "untrained": lambda gan, problems, dataset: searched(gan, problems, Untrained(gan, problems.faces)),
    "pixels": _by_pixels,
    "neighbour": _neighbours}
"""`search`, `gradient`, `minimal`: through the editor. `inversion`: the search through latent inversion.
`untrained`: the search for a network with random weights; it should name Action Units as chance does.
`pixels`: gradient search over pixels (Wachter et al. 2017). `neighbour`: the nearest unlike neighbour."""
