"""How near an imitation (`catgan.synthesis.imitation`) comes to the truth, and what MediaPipe reads off one.

    python docs/benchmarks/imitated.py OUT/r64 --n 60
    python docs/benchmarks/imitated.py OUT/dual --n 500

Rendered faces, whose true change is known: explained change per Action Unit, of people of the validation split, 1 -
(squared error of the imitation) / (squared error of doing nothing). Photographs: what `catgan benchmark edit faces_64
--judge mediapipe` measures, with imitations instead of the editor. An imitation sees the picture, landmarks, yaw and
pitch, and what the face shows before: its true labels, or what faces_64 reads.
"""

import argparse

import numpy as np

from catgan import facs, random_streams
from catgan.benchmarks.photographs import benchmark_photographs
from catgan.data.pairs import RenderedPairs
from catgan.data.store import DualDataset, load_dataset
from catgan.evaluation.editing import single_changes
from catgan.evaluation.judges import open_judge
from catgan.metrics import editing
from catgan.models.gan.model import CatGAN
from catgan.synthesis.face_model import ACTION_UNITS, LANDMARKS, unit_vector
from catgan.synthesis.imitation import Imitator
from catgan.training.tasks.imitations import LARGEST_ANGLE, TRACE


def against_truth(dataset: DualDataset, n: int) -> None:
    pairs = RenderedPairs(dataset, dataset.spec, "validation")
    imitator, shares = Imitator(dataset.image_size), []
    for place, number in enumerate(ACTION_UNITS):
        made = single_changes(pairs, number, n, 0)
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


class Imitating:
    """A model that draws by imitation, of just these photographs."""

    def __init__(self, gan: CatGAN, dataset: DualDataset, rows: np.ndarray):
        self.gan, self.imitator = gan, Imitator(dataset.image_size)
        table = dataset.table("test", ["landmarks", "yaw", "pitch"]).take(rows)
        self.landmarks = np.stack(table["landmarks"].to_numpy()).reshape(-1, LANDMARKS, 2)
        pose = np.stack([table[name].to_numpy() for name in ("yaw", "pitch")], axis=1)
        self.pose = np.clip(pose, -LARGEST_ANGLE, LARGEST_ANGLE)
        read = gan.read(dataset.images("test", 3)[rows])
        shown = np.stack([read[facs.au_name(number)] for number in ACTION_UNITS], axis=1).astype(np.float32)
        self.shown = np.where(shown < TRACE, 0.0, np.clip(shown, 0.0, 5.0))

    def __getattr__(self, name):
        return getattr(self.gan, name)

    def apply_change(self, faces, change):
        places = [self.gan.spec.action_units.index(number) for number in ACTION_UNITS]
        after = np.clip(self.shown + 5.0 * change[:, places], 0.0, 5.0).astype(np.float32)
        drawn = self.imitator.imitate(faces, self.landmarks, self.pose, self.shown, after)
        return type("Drawn", (), {"images": drawn})


def by_mediapipe(dataset: DualDataset, n: int) -> None:
    random = random_streams.generator("edited_photographs", 0)  # picks as the benchmark does
    rows = np.sort(random.permutation(dataset.count("test"))[:n])
    imitating = Imitating(CatGAN.from_preset("faces_64"), dataset, rows)
    result = benchmark_photographs(imitating, dataset, open_judge("mediapipe", dataset, ""), None, n)
    for name in ("moves_pcc", "moves_pcc_interval", "slope", "sharpness"):
        print(name, result[name])
    print({name: round(figures["pcc"], 2) for name, figures in result["action_units"].items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="folder of rendered faces, or of photographs")
    parser.add_argument("--n", type=int, default=100, help="faces per Action Unit (default: %(default)s)")
    asked = parser.parse_args()
    dataset = load_dataset(asked.data)
    (against_truth if dataset.is_rendered else by_mediapipe)(dataset, asked.n)


if __name__ == "__main__":
    main()
