"""Defines the command `catgan sweep`."""

from __future__ import annotations

import argparse

from catgan.cli.verb import Result

NAME = "sweep"
HELP = "Train a grid or a list of experiments with several seeds, and collect the figures in one table."
EPILOG = """examples:
  catgan sweep experiments/studies/dual.yaml --data OUT/r32 --runs OUT/dual
  catgan sweep experiments/studies/dual.yaml --data OUT/r32 --runs OUT/dual --cell 'joint, GAN, all labels'
  catgan sweep my_sweep.yaml --data OUT/dual --runs OUT/sweep --dry-run
  catgan sweep my_sweep.yaml --data /shared/dual --runs /shared/sweep --engine ray --address auto
  catgan compare OUT/dual --data OUT/r32 --by labels        # then: which differences stand

my_sweep.yaml, 3 x 2 cells with 3 seeds each:
  name: rates
  experiment: joint_64.yaml            # the base, relative to this file
  set: {training.images: 64000}        # for all of them
  grid:
    training.learning_rate: [3.0e-4, 1.0e-3, 3.0e-3]
    matching: {with: {}, without: {options.matching_weight: 0}}
  seeds: [0, 1, 2]

Every training is a run folder in --runs, and a row of sweep.parquet there. One training per core at a time; on a
machine with one GPU give --jobs 1. The same command goes on after Ctrl-C, a crash or kill -9, and tries failed
trainings again."""

READS, WRITES = ("sweep_file", "data"), ("runs",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sweep_file", metavar="SWEEP.yaml", help="the base experiment, a grid or a list, seeds")
    parser.add_argument("--data", metavar="DIR", help="data set of all trainings that name none of their own")
    parser.add_argument("--runs", required=True, metavar="DIR", help="folder of the run folders and of sweep.parquet")
    parser.add_argument("--jobs", type=int, metavar="N", help="trainings at a time (default: one per core)")
    parser.add_argument("--cell", action="append", default=[], metavar="NAME", dest="cells",
                        help="train this cell only; may be given several times")
    parser.add_argument("--engine", choices=("local", "ray"), default="local",
                        help="processes of this machine (default), or Ray: here, or on a cluster")
    parser.add_argument("--address", metavar="ADDRESS", help="a Ray cluster, which must see the data and the runs too")
    parser.add_argument("--dry-run", action="store_true", help="list the trainings and stop")


def run(arguments: argparse.Namespace) -> Result:
    from catgan.errors import Failure, PartialError
    from catgan.studies.sweep.plan import check_cells, read_sweep
    from catgan.studies.sweep.run import sweep

    plan = read_sweep(arguments.sweep_file, arguments.data)
    check_cells(plan, arguments.cells)
    if arguments.dry_run:
        asked = [run for run in plan.runs if not arguments.cells or run.cell in arguments.cells]
        print("\n".join(f"{run.folder}: {run.cell}, seed {run.seed}" for run in asked))
        return {"name": plan.name, "runs": [run.folder for run in asked]}
    result = sweep(plan, arguments.runs, arguments.jobs, arguments.engine, arguments.address, arguments.cells)
    print(f"{result['table']}: {result['finished']} of {result['runs']} trainings finished")
    if result["failures"]:
        raise PartialError([Failure(name, reason) for name, reason in result["failures"].items()], result)
    return {**result}
