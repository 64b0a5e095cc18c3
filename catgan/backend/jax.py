"""Implements the engine with JAX: one jitted pure function per step; values stay on the devices. Runs on GPUs and TPUs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np

from catgan.backend import hosts, jax_devices, sharding
from catgan.backend.engine import Result, Tensor

import jax  # isort: skip  (after jax_devices, which explains how to install JAX if it is missing)


class JaxEngine(hosts.Processes):
    """Implements `catgan.backend.engine.Engine` with JAX."""

    name = "jax"

    def __init__(self, devices: int | str = 1, cluster: hosts.Cluster | None = None) -> None:
        self._variables: list[Tensor] = []
        self._values: list[Tensor] | None = None
        found = [] if devices == 1 and cluster is None else jax_devices.find(devices, cluster)
        super().__init__(cluster, max(len(found) // (cluster.count if cluster else 1), 1))
        self._mesh = jax_devices.Mesh(found) if self.devices > 1 else None

    def minimize(self, loss_fn: Callable[[], tuple[Tensor, Tensor]], variables: Sequence[Tensor], optimizer: Tensor,
                 state: Sequence[Tensor] = ()) -> Tensor:
        surrounding = [(variable, variable.value) for variable in self._variables]

        def pure(values: list[Tensor]) -> tuple[Tensor, Tensor]:
            # An inner scope does not see the values of the outer one, so they are passed explicitly.
            with keras.StatelessScope(state_mapping=surrounding + list(zip(variables, values))) as scope:
                loss, report = loss_fn()
            return loss, (report, [scope.get_current_value(variable) for variable in state])

        gradients, (report, changed) = jax.grad(pure, has_aux=True)([variable.value for variable in variables])
        for variable, value in zip(state, changed):
            if value is not None:
                variable.assign(value)
        optimizer.apply(gradients, variables)
        return report

    def input_gradient(self, function: Callable[[Tensor], tuple[Tensor, Tensor]], x: Tensor) -> tuple[Tensor, Tensor]:
        def total(inputs: Tensor) -> tuple[Tensor, Tensor]:
            score, outputs = function(inputs)
            return keras.ops.sum(score), outputs

        gradient, outputs = jax.grad(total, has_aux=True)(x)
        return outputs, gradient

    def after(self, tensors: Sequence[Tensor], variables: Sequence[Tensor]) -> list[Tensor]:
        return list(tensors)  # a pure function has no order of operations

    def compile(self, step: Callable[..., Tensor], variables: Sequence[Tensor]) -> Callable[..., Tensor]:
        if not self._variables:
            self._variables = list(variables)
        if [id(variable) for variable in variables] != [id(variable) for variable in self._variables]:
            raise ValueError("All steps of one engine must be compiled with the same variables.")
        mesh = self._mesh

        def pure(values: list[Tensor], *inputs: Tensor) -> tuple[list[Tensor], Tensor]:
            with keras.StatelessScope(state_mapping=list(zip(self._variables, values))) as scope:
                outputs = step(*inputs)
            changed = [scope.get_current_value(variable) for variable in self._variables]
            return [value if new is None else new for value, new in zip(values, changed)], outputs

        jitted = jax.jit(pure) if mesh is None else jax.jit(pure, out_shardings=mesh.everywhere)

        def run(*inputs: Tensor) -> Tensor:
            if self._values is None:
                self._values = [variable.value for variable in self._variables]
                if mesh:
                    self._values = [mesh.copied(value) for value in self._values]
            self._values, outputs = jitted(self._values, *inputs)
            return outputs

        return run

    def synchronize(self) -> None:
        """Writes the values back into the variables, and reads them again before the next step."""
        if self._values is not None:
            for variable, value in zip(self._variables, self._values):
                # With several devices the variable gets one copy, since one process alone writes a snapshot.
                variable.assign(value if self._mesh is None else np.asarray(value))
            self._values = None

    # === Several devices ===

    def copies(self, make: Callable[[], Result]) -> list[Result]:
        return [make()]  # an array is on all devices

    def share(self, steps: Sequence[Callable[..., Tensor]], variables: Sequence[Tensor],
              batch_axes: Mapping[str, sharding.BatchAxis] = sharding.ALL_FACES_FIRST) -> Callable[..., Tensor]:
        compiled, mesh = self.compile(steps[0], variables), self._mesh
        if mesh is None:
            return compiled

        def run(batch: Mapping[str, np.ndarray]) -> Tensor:
            return compiled({name: mesh.sharded(value, sharding.batch_axis(name, value, batch_axes))
                             for name, value in batch.items()})
        return run

    def _sum(self, numbers: np.ndarray) -> np.ndarray:
        from jax.experimental import multihost_utils

        return np.asarray(multihost_utils.process_allgather(numbers)).sum(axis=0, dtype=np.int32)
