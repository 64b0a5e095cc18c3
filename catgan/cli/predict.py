"""`catgan predict`."""

from __future__ import annotations

import argparse
from typing import Any

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)  # those of catgan.gan.calibration, which loads Keras

NAME = "predict"
HELP = "Read Action Units, valence and arousal off photographs, with uncertainty and realness."
EPILOG = """examples:
  catgan predict runs/00000-joint-64 photo.jpg
  catgan predict runs/00000-joint-64 *.jpg --json readings.json
  catgan predict runs/00000-joint-64 photo.jpg --interval 0.9

The largest face of every photograph is read. A photograph without a face is reported and makes the exit code 2, after
all the others were read. A standard deviation follows every ±. --interval 0.9 gives in brackets where the truth of nine
in ten faces like those of the validation split lies."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", metavar="RUN", help="a run or a preset folder")
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="photographs")
    parser.add_argument("--interval", type=float, choices=LEVELS, metavar="P",
                        help=f"also the interval that holds this share of the truth: {', '.join(map(str, LEVELS))}")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    import numpy as np

    from catgan.errors import CatganError
    from catgan.gan.model import CatGAN

    gan = CatGAN.from_preset(arguments.run_folder)
    faces, failures = align_all(arguments.images, gan.network.image_size)
    columns = gan.read(np.stack([face.image for face in faces.values()])) if faces else {}
    if faces and arguments.interval:
        columns |= gan.calibration.intervals(columns, arguments.interval, gan.spec)
    rows = [{"image": path, **{name: plain(values[index]) for name, values in columns.items()}}
            for index, path in enumerate(faces)]
    for row in rows:
        print(describe(row))
    if failures:
        raise CatganError("; ".join(failures))
    return {"predictions": rows}


def align_all(paths: list[str], size: int) -> tuple[dict[str, Any], list[str]]:
    """The aligned largest face of every photograph, and a line for each that has none."""
    from catgan.errors import CatganError
    from catgan.faces.alignment import find_face
    from catgan.faces.images import read_image
    from catgan.faces.landmarks import FaceLandmarker

    faces, failures = {}, []
    with FaceLandmarker() as landmarker:
        for path in paths:
            try:
                faces[path], _ = find_face(read_image(path), landmarker, size)
            except CatganError as error:
                failures.append(str(error) if path in str(error) else f"{path}: {error}")
    return faces, failures


def plain(value: Any) -> Any:
    """A number or text that JSON can hold, numbers to four digits."""
    return value if isinstance(value, str) else round(float(value), 4)


def describe(row: dict[str, Any]) -> str:
    """One reading in one line."""
    parts = [_value(row, name) for name in row if name != "image" and not name.endswith(("_std", "_low", "_high"))]
    return f"{row['image']}: {'  '.join(parts)}"


def _value(row: dict[str, Any], name: str) -> str:
    if isinstance(row[name], str):
        return f"{name} {row[name]}"
    text = f"{name} {row[name]:.2f}"
    if f"{name}_std" in row:
        text += f"±{row[name + '_std']:.2f}"
    if f"{name}_low" in row:
        text += f" ({row[name + '_low']:.2f}..{row[name + '_high']:.2f})"
    return text
