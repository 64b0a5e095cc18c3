"""Defines the command `catgan view`."""

from __future__ import annotations

import argparse
from typing import Any

NAME = "view"
HELP = "Draw the faces of a data set that match a query on one sheet."
EPILOG = """examples:
  catgan view OUT/dual --out sheet.png
  catgan view OUT/dual --where 'AU12>=3 and valence<0' --out smiles.html
  catgan view OUT/dual --where 'not expression=sadness and (AU4_present=1 or AU1_present=1)' --split test --out s.png
  catgan view OUT/dual --where 'AU12 is unknown and subject="disfa/SN 001"' -n 20 --seed 1 --out u.png

A query compares columns with values or with each other (= != < <= > >=, 'between A and B', 'in (A, B)', "like 'A%'")
and asks 'COLUMN is known' or 'COLUMN is unknown'; and, or, not and parentheses join. Number columns can be calculated
with: 'AU06 + AU12 > 4', with spaces. A comparison with an unknown label is neither true nor false; only faces for which
the query is true are shown."""

READS, WRITES = ("folder",), ("out",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", help="a data set")
    parser.add_argument("--where", metavar="QUERY", help="which faces (default: all)")
    parser.add_argument("--split", default="all", help="train, validation, test or all (default)")
    parser.add_argument("-n", type=int, default=60, metavar="N", help="at most so many faces, at random (default: 60)")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="of the draw (default: 0)")
    parser.add_argument("--out", required=True, metavar="FILE", help="the sheet: FILE.png or FILE.html")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    from catgan.data.view import view

    result = view(arguments.folder, arguments.where, arguments.split, arguments.n, arguments.seed, out=arguments.out)
    found = f"{result['matches']:,} of {result['faces']:,} faces match"
    print(f"{result['out']}: {found}, {result['shown']:,} shown" if result["out"] else f"{found}; nothing is written")
    return {**result}
