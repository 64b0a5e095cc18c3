"""Measures how alike the rankings of landmarks are that networks of three folds give.

    python docs/benchmarks/landmarks_stability.py DATASET --kind trained --clips 9600 --seeds 2

Each fold leaves out a third of the training people. Kendall's tau of pairs of folds, mean over pairs and expressions.
"""

import argparse
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np

from catgan.data.clips.jitter import jittered
from catgan.data.clips.landmarks import read_landmark_clips
from catgan.data.clips.options import ClipOptions
from catgan.data.store import load_dataset
from catgan.explain.landmarks.checks import smoothed_over_mesh
from catgan.explain.landmarks.ranking import rank_landmarks
from catgan.explain.landmarks.relevance import LandmarkRanking
from catgan.explain.landmarks.stability import kendall_tau
from catgan.models.landmarks.architectures import LandmarkConfig
from catgan.training.landmarks import LandmarkTraining, fit_landmarks

FOLDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--kind", default="trained", choices=("trained", "randomised", "linear"))
    parser.add_argument("--units", type=int, default=64)
    parser.add_argument("--clips", type=int, default=9600)
    parser.add_argument("--seeds", type=int, default=2)
    arguments = parser.parse_args()
    data, options = load_dataset(arguments.dataset), ClipOptions(length=3.2, rate=6.25, max_gap=1.0)
    train, validation = (jittered(read_landmark_clips(data, split, options).labelled(), number)
                         for number, split in enumerate(("train", "validation"), 1))
    fold_of = {person: number % FOLDS for number, person in enumerate(sorted(set(train.subjects)))}
    folds = np.array([fold_of[person] for person in train.subjects])
    found: dict[tuple[int, int], dict[str, LandmarkRanking]] = {}
    for fold in range(FOLDS):
        part = train.select(folds != fold)
        for seed in range(arguments.seeds):
            model = fit_landmarks(part, validation, LandmarkConfig(arguments.kind, units=arguments.units),
                                  options=LandmarkTraining(clips=arguments.clips, batch_size=128), seed=seed)
            found[fold, seed] = rank_landmarks(model, part, n_clips=100, nodes=16)
    known = next(iter(found[0, 0].values())).landmarks
    maps: dict[str, Callable[[LandmarkRanking], np.ndarray]] = {
        "relevance of points": lambda one: one.relevance,
        "relevance, mean over two rings of neighbours": lambda one: smoothed_over_mesh(one.relevance, known),
        "net evidence of points": lambda one: one.net,
        "net evidence of regions": lambda one: np.array(list(one.regions_net.values()))}
    print("| ranked by | one seed | sum over seeds |\n|---|---|---|")
    for name, of in maps.items():
        taus = [tau(found, of, count) for count in (1, arguments.seeds)]
        print(f"| {name} | {taus[0]:.2f} | {taus[1]:.2f} |")


def tau(found: dict[tuple[int, int], dict[str, LandmarkRanking]], of: Callable[[LandmarkRanking], np.ndarray],
        seeds: int) -> float:
    """Returns the mean over expressions and pairs of folds; `of` is added over the first seeds."""
    values = []
    for expression in found[0, 0]:
        each = [sum(of(found[fold, seed][expression]) for seed in range(seeds)) for fold in range(FOLDS)]
        values += [kendall_tau(first, second) for first, second in combinations(each, 2)]
    return float(np.mean(values))


if __name__ == "__main__":
    main()
