"""Defines the command `catgan export`."""

from __future__ import annotations

import argparse
from typing import Any

NAME = "export"
HELP = "Write a data set in another format: Hugging Face, TFRecord, a folder of pictures, CSV."
EPILOG = """examples:
  catgan export OUT/dual --to huggingface --out OUT/dual-hf     datasets.load_dataset("OUT/dual-hf")
  catgan export OUT/dual --to tfrecord --out OUT/dual-tf        tf.data, with a reading example in README.md
  catgan export OUT/dual --to imagefolder --out OUT/dual-png    SPLIT/ID.png and SPLIT/metadata.csv
  catgan export OUT/dual --to csv --out OUT/dual-csv            labels.csv and what its columns mean, no pictures

Unknown labels stay unknown: null, an empty list or an empty cell. The folder is there once everything is written."""

READS, WRITES = ("folder",), ("out",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", help="a data set")
    parser.add_argument("--to", required=True, metavar="FORMAT", help="huggingface, tfrecord, imagefolder or csv")
    parser.add_argument("--out", required=True, metavar="DIR", help="a new or empty folder")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    from catgan.data.export import export

    result = export(arguments.folder, arguments.to, arguments.out)
    print(f"{result['out']}: {result['faces']:,} faces as {result['to']}, {result['files']:,} files")
    return result
