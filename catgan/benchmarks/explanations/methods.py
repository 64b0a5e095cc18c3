"""The methods that `catgan benchmark explain` can measure side by side, on the same questions."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

from catgan import facs
from catgan.benchmarks.explanations import baselines
from catgan.benchmarks.explanations.questions import Queries
from catgan.benchmarks.explanations.sanity import Untrained
from catgan.data.store import DualDataset
from catgan.errors import unknown_name
from catgan.explain.counterfactual import Counterfactual, counterfactuals
from catgan.explain.drawers import InversionDrawer
from catgan.explain.models import CatGANModel
from catgan.explain.search.options import MARGIN
from catgan.explain.targets import Target, parse_target
from catgan.models.gan.model import CatGAN

AT_ONCE, NEIGHBOURS = 32, 20_000
FEW = {"minimal": 50, "inversion": 30}
"""Questions that slow methods are asked at most."""


@dataclass(frozen=True)
class Answers:
    """What a method gave: the changed faces, whether each was an answer at all, and, for those said in Action Units,
    the changes of intensity `(n, k)`; seconds a face."""

    faces: np.ndarray
    given: np.ndarray
    changes: np.ndarray | None
    seconds: float


def answer(method: str, gan: CatGAN, queries: Queries, dataset: DualDataset) -> Answers:
    """Answers of a method by name.

    Args:
        method: one of `METHODS`.
        gan: is explained, and draws.
        queries: the questions.
        dataset: whose training faces are neighbours.

    Raises:
        CatganError: another name.
    """
    if method not in METHODS:
        raise unknown_name("method", method, METHODS)
    return METHODS[method](gan, queries, dataset)


def searched(gan: CatGAN, queries: Queries, model: Any = None, **options: Any) -> Answers:
    """Answers by `catgan.explain.counterfactuals` about `model`, or `gan` itself; `gan` draws."""
    parts: list[Counterfactual] = []
    started = time.perf_counter()
    for first in tqdm(range(0, len(queries), AT_ONCE), options.get("method", "search"), leave=False, disable=None):
        part = slice(first, first + AT_ONCE)
        parts += counterfactuals(model or gan, queries.faces[part], queries.targets[part], gan=gan, **options)
    seconds = (time.perf_counter() - started) / len(queries)
    return Answers(np.stack([result.images["counterfactual"] for result in parts]),
                   np.array([result.status in ("ok", "already met") for result in parts]), changes_of(parts, gan),
                   seconds)


def changes_of(results: Sequence[Counterfactual], gan: CatGAN) -> np.ndarray:
    """New less old intensities of answers, `(n, k)`, in the order of the model's Action Units."""
    changes = np.zeros((len(results), len(gan.spec.action_units)))
    for row, result in enumerate(results):
        for place, number in enumerate(gan.spec.action_units):
            now, to = result.changes.get(facs.au_name(number), (0.0, 0.0))
            changes[row, place] = to - now
    return changes


def _by_pixels(gan: CatGAN, queries: Queries, dataset: DualDataset) -> Answers:
    started, model = time.perf_counter(), CatGANModel(gan)
    faces = baselines.by_pixels(model, queries.faces, goals(model, queries))
    return Answers(faces, np.ones(len(queries), bool), None, (time.perf_counter() - started) / len(queries))


def _neighbours(gan: CatGAN, queries: Queries, dataset: DualDataset) -> Answers:
    """Of people of the training split."""
    model, others = CatGANModel(gan), dataset.images("train", 3)[:NEIGHBOURS]
    features, reading = gan.features(others), model.read(others)
    started = time.perf_counter()
    places = baselines.nearest_unlike(gan.features(queries.faces), goals(model, queries), features, reading)
    seconds = (time.perf_counter() - started) / len(queries)
    faces = np.where((places >= 0)[:, None, None, None], others[np.maximum(places, 0)], queries.faces)
    return Answers(faces, places >= 0, None, seconds)


def goals(model: Any, queries: Queries) -> list[Target]:
    """The targets as the searches want to reach them, with something to spare."""
    return [parse_target(text, model.labels).tightened(MARGIN) for text in queries.targets]


METHODS: dict[str, Callable[[CatGAN, Queries, DualDataset], Answers]] = {
    "search": lambda gan, queries, dataset: searched(gan, queries),
    "gradient": lambda gan, queries, dataset: searched(gan, queries, method="gradient"),
    "minimal": lambda gan, queries, dataset: searched(gan, queries, method="minimal"),
    "inversion": lambda gan, queries, dataset: searched(gan, queries, drawer=InversionDrawer),
    "untrained": lambda gan, queries, dataset: searched(gan, queries, Untrained(gan, queries.faces)),
    "pixels": _by_pixels,
    "neighbour": _neighbours}
"""`search`, `gradient`, `minimal`: through the editor. `inversion`: the search through latent inversion instead.
`untrained`: the search, asked about a network that learned nothing: it should name units as chance does.
`pixels`: gradient search over pixels (Wachter et al. 2017). `neighbour`: the nearest unlike neighbour."""
