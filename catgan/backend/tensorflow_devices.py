"""Finds TensorFlow devices that share a batch, and sums tensors over them.

Every device has its own copy of all variables and computes the step on its shard of the batch. Sums over the batch are
also sums over devices, so each device has the loss of the whole batch. Gradients are averaged, so all copies stay equal
to the bit.

`tf.distribute` connects the processes but does not run the steps, for two reasons. Keras' optimisers would clip and
accumulate the gradients of shards instead of those of the batch. And a model made under a strategy can only be used by
all processes together, while one process alone writes snapshots.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import tensorflow as tf

from catgan.backend import hosts
from catgan.backend.engine import Tensor
from catgan.backend.sums import Adder
from catgan.errors import CatganError

_TOO_LATE = ("TensorFlow has started already, and its devices can no longer be set up. Ask for several devices or "
             "processes first, before any network is made.")
_HOSTS_GROUP = 1
_DEVICES_GROUP = 2  # plus the number of devices
_steps = itertools.count(1)


def find(devices: int | str) -> list[str]:
    """Returns the names of the devices of this process: GPUs, or logical CPUs on a machine without GPUs.

    Args:
        devices: their number, or `"all"` GPUs.

    Raises:
        CatganError: there are fewer devices, or TensorFlow has started without them.
    """
    gpus = len(tf.config.list_physical_devices("GPU"))
    count = max(gpus, 1) if devices == "all" else int(devices)
    if gpus:
        if count > gpus:
            raise CatganError(f"This machine has {gpus} GPU{'s' * (gpus > 1)}. Received: {count} devices.")
        return [f"/device:GPU:{index}" for index in range(count)]
    cores = os.cpu_count() or 1
    if count > cores:
        raise CatganError(f"This machine has no GPU that TensorFlow sees, and {cores} processor cores. "
                          f"Received: {count} devices.")
    _split_cpu(count)
    return [f"/device:CPU:{index}" for index in range(count)]


def _split_cpu(count: int) -> None:
    cpu = tf.config.list_physical_devices("CPU")[0]
    if count > len(tf.config.get_logical_device_configuration(cpu) or [None]):
        try:
            tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)
        except RuntimeError:
            raise CatganError(_TOO_LATE) from None


@functools.cache
def join(cluster: hosts.Cluster) -> None:
    """Connects the processes of a training, once.

    Raises:
        CatganError: TensorFlow has started already, or the other processes do not answer.
    """
    resolvers = tf.distribute.cluster_resolver
    if os.environ.get("TF_CONFIG"):
        resolver = resolvers.TFConfigClusterResolver()
    else:  # SLURM itself assigns GPUs to processes
        resolver = resolvers.SlurmClusterResolver(port_base=hosts.slurm_port(), gpus_per_node=cluster.count,
                                                  gpus_per_task=1, auto_set_gpu=False)
    try:
        with peers():
            tf.distribute.MultiWorkerMirroredStrategy(resolver)
    except RuntimeError:
        raise CatganError(_TOO_LATE) from None


@contextlib.contextmanager
def peers() -> Iterator[None]:
    """Converts errors of a lost process to a `CatganError`."""
    try:
        yield
    except (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.DeadlineExceededError):
        raise CatganError("Another process of this training has stopped, or cannot be reached. Start all of them "
                          "again: they go on from the last checkpoint.") from None


def sum_of_processes(numbers: np.ndarray, processes: int) -> np.ndarray:
    """Sums `numbers`, int32 `(n,)`, over all processes."""
    with tf.device("/device:CPU:0"), peers():
        return tf.raw_ops.CollectiveReduceV2(
            input=numbers, group_size=processes, group_key=_HOSTS_GROUP, instance_key=len(numbers), ordering_token=[],
            merge_op="Add", final_op="Id", communication_hint="ring").numpy()


class Group:
    """Sums tensors over devices.

    Args:
        devices: devices of this process.
        size: number of devices in all processes.
    """

    def __init__(self, devices: Sequence[str], size: int):
        self.devices, self.size = devices, size
        self._hint = "nccl" if "GPU" in devices[0] else "ring"
        self._tokens = []
        for device in devices:
            with tf.device(device):
                self._tokens.append(tf.Variable(0.0))  # orders the sums of one device

    def adder(self, index: int, keys: Callable[[], int]) -> Adder:
        """Returns a differentiable function that sums a tensor of device `index` over all devices.

        Args:
            index: number of the device in this process.
            keys: returns the same numbers in the same order on every device; each number identifies one sum. They are
                constants of the compiled step, since TensorFlow would keep 1 kB forever for each new number.
        """
        def add(x: Tensor) -> Tensor:
            return tf.raw_ops.CollectiveReduceV2(
                input=x, group_size=self.size, group_key=_DEVICES_GROUP + self.size, instance_key=keys(),
                ordering_token=[self._tokens[index].handle], merge_op="Add", final_op="Id",
                communication_hint=self._hint)

        @tf.custom_gradient
        def across(x: Tensor) -> tuple[Tensor, Adder]:
            return add(x), add
        return across

    def mean(self, tensors: Sequence[Tensor], across: Adder) -> list[Tensor]:
        """Averages each tensor over all devices, with a single sum."""
        flat = across(tf.concat([tf.reshape(tensor, [-1]) for tensor in tensors], 0)) / self.size
        parts = tf.split(flat, [tensor.shape.num_elements() for tensor in tensors])
        return [tf.reshape(part, tensor.shape) for part, tensor in zip(parts, tensors)]


def numbers() -> Callable[[], Callable[[], int]]:
    """Returns, for one compiled step, a function that makes an equal counter for every device."""
    first = next(_steps) * 1_000_000
    return lambda: itertools.count(first).__next__
