"""`catgan info`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

NAME = "info"
HELP = "Show what a data set, a run or a preset folder holds."
EPILOG = """examples:
  catgan info OUT/dual
  catgan info runs/00000-joint-64"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR|RUN", help="a data set, a run or a preset")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    folder = Path(arguments.folder)
    result = _dataset(folder) if (folder / "dataset.json").is_file() else _model(folder)
    for name, value in result.items():
        print(f"{name}: {', '.join(map(str, value)) if isinstance(value, (list, tuple)) else value}")
    return result


def _dataset(folder: Path) -> dict[str, Any]:
    from catgan.data.store import load_dataset

    dataset = load_dataset(folder)
    return {"data_set": dataset.info["name"], "image_size": dataset.image_size, "faces": len(dataset),
            **{f"faces_{split}": count for split, count in dataset.info["counts"]["splits"].items()},
            "labels": list(dataset.spec.columns), "sources": [source["name"] for source in dataset.info["sources"]],
            "hash": dataset.info["hash"]}


def _model(folder: Path) -> dict[str, Any]:
    from catgan.gan.model import CatGAN, find_preset
    from catgan.training.run import read_stats

    preset = find_preset(folder)
    gan = CatGAN.from_preset(preset)
    result: dict[str, Any] = {
        "preset": str(preset), "image_size": gan.network.image_size, "channels": gan.network.channels,
        "labels": list(gan.spec.columns), "scale": gan.spec.scale, "precision": gan.precision,
        "generator_parameters": gan.generator.count_params(),
        "discriminator_parameters": gan.discriminator.count_params()}
    stats = read_stats(folder)
    if stats:
        result |= {"faces_seen": stats[-1]["images"], "finished": stats[-1]["finished"]}
    return result
