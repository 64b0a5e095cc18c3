"""How much of the change that true labels ask for any reader of pictures could explain.

    python docs/benchmarks/best_reader.py rendered_64 --data OUT/r64 --n 500

A picture shows Action Units; valence and arousal of a rendered scene follow, to three parts in ten, the expression that
it was drawn for, and keep following it when its Action Units are changed. The best reader knows every Action Unit of a
picture without error and, of valence and arousal, what faces with these Action Units have on average (a network on
training labels). Its own true answers, and those of the model, against the true answers by labels: explained change,
over all questions of `catgan benchmark explain` and by kind of question.
"""

import argparse
from collections.abc import Sequence

import numpy as np
from sklearn.neural_network import MLPRegressor

from catgan import facs
from catgan.benchmarks.explanations.problems import KINDS, make_problems
from catgan.benchmarks.explanations.truth import true_answer, true_labels
from catgan.data.store import DualDataset, load_dataset
from catgan.explain.search.options import MARGIN
from catgan.explain.targets import parse_target
from catgan.metrics import editing
from catgan.models.gan.model import CatGAN
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Scene

DIMENSIONS = ("valence", "arousal")


class BestReader:
    """Reads scenes as `catgan.benchmarks.explanations.truth.true_reading` does, without their expressions."""

    def __init__(self, dataset: DualDataset, units: Sequence[int]):
        self.network = MLPRegressor(hidden_layer_sizes=(64, 64), early_stopping=True, random_state=0)
        self.network.fit(*self.labels(dataset, "train", units))
        levels, wanted = self.labels(dataset, "validation", units)
        left = ((self.network.predict(levels) - wanted) ** 2).mean(0) / wanted.var(0)
        print("share of the variance of valence, arousal that Action Units do not tell:", left.round(4))

    @staticmethod
    def labels(dataset: DualDataset, split: str, units: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Intensities 0..1 `(n, k)`, valence and arousal `(n, 2)`."""
        names = [*map(facs.au_name, units), *DIMENSIONS]
        table = dataset.table(split, names)
        columns = np.stack([table[name].to_numpy() for name in names], axis=1).astype(float)
        return columns[:, :-2] / 5.0, columns[:, -2:]

    def __call__(self, scene: Scene, units: Sequence[int], levels: np.ndarray) -> dict[str, np.ndarray]:
        pairs = self.network.predict(levels / 5.0)
        return {**{facs.au_name(number): levels[:, place] for place, number in enumerate(units)},
                **{name: pairs[:, place] for place, name in enumerate(DIMENSIONS)}}


def report(name: str, before: np.ndarray, drawn: np.ndarray, true: np.ndarray, rows: np.ndarray) -> None:
    """Prints the explained change of `drawn` faces, of all questions and by kind."""
    errors, changes = editing.squared_errors(drawn[rows], true[rows]), editing.squared_errors(before[rows], true[rows])
    kinds = [editing.share(errors[rows % len(KINDS) == kind], changes[rows % len(KINDS) == kind]) or 0.0
             for kind in range(len(KINDS))]
    print(f"{name}: {editing.share(errors, changes):.3f}  "
          + ", ".join(f"{kind} {share:.3f}" for kind, share in zip(KINDS, kinds)) + f"  (n {len(rows)})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--data", required=True)
    parser.add_argument("--n", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--split", default="test")
    given = parser.parse_args()
    gan, dataset = CatGAN.from_preset(given.model), load_dataset(given.data)
    units, best = gan.spec.action_units, BestReader(dataset, gan.spec.action_units)
    asked = make_problems(dataset, gan, given.n, given.seed, given.split)
    goals = [parse_target(text, true_labels(units)).tightened(MARGIN) for text in asked.targets]
    answers = [true_answer(scene, units, goal, best) for scene, goal in zip(asked.scenes, goals)]
    scenes = [scene.with_action_units(dict(zip(units, answer.levels.tolist())))
              for scene, answer in zip(asked.scenes, answers)]
    faces = Renderer(dataset.image_size).render(scenes, gan.network.channels)[0]
    answered = [row for row, answer in enumerate(answers) if answer.sets]
    report("best reader", asked.faces, faces, asked.labels.faces, np.array(answered))
    report(given.model, asked.faces, asked.model.faces, asked.labels.faces, asked.model.known)


if __name__ == "__main__":
    main()
