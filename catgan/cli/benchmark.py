"""`catgan benchmark`."""

from __future__ import annotations

import argparse
from typing import Any

from catgan.errors import CatganError

NAME = "benchmark"
HELP = "Measure how fast this machine does a part of the work."
EPILOG = """examples:
  catgan benchmark data --render
  catgan benchmark data --render --size 64 128 --channels 3 --json -
  catgan benchmark data --data OUT/dual --recipe datasets/photos.yaml

data: --render times drawing faces on one core, --data the batches that training reads of a data set, --recipe a whole
build. Close other programs first; a figure is worth as much as the quiet it was taken in."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("part", choices=("data",), help="what is measured")
    parser.add_argument("--render", action="store_true", help="faces drawn a second on one core")
    parser.add_argument("--data", metavar="DIR", help="data set whose batches are read")
    parser.add_argument("--recipe", metavar="RECIPE.yaml", help="recipe to build into a folder that is then removed")
    parser.add_argument("--size", type=int, nargs="+", default=[64, 128], metavar="S",
                        help="sides of the faces that --render draws (default: 64 128)")
    parser.add_argument("--channels", type=int, default=3, choices=(1, 3), help="1 grey, 3 colour (default: 3)")
    parser.add_argument("--n", type=int, default=1000, metavar="N", help="faces a round (default: 1000)")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="default: 0")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    from catgan.data import benchmark

    if not (arguments.render or arguments.data or arguments.recipe):
        raise CatganError("Nothing to measure. Give --render, --data DIR or --recipe RECIPE.yaml.")
    result: dict[str, Any] = {"faces_per_second": None, "batches_faces_per_second": None,
                              "render_faces_per_second": None, "render": None}
    if arguments.render:
        speeds = benchmark.benchmark_render(arguments.n, arguments.size, arguments.channels, arguments.seed)
        result["render_faces_per_second"] = speeds[arguments.size[0]]["faces_per_second"]
        result["render"] = {str(size): speed for size, speed in speeds.items()}
        for size, speed in speeds.items():
            print(f"rendering {size} px on one core: {speed['faces_per_second']:,.0f} faces a second "
                  f"({speed['lowest']:,.0f} .. {speed['highest']:,.0f} in {benchmark.ROUNDS} rounds of {arguments.n}); "
                  f"{speed['with_sampling']:,.0f} with the drawing of lots")
    if arguments.data:
        result["batches_faces_per_second"] = benchmark.benchmark_batches(arguments.data, arguments.n, arguments.seed)
        print(f"batches of {arguments.data}: {result['batches_faces_per_second']:,.0f} faces a second")
    if arguments.recipe:
        result["faces_per_second"] = benchmark.benchmark_build(arguments.recipe)
        print(f"building {arguments.recipe}: {result['faces_per_second']:,.0f} faces a second")
    return result
