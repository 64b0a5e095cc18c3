"""How well models read faces, and changes of faces, whose Action Units come together as no expression has them.

    python docs/benchmarks/moved_units.py rendered_64 runs/00000-xs-64-read --data OUT/r64

Faces of the validation split before and after one Action Unit moved (`catgan.synthesis.moves.move_units`): the share
of the variance of every label that is read, and of the variance of its change. For models with a generator also how
often the critic puts a real face above a generated one of the same labels.
"""

import argparse

import numpy as np

from catgan.conditions import Condition
from catgan.data.pairs import RenderedPairs
from catgan.data.store import DualDataset, load_dataset
from catgan.models.gan.model import CatGAN, to_network
from catgan.synthesis.moves import move_units

SEED = 5


def shares(gan: CatGAN, dataset: DualDataset, n: int) -> np.ndarray:
    """Per label: of the faces before, after, and of the change, `(labels, 3)`."""
    pairs, random = RenderedPairs(dataset, gan.spec, "validation", gan.network.channels), np.random.default_rng(SEED)
    rows = random.integers(len(pairs), size=n)
    scenes = [pairs.scene(row) for row in rows]
    moved = [scene.with_action_units(move_units(random, scene, 1, gan.spec.action_units)) for scene in scenes]
    faces = pairs.pairs(rows, scenes, moved, np.ones(gan.spec.width))
    true = [pairs.labels(part).values for part in (scenes, moved)]
    read = [np.stack([reading[name] for name in gan.spec.columns], axis=1)
            for reading in (gan.read(faces.before), gan.read(faces.after))]
    errors = [read[0] - true[0], read[1] - true[1], read[1] - read[0] - (true[1] - true[0])]
    whole = [true[0].var(0), true[0].var(0), np.square(true[1] - true[0]).mean(0)]
    return np.stack([1.0 - np.square(error).mean(0) / spread for error, spread in zip(errors, whole)], axis=1)


def in_order(gan: CatGAN, dataset: DualDataset, n: int) -> float:
    """Share of real validation faces whose critic score is above that of a generated face of the same labels."""
    real = to_network(np.asarray(dataset.images("validation", gan.network.channels)[:n]), gan.network.channels)
    condition = Condition.of(dataset.labels("validation", gan.spec)).encode()[:n]
    latents = np.random.default_rng(0).standard_normal((n, gan.network.latent_size)).astype(np.float32)
    drawn = gan.generator.predict({"latents": latents, "condition": condition}, verbose=0)
    above, below = (gan.discriminator.predict({"image": faces, "condition": condition}, verbose=0)["critic"]
                    for faces in (real, drawn))
    return float((above > below).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--data", required=True)
    parser.add_argument("--n", type=int, default=3000)
    given = parser.parse_args()
    dataset = load_dataset(given.data)
    for name in given.models:
        gan = CatGAN.from_preset(name)
        found, units = shares(gan, dataset, given.n), len(gan.spec.action_units)
        print(f"{name}: real above generated {in_order(gan, dataset, min(given.n, 2000)):.3f}; "
              "share read before, after, of the change")
        for label, share in [("mean of the units", found[:units].mean(0)), *zip(gan.spec.columns, found)]:
            print(f"  {label:18s}" + "".join(f"{value:8.3f}" for value in share))


if __name__ == "__main__":
    main()
