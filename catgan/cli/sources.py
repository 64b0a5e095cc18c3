"""`catgan sources`."""

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

    names = [arguments.format] if arguments.format else sorted(sources.READERS)
    texts = {name: sources.description(name) for name in names}
    for name, text in texts.items():
        first = " ".join(text.partition("\n\n")[0].split())
        print(text if arguments.format else f"{name:16}{first}")
    return {"sources": texts}
