"""The TensorFlow engine: gradient tapes and `tf.function`. The fast path on CPUs with bf16 matrix units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf


class TensorFlowEngine:
    """See `catgan.training.engine`."""

    name = "tensorflow"

    def minimize(self, loss_fn: Callable[[], tuple[Any, Any]], variables: Sequence, optimizer,
                 state: Sequence = ()) -> Any:
        values = [variable.value for variable in variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            loss, report = loss_fn()
        optimizer.apply(tape.gradient(loss, values), variables)
        return report

    def input_gradient(self, function: Callable, x) -> tuple[Any, Any]:
        x = tf.convert_to_tensor(x)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            score, outputs = function(x)
            total = tf.reduce_sum(score)
        return outputs, tape.gradient(total, x)

    def after(self, tensors: Sequence, variables: Sequence) -> list:
        with tf.control_dependencies([tf.identity(variable.value) for variable in variables]):
            return [tf.identity(tensor) for tensor in tensors]

    def compile(self, step: Callable, variables: Sequence) -> Callable:
        return tf.function(step, autograph=False)

    def synchronize(self) -> None:
        """Nothing to do: TensorFlow's variables are changed in place."""
