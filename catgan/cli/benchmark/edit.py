"""`catgan benchmark edit`."""

from __future__ import annotations

import argparse
from pathlib import Path

from catgan.cli.benchmark import judging
from catgan.cli.benchmark.counts import at_least_one
from catgan.cli.verb import Result

NAME = "edit"
HELP = "Measure edits of faces: against the true changed faces where faces are rendered, else by judges."
EPILOG = """examples:
  catgan benchmark edit runs/00001-editor-64 --data OUT/r64 --judge mediapipe --out OUT/edits
  catgan benchmark edit faces_64 --data OUT/dual --judge mediapipe --identity runs/00003-identity-64

Faces of the test split are edited, of people that the run was not trained on."""

READS, WRITES = ("run_folder", "data", "judge", "identity"), ("out",)
RENDERED_FACES = 100
"""Rendered faces an Action Unit, unless --n says otherwise."""
PHOTOGRAPHS = 500
"""Photographs, unless --n says otherwise."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    judging.add_arguments(parser, "rendered faces, whose changed faces are known; or photographs, which judges measure",
                          "measures the labels of edited faces (default: RUN itself)")
    parser.add_argument("--n", type=int, metavar="N",
                        help=f"rendered faces per Action Unit (default: {RENDERED_FACES}), or photographs (default: "
                             f"{PHOTOGRAPHS})")
    parser.add_argument("--out", metavar="DIR",
                        help="rendered faces: folder for response curves, cross-talk, heat maps and a sheet of edits")


def run(arguments: argparse.Namespace) -> Result:
    from catgan.benchmarks.editing import benchmark_edit
    from catgan.benchmarks.photographs import benchmark_photographs
    from catgan.benchmarks.tables import edit_lines
    from catgan.data.store import load_dataset
    from catgan.evaluation.judges import RunJudge, open_judge
    from catgan.models.gan.model import CatGAN

    count = None if arguments.n is None else at_least_one("--n", arguments.n)
    folder, dataset = Path(arguments.run_folder), load_dataset(arguments.data)
    gan = CatGAN.from_preset(folder)
    judge = open_judge(arguments.judge, dataset, folder) if arguments.judge else RunJudge(folder)
    features = judging.identity_features(arguments, dataset)
    if dataset.is_rendered:
        result = benchmark_edit(gan, dataset, judge, features, count or RENDERED_FACES, arguments.seed,
                                figures=Path(arguments.out) if arguments.out else None)
    else:
        result = benchmark_photographs(gan, dataset, judge, features, count or PHOTOGRAPHS, arguments.seed)
    print("\n".join(edit_lines(result)))
    return result
