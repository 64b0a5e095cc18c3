"""`catgan situation show`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from catgan.cli.verb import Result

if TYPE_CHECKING:
    from catgan.modalities.situations import Expected

NAME = "show"
HELP = "Show how often emotions were observed at each place, and what to expect there."
EPILOG = """examples:
  catgan situation show OUT/situations.db
  catgan situation show OUT/situations.db --place street --plot street.png
  catgan situation show OUT/situations.db --place street --time 2026-05-01T14:30 --json -

Each emotion has the expected probability and its 95 % interval. Older observations count less (half after the store's
half-life). The hour of the weekday of --time is used; where little was observed then, the place over all times counts,
and where little was observed there, all places."""

READS, WRITES = ("store",), ("plot",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("store", metavar="STORE", help="file of the store")
    parser.add_argument("--place", help="only this place (default: each place, and all together)")
    parser.add_argument("--time", metavar="T", help="at this hour of this weekday, for example 2026-05-01T14:30")
    parser.add_argument("--plot", metavar="FILE.png", help="draw the expected emotions and the observations by time")


def run(arguments: argparse.Namespace) -> Result:
    import time
    from dataclasses import asdict

    from catgan.errors import CatganError
    from catgan.modalities.observations import parse_time
    from catgan.modalities.situation_file import SituationFile
    from catgan.modalities.situations import WEEKDAYS, expected

    if arguments.plot and not arguments.plot.lower().endswith(".png"):
        raise CatganError(f"Plots are written as .png. Received: {arguments.plot}.")
    when = parse_time(arguments.time) if arguments.time is not None else None
    now = time.time()
    with SituationFile(arguments.store) as file:
        file.check()
        places = [arguments.place] if arguments.place is not None or when else [*file.places(), None]
        shown = [expected(file, place, when, now=now) for place in places]
        cells, settings = file.cells(now, arguments.place), file.settings
    for line in _lines(shown):
        print(line)
    if arguments.plot:
        from catgan.modalities.situation_plot import draw_situations

        draw_situations(arguments.plot, shown, cells)
        print(f"{arguments.plot}: drawn")
    return {"store": arguments.store, "half_life": settings.half_life, "prior": settings.prior,
            "situations": [each.to_dict() for each in shown],
            "cells": [{**asdict(cell), "weekday": WEEKDAYS[cell.weekday]} for cell in cells]}


def _lines(shown: Sequence[Expected]) -> list[str]:
    """Formats situations as a table: a line each, with the expected share of each emotion and its interval."""
    head = ["place and time", "count", "weight", *shown[0].emotions]
    rows = [[each.situation, f"{each.count:,}", f"{each.weight:.1f}",
             *(f"{value:.2f} ({low:.2f}-{high:.2f})" for value, low, high in zip(each.distribution, *each.interval()))]
            for each in shown]
    widths = [max(map(len, column)) for column in zip(head, *rows)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in (head, *rows)]
