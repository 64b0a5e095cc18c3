"""Adds the operators of the layers of networks on landmarks (`catgan.models.landmarks`).

Tensors have the layout `(t, members or 1, n, units)`: time first, as the operator GRU wants it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from catgan.exporters.onnx_graph import Graph

if TYPE_CHECKING:
    from catgan.models.landmarks.parallel import ParallelDense, ParallelGRU, Summary
    from catgan.models.landmarks.reservoir import Reservoir

HOLD = 1e3
"""Added to the update gate of a frame that is not seen: the gate is then 1, and the state stays."""


def by_coordinate(kernel: np.ndarray, channels: int, parts: int = 1) -> np.ndarray:
    """Reorders the rows of weights of landmarks as `add_shapes` orders its values.

    Args:
        kernel: `(..., parts * k * channels, units)`, the coordinates of one landmark after each other.
        channels: number of coordinates.
        parts: of a summary.

    Returns:
        The same rows, within each part the landmarks of one coordinate after each other.
    """
    split = kernel.reshape(*kernel.shape[:-2], parts, -1, channels, kernel.shape[-1])
    return np.swapaxes(split, -3, -2).reshape(kernel.shape)


def add_dense(graph: Graph, values: str, layer: ParallelDense, member: int, channels: int) -> str:
    """Adds a dense layer of landmarks of one member: `(t, 1, n, d)` to `(t * n, units)`, after its activation."""
    kernel, bias = by_coordinate(np.asarray(layer.kernel)[member], channels), np.asarray(layer.bias)[member, 0]
    flat = graph("Reshape", values, np.array([-1, len(kernel)]))
    return _activated(graph, graph("Gemm", flat, kernel, bias), layer)


def _activated(graph: Graph, values: str, layer: ParallelDense) -> str:
    """Applies the activation of a dense layer."""
    names = {"linear": None, "tanh": "Tanh", "relu": "Relu"}
    operator = names[layer.activation.__name__]
    return values if operator is None else graph(operator, values)


def add_gru(graph: Graph, values: str, hidden: str, layer: ParallelGRU, member: int) -> str:
    """Adds the recurrent units of one member.

    Args:
        graph: to add to.
        values: `(t, n, d)`.
        hidden: 1 in frames that are not seen, else 0, `(t, n, 1)`.
        layer: holds the weights, whose gates are update, reset, new, as in the operator.
        member: which.

    Returns:
        The name of the states `(t, 1, n, units)`.
    """
    units = layer.units
    kernel, recurrent, bias = (np.asarray(part)[member] for part in (layer.kernel, layer.recurrent, layer.bias))
    hold = np.repeat([HOLD, 0.0, 0.0], units)[None]
    weights = np.concatenate([kernel, hold]).T[None]
    return graph("GRU", graph("Concat", values, hidden, axis=2), weights, recurrent.T[None], bias.reshape(1, -1),
                 hidden_size=units, linear_before_reset=1)


def add_reservoir(graph: Graph, values: str, seen: str, layer: Reservoir, frames: int, channels: int = 1) -> str:
    """Adds a reservoir.

    Args:
        graph: to add to.
        values: `(t, m, n, d)`.
        seen: `(t, 1, n, 1)`.
        layer: holds the weights.
        frames: t.
        channels: number of coordinates where `values` are those of landmarks; 1 for another reservoir's states.

    Returns:
        The name of the states, `(t, m, n, units)`.
    """
    kernel = by_coordinate(np.asarray(layer.kernel), channels)
    given = graph("Add", graph("MatMul", values, kernel), np.asarray(layer.bias))
    parts = graph.several("Split", frames, given, axis=0, num_outputs=frames)
    shares = graph.several("Split", frames, graph("Mul", seen, layer.leak), axis=0, num_outputs=frames)
    states = [graph("Mul", graph("Tanh", parts[0]), shares[0])]
    recurrent = np.asarray(layer.recurrent)
    for part, share in zip(parts[1:], shares[1:]):
        new = graph("Tanh", graph("Add", part, graph("MatMul", states[-1], recurrent)))
        states.append(graph("Add", states[-1], graph("Mul", graph("Sub", new, states[-1]), share)))
    return graph("Concat", *states, axis=0)


def add_summary(graph: Graph, values: str, seen: str, layer: Summary, frames: int) -> str:
    """Adds the summary over the frames that are seen.

    Args:
        graph: to add to.
        values: `(t, m, n, d)`; those of a recurrent layer keep their value in frames that are not seen.
        seen: `(t, 1, n, 1)`.
        layer: which parts.
        frames: t.

    Returns:
        The name of `(m, n, len(parts) * d)`.
    """
    first = np.array([0])
    kept = graph("Mul", values, seen)
    count = graph("Max", graph("ReduceSum", seen, first), 1.0)
    mean = graph("Div", graph("ReduceSum", kept, first), count)

    def deviation() -> str:
        from catgan.models.landmarks.parallel import EPSILON

        apart = graph("Mul", graph("Sub", values, mean), seen)
        squares = graph("Div", graph("ReduceSumSquare", apart, first), count)
        return graph("Sqrt", graph("Add", squares, EPSILON))

    def highest() -> str:
        known = graph.cast(seen, "BOOL")
        largest = graph("ReduceMax", graph("Where", known, values, -1e9), first)
        return graph("Where", graph.cast(graph("ReduceMax", seen, first), "BOOL"), largest, 0.0)

    def at(size: str) -> str:
        """Takes the frame with the largest size `(t, m or 1, n, 1)`, the first of equal ones."""
        chosen = graph("Equal", graph("ArgMax", size, axis=0), np.arange(frames).reshape(-1, 1, 1, 1))
        return graph("ReduceSum", graph("Mul", kept, graph.cast(chosen, "FLOAT")), first)

    def last() -> str:
        return at(graph("Mul", seen, np.arange(1.0, frames + 1).reshape(-1, 1, 1, 1)))

    def apex() -> str:
        return at(graph("ReduceSumSquare", kept, np.array([3])))

    made = {"mean": lambda: mean, "deviation": deviation, "max": highest, "last": last, "apex": apex}
    return graph("Squeeze", graph("Concat", *(made[part]() for part in layer.parts), axis=3), first)


def add_output(graph: Graph, values: str, layer: ParallelDense, members: Sequence[int], channels: int = 1,
               parts: int = 1) -> str:
    """Adds a dense layer of some members after a summary: `(m or 1, n, d)` to `(m, n, units)`.

    `channels` and `parts` describe a summary of landmarks, see `by_coordinate`.
    """
    kernel, bias = np.asarray(layer.kernel)[list(members)], np.asarray(layer.bias)[list(members)]
    kernel = by_coordinate(kernel, channels, parts)
    return _activated(graph, graph("Add", graph("MatMul", values, kernel), bias), layer)
