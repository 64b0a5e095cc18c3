"""Writes the parts of a `CatGAN` as ONNX files: predictor, generator, editor."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from catgan import files
from catgan.exporters.onnx_graph import IR_VERSION, OPSET, Graph
from catgan.exporters.onnx_keras import add_network

if TYPE_CHECKING:
    import onnx

    from catgan.exporters.formats import Options
    from catgan.exporters.parts import Part

BATCH = "faces"
"""Name of the first dimension of inputs and outputs, which is free."""


def write(part: Part, path: Path, options: Options) -> Mapping[str, object]:
    """Writes a part; see `catgan.exporters.formats.PartWriter`."""
    facts = facts_of(part, options.half)
    proto = part_graph(part, options.half)
    with files.atomic_path(path) as temporary:
        Path(temporary).write_bytes(proto.SerializeToString())
    return facts


def facts_of(part: Part, half: bool = False) -> dict[str, object]:
    """Returns the facts of the format."""
    return {"runtime": "onnxruntime", "opset": OPSET, "ir_version": IR_VERSION, "batch": "any number of faces",
            "precision": "weights in float16, computed in float32" if half else "float32"}


def part_graph(part: Part, half: bool = False) -> onnx.ModelProto:
    """Makes the ONNX model of a part, whose metadata is its description.

    Args:
        part: see `catgan.exporters.parts.Part`.
        half: store weights in 16 bits.

    Raises:
        CatganError: the package `onnx` is missing, or a weight that 16 bits do not hold.
    """
    graph, network = Graph(half), part.network
    inputs = {name: tensor.shape[1:] for name, tensor in network.input.items()}
    found = add_network(graph, network, {name: name for name in inputs})
    outputs = {}
    for name in (str(entry["name"]) for entry in _outputs(part)):
        outputs[graph.rename(found[name], name)] = network.output[name].shape[1:]
    return graph.model(inputs, outputs, part.name, metadata({**part.description, **facts_of(part, half)}), BATCH)


def metadata(description: Mapping[str, object]) -> dict[str, str]:
    """Returns what a file says about itself: texts by name, JSON where it is not one word or number."""
    return {"kind": "faces"} | {name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                                for name, value in description.items()}


def _outputs(part: Part) -> list[dict[str, object]]:
    """Returns the descriptions of the outputs, in the order of the file."""
    return cast(list[dict[str, object]], part.description["outputs"])
