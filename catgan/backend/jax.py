"""The JAX engine: one jitted pure function per step; values stay on the devices. The path to GPUs and TPUs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import keras
import numpy as np

from catgan.backend import hosts, jax_devices, sharding  # jax_devices says what to install where JAX is missing


class JaxEngine(hosts.Processes):
    """See `catgan.backend`."""

    name = "jax"

    def __init__(self, devices: int | str = 1, cluster: hosts.Cluster | None = None) -> None:
        self._variables: list = []
        self._values: list | None = None
        found = [] if devices == 1 and cluster is None else jax_devices.find(devices, cluster)
        super().__init__(cluster, max(len(found) // (cluster.count if cluster else 1), 1))
        self._mesh = jax_devices.Mesh(found) if self.devices > 1 else None

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
        mesh = self._mesh

        def pure(values, *inputs):
            with keras.StatelessScope(state_mapping=list(zip(self._variables, values))) as scope:
                outputs = step(*inputs)
            changed = [scope.get_current_value(variable) for variable in self._variables]
            return [value if new is None else new for value, new in zip(values, changed)], outputs

        jitted = jax.jit(pure) if mesh is None else jax.jit(pure, out_shardings=mesh.everywhere)

        def run(*inputs):
            if self._values is None:
                self._values = [variable.value for variable in self._variables]
                if mesh:
                    self._values = [mesh.copied(value) for value in self._values]
            self._values, outputs = jitted(self._values, *inputs)
            return outputs

        return run

    def synchronize(self) -> None:
        """Writes the values back into the variables, and reads them anew before the next step."""
        if self._values is not None:
            for variable, value in zip(self._variables, self._values):
                # Of several devices, the variable gets one copy: a snapshot is taken by one process alone.
                variable.assign(value if self._mesh is None else np.asarray(value))
            self._values = None

    # === Several devices ===

    def copies(self, make: Callable[[], Any]) -> list:
        return [make()]  # an array lies on all devices

    def share(self, steps: Sequence[Callable], variables: Sequence,
              batch_axes: Mapping[str, sharding.BatchAxis] = sharding.BATCH_AXES) -> Callable:
        compiled, mesh = self.compile(steps[0], variables), self._mesh
        if mesh is None:
            return compiled

        def run(batch: Mapping[str, np.ndarray]):
            return compiled({name: mesh.sharded(value, sharding.batch_axis(name, value, batch_axes))
                             for name, value in batch.items()})
        return run

    def _sum(self, numbers: np.ndarray) -> np.ndarray:
        from jax.experimental import multihost_utils

        return np.asarray(multihost_utils.process_allgather(numbers)).sum(axis=0, dtype=np.int32)
