"""The JAX engine: one jitted pure function per step; values stay on the device. The path to GPUs and TPUs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import keras


class JaxEngine:
    """See `catgan.training.engine`."""

    name = "jax"

    def __init__(self) -> None:
        self._variables: list = []
        self._values: list | None = None

    def minimize(self, loss_fn: Callable[[], tuple[Any, Any]], variables: Sequence, optimizer,
                 state: Sequence = ()) -> Any:
        surrounding = [(variable, variable.value) for variable in self._variables]

        def pure(values):
            # An inner scope does not see the values of the outer one: they are handed on by name.
            with keras.StatelessScope(state_mapping=surrounding + list(zip(variables, values))) as scope:
                loss, report = loss_fn()
            return loss, (report, [scope.get_current_value(variable) for variable in state])

        gradients, (report, changed) = jax.grad(pure, has_aux=True)([variable.value for variable in variables])
        for variable, value in zip(state, changed):
            if value is not None:
                variable.assign(value)
        optimizer.apply(gradients, variables)
        return report

    def input_gradient(self, function: Callable, x) -> tuple[Any, Any]:
        def total(inputs):
            score, outputs = function(inputs)
            return keras.ops.sum(score), outputs

        gradient, outputs = jax.grad(total, has_aux=True)(x)
        return outputs, gradient

    def after(self, tensors: Sequence, variables: Sequence) -> list:
        return list(tensors)  # a pure function knows no order

    def compile(self, step: Callable, variables: Sequence) -> Callable:
        if not self._variables:
            self._variables = list(variables)
        if [id(variable) for variable in variables] != [id(variable) for variable in self._variables]:
            raise ValueError("All steps of one engine must be compiled with the same variables.")

        @jax.jit
        def pure(values, *inputs):
            with keras.StatelessScope(state_mapping=list(zip(self._variables, values))) as scope:
                outputs = step(*inputs)
            changed = [scope.get_current_value(variable) for variable in self._variables]
            return [value if new is None else new for value, new in zip(values, changed)], outputs

        def run(*inputs):
            if self._values is None:
                self._values = [variable.value for variable in self._variables]
            self._values, outputs = pure(self._values, *inputs)
            return outputs

        return run

    def synchronize(self) -> None:
        """Writes the values back into the variables, and reads them anew before the next step."""
        if self._values is not None:
            for variable, value in zip(self._variables, self._values):
                variable.assign(value)
            self._values = None

