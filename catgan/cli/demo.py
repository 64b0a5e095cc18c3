"""`catgan demo`."""

from __future__ import annotations

import argparse

from catgan.cli.verb import Result

NAME = "demo"
HELP = "Render, train, evaluate and explain on synthetic faces. Needs no data; writes report.html."
EPILOG = """examples:
  catgan demo
  catgan demo --out OUT/demo --minutes 15

About ten minutes on two cores, five of them training. The same command continues an interrupted demo."""

WRITES = ("out",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", default="catgan-demo", metavar="DIR", help="folder (default: catgan-demo)")
    parser.add_argument("--minutes", type=float, default=5.0, metavar="M", help="minutes of training (default: 5)")
    parser.add_argument("--faces", type=int, default=12000, metavar="N",
                        help="number of faces to render (default: 12000)")


def run(arguments: argparse.Namespace) -> Result:
    from catgan.pipelines import demo

    result = demo.run(arguments.out, arguments.minutes, arguments.faces)
    print(f"valence CCC {result['ccc_valence']:.2f}, arousal CCC {result['ccc_arousal']:.2f}, "
          f"mean F1 {result['mean_f1']:.2f}; explained: {', '.join(result['explained'])}")
    print(f"{result['report']}: open it in a browser")
    return result
