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
  catgan benchmark train --preset xs_64 --json -

data: --render times drawing faces on one core, --data the batches that training reads of a data set, --recipe a whole
build. train: steps of a training on faces that it draws itself, beside the same convolutions and dense layers alone.
Close other programs first; a figure is worth as much as the quiet it was taken in."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("part", choices=("data", "train"), help="what is measured")
    parser.add_argument("--n", type=int, default=1000, metavar="N", help="faces a round (default: 1000)")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="default: 0")
    data = parser.add_argument_group("data")
    data.add_argument("--render", action="store_true", help="faces drawn a second on one core")
    data.add_argument("--data", metavar="DIR", help="data set whose batches are read")
    data.add_argument("--recipe", metavar="RECIPE.yaml", help="recipe to build into a folder that is then removed")
    data.add_argument("--size", type=int, nargs="+", default=[64, 128], metavar="S",
                      help="sides of the faces that --render draws (default: 64 128)")
    data.add_argument("--channels", type=int, default=3, choices=(1, 3), help="1 grey, 3 colour (default: 3)")
    train = parser.add_argument_group("train")
    train.add_argument("--preset", default="xs_64", metavar="NAME", help="sizes of the networks (default: xs_64)")
    train.add_argument("--batch", type=int, default=64, metavar="B", help="faces a step (default: 64)")
    train.add_argument("--precision", default="auto", choices=("auto", "float32", "mixed_bfloat16"),
                       help="default: auto, the faster of the two on this machine")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    return _train(arguments) if arguments.part == "train" else _data(arguments)


def _data(arguments: argparse.Namespace) -> dict[str, Any]:
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
        read = benchmark.benchmark_batches(arguments.data, arguments.n, arguments.seed, arguments.channels)
        result["batches_faces_per_second"] = read
        print(f"batches of {arguments.data}: {read:,.0f} faces a second")
    if arguments.recipe:
        result["faces_per_second"] = benchmark.benchmark_build(arguments.recipe)
        print(f"building {arguments.recipe}: {result['faces_per_second']:,.0f} faces a second")
    return result


def _train(arguments: argparse.Namespace) -> dict[str, Any]:
    from catgan.training.benchmark import ROUNDS, benchmark_train

    if arguments.render or arguments.data or arguments.recipe:
        raise CatganError("'benchmark train' draws its own faces: --render, --data and --recipe belong to "
                          "'benchmark data'.")
    result = benchmark_train(arguments.preset, arguments.batch, arguments.n, arguments.seed, arguments.precision)
    print(f"training {result['preset']}, {result['engine']}, {result['precision']}, batch {result['batch_size']}: "
          f"{result['images_per_second']:,.1f} faces a second ({result['lowest']:,.1f} .. {result['highest']:,.1f} in "
          f"{ROUNDS} rounds)\n"
          f"{result['gmac_per_image']:.3f} x 10^9 multiply-adds a face, at {result['share_of_convolution_rate']:.2f} "
          f"of the rate that its layers reach alone; {100 * result['loader_share']:.1f} % of a step loads faces\n"
          f"first step after {result['first_step_seconds']:.1f} s, at most {result['peak_memory_mb']:,.0f} MB")
    return result
