"""Speed of convolutions and dense layers alone on this machine, with which a training step is compared."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Hashable, Sequence
from typing import TypeAlias

import keras
import numpy as np
from keras import ops

from catgan import random_streams
from catgan.backend import get_engine
from catgan.benchmarks import ROUNDS
from catgan.models.cost import all_layers, layer_multiply_adds
from catgan.system import progress_bar

Tensor: TypeAlias = keras.KerasTensor
"""A tensor of the backend."""

ROUND_SECONDS = 0.05
"""The least length of a round."""
SHORT_SECONDS = 2e-3
"""A faster layer runs `CHAIN` times per call, since the call itself takes time."""
CHAIN = 8
"""Runs of a fast layer per call."""


def seconds_a_pass(networks: Sequence[keras.Model], batch: int, verbose: bool = True) -> list[float]:
    """Measures the seconds per face and forward pass that convolutions and dense layers of each network take.

    Each layer is timed by itself, forward and backward with respect to its weights and its input, which are three
    passes. Layers of the same kind and sizes are timed once.

    Args:
        networks: Keras models, used with the weights and the precision that they have.
        batch: faces at once.
        verbose: whether to show a progress bar.
    """
    known: dict[Hashable, float] = {}
    layers = [[layer for layer in all_layers(network) if layer_multiply_adds(layer)] for network in networks]
    distinct = {key_of(layer): layer for some in layers for layer in some}
    for key, layer in progress_bar(distinct.items(), "layers", total=len(distinct), unit="layer", verbose=verbose):
        known[key] = seconds_of(layer, batch)
    return [sum(known[key_of(layer)] for layer in some) / (3 * batch) for some in layers]


def key_of(layer: keras.Layer) -> Hashable:
    """Returns everything that the speed of a layer depends on."""
    settings = (getattr(layer, name, None) for name in ("strides", "padding", "groups", "use_bias"))
    return (type(layer), tuple(layer.kernel.shape), input_shape(layer), *settings, layer.dtype_policy.name)


def input_shape(layer: keras.Layer) -> tuple[int, ...]:
    """Returns the shape of a layer's input for one face."""
    if isinstance(layer, keras.layers.Dense):  # one inside of another layer has no input of its own
        return (layer.kernel.shape[0],)
    return tuple(layer.input.shape[1:])


def seconds_of(layer: keras.Layer, batch: int) -> float:
    """Measures the seconds of one layer, forward and backward: the median of five rounds."""
    shape = (batch, *input_shape(layer))
    arrays = (random_streams.generator("layer_speed", 0).standard_normal(size, np.float32)
              for size in (shape, layer.compute_output_shape(shape)))
    tensors = [ops.convert_to_tensor(array, layer.compute_dtype) for array in arrays]
    once = _compiled(layer, tensors, 1)
    once(2)  # compiles
    times, run = 1, once
    if once(1) < SHORT_SECONDS:
        times, run = CHAIN, _compiled(layer, tensors, CHAIN)
        run(2)
    calls = max(1, math.ceil(ROUND_SECONDS / run(1)))
    return statistics.median(run(calls) for _ in range(ROUNDS)) / times


def _compiled(layer: keras.Layer, tensors: Sequence[Tensor], times: int) -> Callable[[int], float]:
    """Returns a function of a number of calls that gives the seconds per call, in which the layer runs `times` times.

    The gradient of the input is the next input, and the output is the next gradient, so that no run repeats another and
    is optimised away. All results are returned, as unused ones would not be computed.
    """
    both_ways = _jax if keras.backend.backend() == "jax" else _tensorflow

    def chain(x, slope):
        towards_weights = []
        for _ in range(times):
            slope, x, gradients = both_ways(layer, x, slope)
            towards_weights += gradients
        return slope, x, towards_weights

    compiled = get_engine().compile(chain, layer.variables)

    def run(calls: int) -> float:
        started = time.perf_counter()
        for _ in range(calls):
            outputs = compiled(*tensors)
        ops.convert_to_numpy(outputs[2][-1])  # waits until all is done
        return (time.perf_counter() - started) / calls

    return run


def _tensorflow(layer: keras.Layer, x: Tensor, slope: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Returns the output, and for its gradient `slope` the gradients of the input and of the weights."""
    import tensorflow as tf

    values = [variable.value for variable in layer.trainable_variables]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([x, *values])
        y = layer(x)
    towards_input, *towards_weights = tape.gradient(y, [x, *values], output_gradients=slope)
    return y, towards_input, towards_weights


def _jax(layer: keras.Layer, x: Tensor, slope: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Does the same as `_tensorflow`."""
    import jax

    def forward(inputs, values):
        return layer.stateless_call(values, [], inputs)[0]

    y, pull = jax.vjp(forward, x, [variable.value for variable in layer.trainable_variables])
    towards_input, towards_weights = pull(slope)
    return y, towards_input, towards_weights
