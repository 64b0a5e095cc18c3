"""Defines the command `catgan sources`."""

from __future__ import annotations

import argparse
from typing import Any

NAME = "sources"
HELP = "List the annotation layouts that recipes can name, and what each looks like on disk."
EPILOG = """examples:
  catgan sources
  catgan sources disfa
  catgan sources table          # any CSV, TSV or Parquet"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("format", nargs="?", metavar="FORMAT", help="show this one in full")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    from catgan.data import sources

    names = [arguments.format] if arguments.format else list(sources.NAMES)
    for name in names:
        print(_in_full(name) if arguments.format else _in_short(name))
    return {"sources": {name: {"description": sources.description(name), **_facts(name)} for name in names}}


def _facts(name: str) -> dict[str, Any]:
    from catgan.data import sources

    layout = sources.layout(name)
    return {"gives": layout.gives, "action_units": list(layout.action_units), "unknown": layout.unknown,
            "splits": layout.splits, "folds": len(layout.folds), "options": dict(layout.all_options),
            "terms": layout.terms}


def _in_short(name: str) -> str:
    from catgan.data import sources

    first = " ".join(sources.description(name).partition("\n\n")[0].split())
    return f"{name:17}{first}\n{'':17}{_labels(name)}; terms: {_facts(name)['terms']}"


def _in_full(name: str) -> str:
    from catgan.data import sources

    facts = _facts(name)
    options = "".join(f"\n  {option}: {meaning}" for option, meaning in facts["options"].items())
    folds = f"{facts['folds']} official folds" if facts["folds"] else ""
    splits = ", ".join(filter(None, (facts["splits"], folds))) or "none"
    return (f"{sources.description(name)}\n\nLabels: {_labels(name)}\nUnknown, and traps that are minded: "
            f"{facts['unknown']}\nOfficial splits: {splits}\nTerms: {facts['terms']}"
            f"{chr(10) + 'Options:' + options if options else ''}")


def _labels(name: str) -> str:
    facts = _facts(name)
    units = f" (AU {' '.join(map(str, facts['action_units']))})" if facts["action_units"] else ""
    return f"{facts['gives']}{units}"
