"""`catgan benchmark train`."""

from __future__ import annotations

import argparse

from catgan.cli.benchmark.counts import at_least_one
from catgan.cli.verb import Result

NAME = "train"
HELP = "Measure how many faces a second a training step takes, on faces that are rendered for it."
EPILOG = """examples:
  catgan benchmark train
  catgan benchmark train --architecture xs_64 --batch 32 --precision float32 --json -

The step is compared with its convolutions and dense layers alone. Close other programs first: they change the
speeds."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--architecture", "--preset", default="xs_64", metavar="NAME",
                        help="sizes of the networks (default: xs_64)")
    parser.add_argument("--batch", type=int, default=64, metavar="B", help="faces a step (default: 64)")
    parser.add_argument("--n", type=int, default=1000, metavar="N", help="faces a round (default: 1000)")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="default: 0")
    parser.add_argument("--precision", default="auto", choices=("auto", "float32", "mixed_bfloat16"),
                        help="auto takes the faster of the two on this machine (default: auto)")


def run(arguments: argparse.Namespace) -> Result:
    from catgan.benchmarks.tables import train_lines
    from catgan.benchmarks.training import benchmark_train

    result = benchmark_train(arguments.architecture, arguments.batch, at_least_one("--n", arguments.n),
                             arguments.seed, arguments.precision)
    print("\n".join(train_lines(result)))
    return result
