"""`catgan build`."""

from __future__ import annotations

import argparse
from typing import Any

NAME = "build"
HELP = "Merge annotated photographs into one dual-label data set."
EPILOG = """examples:
  catgan build datasets/photos.yaml --out OUT/dual
  catgan build my.yaml --out OUT/mine --workers 8

A build that was interrupted goes on with the same command; a finished one is left as it is."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", metavar="RECIPE.yaml", help="which annotated photographs, and how to merge them")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the data set")
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: one per core)")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    from catgan.data.build import build

    result = build(arguments.recipe, arguments.out, arguments.workers)
    if result["already_complete"]:
        print(f"{result['folder']}: already complete, {result['faces']} faces")
        return result
    rejected = ", ".join(f"{count} {reason}" for reason, count in result["rejected"].items())
    print(f"{result['input_rows']} rows = {result['used_rows']} used + {result['rejected_rows']} rejected"
          f"{f' ({rejected})' if rejected else ''}")
    print(f"{result['faces']} faces, {result['merged_rows']} rows merged into another row's face, "
          f"{result['conflicts']} conflicting labels; in {result['seconds']:.0f} s")
    print(f"{result['folder']}: see card.md")
    return result
