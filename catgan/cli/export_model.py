"""Defines the command `catgan export-model`."""

from __future__ import annotations

import argparse
from pathlib import Path

from catgan.cli.verb import Result

NAME = "export-model"
HELP = "Write a trained model for other programs: ONNX, Keras, TensorFlow SavedModel, LiteRT, Hugging Face Hub."
EPILOG = """examples:
  catgan export-model faces_64 --to onnx --out OUT/onnx
  catgan export-model faces_64 --to onnx --float16 --out OUT/onnx
  catgan export-model faces_64 --to litert --float16 --part predictor --out OUT/phone
  catgan export-model faces_64 --to saved_model --out OUT/serving
  catgan export-model runs/00007-landmarks --to onnx --out web/models
  catgan export-model runs/00012-joint-64 --to huggingface --out OUT/hub --push ORGANISATION/NAME --private

Models of faces are written in parts: predictor (reads labels), generator (draws faces), editor (changes labels). Beside
each file lies its description, FILE.json: names, shapes, units and ranges of inputs and outputs, labels in order,
thresholds, calibration, how a face is cropped. Other models are written whole. Files are named after the run.

Formats and the models that they hold:
  onnx         faces, for onnxruntime, opset 18; networks on landmarks, whole: from landmarks in pixels to calibrated
               probabilities
  litert       faces: .tflite files, which phones, small computers and browsers run; --float16 halves them
  saved_model  faces: folders that TensorFlow and TensorFlow Serving load; the signature is serving_default
  keras        faces: .keras files of plain Keras layers, which load without catgan
  huggingface  faces: a folder for the Hugging Face Hub: safetensors weights, config.json, model card. --push uploads
               the model; afterwards hf://ORGANISATION/NAME works wherever a command takes RUN

onnx needs: pip install 'catgan[export]'; huggingface: pip install 'catgan[hub]'."""

READS, WRITES = ("run_folder",), ("out",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", metavar="RUN", help="a run, a preset or hf://ORGANISATION/NAME")
    parser.add_argument("--to", default="onnx", metavar="FORMAT",
                        help="onnx (default), litert, saved_model, keras or huggingface")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the files; made if it does not exist")
    parser.add_argument("--part", action="append", metavar="NAME",
                        help="predictor, generator or editor; may be given several times (default: all that it has)")
    parser.add_argument("--float16", "--half", action="store_true", dest="half",
                        help="store weights in 16 bits, in formats that can")
    parser.add_argument("--push", metavar="ORGANISATION/NAME",
                        help="with --to huggingface: upload the model to this repository of the hub")
    parser.add_argument("--private", action="store_true", help="with --push: a new repository is private")
    parser.add_argument("--licence", metavar="SPDX", help="with --to huggingface: its licence, such as apache-2.0")


def run(arguments: argparse.Namespace) -> Result:
    from catgan.exporters.formats import FORMATS, Options, export_model
    from catgan.models.gan.model import CatGAN
    from catgan.models.gan.preset_facts import preset_name
    from catgan.models.gan.preset_folders import find_preset
    from catgan.models.loading import load_model

    _check_hub_options(arguments)
    preset = find_preset(arguments.run_folder)
    options = Options(tuple(arguments.part) if arguments.part else None, arguments.half, preset, arguments.licence)
    model = load_model(preset)
    paths = export_model(model, arguments.out, arguments.to, preset_name(preset), options)
    for path in paths:
        print(f"{path}: {_size(path) / 1e6:.2f} MB")
    print(FORMATS[arguments.to].about)
    result: dict[str, object] = {"format": arguments.to, "files": [str(path) for path in paths]}
    if arguments.push and isinstance(model, CatGAN):
        result["address"] = model.push_to_hub(arguments.push, arguments.private, arguments.half, arguments.licence)
        print(f"uploaded: {result['address']}")
    return result


def _check_hub_options(arguments: argparse.Namespace) -> None:
    """Refuses options of the hub with other formats, and wrong addresses, before any work."""
    from catgan.errors import CatganError
    from catgan.models.hub.addresses import load_hub, parse

    given = [name for name in ("push", "licence") if getattr(arguments, name)]
    if given and arguments.to != "huggingface":
        raise CatganError(f"--{given[0]} goes with --to huggingface. Received: --to {arguments.to}.")
    if arguments.private and not arguments.push:
        raise CatganError("--private goes with --push.")
    if arguments.push:
        parse(arguments.push)
        load_hub()


def _size(path: Path) -> int:
    """Returns the bytes of a file, or of all files of a folder."""
    return sum(one.stat().st_size for one in [path, *path.rglob("*")] if one.is_file())
