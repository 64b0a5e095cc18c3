"""`catgan train`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

NAME = "train"
HELP = "Train a categorical GAN on a data set, or go on with an unfinished training."
EPILOG = """examples:
  catgan train experiments/joint_64.yaml --data OUT/dual
  catgan train experiments/joint_64.yaml --data OUT/dual --set training.images=400000 --set training.seed=1
  catgan train experiments/joint_64.yaml --data OUT/dual --dry-run
  catgan train --resume runs/00000-joint-64

The same command goes on with its newest unfinished run. Ctrl-C saves and stops."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("experiment", nargs="?", metavar="EXPERIMENT.yaml", help="the experiment; not with --resume")
    parser.add_argument("--data", metavar="DIR",
                        help="data set that 'catgan build' wrote; overrides 'data' of the file")
    parser.add_argument("--set", action="append", default=[], metavar="KEY.KEY=VALUE", dest="assignments",
                        help="change one value of the experiment; may be given several times")
    parser.add_argument("--runs", default="runs", metavar="DIR", help="folder of the run folders (default: runs)")
    parser.add_argument("--resume", metavar="RUN", help="go on with this run")
    parser.add_argument("--dry-run", action="store_true", help="print the resolved configuration and stop")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    from catgan import config
    from catgan.data.store import load_dataset
    from catgan.errors import CatganError
    from catgan.training import loop
    from catgan.training.experiment import read_experiment
    from catgan.training.run import read_config

    if (arguments.experiment is None) == (arguments.resume is None):
        raise CatganError("Give either EXPERIMENT.yaml or --resume RUN.")
    if arguments.resume and arguments.assignments:
        raise CatganError("--set cannot change a run that is resumed. Start a new one from its config.yaml.")
    if arguments.resume:
        experiment = read_config(arguments.resume)
    else:
        experiment = read_experiment(arguments.experiment, arguments.assignments)
    data = arguments.data or experiment.data
    if data is None:
        raise CatganError("No data set. Give --data DIR, or 'data' in the experiment file.")
    dataset = load_dataset(data)
    resolved = loop.resolve(experiment, dataset)
    resolved.spec(dataset.spec)  # refuses labels that the data set lacks
    print(config.to_yaml(resolved), file=sys.stderr)
    if arguments.dry_run:
        return config.to_mapping(resolved)
    result = loop.train(resolved, dataset, arguments.runs, arguments.resume)
    print(f"{result['run']}: {result['images']} faces, score {result['score']}")
    return result
