"""Defines the command `catgan sources`."""

from __future__ import annotations

import argparse
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from catgan.data.sources.layout import Layout

NAME = "sources"
HELP = "List the annotation layouts that recipes can name, and what each looks like on disk."
EPILOG = """examples:
  catgan sources
  catgan sources disfa
  catgan sources table          # any CSV, TSV or Parquet

Recipes with `people: true` read whole people (face, posture, gait, context), by readers of their own."""
PEOPLE = "\n=== In recipes with `people: true` ===\n"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("format", nargs="?", metavar="FORMAT", help="show this one in full")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    from catgan.data import sources
    from catgan.data.people import sources as people
    from catgan.errors import unknown_name

    asked = arguments.format
    known = {*sources.NAMES, *people.NAMES}
    if asked and asked not in known:
        raise unknown_name("annotation format", asked, known)
    found = {}
    for key, title, registry in (("sources", "", sources), ("people", PEOPLE, people)):
        names = [name for name in registry.NAMES if asked in (None, name)]
        if title and names:
            print(title)
        for name in names:
            print((_in_full if asked else _in_short)(name, registry))
        found[key] = {name: {"description": registry.description(name), **_facts(registry.layout(name))}
                      for name in names}
    return found


def _facts(layout: Layout) -> dict[str, Any]:
    return {"gives": layout.gives, "action_units": list(layout.action_units), "unknown": layout.unknown,
            "splits": layout.splits, "folds": len(layout.folds), "options": dict(layout.all_options),
            "terms": layout.terms}


def _in_short(name: str, registry: ModuleType) -> str:
    first = " ".join(registry.description(name).partition("\n\n")[0].split())
    layout = registry.layout(name)
    return f"{name:17}{first}\n{'':17}{_labels(layout)}; terms: {layout.terms}"


def _in_full(name: str, registry: ModuleType) -> str:
    layout = registry.layout(name)
    options = "".join(f"\n  {option}: {meaning}" for option, meaning in layout.all_options.items())
    folds = f"{len(layout.folds)} official folds" if layout.folds else ""
    splits = ", ".join(filter(None, (layout.splits, folds))) or "none"
    return (f"{registry.description(name)}\n\nLabels: {_labels(layout)}\nUnknown, and traps that are minded: "
            f"{layout.unknown}\nOfficial splits: {splits}\nTerms: {layout.terms}"
            f"{chr(10) + 'Options:' + options if options else ''}")


def _labels(layout: Layout) -> str:
    units = f" (AU {' '.join(map(str, layout.action_units))})" if layout.action_units else ""
    return f"{layout.gives}{units}"
