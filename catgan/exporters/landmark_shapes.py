"""Adds the operators that turn landmarks in pixels into shapes, as `catgan.faces.landmark_shapes` does."""

from __future__ import annotations

import numpy as np

from catgan.exporters.onnx_graph import Graph
from catgan.faces.landmark_sets import LandmarkSet
from catgan.faces.landmark_shapes import START_FRAMES, ShapeOptions

BEYOND = 1e9
"""Stands for a value that is not seen; it is sorted behind all others."""


def add_shapes(graph: Graph, points: str, seen: str, chosen: np.ndarray, options: ShapeOptions,
               landmarks: LandmarkSet, frames: int) -> str:
    """Adds the shapes of some landmarks.

    Only the chosen landmarks and those of the eyes are computed, in float64, as displacements are small differences.

    Args:
        graph: to add to.
        points: name of the landmarks in pixels, `(n, t, p, 2)`.
        seen: name of float32 `(n, t)`, 1 = seen, 0 = not.
        chosen: int `(k,)`, which landmarks.
        options: what is subtracted and added.
        landmarks: the set of landmarks.
        frames: t.

    Returns:
        The name of float32 `(n, t, options.channels, k)`: operators are fast where the last axis is long.
    """
    seen = graph.cast(seen, "DOUBLE")
    masks = graph("Reshape", seen, np.array([-1, frames, 1, 1]))
    values = _level(graph, points, seen, chosen, landmarks, frames)
    values = graph("Mul", _displaced(graph, values, seen, options.reference, (frames, len(chosen))), masks)
    if not options.velocities:
        return graph.cast(values, "FLOAT")
    earlier, later = np.arange(frames - 1), np.arange(1, frames)
    pairs = graph("Mul", graph("Gather", masks, earlier, axis=1), graph("Gather", masks, later, axis=1))
    change = graph("Sub", graph("Gather", values, later, axis=1), graph("Gather", values, earlier, axis=1))
    change = graph("Pad", graph("Mul", change, pairs), np.array([0, 1, 0, 0, 0, 0, 0, 0]))
    return graph.cast(graph("Concat", values, change, axis=2), "FLOAT")


def _level(graph: Graph, points: str, seen: str, chosen: np.ndarray, landmarks: LandmarkSet, frames: int) -> str:
    """Removes place, size and tilt, `(n, t, 2, k)`; arguments as `add_shapes`."""
    left, right = (graph("ReduceMean", _taken(graph, points, np.array(eye)), np.array([3]))
                   for eye in landmarks.eyes)  # (n, t, 2, 1)
    across = graph("Sub", right, left)
    distance = graph("ReduceL2", across, np.array([2]))  # (n, t, 1, 1)
    size = _median(graph, graph("Reshape", distance, np.array([-1, frames])), seen)
    unit = graph("Div", across, graph("Max", distance, graph.double(1e-9)))
    # Rows (cosine, sine) and (-sine, cosine) turn back by the angle of the line between the eyes.
    swapped = graph("Mul", graph("Gather", unit, np.array([1, 0]), axis=2),
                    graph.double(np.array([[-1.0], [1.0]])))
    turn = graph("Transpose", graph("Concat", unit, swapped, axis=3), perm=[0, 1, 3, 2])
    turn = graph("Div", turn, graph("Reshape", size, np.array([-1, 1, 1, 1])))
    middle = graph("Mul", graph("Add", left, right), graph.double(0.5))
    return graph("MatMul", turn, graph("Sub", _taken(graph, points, chosen), middle))


def _taken(graph: Graph, points: str, chosen: np.ndarray) -> str:
    """Takes some landmarks of `(n, t, p, 2)`, float64 `(n, t, 2, k)`."""
    few = graph("Gather", points, chosen, axis=2)
    return graph.cast(graph("Transpose", few, perm=[0, 1, 3, 2]), "DOUBLE")


def _displaced(graph: Graph, values: str, seen: str, reference: str, shape: tuple[int, int]) -> str:
    """Subtracts the reference frame from `(n, t, 2, k)`; `shape` holds t and k."""
    frames, count = shape
    if reference == "none":
        return values
    flat = graph("Reshape", values, np.array([-1, frames, 2 * count]))
    if reference == "median":
        start = _median(graph, flat, graph("Unsqueeze", seen, np.array([2])))
    else:
        place = graph("CumSum", seen, np.array(1))
        first = graph("Mul", seen, graph.cast(graph("LessOrEqual", place, graph.double(START_FRAMES + 0.5)), "DOUBLE"))
        share = graph("Div", first, graph("Max", graph("ReduceSum", first, np.array([1])), graph.double(1.0)))
        start = graph("MatMul", graph("Unsqueeze", share, np.array([1])), flat)
    return graph("Sub", values, graph("Reshape", start, np.array([-1, 1, 2, count])))


def _median(graph: Graph, values: str, seen: str) -> str:
    """Computes the median over the seen frames, axis 1, which is kept with size 1.

    Where none is seen it is `BEYOND`.

    Args:
        graph: to add to.
        values: `(n, t)` or `(n, t, d)`.
        seen: float64 `(n, t)` or `(n, t, 1)`.
    """
    hidden = graph("Where", graph.cast(seen, "BOOL"), values, graph.double(BEYOND))
    frames = graph("Gather", graph("Shape", hidden), np.array([1]))
    ordered = graph.several("TopK", 2, hidden, frames, axis=1, largest=0)[0]
    count = graph("ReduceSum", seen, np.array([1]))
    middles = []
    for offset in (-1.0, 0.0):
        place = graph("Max", graph("Add", count, graph.double(offset)), graph.double(0.0))
        place = graph("Floor", graph("Mul", place, graph.double(0.5)))
        shape = graph("Shape", graph("Gather", hidden, np.array([0]), axis=1))
        index = graph("Expand", graph.cast(place, "INT64"), shape)
        middles.append(graph("GatherElements", ordered, index, axis=1))
    return graph("Mul", graph("Add", *middles), graph.double(0.5))
