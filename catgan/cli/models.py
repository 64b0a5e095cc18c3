"""`catgan models`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from catgan.cli.verb import Result

if TYPE_CHECKING:
    from catgan.metrics.figures import Figures

NAME = "models"
HELP = "List the presets that come with catgan and the model files that it needs, or fetch a file."
EPILOG = """examples:
  catgan models
  catgan models fetch face_landmarker
  catgan models fetch pose_landmarker
  catgan models fetch selfie_segmenter
  catgan models fetch hf://ORGANISATION/NAME@v1       a model of the Hugging Face Hub, to use it offline later"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=("fetch",), help="download a model file into the cache")
    parser.add_argument("name", nargs="?", metavar="NAME",
                        help="which one: face_landmarker (faces), pose_landmarker (postures and gaits), "
                             "selfie_segmenter (surroundings without persons), or hf://ORGANISATION/NAME[@REVISION]")


def run(arguments: argparse.Namespace) -> Result:
    from catgan.errors import CatganError
    from catgan.faces import model_files
    from catgan.models.gan.preset_folders import packaged_presets
    from catgan.models.hub.addresses import is_address
    from catgan.models.hub.download import download
    from catgan.models.loading import describe_preset

    if arguments.action:
        if arguments.name is None:
            raise CatganError(f"Name the model to fetch: {', '.join(model_files.MODELS)}.")
        path = download(arguments.name) if is_address(arguments.name) else model_files.fetch(arguments.name)
        print(f"{arguments.name}: {path}")
        return {"name": arguments.name, "path": str(path)}
    models = []
    for name, wanted in model_files.MODELS.items():
        found = model_files.locate(name)
        models.append({"name": name, "path": str(found) if found else None, "size": wanted.size,
                       "purpose": wanted.purpose, "licence": wanted.licence, "url": wanted.url,
                       "sha256": wanted.sha256})
        where = found or f"not here; catgan models fetch {name}"
        print(f"{name}: {where} ({wanted.size / 1e6:.1f} MB, {wanted.licence}, for {wanted.purpose})")
    presets = [describe_preset(name) for name in packaged_presets()]
    for preset in presets:
        print(_line(preset))
    return {"models": models, "presets": presets}


def _line(preset: Figures) -> str:
    """Describes a preset in one line."""
    units = sum(name.startswith("AU") for name in preset["labels"])
    labels = [f"{units} Action Units"] if units else []
    labels += [name for name in preset["labels"] if not name.startswith("AU")]
    reads = f"faces of {preset['image_size']} px"
    if preset["kind"] == "clips":
        causal = "causal" if preset["causal"] else "not causal"
        reads = (f"clips of {preset['image_size']} px ({preset['temporal']}, {preset['rate']:g} frames a second, "
                 f"windows of {preset['window']:g} s, {causal})")
    if preset["kind"] == "landmarks":
        labels = preset["expressions"]
        reads = (f"landmarks in clips ({preset['temporal']}, {preset['rate']:g} frames a second, windows of "
                 f"{preset['window']:g} s)")
    if preset["kind"] == "people":
        labels = [*preset["expressions"], *preset["labels"], *preset["categories"]]
        reads = f"people ({', '.join(preset['modalities'])}; {preset['fusion']} fusion)"
    return f"{preset['name']}: preset of {reads}: {', '.join(labels)}"
