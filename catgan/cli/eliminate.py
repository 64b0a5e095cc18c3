"""Defines the command `catgan eliminate`."""

from __future__ import annotations

import argparse

from catgan.cli.verb import Result

NAME = "eliminate"
HELP = "Find how few face landmarks are enough for each expression, with controls, on people never seen."
EPILOG = """examples:
  catgan eliminate experiments/landmarks_elimination.yaml --data OUT/clips --out OUT/elimination --jobs 2
  catgan eliminate experiments/landmarks_elimination.yaml --data OUT/clips --out OUT/quick \\
    --set folds=2 --set 'sizes=[64,16]' --set 'arms={random: {draws: 2}}' --set nodes=7

The least relevant quarter of the points goes, the rest is ranked again and the networks are trained again, down to 8
points. Points are ranked inside the fitted people of each fold alone; validation people choose how many are enough; the
test people of a fold are used once.

The same command continues an interrupted study: every fold and number of points is a file. It writes report.html,
report.md, curves.png and elimination.json. A finished study is only measured and reported again, also with another
'draws' or 'criterion'."""

READS, WRITES = ("experiment", "data"), ("out",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("experiment", metavar="EXPERIMENT.yaml", help="the study: networks, folds, arms, sizes")
    parser.add_argument("--data", required=True, metavar="DIR", help="data set of clips with landmarks")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the study, new or to be continued")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="folds at a time (default: 1)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY.KEY=VALUE", dest="assignments",
                        help="change one value of the experiment; may be given several times")


def run(arguments: argparse.Namespace) -> Result:
    from catgan.studies.elimination.options import read_elimination
    from catgan.studies.elimination.report import sentence
    from catgan.studies.elimination.study import eliminate

    study = read_elimination(arguments.experiment, arguments.assignments)
    result = eliminate(study, arguments.data, arguments.out, arguments.jobs)
    for name in result["networks"]:
        print(sentence(result, name))
    print(f"{result['folder']}/report.html: open it in a browser")
    return result
