"""Defines the command `catgan train`."""

from __future__ import annotations

import argparse
import sys

from catgan.cli.verb import Result

NAME = "train"
HELP = "Train a categorical GAN on a data set, or go on with an unfinished training."
EPILOG = """examples:
  catgan train experiments/joint_64.yaml --data OUT/dual
  catgan train experiments/joint_64.yaml --data OUT/dual --set training.images=400000 --set options.matching_weight=0
  catgan train experiments/joint_64.yaml --data OUT/dual --dry-run
  catgan train experiments/joint_64.yaml --data OUT/dual --tensorboard      # then: tensorboard --logdir runs
  catgan train --resume runs/00000-joint-64

The same command goes on with its newest unfinished run. Ctrl-C saves and stops.

several devices share the faces of every batch; training.batch_size is that of all of them together:
  catgan train experiments/joint_64.yaml --data OUT/dual --devices 4          # 4 GPUs of this machine
two hosts of 4 GPUs each: on both of them, with "index": 1 on the second,
  TF_CONFIG='{"cluster": {"worker": ["host1:12345", "host2:12345"]}, "task": {"type": "worker", "index": 0}}' \\
    catgan train experiments/joint_64.yaml --data OUT/dual --devices 4
the same through SLURM:
  srun --nodes=2 --ntasks-per-node=1 --gpus-per-node=4 \\
    catgan train experiments/joint_64.yaml --data OUT/dual --devices 4
Every host needs the data set; the first process alone writes the run, which goes on with any number of devices."""

READS, WRITES = ("experiment", "data", "resume"), ("runs",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("experiment", nargs="?", metavar="EXPERIMENT.yaml", help="the experiment; not with --resume")
    parser.add_argument("--data", metavar="DIR",
                        help="data set that 'catgan build' wrote; overrides 'data' of the file")
    parser.add_argument("--set", action="append", default=[], metavar="KEY.KEY=VALUE", dest="assignments",
                        help="change one value of the experiment; may be given several times")
    parser.add_argument("--runs", default="runs", metavar="DIR", help="folder of the run folders (default: runs)")
    parser.add_argument("--resume", metavar="RUN", help="go on with this run")
    parser.add_argument("--devices", default="1", metavar="N",
                        help="devices of this machine that share every batch, or 'all' GPUs (default: 1); on a machine "
                             "without GPUs, parts of the CPU, for trying it out")
    parser.add_argument("--tensorboard", action="store_true",
                        help="also write the numbers and sample sheets to RUN/tensorboard; needs tensorboardX")
    parser.add_argument("--dry-run", action="store_true", help="print the resolved configuration and stop")


def run(arguments: argparse.Namespace) -> Result:
    from catgan import config, system
    from catgan.backend import get_engine
    from catgan.data.store import load_dataset
    from catgan.errors import CatganError
    from catgan.training import loop
    from catgan.training.datasets import check_labels, datasets_of
    from catgan.training.experiment import read_experiment
    from catgan.training.run import read_config
    from catgan.training.tensorboard import TensorBoard

    if (arguments.experiment is None) == (arguments.resume is None):
        raise CatganError("Give either EXPERIMENT.yaml or --resume RUN.")
    if arguments.resume and arguments.assignments:
        raise CatganError("--set cannot change a run that is resumed. Start a new one from its config.yaml.")
    if arguments.resume:
        experiment = read_config(arguments.resume)
    else:
        with system.messages_shown():
            experiment = read_experiment(arguments.experiment, arguments.assignments)
    callbacks = [TensorBoard()] if arguments.tensorboard else []
    data = arguments.data or experiment.data
    if data is None:
        raise CatganError("No data set. Give --data DIR, or 'data' in the experiment file.")
    dataset = load_dataset(data)
    devices = int(arguments.devices) if arguments.devices.isdecimal() else arguments.devices
    engine = None if arguments.dry_run else get_engine(devices, hosts=True)  # must happen before the backend starts
    resolved = loop.resolve(experiment, dataset)
    found = datasets_of(resolved, dataset)
    resolved.spec(found.spec)  # refuses labels that the data sets lack
    if engine is None or engine.chief:
        print(config.to_yaml(resolved), file=sys.stderr)
    if engine is None:
        with system.messages_shown():
            check_labels(resolved, found)
        return config.to_mapping(resolved)
    result = loop.train(resolved, dataset, arguments.runs, arguments.resume, callbacks, devices=devices)
    if engine.chief:
        shown = "no score could be measured" if result["score"] is None else f"score {result['score']}"
        print(f"{result['run']}: {result['images']} faces, {shown}")
    return result
