"""The log odds of an answer as a function of the joints of one modality, all else held still."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import keras
import numpy as np
from keras import ops

from catgan.backend import get_engine
from catgan.explain.attribution.sequence_gradients import SequenceFunction
from catgan.explain.tensors import Tensor
from catgan.models.batching import in_batches

BATCH_SIZE = 32


@dataclass
class BodyGradients:
    """Makes the log odds of an answer of a Keras model as functions of joints.

    Each joint is a variable of its own, measured from the root; the root is where it is. So a root that moves does not
    move the other joints' part of the answer.

    Args:
        network: takes a dictionary of tensors, in which joints have the name "MODALITY.joints".
        logits: what the network gives to logits `(n, classes)`.
    """

    network: keras.Model
    logits: Callable[[Tensor], Tensor]
    _compiled: dict[str, tuple[Callable[..., Tensor], Callable[..., Tensor]]] = field(default_factory=dict, repr=False)

    def function(self, given: Mapping[str, np.ndarray], modality: str, place: int, classes: int) -> SequenceFunction:
        """Returns the log odds of one class, for one person.

        Args:
            given: all inputs of the network for that person, `(1, ...)`.
            modality: whose joints `(n, t, 16, 3)` vary, measured as `relative` does; t is 1 for a posture.
            place, classes: the class, and how many there are.
        """
        if modality not in self._compiled:
            self._compiled[modality] = self._compile(modality, given[f"{modality}.joints"].ndim == 3)
        others = {name: array for name, array in given.items() if name != f"{modality}.joints"}
        return _Pinned(self._compiled[modality], others, np.eye(classes, dtype=np.float32)[place])

    def _compile(self, modality: str, single: bool) -> tuple[Callable[..., Tensor], Callable[..., Tensor]]:
        engine, name = get_engine(), f"{modality}.joints"

        def value(x: Tensor, one: Tensor, others: Mapping[str, Tensor], trained: Sequence[Tensor],
                  fixed: Sequence[Tensor]) -> Tensor:
            count = x.shape[0]
            joints = ops.concatenate([x[..., :1, :], x[..., 1:, :] + x[..., :1, :]], axis=-2)
            inputs = {key: ops.repeat(tensor, count, axis=0) for key, tensor in others.items()}
            inputs[name] = joints[:, 0] if single else joints
            outputs, _ = self.network.stateless_call(trained, fixed, inputs, training=False)
            logits = ops.cast(self.logits(outputs), "float32")
            chosen = ops.sum(logits * one, axis=-1)
            return chosen - ops.logsumexp(logits - one * 1e9, axis=-1)

        def step(x: Tensor, *others: Tensor) -> tuple[Tensor, Tensor]:
            return engine.input_gradient(lambda moved: (value(moved, *others),) * 2, x)

        weights = [[ops.convert_to_tensor(variable) for variable in variables] for variables in
                   (self.network.trainable_variables, self.network.non_trainable_variables)]
        compiled = engine.compile(value, []), engine.compile(step, [])
        return tuple(lambda *inputs, run=run: run(*inputs, *weights) for run in compiled)  # type: ignore[return-value]


@dataclass(frozen=True)
class _Pinned:
    """The log odds of one class of one person; a `SequenceFunction`."""

    compiled: tuple[Callable[..., Tensor], Callable[..., Tensor]]
    others: Mapping[str, np.ndarray]
    one: np.ndarray

    def values(self, sequences: np.ndarray, seen: np.ndarray) -> np.ndarray:
        return self._run(self.compiled[0], sequences).astype(np.float64)

    def gradients(self, sequences: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values, slopes = self._run(self.compiled[1], sequences)
        return values.astype(np.float64), slopes

    def _run(self, run: Callable[..., Tensor], sequences: np.ndarray) -> Tensor:
        others = {name: ops.convert_to_tensor(array) for name, array in self.others.items()}
        one = ops.convert_to_tensor(self.one)

        def batch(x: np.ndarray) -> Tensor:
            found = run(ops.convert_to_tensor(x, "float32"), one, others)
            return keras.tree.map_structure(ops.convert_to_numpy, found)

        return in_batches(batch, np.asarray(sequences, np.float32), batch_size=BATCH_SIZE)


def relative(joints: np.ndarray) -> np.ndarray:
    """Measures joints `(..., 16, 3)` from the root; the root stays where it is."""
    result = np.array(joints, np.float64)
    result[..., 1:, :] -= result[..., :1, :]
    return result


def absolute(joints: np.ndarray) -> np.ndarray:
    """Undoes `relative`."""
    result = np.array(joints, np.float64)
    result[..., 1:, :] += result[..., :1, :]
    return result
