"""Do explanations name what a planted model bases its answer on? One Action Unit, two, either of two; light; glasses.

    python docs/benchmarks/planted.py RUN --data OUT/r64 --reader runs/00000-judge-64 --work OUT/planted --n 100

RUN draws; the planted rules read with another network. For the glasses 20,000 faces are rendered whose valence says
whether they wear any, and a network is trained on them (a few minutes), into --work.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from catgan import config
from catgan.benchmarks.explanations.planted import faces_with_scenes, planted_causes, share, unexplained
from catgan.data.render import RenderConfig, render
from catgan.data.store import load_dataset
from catgan.explain.models import CatGANModel
from catgan.models.gan.model import CatGAN
from catgan.training.experiment import Experiment
from catgan.training.loop import train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", metavar="RUN", help="a run or preset with an editor")
    parser.add_argument("--data", required=True, metavar="DIR", help="rendered faces; the test split is asked")
    parser.add_argument("--reader", required=True, metavar="RUN")
    parser.add_argument("--work", required=True, metavar="DIR")
    parser.add_argument("--n", type=int, default=100)
    arguments = parser.parse_args()
    gan, reader = CatGAN.from_preset(arguments.run), CatGAN.from_preset(arguments.reader)
    dataset = load_dataset(arguments.data)
    result = planted_causes(gan, reader, dataset, arguments.n)
    result |= {f"{name}, as it reads": figures["as_read"] for name, figures in result.items() if "as_read" in figures}
    _, faces, people = faces_with_scenes(dataset, "test")
    glasses = CatGANModel(CatGAN.from_preset(spectacles(Path(arguments.work), gan.network.image_size)))
    read = glasses.read(faces[:arguments.n])["valence"]
    targets = ["valence<=-0.5" if value > 0 else "valence>=0.5" for value in read]
    result["glasses"] = share(unexplained(gan, glasses, faces[:arguments.n], targets), people)
    for name, figures in result.items():
        low, high = figures["named_interval"]
        print(f"{name:18} named in {figures['named']:.3f} ({low:.3f} .. {high:.3f}) of {figures['n']}")
    print(json.dumps(result, indent=1))


def spectacles(work: Path, size: int) -> str:
    """A network whose valence is whether there are glasses."""
    render(RenderConfig(20000, size, 91, channels=1, subjects=4000, shortcut="glasses"), work / "glasses")
    made = config.from_mapping(Experiment, {
        "name": "glasses", "task": "recogniser", "architecture": f"xs_{size}", "labels": {"mode": "va"}, "training": {
            "images": 64000, "learning_rate": 1e-3, "final_learning_rate": 2e-5,
            "tick_images": 6400, "snapshot_ticks": 5}})
    finished = work / "runs" / "00000-glasses"
    if (finished / "best" / "config.json").is_file():
        return str(finished)
    return train(made, load_dataset(work / "glasses"), work / "runs")["run"]


if __name__ == "__main__":
    main()
