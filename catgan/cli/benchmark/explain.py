"""`catgan benchmark explain`."""

from __future__ import annotations

import argparse
from pathlib import Path

from catgan.cli.benchmark import judging
from catgan.cli.benchmark.counts import at_least_one
from catgan.cli.verb import Result
from catgan.errors import CatganError

NAME = "explain"
HELP = "Measure counterfactuals against the true minimal ones, on rendered faces; failures count as failures."
EPILOG = """examples:
  catgan benchmark explain runs/00001-editor-64 --data OUT/r64 --judge runs/00000-judge-64
  catgan benchmark explain rendered_64 --data OUT/r64 --method search pixels neighbour inversion --out OUT/explained

Questions are about people of the test split. All methods answer the same questions:
  search     beam search over Action Units
  gradient   gradient search over Action Units
  minimal    certified search on a grid, of the first 50 questions
  inversion  search through latent inversion, of the first 30 questions
  untrained  search, asked about a network with random weights
  pixels     gradient search over pixels
  neighbour  the nearest face of the training split that meets the target"""

READS, WRITES = ("run_folder", "data", "judge", "identity"), ("out",)
METHODS = ("search", "gradient", "minimal", "inversion", "untrained", "pixels", "neighbour")
"""Keys of `catgan.benchmarks.explanations.methods.METHODS`, which would load Keras."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    judging.add_arguments(parser, "rendered faces, whose true counterfactuals are known",
                          "an independent run that is asked whether it agrees (default: none)")
    parser.add_argument("--n", type=int, default=500, metavar="N", help="questions (default: 500)")
    parser.add_argument("--method", nargs="+", default=["search"], choices=METHODS,
                        help="methods that are compared, see below (default: search)")
    parser.add_argument("--out", metavar="DIR", help="folder for a sheet of answers")


def run(arguments: argparse.Namespace) -> Result:
    from catgan.benchmarks.explanations.comparison import benchmark_explain
    from catgan.benchmarks.explanations.sheet import write_sheet
    from catgan.benchmarks.tables import explain_lines
    from catgan.data.store import load_dataset
    from catgan.evaluation.judges import MEDIAPIPE, open_run_judge
    from catgan.explain.models import CatGANModel
    from catgan.models.gan.model import CatGAN

    if arguments.judge == MEDIAPIPE:
        raise CatganError("Explanations are judged by an independent run, which reads what targets ask. Give --judge "
                          f"RUN. Received: {arguments.judge}.")
    count = at_least_one("--n", arguments.n)
    folder, dataset = Path(arguments.run_folder), load_dataset(arguments.data)
    gan = CatGAN.from_preset(folder)
    judge = open_run_judge(arguments.judge, dataset, folder) if arguments.judge else None
    oracle = None if judge is None else CatGANModel(judge.gan)
    result, problems, answers = benchmark_explain(gan, dataset, oracle, judging.identity_features(arguments, dataset),
                                                  count, arguments.seed, methods=arguments.method)
    if arguments.out:
        write_sheet(Path(arguments.out) / "answers.png", problems, answers)
    print("\n".join(explain_lines(result)))
    return result
