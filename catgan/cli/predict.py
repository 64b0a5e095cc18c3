"""`catgan predict`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from catgan.pipelines.predictions import Choice

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)  # those of catgan.gan.calibration, which loads Keras

NAME = "predict"
HELP = "Read Action Units, valence and arousal off photographs, with uncertainty and realness."
EPILOG = """examples:
  catgan predict faces_64 photo.jpg
  catgan predict faces_64 photos/ --face all --out readings.csv
  catgan predict runs/00000-joint-64 *.jpg --json readings.json
  catgan predict runs/00000-joint-64 photo.jpg --interval 0.9

Folders are searched for photographs, with the folders in them; what is skipped there is counted. The largest face of
every photograph is read; --face 1 reads the second largest, --face all reads all. A photograph without such a face is
reported and makes the exit code 2, after all the others were read; --json lists the failures.
A standard deviation follows every ±. --interval 0.9 gives in brackets where the truth of nine in ten faces like those
of the validation split lies.
--out writes a row per face instead of printing it: image, face, box (left, top, width, height, in pixels), pose (yaw,
pitch, roll, in degrees), every label with its standard deviation, and realness."""

READS, PICTURES, WRITES = ("run_folder",), ("images",), ("out",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", metavar="RUN", help="a run or a preset folder")
    parser.add_argument("images", nargs="+", metavar="PHOTO|FOLDER", help="photographs, and folders of them")
    parser.add_argument("--face", default="0", metavar="N",
                        help="which face, the largest being 0, or 'all' (default: 0)")
    parser.add_argument("--interval", type=float, choices=LEVELS, metavar="P",
                        help=f"also the interval that holds this share of the truth: {', '.join(map(str, LEVELS))}")
    parser.add_argument("--out", metavar="TABLE.csv|TABLE.parquet", help="write a table, one row per face")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    from catgan.errors import PartialError
    from catgan.faces.collection import skipped_line
    from catgan.gan.model import CatGAN
    from catgan.pipelines.predict import predict_files

    face, rows = choice(arguments.face), list[dict[str, Any]]()

    def show(batch: Any) -> None:
        readings = [{name: plain(value) for name, value in row.items()} for row in batch.to_pylist()]
        for reading in () if arguments.out else readings:
            print(describe(reading))
        if arguments.json:  # else memory would grow with the number of photographs
            rows.extend(readings)

    outcome = predict_files(CatGAN.from_preset(arguments.run_folder), arguments.images, show, face=face,
                            interval=arguments.interval, out=arguments.out)
    if arguments.out and outcome.faces:
        print(f"{arguments.out}: {outcome.faces} faces")
    if outcome.skipped:
        print(skipped_line(outcome.skipped))
    result = {"predictions": rows, "failures": [failure.to_dict() for failure in outcome.failures],
              "skipped": dict(outcome.skipped)}
    if outcome.failures:
        raise PartialError(outcome.failures, result)
    return result


def choice(text: str) -> Choice:
    """The face that the command line names."""
    from catgan.errors import CatganError

    if text == "all":
        return "all"
    if not (text.isascii() and text.isdecimal()):
        raise CatganError(f"--face takes a number from 0, the largest being 0, or 'all'. Received: '{text}'.")
    return int(text)


def plain(value: Any) -> Any:
    """A value that JSON can hold, numbers to four digits."""
    return round(value, 4) if isinstance(value, float) else value


def describe(row: dict[str, Any]) -> str:
    """One reading in one line."""
    from catgan.pipelines.predictions import KEYS

    parts = [_value(row, name) for name in row if name not in KEYS and not name.endswith(("_std", "_low", "_high"))]
    number = f", face {row['face']}" if row["face"] else ""
    return f"{row['image']}{number}: {'  '.join(parts)}"


def _value(row: dict[str, Any], name: str) -> str:
    if isinstance(row[name], str):
        return f"{name} {row[name]}"
    text = f"{name} {row[name]:.2f}"
    if f"{name}_std" in row:
        text += f"±{row[name + '_std']:.2f}"
    if f"{name}_low" in row:
        text += f" ({row[name + '_low']:.2f}..{row[name + '_high']:.2f})"
    return text
