"""Distances of a small model's faces, enlarged, to real faces of a larger side: what a smaller network would cost.

    python docs/benchmarks/enlarged.py RUN --data OUT/r64 --judge runs/00001-judge-64 --n 2000

RUN is of a smaller side than the data set; its faces are enlarged with bicubic interpolation.
"""

from __future__ import annotations

import argparse
import json
from types import SimpleNamespace

from catgan.data.store import load_dataset
from catgan.evaluation.distances import image_metrics
from catgan.evaluation.judges import RunJudge
from catgan.faces.images import resize_faces
from catgan.models.gan.model import CatGAN


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--data", required=True, metavar="DIR")
    parser.add_argument("--judge", required=True, metavar="RUN")
    parser.add_argument("--n", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    gan, dataset = CatGAN.from_preset(arguments.run), load_dataset(arguments.data)
    side = dataset.image_size
    enlarged = SimpleNamespace(
        spec=gan.spec, network=SimpleNamespace(image_size=side, latent_size=gan.network.latent_size),
        draw=lambda latents, condition: resize_faces(gan.draw(latents, condition), side))
    found = image_metrics(enlarged, dataset, [RunJudge(arguments.judge)], "test", arguments.n, arguments.seed)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
