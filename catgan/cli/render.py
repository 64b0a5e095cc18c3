"""Defines the command `catgan render`."""

from __future__ import annotations

import argparse
from typing import Any

NAME = "render"
HELP = "Draw a data set of faces whose Action Units, valence-arousal, expression and identity are known exactly."
EPILOG = """examples:
  catgan render --n 20000 --size 64 --out OUT/rendered
  catgan render --n 20000 --size 64 --channels 1 --missing-au 0.3 --missing-va 0.3 --seed 1 --out OUT/rendered
  catgan render --n 20000 --size 64 --moved 1 --seed 2 --out OUT/moved
  catgan render --n 20000 --size 64 --shortcut glasses --out OUT/planted

The faces come from the embedded face model: no photograph and no download is needed. The same seed draws the same
bytes, whatever the number of workers. Columns true_... keep the truth of labels that --missing-au and --missing-va
hide."""

WRITES = ("out",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--n", type=int, required=True, metavar="N", help="number of faces")
    parser.add_argument("--size", type=int, default=64, metavar="S", help="side in pixels, 16..256 (default: 64)")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the data set")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="default: 0")
    parser.add_argument("--channels", type=int, default=3, choices=(1, 3), help="1 grey, 3 colour (default: 3)")
    parser.add_argument("--missing-au", type=float, default=0.0, metavar="P", help="share of faces with unknown AUs")
    parser.add_argument("--missing-va", type=float, default=0.0, metavar="P",
                        help="share of faces with unknown valence and arousal")
    parser.add_argument("--subjects", type=int, default=1000, metavar="M", help="number of people (default: 1000)")
    parser.add_argument("--rater-noise", type=float, default=0.0, metavar="D",
                        help="deviation of the known valence and arousal from the true ones (default: 0)")
    parser.add_argument("--shortcut", metavar="NAME",
                        help="plant a known wrong reason: au4, light or glasses alone decide the known valence")
    parser.add_argument("--moved", type=float, default=0.0, metavar="P",
                        help="share of faces with Action Units as no expression has them together (default: 0)")
    parser.add_argument("--workers", type=int, metavar="W", help="processes (default: one per core)")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    from catgan.data.render import RenderConfig, render

    config = RenderConfig(arguments.n, arguments.size, arguments.seed, arguments.channels, arguments.missing_au,
                          arguments.missing_va, arguments.subjects, arguments.rater_noise,
                          arguments.shortcut, arguments.moved)
    result = render(config, arguments.out, arguments.workers)
    if result["already_complete"]:
        print(f"{result['folder']}: already complete, {result['faces']} faces")
    else:
        print(f"{result['folder']}: {result['faces']} faces, {result['faces_per_second']:.0f} a second; see card.md")
    return result
