"""Converts functional Keras models to ONNX operators, layer by layer, whatever the backend of Keras.

Keras keeps channels last, ONNX first. A tensor is transposed only where a layer needs the other layout, so that
convolutions in a row need no transposition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import keras
import numpy as np

from catgan.errors import ModelError
from catgan.exporters.onnx_graph import Graph

TO_FIRST, TO_LAST = (0, 3, 1, 2), (0, 2, 3, 1)
"""Orders of axes that turn `(n, h, w, c)` into `(n, c, h, w)`, and back."""


class Tensors:
    """Knows which tensors of a graph stand for which Keras tensors, in one or both layouts.

    Args:
        graph: to which transpositions are added.
    """

    def __init__(self, graph: Graph):
        self._graph = graph
        self._names: dict[tuple[int, bool], str] = {}

    def put(self, tensor: keras.KerasTensor, name: str, first: bool = False) -> None:
        """Notes the name of a tensor, and whether its channels come first."""
        self._names[id(tensor), first] = name

    def has_first(self, tensor: keras.KerasTensor) -> bool:
        """Tells whether a tensor is known with its channels first."""
        return (id(tensor), True) in self._names

    def last(self, tensor: keras.KerasTensor) -> str:
        """Returns the name of a tensor in the layout of Keras, channels last."""
        return self._laid(tensor, first=False)

    def first(self, tensor: keras.KerasTensor) -> str:
        """Returns the name of a tensor of four axes with its channels first."""
        return self._laid(tensor, first=True)

    def _laid(self, tensor: keras.KerasTensor, first: bool) -> str:
        key, other = (id(tensor), first), (id(tensor), not first)
        if key not in self._names:
            order = TO_FIRST if first else TO_LAST
            self._names[key] = self._graph("Transpose", self._names[other], perm=order)
        return self._names[key]


@dataclass(frozen=True)
class Call:
    """One use of a layer or an operation of Keras.

    Args:
        graph: to add operators to.
        tensors: the tensors that are known.
        operation: the layer or operation.
        values: its positional arguments in order, lists of tensors laid flat: tensors, arrays, numbers and keys.
        outputs: its outputs.
    """

    graph: Graph
    tensors: Tensors
    operation: keras.Operation
    values: tuple[object, ...]
    outputs: tuple[keras.KerasTensor, ...]

    @property
    def output(self) -> keras.KerasTensor:
        """The first output."""
        return self.outputs[0]

    @property
    def input(self) -> keras.KerasTensor:
        """The first tensor."""
        return self.inputs[0]

    @property
    def inputs(self) -> list[keras.KerasTensor]:
        """The tensors among the arguments."""
        return [value for value in self.values if isinstance(value, keras.KerasTensor)]

    def same_layout(self) -> bool:
        """Tells whether an elementwise operation can keep channels first: all tensors have four axes, one of them has
        its channels first, and what is no tensor is a number."""
        return (all(len(tensor.shape) == 4 for tensor in self.inputs)
                and any(self.tensors.has_first(tensor) for tensor in self.inputs)
                and all(isinstance(value, keras.KerasTensor | int | float | np.generic) for value in self.values))


Converter = Callable[[Call], tuple[str, bool]]
"""Adds the operators of a call; returns the name of its first output, and whether its channels come first. Names of
further outputs are put into the call's tensors."""


def add_network(graph: Graph, network: keras.Model, inputs: Mapping[str, str],
                tensors: Tensors | None = None) -> dict[str, str]:
    """Adds a functional Keras model to a graph, as it computes outside training and in float32.

    Args:
        graph: to add to.
        network: the model. Its inputs and outputs are tensors by name; a single output is called by the model's name.
        inputs: names of the tensors of the graph by the model's inputs, channels last.
        tensors: that are known already.

    Returns:
        Names of the tensors of the graph by the model's outputs, channels last.

    Raises:
        ModelError: a layer or an operation that cannot be written.
    """
    tensors = tensors or Tensors(graph)
    for name, tensor in network.input.items():
        tensors.put(tensor, inputs[name])
    for call in _calls(graph, network, tensors):
        name, first = _converter(call.operation)(call)
        tensors.put(call.output, name, first)
    outputs = network.output if isinstance(network.output, dict) else {network.name: network.output}
    return {name: tensors.last(tensor) for name, tensor in outputs.items()}


def _calls(graph: Graph, network: keras.Model, tensors: Tensors) -> Iterator[Call]:
    """Yields the uses of layers and operations in an order in which they can be computed."""
    by_depth = network._nodes_by_depth  # Keras has no public list of them
    for depth in sorted(by_depth, reverse=True):
        for node in by_depth[depth]:
            if not node.is_input:
                values = tuple(keras.tree.flatten(node.arguments.args[:1])) + tuple(node.arguments.args[1:])
                yield Call(graph, tensors, node.operation, values, tuple(node.outputs))


def _converter(operation: keras.Operation) -> Converter:
    from catgan.exporters.onnx_layers import LAYERS
    from catgan.exporters.onnx_operations import OPERATIONS

    found = (LAYERS.get(type(operation)) if isinstance(operation, keras.Layer) else
             OPERATIONS.get(type(operation).__name__))
    if found is None:
        raise ModelError(f"'{operation.name}' cannot be written as ONNX: no operators are known for "
                         f"{type(operation).__name__}.")
    return found
