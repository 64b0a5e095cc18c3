"""Defines the command `catgan compare`."""

from __future__ import annotations

import argparse

from catgan.cli.verb import Result

NAME = "compare"
HELP = "Compare trained models on the same faces: differences with intervals over subjects and seeds."
EPILOG = """examples:
  catgan compare OUT/runs/00000-joint-64 OUT/runs/00001-au-64 --data OUT/dual --out OUT/compared
  catgan compare OUT/sweep --data OUT/dual --by mode --out OUT/modes
  catgan compare OUT/runs/0000* --data OUT/dual --by labels.mode --json -
  catgan compare rendered_64 faces_64 --data OUT/rendered --judge mediapipe

RUN is a run, a preset, or the folder of a sweep, of models of single faces. Runs whose configurations differ in the
seed alone are one model with several trainings. Without --by all pairs of up to 4 models are compared, and of more
every model with the first. With --by, those that differ in this axis of the sweep (or key of the experiments) alone.

Each pair is compared on the labels that both read: F1 (threshold of the run), AUC, ICC and PCC per Action Unit and on
average, CCC and RMSE of valence and arousal, macro-F1 of expressions; with --judge also how generated faces follow the
labels asked for, and, if the judge is a run, their distance from real ones. Subjects are drawn with replacement, the
same for all models; the variance between seeds is added. Which differences stand is said after Holm's correction.

It writes compare.html, compare.md, compare.csv (a row per pair and figure), models.csv, compare.json and forest.png.
Answers of runs are kept in cache/ of the data set, so that a second comparison is quick."""

READS, WRITES = ("runs", "data", "judge"), ("out",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="RUN", help="runs, presets, or folders of sweeps")
    parser.add_argument("--data", required=True, metavar="DIR", help="the data set on whose faces they are compared")
    parser.add_argument("--by", metavar="COLUMN", help="compare models that differ in this axis or key alone")
    parser.add_argument("--split", default="test", choices=("train", "validation", "test", "all"), help="default: test")
    parser.add_argument("--out", default="compare", metavar="DIR",
                        help="folder of the report (default: compare, in the current folder)")
    parser.add_argument("--draws", type=int, default=2000, metavar="N", help="of subjects (default: 2000)")
    parser.add_argument("--judge", metavar="mediapipe|RUN",
                        help="also compare generated faces: what reads them (takes a minute or more for each run)")
    parser.add_argument("--judged", type=int, default=2000, metavar="N",
                        help="generated faces, and real ones, that the judge reads (default: 2000)")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="of draws and generated faces (default: 0)")


def run(arguments: argparse.Namespace) -> Result:
    from catgan.studies.compare.options import CompareOptions
    from catgan.studies.compare.study import compare
    from catgan.studies.compare.wording import limits, sentences

    options = CompareOptions(arguments.by, arguments.draws, arguments.seed, arguments.judge, arguments.judged)
    result = compare(arguments.runs, arguments.data, arguments.split, arguments.out, options)
    print("\n".join([*sentences(result), *limits(result)]))
    print(f"{result['folder']}/compare.html: open it in a browser")
    return result
