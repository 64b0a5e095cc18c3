"""Defines the command `catgan relate`."""

from __future__ import annotations

import argparse

from catgan.cli.verb import Result

NAME = "relate"
HELP = "Relate Action Units, valence-arousal and expressions: of a data set, or of what a run answers, with intervals."
EPILOG = """examples:
  catgan relate OUT/dual --out OUT/related
  catgan relate OUT/runs/00000-joint-64 --data OUT/dual --out OUT/related_run
  catgan relate OUT/dual --split train --draws 200 --out OUT/quick --json -

Of a data set: valence and arousal regressed on Action Units, where expressions lie in the valence-arousal plane,
profiles of expressions beside the published prototype tables, and how well expressions are told from valence-arousal,
from Action Units and from both. Of a run also: where its category errors lie in the plane, and whether its valence and
arousal follow from its Action Units as those of the data do.

Two of the three label systems are enough; what a data set cannot tell is said. Intervals draw whole subjects, or images
where subjects are unknown. It writes report.html, relate.md, relate.json and pictures."""

READS, WRITES = ("source", "data"), ("out",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="DATASET|RUN", help="a data set, or a run or preset of faces or clips")
    parser.add_argument("--data", metavar="DIR", help="for a run: the data set whose faces it answers")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the report")
    parser.add_argument("--split", choices=("train", "validation", "test", "all"),
                        help="default: all of a data set, test for a run")
    parser.add_argument("--draws", type=int, default=1000, metavar="N", help="of the bootstrap (default: 1000)")
    parser.add_argument("--folds", type=int, default=5, metavar="N", help="of the cross-validation (default: 5)")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="of draws and folds (default: 0)")


def run(arguments: argparse.Namespace) -> Result:
    from catgan.studies.relate.options import RelateOptions
    from catgan.studies.relate.study import relate
    from catgan.studies.relate.wording import sentences

    options = RelateOptions(arguments.draws, arguments.folds, arguments.seed)
    result = relate(arguments.source, arguments.out, arguments.data, arguments.split, options)
    print("\n".join([*sentences(result), *result["not_told"]]))
    print(f"{result['folder']}/report.html: open it in a browser")
    return result
