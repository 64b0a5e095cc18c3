"""`catgan benchmark data`."""

from __future__ import annotations

import argparse

from catgan.cli.benchmark.counts import at_least_one
from catgan.cli.verb import Result
from catgan.errors import CatganError

NAME = "data"
HELP = "Measure how many faces a second are rendered, read by training, or built from a recipe."
EPILOG = """examples:
  catgan benchmark data --render
  catgan benchmark data --render --size 64 128 --channels 3 --json -
  catgan benchmark data --data OUT/dual --recipe datasets/photos.yaml

Give one or more of --render, --data and --recipe. Close other programs first: they change the speeds."""

READS = ("data", "recipe")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--render", action="store_true", help="time the rendering of faces on one core")
    parser.add_argument("--data", metavar="DIR", help="time the batches that training reads of this data set")
    parser.add_argument("--recipe", metavar="RECIPE.yaml",
                        help="time a build of this recipe, in a folder that is then removed")
    parser.add_argument("--n", type=int, default=1000, metavar="N", help="faces a round (default: 1000)")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="default: 0")
    parser.add_argument("--size", type=int, nargs="+", default=[64, 128], metavar="S",
                        help="side lengths in pixels for --render (default: 64 128)")
    parser.add_argument("--channels", type=int, default=3, choices=(1, 3), help="1 grey, 3 colour (default: 3)")


def run(arguments: argparse.Namespace) -> Result:
    from catgan.benchmarks import ROUNDS
    from catgan.benchmarks import data as benchmark

    if not (arguments.render or arguments.data or arguments.recipe):
        raise CatganError("Nothing to measure. Give --render, --data DIR or --recipe RECIPE.yaml.")
    count = at_least_one("--n", arguments.n)
    result: dict[str, object] = {"faces_per_second": None, "batches_faces_per_second": None,
                                 "render_faces_per_second": None, "render": None}
    if arguments.render:
        speeds = benchmark.benchmark_render(count, arguments.size, arguments.channels, arguments.seed)
        result["render_faces_per_second"] = speeds[arguments.size[0]]["faces_per_second"]
        result["render"] = {str(size): speed for size, speed in speeds.items()}
        for size, speed in speeds.items():
            print(f"rendering {size} px on one core: {speed['faces_per_second']:,.0f} faces a second "
                  f"({speed['lowest']:,.0f} .. {speed['highest']:,.0f} in {ROUNDS} rounds of {count}); "
                  f"{speed['with_sampling']:,.0f} with the sampling of scenes")
    if arguments.data:
        read = benchmark.benchmark_batches(arguments.data, count, arguments.seed, arguments.channels)
        result["batches_faces_per_second"] = read
        print(f"batches of {arguments.data}: {read:,.0f} faces a second")
    if arguments.recipe:
        built = benchmark.benchmark_build(arguments.recipe)
        result["faces_per_second"] = built
        print(f"building {arguments.recipe}: {built:,.0f} faces a second")
    return result
