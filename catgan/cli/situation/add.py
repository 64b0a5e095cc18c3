"""`catgan situation add`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from catgan.cli.verb import Result

if TYPE_CHECKING:
    from catgan.modalities.observations import Observation

NAME = "add"
HELP = "Add one observed emotion, or a table of them, to a situational store."
EPILOG = """examples:
  catgan situation add OUT/situations.db --place street --time 2026-05-01T14:30 --emotion happiness
  catgan situation add OUT/situations.db --place ward --time 2026-05-01T14:30 --emotion sadness --weight 0.5 --id c1
  catgan situation add OUT/situations.db --table observations.csv
  catgan situation add OUT/new.db --table observations.parquet --emotions happy,angry,sad,neutral --half-life 30

A table has the columns place, time, emotion, and perhaps weight and id. After an error in a row, none is added.
The store is made if it does not exist. Several processes may add at once. An id counts once, however often it is added:
give ids where a command may be interrupted and repeated. A table without ids counts once as long as it does not change.
A time without a zone is in the zone of this computer."""

READS, WRITES = ("table",), ("store",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("store", metavar="STORE", help="file of the store, new or existing, on a local disk")
    parser.add_argument("--place", help="type of place, for example street")
    parser.add_argument("--time", metavar="T", help="when it was observed, for example 2026-05-01T14:30")
    parser.add_argument("--emotion", metavar="NAME", help="what was observed, one of the emotions of the store")
    parser.add_argument("--weight", type=float, metavar="W", help="how much it counts (default: 1)")
    parser.add_argument("--id", help="name of the observation (default: a new one)")
    parser.add_argument("--table", metavar="FILE", help="add the rows of a .csv or .parquet file instead")
    parser.add_argument("--emotions", metavar="NAME,NAME",
                        help="emotions of a new store (default: neutral and the six basic ones)")
    parser.add_argument("--half-life", type=float, metavar="DAYS",
                        help="days after which an observation counts half, of a new store (default: 90)")


def run(arguments: argparse.Namespace) -> Result:
    from catgan.modalities.situation_file import SituationFile, create, known_settings

    names = [name.strip() for name in arguments.emotions.split(",")] if arguments.emotions is not None else None
    settings = known_settings(arguments.store, names, arguments.half_life)
    observations = _observations(arguments, settings.emotions)
    if not Path(arguments.store).exists():
        create(arguments.store, settings)
    with SituationFile(arguments.store) as file:
        added = file.add(observations)
    known = len(observations) - added
    print(f"{arguments.store}: {added:,} added" + (f", {known:,} were there already" if known else ""))
    return {"store": arguments.store, "added": added, "already_there": known}


def _observations(arguments: argparse.Namespace, emotions: tuple[str, ...]) -> list[Observation]:
    """Reads the observations that the options name."""
    import uuid

    from catgan.errors import CatganError
    from catgan.modalities.observation_tables import read_observations
    from catgan.modalities.observations import observation

    single = {name: getattr(arguments, name) for name in ("place", "time", "emotion", "weight", "id")}
    if arguments.table is not None:
        given = [f"--{name}" for name, value in single.items() if value is not None]
        if given:
            raise CatganError(f"--table brings all observations. Leave out: {', '.join(given)}.")
        return read_observations(arguments.table, emotions)
    missing = [f"--{name}" for name in ("place", "time", "emotion") if single[name] is None]
    if missing:
        raise CatganError(f"An observation needs --place, --time and --emotion, or --table. Missing: "
                          f"{', '.join(missing)}.")
    weight = 1.0 if arguments.weight is None else arguments.weight
    name = uuid.uuid4().hex if arguments.id is None else arguments.id
    return [observation(arguments.place, arguments.time, arguments.emotion, name, emotions, weight=weight)]
