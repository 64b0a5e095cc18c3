"""Builds graphs of ONNX operators, one call per operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from catgan.errors import CatganError, ModelError

if TYPE_CHECKING:
    import onnx

OPSET, IR_VERSION = 18, 9
"""Versions of the operators and of the file, which onnxruntime 1.16 and its build for browsers read."""
BATCH = "clips"
"""Name of the first dimension of inputs and outputs of networks on clips, which is free."""
HALF_FROM = 64
"""Values from which a constant counts as weights."""

Attribute: TypeAlias = int | float | str | Sequence[int] | Sequence[float]


def load_onnx() -> ModuleType:
    """Imports `onnx`.

    Raises:
        CatganError: it is not installed.
    """
    try:
        import onnx
    except ImportError:
        raise CatganError("Writing ONNX files needs onnx: pip install 'catgan[export]'.") from None
    return onnx


class Graph:
    """Collects operators and constants. Tensors are known by their names.

    Calling it adds an operator: `graph("Add", a, b)` returns the name of the sum. Inputs are names of tensors, or
    arrays and numbers, which become constants.

    Args:
        half: store weights, float32 constants of `HALF_FROM` values or more, in 16 bits. What is computed stays
            float32.
    """

    def __init__(self, half: bool = False) -> None:
        self._half = half
        self._onnx = load_onnx()
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], onnx.TensorProto] = {}
        self._widened: dict[str, str] = {}

    def __call__(self, operator: str, *inputs: str | np.ndarray | float, **attributes: Attribute) -> str:
        """Adds an operator with one output, and returns its name."""
        return self.several(operator, 1, *inputs, **attributes)[0]

    def several(self, operator: str, outputs: int, *inputs: str | np.ndarray | float,
                **attributes: Attribute) -> list[str]:
        """Adds an operator with several outputs, and returns their names."""
        number = len(self._nodes)
        names = [f"{operator.lower()}_{number}" + (f"_{place}" if outputs > 1 else "") for place in range(outputs)]
        given = [one if isinstance(one, str) else self.constant(one) for one in inputs]
        self._nodes.append(self._onnx.helper.make_node(operator, given, names, name=f"{operator}_{number}",
                                                       **attributes))
        return names

    def constant(self, value: np.ndarray | float, kind: type[np.floating] = np.float32) -> str:
        """Adds a constant: whole numbers as int64, others as `kind`. Equal ones are stored once.

        Raises:
            ModelError: a weight that 16 bits do not hold.
        """
        array = np.asarray(value)
        array = np.ascontiguousarray(array, np.int64 if array.dtype.kind in "iu" else kind).reshape(array.shape)
        if self._half and array.dtype == np.float32 and array.size >= HALF_FROM:
            return self._halved(array)
        return self._stored(array)

    def _stored(self, array: np.ndarray) -> str:
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            self._constants[key] = self._onnx.numpy_helper.from_array(array, f"constant_{len(self._constants)}")
        return self._constants[key].name

    def _halved(self, array: np.ndarray) -> str:
        if np.abs(array).max() > np.finfo(np.float16).max:
            raise ModelError(f"A weight of {np.abs(array).max():g} does not fit into float16. Write float32.")
        stored = self._stored(array.astype(np.float16))
        if stored not in self._widened:
            self._widened[stored] = self.cast(stored, "FLOAT")
        return self._widened[stored]

    def double(self, value: np.ndarray | float) -> str:
        """Adds a constant of type float64."""
        return self.constant(value, np.float64)

    def cast(self, tensor: str, kind: str) -> str:
        """Converts a tensor to a type by its name in ONNX, such as `"BOOL"`."""
        return self("Cast", tensor, to=int(self._onnx.TensorProto.DataType.Value(kind)))

    def rename(self, tensor: str, name: str) -> str:
        """Gives a tensor a name of its own, as outputs need one."""
        self._nodes.append(self._onnx.helper.make_node("Identity", [tensor], [name], name=name))
        return name

    def model(self, inputs: Mapping[str, Sequence[int]], outputs: Mapping[str, Sequence[int]], name: str,
              metadata: Mapping[str, str], batch: str = BATCH) -> onnx.ModelProto:
        """Makes the model, and checks it.

        Args:
            inputs, outputs: float32 tensors by name, with their shapes without the first dimension, which is free.
            name: of the graph.
            metadata: texts by name, which the file holds.
            batch: name of the first dimension.
        """
        helper = self._onnx.helper
        described = [[helper.make_tensor_value_info(tensor, self._onnx.TensorProto.FLOAT, [batch, *shape])
                      for tensor, shape in part.items()] for part in (inputs, outputs)]
        graph = helper.make_graph(self._nodes, name, *described, list(self._constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
                                  producer_name="catgan")
        helper.set_model_props(model, dict(metadata))
        self._onnx.checker.check_model(model, full_check=True)
        return model
