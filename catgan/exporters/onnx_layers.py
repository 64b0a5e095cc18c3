"""Adds the operators of Keras layers, and of catgan's own layers of `catgan.models.layers`."""

from __future__ import annotations

import math

import keras
import numpy as np
from keras import layers

from catgan.errors import ModelError
from catgan.exporters.onnx_keras import Call, Converter
from catgan.models.layers import FiLM, Smooth, UnitNorm

ACTIVATIONS = {"linear": None, "tanh": "Tanh", "sigmoid": "Sigmoid", "relu": "Relu"}
"""Operators of activation functions by their names in Keras."""


def activated(call: Call, value: str, function: object) -> str:
    """Applies an activation function of Keras.

    Raises:
        ModelError: one that is not in `ACTIVATIONS`.
    """
    name = getattr(function, "__name__", type(function).__name__)
    if name not in ACTIVATIONS:
        raise ModelError(f"'{call.operation.name}' cannot be written as ONNX: its activation '{name}' is not one of "
                         f"{', '.join(ACTIVATIONS)}.")
    operator = ACTIVATIONS[name]
    return value if operator is None else call.graph(operator, value)


def pads(sides: tuple[int, ...], kernel: tuple[int, ...], strides: tuple[int, ...], padding: str) -> list[int]:
    """Computes the padding of a convolution as Keras does: the odd pixel of "same" lies behind.

    Returns:
        Pixels above, left, below and right.
    """
    if padding != "same":
        return [0, 0, 0, 0]
    total = [max((math.ceil(side / stride) - 1) * stride + size - side, 0)
             for side, size, stride in zip(sides, kernel, strides)]
    return [part // 2 for part in total] + [part - part // 2 for part in total]


def dense(call: Call) -> tuple[str, bool]:
    layer: layers.Dense = call.operation
    bias = [np.asarray(layer.bias)] if layer.use_bias else []
    value = call.graph("Gemm", call.tensors.last(call.input), np.asarray(layer.kernel), *bias)
    return activated(call, value, layer.activation), False


def convolution(call: Call) -> tuple[str, bool]:
    layer: layers.Conv2D = call.operation
    around = pads(call.input.shape[1:3], layer.kernel_size, layer.strides, layer.padding)
    value = call.graph("Conv", call.tensors.first(call.input), *_weights(layer), pads=around, strides=layer.strides,
                       group=layer.groups, kernel_shape=layer.kernel_size)
    return activated(call, value, layer.activation), True


def transposed_convolution(call: Call) -> tuple[str, bool]:
    layer: layers.Conv2DTranspose = call.operation
    around = pads(call.output.shape[1:3], layer.kernel_size, layer.strides, layer.padding)
    value = call.graph("ConvTranspose", call.tensors.first(call.input), *_weights(layer), pads=around,
                       strides=layer.strides, kernel_shape=layer.kernel_size)
    return activated(call, value, layer.activation), True


def _weights(layer: layers.Conv2D | layers.Conv2DTranspose) -> list[np.ndarray]:
    """Returns the kernel with the sides last, and the bias if there is one."""
    kernel = np.asarray(layer.kernel).transpose(3, 2, 0, 1)
    return [kernel, np.asarray(layer.bias)] if layer.use_bias else [kernel]


def leaky(call: Call) -> tuple[str, bool]:
    value, first = _either(call)
    return call.graph("LeakyRelu", value, alpha=float(call.operation.negative_slope)), first


def rectified(call: Call) -> tuple[str, bool]:
    layer: layers.ReLU = call.operation
    if layer.negative_slope or layer.threshold or layer.max_value is not None:
        raise ModelError(f"'{layer.name}' cannot be written as ONNX: only a ReLU without slope, threshold and maximum.")
    value, first = _either(call)
    return call.graph("Relu", value), first


def activation(call: Call) -> tuple[str, bool]:
    value, first = _either(call)
    return activated(call, value, call.operation.activation), first


def _either(call: Call) -> tuple[str, bool]:
    """Returns the first input in the layout that is known."""
    first = call.tensors.has_first(call.input)
    return (call.tensors.first if first else call.tensors.last)(call.input), first


def normalised(call: Call) -> tuple[str, bool]:
    layer: layers.BatchNormalization = call.operation
    parts = [np.asarray(part) for part in (layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance)]
    return call.graph("BatchNormalization", call.tensors.first(call.input), *parts, epsilon=layer.epsilon), True


def same(call: Call) -> tuple[str, bool]:
    """A layer that does nothing outside training."""
    return _either(call)


def added(call: Call) -> tuple[str, bool]:
    first = call.same_layout()
    return call.graph("Add", *map(call.tensors.first if first else call.tensors.last, call.inputs)), first


def concatenated(call: Call) -> tuple[str, bool]:
    return call.graph("Concat", *map(call.tensors.last, call.inputs), axis=call.operation.axis), False


def reshaped(call: Call) -> tuple[str, bool]:
    return call.graph("Reshape", call.tensors.last(call.input), np.array([-1, *call.output.shape[1:]])), False


def enlarged(call: Call) -> tuple[str, bool]:
    layer: layers.UpSampling2D = call.operation
    modes = {"bilinear": "linear", "nearest": "nearest"}
    if layer.interpolation not in modes:
        raise ModelError(f"'{layer.name}' cannot be written as ONNX: its interpolation '{layer.interpolation}' is not "
                         f"one of {', '.join(modes)}.")
    value = call.graph("Resize", call.tensors.first(call.input), "", np.array([1.0, 1.0, *layer.size]),
                       mode=modes[layer.interpolation], coordinate_transformation_mode="half_pixel")
    return value, True


def film(call: Call) -> tuple[str, bool]:
    """FiLM: the 1 of its scale is added to the bias of its dense layer."""
    layer: FiLM = call.operation
    features, style = call.inputs
    channels = features.shape[-1]
    bias = np.asarray(layer.affine.bias) + np.repeat([1.0, 0.0], channels)
    affine = call.graph("Gemm", call.tensors.last(style), np.asarray(layer.affine.kernel), bias)
    parts = call.graph("Reshape", affine, np.array([-1, 2 * channels, 1, 1]))
    scale, shift = call.graph.several("Split", 2, parts, axis=1, num_outputs=2)
    return call.graph("Add", call.graph("Mul", call.tensors.first(features), scale), shift), True


def unit_norm(call: Call) -> tuple[str, bool]:
    layer: UnitNorm = call.operation
    features = call.tensors.last(call.input)
    squares = call.graph("ReduceSumSquare", features, np.array([-1]))
    norm = call.graph("Sqrt", call.graph("Add", squares, 1e-8))
    return call.graph("Div", call.graph("Mul", features, np.asarray(layer.scale)), norm), False


def smooth(call: Call) -> tuple[str, bool]:
    """Smooth as a convolution of each channel."""
    channels, taps = call.input.shape[-1], np.array([1.0, 3.0, 3.0, 1.0]) / 8.0
    kernel = np.tile(np.outer(taps, taps), (channels, 1, 1, 1))
    return call.graph("Conv", call.tensors.first(call.input), kernel, pads=[1, 1, 1, 1], strides=[2, 2],
                      group=channels, kernel_shape=[4, 4]), True


LAYERS: dict[type[keras.Layer], Converter] = {
    layers.Dense: dense, layers.Conv2D: convolution, layers.Conv2DTranspose: transposed_convolution,
    layers.LeakyReLU: leaky, layers.ReLU: rectified, layers.Activation: activation,
    layers.BatchNormalization: normalised, layers.Dropout: same, layers.Add: added, layers.Concatenate: concatenated,
    layers.Reshape: reshaped, layers.Flatten: reshaped, layers.UpSampling2D: enlarged, FiLM: film, UnitNorm: unit_norm,
    Smooth: smooth}
"""Converters by class of layer."""
