"""Defines the command `catgan export-model`."""

from __future__ import annotations

import argparse

from catgan.cli.verb import Result

NAME = "export-model"
HELP = "Write a trained model for other programs: ONNX."
EPILOG = """examples:
  catgan export-model runs/00007-landmarks --to onnx --out OUT/onnx
  catgan export-model landmarks_rendered --to onnx --out web/models

Formats and the models that they hold:
  onnx  networks on landmarks, whole: from landmarks in pixels to calibrated probabilities. The file is named after
        the run, and its metadata holds the expressions, the set of landmarks, the rate and the length of clips.

Needs: pip install 'catgan[export]'."""

READS, WRITES = ("run_folder",), ("out",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", metavar="RUN", help="a run or a preset folder")
    parser.add_argument("--to", default="onnx", metavar="FORMAT", help="onnx (default)")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the file; made if it does not exist")


def run(arguments: argparse.Namespace) -> Result:
    from catgan.exporters.formats import FORMATS, export_model
    from catgan.models.gan.preset_folders import find_preset
    from catgan.models.loading import load_model

    preset = find_preset(arguments.run_folder)
    # Snapshots of a run are named best and last; the run names them apart.
    name = preset.parent.name if preset.name in ("best", "last") else preset.name
    paths = export_model(load_model(preset), arguments.out, arguments.to, name)
    for path in paths:
        print(f"{path}: {FORMATS[arguments.to].about} {path.stat().st_size / 1e6:.2f} MB")
    return {"format": arguments.to, "files": [str(path) for path in paths]}
