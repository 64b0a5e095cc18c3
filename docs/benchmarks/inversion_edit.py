"""Edits by a model's editor and by latent inversion, the baseline: the same benchmark, the same model, the same faces.

    python docs/benchmarks/inversion_edit.py RUN --data OUT/r64 --n 5

A face is inverted into the generator under the labels that the discriminator reads off it, and the difference of the
faces that this latent gives under the old and the new labels is added to it
(catgan/explain/drawers/common.py). A few seconds a face: give a small --n.
"""

from __future__ import annotations

import argparse
import json

import numpy as np
from tqdm import tqdm

from catgan.benchmarks import editing
from catgan.benchmarks.tables import edit_lines
from catgan.conditions import Condition
from catgan.data.store import load_dataset
from catgan.evaluation.evaluate import fisherfaces
from catgan.evaluation.judges import RunJudge, open_judge
from catgan.explain.drawers.inversion import invert
from catgan.models.gan.model import CatGAN, EditResult


class Inverting(CatGAN):
    """A model that redraws faces through its generator."""

    def apply_change(self, images: np.ndarray, change: np.ndarray) -> EditResult:
        now = self._labels(images)
        new = np.clip(now + Condition.decode(change).values, -1.0, 1.0)
        drawn = []
        for image, old, wanted in tqdm(list(zip(images, now, new)), "invert", leave=False):
            if np.array_equal(old, wanted):
                drawn.append(image)
                continue
            labels = np.stack([old, wanted])
            conditions = Condition(labels, np.ones_like(labels)).encode()
            latent = invert(self, image, conditions[:1])
            before, after = self.generate_raw(np.repeat(latent, 2, axis=0), conditions).astype(np.float32)
            drawn.append(np.clip(np.rint(image + after - before), 0, 255).astype(np.uint8))
        nothing = np.zeros((*images.shape[:3], 2), np.float32)
        return EditResult(np.stack(drawn), nothing[..., 0], nothing, change)

    def _labels(self, images: np.ndarray) -> np.ndarray:
        read = self.read(images)
        units = [np.asarray(read[name]) / self.spec.maximum for name in self.spec.action_unit_columns]
        return np.stack([*units, read["valence"], read["arousal"]], axis=1).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", metavar="RUN", help="a run or preset with an editor")
    parser.add_argument("--data", required=True, metavar="DIR")
    parser.add_argument("--judge", metavar="mediapipe|RUN")
    parser.add_argument("--n", type=int, default=5)
    arguments = parser.parse_args()
    dataset = load_dataset(arguments.data)
    judge = open_judge(arguments.judge, dataset, arguments.run) if arguments.judge else RunJudge(arguments.run)
    identity = fisherfaces(dataset)
    for title, kind in (("The editor", CatGAN), ("Latent inversion", Inverting)):
        gan = kind.from_preset(arguments.run)
        if kind is Inverting:
            editing.BATCH, editing.ROUNDS = 2, 1  # its time is not the point
        result = editing.benchmark_edit(gan, dataset, judge, identity, arguments.n)
        print(f"{title}\n" + "\n".join(edit_lines(result)))
        print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
