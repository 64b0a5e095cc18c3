"""How near an imitation (`catgan.faces.imitation`) comes to the truth, on rendered faces whose true change is known.

    python docs/benchmarks/imitated.py OUT/r64 --n 100

Explained change per Action Unit, of people of the validation split: 1 - (squared error of the imitation) / (squared
error of doing nothing). The imitation sees what it sees of a photograph: the picture, landmarks, yaw and pitch.
"""

import argparse

import numpy as np

from catgan import facs
from catgan.data.store import load_dataset
from catgan.faces.face_model import ACTION_UNITS, unit_vector
from catgan.faces.imitation import Imitator
from catgan.metrics import editing
from catgan.training.edit_quality import single_changes
from catgan.training.pairs import RenderedPairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="folder of rendered faces")
    parser.add_argument("--n", type=int, default=100, help="faces per Action Unit (default: %(default)s)")
    asked = parser.parse_args()
    dataset = load_dataset(asked.data)
    pairs = RenderedPairs(dataset, dataset.spec, "validation")
    imitator, shares = Imitator(dataset.image_size), []
    for place, number in enumerate(ACTION_UNITS):
        made = single_changes(pairs, number, asked.n, 0)
        scenes = [pairs.scene(row) for row in made.rows]
        landmarks = pairs.renderer.render(scenes, 1)[1]
        pose = np.array([scene.pose[:2] for scene in scenes], np.float32)
        before = np.stack([unit_vector(scene.action_units) for scene in scenes])
        after = before.copy()
        after[:, place] += 5.0 * made.change[:, dataset.spec.action_units.index(number)]
        drawn = imitator.imitate(made.before, landmarks, pose, before, np.clip(after, 0.0, 5.0))
        shares.append(editing.share(editing.squared_errors(drawn, made.after),
                                    editing.squared_errors(made.before, made.after)) or 0.0)
        print(f"{facs.au_name(number)}  {shares[-1]:.3f}")
    print(f"mean  {np.mean(shares):.3f}")


if __name__ == "__main__":
    main()
