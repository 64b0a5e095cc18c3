"""Metrics of answers that need no true counterfactual."""

from __future__ import annotations

import time

import numpy as np

from catgan.benchmarks.explanations.class_autoencoders import interpretability
from catgan.benchmarks.explanations.methods import Answers, changes_of
from catgan.benchmarks.explanations.problems import BenchmarkProblems
from catgan.benchmarks.explanations.scores import Figures
from catgan.data.store import DualDataset
from catgan.explain.counterfactual import counterfactuals, diverse
from catgan.explain.drawers import EditorDrawer
from catgan.explain.models import CatGANModel
from catgan.explain.targets import parse_target
from catgan.metrics import counterfactual as measures
from catgan.metrics import counterfactual_space as space
from catgan.metrics import distribution
from catgan.models.gan.model import CatGAN

MAX_TIMED = 8
"""Faces that are explained one by one to measure the time."""
MAX_DIVERSE = 24
"""Faces for which several answers are sought."""
MAX_LEARNED = 6000
"""Training faces from which the autoencoders of IM1 and IM2 learn."""
MAX_REAL = 2000
"""Faces that the distribution of answers is compared with."""


def reference_free_metrics(gan: CatGAN, problems: BenchmarkProblems, answers: Answers, oracle: CatGANModel | None,
                           dataset: DualDataset, split: str) -> Figures:
    """Computes COUT, IM1, IM2 and the Frechet distance of answers, with 95 % intervals over people but for the last.

    Args:
        gan: the explained model.
        problems, answers: what was to be solved, and what the method found.
        oracle: an independent model, in whose features `fd` compares answers with `MAX_REAL` faces; None: left out.
        dataset: its training faces teach the autoencoders of IM1 and IM2.
        split: whose faces `fd` compares with.
    """
    faces, people, result = problems.faces, list(problems.people), Figures()
    labels = dataset.labels("train", gan.spec)
    columns = {name: labels.values[:MAX_LEARNED, place] for place, name in enumerate(gan.spec.columns)}
    targets = [parse_target(text, CatGANModel(gan).labels) for text in problems.targets]
    values = {"cout": _cout(gan, problems, answers), **interpretability(
        answers.faces, targets, dataset.images("train", 3)[:MAX_LEARNED], columns)}
    for name, part in values.items():
        result[name], result[f"{name}_interval"] = measures.mean(part), measures.mean_interval(part, people)
    if oracle is not None and len(faces) > oracle.gan.network.features:
        real, made = (oracle.gan.features(part) for part in (dataset.images(split, 3)[:MAX_REAL], answers.faces))
        result["fd"] = distribution.frechet_distance(real, made)
    return result


def _cout(gan: CatGAN, problems: BenchmarkProblems, answers: Answers) -> np.ndarray:
    model = CatGANModel(gan)
    goals = [parse_target(text, model.labels).goals[0] for text in problems.targets]

    def read(images: np.ndarray) -> np.ndarray:
        reading = model.read(images)
        return np.array([reading[goal.label.columns[0]][row] for row, goal in enumerate(goals)])

    starts = read(problems.faces)
    bounds = np.array([np.clip(start, goal.low, goal.high) for start, goal in zip(starts, goals)])
    return space.cout_towards(problems.faces, answers.faces, read, bounds)


def editor_losses(gan: CatGAN, problems: BenchmarkProblems, answers: Answers) -> Figures:
    """Measures what the editor loses of the faces without a change, and there and back: mean absolute difference, 0..1.

    Returns:
        `composition` and `reversibility`; empty for models without an editor and methods without Action Units.
    """
    if gan.editor is None or answers.changes is None:
        return {}
    drawer = EditorDrawer(gan, problems.faces)
    same = drawer.draw(np.arange(len(problems)), drawer.settings)
    back = drawer.reconstructed(drawer.settings + answers.changes, answers.faces)
    return {"composition": measures.mean(space.composition(problems.faces, same)),
            "reversibility": measures.mean(space.reversibility(problems.faces, back))}


def mean_diversity(gan: CatGAN, problems: BenchmarkProblems) -> float | None:
    """Averages the diversity of up to three answers over the first `MAX_DIVERSE` faces that have several."""
    answers = [diverse(gan, face, target)
               for face, target in zip(problems.faces[:MAX_DIVERSE], problems.targets)]
    found = [space.diversity(changes_of([result for result in several if result.status == "ok"], gan))
             for several in answers]
    return measures.mean(np.array([value for value in found if value is not None]))


def seconds_alone(gan: CatGAN, problems: BenchmarkProblems, method: str) -> float:
    """Measures the seconds of a search for one face by itself, mean over `MAX_TIMED` faces."""
    started, count = time.perf_counter(), min(MAX_TIMED, len(problems))
    for row in range(count):
        counterfactuals(gan, problems.faces[row:row + 1], problems.targets[row], method=method, verbose=False)
    return (time.perf_counter() - started) / count
