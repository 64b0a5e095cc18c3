"""Adds the operators of Keras operations (`keras.ops`) that stand between layers."""

from __future__ import annotations

from functools import partial
from typing import cast

import keras
import numpy as np

from catgan.errors import ModelError
from catgan.exporters.onnx_keras import Call, Converter


def elementwise(operator: str, call: Call) -> tuple[str, bool]:
    """An operator of one or two operands, which are brought to one layout."""
    first = call.same_layout()
    kind = np.int64 if call.output.dtype.startswith("int") else np.float32
    operands = [(call.tensors.first if first else call.tensors.last)(value) if isinstance(value, keras.KerasTensor)
                else np.asarray(value, kind) for value in call.values]
    return call.graph(operator, *operands), first


def clipped(call: Call) -> tuple[str, bool]:
    operation = call.operation
    return call.graph("Clip", call.tensors.last(call.input), float(operation.x_min), float(operation.x_max)), False


def converted(call: Call) -> tuple[str, bool]:
    """A conversion: all floats are float32 in the file, all whole numbers int64."""
    first = call.tensors.has_first(call.input)
    value = (call.tensors.first if first else call.tensors.last)(call.input)
    before, after = ("FLOAT" if "float" in tensor.dtype else "INT64" for tensor in (call.input, call.output))
    return (value if before == after else call.graph.cast(value, after)), first


def same(call: Call) -> tuple[str, bool]:
    first = call.tensors.has_first(call.input)
    return (call.tensors.first if first else call.tensors.last)(call.input), first


def summed(call: Call) -> tuple[str, bool]:
    operation = call.operation
    axes = np.atleast_1d(operation.axis)
    return call.graph("ReduceSum", call.tensors.last(call.input), axes, keepdims=int(operation.keepdims)), False


def accumulated(call: Call) -> tuple[str, bool]:
    axis = np.array(call.operation.axis % len(call.input.shape))
    return call.graph("CumSum", call.tensors.last(call.input), axis), False


def softmax(call: Call) -> tuple[str, bool]:
    return call.graph("Softmax", call.tensors.last(call.input), axis=call.operation.axis), False


def zeros(call: Call) -> tuple[str, bool]:
    return call.graph("Mul", call.tensors.last(call.input), 0.0), False


def reshaped(call: Call) -> tuple[str, bool]:
    return call.graph("Reshape", call.tensors.last(call.input), np.array([-1, *call.output.shape[1:]])), False


def transposed(call: Call) -> tuple[str, bool]:
    return call.graph("Transpose", call.tensors.last(call.input), perm=call.operation.axes), False


def joined(call: Call) -> tuple[str, bool]:
    return call.graph("Concat", *map(call.tensors.last, call.inputs), axis=call.operation.axis), False


def divided(call: Call) -> tuple[str, bool]:
    """Equal parts along an axis."""
    operation = call.operation
    if operation.indices_or_sections != len(call.outputs):
        raise ModelError(f"'{operation.name}' cannot be written as ONNX: parts are equal.")
    names = call.graph.several("Split", len(call.outputs), call.tensors.last(call.input), axis=operation.axis,
                               num_outputs=len(call.outputs))
    for tensor, name in zip(call.outputs[1:], names[1:]):
        call.tensors.put(tensor, name)
    return names[0], False


def taken(call: Call) -> tuple[str, bool]:
    """Values along an axis by their places."""
    values, places = map(call.tensors.last, call.inputs)
    return call.graph("GatherElements", values, places, axis=call.operation.axis), False


def repeated(call: Call) -> tuple[str, bool]:
    """A repetition along an axis of length 1."""
    operation, shape = call.operation, call.input.shape
    if not isinstance(operation.repeats, int) or operation.axis is None or shape[operation.axis] != 1:
        raise ModelError(f"'{operation.name}' cannot be written as ONNX: only axes of length 1 are repeated.")
    counts = np.ones(len(shape), np.int64)
    counts[operation.axis] = operation.repeats
    return call.graph("Tile", call.tensors.last(call.input), counts), False


def selected(call: Call) -> tuple[str, bool]:
    """`tensor[key]`, with slices, whole numbers, None and an ellipsis."""
    given = call.values[1]
    key = list(given) if isinstance(given, tuple) else [given]
    axes = len(call.input.shape)
    if Ellipsis in [part for part in key if not isinstance(part, slice)]:
        place = key.index(Ellipsis)
        rest = axes - sum(part is not None for part in key) + 1
        key[place:place + 1] = [slice(None)] * rest
    value, axis, dropped, new = call.tensors.last(call.input), 0, list[int](), list[int]()
    for place, part in enumerate(key):
        if part is None:
            new.append(place - len(dropped))
            continue
        value = _sliced(call, value, axis, part)
        if not isinstance(part, slice):
            dropped.append(axis)
        axis += 1
    value = call.graph("Squeeze", value, np.array(dropped)) if dropped else value
    return (call.graph("Unsqueeze", value, np.array(new)) if new else value), False


def _sliced(call: Call, value: str, axis: int, part: object) -> str:
    """Takes a slice or, as a slice of length 1, one place along an axis."""
    if not isinstance(part, slice):
        start = int(cast(int, part))
        part = slice(start, start + 1 if start != -1 else None)
    if part == slice(None):
        return value
    if part.step not in (None, 1):
        raise ModelError(f"'{call.operation.name}' cannot be written as ONNX: slices have a step of 1.")
    end = np.iinfo(np.int64).max if part.stop is None else part.stop
    return call.graph("Slice", value, np.array([part.start or 0]), np.array([end]), np.array([axis]))


_ELEMENTWISE = {"Add": "Add", "Subtract": "Sub", "Multiply": "Mul", "TrueDivide": "Div", "Divide": "Div",
                "Maximum": "Max", "Minimum": "Min", "Tanh": "Tanh", "Sigmoid": "Sigmoid", "Softplus": "Softplus",
                "Sqrt": "Sqrt", "Exp": "Exp", "Log": "Log", "Erf": "Erf", "Floor": "Floor", "Round": "Round",
                "Negative": "Neg"}


def _square(call: Call) -> tuple[str, bool]:
    value, first = same(call)
    return call.graph("Mul", value, value), first


OPERATIONS: dict[str, Converter] = {
    **{name: partial(elementwise, operator) for name, operator in _ELEMENTWISE.items()},
    "Square": _square, "Clip": clipped, "Cast": converted, "StopGradient": same, "Sum": summed, "Cumsum": accumulated,
    "Softmax": softmax, "Split": divided, "ZerosLike": zeros, "Reshape": reshaped, "Transpose": transposed,
    "Concatenate": joined, "TakeAlongAxis": taken, "Repeat": repeated, "GetItem": selected}
"""Converters by name of the operation's class; Keras does not make these classes public."""
