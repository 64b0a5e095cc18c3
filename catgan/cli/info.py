"""Defines the command `catgan info`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catgan.errors import CatganError

if TYPE_CHECKING:
    from catgan.metrics.figures import Figures
    from catgan.models.landmarks.model import LandmarkRecogniser
    from catgan.models.multimodal.model import FusionRecogniser
    from catgan.models.sequence.model import ClipRecogniser

NAME = "info"
HELP = "Show what a data set, a run or a preset folder holds, or how large the networks of a name are."
EPILOG = """examples:
  catgan info OUT/dual
  catgan info OUT/dual --card      # writes card.md and its figures again, from dataset.json and the shards
  catgan info runs/00000-joint-64
  catgan info faces_64
  catgan info runs/00003-clips-both
  catgan info runs/00007-landmarks
  catgan info runs/00009-people
  catgan info xs_64

Multiply-adds are those of one forward pass over one face. A folder of a name goes before networks of that name, whose
sizes are counted for the 17 Action Units of the face model, valence and arousal. Of a model of clips it is told how it
reads videos: frames a second, window and delay; of a network on landmarks also how many landmarks it reads, and what
all of its binaries, and one alone, need; of a model of several modalities, what each of them needs."""

READS = ("folder",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR|RUN|NAME",
                        help="a data set, a run, a preset, a model on the hub, or networks by name")
    parser.add_argument("--card", action="store_true", help="write the card of a data set again")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    from catgan.models.hub.addresses import is_address

    folder = Path(arguments.folder)
    if arguments.card:
        from catgan.data.card.rewriting import write_card

        result: dict[str, Any] = {"card": str(write_card(folder))}
    elif (folder / "dataset.json").is_file():
        result = _dataset(folder)
    else:
        result = _model(folder) if folder.exists() or is_address(folder) else _named(arguments.folder)
    for name, value in result.items():
        print(f"{name}: {', '.join(map(str, value)) if isinstance(value, (list, tuple)) else value}")
    return result


def _dataset(folder: Path) -> dict[str, Any]:
    from catgan.data.store import load_dataset

    dataset = load_dataset(folder)
    result = {"data_set": dataset.info["name"], "image_size": dataset.image_size, "faces": len(dataset),
              **{f"faces_{split}": count for split, count in dataset.info["counts"]["splits"].items()},
              "labels": list(dataset.spec.columns), "sources": [source["name"] for source in dataset.info["sources"]]}
    if "completed" in dataset.info:
        completed = dataset.info["completed"]
        result |= {"completed_by": completed["run"], "completed_columns": completed["columns"]}
    return {**result, "hash": dataset.info["hash"]}


def _model(folder: Path) -> dict[str, Any]:
    from catgan.models.gan.preset_folders import find_preset
    from catgan.models.landmarks.model import LandmarkRecogniser
    from catgan.models.loading import load_model
    from catgan.models.multimodal.model import FusionRecogniser
    from catgan.models.sequence.model import ClipRecogniser
    from catgan.training.run import read_stats

    preset = find_preset(folder)
    model = load_model(preset)
    sizes = (_landmark_sizes(model) if isinstance(model, LandmarkRecogniser) else
             _people_sizes(model) if isinstance(model, FusionRecogniser) else
             _clip_sizes(model) if isinstance(model, ClipRecogniser) else _sizes(model))
    result = {"preset": str(preset), **sizes}
    stats = read_stats(folder)
    if stats:
        result |= {"faces_seen": stats[-1]["images"], "finished": stats[-1]["finished"]}
    return result


def _named(name: str) -> dict[str, Any]:
    from catgan.data.render import SPEC
    from catgan.labels import LabelSpec
    from catgan.models.gan.architectures import ARCHITECTURES
    from catgan.models.gan.model import CatGAN
    from catgan.models.gan.preset_folders import packaged_presets

    if name in packaged_presets():
        return _model(Path(name))
    if name not in ARCHITECTURES:
        raise CatganError(f"No such folder: {name}. Give a data set, a run or a preset folder, one of the presets that "
                          f"come with catgan: {', '.join(packaged_presets())}, or networks by name: "
                          f"{', '.join(ARCHITECTURES)}.")
    return {"preset": name, **_sizes(CatGAN(ARCHITECTURES[name], LabelSpec(SPEC.action_units, SPEC.scale, True)))}


def _sizes(gan: Any) -> dict[str, Any]:
    from catgan.models.cost import multiply_adds

    networks = {"generator": gan.generator, "discriminator": gan.discriminator,
                **({} if gan.editor is None else {"editor": gan.editor})}
    return {"image_size": gan.network.image_size, "channels": gan.network.channels, "labels": list(gan.spec.columns),
            "scale": gan.spec.scale, "precision": gan.precision,
            **{f"{name}_parameters": network.count_params() for name, network in networks.items()},
            **{f"{name}_multiply_adds": multiply_adds(network) for name, network in networks.items()}}


def _clip_sizes(model: ClipRecogniser) -> Figures:
    from catgan.models.cost import multiply_adds
    from catgan.pipelines.clips import describe_reading

    return {**describe_reading(model), "image_size": model.network.image_size, "channels": model.network.channels,
            "labels": list(model.spec.columns), "expressions": list(model.spec.expressions),
            "scale": model.spec.scale, "precision": model.precision,
            "trunk_parameters": model.trunk.count_params(), "temporal_parameters": model.temporal.count_params(),
            "trunk_multiply_adds": multiply_adds(model.trunk)}


def _landmark_sizes(model: LandmarkRecogniser) -> Figures:
    from catgan import config
    from catgan.models.landmarks.cost import cost_of
    from catgan.pipelines.landmark_rows import describe_landmark_reading

    whole = cost_of(model)
    result = {**describe_landmark_reading(model), "expressions": list(model.classes), "joint": model.landmarks.joint,
              "shape": config.to_mapping(model.shape), "parameters": whole.parameters,
              "multiply_adds": whole.multiply_adds}
    if not model.landmarks.joint:
        costs = {name: cost_of(model, name) for name in model.classes}
        result |= {"landmarks_each": [int((row >= 0).sum()) for row in model.points],
                   "parameters_each": [cost.parameters for cost in costs.values()],
                   "multiply_adds_each": [cost.multiply_adds for cost in costs.values()]}
    return result


def _people_sizes(model: FusionRecogniser) -> Figures:
    costs = model.cost
    return {"kind": "people", "modalities": list(model.modalities), "fusion": model.config.fusion,
            "attention": model.config.attention, "gait": model.config.gait, "expressions": list(model.classes),
            "labels": list(model.dimensions), "categories": list(model.categories),
            **{f"{part}_parameters": cost.parameters for part, cost in costs.items()},
            **{f"{part}_multiply_adds": cost.multiply_adds for part, cost in costs.items()}}
