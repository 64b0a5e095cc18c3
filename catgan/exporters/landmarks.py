"""Writes networks on landmarks as ONNX: the whole, from landmarks in pixels to calibrated probabilities."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from catgan import config, files
from catgan.errors import ModelError, unknown_name
from catgan.exporters.landmark_layers import (add_dense, add_gru, add_output, add_reservoir, add_summary)
from catgan.exporters.landmark_shapes import add_shapes
from catgan.exporters.onnx_graph import Graph
from catgan.faces.landmark_sets import landmark_set
from catgan.models.landmarks.combination import SMALLEST
from catgan.models.landmarks.network import READOUT, SCALED, SUMMARY

if TYPE_CHECKING:
    import onnx

    from catgan.models.landmarks.model import LandmarkRecogniser

INPUTS, OUTPUTS = ("landmarks", "seen"), ("probabilities", "logits")
"""Names of the tensors of the file."""


def export_onnx(model: LandmarkRecogniser, path: str | Path, expression: str | None = None) -> Path:
    """Writes a network on landmarks as an ONNX file.

    Inputs are `landmarks`, float32 `(clips, frames, points, 2)` in pixels of any picture, with all points of the set, x
    to the right and y down; and `seen`, float32 `(clips, frames)`, 1 where the face is seen, else 0. Outputs are
    `probabilities`, calibrated, as `LandmarkRecogniser.predict` returns them, and `logits`. Clips of fewer frames are
    filled with frames that are not seen. The file's metadata names the classes and how the input is made.

    Args:
        model: the model.
        path: of the file.
        expression: write the binary of this expression alone, with the probability that it gives before it is divided
            by the sum of all; None writes all classes.

    Raises:
        CatganError: the package `onnx` is missing, an unknown expression, a joint network, which has no binaries, or a
            network on frontal landmarks, whose fit of the head repeats until it is good enough.
    """
    proto = landmark_graph(model, expression)
    with files.atomic_path(path) as temporary:
        Path(temporary).write_bytes(proto.SerializeToString())
    return Path(path)


def landmark_graph(model: LandmarkRecogniser, expression: str | None = None) -> onnx.ModelProto:
    """Makes the ONNX model that `export_onnx` writes; arguments as there."""
    if model.shape.frontal:
        raise ModelError("This network reads landmarks that are turned to the front. The fit of the head that this "
                         "needs cannot be written as ONNX. Train one with 'frontal: false'.")
    classes, members = _members(model, expression)
    graph, known = Graph(), landmark_set(model.landmark_set)
    logits = _logits(graph, model, members)
    places = [model.classes.index(name) for name in classes]
    outputs = {"probabilities": _combined(graph, model, logits, places, alone=expression is not None),
               "logits": graph.rename(logits, "logits")}
    inputs: dict[str, Sequence[int]] = {"landmarks": (model.frames, known.count, 2), "seen": (model.frames,)}
    return graph.model(inputs, {name: (len(classes),) for name in outputs}, "landmarks", metadata(model, classes))


def metadata(model: LandmarkRecogniser, classes: Sequence[str]) -> dict[str, str]:
    """Returns what the file says about itself: texts by name, JSON where it is not one word or number."""
    return {"kind": "landmarks", "classes": json.dumps(list(classes)), "landmark_set": model.landmark_set,
            "rate": f"{model.rate:g}", "frames": str(model.frames), "network": model.landmarks.kind,
            "points": json.dumps(sorted(set(model.points.ravel().tolist()) - {-1})),
            "shape": json.dumps(config.to_mapping(model.shape)),
            "input": "landmarks in pixels of any picture, x to the right, y down; seen is 1 or 0. The file removes "
                     "place, size and tilt itself."}


def _members(model: LandmarkRecogniser, expression: str | None) -> tuple[list[str], list[int]]:
    """Returns the classes to answer, and the networks that answer them."""
    if expression is None:
        return list(model.classes), list(range(len(model.points)))
    if model.landmarks.joint:
        raise ModelError("A joint network tells all expressions apart at once; it has no binary to write alone. "
                         f"Received: expression '{expression}'.")
    if expression not in model.classes:
        raise unknown_name("expression", expression, model.classes)
    return [expression], [model.classes.index(expression)]


def _logits(graph: Graph, model: LandmarkRecogniser, members: Sequence[int]) -> str:
    """Adds the networks of some members, `(n, classes)`."""
    network, frames = model.network, model.frames
    seen = graph("Reshape", graph("Transpose", "seen", perm=[1, 0]), np.array([frames, 1, -1, 1]))
    values, channels, parts = _selected(graph, model, members), 1, 1
    if model.landmarks.kind == "trained":
        values = _recurrent(graph, values, seen, model, members)
    elif model.landmarks.kind == "randomised":
        found = [values]
        for number in range(model.landmarks.layers):
            layer = network.get_layer(f"reservoir_{number}")
            found.append(add_reservoir(graph, found[-1], seen, layer, frames, 1 if number else model.shape.channels))
        values = graph("Concat", *found[1:], axis=3) if len(found) > 2 else found[1]
    else:
        channels, parts = model.shape.channels, len(network.get_layer(SUMMARY).parts)
    values = add_summary(graph, values, seen, network.get_layer(SUMMARY), frames)
    if model.landmarks.kind == "trained":
        values = add_output(graph, values, network.get_layer("hidden"), members)
    values = add_output(graph, values, network.get_layer(READOUT), members, channels, parts)
    logits = graph("Transpose", values, perm=[1, 0, 2])
    outputs = len(model.classes) if model.landmarks.joint else len(members)
    return graph("Reshape", logits, np.array([-1, outputs]))


def _selected(graph: Graph, model: LandmarkRecogniser, members: Sequence[int]) -> str:
    """Adds the scaled shapes of the points that some members read, `(t, members or 1, n, c * k)`."""
    layer = model.network.get_layer(SCALED)
    points = layer.points if len(layer.points) == 1 else layer.points[list(members)]
    chosen = np.unique(points[points >= 0])
    places = np.searchsorted(chosen, np.maximum(points, chosen[0]))
    values = add_shapes(graph, "landmarks", "seen", chosen, model.shape, landmark_set(model.landmark_set), model.frames)
    if not np.array_equal(places, np.arange(len(chosen))[None]):
        values = graph("Gather", values, places.ravel(), axis=3)
    scale = np.asarray(layer.scale)[np.maximum(points, 0).ravel()] * (points.ravel() >= 0)[:, None]
    rows, count = points.shape
    scaled = graph("Mul", values, scale.T)
    if rows > 1:
        scaled = graph("Reshape", scaled, np.array([-1, model.frames, model.shape.channels, rows, count]))
        scaled = graph("Transpose", scaled, perm=[1, 3, 0, 2, 4])
    else:
        scaled = graph("Transpose", scaled, perm=[1, 0, 2, 3])
    return graph("Reshape", scaled, np.array([model.frames, rows, -1, count * model.shape.channels]))


def _recurrent(graph: Graph, values: str, seen: str, model: LandmarkRecogniser, members: Sequence[int]) -> str:
    """Adds the dense and the recurrent layer of each member, `(t, members, n, units)`."""
    network = model.network
    hidden = graph("Squeeze", graph("Sub", 1.0, seen), np.array([1]))
    own = len(network.get_layer(SCALED).points) > 1 and len(members) > 1
    parts = graph.several("Split", len(members), values, axis=1, num_outputs=len(members)) if own else \
        [values] * len(members)
    states = []
    for part, member in zip(parts, members):
        dense = add_dense(graph, part, network.get_layer("input"), member, model.shape.channels)
        dense = graph("Reshape", dense, np.array([model.frames, -1, model.landmarks.dense]))
        states.append(add_gru(graph, dense, hidden, network.get_layer("recurrent"), member))
    return graph("Concat", *states, axis=1) if len(states) > 1 else states[0]


def _combined(graph: Graph, model: LandmarkRecogniser, logits: str, places: Sequence[int], alone: bool) -> str:
    """Adds the calibrated probabilities; NaN where no frame is seen."""
    combination = model.combination
    slopes, offsets = (np.asarray(part)[list(places)] for part in (combination.slopes, combination.offsets))
    scaled = graph("Add", graph("Mul", logits, slopes), offsets)
    if combination.joint:
        found = graph("Softmax", scaled, axis=-1)
    else:
        found = graph("Max", graph("Sigmoid", scaled), SMALLEST)
        found = found if alone else graph("Div", found, graph("ReduceSum", found, np.array([1])))
    any_seen = graph.cast(graph("ReduceMax", "seen", np.array([1])), "BOOL")
    return graph.rename(graph("Where", any_seen, found, np.nan), "probabilities")
