"""Implements the engine with TensorFlow: gradient tapes and `tf.function`. Fast on CPUs with bf16 matrix units."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from catgan.backend import hosts, sharding, sums, tensorflow_devices
from catgan.backend.engine import Result, Tensor


class TensorFlowEngine(hosts.Processes):
    """Implements `catgan.backend.engine.Engine` with TensorFlow."""

    name = "tensorflow"

    def __init__(self, devices: int | str = 1, cluster: hosts.Cluster | None = None):
        names = ["/device:CPU:0"] if devices == 1 and cluster is None else tensorflow_devices.find(devices)
        super().__init__(cluster, len(names))
        if cluster is not None:
            tensorflow_devices.join(cluster)
        self._group = tensorflow_devices.Group(names, self.devices) if self.devices > 1 else None
        self._across: sums.Adder | None = None  # adder of the device whose shard is being compiled

    def minimize(self, loss_fn: Callable[[], tuple[Tensor, Tensor]], variables: Sequence[Tensor], optimizer: Tensor,
                 state: Sequence[Tensor] = ()) -> Tensor:
        values = [variable.value for variable in variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            loss, report = loss_fn()
        gradients = tape.gradient(loss, values, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        if self._group and self._across:
            # Each device computes the loss of the whole batch, and the gradient of a sum is again a sum over devices.
            # So a device's gradient is that of its own shard times the number of devices, and the mean is correct.
            gradients = self._group.mean(gradients, self._across)
            state = [variable for variable in state if "float" in variable.dtype]
            if state:
                for variable, mean in zip(state, self._group.mean([part.value for part in state], self._across)):
                    variable.assign(mean)
        optimizer.apply(gradients, variables)
        return report

    def input_gradient(self, function: Callable[[Tensor], tuple[Tensor, Tensor]], x: Tensor) -> tuple[Tensor, Tensor]:
        x = tf.convert_to_tensor(x)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            score, outputs = function(x)
            total = tf.reduce_sum(score)
        return outputs, tape.gradient(total, x)

    def after(self, tensors: Sequence[Tensor], variables: Sequence[Tensor]) -> list[Tensor]:
        with tf.control_dependencies([tf.identity(variable.value) for variable in variables]):
            return [tf.identity(tensor) for tensor in tensors]

    def compile(self, step: Callable[..., Tensor], variables: Sequence[Tensor]) -> Callable[..., Tensor]:
        return tf.function(step, autograph=False)

    def synchronize(self) -> None:
        """Does nothing: TensorFlow changes variables in place."""

    # === Several devices ===

    def copies(self, make: Callable[[], Result]) -> list[Result]:
        if self._group is None:
            return [make()]
        made = []
        for device in self._group.devices:
            with tf.device(device):
                made.append(make())
        return made

    def share(self, steps: Sequence[Callable[..., Tensor]], variables: Sequence[Tensor],
              batch_axes: Mapping[str, sharding.BatchAxis] = sharding.ALL_FACES_FIRST) -> Callable[..., Tensor]:
        group = self._group
        if group is None:
            return self.compile(steps[0], variables)
        keys = tensorflow_devices.numbers()

        def together(*batches: Mapping[str, Tensor]) -> Tensor:
            reports = []
            for index, (step, batch) in enumerate(zip(steps, batches)):
                self._across = group.adder(index, keys())
                with tf.device(group.devices[index]), sums.summed_by(self._across):
                    reports.append(step(batch))
            self._across = None
            return reports[0]

        compiled, first = tf.function(together, autograph=False), self.cluster.index * len(steps) if self.cluster else 0

        def run(batch: Mapping[str, np.ndarray]) -> Tensor:
            with tensorflow_devices.peers():
                return compiled(*(sharding.shard(batch, first + index, group.size, batch_axes)
                                  for index in range(len(steps))))
        return run

    def broadcast(self, copies: Sequence[Sequence[Tensor]]) -> None:
        super().broadcast(copies)
        for others in copies[1:]:
            for variable, first in zip(others, copies[0]):
                variable.assign(np.asarray(first.value))

    def _sum(self, numbers: np.ndarray) -> np.ndarray:
        return tensorflow_devices.sum_of_processes(numbers, self.cluster.count if self.cluster else 1)
