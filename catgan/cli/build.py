"""Defines the command `catgan build`."""

from __future__ import annotations

import argparse
from typing import Any

from catgan.errors import CatganError

NAME = "build"
HELP = "Merge annotated photographs into one dual-label data set."
EPILOG = """examples:
  catgan build datasets/photos.yaml --out OUT/dual
  catgan build datasets/photos.yaml --set image_size=32 --out OUT/dual32
  catgan build my.yaml --out OUT/mine --workers 8
  catgan build my.yaml --out /shared/mine --engine ray --address auto    # all machines of a Ray cluster
  catgan build my.yaml --dry-run

A recipe that says `people: true` makes a data set of people (face, posture, gait, context): docs/people.md.

Frames of videos, as of CAER, RAVDESS, Aff-Wild2 or a table of your own videos, make a data set of clips: docs/clips.md.

A build that was interrupted goes on with the same command; a finished one is left as it is."""

READS, WRITES = ("recipe",), ("out",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", metavar="RECIPE.yaml", help="which annotated photographs, and how to merge them")
    parser.add_argument("--out", metavar="DIR", help="folder of the data set")
    parser.add_argument("--set", action="append", default=[], metavar="KEY.KEY=VALUE", dest="assignments",
                        help="change one value of the recipe; may be given several times")
    parser.add_argument("--dry-run", action="store_true",
                        help="read the annotations; print counts, missing files and, for each label, the lowest and "
                             "highest value and how many rows know it; write nothing")
    parser.add_argument("--engine", default="local", metavar="{local,ray}",
                        help="processes of this machine (default), or Ray: here, or on a cluster")
    parser.add_argument("--address", metavar="ADDRESS", help="a Ray cluster, which must see DIR and the images too")
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: one per core)")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    from catgan.data.builder.build import build
    from catgan.data.builder.dry_run import dry_run
    from catgan.data.builder.recipe import read_recipe
    from catgan.data.people import recipe as people_recipe
    from catgan.data.people.dry_run import dry_run as dry_run_of_people

    people = people_recipe.is_of_people(arguments.recipe)
    if arguments.dry_run:
        counts = (dry_run_of_people(people_recipe.read_recipe(arguments.recipe, arguments.assignments)) if people
                  else dry_run(read_recipe(arguments.recipe, arguments.assignments)))
        for name, source in counts["sources"].items():
            print(_described(name, source))
        return counts
    if not arguments.out:
        raise CatganError("Where to? Give --out DIR, or --dry-run to look only.")
    if people:
        return _people(arguments)
    result = build(read_recipe(arguments.recipe, arguments.assignments), arguments.out, arguments.workers,
                   arguments.engine, arguments.address)
    if result["already_complete"]:
        print(f"{result['folder']}: already complete, {result['faces']} faces")
        return result
    rejected = ", ".join(f"{count} {reason}" for reason, count in result["rejected"].items())
    print(f"{result['input_rows']} rows = {result['used_rows']} used + {result['rejected_rows']} rejected"
          f"{f' ({rejected})' if rejected else ''}")
    print(f"{result['faces']} faces, {result['merged_rows']} rows merged into another row's face, "
          f"{result['conflicts']} conflicting labels; in {result['seconds']:.0f} s")
    if result["unknown_labels"]:
        print(f"of no face is known: {', '.join(result['unknown_labels'])}; see card.md and conflicts.parquet")
    for folder in result.get("folds", [result["folder"]]):
        print(f"{folder}: see card.md")
    return result


def _people(arguments: argparse.Namespace) -> dict[str, object]:
    """Builds a data set of people."""
    from catgan.data.people.build import build_people
    from catgan.data.people.recipe import read_recipe

    if arguments.engine != "local" or arguments.address:
        raise CatganError("A recipe of people is built by processes of this machine: leave --engine and --address out. "
                          f"Received: --engine {arguments.engine}.")
    result = build_people(read_recipe(arguments.recipe, arguments.assignments), arguments.out, arguments.workers)
    if result["already_complete"]:
        print(f"{result['folder']}: already complete, {result['used_rows']} people")
        return result
    rejected = ", ".join(f"{count} {reason}" for reason, count in result["rejected"].items())
    print(f"{result['input_rows']} rows = {result['used_rows']} people + {result['rejected_rows']} rejected"
          f"{f' ({rejected})' if rejected else ''}; in {result['seconds']:.0f} s")
    print(f"{result['folder']}: see card.md")
    return result


def _range(figures: dict[str, Any]) -> str:
    """Formats the number of rows with a known label, and its range or the counts of its classes."""
    values = (", ".join(f"{name} {count:,}" for name, count in figures["classes"].items()) if "classes" in figures
              else f"{figures['minimum']:.4g} to {figures['maximum']:.4g}")
    return f"{figures['known']:,} known ({100 * figures['share_known']:.4g} %), {values}"


def _described(name: str, source: dict[str, Any]) -> str:
    rejected = ", ".join(f"{count} {reason}" for reason, count in source["rejected"].items())
    lines = [f"{name} ({source['format']}): {source['rows']:,} rows, {source['labelled']:,} with labels"
             f"{f', rejected: {rejected}' if rejected else ''}; {source['subjects']:,} subjects, "
             f"{source['videos']:,} videos",
             *(f"  {label}: {_range(figures)}" for label, figures in source["ranges"].items()),
             *(f"  warning: {text}" for text in source["warnings"])]
    if source["several_people"]:
        lines.append(f"  {source['several_people']:,} pictures have rows of several subjects without boxes; such rows "
                     "are rejected. The option `box` of a table says which face each means")
    if source["missing_files"]:
        more = " ..." if source["missing_files"] > len(source["missing"]) else ""
        lines.append(f"  {source['missing_files']:,} files are missing: {', '.join(source['missing'])}{more}")
    return "\n".join(lines)
