"""Values and gradients of one output of a Keras model for batches of sequences, on every backend."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Protocol

import keras
import numpy as np
from keras import ops

from catgan.backend import get_engine
from catgan.errors import CatganError
from catgan.explain.tensors import Tensor
from catgan.models.batching import in_batches

BATCH_SIZE = 64
"""Sequences that go through the model at once."""
SMALLEST = 1e-7
"""Smallest probability whose log odds are taken."""


class SequenceFunction(Protocol):
    """A function that gives one number for a sequence, such as a `KerasOutput`."""

    def values(self, sequences: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """Returns the number of each sequence: `(n, t, ...)` and bool `(n, t)` to float64 `(n,)`."""

    def gradients(self, sequences: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns `values`, and the gradient by each sequence, `(n, t, ...)`."""


class KerasOutput:
    """One number of a Keras model as a function of sequences and of which frames were seen; a `SequenceFunction`.

    The weights are inputs of what is compiled. So other weights of the same architecture are no new compilation, and
    the model itself never changes.

    Args:
        network: the model.
        select: what the model gives and seen `(n, t)` to the number of each sequence `(n,)`, of Keras operations.
        inputs: names of the model's inputs for the sequences and for what was seen; None: the model takes the
            sequences alone.
        batch_size: sequences that go through the model at once.

    Raises:
        CatganError: a batch size below 1, or inputs that the model lacks.
    """

    def __init__(self, network: keras.Model, select: Callable[[Tensor, Tensor], Tensor],
                 inputs: tuple[str, str] | None = None, batch_size: int = BATCH_SIZE):
        if batch_size < 1:
            raise CatganError(f"'batch_size' must be 1 or more. Received: {batch_size}.")
        self.network, self.inputs, self.batch_size = network, inputs, int(batch_size)
        engine = get_engine()

        def function(x: Tensor, seen: Tensor, trained: list[Tensor], fixed: list[Tensor]) -> Tensor:
            given = x if inputs is None else {inputs[0]: x, inputs[1]: seen}
            outputs, _ = network.stateless_call(trained, fixed, given, training=False)
            return select(outputs, seen)

        def step(x: Tensor, *others: Tensor) -> tuple[Tensor, Tensor]:
            return engine.input_gradient(lambda sequences: (function(sequences, *others),) * 2, x)

        self._value, self._gradient = engine.compile(function, []), engine.compile(step, [])
        self._weights: tuple[list[Tensor], list[Tensor]] = ([], [])
        self._set([ops.convert_to_numpy(variable) for variable in self.variables])

    @property
    def variables(self) -> list[keras.Variable]:
        """The variables of the model, first those that are trained."""
        return [*self.network.trainable_variables, *self.network.non_trainable_variables]

    @property
    def weights(self) -> list[np.ndarray]:
        """The weights in use, in the order of `variables`."""
        return list(self._arrays)

    def with_weights(self, weights: Sequence[np.ndarray]) -> KerasOutput:
        """Returns this output with other weights of the same shapes, in the order of `variables`.

        Raises:
            CatganError: another number of weights, or another shape.
        """
        expected = [tuple(variable.shape) for variable in self.variables]
        if [np.shape(weight) for weight in weights] != expected:
            raise CatganError(f"The weights must have the shapes {expected}. "
                              f"Received: {[np.shape(weight) for weight in weights]}.")
        result = copy.copy(self)
        result._set(weights)
        return result

    def _set(self, weights: Sequence[np.ndarray]) -> None:
        self._arrays = [np.asarray(weight) for weight in weights]
        tensors = [ops.convert_to_tensor(weight, variable.dtype)
                   for weight, variable in zip(self._arrays, self.variables)]
        trained = len(self.network.trainable_variables)
        self._weights = tensors[:trained], tensors[trained:]

    def values(self, sequences: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """Returns the number of each sequence: `(n, t, ...)` and bool `(n, t)` to float64 `(n,)`."""
        return self._run(self._value, sequences, seen).astype(np.float64)

    def gradients(self, sequences: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns `values`, and the gradient by each sequence, float32 `(n, t, ...)`."""
        values, slopes = self._run(self._gradient, sequences, seen)
        return values.astype(np.float64), slopes

    def _run(self, compiled: Callable[..., Tensor], sequences: np.ndarray, seen: np.ndarray) -> Tensor:
        def run(x: np.ndarray, mask: np.ndarray) -> Tensor:
            outputs = compiled(ops.convert_to_tensor(x, "float32"), ops.convert_to_tensor(mask, "float32"),
                               *self._weights)
            return keras.tree.map_structure(ops.convert_to_numpy, outputs)

        return in_batches(run, np.asarray(sequences, np.float32), np.asarray(seen, np.float32),
                          batch_size=self.batch_size)


def output_of(model: keras.Model, index: int = 0, inputs: tuple[str, str] | None = None,
              batch_size: int = BATCH_SIZE) -> KerasOutput:
    """Makes the output of any Keras model on sequences as a function that can be attributed.

    Where the last layer turns logits into probabilities, the log odds of the chosen output are explained, since
    probabilities saturate.

    Args:
        model: gives `(n,)`, `(n, k)`, or per frame `(n, t, k)`, of which the mean over the seen frames is explained.
        index: which of the k outputs, from 0.
        inputs: names of its inputs for the sequences and for what was seen `(n, t)`, where it takes a dictionary;
            None: it takes the sequences `(n, t, ...)` alone.
        batch_size: sequences that go through the model at once.

    Raises:
        CatganError: an output or an input that the model lacks.
    """
    shape = tuple(model.output_shape)
    if not isinstance(index, (int, np.integer)) or not 0 <= index < (1 if len(shape) == 1 else shape[-1]):
        raise CatganError(f"The output to explain must be one of those of shape {shape}, counted from 0. "
                          f"Received: {index}.")
    if inputs is not None and not (isinstance(model.input, dict) and set(inputs) <= set(model.input)):
        known = ", ".join(model.input) if isinstance(model.input, dict) else "one tensor"
        raise CatganError(f"The model has no inputs of these names. Allowed: {known}. Received: {', '.join(inputs)}.")
    saturates = gives_probabilities(model)

    def select(outputs: Tensor, seen: Tensor) -> Tensor:
        chosen = outputs if len(shape) == 1 else outputs[..., index]
        chosen = _log_odds(chosen) if saturates else chosen
        if len(shape) < 3:
            return chosen
        return ops.sum(chosen * seen, axis=1) / ops.maximum(ops.sum(seen, axis=1), 1.0)

    return KerasOutput(model, select, inputs, batch_size)


def gives_probabilities(model: keras.Model) -> bool:
    """Tells whether the last layer of a model ends in a sigmoid or a softmax."""
    last = model.layers[-1]
    return (getattr(getattr(last, "activation", None), "__name__", "") in ("sigmoid", "softmax")
            or isinstance(last, keras.layers.Softmax))


def _log_odds(probabilities: Tensor) -> Tensor:
    clipped = ops.clip(probabilities, SMALLEST, 1.0 - SMALLEST)
    return ops.log(clipped) - ops.log(1.0 - clipped)
